//! The published schemas are those of the types, and the examples follow them.

use std::{fs, path::Path};

use event::{EVENTS, Family, schema};
use serde_json::Value;

use crate::{example, random::Random, schemas_dir};

/// Compares a published file with what the types say; with `RAPPORT_BLESS=1` writes it instead.
fn check_file(path: &Path, expected: &Value) {
    if std::env::var_os("RAPPORT_BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder that can be made");
        let text = serde_json::to_string_pretty(expected).expect("a schema is JSON") + "\n";
        return fs::write(path, text).expect("a file that can be written");
    }
    let published = fs::read(path).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    assert!(
        published.as_ref() == Some(expected),
        "{} differs from the types: run the tests of this crate once with RAPPORT_BLESS=1 and look at the difference",
        path.display()
    );
}

fn names_in(folder: &str, suffix: &str) -> Vec<String> {
    let entries = fs::read_dir(schemas_dir().join(folder)).unwrap_or_else(|e| panic!("schemas/{folder}: {e}"));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned())
        .map(|name| name.strip_suffix(suffix).unwrap_or_else(|| panic!("{folder}/{name} ends in {suffix}")).to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    let dir = schemas_dir();
    for family in Family::ALL {
        check_file(&dir.join("avro").join(format!("{}.avsc", family.as_str())), &schema::avro(*family));
    }
    for event in EVENTS {
        let expected = schema::json(event).expect("a known type");
        check_file(&dir.join("json").join(format!("{event}.schema.json")), &expected);
    }
    check_file(&dir.join("ids.json"), &schema::ids());
}

#[test]
fn there_is_one_file_for_each_type_and_family_and_no_other() {
    let mut events: Vec<&str> = EVENTS.to_vec();
    events.sort_unstable();
    assert_eq!(names_in("json", ".schema.json"), events);
    assert_eq!(names_in("examples", ".json"), events);
    let mut families: Vec<&str> = Family::ALL.iter().map(|family| family.as_str()).collect();
    families.sort_unstable();
    assert_eq!(names_in("avro", ".avsc"), families);
}

#[test]
fn the_examples_follow_their_schemas() {
    for event in EVENTS {
        let schema = schema::json(event).expect("a known type");
        follows(&example(event), &schema).unwrap_or_else(|e| panic!("{event}: {e}"));
    }
}

#[test]
fn a_field_of_another_type_does_not_follow_its_schema() {
    for (pointer, wrong) in [("/data/role", 5), ("/data/message_id", 0), ("/sequence", 1)] {
        let mut message = example("message.created");
        let schema = schema::json("message.created").expect("a known type");
        *message.pointer_mut(pointer).unwrap() = if wrong == 0 { Value::Null } else { serde_json::json!([wrong]) };
        follows(&message, &schema).expect_err(pointer);
    }
    let mut message = example("message.created");
    message["data"].as_object_mut().unwrap().remove("role");
    follows(&message, &schema::json("message.created").unwrap()).expect_err("without role");
}

#[test]
fn what_is_written_follows_the_schema_it_was_read_by() {
    let random = &mut Random(7);
    let key = crate::key_at("2026-03-23T12:00:00Z");
    for event in EVENTS {
        let schema = schema::json(event).expect("a known type");
        let given = random.event(&schema).to_string();
        let parsed = event::parse(given.as_bytes(), &key).unwrap_or_else(|e| panic!("{e}: {given}"));
        let mut written = Vec::new();
        parsed.event.write_json(&mut written);
        follows(&serde_json::from_slice(&written).unwrap(), &schema).unwrap_or_else(|e| panic!("{event}: {e}"));
    }
}

/// As much of JSON Schema as ours use.
fn follows(value: &Value, schema: &Value) -> Result<(), String> {
    let fail = || Err(format!("{value} does not follow {schema}"));
    if let Some(constant) = schema.get("const") {
        return if value == constant { Ok(()) } else { fail() };
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return if values.contains(value) { Ok(()) } else { fail() };
    }
    if let Some(kinds) = schema.get("anyOf").and_then(Value::as_array) {
        return if kinds.iter().any(|kind| follows(value, kind).is_ok()) { Ok(()) } else { fail() };
    }
    let is = |kind: &Value| match kind.as_str().expect("a type is a text") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the schemas use no {other}"),
    };
    let right = match schema.get("type") {
        None => true,
        Some(Value::Array(kinds)) => kinds.iter().any(is),
        Some(kind) => is(kind),
    };
    let length = value.as_str().map_or(0, |text| text.chars().count() as u64);
    if !right || schema.get("maxLength").and_then(Value::as_u64).is_some_and(|most| length > most) {
        return fail();
    }
    if let Some(object) = value.as_object() {
        let required = schema["required"].as_array().into_iter().flatten();
        if let Some(name) = required.filter_map(Value::as_str).find(|name| !object.contains_key(*name)) {
            return Err(format!("{name} is missing in {value}"));
        }
        let known = object.iter().filter_map(|(name, value)| Some((value, schema["properties"].get(name)?)));
        for (value, property) in known {
            follows(value, property)?;
        }
    }
    for item in value.as_array().into_iter().flatten() {
        schema.get("items").map_or(Ok(()), |items| follows(item, items))?;
    }
    Ok(())
}
