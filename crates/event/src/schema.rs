//! The published schemas, generated from the types: Avro by family, JSON Schema by event type.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{catalogue::Family, kind::Kind};

/// Namespace of every Avro record of version 1.
pub const NAMESPACE: &str = "rapport.events.v1";

/// The named types that a schema has defined so far: Avro wants each defined once, at its first use.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeSet<&'static str>);

impl Names {
    pub(crate) fn define(&mut self, name: &'static str, schema: impl FnOnce(&mut Self) -> Value) -> Value {
        if self.0.insert(name) { schema(self) } else { json!(name) }
    }

    pub(crate) fn record(
        &mut self,
        name: &'static str,
        about: &str,
        fields: impl FnOnce(&mut Self) -> Vec<Value>,
    ) -> Value {
        self.define(name, |names| json!({"type": "record", "name": name, "doc": about.trim(), "fields": fields(names)}))
    }

    pub(crate) fn field<'a, K: Kind<'a>>(&mut self, name: &str, about: &str, optional: bool) -> Value {
        let schema = K::avro_schema(self);
        if optional { optional_field(name, about, schema) } else { required_field(name, about, schema) }
    }
}

pub(crate) fn required_field(name: &str, about: &str, schema: Value) -> Value {
    json!({"name": name, "doc": about.trim(), "type": schema})
}

pub(crate) fn optional_field(name: &str, about: &str, schema: Value) -> Value {
    json!({"name": name, "doc": about.trim(), "type": ["null", schema], "default": null})
}

/// What an object's schema is made of, member by member.
#[derive(Debug, Default)]
pub(crate) struct Properties {
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl Properties {
    pub(crate) fn add(&mut self, name: &str, about: &str, optional: bool, mut schema: Value) {
        if optional {
            schema = nullable(schema);
        } else {
            self.required.push(name.to_owned());
        }
        schema["description"] = json!(about.trim());
        self.properties.insert(name.to_owned(), schema);
    }

    pub(crate) fn kind<'a, K: Kind<'a>>(&mut self, name: &str, about: &str, optional: bool) {
        self.add(name, about, optional, K::json_schema());
    }

    /// Unknown members are kept, so they are allowed.
    pub(crate) fn into_schema(self, about: &str) -> Value {
        let mut schema = json!({"type": "object", "description": about.trim(), "properties": self.properties});
        if !self.required.is_empty() {
            schema["required"] = json!(self.required);
        }
        schema
    }
}

fn nullable(mut schema: Value) -> Value {
    if let Some(types) = schema.get_mut("type") {
        match types {
            Value::Array(types) => types.push(json!("null")),
            one => *one = json!([one.take(), "null"]),
        }
    } else if let Some(Value::Array(kinds)) = schema.get_mut("anyOf") {
        kinds.push(json!({"type": "null"}));
    }
    schema
}

/// Name of the Avro record of a family's events.
pub(crate) fn record_name(family: Family) -> String {
    let words = family.as_str().split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
    words.collect::<String>() + "Event"
}

/// The Avro schema of a family's events.
#[must_use]
pub fn avro(family: Family) -> Value {
    crate::envelope::avro_schema(family)
}

/// The JSON Schema (draft 2020-12) of a type's events; none if the catalogue does not know the type.
#[must_use]
pub fn json(event: &str) -> Option<Value> {
    Some(crate::envelope::json_schema(event, crate::catalogue::json_schema(event)?))
}

/// The fixed ids of the Avro schemas, by file name: what stands in the framing of a record.
#[must_use]
pub fn ids() -> Value {
    let ids: Map<String, Value> = Family::ALL.iter().map(|f| (f.as_str().to_owned(), json!(f.schema_id()))).collect();
    Value::Object(ids)
}
