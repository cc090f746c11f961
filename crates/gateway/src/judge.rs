//! Judging the events of a body, one by one: pure, but for the look-ups of places and devices.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use bytes::Bytes;
use control::{Control, Grant, Role};
use event::{Data, Defaults, Event, FeedbackSource, Parsed, Timestamp};
use journal::NewRecord;
use serde::{Deserialize, Serialize};

use crate::{
    dead_letter::{DeadLetters, Reason},
    enrich::Sources,
    error::Error,
    split::{self, Broken, Pieces},
};

/// An event that was refused.
#[derive(Debug, Serialize)]
pub(crate) struct Rejected {
    pub(crate) index: usize,
    pub(crate) event_id: Option<String>,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// An accepted event that its producer should look at.
#[derive(Debug, Serialize)]
pub(crate) struct Warned {
    pub(crate) index: usize,
    pub(crate) event_id: String,
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
}

/// What is to be done with a body.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// Accepted events, ready for the journal.
    pub(crate) records: Vec<NewRecord>,
    /// Dead letters.
    pub(crate) dead: Vec<NewRecord>,
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) warnings: Vec<Warned>,
}

/// What a body is judged by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bench<'a> {
    pub(crate) grant: &'a Grant,
    pub(crate) control: &'a Control,
    pub(crate) received_at: Timestamp,
    pub(crate) events_max: usize,
    /// Whether types that the catalogue does not know are named in the dead letters, too.
    pub(crate) letters_unknown: bool,
    pub(crate) sources: Sources<'a>,
}

/// A code and a message for the producer.
struct Objection {
    code: &'static str,
    event_id: Option<String>,
    message: String,
}

/// Judges a whole body.
///
/// # Errors
/// When the body is no batch.
pub(crate) fn judge(body: &Bytes, is_lines: bool, bench: Bench<'_>) -> Result<Judged, Error> {
    let split = if is_lines { split::lines } else { split::json };
    let start = if body.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let text = body.slice(start..);
    let pieces = split(&text, bench.events_max).map_err(|broken| match broken {
        Broken::Malformed { at, what } => Error::BodyMalformed { position: start + at, what },
        Broken::NotABatch => Error::NotABatch,
        Broken::Twice { member } => Error::DuplicateMember { member },
        Broken::TooMany => Error::TooManyEvents { limit: bench.events_max },
    })?;
    let sent_at = sent_at_member(&text, &pieces)?;
    let mut work = Work { bench, dead_letters: DeadLetters::new(bench.grant, bench.received_at), sent_at, text: &text };
    Ok(work.all(&pieces.events))
}

/// The beginning of an event that has the batch's `sent_at`: `{"sent_at":…,`.
fn sent_at_member(text: &[u8], pieces: &Pieces) -> Result<Option<Vec<u8>>, Error> {
    let Some(range) = pieces.sent_at.clone() else { return Ok(None) };
    let value: serde_json::Value = serde_json::from_slice(&text[range.clone()]).map_err(|_| Error::SentAtInvalid)?;
    let is_time = match &value {
        serde_json::Value::Null => return Ok(None),
        serde_json::Value::String(text) => Timestamp::parse_rfc3339(text).is_some(),
        serde_json::Value::Number(number) => number.as_f64().and_then(Timestamp::from_epoch).is_some(),
        _ => false,
    };
    if !is_time {
        return Err(Error::SentAtInvalid);
    }
    Ok(Some([b"{\"sent_at\":", &text[range], b","].concat()))
}

struct Work<'a> {
    bench: Bench<'a>,
    dead_letters: DeadLetters<'a>,
    sent_at: Option<Vec<u8>>,
    text: &'a Bytes,
}

/// Where a record lies in the buffer that all records of a batch share.
struct Written {
    key: Range<usize>,
    value: Range<usize>,
}

impl<'a> Work<'a> {
    fn all(&mut self, events: &[Range<usize>]) -> Judged {
        let mut judged = Judged::default();
        let mut written = Vec::with_capacity(events.len());
        // One buffer for the batch: an encoded event is smaller than its JSON, and its key is short.
        let mut buffer = Vec::with_capacity(self.text.len() + self.text.len() / 4);
        let mut scratch = Vec::new();
        for (index, range) in events.iter().enumerate() {
            let original = &self.text[range.clone()];
            let spliced = self.with_sent_at(original, &mut scratch);
            let result = self.event(spliced, &mut buffer, |warned| judged.warnings.push(Warned { index, ..warned }));
            // What the producer is told shall speak of the bytes that it sent.
            let result = match result {
                Err(_) if !std::ptr::eq(spliced, original) => {
                    self.event(original, &mut buffer, |warned| judged.warnings.push(Warned { index, ..warned }))
                }
                result => result,
            };
            match result {
                Ok(place) => written.push(place),
                Err(objection) => {
                    judged.dead.push(self.dead_letter(range, &objection));
                    let Objection { code, event_id, message } = objection;
                    judged.rejected.push(Rejected { index, event_id, code, message });
                }
            }
        }
        let is_unknown = |warned: &&Warned| warned.code == event::Warning::UnknownType.as_str();
        for warned in judged.warnings.iter().filter(|warned| self.bench.letters_unknown && is_unknown(warned)) {
            let reason = Reason { code: warned.code, message: warned.message, event_id: Some(&warned.event_id) };
            let original = self.text.slice(events[warned.index].clone());
            judged.dead.push(self.dead_letters.record(original, &reason));
        }
        let buffer = Bytes::from(buffer);
        let record = |Written { key, value }| NewRecord {
            key: buffer.slice(key),
            value: buffer.slice(value),
            headers: Vec::new(),
        };
        judged.records = written.into_iter().map(record).collect();
        judged
    }

    fn dead_letter(&self, range: &Range<usize>, objection: &Objection) -> NewRecord {
        let event_id = objection.event_id.as_deref();
        let reason = Reason { code: objection.code, message: &objection.message, event_id };
        self.dead_letters.record(self.text.slice(range.clone()), &reason)
    }

    /// The event with the batch's `sent_at` as its first member: its own, if it has one, comes after it and counts.
    fn with_sent_at<'b>(&self, original: &'b [u8], scratch: &'b mut Vec<u8>) -> &'b [u8] {
        let (Some(member), Some(rest)) = (&self.sent_at, original.strip_prefix(b"{")) else { return original };
        if rest.trim_ascii_start().starts_with(b"}") {
            return original;
        }
        scratch.clear();
        scratch.extend_from_slice(member);
        scratch.extend_from_slice(rest);
        scratch
    }

    /// Judges one event and writes it to the buffer.
    fn event(&self, bytes: &[u8], buffer: &mut Vec<u8>, mut warn: impl FnMut(Warned)) -> Result<Written, Objection> {
        let defaults = self.defaults(bytes);
        let parsed = event::parse(bytes, &defaults).map_err(|invalid| Objection {
            code: invalid.code(),
            message: if invalid.path.is_empty() {
                invalid.message.clone()
            } else {
                format!("{}: {}", invalid.path, invalid.message)
            },
            event_id: invalid.event_id.or_else(|| likely_event_id(bytes)),
        })?;
        let Parsed { mut event, ip, warnings } = parsed;
        self.check_allowed(&event)?;
        self.check_project(&event)?;
        self.bench.sources.enrich(&mut event, ip);
        let start = buffer.len();
        buffer.extend_from_slice(event.partition_key().as_bytes());
        let middle = buffer.len();
        event.encode(buffer);
        for warning in warnings {
            let (index, event_id) = (0, event.event_id.clone().into_owned());
            warn(Warned { index, event_id, code: warning.as_str(), message: advice(warning) });
        }
        Ok(Written { key: start..middle, value: middle..buffer.len() })
    }

    /// What the key says about an event. A key of every project takes the project from the event.
    fn defaults<'b>(&'b self, bytes: &'b [u8]) -> Defaults<'b> {
        let grant = self.bench.grant;
        let project: Cow<'b, str> = match &grant.project {
            Some(project) => Cow::Borrowed(project),
            None => named_project(bytes).unwrap_or_default(),
        };
        let mut defaults = Defaults::new(project, self.bench.received_at);
        defaults.bot_id = grant.bot_id.as_deref().map(Cow::Borrowed);
        defaults.environment = Cow::Borrowed(&grant.environment);
        if &*grant.environment == DEVELOPMENT {
            defaults.environment_forced = Some(Cow::Borrowed(DEVELOPMENT));
        }
        defaults
    }

    /// What stands in a public page may say what its visitor does, and speak for nobody else.
    fn check_allowed(&self, event: &Event<'_>) -> Result<(), Objection> {
        let role = self.bench.grant.role;
        let is_visitors = match &event.data {
            Data::MessageCreated(message) => message.role == event::Role::User,
            Data::FeedbackSubmitted(feedback) => feedback.source == FeedbackSource::Customer,
            _ => true,
        };
        if role.may_ingest(event.data.name()) && (role != Role::Browser || is_visitors) {
            return Ok(());
        }
        Err(Objection {
            code: "not_allowed",
            event_id: Some(event.event_id.clone().into_owned()),
            message: format!("a key of role {role} may not send this `{}`: send it from a server", event.data.name()),
        })
    }

    /// Only for a key of every project: the project must exist.
    fn check_project(&self, event: &Event<'_>) -> Result<(), Objection> {
        if self.bench.grant.project.is_some() {
            return Ok(());
        }
        let (code, message) = match &*event.project_id {
            "" => ("project_missing", "this key is of every project: name one in `project_id`".to_owned()),
            id if self.bench.control.project(id).is_none() => {
                ("project_unknown", format!("there is no project `{id}`: `rapport project create` makes one"))
            }
            _ => return Ok(()),
        };
        Err(Objection { code, event_id: Some(event.event_id.clone().into_owned()), message })
    }
}

/// The environment that figures never count.
const DEVELOPMENT: &str = "development";

/// The project that an event names.
fn named_project(bytes: &[u8]) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        project_id: Option<Cow<'a, str>>,
    }
    // What cannot be read here is refused by the parser, with a better reason.
    serde_json::from_slice::<Named<'_>>(bytes).ok()?.project_id
}

/// The id of an event that breaks before its id comes: the only text that stands under `event_id` anywhere in it.
fn likely_event_id(bytes: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"\"event_id\"";
    let mut places = bytes.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    let (at, _) = places.next()?;
    if places.next().is_some() {
        return None;
    }
    let value =
        bytes[at + NAME.len()..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    let id = value.split(|byte| *byte == b'"').next()?;
    let is_plain = !id.is_empty() && id.len() <= event::limits::ID_CHARS && !id.contains(&b'\\');
    String::from_utf8(id.to_vec()).ok().filter(|_| is_plain && id.len() < value.len())
}

/// What a producer can do about a warning.
fn advice(warning: event::Warning) -> &'static str {
    match warning {
        event::Warning::UnknownType => "this type is not in the catalogue: it is kept, and counts in no figure",
        event::Warning::ClockSkew => "the producer's clock is off: the time was set right by the time of arrival",
        event::Warning::TimeMissing => "there is no `timestamp`: the time of arrival was taken",
    }
}

/// How often each code occurs, for the counters.
pub(crate) fn count(codes: impl Iterator<Item = &'static str>) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for code in codes {
        *counts.entry(code).or_default() += 1;
    }
    counts
}
