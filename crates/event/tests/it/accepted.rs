//! What is accepted, and what becomes of it.

use event::{ClockFlag, Data, EVENTS, Event, Parsed, Timestamp, Warning, from_json};
use serde_json::{Value, json};

use crate::{example, key_at};

const NOON: &str = "2026-03-23T12:00:00Z";

fn accept(event: &Value) -> Parsed<'static> {
    from_json(event.to_string().as_bytes(), &key_at(NOON)).unwrap_or_else(|e| panic!("{e}: {event}"))
}

fn message() -> Value {
    json!({"event_id": "e1", "event": "message.created", "timestamp": "2026-03-23T11:59:00Z",
           "conversation_id": "c1", "data": {"message_id": "m1", "role": "user"}})
}

fn with(mut event: Value, field: &str, value: Value) -> Value {
    event[field] = value;
    event
}

fn as_json(event: &Event<'_>) -> Value {
    let mut out = Vec::new();
    event.write_json(&mut out);
    serde_json::from_slice(&out).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&out)))
}

#[test]
fn golden_generated_and_real_events_are_accepted_without_a_warning() {
    let lines = include_str!("../data/accepted.jsonl");
    let mut count = 0;
    for line in lines.lines() {
        let mut key = key_at("2026-06-01T00:00:00Z");
        key.horizon = std::time::Duration::from_secs(100 * 365 * 86_400);
        let parsed = from_json(line.as_bytes(), &key).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert_eq!(parsed.warnings, [], "{line}");
        assert_eq!(parsed.event.extra, None, "{line}");
        count += 1;
    }
    assert!(count > 200, "the sample has all shapes, not {count} lines");
}

#[test]
fn every_type_has_an_example_of_which_every_field_is_known_and_kept() {
    for name in EVENTS {
        let given = example(name);
        let parsed = accept(&given);
        assert_eq!(parsed.event.data.name(), *name);
        assert!(!matches!(parsed.event.data, Data::Unknown { .. }), "{name}");
        assert_eq!(parsed.warnings, [], "{name}");
        assert_eq!((&parsed.event.extra, &parsed.event.context.extra), (&None, &None), "{name}");
        let kept = as_json(&parsed.event);
        for (field, value) in given.as_object().expect("an object") {
            if field == "context" {
                continue; // the address is gone; the next test looks at the rest
            }
            assert_eq!(without_nulls(value), kept[field], "{name}: {field}");
        }
    }
}

/// Null members count as absent, and decimals given as texts are numbers.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, v)| !v.is_null())
            .map(|(k, v)| match (k.as_str(), v) {
                ("cost_reported", Value::String(n)) => (k.clone(), serde_json::from_str(n).expect("a number")),
                ("value", Value::String(n)) => (k.clone(), serde_json::from_str(n).unwrap_or_else(|_| v.clone())),
                _ => (k.clone(), without_nulls(v)),
            })
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        Value::String(text) => match Timestamp::parse_rfc3339(text) {
            Some(time) => json!(time.to_rfc3339()),
            None => value.clone(),
        },
        other => other.clone(),
    }
}

#[test]
fn the_address_is_given_apart_and_the_rest_of_the_context_is_kept() {
    let mut given = example("conversation.initialized");
    let ip = given["context"].as_object_mut().unwrap().remove("ip").unwrap();
    let rest = given["context"].clone();
    given["context"]["ip"] = ip.clone();
    let parsed = accept(&given);
    assert_eq!(parsed.ip.map(|ip| ip.to_string()).as_deref(), ip.as_str());
    assert_eq!(as_json(&parsed.event)["context"], rest);
    assert!(!as_json(&parsed.event).to_string().contains("203.0.113.7"));
}

#[test]
fn unknown_fields_of_envelope_context_and_data_survive_json_and_avro() {
    let mut given = message();
    given["shop \"x\""] = json!({"a": [1, 2.50, null]});
    given["context"] = json!({"screen": {"w": 1}, "page": {"url": "/", "search": "?q"}, "device": {"model": "x"}});
    given["data"]["mood"] = json!("good");
    given["data"]["intent"] = json!({"name": "refund", "confidence": 0.5, "source": "nlu"});
    let event = accept(&given).event;
    let mut bytes = Vec::new();
    event.encode(&mut bytes);
    let decoded = Event::decode(&bytes).expect("what was encoded");
    assert_eq!(decoded, event);
    let kept = as_json(&decoded);
    for field in ["shop \"x\"", "context", "data"] {
        assert_eq!(kept[field], given[field], "{field}");
    }
    assert_eq!(decoded.data.name(), "message.created");
}

#[test]
fn an_unknown_type_is_kept_as_it_is_with_a_warning() {
    let given = with(with(message(), "event", json!("ship.landed")), "data", json!({"pier": [3]}));
    let parsed = accept(&given);
    assert_eq!(parsed.warnings, [Warning::UnknownType]);
    let mut bytes = Vec::new();
    parsed.event.encode(&mut bytes);
    let decoded = Event::decode(&bytes).expect("what was encoded");
    assert_eq!(decoded.data, Data::Unknown { event: "ship.landed".into(), json: "{\"pier\":[3]}".into() });
    assert_eq!(as_json(&decoded)["data"], given["data"]);
}

#[test]
fn new_values_of_enumerations_are_kept() {
    let mut given = message();
    given["data"]["role"] = json!("supervisor");
    let Data::MessageCreated(data) = accept(&given).event.data else { panic!("a message") };
    assert_eq!(data.role, event::Role::Other("supervisor".into()));
    assert_eq!(data.role.as_str(), "supervisor");
}

#[test]
fn whole_numbers_become_ids_and_empty_or_null_ids_are_absent() {
    let mut given = message();
    given["user_id"] = json!(42);
    given["conversation_id"] = json!(7);
    given["anonymous_id"] = json!("");
    given["session_id"] = Value::Null;
    given["data"]["intent"] = json!("");
    let event = accept(&given).event;
    assert_eq!(event.user_id.as_deref(), Some("42"));
    assert_eq!(event.conversation_id.as_deref(), Some("7"));
    assert_eq!((event.anonymous_id, event.session_id), (None, None));
    let Data::MessageCreated(data) = event.data else { panic!("a message") };
    assert_eq!(data.intent, None);
}

#[test]
fn the_key_says_project_agent_and_environment() {
    let given = with(with(message(), "project_id", json!("other")), "bot_id", json!("mine"));
    let mut key = key_at(NOON);
    let event = from_json(given.to_string().as_bytes(), &key).unwrap().event;
    assert_eq!(
        (&*event.project_id, event.bot_id.as_deref(), &*event.environment),
        ("shop", Some("mine"), "production")
    );
    key.bot_id = Some("keys".into());
    key.environment = "staging".into();
    let event = from_json(given.to_string().as_bytes(), &key).unwrap().event;
    assert_eq!((event.bot_id.as_deref(), &*event.environment), (Some("keys"), "staging"));
    let named = with(given, "environment", json!("production"));
    assert_eq!(from_json(named.to_string().as_bytes(), &key).unwrap().event.environment, "production");
    key.environment_forced = Some("development".into());
    assert_eq!(from_json(named.to_string().as_bytes(), &key).unwrap().event.environment, "development");
}

#[test]
fn the_last_of_two_members_of_one_name_counts() {
    let text = br#"{"event_id":"a","event_id":"b","data":{},"event":"fallback.triggered","data":{"kind":"error"}}"#;
    let event = from_json(text, &key_at(NOON)).unwrap().event;
    assert_eq!(event.event_id, "b");
    assert_eq!(as_json(&event)["data"], json!({"kind": "error"}));
}

#[track_caller]
fn check_clock(timestamp: Value, sent_at: Value, expected: &str, flag: ClockFlag) {
    let parsed = accept(&with(with(message(), "timestamp", timestamp), "sent_at", sent_at));
    assert_eq!((parsed.event.time.to_rfc3339().as_str(), parsed.event.clock), (expected, flag));
    let warnings: &[Warning] = match flag {
        ClockFlag::None => &[],
        ClockFlag::Skewed => &[Warning::ClockSkew],
        ClockFlag::Missing => &[Warning::TimeMissing],
    };
    assert_eq!(parsed.warnings, warnings);
    assert_eq!(parsed.event.received_at, Timestamp::parse_rfc3339(NOON));
}

#[test]
fn a_clock_within_a_minute_of_the_arrival_is_believed() {
    check_clock(json!("2026-03-23T11:00:00Z"), json!("2026-03-23T11:59:00Z"), "2026-03-23T11:00:00Z", ClockFlag::None);
    check_clock(json!("2026-03-23T11:00:00Z"), json!("2026-03-23T12:01:00Z"), "2026-03-23T11:00:00Z", ClockFlag::None);
}

#[test]
fn a_clock_further_off_is_corrected_by_what_it_said_when_sending() {
    let sent = json!("2026-03-23T11:58:59Z");
    check_clock(json!("2026-03-23T11:00:00Z"), sent, "2026-03-23T11:01:01Z", ClockFlag::Skewed);
    let sent = json!("2026-03-23T14:00:10Z");
    check_clock(json!("2026-03-23T14:00:00Z"), sent, "2026-03-23T11:59:50Z", ClockFlag::Skewed);
}

#[test]
fn the_future_is_clamped_beyond_five_minutes() {
    check_clock(json!("2026-03-23T12:05:00Z"), Value::Null, "2026-03-23T12:05:00Z", ClockFlag::None);
    check_clock(json!("2026-03-23T12:05:00.001Z"), Value::Null, NOON, ClockFlag::Skewed);
    check_clock(json!("2099-01-01T00:00:00Z"), Value::Null, NOON, ClockFlag::Skewed);
}

#[test]
fn what_is_still_the_future_when_corrected_is_clamped() {
    let (five_minutes_on, more) = (json!("2026-03-23T12:03:00Z"), json!("2026-03-23T12:03:00.001Z"));
    let sent = json!("2026-03-23T11:58:00Z");
    check_clock(five_minutes_on, sent.clone(), "2026-03-23T12:05:00Z", ClockFlag::Skewed);
    check_clock(more, sent, NOON, ClockFlag::Skewed);
}

#[test]
fn a_missing_time_is_the_arrival() {
    check_clock(Value::Null, Value::Null, NOON, ClockFlag::Missing);
}

#[test]
fn an_epoch_number_is_seconds_or_milliseconds() {
    check_clock(json!(1_774_263_600), Value::Null, "2026-03-23T11:00:00Z", ClockFlag::None);
    check_clock(json!(1_774_263_600.25), Value::Null, "2026-03-23T11:00:00.250Z", ClockFlag::None);
    check_clock(json!(1_774_263_600_125_u64), Value::Null, "2026-03-23T11:00:00.125Z", ClockFlag::None);
}

#[test]
fn what_is_historical_may_be_old() {
    let given = with(with(message(), "timestamp", json!("2004-12-25T03:21:00Z")), "historical", json!(true));
    assert!(accept(&given).event.historical);
    let given = with(message(), "timestamp", json!("2026-03-16T12:00:00Z"));
    assert_eq!(accept(&given).event.time.to_rfc3339(), "2026-03-16T12:00:00Z");
}

#[test]
fn the_partition_key_is_conversation_else_agent_else_user() {
    assert_eq!(accept(&message()).event.partition_key(), "shop/c1");
    assert_eq!(accept(&example("agent.status.changed")).event.partition_key(), "shop/agent:ana");
    let alone = with(with(message(), "conversation_id", Value::Null), "user_id", json!("u1"));
    assert_eq!(accept(&alone).event.partition_key(), "shop/user:u1");
    assert_eq!(accept(&with(message(), "conversation_id", json!(""))).event.partition_key(), "shop/");
}
