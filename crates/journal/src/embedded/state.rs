//! What readers and the writer share: the opened store and where each partition stands.

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::watch;

use super::{
    Options, batch,
    store::{Outcome, Slot, Store},
    tail,
    times::Times,
};
use crate::{Error, Offsets, Topic};

/// Where one partition stands. Only what is durable is in it.
#[derive(Debug, Default)]
pub(super) struct Partition {
    pub(super) first: u64,
    pub(super) next: u64,
    pub(super) times: Times,
}

/// Shared by the handle and the writer thread.
pub(super) struct Shared {
    pub(super) dir: PathBuf,
    pub(super) options: Options,
    /// `None` while the store is closed because it failed; the writer opens it again.
    store: RwLock<Option<Store>>,
    partitions: [Vec<Mutex<Partition>>; Topic::ALL.len()],
    /// A new value says that the topic may have new records.
    pub(super) news: [watch::Sender<()>; Topic::ALL.len()],
    /// Bytes of requests that the writer has not answered yet.
    pub(super) queued: AtomicUsize,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queued = self.queued.load(Ordering::Relaxed);
        f.debug_struct("Shared").field("dir", &self.dir).field("queued_bytes", &queued).finish_non_exhaustive()
    }
}

impl Shared {
    /// Opens the store in `dir`, whose lock the caller holds.
    pub(super) fn open(dir: PathBuf, options: Options) -> Result<Shared, Error> {
        let counts = Topic::ALL.map(|topic| options.partitions_of(topic));
        let shared = Shared {
            dir,
            options,
            store: RwLock::new(None),
            partitions: counts.map(|count| (0..count).map(|_| Mutex::default()).collect()),
            news: Topic::ALL.map(|_| watch::Sender::new(())),
            queued: AtomicUsize::new(0),
        };
        shared.reopen()?;
        Ok(shared)
    }

    /// Closes the store if it is open, mends what a crash left, opens it, and learns where the partitions stand.
    pub(super) fn reopen(&self) -> Result<(), Error> {
        let mut slot = self.store.write().expect("no holder of this lock panics");
        // The old one must be gone first: it holds the storage crate's own lock.
        *slot = None;
        let folder = self.dir.join("store");
        match tail::mend(&folder) {
            Ok(None) => {}
            Ok(Some(cut)) => tracing::warn!(
                file = %cut.file.display(), position = cut.at, bytes = cut.bytes,
                "the last write to the journal was incomplete and was cut off; nothing acknowledged was in it"
            ),
            Err(tail::Refusal::Io(error)) => return Err(self.unusable(&error)),
            Err(tail::Refusal::Damaged { file, at }) => {
                return Err(Error::Unusable(format!(
                    "{} is damaged at byte {at}, ahead of records that were acknowledged: restore the directory {} from a copy, \
                     or move it away and begin anew",
                    file.display(),
                    self.dir.display()
                )));
            }
        }
        let mut store = Store::open(&folder).map_err(|error| self.unusable(&error))?;
        self.open_topics(&mut store)?;
        for topic in Topic::ALL {
            for partition in 0..self.partitions(topic) {
                let slot = Slot { topic, partition };
                let found = recover(&store, slot).map_err(|error| self.unusable(&error))?;
                *self.partition(slot) = found;
            }
        }
        *slot = Some(store);
        drop(slot);
        // A change whose fate was open may have been found.
        self.news.iter().for_each(|news| news.send_replace(()));
        Ok(())
    }

    fn open_topics(&self, store: &mut Store) -> Result<(), Error> {
        let mut created = Vec::new();
        for topic in Topic::ALL {
            let asked = self.partitions(topic);
            match store.partitions(topic).map_err(|error| self.unusable(&error))? {
                Some(held) if held != asked => {
                    return Err(Error::Unusable(format!(
                        "the journal in {} has {held} partitions of {}, and {asked} were asked for: a journal's partitions never \
                         change; configure {held}, or use another directory",
                        self.dir.display(),
                        topic.name()
                    )));
                }
                Some(_) => {}
                None => created.push((topic, asked)),
            }
            store.open_topic(topic, asked).map_err(|error| self.unusable(&error))?;
        }
        let mut change = store.change();
        for (topic, asked) in created {
            change.set_partitions(topic, asked);
        }
        if change.is_empty() { Ok(()) } else { change.commit().map_err(|error| self.unusable(&error)) }
    }

    fn unusable(&self, error: &dyn fmt::Display) -> Error {
        Error::Unusable(format!("the journal in {} cannot be opened: {error}", self.dir.display()))
    }

    pub(super) fn partitions(&self, topic: Topic) -> u16 {
        u16::try_from(self.partitions[topic as usize].len()).expect("counts are given as u16")
    }

    /// The slot of a partition, or an error if the topic has no such partition.
    pub(super) fn slot(&self, topic: Topic, partition: u16) -> Result<Slot, Error> {
        if partition < self.partitions(topic) {
            return Ok(Slot { topic, partition });
        }
        Err(Error::Unusable(format!("{} has no partition {partition}", topic.name())))
    }

    pub(super) fn partition(&self, slot: Slot) -> MutexGuard<'_, Partition> {
        let partition = &self.partitions[slot.topic as usize][usize::from(slot.partition)];
        partition.lock().expect("no holder of this lock panics")
    }

    pub(super) fn offsets(&self, slot: Slot) -> Offsets {
        let partition = self.partition(slot);
        Offsets { first: partition.first, next: partition.next }
    }

    /// Gives the open store to `work`.
    pub(super) fn with_store<T>(&self, work: impl FnOnce(&Store) -> Outcome<T>) -> Result<T, Error> {
        let store = self.store.read().expect("no holder of this lock panics");
        let store =
            store.as_ref().ok_or_else(|| Error::Away("its store failed and is being opened again".to_owned()))?;
        work(store).map_err(|error| Error::Away(error.to_string()))
    }

    /// As `with_store`, with the storage crate's own error, for the writer to judge.
    pub(super) fn write(&self, work: impl FnOnce(&Store) -> Outcome<()>) -> Outcome<()> {
        let store = self.store.read().expect("no holder of this lock panics");
        store.as_ref().map_or(Err(fjall::Error::Poisoned), work)
    }

    /// Whether the store failed and could not be opened again yet.
    pub(super) fn is_closed(&self) -> bool {
        self.store.read().expect("no holder of this lock panics").is_none()
    }
}

/// Where a partition stands, from its last batch and the end of its time index: the log is not scanned.
fn recover(store: &Store, slot: Slot) -> Outcome<Partition> {
    let first = store.first(slot)?.unwrap_or(0);
    let last = store.last_batch(slot)?;
    let mut next = first;
    if let Some((base, stored)) = last {
        let head = batch::Head::of(&stored).ok_or(fjall::Error::Unrecoverable)?;
        next = next.max(base + u64::from(head.count));
    }
    let mut times = Times::from_entries(store.times(slot)?);
    for entry in store.batches(slot, times.resume_at().max(first)) {
        let (_, stored) = entry?;
        let head = batch::Head::of(&stored).ok_or(fjall::Error::Unrecoverable)?;
        times.note(None, head.append_time_ms, stored.len());
    }
    Ok(Partition { first, next, times })
}
