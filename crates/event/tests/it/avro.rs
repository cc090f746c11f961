//! The hand-written codecs against apache-avro and against each other, for every type.

use std::{collections::BTreeMap, sync::OnceLock};

use apache_avro::{Schema, types::Value as Avro};
use event::{EVENTS, Event, Family, Timestamp, schema};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{example, key_at, random::Random};

/// Framing: the zero byte and four bytes of the schema's id.
const FRAMING: usize = 5;

fn avro_schema(family: Family) -> &'static Schema {
    static SCHEMAS: OnceLock<BTreeMap<Family, Schema>> = OnceLock::new();
    let parse = |family: &Family| {
        let schema = Schema::parse(&schema::avro(*family)).unwrap_or_else(|e| panic!("{family:?}: {e}"));
        (*family, schema)
    };
    &SCHEMAS.get_or_init(|| Family::ALL.iter().map(parse).collect())[&family]
}

fn as_json(event: &Event<'_>) -> Value {
    let mut out = Vec::new();
    event.write_json(&mut out);
    serde_json::from_slice(&out).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&out)))
}

/// An Avro value as JSON: nulls left out, and what is in `extra` put back where it came from.
fn plain(value: &Avro) -> Value {
    match value {
        Avro::Union(_, inner) => plain(inner),
        Avro::Null => Value::Null,
        Avro::Boolean(b) => json!(b),
        Avro::Int(n) => json!(n),
        Avro::Long(n) | Avro::TimestampMicros(n) => json!(n),
        Avro::Double(n) => json!(n),
        Avro::String(s) | Avro::Enum(_, s) => json!(s),
        Avro::Array(items) => items.iter().map(plain).collect(),
        Avro::Record(fields) => {
            let mut object = Map::new();
            for (name, value) in fields.iter().map(|(n, v)| (n, plain(v))).filter(|(_, v)| !v.is_null()) {
                match (name.as_str(), value) {
                    ("extra", Value::String(text)) => {
                        let extra: Map<String, Value> = serde_json::from_str(&text).expect("extra is an object");
                        object.extend(extra);
                    }
                    (_, value) => drop(object.insert(name.clone(), value)),
                }
            }
            Value::Object(object)
        }
        other => panic!("the schemas use no {other:?}"),
    }
}

/// Whether an Avro value says the same as a JSON one. JSON's times are texts; Avro's inner JSON is text.
fn alike(avro: &Value, json: &Value) -> bool {
    match (avro, json) {
        (Value::Object(a), Value::Object(j)) => {
            a.len() == j.len() && a.iter().all(|(k, v)| j.get(k).is_some_and(|j| alike(v, j)))
        }
        // An intent without a confidence is written as its name.
        (Value::Object(a), Value::String(_)) => a.len() == 1 && a.get("name") == Some(json),
        (Value::Array(a), Value::Array(j)) => a.len() == j.len() && a.iter().zip(j).all(|(a, j)| alike(a, j)),
        (Value::Number(us), Value::String(time)) => Timestamp::parse_rfc3339(time).map(|t| t.0) == us.as_i64(),
        (Value::Number(a), Value::Number(j)) => a.as_f64() == j.as_f64(),
        (Value::String(text), Value::String(other)) if text == other => true,
        (Value::String(text), _) => serde_json::from_str::<Value>(text).is_ok_and(|value| value == *json),
        _ => avro == json,
    }
}

/// The context as Avro has it: flat.
fn flat(context: &Value) -> Value {
    let mut flat = context.as_object().cloned().unwrap_or_default();
    let parts = [
        ("page", "url", "page_url"),
        ("page", "title", "page_title"),
        ("page", "referrer", "referrer"),
        ("device", "type", "device_type"),
        ("device", "os", "device_os"),
        ("library", "name", "library_name"),
        ("library", "version", "library_version"),
    ];
    for (part, field, name) in parts {
        let value = flat.get_mut(part).and_then(Value::as_object_mut).and_then(|part| part.remove(field));
        if let Some(value) = value {
            flat.insert(name.to_owned(), value);
        }
    }
    // An object of which every member was known is empty now, and one that came empty says nothing.
    flat.retain(|name, value| !["page", "device", "library"].contains(&name.as_str()) || *value != json!({}));
    Value::Object(flat)
}

#[track_caller]
fn check(event: &Event<'_>) {
    let mut bytes = Vec::new();
    event.encode(&mut bytes);
    let family = event.data.family();
    assert_eq!(bytes[..FRAMING], [&[0], &family.schema_id().to_be_bytes()[..]].concat());

    let mut body = &bytes[FRAMING..];
    let value = apache_avro::from_avro_datum(avro_schema(family), &mut body, None).expect("apache-avro reads it");
    assert!(body.is_empty(), "apache-avro leaves {} bytes", body.len());
    let rewritten = apache_avro::to_avro_datum(avro_schema(family), value.clone()).expect("apache-avro writes it");
    assert_eq!(rewritten, bytes[FRAMING..], "apache-avro writes other bytes");
    let decoded = Event::decode(&bytes).expect("what was encoded");
    assert_eq!(&decoded, event);

    let mut avro = plain(&value);
    let mut json = as_json(event);
    if family == Family::Other {
        avro["event"] = avro["data"]["event"].take();
        avro["data"] = serde_json::from_str(avro["data"]["json"].as_str().expect("a text")).expect("JSON");
    } else {
        json.as_object_mut().expect("an object").remove("event");
    }
    json["context"] = flat(&json["context"]);
    avro["context"] = flat(&avro["context"]);
    for (field, default) in [("schema_version", json!(1)), ("clock", json!("none")), ("historical", json!(false))] {
        if json.get(field).is_none() {
            json[field] = default;
        }
    }
    assert!(alike(&avro, &json), "Avro says\n{avro:#}\nJSON says\n{json:#}");

    let mut text = Vec::new();
    event.write_json(&mut text);
    let read_back = Event::decode(&text).expect("what was written");
    assert_eq!(as_json(&read_back), as_json(event));
}

#[test]
fn the_examples_mean_the_same_in_json_in_avro_and_to_apache_avro() {
    for name in EVENTS {
        let text = example(name).to_string();
        check(&event::parse(text.as_bytes(), &key_at("2026-03-23T12:00:00Z")).expect("an example").event);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_events_of_every_type_mean_the_same_in_json_in_avro_and_to_apache_avro(seed: u64) {
        let random = &mut Random(seed);
        for name in EVENTS {
            let given = random.event(&schema::json(name).expect("a known type"));
            let text = given.to_string();
            let parsed = event::parse(text.as_bytes(), &key_at("2026-03-23T12:00:00Z"));
            check(&parsed.unwrap_or_else(|e| panic!("{e}: {given:#}")).event);
        }
    }

    #[test]
    fn random_events_of_unknown_types_do_too(seed: u64) {
        let random = &mut Random(seed);
        let mut given = random.event(&schema::json("fallback.triggered").expect("a known type"));
        given["event"] = json!(format!("new.{}", random.text()));
        let text = given.to_string();
        let parsed = event::parse(text.as_bytes(), &key_at("2026-03-23T12:00:00Z"));
        check(&parsed.unwrap_or_else(|e| panic!("{e}: {given:#}")).event);
    }

    #[test]
    fn damaged_records_are_refused_or_read_but_never_panic(seed: u64) {
        let random = &mut Random(seed);
        let text = random.event(&schema::json("message.created").expect("a known type")).to_string();
        let key = key_at("2026-03-23T12:00:00Z");
        let event = event::parse(text.as_bytes(), &key).expect("what the schema allows").event;
        let mut avro = Vec::new();
        event.encode(&mut avro);
        let mut json = Vec::new();
        event.write_json(&mut json);
        for _ in 0..200 {
            for bytes in [&avro, &json] {
                let mut damaged = bytes.clone();
                let at = random.below(damaged.len());
                damaged[at] = random.next() as u8;
                if let Ok(event) = Event::decode(&damaged) {
                    event.write_json(&mut Vec::new());
                }
            }
        }
    }
}
