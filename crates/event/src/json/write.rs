//! Writing JSON.

use std::borrow::Cow;

use super::{Json, scan};
use crate::{Invalid, Text};

/// Writes an object member by member.
#[derive(Debug)]
pub(crate) struct Members<'o> {
    pub(crate) out: &'o mut Vec<u8>,
    empty: bool,
}

impl<'o> Members<'o> {
    pub(crate) fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Begins a member: the caller writes the value to `out`. The key must need no escapes.
    pub(crate) fn key(&mut self, key: &str) -> &mut Vec<u8> {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    pub(crate) fn text(&mut self, key: &str, value: Option<&Text<'_>>) {
        if let Some(value) = value {
            write_string(value, self.key(key));
        }
    }

    /// A member whose value is JSON already.
    pub(crate) fn json(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.key(key).extend_from_slice(value.as_bytes());
        }
    }

    /// The members of another object, given as its text.
    pub(crate) fn spread(&mut self, object: Option<&str>) {
        let inner = object.and_then(|o| o.trim().strip_prefix('{')?.strip_suffix('}')).map_or("", str::trim);
        if !inner.is_empty() {
            self.comma();
            self.out.extend_from_slice(inner.as_bytes());
        }
    }

    pub(crate) fn close(self) {
        self.out.push(b'}');
    }

    fn comma(&mut self) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
    }
}

/// Collects what a reader does not know, as the text of an object.
#[derive(Debug, Default)]
pub(crate) struct Extra(Vec<u8>);

impl Extra {
    pub(crate) fn keep(&mut self, key: &str, json: &mut Json<'_>) -> Result<(), Invalid> {
        let value = json.raw()?;
        self.insert(key, value);
        Ok(())
    }

    pub(crate) fn insert(&mut self, key: &str, value: &str) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        write_string(key, &mut self.0);
        self.0.push(b':');
        self.0.extend_from_slice(value.as_bytes());
    }

    pub(crate) fn finish(mut self) -> Option<Text<'static>> {
        if self.0.is_empty() {
            return None;
        }
        self.0.push(b'}');
        Some(Cow::Owned(String::from_utf8(self.0).expect("made of texts")))
    }
}

/// Appends a JSON string.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, special) = rest.split_at(scan::plain_length(rest));
        out.extend_from_slice(plain);
        let Some((&byte, after)) = special.split_first() else { break };
        rest = after;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
    }
    out.push(b'"');
}

/// Appends a whole number.
pub(crate) fn write_integer(value: i64, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends a number: whole ones without a fraction, others in their shortest exact form.
pub(crate) fn write_number(value: f64, out: &mut Vec<u8>) {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let whole = value.fract() == 0.0 && value.abs() < EXACT && !(value == 0.0 && value.is_sign_negative());
    if whole {
        write_integer(value as i64, out);
    } else {
        serde_json::to_writer(out, &value).expect("a vector takes every byte");
    }
}
