//! What a worker is given.

use std::{fmt, sync::Arc, time::Duration};

use delivery::Settings;
use journal::{Journal, ReadLimit};
use warehouse::Sink;

use crate::{Erasures, Idle, Registry, Status};

/// A wall clock: milliseconds since the epoch. It decides when, never what.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A worker's bounds and intervals.
#[derive(Debug, Clone)]
pub struct Options {
    /// S, L, J: belong to the generation of the tables.
    pub settings: Settings,
    /// Generation of the tables.
    pub generation: u32,
    /// Name of the consumer group.
    pub group: String,
    /// Time a row waits for its flush when the warehouse is at ease.
    pub flush_interval: Duration,
    /// Time it waits at most, however busy the warehouse is.
    pub flush_interval_max: Duration,
    /// Most raw rows of a flush.
    pub flush_rows: usize,
    /// Most bytes of records of a flush, give or take one read: an insert's body must stay well below what a server takes.
    pub flush_bytes: usize,
    /// Bounds of one read of a partition.
    pub read: ReadLimit,
    /// A partition without news for this long is sealed to its end.
    pub idle_seal_after: Duration,
    /// How long the journal keeps events; None for ever.
    pub retention_ms: Option<i64>,
    /// Most conversations and events of theirs that may wait to be derived before consuming pauses.
    pub derive_backlog: usize,
    /// Most partitions that are taken over at the same time, beside the folding of the others.
    pub takeovers_at_once: usize,
    /// A partition that was refused is tried again after this time.
    pub refused_again_after: Duration,
    /// About half of the events that are kept to derive their conversations again without reading.
    pub resident_events: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            settings: Settings::default(),
            generation: 1,
            group: "rapport-worker".to_owned(),
            flush_interval: Duration::from_millis(300),
            flush_interval_max: Duration::from_millis(1_000),
            flush_rows: 50_000,
            flush_bytes: 32 << 20,
            read: ReadLimit { records: 4_000, bytes: 8 << 20 },
            idle_seal_after: Duration::from_secs(30),
            retention_ms: None,
            derive_backlog: 200_000,
            takeovers_at_once: 8,
            refused_again_after: Duration::from_secs(60),
            resident_events: 100_000,
        }
    }
}

impl Options {
    /// Time a row waits for the next flush after one that took `last`. Each flush has a cost of its own, in statements, parts
    /// and merges: a warehouse that is slow to take them gets fewer and larger ones.
    pub(crate) fn interval_after(&self, last: Duration) -> Duration {
        (last * 3).clamp(self.flush_interval, self.flush_interval_max.max(self.flush_interval))
    }
}

/// What a worker works on.
#[derive(Clone)]
pub struct Deps {
    /// The event log.
    pub journal: Arc<dyn Journal>,
    /// The warehouse.
    pub sink: Arc<dyn Sink>,
    /// Where schemas of other writers are kept; None where there are only the built-in ones.
    pub registry: Option<Arc<dyn Registry>>,
    /// Who asked to be forgotten; None where nobody can.
    pub erasures: Option<Erasures>,
    /// How the projects' chats are cut.
    pub idle: Idle,
    /// The wall clock.
    pub clock: Clock,
    /// Bounds and intervals.
    pub options: Options,
    /// What the worker says of its partitions, for whoever looks.
    pub status: Status,
}

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("journal", &self.journal).field("sink", &self.sink).finish_non_exhaustive()
    }
}
