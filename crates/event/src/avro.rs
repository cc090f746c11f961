//! Avro's binary encoding: what the hot path reads and writes, without a tree and without copying texts.

use std::borrow::Cow;

use crate::{
    Text,
    error::{Code, Invalid},
    json::nul,
};

type Result<T> = std::result::Result<T, Invalid>;

#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    #[inline(always)]
    pub(crate) fn long(&mut self) -> Result<i64> {
        // Nearly every number here is a length or a branch: one byte.
        if let [byte @ 0..=0x7f, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(unzigzag(u64::from(*byte)));
        }
        self.long_of_many()
    }

    #[inline(always)]
    pub(crate) fn text(&mut self) -> Result<Text<'a>> {
        let length = usize::try_from(self.long()?).map_err(|_| malformed("a negative length"))?;
        let Some((text, rest)) = self.rest.split_at_checked(length) else {
            return Err(malformed("a text is longer than what is left"));
        };
        self.rest = rest;
        match simdutf8::basic::from_utf8(text) {
            Ok(text) if text.contains('\0') => Err(nul()),
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(_) => Err(Invalid::new(Code::InvalidUtf8, "a text is not UTF-8")),
        }
    }

    pub(crate) fn double(&mut self) -> Result<f64> {
        let Some((bytes, rest)) = self.rest.split_first_chunk::<8>() else { return Err(ends()) };
        self.rest = rest;
        let value = f64::from_le_bytes(*bytes);
        if value.is_finite() { Ok(value) } else { Err(Invalid::new(Code::OutOfRange, "a number is not finite")) }
    }

    pub(crate) fn boolean(&mut self) -> Result<bool> {
        let Some((byte, rest)) = self.rest.split_first() else { return Err(ends()) };
        self.rest = rest;
        match byte {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(malformed("neither true nor false")),
        }
    }

    /// A union of null and another type.
    #[inline(always)]
    pub(crate) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        match self.long()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(malformed("a union has no such branch")),
        }
    }

    /// The blocks of an array.
    pub(crate) fn array<T>(&mut self, mut read: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = Vec::new();
        loop {
            let mut count = self.long()?;
            if count == 0 {
                return Ok(items);
            }
            if count < 0 {
                // A negative count is followed by the block's size in bytes, of use only to who skips it.
                self.long()?;
                count = count.checked_neg().ok_or_else(|| malformed("a count out of range"))?;
            }
            for _ in 0..count {
                // An element of ours takes at least a byte: a count alone can not make the list long.
                if self.rest.is_empty() {
                    return Err(ends());
                }
                items.push(read(self)?);
            }
        }
    }

    pub(crate) fn end(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(malformed("something follows the end of the record")) }
    }

    #[cold]
    #[inline(never)]
    fn long_of_many(&mut self) -> Result<i64> {
        let mut value = 0_u64;
        for (index, byte) in self.rest.iter().enumerate().take(10) {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[index + 1..];
                return Ok(unzigzag(value));
            }
        }
        Err(ends())
    }
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cold]
pub(crate) fn malformed(what: &str) -> Invalid {
    Invalid::new(Code::MalformedAvro, format!("{what}: the bytes do not follow the schema that they name"))
}

#[cold]
fn ends() -> Invalid {
    malformed("the record ends too early")
}

#[inline]
pub(crate) fn write_long(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest > 0x7f {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[inline]
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    write_long(text.len() as i64, out);
    out.extend_from_slice(text.as_bytes());
}

#[inline]
pub(crate) fn write_option<T>(value: Option<&T>, out: &mut Vec<u8>, write: impl FnOnce(&T, &mut Vec<u8>)) {
    match value {
        None => out.push(0),
        Some(value) => {
            out.push(2);
            write(value, out);
        }
    }
}

pub(crate) fn write_array<T>(items: &[T], out: &mut Vec<u8>, mut write: impl FnMut(&T, &mut Vec<u8>)) {
    if !items.is_empty() {
        write_long(items.len() as i64, out);
        for item in items {
            write(item, out);
        }
    }
    out.push(0);
}
