//! A record of the events topic, whoever wrote it: a gateway, or a producer of its own.
//!
//! Three forms are read: Avro in Confluent framing (the schema's id before the body or in a header), native JSON, and
//! CloudEvents 1.0 in binary mode. What comes by itself has not met a gateway, so the clock rules are applied here, with
//! the log's append time as its arrival: a pure function of the record, like everything that is made of it.

use std::borrow::Cow;

use crate::{
    ClockFlag, Event, Family, Invalid, Text, Timestamp,
    avro::malformed,
    cloud_events,
    error::Code,
    limits,
    schemas::{SchemaId, Schemas},
    time,
};

/// Marks a record in Confluent framing: this byte, the schema's id in four bytes (big-endian), the Avro body.
pub(crate) const FRAMED: u8 = 0;
/// Marks a header's schema id of 16 bytes.
const GUID: u8 = 1;
/// The header that names the schema of a body without framing.
const SCHEMA_HEADER: &str = "__value_schema_id";

/// A record as the log holds it.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a, H> {
    /// Its value.
    pub value: &'a [u8],
    /// Its headers, by name.
    pub header: H,
    /// When the log took it.
    pub appended_at: Timestamp,
}

/// How a value is to be read.
enum Form<'a> {
    Avro { id: SchemaId, body: &'a [u8] },
    CloudEvent,
    Json,
}

impl<'a, H: Fn(&str) -> Option<&'a [u8]>> Written<'a, H> {
    /// The schema that has to be asked for before the record can be read.
    pub fn lacks(&self, schemas: &Schemas) -> Option<SchemaId> {
        match self.form() {
            Ok(Form::Avro { id, .. }) if schemas.is_unknown(id) => Some(id),
            _ => None,
        }
    }

    /// Reads the event.
    ///
    /// # Errors
    /// When the record is not acceptable; the code says in which way.
    pub fn read(&self, schemas: &Schemas) -> Result<Event<'a>, Invalid> {
        let event = match self.form()? {
            Form::Avro { id, body } => avro(id, body, schemas)?,
            Form::CloudEvent => cloud_events::read(self.value, &self.header, self.appended_at)?,
            Form::Json => crate::parse::parse_trusted(self.value, self.appended_at)?,
        };
        event.arrive(self.appended_at)
    }

    fn form(&self) -> Result<Form<'a>, Invalid> {
        if let Some(named) = (self.header)(SCHEMA_HEADER) {
            return Ok(Form::Avro { id: schema_id(named)?, body: self.value });
        }
        match self.value {
            [FRAMED, framed @ ..] => {
                let (id, body) = framed.split_first_chunk().ok_or_else(|| malformed("the framing ends too early"))?;
                Ok(Form::Avro { id: SchemaId::Number(u32::from_be_bytes(*id)), body })
            }
            _ if (self.header)(cloud_events::ID).is_some() => Ok(Form::CloudEvent),
            [] => Err(Invalid::new(Code::Empty, "the record has no value: send an event")),
            [b'{' | b'[' | b'"' | b' ' | b'\t' | b'\r' | b'\n' | b'n', ..] => Ok(Form::Json),
            [other, ..] => Err(Invalid::new(
                Code::UnknownFormat,
                format!(
                    "the value begins with the byte {other:#04x}: Avro begins with 0x00 and a schema's id, JSON with a brace"
                ),
            )),
        }
    }
}

fn schema_id(header: &[u8]) -> Result<SchemaId, Invalid> {
    match header {
        [FRAMED, id @ ..] if id.len() == 4 => Ok(SchemaId::Number(id.iter().fold(0, |n, b| n << 8 | u32::from(*b)))),
        [GUID, guid @ ..] => guid.try_into().map(SchemaId::Guid).map_err(|_| header_malformed()),
        _ => Err(header_malformed()),
    }
}

fn header_malformed() -> Invalid {
    malformed("the header __value_schema_id is neither 0x00 and an id of four bytes nor 0x01 and one of 16")
}

fn avro<'a>(id: SchemaId, body: &'a [u8], schemas: &Schemas) -> Result<Event<'a>, Invalid> {
    if body.len() > limits::RECORD_BYTES {
        let message = format!("the record has {} bytes, of {} allowed: send less", body.len(), limits::RECORD_BYTES);
        return Err(Invalid::new(Code::TooLarge, message));
    }
    match schemas.built_in(id) {
        Some(family) => Event::decode_body(family, body),
        None => schemas.translate(id, body),
    }
}

impl<'a> Event<'a> {
    /// Reads what [`Event::encode`] wrote, or JSON as [`Event::write_json`] writes it.
    ///
    /// # Errors
    /// When the bytes are neither; JSON must name its project, as no key stands for it.
    pub fn decode(value: &'a [u8]) -> Result<Self, Invalid> {
        match value {
            [FRAMED, id @ ..] => {
                let (id, body) = id.split_first_chunk().ok_or_else(|| malformed("the framing ends too early"))?;
                let id = u32::from_be_bytes(*id);
                let family = Family::with_schema_id(id).ok_or_else(|| SchemaId::Number(id).unknown())?;
                Self::decode_body(family, body)
            }
            _ => crate::parse::parse_trusted(value, Timestamp(0)),
        }
    }

    /// Whether it came without a gateway, which notes when it took an event.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.received_at.is_none()
    }

    /// Applies the clock rules where no gateway has.
    fn arrive(mut self, appended_at: Timestamp) -> Result<Self, Invalid> {
        if !self.is_direct() {
            // Copies are looked for by how much later than its event a record came: none may come long before it.
            if time::is_future(self.time, appended_at) {
                (self.time, self.clock) = (appended_at, ClockFlag::Skewed);
            }
            return Ok(self);
        }
        let given = (self.clock != ClockFlag::Missing).then_some(self.time);
        (self.time, self.clock) = time::settle(given, self.sent_at, appended_at);
        if !self.historical && self.time.0 < appended_at.0.saturating_sub(limits::HORIZON_US) {
            let event_id = Some(self.event_id.into_owned());
            return Err(Invalid { event_id, ..time::too_old(limits::HORIZON_US) });
        }
        Ok(self)
    }

    /// Whether `key` is the partition key of the event's record, without making it.
    #[must_use]
    pub fn has_key(&self, key: &[u8]) -> bool {
        let Some(rest) = key.strip_prefix(self.project_id.as_bytes()).and_then(|rest| rest.strip_prefix(b"/")) else {
            return false;
        };
        let prefixed = |prefix: &[u8], id: &str| rest.strip_prefix(prefix) == Some(id.as_bytes());
        match (&self.conversation_id, self.data.agent_id(), &self.user_id) {
            (Some(conversation), ..) => rest == conversation.as_bytes(),
            (None, Some(agent), _) => prefixed(b"agent:", agent),
            (None, None, Some(user)) => prefixed(b"user:", user),
            (None, None, None) => rest.is_empty(),
        }
    }
}

/// A text of a header.
pub(crate) fn text<'a>(name: &str, value: &'a [u8]) -> Result<Text<'a>, Invalid> {
    match std::str::from_utf8(value) {
        Ok(text) if text.contains('\0') => Err(crate::json::nul().within(name)),
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) => Err(Invalid::new(Code::InvalidUtf8, "the header is not UTF-8: send the text in UTF-8").within(name)),
    }
}
