//! The port to the event log: append, read by offset, append times, offsets for times, commits with metadata, retention.
//!
//! Two adapters satisfy it and pass one conformance suite: the embedded journal in a directory, and Apache Kafka.
//! Code above this port does not know which one it has. Records are opaque bytes here: this crate knows no event.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod embedded;
mod member;
mod partitioner;
mod port;
pub mod position;

pub use member::{Change, Member, Revoked, Sole, TopicPartition};
pub use partitioner::partition_of;
pub use port::{Appended, BoxFuture, Commit, Error, ErrorClass, Journal, NewRecord, Offsets, ReadLimit, Record, Topic};
