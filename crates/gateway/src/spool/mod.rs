//! Where batches wait while the journal is away: on this disk, fsynced before they are answered, bounded, drained in order.
//!
//! The spool is a queue of segments, each an embedded journal of its own. The last one is appended to; the first one is drained,
//! and then its directory goes. Invariants: the spool is active exactly while it has a segment; a segment goes only when
//! everything in it is in the journal and nobody is appending.
//! What it is not: a second journal. Nobody reads it but the drain, and nothing stays in it.

mod drain;
mod segment;

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use journal::{
    Error, Journal, NewRecord, Topic,
    embedded::{EmbeddedJournal, Options as StoreOptions},
};
use tokio::sync::{Notify, RwLock};

pub(crate) use self::drain::drain;
use crate::metrics;

/// Most bytes of a segment, unless the bound is small.
const SEGMENT_BYTES: u64 = 256 << 20;
/// A segment is at most this part of the bound, so that a full spool takes events again long before it is empty.
const SEGMENTS_MIN: u64 = 8;
/// What a common batch takes, unless the bound is small: a spool that has no room for it is full.
const BATCH_BYTES: u64 = 64 << 10;
/// A common batch is at most this part of the bound.
const BATCHES_MIN: u64 = 64;
/// What a record weighs beside its bytes.
const RECORD_OVERHEAD: usize = 32;

/// How a spool behaves.
#[derive(Debug, Clone)]
pub struct SpoolOptions {
    /// Most bytes that wait; beyond it appends get `Error::Full`. On the disk it may be up to 128 MiB more.
    pub max_bytes: u64,
    /// How each segment is stored. Its partition counts and its retention are the spool's own.
    pub store: StoreOptions,
}

impl SpoolOptions {
    /// The defaults, with this bound in bytes.
    pub fn new(max_bytes: u64) -> SpoolOptions {
        SpoolOptions { max_bytes, store: StoreOptions::default() }
    }

    fn store(&self) -> StoreOptions {
        StoreOptions {
            event_partitions: 1,
            dead_letter_partitions: 1,
            retention: None,
            hold: None,
            ..self.store.clone()
        }
    }

    fn segment_bytes(&self) -> u64 {
        SEGMENT_BYTES.min(self.max_bytes / SEGMENTS_MIN).max(1)
    }
}

/// The spool of one process.
#[derive(Debug)]
pub struct Spool {
    root: PathBuf,
    options: SpoolOptions,
    /// Held for reading while somebody appends, so that who holds it for writing knows that nobody does.
    segments: RwLock<Segments>,
    is_active: AtomicBool,
    filled: Notify,
    /// Bytes of all segments and of appends under way.
    bytes: AtomicU64,
    /// When the oldest record that is not drained was appended, in milliseconds since the epoch; 0 when there is none.
    oldest_ms: AtomicI64,
}

/// The segments, in order.
#[derive(Debug)]
struct Segments {
    queue: VecDeque<Segment>,
    /// Number of the next one.
    next: u64,
}

#[derive(Debug)]
struct Segment {
    number: u64,
    bytes: AtomicU64,
    /// `None` while it only waits to be drained.
    log: Option<Arc<EmbeddedJournal>>,
    /// Whether it was made by this process: nothing is appended to what a crash may have left.
    is_ours: bool,
}

/// What is to be appended together: dead letters after the events.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) events: Vec<NewRecord>,
    pub(crate) dead_letters: Vec<NewRecord>,
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.dead_letters.is_empty()
    }

    fn bytes(&self) -> u64 {
        let headers =
            |record: &NewRecord| -> usize { record.headers.iter().map(|(name, value)| name.len() + value.len()).sum() };
        let bytes = |record: &NewRecord| RECORD_OVERHEAD + record.key.len() + record.value.len() + headers(record);
        self.events.iter().chain(&self.dead_letters).map(bytes).sum::<usize>() as u64
    }
}

/// Room that an append has taken; free again when it is dropped, unless it was kept.
struct Room<'a> {
    spool: &'a Spool,
    bytes: u64,
}

impl Room<'_> {
    /// The bytes are the segment's from now on.
    fn keep(mut self, segment: &Segment) {
        segment.bytes.fetch_add(self.bytes, Ordering::AcqRel);
        self.bytes = 0;
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.spool.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

/// How much waits in a spool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Bytes of its bound that are used.
    pub bytes: u64,
    /// Age of the oldest record that is not in the journal yet.
    pub oldest: Duration,
}

impl Spool {
    /// Opens the spool in a directory, and makes it if it is missing. What an earlier process left in it is drained before
    /// anything else. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// `Error::Unusable` if the directory cannot be used, or what is to be drained first is damaged.
    pub fn open(root: impl Into<PathBuf>, options: SpoolOptions) -> Result<Spool, Error> {
        let root = root.into();
        let unusable = |error| Error::Unusable(format!("the spool in {} cannot be used: {error}", root.display()));
        fs::create_dir_all(&root).map_err(unusable)?;
        let left = segment::left_over(&root).map_err(unusable)?;
        let next = left.last().map_or(1, |(number, _)| number + 1);
        let bytes = left.iter().map(|(_, bytes)| bytes).sum();
        let mut queue: VecDeque<Segment> = left
            .into_iter()
            .map(|(number, bytes)| Segment { number, bytes: bytes.into(), log: None, is_ours: false })
            .collect();
        if let Some(first) = queue.front_mut() {
            // Damage shall show at the start, when somebody looks.
            let log = EmbeddedJournal::open(segment::directory(&root, first.number), options.store())?;
            first.log = Some(Arc::new(log));
            tracing::info!(
                segments = queue.len(),
                bytes,
                "the spool holds what an earlier process took: it is drained first"
            );
        }
        let is_active = !queue.is_empty();
        let spool = Spool {
            root,
            options,
            segments: RwLock::new(Segments { queue, next }),
            is_active: is_active.into(),
            filled: Notify::new(),
            bytes: AtomicU64::new(bytes),
            oldest_ms: AtomicI64::new(0),
        };
        Ok(spool)
    }

    /// Whether a directory holds what an earlier process took and did not drain.
    pub fn is_left_in(root: &Path) -> bool {
        segment::is_any_left(root)
    }

    /// Whether anything may wait in it: then what comes goes behind it.
    pub(crate) fn is_active(&self) -> bool {
        self.is_active.load(Ordering::SeqCst)
    }

    /// How much waits.
    pub(crate) fn waiting(&self) -> Waiting {
        let oldest_ms = self.oldest_ms.load(Ordering::Relaxed);
        let age_ms = if oldest_ms == 0 { 0 } else { (now_ms() - oldest_ms).max(0) };
        Waiting { bytes: self.bytes.load(Ordering::Acquire), oldest: Duration::from_millis(age_ms.unsigned_abs()) }
    }

    /// Whether it would take a common batch now.
    ///
    /// # Errors
    /// `Error::Full` if not.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.take_room(BATCH_BYTES.min(self.options.max_bytes / BATCHES_MIN))?;
        self.check_disk()
    }

    /// Appends a batch. When this returns, it is on the disk. `why` is said if the spool was empty.
    ///
    /// # Errors
    /// `Error::Full` if there is no room, within the bound or on the disk; as for the embedded journal if the disk fails.
    pub(crate) async fn append(self: &Arc<Self>, batch: Batch, why: Option<&Error>) -> Result<(), Error> {
        let room = self.take_room(batch.bytes())?;
        loop {
            let segments = self.segments.read().await;
            let Some((segment, log)) = segments.tail(self.options.segment_bytes()) else {
                drop(segments);
                let (spool, reason) = (Arc::clone(self), why.map(ToString::to_string).unwrap_or_default());
                // On its own: whoever asked may hang up, and what was begun has to come into the queue all the same.
                let begun = tokio::spawn(async move { spool.begin_segment(&reason).await }).await;
                begun.unwrap_or_else(|error| Err(Error::Away(format!("a segment was not begun: {error}"))))?;
                continue;
            };
            let events = batch.events.len();
            for (topic, records) in [(Topic::Events, batch.events), (Topic::DeadLetters, batch.dead_letters)] {
                log.append(topic, records).await?;
            }
            room.keep(segment);
            // Where it fails, an older one waits already.
            self.oldest_ms.compare_exchange(0, now_ms(), Ordering::Relaxed, Ordering::Relaxed).ok();
            metrics::SPOOLED.add(events as u64);
            return Ok(());
        }
    }

    fn take_room(&self, bytes: u64) -> Result<Room<'_>, Error> {
        let max = self.options.max_bytes;
        let taken = self.bytes.fetch_update(Ordering::AcqRel, Ordering::Acquire, |used| {
            used.checked_add(bytes).filter(|total| *total <= max)
        });
        taken.map(|_| Room { spool: self, bytes }).map_err(|used| {
            Error::Full(format!("{used} of the {max} bytes of the spool are used: gateway.spool_max allows more"))
        })
    }

    /// Whether the disk has room for another segment. One that is there says so by itself.
    fn check_disk(&self) -> Result<(), Error> {
        let store = &self.options.store;
        match (store.free_space)(&self.root) {
            Ok(free) if free < store.reserve_bytes => Err(Error::Full(format!(
                "{free} bytes are free on the disk of {}, and {} are kept in reserve; free some space",
                self.root.display(),
                store.reserve_bytes
            ))),
            // Not knowing is no reason to refuse: a full disk shows when it is written to.
            _ => Ok(()),
        }
    }

    /// Begins a segment, unless somebody just has.
    async fn begin_segment(&self, reason: &str) -> Result<(), Error> {
        let mut segments = self.segments.write().await;
        if segments.tail(self.options.segment_bytes()).is_some() {
            return Ok(());
        }
        self.check_disk()?;
        // The first one may be being drained; others are opened again when it is their turn.
        let full =
            if segments.queue.len() > 1 { segments.queue.back_mut().and_then(|last| last.log.take()) } else { None };
        let number = segments.next;
        segments.next += 1;
        let (root, store) = (self.root.clone(), self.options.store());
        let log = blocking(move || {
            drop(full);
            segment::begin(&root, number, store)
        });
        let log = Some(Arc::new(log.await?));
        if segments.queue.is_empty() {
            tracing::warn!(reason, "the journal does not take events: they go to the spool");
        }
        segments.queue.push_back(Segment { number, bytes: AtomicU64::new(0), log, is_ours: true });
        self.is_active.store(true, Ordering::SeqCst);
        self.filled.notify_one();
        Ok(())
    }
}

impl Segments {
    /// The segment that takes appends, if there is one with room.
    fn tail(&self, bytes_max: u64) -> Option<(&Segment, &EmbeddedJournal)> {
        let last = self.queue.back().filter(|last| last.is_ours && last.bytes.load(Ordering::Acquire) < bytes_max)?;
        Some((last, last.log.as_deref()?))
    }
}

/// Runs `work` where it may wait for the disk.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let outcome = tokio::task::spawn_blocking(work).await;
    outcome.unwrap_or_else(|error| Err(Error::Away(format!("the work on the spool was abandoned: {error}"))))
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
