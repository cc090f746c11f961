//! The `Journal` trait and the values that cross it.

use std::{fmt, future::Future, pin::Pin};

use bytes::Bytes;

use crate::{Member, Sole, TopicPartition};

/// A boxed future, so that the port can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The topics of a Rapport installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Conversation events, several partitions.
    Events,
    /// What could not be accepted or understood, with the reason in its headers.
    DeadLetters,
    /// Projects and keys; one partition, kept for ever.
    Control,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Topic; 3] = [Topic::Events, Topic::DeadLetters, Topic::Control];

    /// The topic's public name.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Events => "rapport.events.v1",
            Topic::DeadLetters => "rapport.dead-letters.v1",
            Topic::Control => "rapport.control.v1",
        }
    }
}

/// A record to be appended. Its partition is `murmur2(key) mod partitions`, as Kafka's Java client has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewRecord {
    /// Partition key; an empty key goes to partition 0.
    pub key: Bytes,
    /// Body.
    pub value: Bytes,
    /// Headers, in order.
    pub headers: Vec<(String, Bytes)>,
}

/// A record as the log holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Position in its partition; dense in the embedded adapter, strictly rising in every adapter.
    pub offset: u64,
    /// When the log took it, milliseconds since the epoch (Kafka's LogAppendTime). May step backwards between records.
    pub append_time_ms: i64,
    /// Partition key.
    pub key: Bytes,
    /// Body.
    pub value: Bytes,
    /// Headers, in order.
    pub headers: Vec<(String, Bytes)>,
}

/// Where an appended record went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Partition.
    pub partition: u16,
    /// Offset in it.
    pub offset: u64,
}

/// The half-open range of offsets a partition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offsets {
    /// First offset still held (equals `next` when the partition is empty).
    pub first: u64,
    /// Offset that the next record will get.
    pub next: u64,
}

/// Bounds of one read. At least one record is returned if there is one, however large.
#[derive(Debug, Clone, Copy)]
pub struct ReadLimit {
    /// Most records.
    pub records: usize,
    /// Most bytes of keys and values.
    pub bytes: usize,
}

/// A consumer's commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Next offset to read.
    pub next_offset: u64,
    /// Opaque to the journal; the worker keeps its sealed position here.
    pub metadata: String,
}

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// Nothing happened; try again later.
    Retry,
    /// It may or may not have happened.
    Ambiguous,
    /// It will not work until a person mends something.
    Fatal,
}

/// Why the journal could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The log cannot take more now (disk full, queue full); nothing was appended.
    #[error("the journal is full: {0}")]
    Full(String),
    /// The log is away.
    #[error("the journal is away: {0}")]
    Away(String),
    /// The offset asked for is no longer held.
    #[error("{topic} partition {partition}: offset {offset} is gone, the log begins at {first}", topic = .topic.name())]
    OffsetGone {
        /// Topic.
        topic: Topic,
        /// Partition.
        partition: u16,
        /// Offset asked for.
        offset: u64,
        /// First offset held.
        first: u64,
    },
    /// An append or commit failed in a way that leaves open whether it took effect.
    #[error("the journal may or may not have taken it: {0}")]
    Ambiguous(String),
    /// The directory or topic is not usable.
    #[error("{0}")]
    Unusable(String),
}

impl Error {
    /// What a caller can do about it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Error::Full(_) | Error::Away(_) => ErrorClass::Retry,
            Error::Ambiguous(_) => ErrorClass::Ambiguous,
            Error::OffsetGone { .. } | Error::Unusable(_) => ErrorClass::Fatal,
        }
    }

    /// Stable name for logs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Full(_) => "journal_full",
            Error::Away(_) => "journal_away",
            Error::OffsetGone { .. } => "offset_gone",
            Error::Ambiguous(_) => "append_ambiguous",
            Error::Unusable(_) => "journal_unusable",
        }
    }
}

/// The event log. All methods may be called concurrently.
pub trait Journal: fmt::Debug + Send + Sync + 'static {
    /// Number of partitions of a topic; constant for a journal's life.
    fn partitions(&self, topic: Topic) -> u16;

    /// Appends records; resolves when all are durable, in the order given. Records of one call that share a partition keep
    /// their order there. The future may be dropped: the records may then be appended or not.
    fn append(&self, topic: Topic, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Appended>, Error>>;

    /// Records from `from` (or the next one held after it) on; empty at the end of the partition. Never returns a record
    /// that is not durable. Fails with `OffsetGone` if `from` lies before the first offset held.
    fn read(
        &self,
        topic: Topic,
        partition: u16,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<Record>, Error>>;

    /// Resolves when any partition of the topic may hold a record beyond `seen[partition]` (next offsets); may wake early.
    fn wait_beyond(&self, topic: Topic, seen: Vec<u64>) -> BoxFuture<'_, ()>;

    /// The offsets a partition holds.
    fn offsets(&self, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Offsets, Error>>;

    /// The first offset whose append time is ≥ `at_ms`, or None if there is none.
    fn offset_for_time(&self, topic: Topic, partition: u16, at_ms: i64) -> BoxFuture<'_, Result<Option<u64>, Error>>;

    /// Stores a group's commit; durable when it resolves.
    fn commit(&self, group: &str, topic: Topic, partition: u16, commit: Commit) -> BoxFuture<'_, Result<(), Error>>;

    /// Whether an append would be taken now; else the error that it would get. Nothing is appended.
    fn check(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    /// Whether the topic takes such records at all, in whatever state the log is; else the error that their append would get.
    /// Never waits. Nothing is appended.
    fn accepts(&self, _topic: Topic, _records: &[NewRecord]) -> Result<(), Error> {
        Ok(())
    }

    /// A group's last commit.
    fn committed(&self, group: &str, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Option<Commit>, Error>>;

    /// Joins a group of workers for topics. While the member lives, commits of the group are its own. Where a journal has one
    /// owner, that one is given everything.
    fn join(&self, _group: &str, topics: &[Topic]) -> Result<Box<dyn Member>, Error> {
        let all = |topic: &Topic| {
            let topic = *topic;
            (0..self.partitions(topic)).map(move |partition| TopicPartition { topic, partition })
        };
        Ok(Box::new(Sole::new(topics.iter().flat_map(all).collect())))
    }
}
