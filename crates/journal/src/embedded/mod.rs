//! The embedded journal: durable, in one directory, for one process at a time.
//!
//! Invariants: one thread writes, and every change is fsynced before the next begins and before anyone is answered or can read
//! it; offsets are dense within a partition; all records of one stored batch have one append time. What it is not: a broker.
//! One process owns the directory, and every partition with it.

mod batch;
mod retention;
mod state;
mod store;
mod tail;
#[cfg(test)]
mod tests;
mod times;
mod writer;

use std::{
    fmt, fs,
    fs::{File, TryLockError},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering, mpsc},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::oneshot;

pub use self::retention::{Hold, Needs};
use self::{
    state::Shared,
    store::{Outcome, Slot},
    writer::Request,
};
use crate::{Appended, BoxFuture, Commit, Error, Journal, NewRecord, Offsets, ReadLimit, Record, Topic};

/// Most bytes of one record with its headers.
const RECORD_BYTES_MAX: usize = 64 << 20;
/// What a commit weighs in the queue beside its metadata.
const COMMIT_BYTES: usize = 64;

/// Milliseconds since the epoch.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;
/// Free bytes on the disk of a path.
pub type FreeSpace = Arc<dyn Fn(&Path) -> io::Result<u64> + Send + Sync>;

/// How an embedded journal behaves. Partition counts hold for the life of the directory.
#[derive(Clone)]
pub struct Options {
    /// Partitions of the events topic (default 4).
    pub event_partitions: u16,
    /// Partitions of the dead letters (default 1).
    pub dead_letter_partitions: u16,
    /// Age at which events and dead letters are dropped, in whole batches (default 7 days); `None` keeps them for ever.
    pub retention: Option<Duration>,
    /// The consumer whose unfinished work retention spares (default: none).
    pub hold: Option<Hold>,
    /// Most bytes of appends and commits that wait to be written; beyond it they get `Error::Full` (default 64 MiB).
    pub queue_bytes: usize,
    /// Appends get `Error::Full` while the disk has fewer free bytes than this (default 512 MiB), so that the store can always
    /// finish what it has begun.
    pub reserve_bytes: u64,
    /// Where append times come from (default: the system's clock). May step backwards.
    pub clock: Clock,
    /// How free space is found out (default: `statvfs`).
    pub free_space: FreeSpace,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            event_partitions: 4,
            dead_letter_partitions: 1,
            retention: Some(Duration::from_secs(7 * 24 * 60 * 60)),
            hold: None,
            queue_bytes: 64 << 20,
            reserve_bytes: 512 << 20,
            clock: Arc::new(system_clock),
            free_space: Arc::new(free_space),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("event_partitions", &self.event_partitions)
            .field("dead_letter_partitions", &self.dead_letter_partitions)
            .field("retention", &self.retention)
            .field("hold", &self.hold)
            .field("queue_bytes", &self.queue_bytes)
            .field("reserve_bytes", &self.reserve_bytes)
            .finish_non_exhaustive()
    }
}

impl Options {
    fn partitions_of(&self, topic: Topic) -> u16 {
        match topic {
            Topic::Events => self.event_partitions,
            Topic::DeadLetters => self.dead_letter_partitions,
            Topic::Control => 1,
        }
    }
}

fn system_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn free_space(path: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// The embedded journal. Dropping it writes what was asked before, and lets go of the directory.
#[derive(Debug)]
pub struct EmbeddedJournal {
    shared: Arc<Shared>,
    /// `Some` until dropped: the writer ends when there is no sender left.
    requests: Option<mpsc::Sender<Request>>,
    writer: Option<thread::JoinHandle<()>>,
    /// Held while the directory is in use; released when the file is closed.
    _lock: File,
}

impl EmbeddedJournal {
    /// Opens the journal in `dir`, creating both if need be. What a crash left half-written at the end is cut off, with a
    /// warning; nothing acknowledged is in it. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// `Error::Unusable` if the directory is in use by another process, cannot be read or written, is damaged, or has other
    /// partition counts; the message says which, and what to do.
    pub fn open(dir: impl Into<PathBuf>, options: Options) -> Result<EmbeddedJournal, Error> {
        let dir = dir.into();
        if options.event_partitions == 0 || options.dead_letter_partitions == 0 {
            return Err(Error::Unusable("a topic needs at least one partition".to_owned()));
        }
        let lock = lock(&dir)?;
        let shared = Arc::new(Shared::open(dir, options)?);
        let (requests, received) = mpsc::channel();
        let writer = thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || writer::run(&shared, &received)
            })
            .map_err(|error| Error::Unusable(format!("the journal's writer cannot be started: {error}")))?;
        Ok(EmbeddedJournal { shared, requests: Some(requests), writer: Some(writer), _lock: lock })
    }

    /// Drops what is older than the retention now instead of within seconds; resolves to the number of batches dropped.
    ///
    /// # Errors
    /// As for an append.
    pub async fn apply_retention(&self) -> Result<usize, Error> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Retain { reply }, 0)?;
        answered(answer).await
    }

    /// Queues a request if there is room for its bytes. One that is larger than the whole queue is taken when it is alone.
    fn ask(&self, request: Request, bytes: usize) -> Result<(), Error> {
        let limit = self.shared.options.queue_bytes;
        let taken = self.shared.queued.fetch_update(Ordering::AcqRel, Ordering::Acquire, |queued| {
            (queued == 0 || queued.saturating_add(bytes) <= limit).then(|| queued.saturating_add(bytes))
        });
        if taken.is_err() {
            return Err(Error::Full(format!("{limit} bytes wait to be written already")));
        }
        let requests = self.requests.as_ref().expect("the sender is there until the journal is dropped");
        requests.send(request).map_err(|_| Error::Unusable("the journal's writer has ended".to_owned()))
    }
}

impl Drop for EmbeddedJournal {
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the journal's writer ended in a panic");
        }
    }
}

/// Takes the directory for this process.
fn lock(dir: &Path) -> Result<File, Error> {
    let unusable = |error: &dyn fmt::Display| {
        Error::Unusable(format!(
            "the journal's directory {} cannot be used: {error}; give a directory that this user may write to",
            dir.display()
        ))
    };
    // Events are personal data: nobody but the owner may enter what is made here.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|error| unusable(&error))?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join("journal.lock"))
        .map_err(|error| unusable(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Unusable(format!(
            "the journal in {} is in use by another process: stop that process, or give this one another directory",
            dir.display()
        ))),
        Err(TryLockError::Error(error)) => Err(unusable(&error)),
    }
}

async fn answered<T>(answer: oneshot::Receiver<Result<T, Error>>) -> Result<T, Error> {
    answer.await.unwrap_or_else(|_| Err(Error::Ambiguous("the journal's writer ended before it answered".to_owned())))
}

/// Runs `work` where it may wait for the disk.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let outcome = tokio::task::spawn_blocking(work).await;
    outcome.unwrap_or_else(|error| Err(Error::Away(format!("a read was abandoned: {error}"))))
}

impl Journal for EmbeddedJournal {
    fn partitions(&self, topic: Topic) -> u16 {
        self.shared.partitions(topic)
    }

    fn append(&self, topic: Topic, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Appended>, Error>> {
        Box::pin(async move {
            let bytes = writer::check(&records)?;
            if records.is_empty() {
                return Ok(Vec::new());
            }
            let (reply, answer) = oneshot::channel();
            self.ask(Request::Append { topic, records, bytes, reply }, bytes)?;
            answered(answer).await
        })
    }

    fn read(
        &self,
        topic: Topic,
        partition: u16,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<Record>, Error>> {
        Box::pin(async move {
            let slot = self.shared.slot(topic, partition)?;
            let held = self.shared.offsets(slot);
            if from >= held.next {
                return Ok(Vec::new());
            }
            let shared = Arc::clone(&self.shared);
            blocking(move || read(&shared, slot, from, limit)).await
        })
    }

    fn wait_beyond(&self, topic: Topic, seen: Vec<u64>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut news = self.shared.news[topic as usize].subscribe();
            loop {
                news.borrow_and_update();
                let has_more = (0..self.shared.partitions(topic)).any(|partition| {
                    let seen = seen.get(usize::from(partition)).copied().unwrap_or(0);
                    self.shared.offsets(Slot { topic, partition }).next > seen
                });
                if has_more || news.changed().await.is_err() {
                    return;
                }
            }
        })
    }

    fn offsets(&self, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Offsets, Error>> {
        Box::pin(async move { Ok(self.shared.offsets(self.shared.slot(topic, partition)?)) })
    }

    fn offset_for_time(&self, topic: Topic, partition: u16, at_ms: i64) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(async move {
            let slot = self.shared.slot(topic, partition)?;
            let shared = Arc::clone(&self.shared);
            blocking(move || offset_for_time(&shared, slot, at_ms)).await
        })
    }

    fn commit(&self, group: &str, topic: Topic, partition: u16, commit: Commit) -> BoxFuture<'_, Result<(), Error>> {
        let group = group.to_owned();
        Box::pin(async move {
            let slot = self.shared.slot(topic, partition)?;
            let bytes = COMMIT_BYTES + group.len() + commit.metadata.len();
            let (reply, answer) = oneshot::channel();
            self.ask(Request::Commit { group, slot, commit, bytes, reply }, bytes)?;
            answered(answer).await
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let shared = Arc::clone(&self.shared);
            blocking(move || shared.check()).await
        })
    }

    fn accepts(&self, _topic: Topic, records: &[NewRecord]) -> Result<(), Error> {
        writer::check(records).map(|_| ())
    }

    fn committed(&self, group: &str, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Option<Commit>, Error>> {
        let group = group.to_owned();
        Box::pin(async move {
            let slot = self.shared.slot(topic, partition)?;
            let shared = Arc::clone(&self.shared);
            blocking(move || shared.with_store(|store| store.committed(&group, slot))).await
        })
    }
}

fn damaged(slot: Slot, offset: u64) -> Error {
    let (topic, partition) = (slot.topic.name(), slot.partition);
    Error::Unusable(format!(
        "{topic} partition {partition}: the batch that holds offset {offset} is damaged or missing"
    ))
}

fn read(shared: &Shared, slot: Slot, from: u64, limit: ReadLimit) -> Result<Vec<Record>, Error> {
    let Offsets { first, next } = shared.offsets(slot);
    let gone = |first| Error::OffsetGone { topic: slot.topic, partition: slot.partition, offset: from, first };
    if from < first {
        return Err(gone(first));
    }
    let mut records: Vec<Record> = Vec::new();
    let mut bytes = 0_usize;
    let found = shared.with_store(|store| {
        let mut wanted = from;
        for entry in store.batches(slot, from) {
            let (base, stored) = entry?;
            if base >= next {
                break;
            }
            let Some(mut batch) = batch::records(stored, base) else { return Outcome::Ok(Err(wanted)) };
            batch.skip_to(from);
            for record in batch {
                if record.offset != wanted {
                    return Ok(Err(wanted));
                }
                let more = record.key.len() + record.value.len();
                if !records.is_empty() && (records.len() >= limit.records || bytes + more > limit.bytes) {
                    return Ok(Ok(()));
                }
                bytes += more;
                wanted += 1;
                records.push(record);
            }
        }
        Ok(if wanted == from && from < next { Err(from) } else { Ok(()) })
    })?;
    // Retention may have passed by meanwhile; then what is missing is no damage.
    let first = shared.offsets(slot).first;
    if from < first {
        return Err(gone(first));
    }
    found.map_err(|offset| damaged(slot, offset)).map(|()| records)
}

fn offset_for_time(shared: &Shared, slot: Slot, at_ms: i64) -> Result<Option<u64>, Error> {
    let (from, next) = {
        let partition = shared.partition(slot);
        if partition.times.is_beyond(at_ms) {
            return Ok(None);
        }
        (partition.times.look_from(at_ms).max(partition.first), partition.next)
    };
    shared.with_store(|store| {
        for entry in store.batches(slot, from) {
            let (base, stored) = entry?;
            if base >= next {
                break;
            }
            let head = batch::Head::of(&stored).ok_or(fjall::Error::Unrecoverable)?;
            if head.append_time_ms >= at_ms {
                return Ok(Some(base));
            }
        }
        Ok(None)
    })
}
