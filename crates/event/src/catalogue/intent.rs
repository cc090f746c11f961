//! The intent of a message: in JSON its name alone, or an object with a confidence.

use serde_json::{Value, json};

use crate::{
    Invalid,
    avro::Reader,
    json::{self, Json},
    kind::{Id, Kind},
    schema::Names,
};

record! {
    /// What the writer of a message wants.
    Intent {
        /// The intent's name.
        name! Id;
        /// How sure the model is, from 0 to 1; 1 if absent.
        confidence? Number;
    }
}

/// An [`Intent`] as a field, which JSON may shorten to the name.
#[derive(Debug)]
pub(crate) struct InlineIntent;

impl<'a> Kind<'a> for InlineIntent {
    type Value = Intent<'a>;
    type Owned = Intent<'static>;

    fn parse(json: &mut Json<'a>) -> Result<Intent<'a>, Invalid> {
        if json.peek() == Some(b'{') {
            return Intent::parse(json);
        }
        Ok(Intent { name: Id::parse(json)?, ..Intent::default() })
    }

    fn write_json(value: &Intent<'a>, out: &mut Vec<u8>) {
        if value.confidence.is_none() && value.extra.is_none() {
            json::write_string(&value.name, out);
        } else {
            Intent::write_json(value, out);
        }
    }

    fn read(reader: &mut Reader<'a>) -> Result<Intent<'a>, Invalid> {
        Intent::read(reader)
    }

    fn write(value: &Intent<'a>, out: &mut Vec<u8>) {
        Intent::write(value, out);
    }

    fn into_owned(value: Intent<'a>) -> Intent<'static> {
        <Intent<'a> as Kind<'a>>::into_owned(value)
    }

    fn avro_schema(names: &mut Names) -> Value {
        Intent::avro_schema(names)
    }

    fn json_schema() -> Value {
        json!({"anyOf": [Id::json_schema(), Intent::json_schema()]})
    }

    fn says_nothing(value: &Intent<'a>) -> bool {
        value.name.is_empty()
    }
}
