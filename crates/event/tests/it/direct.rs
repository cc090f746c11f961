//! Records that producers write to the log themselves: what is read, what is refused, and by which clock.

use event::{ClockFlag, Code, Data, EVENTS, Event, Family, SchemaId, Schemas, Timestamp, Written, schema};
use serde_json::{Value, json};

use crate::{example, key_at};

const MOMENT: &str = "2026-03-23T12:00:00Z";

fn moment() -> Timestamp {
    Timestamp::parse_rfc3339(MOMENT).expect("a time")
}

fn read<'a>(value: &'a [u8], headers: &'a [(&str, &[u8])], schemas: &Schemas) -> Result<Event<'a>, event::Invalid> {
    let header = |name: &str| headers.iter().find(|(held, _)| *held == name).map(|(_, value)| *value);
    Written { value, header, appended_at: moment() }.read(schemas)
}

#[track_caller]
fn refused(value: &[u8], headers: &[(&str, &[u8])], code: Code) -> event::Invalid {
    let invalid = read(value, headers, &Schemas::default()).expect_err("it is not acceptable");
    assert_eq!(invalid.code, code, "{invalid}");
    invalid
}

/// The example of a type, encoded as a producer would: without what a gateway notes.
fn encoded(change: impl FnOnce(&mut Event<'_>)) -> Vec<u8> {
    let text = example("message.created").to_string();
    let mut event = event::parse(text.as_bytes(), &key_at(MOMENT)).expect("an example").event;
    event.received_at = None;
    change(&mut event);
    let mut out = Vec::new();
    event.encode(&mut out);
    out
}

fn json_event(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut event = json!({"event_id": "e1", "event": "message.created", "timestamp": "2026-03-23T11:59:00Z",
        "project_id": "shop", "conversation_id": "c1", "data": {"message_id": "m1", "role": "user"}});
    change(&mut event);
    event.to_string().into_bytes()
}

#[test]
fn the_schema_s_id_stands_before_the_body_or_in_a_header() {
    let framed = encoded(|_| {});
    let before = read(&framed, &[], &Schemas::default()).unwrap();
    assert!(before.is_direct());
    let id = [&[0], &Family::Message.schema_id().to_be_bytes()[..]].concat();
    let headers = [("__value_schema_id", &id[..])];
    assert_eq!(read(&framed[5..], &headers, &Schemas::default()).unwrap(), before);
    for wrong in [&[][..], &[0, 1], &[2, 0, 0, 0, 1], &[1; 5]] {
        refused(&framed[5..], &[("__value_schema_id", wrong)], Code::MalformedAvro);
    }
    let unknown = [&[0, 0, 0, 0, 9][..], &framed[5..]].concat();
    let invalid = refused(&unknown, &[], Code::UnknownSchema);
    assert!(invalid.to_string().contains("id 9"), "{invalid}");
}

#[test]
fn what_is_no_record_is_refused_with_its_reason() {
    let framed = encoded(|_| {});
    refused(&[], &[], Code::Empty);
    refused(&framed[..3], &[], Code::MalformedAvro);
    let cut = refused(&framed[..framed.len() - 3], &[], Code::MalformedAvro);
    assert!(cut.event_id.is_some(), "the id was there to read");
    refused(&[&framed[..], b"x"].concat(), &[], Code::MalformedAvro);
    refused(&[&[7][..], &framed[1..]].concat(), &[], Code::UnknownFormat);
    refused(b"\x89PNG", &[], Code::UnknownFormat);
    refused(&vec![b' '; 2 << 20], &[], Code::TooLarge);
    let large = encoded(|event| {
        if let Data::MessageCreated(message) = &mut event.data {
            message.text = Some("x".repeat(2 << 20).into());
        }
    });
    refused(&large, &[], Code::TooLarge);
}

#[test]
fn avro_is_judged_as_json_is() {
    refused(&encoded(|event| event.event_id = "".into()), &[], Code::EmptyId);
    refused(&encoded(|event| event.project_id = "".into()), &[], Code::EmptyId);
    refused(&encoded(|event| event.conversation_id = Some("x".repeat(256).into())), &[], Code::TooLong);
    refused(&encoded(|event| event.channel = Some("we\0b".into())), &[], Code::NulCharacter);
    refused(&encoded(|event| event.metadata = Some("[1]".into())), &[], Code::WrongType);
    refused(&encoded(|event| event.metadata = Some("{\"a\":".into())), &[], Code::MalformedJson);
    refused(&encoded(|event| event.metadata = Some("{} {}".into())), &[], Code::MalformedJson);
    let many: Value = (0..65).map(|n| (n.to_string(), json!(n))).collect::<serde_json::Map<_, _>>().into();
    refused(&encoded(|event| event.metadata = Some(many.to_string().into())), &[], Code::MetadataTooLarge);
    refused(&encoded(|event| event.extra = Some("nothing".into())), &[], Code::WrongType);
    refused(&encoded(|event| event.schema_version = 0), &[], Code::OutOfRange);
    let message = |change: fn(&mut event::MessageCreated<'_>)| {
        encoded(|event| match &mut event.data {
            Data::MessageCreated(message) => change(message),
            other => panic!("{other:?}"),
        })
    };
    refused(&message(|message| message.message_id = "".into()), &[], Code::EmptyId);
    refused(&message(|message| message.parts = Some("{}".into())), &[], Code::WrongType);
    let empty = encoded(|event| event.session_id = Some("".into()));
    assert_eq!(read(&empty, &[], &Schemas::default()).unwrap().session_id, None, "an empty id says nothing");
}

#[test]
fn every_example_can_be_sent_directly_as_json() {
    for name in EVENTS {
        let mut given = example(name);
        given["project_id"] = json!("shop");
        let text = given.to_string();
        let event = read(text.as_bytes(), &[], &Schemas::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!((event.data.name(), &*event.project_id), (*name, "shop"));
    }
}

#[test]
fn the_clock_rules_hold_with_the_log_s_time_as_the_arrival() {
    let read = |value: &[u8]| read(value, &[], &Schemas::default()).map(Event::into_owned);
    let plain = read(&json_event(|_| {})).unwrap();
    assert_eq!((plain.time.to_rfc3339(), plain.clock), ("2026-03-23T11:59:00Z".to_owned(), ClockFlag::None));
    let future = read(&json_event(|event| event["timestamp"] = json!("2026-03-23T12:06:00Z"))).unwrap();
    assert_eq!((future.time, future.clock), (moment(), ClockFlag::Skewed));
    let skewed = json_event(|event| {
        event["timestamp"] = json!("2026-03-23T10:59:00Z");
        event["sent_at"] = json!("2026-03-23T11:00:00Z");
    });
    let skewed = read(&skewed).unwrap();
    assert_eq!((skewed.time.to_rfc3339(), skewed.clock), ("2026-03-23T11:59:00Z".to_owned(), ClockFlag::Skewed));
    let missing = read(&json_event(|event| event["timestamp"] = Value::Null)).unwrap();
    assert_eq!((missing.time, missing.clock), (moment(), ClockFlag::Missing));
    let old = json_event(|event| event["timestamp"] = json!("2026-03-01T00:00:00Z"));
    let invalid = read(&old).unwrap_err();
    assert_eq!((invalid.code, invalid.event_id.as_deref()), (Code::TooOld, Some("e1")));
    let mut historical: Value = serde_json::from_slice(&old).unwrap();
    historical["historical"] = json!(true);
    assert_eq!(read(historical.to_string().as_bytes()).unwrap().clock, ClockFlag::None);

    let of_gateway = encoded(|event| {
        event.received_at = Some(Timestamp(0));
        event.time = Timestamp(0);
    });
    assert_eq!(read(&of_gateway).unwrap().time, Timestamp(0), "a gateway has judged it");
    let ahead = encoded(|event| {
        event.received_at = Some(Timestamp(moment().0 + 600_000_000));
        event.time = Timestamp(moment().0 + 600_000_000);
    });
    let ahead = read(&ahead).unwrap();
    assert_eq!((ahead.time, ahead.clock), (moment(), ClockFlag::Skewed), "no event lies far in the log's future");
}

#[test]
fn cloud_events_stand_in_headers_with_their_data_as_the_value() {
    let headers: Vec<(&str, &[u8])> = vec![
        ("ce_specversion", b"1.0"),
        ("ce_id", b"e1"),
        ("ce_type", b"com.example.chat.message.created.v1"),
        ("ce_source", b"/projects/shop"),
        ("ce_time", b"2026-03-23T11:59:00Z"),
        ("ce_subject", b"c1"),
        ("ce_sequence", b"7"),
        ("ce_userid", b"u1"),
        ("content-type", b"application/json"),
    ];
    let data = br#"{"message_id": "m1", "role": "user"}"#;
    let event = read(data, &headers, &Schemas::default()).unwrap();
    let plain = json_event(|event| {
        event["sequence"] = json!(7);
        event["user_id"] = json!("u1");
    });
    assert_eq!(event, read(&plain, &[], &Schemas::default()).unwrap());
    assert!(event.has_key(b"shop/c1"));

    let with = |name: &'static str, value: Option<&'static [u8]>| {
        let mut changed: Vec<_> = headers.iter().filter(|(held, _)| *held != name).copied().collect();
        changed.extend(value.map(|value| (name, value)));
        changed
    };
    refused(data, &with("ce_type", Some(b"message.created")), Code::UnknownFormat);
    refused(data, &with("ce_type", None), Code::MissingField);
    refused(data, &with("ce_source", Some(b"https://example.com")), Code::UnknownFormat);
    refused(data, &with("ce_time", Some(b"yesterday")), Code::BadTimestamp);
    refused(data, &with("ce_sequence", Some(b"1.5")), Code::WrongType);
    refused(data, &with("ce_historical", Some(b"yes")), Code::WrongType);
    refused(data, &with("ce_subject", Some(b"\xff")), Code::InvalidUtf8);
    let invalid = refused(b"[]", &headers, Code::WrongType);
    assert_eq!((invalid.event_id.as_deref(), &*invalid.path), (Some("e1"), "data"));
    refused(b"{\"message_id\": \"m1\"} {}", &headers, Code::MalformedJson);

    let unknown = with("ce_type", Some(b"com.example.something.new.v1"));
    let unknown = read(b"", &unknown, &Schemas::default()).unwrap();
    assert_eq!((unknown.data.name(), unknown.data.family()), ("something.new", Family::Other));
}

#[test]
fn a_key_belongs_to_its_event_or_not() {
    let key = |change: fn(&mut Value), key: &[u8]| {
        let text = json_event(change);
        let event = read(&text, &[], &Schemas::default()).unwrap();
        assert!(event.has_key(event.partition_key().as_bytes()));
        event.has_key(key)
    };
    assert!(key(|_| {}, b"shop/c1"));
    assert!(!key(|_| {}, b"shop/c2"));
    assert!(!key(|_| {}, b"shop"));
    let without = |event: &mut Value| event["conversation_id"] = Value::Null;
    assert!(key(without, b"shop/"));
    assert!(!key(without, b"shop/user:"));
    let of_agent = |event: &mut Value| {
        event["conversation_id"] = Value::Null;
        event["data"]["agent_id"] = json!("a");
    };
    assert!(key(of_agent, b"shop/agent:a"));
}

/// The message family as an older or newer producer may have it: fewer fields, others, in another order.
fn foreign_schema() -> String {
    json!({"type": "record", "name": "MessageEvent", "namespace": "rapport.events.v1", "fields": [
        {"name": "project_id", "type": "string"},
        {"name": "data", "type": [
            {"type": "record", "name": "MessageUpdated", "fields": [{"name": "message_id", "type": "string"}]},
            {"type": "record", "name": "MessageCreated", "fields": [
                {"name": "role", "type": {"type": "enum", "name": "Role", "symbols": ["user", "bot"]}},
                {"name": "mood", "type": ["null", "string"], "default": null},
                {"name": "message_id", "type": "string"},
            ]},
        ]},
        {"name": "conversation_id", "type": "string"},
        {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "event_id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "shard", "type": "int"},
    ]})
    .to_string()
}

fn foreign_body(schema: &str) -> Vec<u8> {
    use apache_avro::types::Value as Avro;
    let schema = apache_avro::Schema::parse_str(schema).expect("a schema");
    let data = Avro::Record(vec![
        ("role".into(), Avro::Enum(1, "bot".into())),
        ("mood".into(), Avro::Union(1, Box::new(Avro::String("glad".into())))),
        ("message_id".into(), Avro::String("m1".into())),
    ]);
    let event = Avro::Record(vec![
        ("project_id".into(), Avro::String("shop".into())),
        ("data".into(), Avro::Union(1, Box::new(data))),
        ("conversation_id".into(), Avro::String("c1".into())),
        ("timestamp".into(), Avro::TimestampMillis(moment().0 / 1_000 - 1)),
        ("event_id".into(), Avro::Uuid("6f0c1b2e-5c7a-4c0e-9d53-2f1a7be840d6".parse().expect("an id"))),
        ("shard".into(), Avro::Int(3)),
    ]);
    apache_avro::to_avro_datum(&schema, event).expect("what the schema says")
}

#[test]
fn a_registry_s_schema_is_matched_by_names_and_what_it_knows_better_is_kept() {
    let text = foreign_schema();
    let body = foreign_body(&text);
    let framed = [&[0, 0, 0, 0, 42][..], &body].concat();
    let mut schemas = Schemas::of_registry();
    let record = Written { value: &framed[..], header: |_: &str| None, appended_at: moment() };
    assert_eq!(record.lacks(&schemas), Some(SchemaId::Number(42)));
    schemas.learn(SchemaId::Number(42), Some(&text));
    assert_eq!(record.lacks(&schemas), None);
    let event = record.read(&schemas).unwrap();
    assert_eq!(event.event_id, "6f0c1b2e-5c7a-4c0e-9d53-2f1a7be840d6");
    assert_eq!(event.time, Timestamp(moment().0 - 1_000));
    assert_eq!((&*event.environment, event.extra.as_deref()), ("production", Some("{\"shard\":3}")));
    let Data::MessageCreated(message) = &event.data else { panic!("{event:?}") };
    assert_eq!((message.role.as_str(), message.extra.as_deref()), ("bot", Some("{\"mood\":\"glad\"}")));

    let guid = SchemaId::Guid([7; 16]);
    let header = [&[1][..], &[7; 16]].concat();
    let by_header = Written { value: &body[..], header: |_: &str| Some(&header[..]), appended_at: moment() };
    assert_eq!(by_header.lacks(&schemas), Some(guid));
    schemas.learn(guid, Some(&text));
    assert_eq!(by_header.read(&schemas).unwrap(), event);
}

#[test]
fn our_own_schema_under_a_registry_s_id_is_read_as_ours() {
    let own = encoded(|_| {});
    let framed = [&[0, 0, 0, 0, 5][..], &own[5..]].concat();
    let mut schemas = Schemas::of_registry();
    schemas.learn(SchemaId::Number(5), Some(&schema::avro(Family::Message).to_string()));
    assert_eq!(read(&framed, &[], &schemas), read(&own, &[], &schemas));
}

#[test]
fn schemas_that_describe_no_event_make_dead_letters() {
    let mut schemas = Schemas::of_registry();
    let recursive = json!({"type": "record", "name": "MessageEvent", "fields": [
        {"name": "next", "type": ["null", "MessageEvent"]}]});
    let texts = [None, Some("no schema".to_owned()), Some("\"string\"".to_owned()), Some(recursive.to_string())];
    for (id, text) in (50..).zip(texts) {
        schemas.learn(SchemaId::Number(id), text.as_deref());
        let framed = [&[0, 0, 0, 0, id as u8][..], b"xyz"].concat();
        let invalid = read(&framed, &[], &schemas).unwrap_err();
        assert_eq!(invalid.code, Code::UnknownSchema, "{invalid}");
    }
    let text = foreign_schema();
    schemas.learn(SchemaId::Number(60), Some(&text));
    let body = foreign_body(&text);
    for length in 0..body.len() {
        let framed = [&[0, 0, 0, 0, 60][..], &body[..length]].concat();
        assert!(read(&framed, &[], &schemas).is_err(), "cut at {length}");
    }
}
