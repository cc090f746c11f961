//! Values as clients send them: coerced where that is possible, cut where they are too long, left out where they cannot be used.

use std::net::IpAddr;

use event::Timestamp;
use serde_json::{Map, Value};

/// Most characters of an id or another short text.
pub(crate) const SHORT: usize = 255;
/// Most bytes of a long text of an item: an event holds 1 MiB.
const LONG_BYTES: usize = 512 << 10;
/// Most bytes of a document, as JSON, and how deep it may be.
const DOCUMENT_BYTES: usize = 256 << 10;
const DOCUMENT_DEPTH: usize = 20;

/// A text, or what can be written as one; nothing for null, an empty text and lists.
pub(crate) fn text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.replace('\0', ""),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A text of at most 255 characters.
pub(crate) fn short(value: Option<&Value>) -> Option<String> {
    text(value).map(|text| clamp(text, SHORT))
}

/// An id: as a short text; the word `None` is a client's way to say that there is none.
pub(crate) fn id(value: Option<&Value>) -> Option<String> {
    short(value).filter(|text| text != "None" && text != "null" && !text.trim().is_empty())
}

/// A whole number, or a text of one.
pub(crate) fn number(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The first characters of a text.
pub(crate) fn clamp(text: String, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((at, _)) => text[..at].to_owned(),
        None => text,
    }
}

/// A long text, cut where an event would not hold it.
pub(crate) fn long(text: String) -> String {
    if text.len() <= LONG_BYTES { text } else { text[..text.floor_char_boundary(LONG_BYTES)].to_owned() }
}

/// An address, if it is one.
pub(crate) fn address(value: Option<&Value>) -> Option<String> {
    let text = text(value)?;
    text.trim().parse::<IpAddr>().ok().map(|_| text.trim().to_owned())
}

/// A value that an event can hold; None for what is too large or too deep.
pub(crate) fn document(value: Option<&Value>) -> Option<Value> {
    let value = value.filter(|value| !value.is_null())?;
    let fits = depth(value) <= DOCUMENT_DEPTH && value.to_string().len() <= DOCUMENT_BYTES;
    fits.then(|| value.clone())
}

/// An object that an event can hold.
pub(crate) fn object(value: Option<&Value>) -> Option<Map<String, Value>> {
    match document(value)? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// How many objects and lists stand in each other.
pub(crate) fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// An instant: RFC 3339, one without an offset (UTC), or a date.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let found = Timestamp::parse_rfc3339(text);
    found.or_else(|| Timestamp::parse_rfc3339(&format!("{text}Z"))).or_else(|| {
        // A plus that was not encoded comes as a space.
        let plus = text.replacen(' ', "+", 1);
        Timestamp::parse_rfc3339(&plus).or_else(|| Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z")))
    })
}

/// The instant that a value says.
pub(crate) fn time(value: Option<&Value>) -> Option<Timestamp> {
    match value? {
        Value::String(text) => instant(text),
        Value::Number(number) => Timestamp::from_epoch(number.as_f64()?),
        _ => None,
    }
}

/// A yes or no, as Python, JSON and people write it.
pub(crate) fn flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_coerced_and_cut() {
        assert_eq!(short(Some(&json!(12))), Some("12".to_owned()));
        assert_eq!(short(Some(&json!("ž".repeat(300)))).unwrap().chars().count(), 255);
        assert_eq!(id(Some(&json!("None"))), None);
        assert_eq!(text(Some(&json!(["x"]))), None);
        assert_eq!((number(Some(&json!("2"))), number(Some(&json!("None")))), (Some(2), None));
        assert_eq!(address(Some(&json!("not-an-ip"))), None);
    }

    #[test]
    fn instants_are_read_as_clients_write_them() {
        let expected = Timestamp::parse_rfc3339("2024-01-01T00:00:00Z");
        for text in ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00", "2024-01-01", "2024-01-01T02:00:00 02:00"] {
            assert_eq!(instant(text), expected, "{text}");
        }
        assert_eq!(instant("yesterday"), None);
    }

    #[test]
    fn what_is_too_deep_or_too_large_is_left_out() {
        let deep = (0..30).fold(json!(1), |value, _| json!([value]));
        assert_eq!(document(Some(&deep)), None);
        assert_eq!(document(Some(&json!({"a": "x".repeat(300 << 10)}))), None);
        assert_eq!(document(Some(&json!({"a": 1}))), Some(json!({"a": 1})));
    }
}
