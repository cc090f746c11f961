//! Why an event is not accepted: one stable code for each way to be wrong.

use std::fmt;

/// One way for an event to be wrong. The text form is stable: producers, dead letters and metrics carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The bytes are not JSON.
    MalformedJson,
    /// The body is JSON, but no object.
    NotAnObject,
    /// A field that the type needs is absent.
    MissingField,
    /// A field holds a value of another type.
    WrongType,
    /// A number does not fit its field.
    OutOfRange,
    /// A text is longer than its field allows.
    TooLong,
    /// Objects and lists are nested too deeply.
    TooDeep,
    /// The event is larger than an event may be.
    TooLarge,
    /// A time is neither RFC 3339 with an offset nor an epoch number.
    BadTimestamp,
    /// The event happened before the horizon and is not marked as historical.
    TooOld,
    /// `metadata` has too many keys or too many bytes.
    MetadataTooLarge,
    /// The bytes are not UTF-8, or a text has half a surrogate pair.
    InvalidUtf8,
    /// A text has the character U+0000.
    NulCharacter,
    /// An id that is needed is there, but empty.
    EmptyId,
    /// The bytes do not follow the Avro schema that they name.
    MalformedAvro,
    /// The bytes name a schema that is not known.
    UnknownSchema,
    /// The bytes are in no form that a record may have.
    UnknownFormat,
    /// A record without a value.
    Empty,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 18] = [
        Self::MalformedJson,
        Self::NotAnObject,
        Self::MissingField,
        Self::WrongType,
        Self::OutOfRange,
        Self::TooLong,
        Self::TooDeep,
        Self::TooLarge,
        Self::BadTimestamp,
        Self::TooOld,
        Self::MetadataTooLarge,
        Self::InvalidUtf8,
        Self::NulCharacter,
        Self::EmptyId,
        Self::MalformedAvro,
        Self::UnknownSchema,
        Self::UnknownFormat,
        Self::Empty,
    ];

    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MalformedJson => "malformed_json",
            Self::NotAnObject => "not_an_object",
            Self::MissingField => "missing_field",
            Self::WrongType => "wrong_type",
            Self::OutOfRange => "out_of_range",
            Self::TooLong => "too_long",
            Self::TooDeep => "too_deep",
            Self::TooLarge => "too_large",
            Self::BadTimestamp => "bad_timestamp",
            Self::TooOld => "too_old",
            Self::MetadataTooLarge => "metadata_too_large",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::NulCharacter => "nul_character",
            Self::EmptyId => "empty_id",
            Self::MalformedAvro => "malformed_avro",
            Self::UnknownSchema => "unknown_schema",
            Self::UnknownFormat => "unknown_format",
            Self::Empty => "empty_record",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An event that is not accepted, and what its producer can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} at {place}: {message}", place = if path.is_empty() { "the event" } else { path })]
pub struct Invalid {
    /// The way in which it is wrong.
    pub code: Code,
    /// The event's id, where it could be read.
    pub event_id: Option<String>,
    /// The field, as `data.message_id`; empty for the event as a whole.
    pub path: String,
    /// What is wrong and what to do, in lower case.
    pub message: String,
}

impl Invalid {
    /// An error at the place where the reader is; callers add the way to it with `within`.
    #[cold]
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, event_id: None, path: String::new(), message: message.into() }
    }

    /// The same error, seen from the object that holds `field`.
    #[cold]
    pub(crate) fn within(mut self, field: &str) -> Self {
        let field: String = field.chars().take(80).collect();
        self.path = match self.path.as_str() {
            "" => field,
            path if path.starts_with('[') => format!("{field}{path}"),
            path => format!("{field}.{path}"),
        };
        self
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code.as_str()
    }
}

/// Something about an accepted event that its producer should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Warning {
    /// The event's type is not in the catalogue: kept as it is, in no figure.
    UnknownType,
    /// The producer's clock was wrong: the time was corrected or clamped.
    ClockSkew,
    /// The event had no time: the time of its arrival was taken.
    TimeMissing,
}

impl Warning {
    /// The stable name, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownType => "unknown_type",
            Self::ClockSkew => "clock_skew",
            Self::TimeMissing => "time_missing",
        }
    }
}
