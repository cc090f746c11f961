//! Reading JSON without building a tree.
//!
//! The reader borrows texts from the input where they have no escapes, refuses what is nested too deeply before it goes
//! there, and finds U+0000 and halves of surrogate pairs also in what it only steps over, so that every piece it gives
//! out is clean JSON.

use std::borrow::Cow;

use crate::{
    Text,
    error::{Code, Invalid},
    limits,
};

mod scan;
mod write;

pub(crate) use write::{Extra, Members, write_integer, write_number, write_string};

type Result<T> = std::result::Result<T, Invalid>;

#[derive(Debug)]
pub(crate) struct Json<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Json<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// A reader of a piece of a document that lies `depth` levels deep in it.
    pub(crate) fn inside(text: &'a str, depth: u32) -> Self {
        Self { text, at: 0, depth }
    }

    /// The next byte that is not white space.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Steps over `null`, if that comes next.
    #[inline]
    pub(crate) fn null(&mut self) -> Result<bool> {
        if self.peek() != Some(b'n') {
            return Ok(false);
        }
        self.literal("null")?;
        Ok(true)
    }

    /// The end of the document: nothing but white space may follow.
    pub(crate) fn end(&mut self) -> Result<()> {
        if self.peek().is_some() { Err(self.malformed("something follows the end of the value")) } else { Ok(()) }
    }

    pub(crate) fn boolean(&mut self) -> Result<bool> {
        match self.peek() {
            Some(b't') => self.literal("true").map(|()| true),
            Some(b'f') => self.literal("false").map(|()| false),
            _ => Err(self.wrong("true or false")),
        }
    }

    /// The text of a number.
    pub(crate) fn number(&mut self) -> Result<&'a str> {
        if !matches!(self.peek(), Some(b'-' | b'0'..=b'9')) {
            return Err(self.wrong("a number"));
        }
        let start = self.at;
        self.take_if(b'-');
        if !self.take_if(b'0') {
            self.digits()?;
        }
        if self.take_if(b'.') {
            self.digits()?;
        }
        if self.take_if(b'e') || self.take_if(b'E') {
            if !self.take_if(b'+') {
                self.take_if(b'-');
            }
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    pub(crate) fn string(&mut self) -> Result<Text<'a>> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("a text"));
        }
        let plain = self.plain();
        if self.take_if(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = String::from(plain);
        while !self.take_if(b'"') {
            text.push(self.escape()?);
            text.push_str(self.stretch());
        }
        Ok(Cow::Owned(text))
    }

    /// Calls `member` with each key; it must read the value.
    pub(crate) fn object(&mut self, mut member: impl FnMut(&mut Self, &str) -> Result<()>) -> Result<()> {
        if self.peek() != Some(b'{') {
            return Err(self.wrong("an object"));
        }
        self.enter()?;
        if self.peek() == Some(b'}') {
            self.leave();
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.malformed("a key in double quotes was expected"));
            }
            let key = self.string()?;
            if self.peek() != Some(b':') {
                return Err(self.malformed("a colon was expected after a key"));
            }
            self.at += 1;
            member(self, &key).map_err(|error| error.within(&key))?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.malformed("a comma or a closing brace was expected")),
            }
        }
        self.leave();
        Ok(())
    }

    /// Calls `element` for each element; it must read the value.
    pub(crate) fn array(&mut self, mut element: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        if self.peek() != Some(b'[') {
            return Err(self.wrong("a list"));
        }
        self.enter()?;
        if self.peek() == Some(b']') {
            self.leave();
            return Ok(());
        }
        for index in 0_usize.. {
            element(self).map_err(|error| error.within(&format!("[{index}]")))?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.malformed("a comma or a closing bracket was expected")),
            }
        }
        self.leave();
        Ok(())
    }

    /// Steps over a value of any type and gives its text, checked.
    pub(crate) fn raw(&mut self) -> Result<&'a str> {
        self.peek();
        let start = self.at;
        self.skip()?;
        Ok(&self.text[start..self.at])
    }

    /// A "wrong type" for what comes next.
    #[cold]
    pub(crate) fn wrong(&mut self, expected: &str) -> Invalid {
        let found = match self.peek() {
            None => return self.malformed("the body ends too early: was it sent completely?"),
            Some(b'"') => "a text",
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b't' | b'f') => "true or false",
            Some(b'n') => "null",
            Some(b'-' | b'0'..=b'9') => "a number",
            Some(_) => return self.malformed("a value was expected"),
        };
        Invalid::new(Code::WrongType, format!("{found} stands where {expected} belongs"))
    }

    fn skip(&mut self) -> Result<()> {
        match self.peek() {
            Some(b'"') => {
                self.plain();
                while !self.take_if(b'"') {
                    self.escape()?;
                    self.stretch();
                }
                Ok(())
            }
            // `enter` bounds the recursion.
            Some(b'{') => self.object(|json, _| json.skip()),
            Some(b'[') => self.array(Self::skip),
            Some(b't' | b'f') => self.boolean().map(|_| ()),
            Some(b'n') => self.literal("null"),
            Some(b'-' | b'0'..=b'9') => self.number().map(|_| ()),
            _ => Err(self.wrong("a value")),
        }
    }

    fn enter(&mut self) -> Result<()> {
        self.at += 1;
        self.depth += 1;
        if self.depth > limits::DEPTH {
            let message = format!("objects and lists may be nested {} deep: flatten them", limits::DEPTH);
            return Err(Invalid::new(Code::TooDeep, message));
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.at += 1;
        self.depth -= 1;
    }

    #[inline]
    fn take_if(&mut self, byte: u8) -> bool {
        let found = self.text.as_bytes().get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn literal(&mut self, word: &str) -> Result<()> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.malformed("an unknown word: texts need double quotes"));
        }
        self.at += word.len();
        Ok(())
    }

    fn digits(&mut self) -> Result<()> {
        let count = self.text.as_bytes()[self.at..].iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(self.malformed("a digit was expected")) } else { Ok(()) }
    }

    /// From an opening quote: the characters up to the first that is special.
    fn plain(&mut self) -> &'a str {
        self.at += 1;
        self.stretch()
    }

    /// The characters up to the next quote, escape or control character.
    #[inline]
    fn stretch(&mut self) -> &'a str {
        let start = self.at;
        self.at += scan::plain_length(&self.text.as_bytes()[start..]);
        &self.text[start..self.at]
    }

    /// The character of the escape that begins here. Anything else that ends a stretch is an error.
    fn escape(&mut self) -> Result<char> {
        let bytes = self.text.as_bytes();
        match bytes.get(self.at) {
            None => return Err(self.malformed("a text does not end: was the body sent completely?")),
            Some(0) => return Err(nul()),
            Some(b'\\') => (),
            Some(_) => return Err(self.malformed("a control character in a text: write it as an escape")),
        }
        let kind = bytes.get(self.at + 1).copied();
        self.at += 2;
        Ok(match kind {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.malformed("an unknown escape in a text")),
        })
    }

    fn unicode(&mut self) -> Result<char> {
        let mut code = self.unit()?;
        if (0xd800..0xdc00).contains(&code) && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let low = self.unit()?;
            if !(0xdc00..0xe000).contains(&low) {
                return Err(half());
            }
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        match char::from_u32(code) {
            Some('\0') => Err(nul()),
            Some(c) => Ok(c),
            None => Err(half()),
        }
    }

    fn unit(&mut self) -> Result<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).unwrap_or_default();
        if digits.len() != 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(self.malformed("four hexadecimal digits were expected"));
        }
        self.at += 4;
        Ok(digits.iter().fold(0, |code, d| code * 16 + char::from(*d).to_digit(16).unwrap_or(0)))
    }

    #[cold]
    fn malformed(&self, what: &str) -> Invalid {
        Invalid::new(Code::MalformedJson, format!("{what} (byte {})", self.at))
    }
}

#[cold]
pub(crate) fn nul() -> Invalid {
    Invalid::new(Code::NulCharacter, "a text has the character U+0000: remove it")
}

#[cold]
fn half() -> Invalid {
    Invalid::new(Code::InvalidUtf8, "a text has half of a surrogate pair: send whole characters")
}
