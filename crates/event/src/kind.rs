//! The kinds of fields: each says how its value is read from JSON and Avro, written to both, and described in both
//! schema languages. Records and open enums (made by the macros) are kinds of their own.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::{
    Text, Timestamp,
    avro::{self, Reader},
    error::{Code, Invalid},
    json::{self, Json},
    limits,
    schema::Names,
};

type Result<T> = std::result::Result<T, Invalid>;

pub(crate) trait Kind<'a> {
    type Value;
    type Owned;
    fn parse(json: &mut Json<'a>) -> Result<Self::Value>;
    fn write_json(value: &Self::Value, out: &mut Vec<u8>);
    fn read(reader: &mut Reader<'a>) -> Result<Self::Value>;
    fn write(value: &Self::Value, out: &mut Vec<u8>);
    fn into_owned(value: Self::Value) -> Self::Owned;
    fn avro_schema(names: &mut Names) -> Value;
    fn json_schema() -> Value;

    /// An empty value that says no more than an absent one.
    fn says_nothing(_value: &Self::Value) -> bool {
        false
    }
}

/// Reads an optional field: null and what says nothing count as absent.
pub(crate) fn optional<'a, K: Kind<'a>>(json: &mut Json<'a>) -> Result<Option<K::Value>> {
    if json.null()? {
        return Ok(None);
    }
    K::parse(json).map(|value| (!K::says_nothing(&value)).then_some(value))
}

/// Reads a required field: null counts as absent, and what says nothing is refused.
pub(crate) fn required<'a, K: Kind<'a>>(json: &mut Json<'a>) -> Result<Option<K::Value>> {
    if json.null()? {
        return Ok(None);
    }
    let value = K::parse(json)?;
    if K::says_nothing(&value) {
        return Err(Invalid::new(Code::EmptyId, "the text is empty: give it a value"));
    }
    Ok(Some(value))
}

/// Reads an optional field from Avro, by the rules that JSON has.
pub(crate) fn read_optional<'a, K: Kind<'a>>(reader: &mut Reader<'a>) -> Result<Option<K::Value>> {
    Ok(reader.option(K::read)?.filter(|value| !K::says_nothing(value)))
}

/// Reads a required field from Avro, by the rules that JSON has.
pub(crate) fn read_required<'a, K: Kind<'a>>(reader: &mut Reader<'a>, field: &str) -> Result<K::Value> {
    let value = K::read(reader).map_err(|error| error.within(field))?;
    if K::says_nothing(&value) {
        return Err(Invalid::new(Code::EmptyId, "the text is empty: give it a value").within(field));
    }
    Ok(value)
}

/// A field that the type needs, after its object was read.
pub(crate) fn present<T>(value: Option<T>, field: &str) -> Result<T> {
    value.ok_or_else(|| Invalid::new(Code::MissingField, "the field is missing: add it").within(field))
}

/// The owned form of a text.
pub(crate) fn own(text: Text<'_>) -> Text<'static> {
    Cow::Owned(text.into_owned())
}

pub(crate) fn at_most(text: Text<'_>, chars: usize) -> Result<Text<'_>> {
    // A character has at least one byte: counting is for the few texts that could be too long.
    if text.len() > chars && text.chars().count() > chars {
        return Err(Invalid::new(Code::TooLong, format!("the text may have {chars} characters: shorten it")));
    }
    Ok(text)
}

/// A text of an Avro record that has to be JSON: as strict as what is read from JSON itself.
fn embedded<'a>(text: Text<'a>, what: &str, begins: impl Fn(u8) -> bool) -> Result<Text<'a>> {
    let mut json = Json::inside(&text, 1);
    if !json.peek().is_some_and(begins) {
        return Err(Invalid::new(
            Code::WrongType,
            format!("a text that is no JSON of {what} stands where one belongs"),
        ));
    }
    json.raw()?;
    json.end()?;
    Ok(text)
}

fn decimal(text: Text<'_>) -> Result<Text<'_>> {
    let mut number = Json::new(&text);
    match number.number().and_then(|_| number.end()) {
        Ok(()) => Ok(text),
        Err(_) => Err(Invalid::new(Code::WrongType, "the text is no number: write it as 12.50")),
    }
}

/// What the kinds that hold a text share; `$checked` is what an Avro record's text has to pass.
macro_rules! text_codec {
    (quoted: $checked:expr) => {
        text_codec!(shared: $checked);
        fn write_json(value: &Text<'a>, out: &mut Vec<u8>) {
            json::write_string(value, out);
        }
    };
    (bare: $checked:expr) => {
        text_codec!(shared: $checked);
        fn write_json(value: &Text<'a>, out: &mut Vec<u8>) {
            out.extend_from_slice(value.as_bytes());
        }
    };
    (shared: $checked:expr) => {
        type Value = Text<'a>;
        type Owned = Text<'static>;
        fn read(reader: &mut Reader<'a>) -> Result<Text<'a>> {
            reader.text().and_then($checked)
        }
        fn write(value: &Text<'a>, out: &mut Vec<u8>) {
            avro::write_text(value, out);
        }
        fn into_owned(value: Text<'a>) -> Text<'static> {
            own(value)
        }
        fn avro_schema(_: &mut Names) -> Value {
            json!("string")
        }
    };
}

/// An id or short name: a text, or a whole number that becomes one; empty says nothing.
#[derive(Debug)]
pub(crate) struct Id;

impl<'a> Kind<'a> for Id {
    text_codec!(quoted: |text| at_most(text, limits::ID_CHARS));
    fn parse(json: &mut Json<'a>) -> Result<Text<'a>> {
        if matches!(json.peek(), Some(b'-' | b'0'..=b'9')) {
            let number = json.number()?;
            if number.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) {
                return Err(Invalid::new(Code::WrongType, "an id is a text or a whole number"));
            }
            return at_most(Cow::Borrowed(number), limits::ID_CHARS);
        }
        at_most(json.string()?, limits::ID_CHARS)
    }
    fn says_nothing(value: &Text<'a>) -> bool {
        value.is_empty()
    }
    fn json_schema() -> Value {
        json!({"type": ["string", "integer"], "maxLength": limits::ID_CHARS})
    }
}

/// A text of any length.
#[derive(Debug)]
pub(crate) struct Str;

impl<'a> Kind<'a> for Str {
    text_codec!(quoted: Ok);
    fn parse(json: &mut Json<'a>) -> Result<Text<'a>> {
        json.string()
    }
    fn json_schema() -> Value {
        json!({"type": "string"})
    }
}

/// A text that a person wrote about something.
#[derive(Debug)]
pub(crate) struct Comment;

impl<'a> Kind<'a> for Comment {
    text_codec!(quoted: |text| at_most(text, limits::COMMENT_CHARS));
    fn parse(json: &mut Json<'a>) -> Result<Text<'a>> {
        at_most(json.string()?, limits::COMMENT_CHARS)
    }
    fn json_schema() -> Value {
        json!({"type": "string", "maxLength": limits::COMMENT_CHARS})
    }
}

/// An exact decimal number, kept as its text; given as a number or as a text.
#[derive(Debug)]
pub(crate) struct Decimal;

impl<'a> Kind<'a> for Decimal {
    text_codec!(bare: decimal);
    fn parse(json: &mut Json<'a>) -> Result<Text<'a>> {
        if json.peek() != Some(b'"') {
            return json.number().map(Cow::Borrowed);
        }
        decimal(json.string()?)
    }
    fn json_schema() -> Value {
        json!({"type": ["number", "string"], "pattern": "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$"})
    }
}

/// The text of a JSON object.
#[derive(Debug)]
pub(crate) struct Object;

impl<'a> Kind<'a> for Object {
    text_codec!(bare: |text| embedded(text, "an object", |first| first == b'{'));
    fn parse(json: &mut Json<'a>) -> Result<Text<'a>> {
        if json.peek() == Some(b'{') { json.raw().map(Cow::Borrowed) } else { Err(json.wrong("an object")) }
    }
    fn json_schema() -> Value {
        json!({"type": "object"})
    }
}

/// The text of a JSON array.
#[derive(Debug)]
pub(crate) struct Array;

impl<'a> Kind<'a> for Array {
    text_codec!(bare: |text| embedded(text, "a list", |first| first == b'['));
    fn parse(json: &mut Json<'a>) -> Result<Text<'a>> {
        if json.peek() == Some(b'[') { json.raw().map(Cow::Borrowed) } else { Err(json.wrong("a list")) }
    }
    fn json_schema() -> Value {
        json!({"type": "array"})
    }
}

/// The text of any JSON value.
#[derive(Debug)]
pub(crate) struct Any;

impl<'a> Kind<'a> for Any {
    text_codec!(bare: |text| embedded(text, "a value", |first| first != b'n'));
    fn parse(json: &mut Json<'a>) -> Result<Text<'a>> {
        json.raw().map(Cow::Borrowed)
    }
    fn json_schema() -> Value {
        json!({"type": ["object", "array", "string", "number", "boolean"]})
    }
}

/// A whole number.
#[derive(Debug)]
pub(crate) struct Int;

impl<'a> Kind<'a> for Int {
    type Value = i64;
    type Owned = i64;
    fn parse(json: &mut Json<'a>) -> Result<i64> {
        let text = json.number()?;
        if let Ok(value) = text.parse() {
            return Ok(value);
        }
        match text.parse::<f64>() {
            Ok(value) if value.fract() != 0.0 => Err(Invalid::new(Code::WrongType, "a whole number belongs here")),
            Ok(value) if value.abs() < 9e15 => Ok(value as i64),
            _ => Err(Invalid::new(Code::OutOfRange, "the number does not fit 64 bits")),
        }
    }
    fn write_json(value: &i64, out: &mut Vec<u8>) {
        json::write_integer(*value, out);
    }
    fn read(reader: &mut Reader<'a>) -> Result<i64> {
        reader.long()
    }
    fn write(value: &i64, out: &mut Vec<u8>) {
        avro::write_long(*value, out);
    }
    fn into_owned(value: i64) -> i64 {
        value
    }
    fn avro_schema(_: &mut Names) -> Value {
        json!("long")
    }
    fn json_schema() -> Value {
        json!({"type": "integer"})
    }
}

/// A number.
#[derive(Debug)]
pub(crate) struct Number;

impl<'a> Kind<'a> for Number {
    type Value = f64;
    type Owned = f64;
    fn parse(json: &mut Json<'a>) -> Result<f64> {
        match json.number()?.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(Invalid::new(Code::OutOfRange, "the number is too large")),
        }
    }
    fn write_json(value: &f64, out: &mut Vec<u8>) {
        json::write_number(*value, out);
    }
    fn read(reader: &mut Reader<'a>) -> Result<f64> {
        reader.double()
    }
    fn write(value: &f64, out: &mut Vec<u8>) {
        out.extend_from_slice(&value.to_le_bytes());
    }
    fn into_owned(value: f64) -> f64 {
        value
    }
    fn avro_schema(_: &mut Names) -> Value {
        json!("double")
    }
    fn json_schema() -> Value {
        json!({"type": "number"})
    }
}

/// True or false.
#[derive(Debug)]
pub(crate) struct Bool;

impl<'a> Kind<'a> for Bool {
    type Value = bool;
    type Owned = bool;
    fn parse(json: &mut Json<'a>) -> Result<bool> {
        json.boolean()
    }
    fn write_json(value: &bool, out: &mut Vec<u8>) {
        out.extend_from_slice(if *value { b"true" } else { b"false" });
    }
    fn read(reader: &mut Reader<'a>) -> Result<bool> {
        reader.boolean()
    }
    fn write(value: &bool, out: &mut Vec<u8>) {
        out.push(u8::from(*value));
    }
    fn into_owned(value: bool) -> bool {
        value
    }
    fn avro_schema(_: &mut Names) -> Value {
        json!("boolean")
    }
    fn json_schema() -> Value {
        json!({"type": "boolean"})
    }
}

/// An instant.
#[derive(Debug)]
pub(crate) struct Time;

impl<'a> Kind<'a> for Time {
    type Value = Timestamp;
    type Owned = Timestamp;
    fn parse(json: &mut Json<'a>) -> Result<Timestamp> {
        const HELP: &str = "no time between 1970 and 2199: write RFC 3339 with an offset, as 2026-03-23T09:00:00Z, \
             or an epoch as a number";
        let found = match json.peek() {
            Some(b'"') => Timestamp::parse_rfc3339(&json.string()?),
            Some(b'-' | b'0'..=b'9') => json.number()?.parse().ok().and_then(Timestamp::from_epoch),
            // Also what is neither text nor number is first of all no time; broken JSON is told apart by reading it.
            _ => json.raw().map(|_| None)?,
        };
        found.ok_or_else(|| Invalid::new(Code::BadTimestamp, HELP))
    }
    fn write_json(value: &Timestamp, out: &mut Vec<u8>) {
        out.push(b'"');
        value.write_rfc3339(out);
        out.push(b'"');
    }
    fn read(reader: &mut Reader<'a>) -> Result<Timestamp> {
        let us = reader.long()?;
        Timestamp::checked(us).ok_or_else(|| Invalid::new(Code::BadTimestamp, "no time between 1970 and 2199"))
    }
    fn write(value: &Timestamp, out: &mut Vec<u8>) {
        avro::write_long(value.0, out);
    }
    fn into_owned(value: Timestamp) -> Timestamp {
        value
    }
    fn avro_schema(_: &mut Names) -> Value {
        json!({"type": "long", "logicalType": "timestamp-micros"})
    }
    fn json_schema() -> Value {
        json!({"type": ["string", "number"], "format": "date-time"})
    }
}

/// Several of one kind.
#[derive(Debug)]
pub(crate) struct List<K>(std::marker::PhantomData<K>);

impl<'a, K: Kind<'a>> Kind<'a> for List<K> {
    type Value = Vec<K::Value>;
    type Owned = Vec<K::Owned>;
    fn parse(json: &mut Json<'a>) -> Result<Self::Value> {
        let mut items = Vec::new();
        json.array(|json| {
            items.push(K::parse(json)?);
            Ok(())
        })?;
        Ok(items)
    }
    fn write_json(value: &Self::Value, out: &mut Vec<u8>) {
        out.push(b'[');
        for (index, item) in value.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            K::write_json(item, out);
        }
        out.push(b']');
    }
    fn read(reader: &mut Reader<'a>) -> Result<Self::Value> {
        reader.array(K::read)
    }
    fn write(value: &Self::Value, out: &mut Vec<u8>) {
        avro::write_array(value, out, K::write);
    }
    fn into_owned(value: Self::Value) -> Self::Owned {
        value.into_iter().map(K::into_owned).collect()
    }
    fn avro_schema(names: &mut Names) -> Value {
        json!({"type": "array", "items": K::avro_schema(names)})
    }
    fn json_schema() -> Value {
        json!({"type": "array", "items": K::json_schema()})
    }
}
