//! The id of an event that could not be read, so that its producer can tell which one it was.

use crate::{
    json::Json,
    kind::{Id, required},
};

/// The top-level `event_id`, as far as the bytes are structured enough to tell. Takes any bytes, nested to any depth.
#[cold]
pub(crate) fn event_id(bytes: &[u8]) -> Option<String> {
    let mut depth = 0_usize;
    let mut at = 0;
    let mut found = None;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let Some(end) = string_end(bytes, at) else { break };
                if depth == 1
                    && &bytes[at..end] == b"\"event_id\""
                    && let Some(value) = value_after_colon(&bytes[end..])
                {
                    found = id(value);
                }
                at = end;
                continue;
            }
            _ => (),
        }
        at += 1;
    }
    found
}

/// Where the string that begins at `start` is over.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn value_after_colon(bytes: &[u8]) -> Option<&[u8]> {
    let value = bytes.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let end = match value.first()? {
        b'"' => string_end(value, 0)?,
        _ => value.iter().position(|b| matches!(b, b',' | b'}')).unwrap_or(value.len()),
    };
    Some(&value[..end])
}

fn id(value: &[u8]) -> Option<String> {
    let mut json = Json::new(std::str::from_utf8(value).ok()?);
    required::<Id>(&mut json).ok().flatten().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::event_id;

    #[track_caller]
    fn check(text: &[u8], expected: Option<&str>) {
        assert_eq!(event_id(text).as_deref(), expected, "{}", String::from_utf8_lossy(text));
    }

    #[test]
    fn the_id_is_found_beside_what_is_wrong() {
        check(br#"{"event_id" : "e1", "data": {"#, Some("e1"));
        check(br#"{"data": {"event_id": "no"}, "event_id":"e1"}"#, Some("e1"));
        check(br#"{"data": ["event_id", "event_id"], "x": "event_id", "event_id": 7}"#, Some("7"));
        check(b"{\"text\": \"\xff\", \"event_id\": \"e\\u0031\"}", Some("e1"));
        check(br#"{"text": "a \" } \\", "event_id": "e1", "rest": "open"#, Some("e1"));
    }

    #[test]
    fn nothing_is_found_where_there_is_no_id() {
        check(b"", None);
        check(br#"{"event_id": null}"#, None);
        check(br#"{"event_id": "cut"#, None);
        check(br#"["event_id", "e1"]"#, None);
        check(br#"{"data": {"event_id": "inner"}}"#, None);
    }
}
