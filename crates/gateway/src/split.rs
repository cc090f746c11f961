//! Finding the events of a body without building a tree.
//!
//! The splitter looks at brackets and strings alone and gives out where each element begins and ends. It judges no
//! element: one that is malformed is found out when it is parsed, by itself, and its mates go in. Two rules keep the damage
//! in the element: brackets that do not match inside it are closed by the next one that matches outside, and an object that
//! begins where only a key can stand is the next element. Only a body whose own frame is broken (no list, or broken off) is
//! refused as a whole.

use std::{borrow::Cow, ops::Range};

/// Where the events of a body are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Pieces {
    /// Byte range of each event, white space around it left out.
    pub(crate) events: Vec<Range<usize>>,
    /// The raw JSON of the batch's `sent_at`.
    pub(crate) sent_at: Option<Range<usize>>,
}

/// Why a body is no batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Its frame is not JSON.
    Malformed {
        /// Byte position.
        at: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// It is JSON of another kind.
    NotABatch,
    /// It says a member of the batch twice: one of them would be lost.
    Twice {
        /// The member's name.
        member: &'static str,
    },
    /// It has more events than a batch may have.
    TooMany,
}

/// Splits NDJSON: one event a line, empty lines left out.
pub(crate) fn lines(body: &[u8], most: usize) -> Result<Pieces, Broken> {
    let mut pieces = Pieces::default();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', body).chain([body.len()]) {
        let range = trimmed(body, start..end);
        start = end + 1;
        if !range.is_empty() {
            push(&mut pieces.events, range, most)?;
        }
    }
    Ok(pieces)
}

/// Splits a JSON list, or the list `batch` of a JSON object.
pub(crate) fn json(body: &[u8], most: usize) -> Result<Pieces, Broken> {
    let mut scanner = Scanner { body, at: 0, open: Vec::new(), open_braces: 0 };
    let mut pieces = Pieces::default();
    match scanner.peek() {
        Some(b'[') => scanner.list(&mut pieces.events, most)?,
        Some(b'{') => scanner.envelope(&mut pieces, most)?,
        Some(b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => return Err(Broken::NotABatch),
        Some(_) => return Err(scanner.broken("this is no JSON")),
        None => return Err(scanner.broken("the body is empty")),
    }
    if scanner.peek().is_some() {
        return Err(scanner.broken("something follows the end of the batch"));
    }
    Ok(pieces)
}

fn push(events: &mut Vec<Range<usize>>, range: Range<usize>, most: usize) -> Result<(), Broken> {
    if events.len() == most {
        return Err(Broken::TooMany);
    }
    events.push(range);
    Ok(())
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The range without white space at both ends.
fn trimmed(body: &[u8], range: Range<usize>) -> Range<usize> {
    let piece = &body[range.clone()];
    let Some(first) = piece.iter().position(|byte| !is_space(*byte)) else { return range.start..range.start };
    let last = piece.iter().rposition(|byte| !is_space(*byte)).unwrap_or(first);
    range.start + first..range.start + last + 1
}

/// The name that a key in quotes stands for, escapes and all.
fn name(quoted: &[u8]) -> Cow<'_, str> {
    let plain = || String::from_utf8_lossy(&quoted[1..quoted.len() - 1]);
    if quoted.contains(&b'\\') { serde_json::from_slice(quoted).map_or_else(|_| plain(), Cow::Owned) } else { plain() }
}

struct Scanner<'a> {
    body: &'a [u8],
    at: usize,
    /// The closing brackets that are due inside the element under the scanner; a list, so nesting costs no stack.
    open: Vec<u8>,
    /// How many of them are braces: a bracket that closes nothing is known without looking through the list.
    open_braces: usize,
}

impl Scanner<'_> {
    fn broken(&self, what: &'static str) -> Broken {
        Broken::Malformed { at: self.at, what }
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.body.get(self.at) {
            if !is_space(byte) {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// From the list's opening bracket to after its closing one.
    fn list(&mut self, events: &mut Vec<Range<usize>>, most: usize) -> Result<(), Broken> {
        self.at += 1;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let start = self.at;
            self.value(b']')?;
            push(events, trimmed(self.body, start..self.at), most)?;
            self.at += 1;
            if self.body[self.at - 1] == b']' {
                return Ok(());
            }
        }
    }

    /// Moves to the comma or the `end` that closes the value under the scanner.
    fn value(&mut self, end: u8) -> Result<(), Broken> {
        self.open.clear();
        self.open_braces = 0;
        while let Some(&byte) = self.body.get(self.at) {
            match byte {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' => {
                    if let Some(comma) = self.comma_before_key() {
                        self.at = comma;
                        return Ok(());
                    }
                    self.open.push(b'}');
                    self.open_braces += 1;
                }
                b'[' => self.open.push(b']'),
                b',' if self.open.is_empty() => return Ok(()),
                b'}' | b']' if self.closes(byte, end) => return Ok(()),
                _ => (),
            }
            self.at += 1;
        }
        Err(self.broken("the body ends inside the batch: was it sent completely?"))
    }

    /// Where a key has to stand, the comma before it: an object there means that its element broke off before.
    fn comma_before_key(&self) -> Option<usize> {
        if self.open.last() != Some(&b'}') {
            return None;
        }
        let before = self.body[..self.at].iter().rposition(|byte| !is_space(*byte))?;
        (self.body[before] == b',').then_some(before)
    }

    /// Closes up to the innermost bracket of this kind; true if that is the frame's own `end`.
    fn closes(&mut self, byte: u8, end: u8) -> bool {
        let due = if byte == b'}' { self.open_braces } else { self.open.len() - self.open_braces };
        if due == 0 {
            return byte == end;
        }
        while let Some(closed) = self.open.pop() {
            self.open_braces -= usize::from(closed == b'}');
            if closed == byte {
                break;
            }
        }
        false
    }

    /// From an opening quote to after the closing one.
    fn string(&mut self) -> Result<(), Broken> {
        let start = self.at;
        self.at += 1;
        while let Some(&byte) = self.body.get(self.at) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at = start;
        Err(self.broken("a text that begins here does not end: was the body sent completely?"))
    }

    /// The members of the object around a batch.
    fn envelope(&mut self, pieces: &mut Pieces, most: usize) -> Result<(), Broken> {
        self.at += 1;
        let mut found = false;
        let mut more = self.peek() != Some(b'}');
        while more {
            if self.peek() != Some(b'"') {
                return Err(self.broken("a key in double quotes was expected"));
            }
            let start = self.at;
            self.string()?;
            let key = start..self.at;
            if self.peek() != Some(b':') {
                return Err(self.broken("a colon was expected after a key"));
            }
            self.at += 1;
            match &*name(&self.body[key]) {
                "batch" => {
                    if self.peek() != Some(b'[') {
                        return Err(Broken::NotABatch);
                    }
                    if found {
                        return Err(Broken::Twice { member: "batch" });
                    }
                    self.list(&mut pieces.events, most)?;
                    found = true;
                }
                name => {
                    let is_sent_at = name == "sent_at";
                    let start = self.at;
                    self.value(b'}')?;
                    if is_sent_at && pieces.sent_at.replace(trimmed(self.body, start..self.at)).is_some() {
                        return Err(Broken::Twice { member: "sent_at" });
                    }
                }
            }
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => more = false,
                Some(_) => return Err(self.broken("a comma or a closing brace was expected")),
                None => return Err(self.broken("the body ends inside the batch: was it sent completely?")),
            }
        }
        self.at += 1;
        if found { Ok(()) } else { Err(Broken::NotABatch) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(body: &str, split: fn(&[u8], usize) -> Result<Pieces, Broken>) -> Vec<String> {
        let pieces = split(body.as_bytes(), 100).unwrap();
        pieces.events.into_iter().map(|range| body[range].to_owned()).collect()
    }

    #[test]
    fn a_list_gives_its_elements_whatever_they_hold() {
        assert_eq!(
            texts(r#" [ {"a":"],\"}"} , {"b":[1,{}]} ,3 ] "#, json),
            [r#"{"a":"],\"}"}"#, r#"{"b":[1,{}]}"#, "3"]
        );
        assert_eq!(texts("[]", json), [""; 0]);
        assert_eq!(texts("[ \n]", json), [""; 0]);
    }

    #[test]
    fn damage_inside_an_element_stays_there() {
        assert_eq!(texts(r#"[{"a":[1},{"b":2}]"#, json), [r#"{"a":[1}"#, r#"{"b":2}"#]);
        assert_eq!(texts(r#"[{"a":1}},{"b":2}]"#, json), [r#"{"a":1}}"#, r#"{"b":2}"#]);
        assert_eq!(texts(r#"[{"a":1,"b": , {"b":2}]"#, json), [r#"{"a":1,"b":"#, r#"{"b":2}"#]);
        assert_eq!(texts(r#"[{"a":{"b"},{"b":2}]"#, json), [r#"{"a":{"b"}"#, r#"{"b":2}"#]);
        assert_eq!(texts(r#"[nonsense,{"b":2}]"#, json), ["nonsense", r#"{"b":2}"#]);
        assert_eq!(texts(r#"[,{"b":2},]"#, json), ["", r#"{"b":2}"#, ""]);
    }

    #[test]
    fn an_envelope_gives_its_batch_and_its_time() {
        let body = r#"{"context":{"a":[1,2]},"sent_at" : "2026-01-01T00:00:00Z", "batch":[{"a":1}, 2]}"#;
        let pieces = json(body.as_bytes(), 10).unwrap();
        assert_eq!(&body[pieces.sent_at.unwrap()], r#""2026-01-01T00:00:00Z""#);
        assert_eq!(texts(body, json), [r#"{"a":1}"#, "2"]);
        assert_eq!(texts(r#"{"batch":[]}"#, json), [""; 0]);
    }

    #[test]
    fn lines_give_an_event_each() {
        assert_eq!(texts("{\"a\":1}\r\n\n  \n{\"b\":2}", lines), [r#"{"a":1}"#, r#"{"b":2}"#]);
        assert_eq!(texts("", lines), [""; 0]);
    }

    fn check_broken(body: &str, at: usize) {
        match json(body.as_bytes(), 100) {
            Err(Broken::Malformed { at: found, .. }) => assert_eq!(found, at, "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn a_broken_frame_is_refused_with_its_position() {
        check_broken("", 0);
        check_broken("<xml/>", 0);
        check_broken(r#"[{"a":1}"#, 8);
        check_broken(r#"[{"a":1},"#, 9);
        check_broken(r#"[{"a":"x"#, 6);
        check_broken(r#"[{"a":1}] x"#, 10);
        check_broken(r#"{"batch":[1]"#, 12);
        check_broken(r#"{"batch":[1],}"#, 13);
        check_broken(r#"{"batch"}"#, 8);
        check_broken(r#"["\"#, 1);
    }

    #[test]
    fn another_kind_of_json_is_no_batch() {
        for body in ["3", "null", "\"x\"", "{}", r#"{"event":"message.created"}"#, r#"{"batch":{}}"#] {
            assert_eq!(json(body.as_bytes(), 100), Err(Broken::NotABatch), "{body}");
        }
    }

    #[test]
    fn a_batch_that_is_said_twice_is_refused_however_it_is_written() {
        let twice = |member| Err(Broken::Twice { member });
        assert_eq!(json(br#"{"batch":[1],"batch":[2]}"#, 100), twice("batch"));
        assert_eq!(json(br#"{"batch":[],"batch":[2]}"#, 100), twice("batch"));
        assert_eq!(json(br#"{"batch":[1],"b\u0061tch":[2]}"#, 100), twice("batch"));
        assert_eq!(json(br#"{"sent_at":1,"batch":[1],"sent_at":2}"#, 100), twice("sent_at"));
        assert!(json(br#"{"a":1,"batch":[1],"a":2}"#, 100).is_ok(), "what is not read may stand twice");
    }

    #[test]
    fn too_many_events_are_noticed_at_once() {
        assert_eq!(json(b"[1,2,3]", 2), Err(Broken::TooMany));
        assert_eq!(lines(b"1\n2\n3", 2), Err(Broken::TooMany));
        assert!(json(b"[1,2]", 2).is_ok());
    }

    #[test]
    fn a_nesting_bomb_costs_no_stack() {
        let deep = format!("[{}{}]", "[".repeat(2_000_000), "]".repeat(2_000_000));
        assert_eq!(json(deep.as_bytes(), 10).unwrap().events.len(), 1);
        let open = "[".repeat(5_000_000);
        assert!(matches!(json(open.as_bytes(), 10), Err(Broken::Malformed { at: 5_000_000, .. })));
        let mismatched = format!("[{}{}]", "[".repeat(2_000_000), "}".repeat(2_000_000));
        assert!(json(mismatched.as_bytes(), 10).is_err());
    }
}
