//! The port to ClickHouse: migrations, row types, inserts and read-backs, typed queries and the metric registry.
//!
//! The same code speaks to the embedded engine and to a ClickHouse server: always ClickHouse's HTTP interface, through the
//! official crate. What the tables mean stands in `migrations/`. This crate never sees the journal.

mod client;
pub mod erasure;
mod error;
mod migrate;
pub mod query;
mod read_back;
pub mod registry;
mod rows;
mod sink;
mod state_row;
mod states;
mod writes;

pub use client::Client;
pub use error::{Error, ErrorClass};
pub use read_back::offset_hash;
pub use rows::{
    ActivityRow, AnchorRow, Batch, ConversationKey, CountKey, CountRow, DeadLetterRow, FactRow, FlagRow, Generation,
    IdentityRow, MinuteKey, MinuteRow, ProgressRow, RawRow, RequestRow, SealedRow,
};
pub use sink::{BoxFuture, SegmentRows, Sink};
pub use state_row::{StateRow, is_behind};
pub use writes::WriteFailure;
