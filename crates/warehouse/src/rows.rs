//! Rows of the tables, as they are inserted, and of what is read back. Times are microseconds (DateTime64(6)), milliseconds
//! (DateTime64(3)) or seconds (DateTime) since the epoch, as the column says.
//!
//! Of what there is one row an event, texts are `SmolStr`: up to 23 bytes lie in the row itself, so that most need no memory of their
//! own; longer ones do, and hold nothing but themselves, however long a row is kept.

use clickhouse::Row;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A row of `raw_events`.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct RawRow {
    pub project: SmolStr,
    pub conversation_id: SmolStr,
    pub event_id: SmolStr,
    pub partition: u16,
    pub segment: u32,
    pub offset: u64,
    pub append_time: i64,
    pub environment: SmolStr,
    pub event: SmolStr,
    pub event_time: i64,
    pub clock: SmolStr,
    pub sequence: i64,
    pub user_id: SmolStr,
    pub anonymous_id: SmolStr,
    pub session_id: SmolStr,
    pub channel: SmolStr,
    pub bot_id: SmolStr,
    pub role: SmolStr,
    pub is_message: u8,
    pub content_type: SmolStr,
    pub message_id: SmolStr,
    pub text: SmolStr,
    pub data: SmolStr,
    pub context: SmolStr,
    pub metadata: SmolStr,
    pub extra: SmolStr,
    pub flag: SmolStr,
    pub erased: u8,
}

impl RawRow {
    /// The row of `conversation_flags` that it calls for.
    pub fn flag_row(&self) -> Option<FlagRow> {
        (!self.flag.is_empty() && !self.conversation_id.is_empty()).then(|| FlagRow {
            project: self.project.to_string(),
            environment: self.environment.to_string(),
            conversation_id: self.conversation_id.to_string(),
            event_id: self.event_id.to_string(),
            partition: self.partition,
            segment: self.segment,
            flag: self.flag.to_string(),
            event_time: self.event_time,
            sequence: self.sequence,
        })
    }
}

/// Key of a row of `message_counts`, without partition and segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "columns of the table")]
pub struct CountKey {
    pub project: String,
    pub environment: String,
    pub bucket: u32,
    pub role: String,
    pub content_type: String,
}

/// A row of `message_counts`.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct CountRow {
    pub project: String,
    pub environment: String,
    pub bucket: u32,
    pub role: String,
    pub content_type: String,
    pub partition: u16,
    pub segment: u32,
    pub messages: u64,
    pub ver: u64,
}

/// Key of a row of `minute_counts`, without partition and segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "columns of the table")]
pub struct MinuteKey {
    pub project: String,
    pub environment: String,
    pub minute: u32,
}

/// A row of `minute_counts`.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct MinuteRow {
    pub project: String,
    pub environment: String,
    pub minute: u32,
    pub partition: u16,
    pub segment: u32,
    pub messages: u64,
    pub ver: u64,
}

/// A row of `person_activity`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct ActivityRow {
    pub project: String,
    pub environment: String,
    pub person: String,
    pub conversation_id: String,
    pub bucket: u32,
    pub first: i64,
}

/// A row of `identity_events`.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct IdentityRow {
    pub project: String,
    pub environment: String,
    pub conversation_id: String,
    pub event_id: String,
    pub partition: u16,
    pub segment: u32,
    pub event: String,
    pub event_time: i64,
    pub sequence: i64,
    pub from_user: String,
    pub into_user: String,
    pub anonymous_id: String,
}

/// A row of `conversation_flags`.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct FlagRow {
    pub project: String,
    pub environment: String,
    pub conversation_id: String,
    pub event_id: String,
    pub partition: u16,
    pub segment: u32,
    pub flag: String,
    pub event_time: i64,
    pub sequence: i64,
}

/// A row of `requests`.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct RequestRow {
    pub project: String,
    pub environment: String,
    pub conversation_id: String,
    pub event_id: String,
    pub partition: u16,
    pub segment: u32,
    pub event: String,
    pub event_time: i64,
    pub person: String,
    pub trigger: String,
}

/// A row of `dead_letters`.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct DeadLetterRow {
    pub topic: String,
    pub partition: u16,
    pub offset: u64,
    pub append_time: i64,
    pub project: String,
    pub reason: String,
    pub message: String,
    pub event_id: String,
    #[serde(with = "serde_bytes")]
    pub value: Vec<u8>,
}

/// A conversation, of whatever environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the tables")]
pub struct ConversationKey {
    pub project: String,
    pub conversation_id: String,
}

/// What the fold of a conversation reads of a raw row.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of raw_events")]
pub struct FactRow {
    pub project: SmolStr,
    pub conversation_id: SmolStr,
    pub environment: SmolStr,
    pub event_id: SmolStr,
    pub partition: u16,
    pub offset: u64,
    pub append_time: i64,
    pub event: SmolStr,
    pub event_time: i64,
    pub clock: SmolStr,
    pub sequence: i64,
    pub user_id: SmolStr,
    pub anonymous_id: SmolStr,
    pub session_id: SmolStr,
    pub channel: SmolStr,
    pub bot_id: SmolStr,
    pub role: SmolStr,
    pub is_message: u8,
    pub data: SmolStr,
    pub context: SmolStr,
    pub flag: SmolStr,
    pub erased: u8,
}

/// A row of `progress`.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct ProgressRow {
    pub generation: u32,
    pub partition: u16,
    pub next_offset: u64,
    pub derived_offset: u64,
    pub append_time: i64,
}

/// A row of `sealed`.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct SealedRow {
    pub generation: u32,
    pub partition: u16,
    pub sealed_offset: u64,
}

/// A row of `journal_anchors`: a remembered record that proves which journal this warehouse was filled from.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct AnchorRow {
    pub generation: u32,
    pub partition: u16,
    pub offset: u64,
    pub append_time: i64,
    pub crc: u32,
}

/// A row of `generations`: what the tables were made with; asserted at every start.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct Generation {
    pub generation: u32,
    pub segment_ms: u64,
    pub horizon_ms: u64,
    pub grace_ms: u64,
    pub partitions: u16,
}

/// The rows of one flush.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Rows of `raw_events`.
    pub raw: Vec<RawRow>,
    /// Rows of `message_counts`.
    pub counts: Vec<CountRow>,
    /// Rows of `minute_counts`.
    pub minutes: Vec<MinuteRow>,
    /// Rows of `person_activity`.
    pub activity: Vec<ActivityRow>,
    /// Rows of `identity_events`.
    pub identities: Vec<IdentityRow>,
    /// Rows of `conversation_flags`.
    pub flags: Vec<FlagRow>,
    /// Rows of `requests`.
    pub requests: Vec<RequestRow>,
    /// Rows of `dead_letters`.
    pub dead_letters: Vec<DeadLetterRow>,
}
