//! A schema of another writer: its records, written again by the built-in schema.

use std::collections::BTreeMap;

use apache_avro::{
    Schema, from_avro_datum,
    schema::{Name, RecordField, RecordSchema},
    types::Value,
};
use serde_json::{Map, Value as Json};

use crate::{
    Family, Invalid, Timestamp,
    avro::{self, malformed},
    error::Code,
    schema,
};

/// Where the built-in schemas keep what they have no field for.
const EXTRA: &str = "extra";

type Names = BTreeMap<String, Schema>;

/// A schema of another writer, and the built-in one that is meant.
#[derive(Debug)]
pub(crate) struct Foreign {
    family: Family,
    writer: Schema,
    writer_names: Names,
    reader: Schema,
    reader_names: Names,
    /// Whether both describe the same bytes.
    is_own: bool,
}

/// A value as its writer described it.
#[derive(Clone, Copy)]
struct Seen<'v> {
    value: &'v Value,
    schema: &'v Schema,
}

impl Foreign {
    /// A registry's schema.
    ///
    /// # Errors
    /// Why no event can be read by it.
    pub(crate) fn parse(text: &str) -> Result<Foreign, String> {
        let writer = Schema::parse_str(text).map_err(|error| error.to_string())?;
        let Schema::Record(RecordSchema { name, .. }) = &writer else {
            return Err("it describes no record".to_owned());
        };
        let own = Family::ALL.iter().find(|family| schema::record_name(**family) == name.name);
        let family =
            *own.ok_or_else(|| format!("its record is called {}; see schemas/avro for the names", name.name))?;
        let reader = Schema::parse(&schema::avro(family)).map_err(|error| error.to_string())?;
        let (mut writer_names, mut reader_names) = (Names::new(), Names::new());
        gather(&writer, &mut Vec::new(), &mut writer_names)?;
        gather(&reader, &mut Vec::new(), &mut reader_names)?;
        let is_own = writer.canonical_form() == reader.canonical_form();
        Ok(Foreign { family, writer, writer_names, reader, reader_names, is_own })
    }

    /// The family of its events.
    pub(crate) fn family(&self) -> Family {
        self.family
    }

    /// The same record by the built-in schema.
    ///
    /// # Errors
    /// When the body does not follow the schema, or lacks what the built-in one needs.
    pub(crate) fn translate(&self, body: &[u8]) -> Result<Vec<u8>, Invalid> {
        if self.is_own {
            return Ok(body.to_vec());
        }
        let mut rest = body;
        let value = from_avro_datum(&self.writer, &mut rest, None).map_err(|error| malformed(&error.to_string()))?;
        if !rest.is_empty() {
            return Err(malformed("something follows the end of the record"));
        }
        let mut out = Vec::with_capacity(body.len() + 64);
        self.write(Seen { value: &value, schema: &self.writer }, &self.reader, &mut out)?;
        Ok(out)
    }

    fn write(&self, seen: Seen<'_>, reader: &Schema, out: &mut Vec<u8>) -> Result<(), Invalid> {
        let schema = resolved(seen.schema, &self.writer_names);
        if let (Value::Union(branch, value), Schema::Union(union)) = (seen.value, schema) {
            let schema =
                union.variants().get(*branch as usize).ok_or_else(|| malformed("a union has no such branch"))?;
            return self.write(Seen { value, schema }, reader, out);
        }
        let seen = Seen { schema, ..seen };
        match (resolved(reader, &self.reader_names), seen.value) {
            (Schema::Union(union), _) => {
                let found = union.variants().iter().position(|branch| self.fits(seen, branch));
                let branch = found.ok_or_else(|| differs("a value of another type"))?;
                avro::write_long(branch as i64, out);
                self.write(seen, &union.variants()[branch], out)?;
            }
            (Schema::Null, Value::Null) => {}
            (Schema::Boolean, Value::Boolean(value)) => out.push(u8::from(*value)),
            (Schema::Int | Schema::Long, value) => avro::write_long(whole(value)?, out),
            (Schema::TimestampMicros, value) => avro::write_long(microseconds(value)?, out),
            (Schema::Double, value) => out.extend_from_slice(&number(value)?.to_le_bytes()),
            (Schema::String, Value::Uuid(id)) => avro::write_text(&id.to_string(), out),
            (Schema::String, Value::String(text) | Value::Enum(_, text)) => avro::write_text(text, out),
            (Schema::Enum(known), Value::String(text) | Value::Enum(_, text)) => {
                let place = known.symbols.iter().position(|symbol| symbol == text).unwrap_or(0);
                avro::write_long(place as i64, out);
            }
            (Schema::Array(items), Value::Array(values)) => self.write_array(values, seen.schema, &items.items, out)?,
            (Schema::Record(record), Value::Record(fields)) => self.write_record(fields, seen.schema, record, out)?,
            _ => return Err(differs("a value of another type")),
        }
        Ok(())
    }

    fn write_array(&self, values: &[Value], writer: &Schema, items: &Schema, out: &mut Vec<u8>) -> Result<(), Invalid> {
        let Schema::Array(written) = writer else { return Err(differs("no list")) };
        if !values.is_empty() {
            avro::write_long(values.len() as i64, out);
            for value in values {
                self.write(Seen { value, schema: &written.items }, items, out)?;
            }
        }
        out.push(0);
        Ok(())
    }

    fn write_record(
        &self,
        values: &[(String, Value)],
        writer: &Schema,
        reader: &RecordSchema,
        out: &mut Vec<u8>,
    ) -> Result<(), Invalid> {
        let Schema::Record(written) = writer else { return Err(differs("no record")) };
        let extra = unknown(values, reader)?;
        for field in &reader.fields {
            let place = written.fields.iter().position(|other| other.name == field.name);
            match (place.and_then(|place| Some((place, &values.get(place)?.1))), extra.as_ref()) {
                (_, Some(extra)) if field.name == EXTRA => {
                    avro::write_option(Some(extra), out, |text, out| avro::write_text(text, out));
                }
                (Some((place, value)), _) => {
                    let seen = Seen { value, schema: &written.fields[place].schema };
                    self.write(seen, &field.schema, out).map_err(|error| error.within(&field.name))?;
                }
                (None, _) => write_default(field, out)?,
            }
        }
        Ok(())
    }

    /// Whether a value belongs to a branch of a union: records by their names, everything else by its shape.
    fn fits(&self, seen: Seen<'_>, branch: &Schema) -> bool {
        match (resolved(branch, &self.reader_names), seen.value) {
            (Schema::Record(own), Value::Record(_)) => {
                matches!(seen.schema, Schema::Record(other) if other.name.name == own.name.name)
            }
            (Schema::Null, value) => matches!(value, Value::Null),
            (Schema::String, value) => matches!(value, Value::String(_) | Value::Enum(..) | Value::Uuid(_)),
            (Schema::Boolean, value) => matches!(value, Value::Boolean(_)),
            (Schema::Array(_), value) => matches!(value, Value::Array(_)),
            (Schema::Int | Schema::Long, value) => whole(value).is_ok(),
            (Schema::TimestampMicros, value) => microseconds(value).is_ok(),
            (Schema::Double, value) => number(value).is_ok(),
            _ => false,
        }
    }
}

/// Notes what names stand for; a schema that contains itself is refused, since a body could then nest without end.
fn gather(schema: &Schema, open: &mut Vec<Name>, names: &mut Names) -> Result<(), String> {
    match schema {
        Schema::Record(record) => {
            names.insert(record.name.fullname(None), schema.clone());
            open.push(record.name.clone());
            for field in &record.fields {
                gather(&field.schema, open, names)?;
            }
            open.pop();
        }
        Schema::Enum(own) => drop(names.insert(own.name.fullname(None), schema.clone())),
        Schema::Fixed(own) => drop(names.insert(own.name.fullname(None), schema.clone())),
        Schema::Array(items) => gather(&items.items, open, names)?,
        Schema::Map(items) => gather(&items.types, open, names)?,
        Schema::Union(union) => union.variants().iter().try_for_each(|branch| gather(branch, open, names))?,
        Schema::Ref { name } if open.contains(name) => return Err(format!("{} contains itself", name.fullname(None))),
        _ => {}
    }
    Ok(())
}

fn resolved<'s>(schema: &'s Schema, names: &'s Names) -> &'s Schema {
    match schema {
        Schema::Ref { name } => names.get(&name.fullname(None)).unwrap_or(schema),
        _ => schema,
    }
}

/// The fields that the built-in record lacks, with what the writer put there itself, as the text of a JSON object.
fn unknown(values: &[(String, Value)], reader: &RecordSchema) -> Result<Option<String>, Invalid> {
    let is_known = |name: &str| reader.fields.iter().any(|field| field.name == name);
    let mut extra = Map::new();
    for (name, value) in values.iter().filter(|(name, _)| !is_known(name)) {
        let value = json(value);
        if !value.is_null() {
            extra.insert(name.clone(), value);
        }
    }
    if extra.is_empty() || !is_known(EXTRA) {
        return Ok(None);
    }
    let own = values.iter().find(|(name, _)| name == EXTRA).map(|(_, value)| json(value));
    if let Some(Json::String(text)) = own {
        let own: Map<String, Json> =
            serde_json::from_str(&text).map_err(|_| differs("no JSON object").within(EXTRA))?;
        extra.extend(own);
    }
    Ok(Some(Json::Object(extra).to_string()))
}

fn write_default(field: &RecordField, out: &mut Vec<u8>) -> Result<(), Invalid> {
    match (&field.schema, &field.default) {
        // The null branch is the first of every union of ours.
        (Schema::Union(_), Some(Json::Null)) => out.push(0),
        (Schema::Int | Schema::Long, Some(Json::Number(value))) => avro::write_long(value.as_i64().unwrap_or(0), out),
        (Schema::Boolean, Some(Json::Bool(value))) => out.push(u8::from(*value)),
        (Schema::String, Some(Json::String(text))) => avro::write_text(text, out),
        (Schema::Enum(known), Some(Json::String(text))) => {
            let place = known.symbols.iter().position(|symbol| symbol == text).unwrap_or(0);
            avro::write_long(place as i64, out);
        }
        _ => {
            let missing = Invalid::new(Code::MissingField, "the schema has no such field: add it");
            return Err(missing.within(&field.name));
        }
    }
    Ok(())
}

fn differs(what: &str) -> Invalid {
    Invalid::new(Code::WrongType, format!("{what} stands where the built-in schema has another"))
}

fn whole(value: &Value) -> Result<i64, Invalid> {
    match value {
        Value::Int(value) => Ok(i64::from(*value)),
        Value::Long(value) => Ok(*value),
        _ => Err(differs("no whole number")),
    }
}

fn microseconds(value: &Value) -> Result<i64, Invalid> {
    match value {
        Value::TimestampMicros(us) | Value::Long(us) => Ok(*us),
        Value::TimestampMillis(ms) => Ok(ms.saturating_mul(1_000)),
        _ => Err(differs("no time")),
    }
}

fn number(value: &Value) -> Result<f64, Invalid> {
    match value {
        Value::Double(value) => Ok(*value),
        Value::Float(value) => Ok(f64::from(*value)),
        other => whole(other).map(|value| value as f64),
    }
}

/// A value that no field of ours takes, as JSON; what JSON cannot say is left out.
fn json(value: &Value) -> Json {
    match value {
        Value::Union(_, value) => json(value),
        Value::Boolean(value) => Json::from(*value),
        Value::Int(value) => Json::from(*value),
        Value::Long(value) => Json::from(*value),
        Value::Float(value) => Json::from(*value),
        Value::Double(value) => Json::from(*value),
        Value::String(text) | Value::Enum(_, text) => Json::from(text.as_str()),
        Value::Uuid(id) => Json::from(id.to_string()),
        Value::TimestampMicros(us) => Timestamp::checked(*us).map_or(Json::Null, |time| Json::from(time.to_rfc3339())),
        Value::TimestampMillis(ms) => json(&Value::TimestampMicros(ms.saturating_mul(1_000))),
        Value::Array(values) => values.iter().map(json).collect(),
        Value::Map(values) => Json::Object(values.iter().map(|(name, value)| (name.clone(), json(value))).collect()),
        Value::Record(fields) => Json::Object(fields.iter().map(|(name, value)| (name.clone(), json(value))).collect()),
        _ => Json::Null,
    }
}
