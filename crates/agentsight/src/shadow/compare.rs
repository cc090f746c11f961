//! How another service's answer differs: by its status class, and by the shape of its body.

use axum::http::StatusCode;
use serde_json::Value;

/// An answer to a call.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    pub(super) status: StatusCode,
    pub(super) body: &'a [u8],
}

/// A difference: its kind, and what it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) kind: &'static str,
    pub(super) what: String,
}

/// The differences between this server's answer and the other's. Members that only ours has are none: both generations of clients are
/// answered by one shape. Where the statuses differ, the bodies mean different things, and refusals have a text of their own.
pub(super) fn differences(ours: &Answer<'_>, theirs: &Answer<'_>) -> Vec<Difference> {
    let (our, their) = (class(ours.status), class(theirs.status));
    if our != their {
        return vec![Difference { kind: "status", what: format!("{our}xx here, {their}xx there") }];
    }
    if our != 2 {
        return Vec::new();
    }
    let (our, their) = (parsed(ours.body), parsed(theirs.body));
    match (&our, &their) {
        (Some(Value::Object(our)), Some(Value::Object(their))) => {
            let members = their.iter().filter(|(_, value)| !value.is_null());
            members.filter_map(|(name, value)| member(name, our.get(name), value)).collect()
        }
        _ if kind(our.as_ref()) != kind(their.as_ref()) => {
            let what = format!("{} here, {} there", kind(our.as_ref()), kind(their.as_ref()));
            vec![Difference { kind: "body", what }]
        }
        _ => Vec::new(),
    }
}

fn class(status: StatusCode) -> u16 {
    status.as_u16() / 100
}

fn member(name: &str, our: Option<&Value>, their: &Value) -> Option<Difference> {
    match our {
        None => Some(Difference { kind: "missing", what: format!("`{name}` is there alone") }),
        Some(Value::Null) => None,
        our if kind(our) == kind(Some(their)) => None,
        our => {
            let what = format!("`{name}` is of type {} here, {} there", kind(our), kind(Some(their)));
            Some(Difference { kind: "type", what })
        }
    }
}

/// JSON; what is none is a text, and nothing is nothing.
fn parsed(body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    Some(serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::new())))
}

fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "nothing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "text",
        Some(Value::Array(_)) => "list",
        Some(Value::Object(_)) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ours: (u16, &str), theirs: (u16, &str), expected: &[&str]) {
        let answer = |(status, body): (u16, &'static str)| (StatusCode::from_u16(status).unwrap(), body.as_bytes());
        let leak = |(status, body): (u16, &str)| answer((status, String::from(body).leak()));
        let ((our, ours), (their, theirs)) = (leak(ours), leak(theirs));
        let found = differences(&Answer { status: our, body: ours }, &Answer { status: their, body: theirs });
        let kinds: Vec<&str> = found.iter().map(|difference| difference.kind).collect();
        assert_eq!(kinds, expected, "{found:?}");
    }

    #[test]
    fn classes_and_shapes_are_compared_and_values_are_not() {
        check((201, r#"{"id": 7, "more": 1}"#), (200, r#"{"id": 9, "absent": null}"#), &[]);
        check((201, r#"{"id": 7}"#), (201, r#"{"id": "7", "is_new": true}"#), &["type", "missing"]);
        check((201, r#"{"id": null}"#), (201, r#"{"id": 7}"#), &[]);
        check((201, "{}"), (500, "{}"), &["status"]);
        check((400, r#"{"detail": "x"}"#), (422, "[]"), &[]);
        check((200, "{}"), (200, "<html>"), &["body"]);
        check((200, "{}"), (200, ""), &["body"]);
    }
}
