//! What of a call another service can understand: numbers of conversations and messages are this server's own.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::http::HeaderValue;
use bytes::Bytes;
use serde_json::Value;

use crate::lenient;

/// The body to be sent, and what its calls have in common that must stay in order.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) body: Bytes,
    pub(super) lane: u64,
}

/// Prepares a copy; None where it means something by a number alone.
pub(super) fn prepare(content_type: Option<&HeaderValue>, body: &Bytes) -> Option<Prepared> {
    if content_type.is_some_and(is_form) {
        // A form names its conversation by the number.
        return None;
    }
    // What is no JSON is answered by either service as it can.
    let Ok(mut sent) = serde_json::from_slice::<Value>(body) else { return Some(prepared("", body.clone())) };
    if let Some(blocks) = sent.get("conversations") {
        let first = blocks.get(0).and_then(|block| lenient::id(block.get("conversation_id")));
        return Some(prepared(&first.unwrap_or_default(), body.clone()));
    }
    let numbered = |name: &str| lenient::number(sent.get(name)).is_some();
    let conversation = lenient::id(sent.get("conversation_id"));
    if numbered("message") || numbered("agent") || (numbered("conversation") && conversation.is_none()) {
        return None;
    }
    let conversation = conversation.unwrap_or_default();
    if !numbered("conversation") {
        return Some(prepared(&conversation, body.clone()));
    }
    // Clients send null where they know no number, and then the id says which conversation it is.
    sent["conversation"] = Value::Null;
    Some(prepared(&conversation, sent.to_string().into()))
}

fn prepared(conversation: &str, body: Bytes) -> Prepared {
    let mut hasher = DefaultHasher::new();
    conversation.hash(&mut hasher);
    Prepared { body, lane: hasher.finish() }
}

fn is_form(content_type: &HeaderValue) -> bool {
    content_type.to_str().is_ok_and(|text| text.trim_start().to_ascii_lowercase().starts_with("multipart/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sent: &str, expected: Option<&str>) {
        let prepared = prepare(None, &Bytes::from(sent.to_owned()));
        let body = prepared.map(|prepared| String::from_utf8(prepared.body.to_vec()).unwrap());
        assert_eq!(body.as_deref(), expected, "{sent}");
    }

    #[test]
    fn an_id_goes_along_without_its_number_and_a_number_alone_not_at_all() {
        let same = |sent: &str| check(sent, Some(sent));
        same(r#"{ "conversation_id": "c", "conversation": null }"#);
        same(r#"{"conversations": [{"conversation_id": "c", "spans": []}]}"#);
        same("no JSON");
        check(r#"{"conversation_id":"c","conversation":"7"}"#, Some(r#"{"conversation":null,"conversation_id":"c"}"#));
        check(r#"{"conversation_id": "None", "conversation": 7}"#, None);
        check(r#"{"conversation_id": "c", "message": 7}"#, None);
        let form = HeaderValue::from_static("multipart/form-data; boundary=b");
        assert!(prepare(Some(&form), &Bytes::from_static(b"--b--")).is_none());
    }

    #[test]
    fn calls_of_a_conversation_share_a_lane() {
        let lane = |sent: &'static str| prepare(None, &Bytes::from_static(sent.as_bytes())).unwrap().lane;
        let one = lane(r#"{"conversation_id": "c", "content": "x"}"#);
        assert_eq!(one, lane(r#"{"conversations": [{"conversation_id": "c"}]}"#));
        assert_ne!(one, lane(r#"{"conversation_id": "d"}"#));
    }
}
