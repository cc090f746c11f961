//! How a Kafka journal behaves.

use std::{fmt, time::Duration};

use super::names::Names;

/// How a Kafka journal behaves.
#[derive(Clone)]
pub struct Options {
    /// Brokers to begin with: `host:port`, separated by commas.
    pub brokers: String,
    /// What the topics' names begin with (default: nothing), so that several installations can share brokers. Their groups need
    /// names of their own, too.
    pub topic_prefix: String,
    /// Partitions of the events topic (default 12). A topic that is there with another number is refused.
    pub event_partitions: u16,
    /// Partitions of the dead letters (default 1). A topic that is there with another number is refused.
    pub dead_letter_partitions: u16,
    /// Replicas of a topic that is created (default: 3, or as many as there are brokers).
    pub replication: Option<u16>,
    /// Age at which events and dead letters are dropped (default 7 days); `None` keeps them for ever. A topic that is there and
    /// keeps less is refused; one that keeps more is fine.
    pub retention: Option<Duration>,
    /// Take the topics for right where this client may not look at their settings (default false).
    pub assume_topic_config: bool,
    /// How long a start waits for the brokers (default 30 s).
    pub start_timeout: Duration,
    /// How long a record is tried before its append fails (default 30 s): longer than brokers take to agree on a new leader.
    pub delivery_timeout: Duration,
    /// How long a question to the brokers may take (default 10 s).
    pub request_timeout: Duration,
    /// How long the producer collects records for one request (default 5 ms).
    pub linger: Duration,
    /// Most bytes of appends that wait to be taken by the brokers; beyond it they get `Error::Full` (default 64 MiB).
    pub queue_bytes: usize,
    /// Bytes of keys and values after which no more is fetched ahead for a partition that is read (default 1 MiB). What is
    /// kept is more: a request that is under way, and about 400 bytes a record.
    pub prefetch_bytes: usize,
    /// How long a member of a group may be silent before its partitions go to others (default 10 s).
    pub session_timeout: Duration,
    /// How long a member may take to let go of partitions that move to others (default 60 s).
    pub revoke_timeout: Duration,
    /// Further settings of the client library, by its own names, for every client: `security.protocol` and the like.
    pub properties: Vec<(String, String)>,
}

impl Options {
    /// The defaults, with these brokers.
    pub fn new(brokers: impl Into<String>) -> Options {
        Options {
            brokers: brokers.into(),
            topic_prefix: String::new(),
            event_partitions: 12,
            dead_letter_partitions: 1,
            replication: None,
            retention: Some(Duration::from_secs(7 * 24 * 60 * 60)),
            assume_topic_config: false,
            start_timeout: Duration::from_secs(30),
            delivery_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(10),
            linger: Duration::from_millis(5),
            queue_bytes: 64 << 20,
            prefetch_bytes: 1 << 20,
            session_timeout: Duration::from_secs(10),
            revoke_timeout: Duration::from_secs(60),
            properties: Vec::new(),
        }
    }

    pub(super) fn names(&self) -> Names {
        Names::new(&self.topic_prefix)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the further properties: there may be secrets among them.
        f.debug_struct("Options")
            .field("brokers", &self.brokers)
            .field("topic_prefix", &self.topic_prefix)
            .field("event_partitions", &self.event_partitions)
            .field("dead_letter_partitions", &self.dead_letter_partitions)
            .field("replication", &self.replication)
            .field("retention", &self.retention)
            .field("assume_topic_config", &self.assume_topic_config)
            .finish_non_exhaustive()
    }
}
