//! What was sent wrong, kept with its reason.

use bytes::Bytes;
use control::Grant;
use event::Timestamp;
use journal::NewRecord;

/// Most bytes of a dead letter's body; what is longer is cut, and a header says how long it was.
const BODY_MAX: usize = 1 << 20;
/// Most bytes of the message's header.
const MESSAGE_MAX: usize = 1_000;

/// Why something is a dead letter.
#[derive(Debug)]
pub(crate) struct Reason<'a> {
    pub(crate) code: &'static str,
    pub(crate) message: &'a str,
    pub(crate) event_id: Option<&'a str>,
}

/// Makes the dead letters of one request.
#[derive(Debug)]
pub(crate) struct DeadLetters<'a> {
    grant: &'a Grant,
    received_at: Bytes,
}

impl<'a> DeadLetters<'a> {
    pub(crate) fn new(grant: &'a Grant, received_at: Timestamp) -> Self {
        Self { grant, received_at: received_at.to_rfc3339().into() }
    }

    /// The record for some original bytes. Everything that a replay needs to know about the key goes with it.
    pub(crate) fn record(&self, original: Bytes, reason: &Reason<'_>) -> NewRecord {
        let text = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let project = self.grant.project.as_deref().unwrap_or_default();
        let mut headers = vec![
            ("reason".to_owned(), Bytes::from_static(reason.code.as_bytes())),
            ("message".to_owned(), text(cut(reason.message, MESSAGE_MAX))),
            ("project".to_owned(), text(project)),
            ("environment".to_owned(), text(&self.grant.environment)),
            ("received_at".to_owned(), self.received_at.clone()),
        ];
        if let Some(event_id) = reason.event_id {
            headers.push(("event_id".to_owned(), text(event_id)));
        }
        if let Some(bot_id) = &self.grant.bot_id {
            headers.push(("bot_id".to_owned(), text(bot_id)));
        }
        let mut value = original;
        if value.len() > BODY_MAX {
            headers.push(("truncated_from".to_owned(), value.len().to_string().into()));
            value.truncate(BODY_MAX);
        }
        NewRecord { key: text(project), value, headers }
    }
}

/// The longest beginning of a text that has at most so many bytes.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
