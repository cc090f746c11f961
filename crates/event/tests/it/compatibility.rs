//! Compatibility BACKWARD_TRANSITIVE: today's schemas read what was written with every released one.
//!
//! `schemas/history/<release>/` holds the schemas of each release and is never changed again. apache-avro picks the
//! branch of a union by its shape, and many of our records have only optional fields; so the types are checked one by
//! one, by name, as the Avro specification resolves them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use apache_avro::{
    Schema,
    schema::{ArraySchema, EnumSchema, RecordSchema},
    schema_compatibility::SchemaCompatibility,
    types::Value as Avro,
};
use event::{Family, schema};
use serde_json::{Value, json};

use crate::{random::Random, schemas_dir};

/// The releases, each with its schemas by the name of their family.
fn releases() -> BTreeMap<String, BTreeMap<String, Value>> {
    let read_json = |path: &Path| {
        serde_json::from_slice(&fs::read(path).expect("a readable file")).expect("a released schema is JSON")
    };
    let read_release = |folder: &Path| {
        let schemas = files(folder).into_iter().map(|(name, path)| (stem(&name), read_json(&path)));
        schemas.collect::<BTreeMap<String, Value>>()
    };
    let folders = files(&schemas_dir().join("history"));
    let releases: BTreeMap<_, _> = folders.into_iter().map(|(name, path)| (name, read_release(&path))).collect();
    assert!(releases.contains_key("v1"), "schemas/history/v1 is there");
    releases
}

fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let entries = entries.map(|entry| entry.expect("a readable folder"));
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect()
}

fn stem(file: &str) -> String {
    file.split('.').next().unwrap_or(file).to_owned()
}

/// The record types of a family's schema, by name.
fn types(schema: &Value) -> Vec<(&str, &Value)> {
    let fields = schema["fields"].as_array().expect("fields");
    let data = fields.iter().find(|field| field["name"] == "data").expect("data");
    data["type"].as_array().expect("a union").iter().map(|t| (t["name"].as_str().expect("a name"), t)).collect()
}

/// The schema with one type only in its union.
fn of_one_type(schema: &Value, one: &Value) -> Value {
    let mut schema = schema.clone();
    let fields = schema["fields"].as_array_mut().expect("fields");
    fields.iter_mut().find(|field| field["name"] == "data").expect("data")["type"] = json!([one]);
    schema
}

/// Says why `reader` can not read what was written with `writer`.
fn check(writer: &Value, reader: &Value) -> Result<(), String> {
    let random = &mut Random(11);
    for (name, written) in types(writer) {
        let Some((_, read)) = types(reader).into_iter().find(|(n, _)| *n == name) else {
            return Err(format!("{name} is gone"));
        };
        let writer = Schema::parse(&of_one_type(writer, written)).map_err(|e| e.to_string())?;
        let reader = Schema::parse(&of_one_type(reader, read)).map_err(|e| e.to_string())?;
        SchemaCompatibility::can_read(&writer, &reader).map_err(|e| format!("{name}: {e}"))?;
        for _ in 0..20 {
            let value = random_avro(&writer, random);
            let bytes = apache_avro::to_avro_datum(&writer, value.clone()).map_err(|e| format!("{name}: {e}"))?;
            let resolved = apache_avro::from_avro_datum(&writer, &mut &bytes[..], Some(&reader));
            let resolved = resolved.map_err(|e| format!("{name}: {e}"))?;
            if !kept(&value, &resolved) {
                return Err(format!("{name}: {value:?} is read as {resolved:?}"));
            }
        }
    }
    Ok(())
}

fn random_avro(schema: &Schema, random: &mut Random) -> Avro {
    match schema {
        Schema::Null => Avro::Null,
        Schema::Boolean => Avro::Boolean(random.below(2) == 1),
        Schema::Int => Avro::Int(random.below(9) as i32),
        Schema::Long => Avro::Long(random.integer()),
        Schema::TimestampMicros => Avro::TimestampMicros(random.time_us()),
        Schema::Double => Avro::Double(random.number()),
        Schema::String => Avro::String(random.text()),
        Schema::Enum(EnumSchema { symbols, .. }) => {
            let at = random.below(symbols.len());
            Avro::Enum(at as u32, symbols[at].clone())
        }
        Schema::Array(ArraySchema { items, .. }) => {
            Avro::Array((0..random.below(3)).map(|_| random_avro(items, random)).collect())
        }
        Schema::Union(union) => {
            let at = random.below(union.variants().len());
            Avro::Union(at as u32, Box::new(random_avro(&union.variants()[at], random)))
        }
        Schema::Record(RecordSchema { fields, .. }) => {
            Avro::Record(fields.iter().map(|f| (f.name.clone(), random_avro(&f.schema, random))).collect())
        }
        other => panic!("the schemas use no {other:?}"),
    }
}

/// Whether all that was written is still there; the reader may know more.
fn kept(written: &Avro, read: &Avro) -> bool {
    match (written, read) {
        (Avro::Union(_, w), Avro::Union(_, r)) => kept(w, r),
        (Avro::Union(_, w), r) => kept(w, r),
        (w, Avro::Union(_, r)) => kept(w, r),
        (Avro::Record(w), Avro::Record(r)) => {
            w.iter().all(|(name, w)| r.iter().any(|(other, r)| name == other && kept(w, r)))
        }
        (Avro::Array(w), Avro::Array(r)) => w.len() == r.len() && w.iter().zip(r).all(|(w, r)| kept(w, r)),
        _ => written == read,
    }
}

#[test]
fn todays_schemas_read_what_every_release_wrote() {
    for (release, schemas) in releases() {
        for family in Family::ALL {
            let Some(written) = schemas.get(family.as_str()) else { continue };
            check(written, &schema::avro(*family)).unwrap_or_else(|e| panic!("{release} {family:?}: {e}"));
        }
    }
}

/// The reader knows one schema for each id, so an id means the same bytes for ever.
#[test]
fn a_released_id_means_the_same_schema_for_ever() {
    for (release, schemas) in releases() {
        let ids = schemas.get("ids").expect("the ids of the release");
        for family in Family::ALL.iter().filter(|family| ids[family.as_str()] == family.schema_id()) {
            let canonical = |schema: &Value| Schema::parse(schema).expect("a schema").canonical_form();
            assert!(
                canonical(&schemas[family.as_str()]) == canonical(&schema::avro(*family)),
                "{family:?} differs from {release}: give the new schema a new id and keep reading the old one"
            );
        }
    }
}

/// The family's schema of today after a change.
fn changed(change: impl FnOnce(&mut Vec<Value>)) -> (Value, Value) {
    let today = schema::avro(Family::Message);
    let mut other = today.clone();
    change(other["fields"].as_array_mut().expect("fields"));
    (today, other)
}

fn named<'v>(fields: &'v mut [Value], name: &str) -> &'v mut Value {
    fields.iter_mut().find(|field| field["name"] == name).expect("the field")
}

#[test]
fn a_new_field_needs_a_default() {
    let new = json!({"name": "tenant", "type": "string", "default": "none"});
    let (today, mut other) = changed(|fields| fields.insert(0, new));
    check(&today, &other).expect("a new field with a default is compatible");
    other["fields"][0].as_object_mut().unwrap().remove("default");
    check(&today, &other).expect_err("a new field without a default");
}

#[test]
fn a_default_that_was_taken_away_is_noticed() {
    let without = |fields: &mut Vec<Value>| fields.retain(|field| field["name"] != "environment");
    let (today, old) = changed(without);
    check(&old, &today).expect("the default stands in");
    let (_, broken) = changed(|fields| {
        named(fields, "environment").as_object_mut().unwrap().remove("default");
    });
    check(&old, &broken).expect_err("nothing stands in");
}

#[test]
fn a_field_of_another_type_is_noticed() {
    let (today, other) = changed(|fields| named(fields, "project_id")["type"] = json!("long"));
    check(&today, &other).expect_err("a text is no number");
    let (today, other) =
        changed(|fields| named(fields, "data")["type"][0]["fields"][2]["type"] = json!(["null", "long"]));
    check(&today, &other).expect_err("a text is no number in data either");
}

#[test]
fn a_type_that_is_gone_is_noticed() {
    let (today, other) = changed(|fields| {
        named(fields, "data")["type"].as_array_mut().unwrap().remove(1);
    });
    check(&today, &other).expect_err("a type is gone");
    check(&other, &today).expect("a new type is compatible");
}
