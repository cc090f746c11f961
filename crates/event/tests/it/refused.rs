//! What is refused: each way to be wrong has its code, its place and the event's id.

use event::{Code, Event, from_json, limits};
use serde_json::{Value, json};

use crate::key_at;

const NOON: &str = "2026-03-23T12:00:00Z";

fn message() -> Value {
    json!({"event_id": "e1", "event": "message.created", "timestamp": "2026-03-23T11:59:00Z",
           "conversation_id": "c1", "data": {"message_id": "m1", "role": "user"}})
}

#[track_caller]
fn check_bytes(bytes: &[u8], code: Code, path: &str) {
    let error = from_json(bytes, &key_at(NOON)).expect_err("it is wrong");
    assert_eq!((error.code, error.path.as_str()), (code, path), "{error}");
    assert!(!error.message.is_empty() && error.message.starts_with(|c: char| !c.is_uppercase()), "{error}");
}

/// Sets a field, given as a JSON pointer, in an event that is right otherwise.
#[track_caller]
fn check(pointer: &str, value: Value, code: Code, path: &str) {
    let mut event = message();
    let (parent, field) = pointer.rsplit_once('/').expect("a JSON pointer");
    event.pointer_mut(parent).expect("an object of the event")[field] = value;
    let error = from_json(event.to_string().as_bytes(), &key_at(NOON)).expect_err("it is wrong");
    assert_eq!((error.code, error.path.as_str()), (code, path), "{error}");
    if pointer != "/event_id" {
        assert_eq!(error.event_id.as_deref(), Some("e1"));
    }
}

#[test]
fn broken_json_is_malformed() {
    for text in
        ["", " ", "{", "{\"event_id\":\"e1\"", "{\"a\":1,}", "{'a':1}", "{\"a\" 1}", "{\"a\":01}", "{\"a\":1.}", "nul"]
    {
        let error = from_json(text.as_bytes(), &key_at(NOON)).expect_err(text);
        assert_eq!(error.code, Code::MalformedJson, "{text}: {error}");
    }
    let two = format!("{0}{0}", message());
    check_bytes(two.as_bytes(), Code::MalformedJson, "");
    let half = message().to_string();
    for length in 1..half.len() {
        let error = from_json(&half.as_bytes()[..length], &key_at(NOON)).expect_err("half an event");
        assert_eq!(error.code, Code::MalformedJson, "{}", &half[..length]);
    }
}

#[test]
fn what_is_no_object_says_so() {
    for text in ["[]", "1", "\"x\"", "null", "true", " [{}] "] {
        check_bytes(text.as_bytes(), Code::NotAnObject, "");
    }
}

#[test]
fn needed_fields_are_named_when_they_are_missing() {
    check("/event_id", Value::Null, Code::MissingField, "event_id");
    check("/event", Value::Null, Code::MissingField, "event");
    check("/event", json!(""), Code::MissingField, "event");
    check("/data", Value::Null, Code::MissingField, "data.message_id");
    check("/data/role", Value::Null, Code::MissingField, "data.role");
    check("/data/intent", json!({"confidence": 1}), Code::MissingField, "data.intent.name");
}

#[test]
fn ids_that_are_needed_are_not_empty() {
    check("/event_id", json!(""), Code::EmptyId, "event_id");
    check("/data/message_id", json!(""), Code::EmptyId, "data.message_id");
}

#[test]
fn values_of_another_type_are_refused_with_their_place() {
    check("/event", json!(1), Code::WrongType, "event");
    check("/event_id", json!(1.5), Code::WrongType, "event_id");
    check("/event_id", json!(true), Code::WrongType, "event_id");
    check("/conversation_id", json!(["c1"]), Code::WrongType, "conversation_id");
    check("/sequence", json!("1"), Code::WrongType, "sequence");
    check("/sequence", json!(1.5), Code::WrongType, "sequence");
    check("/historical", json!("yes"), Code::WrongType, "historical");
    check("/data", json!([]), Code::WrongType, "data");
    check("/data/text", json!(5), Code::WrongType, "data.text");
    check("/data/feedback_enabled", json!(1), Code::WrongType, "data.feedback_enabled");
    check("/data/attachments", json!([{}, {"size_bytes": "1"}]), Code::WrongType, "data.attachments[1].size_bytes");
    check("/context", json!("web"), Code::WrongType, "context");
    check("/context", json!({"page": {"url": 1}}), Code::WrongType, "context.page.url");
    check("/metadata", json!([1]), Code::WrongType, "metadata");
}

#[test]
fn numbers_must_fit() {
    check("/schema_version", json!(3_000_000_000_i64), Code::OutOfRange, "schema_version");
    let text = message().to_string().replace("\"event_id\"", "\"sequence\":9223372036854775808,\"event_id\"");
    check_bytes(text.as_bytes(), Code::OutOfRange, "sequence");
    let text = r#"{"event_id":"e","event":"csat.submitted","data":{"survey_id":"s","score":1e999}}"#;
    check_bytes(text.as_bytes(), Code::OutOfRange, "data.score");
}

#[test]
fn long_ids_and_comments_are_refused_by_characters() {
    check("/conversation_id", json!("c".repeat(10 * 1024)), Code::TooLong, "conversation_id");
    check("/event_id", json!("é".repeat(256)), Code::TooLong, "event_id");
    check("/data/role", json!("r".repeat(256)), Code::TooLong, "data.role");
    let mut event = message();
    event["conversation_id"] = json!("é".repeat(limits::ID_CHARS));
    from_json(event.to_string().as_bytes(), &key_at(NOON)).expect("255 characters are allowed");
    let rated = |comment: usize| {
        let data = json!({"rating": "positive", "source": "customer", "comment": "x".repeat(comment)});
        json!({"event_id": "e", "event": "feedback.submitted", "data": data}).to_string()
    };
    check_bytes(rated(limits::COMMENT_CHARS + 1).as_bytes(), Code::TooLong, "data.comment");
    from_json(rated(limits::COMMENT_CHARS).as_bytes(), &key_at(NOON)).expect("5000 characters are allowed");
}

#[test]
fn deep_nesting_is_refused_before_it_hurts() {
    // The envelope and `data` are two levels.
    let nested = |levels: usize| {
        let list = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        format!(r#"{{"event_id":"e1","event":"fallback.triggered","data":{{"x":{list}}}}}"#)
    };
    from_json(nested(30).as_bytes(), &key_at(NOON)).expect("32 levels are allowed");
    let error = from_json(nested(31).as_bytes(), &key_at(NOON)).expect_err("33 levels");
    assert_eq!((error.code, error.event_id.as_deref()), (Code::TooDeep, Some("e1")));
    let error = from_json(&b"{\"a\":".repeat(200_000), &key_at(NOON)).expect_err("200,000 levels");
    assert_eq!(error.code, Code::TooDeep);
}

#[test]
fn large_events_and_metadata_are_refused() {
    let mut event = message();
    event["data"]["text"] = json!("x".repeat(limits::EVENT_BYTES));
    check_bytes(event.to_string().as_bytes(), Code::TooLarge, "");
    let many: Value =
        (0..=limits::METADATA_KEYS).map(|n| (n.to_string(), json!(n))).collect::<serde_json::Map<_, _>>().into();
    check("/metadata", many, Code::MetadataTooLarge, "metadata");
    check("/metadata", json!({"k": "x".repeat(limits::METADATA_BYTES)}), Code::MetadataTooLarge, "metadata");
}

#[test]
fn times_that_are_none_are_refused_and_never_replaced() {
    let wrong = [
        json!("1774263600"),
        json!("2026-03-23T11:00:00"),
        json!("2026-03-23"),
        json!("2026-02-29T11:00:00Z"),
        json!("2026-03-23T24:00:00Z"),
        json!("2026-03-23T11:00:60Z"),
        json!("2026-03-23T11:00:00.Z"),
        json!("2026-03-23T11:00:00+0100"),
        json!("yesterday"),
        json!(""),
        json!(true),
        json!({}),
        json!(-1),
        json!(1e30),
        json!("1969-12-31T23:59:59Z"),
        json!("2200-01-01T00:00:00Z"),
    ];
    for time in wrong {
        check("/timestamp", time.clone(), Code::BadTimestamp, "timestamp");
        check("/sent_at", time, Code::BadTimestamp, "sent_at");
    }
    check("/data/speech", json!({"start_ts": "now"}), Code::BadTimestamp, "data.speech.start_ts");
}

#[test]
fn what_is_older_than_the_horizon_must_say_so() {
    check("/timestamp", json!("2026-03-16T11:59:59.999Z"), Code::TooOld, "timestamp");
    check("/timestamp", json!("1970-01-01T00:00:00Z"), Code::TooOld, "timestamp");
    check("/timestamp", json!(0), Code::TooOld, "timestamp");
}

#[test]
fn bytes_that_are_no_utf8_are_refused_with_the_id_that_came_before() {
    let mut bytes = br#"{"event_id":"e1","event":"message.created","data":{"text":""#.to_vec();
    bytes.extend_from_slice(b"\xff\xfe\"}}");
    let error = from_json(&bytes, &key_at(NOON)).expect_err("no UTF-8");
    assert_eq!((error.code, error.event_id.as_deref()), (Code::InvalidUtf8, Some("e1")));
    let half = r#"{"event_id":"e1","event":"x","data":{"text":"\ud83d!"}}"#;
    check_bytes(half.as_bytes(), Code::InvalidUtf8, "data.text");
}

#[test]
fn the_nul_character_is_refused_wherever_it_stands() {
    check("/user_id", json!("a\0b"), Code::NulCharacter, "user_id");
    check("/data/text", json!("\0"), Code::NulCharacter, "data.text");
    check("/metadata", json!({"a": {"b": "\0"}}), Code::NulCharacter, "metadata.a.b");
    check("/something", json!(["\0"]), Code::NulCharacter, "something[0]");
    let mut raw = message().to_string().into_bytes();
    let at = raw.windows(2).position(|w| w == b"e1").unwrap();
    raw[at] = 0;
    check_bytes(&raw, Code::NulCharacter, "event_id");
}

#[test]
fn every_code_has_its_own_name() {
    let names: std::collections::BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')));
}

#[test]
fn records_that_follow_no_known_schema_are_refused() {
    let mut right = Vec::new();
    from_json(message().to_string().as_bytes(), &key_at(NOON)).unwrap().event.encode(&mut right);
    Event::decode(&right).expect("what was encoded");
    for length in 0..right.len() {
        Event::decode(&right[..length]).expect_err("half a record");
    }
    let mut foreign = right.clone();
    foreign[3] = 9;
    assert_eq!(Event::decode(&foreign).expect_err("an unknown id").code, Code::UnknownSchema);
    right.push(0);
    assert_eq!(Event::decode(&right).expect_err("too much").code, Code::MalformedAvro);
    assert_eq!(Event::decode(b"{}").expect_err("no project").code, Code::MissingField);
}
