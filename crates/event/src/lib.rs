//! The vocabulary: event types, ids, time, validation, JSON and Avro codecs, partition key.
//!
//! Every type is written down once (`catalogue/`); structs, codecs and the published schemas follow from that. An event
//! comes in as native JSON through [`parse()`], which applies the key, the clock rules and the limits, and crosses the
//! journal with [`Event::encode`]. [`Written::read`] reads it there, and what producers write to the log themselves. What is not known, be it a type, a field or a value of an
//! enumeration, is kept. The crate has no clock, no I/O and no idea of Kafka, HTTP or SQL.

use std::borrow::Cow;

/// A text, borrowed from where it was read where that is possible.
pub type Text<'a> = Cow<'a, str>;

mod avro;
mod catalogue;
mod cloud_events;
mod context;
mod crawler;
mod envelope;
mod error;
mod foreign;
mod json;
mod key;
mod kind;
pub mod limits;
mod parse;
mod record;
mod salvage;
pub mod schema;
mod schemas;
mod time;

pub use catalogue::*;
pub use context::Context;
pub use crawler::is_crawler;
pub use envelope::Event;
pub use error::{Code, Invalid, Warning};
pub use key::{Origin, derived_event_id};
pub use parse::{Defaults, Parsed, from_json, parse};
pub use record::Written;
pub use schemas::{SchemaId, Schemas};
pub use time::{ClockFlag, Timestamp};
