//! ClickHouse's lexical rules, as far as one must know them to say where an INSERT's statement ends and its data begins.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword, a bare identifier or a number.
    Word,
    /// An identifier in double quotes or backticks.
    Quoted,
    /// A string, or a here-document.
    Text,
    /// Any other byte.
    Symbol(u8),
    /// A quote or comment that is never closed.
    Broken,
}

/// A token and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The tokens of a text, without white space and comments, one at a time.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    /// Skips white space and comments; false when a comment is never closed.
    fn skip_blank(&mut self) -> bool {
        loop {
            let rest = self.rest();
            let skipped = match rest {
                [b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, ..] => 1,
                // The no-break space, which ClickHouse takes as white space.
                [0xc2, 0xa0, ..] => 2,
                [b'-', b'-', ..] | [b'#', b' ' | b'!', ..] => {
                    rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
                }
                [b'/', b'*', ..] => match find(&rest[2..], b"*/") {
                    Some(length) => length + 4,
                    None => return false,
                },
                _ => return true,
            };
            self.at += skipped;
        }
    }

    /// The length of the quoted token at the front, its quotes included.
    fn quoted_length(rest: &[u8], quote: u8) -> Option<usize> {
        let mut at = 1;
        while at < rest.len() {
            match rest[at] {
                b'\\' => at += 2,
                byte if byte == quote && rest.get(at + 1) == Some(&quote) => at += 2,
                byte if byte == quote => return Some(at + 1),
                _ => at += 1,
            }
        }
        None
    }

    /// The length of `$tag$ … $tag$` at the front; `None` when it is not one.
    fn heredoc_length(rest: &[u8]) -> Option<usize> {
        let tag_length = rest[1..].iter().position(|byte| !is_word(*byte) || *byte == b'$')? + 2;
        let tag = rest.get(..tag_length).filter(|tag| tag.ends_with(b"$"))?;
        Some(tag_length + find(&rest[tag_length..], tag)? + tag_length)
    }

    fn measure(rest: &[u8]) -> (Kind, usize) {
        let quoted = |kind, length: Option<usize>| length.map_or((Kind::Broken, rest.len()), |length| (kind, length));
        match rest {
            [b'\'', ..] => quoted(Kind::Text, Self::quoted_length(rest, b'\'')),
            [quote @ (b'"' | b'`'), ..] => quoted(Kind::Quoted, Self::quoted_length(rest, *quote)),
            // Typographic quotes, which ClickHouse accepts for both.
            [0xe2, 0x80, 0x98, ..] => quoted(Kind::Text, find(rest, "’".as_bytes()).map(|at| at + 3)),
            [0xe2, 0x80, 0x9c, ..] => quoted(Kind::Quoted, find(rest, "”".as_bytes()).map(|at| at + 3)),
            [b'$', ..] if Self::heredoc_length(rest).is_some() => quoted(Kind::Text, Self::heredoc_length(rest)),
            [byte, ..] if is_word(*byte) => {
                (Kind::Word, rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len()))
            }
            [byte, ..] => (Kind::Symbol(*byte), 1),
            [] => (Kind::Broken, 0),
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if !self.skip_blank() {
            let token = Token { kind: Kind::Broken, start: self.at, end: self.text.len() };
            self.at = self.text.len();
            return Some(token);
        }
        if self.at == self.text.len() {
            return None;
        }
        let (kind, length) = Self::measure(self.rest());
        let token = Token { kind, start: self.at, end: self.at + length };
        self.at = token.end;
        Some(token)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

/// Where `needle` first lies in `text`.
fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<(Kind, &str)> {
        Lexer::new(text.as_bytes()).map(|token| (token.kind, &text[token.start..token.end])).collect()
    }

    #[test]
    fn quotes_comments_and_here_documents_hide_what_they_hold() {
        assert_eq!(
            tokens("a'b;''c\\'d'`x``;` /* ; */ -- ;\n $t$;$t$ # ;\n\"q\""),
            [
                (Kind::Word, "a"),
                (Kind::Text, "'b;''c\\'d'"),
                (Kind::Quoted, "`x``;`"),
                (Kind::Text, "$t$;$t$"),
                (Kind::Quoted, "\"q\""),
            ]
        );
        assert_eq!(tokens("‘;’ “;”"), [(Kind::Text, "‘;’"), (Kind::Quoted, "“;”")]);
    }

    #[test]
    fn what_is_never_closed_is_broken() {
        for text in ["'abc", "`a", "/* x", "'a\\'", "‘a"] {
            assert_eq!(tokens(text).last().map(|token| token.0), Some(Kind::Broken), "{text}");
        }
        assert_eq!(tokens("$a b"), [(Kind::Word, "$a"), (Kind::Word, "b")]);
        assert_eq!(tokens(" -- nothing"), []);
    }
}
