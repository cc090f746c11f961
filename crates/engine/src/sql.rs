//! What a statement's text is, decided before the engine sees it: where the data of an INSERT begins, which format an
//! answer will have, and whether it reaches outside the database.

mod lexer;

use std::iter::Peekable;
use std::ops::Range;

use lexer::{Kind, Lexer, Token};

use crate::exception::{Exception, code};

/// What to do with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An INSERT with data: the statement without `FORMAT`, the format, and where in the text the data begins.
    InsertData {
        /// The statement up to `FORMAT` or `VALUES`.
        head: Range<usize>,
        /// The name of the data's format.
        format: String,
        /// The first byte of the data.
        data: usize,
    },
    /// An INSERT from a SELECT.
    InsertSelect,
    /// A SELECT, which can be streamed, with the format it names.
    Select(Option<String>),
    /// Anything else.
    Other,
}

/// Reads the shape of `text`.
///
/// # Errors
/// Refuses what reaches outside the database, and INSERTs whose data could be mistaken for SQL.
pub(crate) fn shape(text: &[u8]) -> Result<Shape, Exception> {
    let mut reader = Reader::new(text);
    match reader.tokens.peek().map(|token| reader.text[token.start..token.end].to_ascii_uppercase()).as_deref() {
        Some(b"INSERT") => {
            reader.next()?;
            reader.insert()
        }
        Some(first) => {
            // A parenthesis may open a SELECT too.
            let selects = matches!(first, b"SELECT" | b"WITH" | b"(" | b"FROM");
            let (inserts, format) = reader.scan()?;
            Ok(match (inserts, selects) {
                (true, _) => Shape::InsertSelect,
                (false, true) => Shape::Select(format),
                (false, false) => Shape::Other,
            })
        }
        None => Err(Exception::syntax("empty query")),
    }
}

/// Refuses data of the format `Values`, which may hold expressions, when it calls what reaches outside.
pub(crate) fn check_values(data: &[u8]) -> Result<(), Exception> {
    if data.windows(4).any(|window| window.eq_ignore_ascii_case(b"file")) {
        let mut reader = Reader::new(data);
        while reader.next()?.is_some() {}
    }
    Ok(())
}

struct Reader<'a> {
    text: &'a [u8],
    tokens: Peekable<Lexer<'a>>,
    previous: Option<Token>,
    before_previous: Option<Token>,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, tokens: Lexer::new(text).peekable(), previous: None, before_previous: None, depth: 0 }
    }

    fn is(&self, token: Option<&Token>, keyword: &str) -> bool {
        token.is_some_and(|token| {
            token.kind == Kind::Word && self.text[token.start..token.end].eq_ignore_ascii_case(keyword.as_bytes())
        })
    }

    fn is_any(&self, token: Option<&Token>, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is(token, keyword))
    }

    fn next_is(&mut self, keyword: &str) -> bool {
        let next = self.tokens.peek().copied();
        self.is(next.as_ref(), keyword)
    }

    fn next_is_symbol(&mut self, symbol: u8) -> bool {
        self.tokens.peek().is_some_and(|token| token.kind == Kind::Symbol(symbol))
    }

    /// The next token; refuses what is broken and what reaches outside the database.
    fn next(&mut self) -> Result<Option<Token>, Exception> {
        let Some(token) = self.tokens.next() else { return Ok(None) };
        match token.kind {
            Kind::Broken => return Err(Exception::syntax(unclosed(self.text, token))),
            Kind::Symbol(b'(') => self.depth += 1,
            Kind::Symbol(b')') => self.depth = self.depth.saturating_sub(1),
            Kind::Word | Kind::Quoted => self.check_outside(token)?,
            _ => {}
        }
        self.before_previous = self.previous.replace(token);
        Ok(Some(token))
    }

    /// The engine's user has no grant for files and networks; these are the ways around grants.
    fn check_outside(&mut self, token: Token) -> Result<(), Exception> {
        let name = self.text[token.start..token.end].trim_ascii();
        let name = if token.kind == Kind::Quoted { &name[1..name.len() - 1] } else { name };
        if name.eq_ignore_ascii_case(b"file") && self.next_is_symbol(b'(') {
            return Err(Exception::denied("the function file is not available: SQL reads no files here"));
        }
        if self.is(Some(&token), "INTO") && self.next_is("OUTFILE") {
            return Err(Exception::denied("INTO OUTFILE is not available: SQL writes no files here"));
        }
        if self.is(Some(&token), "FROM") && self.next_is("INFILE") {
            return Err(Exception::denied("FROM INFILE is not available: SQL reads no files here"));
        }
        // The source of a dictionary is read without asking for a grant.
        let opened = self.previous.is_some_and(|token| token.kind == Kind::Symbol(b'('));
        if opened
            && self.is(self.before_previous.as_ref(), "SOURCE")
            && !self.is_any(Some(&token), &["CLICKHOUSE", "NULL"])
        {
            return Err(Exception::denied("only CLICKHOUSE and NULL may be the source of a dictionary"));
        }
        Ok(())
    }

    /// True when `token`, the word FORMAT just read, begins a clause instead of naming a column.
    fn begins_format(&mut self, before: Option<Token>) -> bool {
        let names = self.tokens.peek().is_some_and(|token| token.kind == Kind::Word);
        let expects_operand = match before {
            None => true,
            Some(token) if token.kind == Kind::Word => self.is_any(
                Some(&token),
                &[
                    "SELECT", "DISTINCT", "BY", "WHERE", "PREWHERE", "HAVING", "AND", "OR", "NOT", "AS", "CASE",
                    "WHEN", "THEN", "ELSE", "IN", "ON", "LIKE", "BETWEEN",
                ],
            ),
            Some(token) => !matches!(token.kind, Kind::Quoted | Kind::Text | Kind::Symbol(b')' | b']' | b'}' | b'*')),
        };
        names && !expects_operand && self.depth == 0
    }

    /// Reads to the end of a statement that is no INSERT at its front: whether it holds one, and the format it names.
    fn scan(&mut self) -> Result<(bool, Option<String>), Exception> {
        let (mut inserts, mut format) = (false, None);
        loop {
            let before = self.previous;
            let Some(token) = self.next()? else { return Ok((inserts, format)) };
            if self.is(Some(&token), "INSERT") && self.next_is("INTO") {
                inserts = true;
                if matches!(self.insert()?, Shape::InsertData { .. }) {
                    return Err(Exception::new(
                        code::NOT_IMPLEMENTED,
                        "NOT_IMPLEMENTED",
                        "an INSERT with data must stand alone, without WITH or EXPLAIN before it",
                    ));
                }
            } else if self.is(Some(&token), "FORMAT") && self.begins_format(before) {
                let name = self.tokens.peek().copied();
                format = name.map(|token| self.text_of(token));
            }
        }
    }

    fn text_of(&self, token: Token) -> String {
        String::from_utf8_lossy(&self.text[token.start..token.end]).into_owned()
    }

    /// Reads an INSERT after that word.
    fn insert(&mut self) -> Result<Shape, Exception> {
        for keyword in ["INTO", "TABLE"] {
            if self.next_is(keyword) {
                self.next()?;
            }
        }
        if self.next_is("FUNCTION") {
            return Err(Exception::denied("INSERT INTO FUNCTION is not available: SQL writes to tables only"));
        }
        self.table_name()?;
        while let Some(token) = self.next()? {
            let opens_select =
                self.depth == 1 && token.kind == Kind::Symbol(b'(') && (self.next_is("SELECT") || self.next_is("WITH"));
            if opens_select || (self.depth == 0 && self.is_any(Some(&token), &["SELECT", "WITH", "WATCH", "FROM"])) {
                return self.insert_select();
            }
            if self.depth == 0 && self.is(Some(&token), "VALUES") {
                return Ok(Shape::InsertData { head: 0..token.start, format: "Values".to_owned(), data: token.end });
            }
            if self.depth == 0 && self.is(Some(&token), "FORMAT") {
                return self.insert_format(token);
            }
            if token.kind == Kind::Symbol(b';') {
                break;
            }
        }
        Err(Exception::syntax("an INSERT needs VALUES, FORMAT or SELECT"))
    }

    /// Reads `name`, `database.name` or `{parameter:Identifier}`.
    fn table_name(&mut self) -> Result<(), Exception> {
        loop {
            if self.next_is_symbol(b'{') {
                while self.next()?.is_some_and(|token| token.kind != Kind::Symbol(b'}')) {}
            } else {
                self.next()?;
            }
            if !self.next_is_symbol(b'.') {
                return Ok(());
            }
            self.next()?;
        }
    }

    /// Data for `input()` would stand inline behind the SELECT, where it could be read as SQL.
    fn insert_select(&mut self) -> Result<Shape, Exception> {
        loop {
            let before = self.previous;
            let Some(token) = self.next()? else { return Ok(Shape::InsertSelect) };
            if self.is(Some(&token), "FORMAT") && self.begins_format(before) {
                return Err(Exception::new(
                    code::NOT_IMPLEMENTED,
                    "NOT_IMPLEMENTED",
                    "INSERT … SELECT … FORMAT is not available: insert the data into a table and select from it",
                ));
            }
        }
    }

    fn insert_format(&mut self, clause: Token) -> Result<Shape, Exception> {
        let Some(name) = self.next()?.filter(|token| token.kind == Kind::Word) else {
            return Err(Exception::syntax("FORMAT needs the name of a format"));
        };
        let mut data = name.end;
        let byte = |at: usize| self.text.get(at).copied();
        // As ClickHouse does: one line feed belongs to the statement, the next to the data.
        while matches!(byte(data), Some(b' ' | b'\t' | 0x0c)) {
            data += 1;
        }
        if byte(data) == Some(b';') && self.text[data + 1..].trim_ascii().is_empty() {
            data = self.text.len();
        }
        if byte(data) == Some(b'\r') {
            data += 1;
        }
        if byte(data) == Some(b'\n') {
            data += 1;
        }
        if byte(data) == Some(b';') {
            return Err(Exception::syntax("a semicolon stands between FORMAT and the data of an INSERT"));
        }
        Ok(Shape::InsertData { head: 0..clause.start, format: self.text_of(name), data })
    }
}

fn unclosed(text: &[u8], token: Token) -> String {
    let shown = &text[token.start..text.len().min(token.start + 40)];
    format!("a quote or comment is not closed: {}", String::from_utf8_lossy(shown))
}

#[cfg(test)]
mod tests;
