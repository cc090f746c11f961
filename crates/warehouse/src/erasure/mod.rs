//! Persons who asked to be forgotten: what is known of them, what becomes of their rows, and the receipts.
//!
//! A request is carried out by a worker (`worker::erasure`): each step is a statement that may be repeated, and what is left to do
//! is what the tables still hold. docs/adr/0009-erasure.md has the order and why it loses nothing.

mod carry;
mod erased;
mod files;
mod loose;
mod receipts;
mod redact;
mod rename;

use clickhouse::Row;
use serde::{Deserialize, Serialize};

pub use erased::{Erased, Key};
pub use files::{ErasedFile, FileToForget, FilesOfRequest};
pub use receipts::{RECEIPTS_MAX, Receipt, receipts};
pub use rename::Renamed;

/// How much of a person is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Conversations stay, without what was written and by whom.
    Anonymise,
    /// They are not shown any more either; only counts stay.
    Full,
}

impl Mode {
    /// As tables say it.
    pub fn number(self) -> u8 {
        match self {
            Mode::Anonymise => 1,
            Mode::Full => 2,
        }
    }

    /// As requests and receipts say it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Anonymise => "anonymise",
            Mode::Full => "full",
        }
    }

    /// The mode that a request names; what it does not name, or names otherwise, is `anonymise`.
    pub fn of_request(name: &str) -> Mode {
        if name == Mode::Full.name() { Mode::Full } else { Mode::Anonymise }
    }
}

/// A row of `erased_ids`.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct ErasedId {
    pub project: String,
    pub environment: String,
    pub pseudonym: String,
    pub mode: u8,
}

/// A row of `erased_conversations`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct ErasedConversation {
    pub project: String,
    pub environment: String,
    pub conversation_id: String,
    pub mode: u8,
}

/// A request to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureRequest {
    /// Project.
    pub project: String,
    /// Environment: what happens in one changes nothing in another.
    pub environment: String,
    /// Conversation of the event that asks, '' without one.
    pub conversation_id: String,
    /// Its id.
    pub event_id: String,
    /// The user, as sent; once that is done, what stands for them.
    pub user_id: String,
    /// How much is erased.
    pub mode: Mode,
    /// The request's own name.
    pub request_id: String,
    /// Event time, microseconds.
    pub requested_us: i64,
}
