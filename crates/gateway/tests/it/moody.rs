//! A journal whose brokers come and go.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use journal::{Appended, BoxFuture, Commit, Error, Journal, NewRecord, Offsets, ReadLimit, Record, Topic};
use testkit::{MemoryJournal, MemoryOptions};

/// What becomes of an append of events or dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Takes,
    Away,
    /// The error says that nobody knows, and nothing of it is in.
    AmbiguousLost,
    /// The error says that nobody knows, and it is in.
    AmbiguousTaken,
    /// No answer ever comes, and nothing of it is in.
    Silent,
    /// No answer ever comes, and it is in.
    SilentTaken,
}

/// A journal whose brokers come and go; the control topic is always there.
#[derive(Debug)]
pub(crate) struct Moody {
    pub(crate) inner: MemoryJournal,
    pub(crate) mode: Mutex<Mode>,
    /// Appends that were asked for.
    pub(crate) attempts: AtomicUsize,
}

/// Larger records are refused.
pub(crate) const RECORD_MAX: usize = 10_000;

impl Moody {
    pub(crate) fn new(event_partitions: u16) -> Arc<Moody> {
        let inner = MemoryJournal::new(MemoryOptions { event_partitions, ..MemoryOptions::default() });
        Arc::new(Moody { inner, mode: Mutex::new(Mode::Takes), attempts: AtomicUsize::new(0) })
    }

    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    /// The records of a topic as texts, in the order in which they came to each partition.
    pub(crate) fn values(&self, topic: Topic) -> Vec<String> {
        let records = self.inner.records(topic).concat();
        records.iter().map(|record| String::from_utf8(record.value.to_vec()).unwrap()).collect()
    }

    /// The texts without copies, in the order of the first of each.
    pub(crate) fn once(&self, topic: Topic) -> Vec<String> {
        let mut seen = BTreeSet::new();
        self.values(topic).into_iter().filter(|value| seen.insert(value.clone())).collect()
    }
}

impl Journal for Moody {
    fn partitions(&self, topic: Topic) -> u16 {
        self.inner.partitions(topic)
    }
    fn append(&self, topic: Topic, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Appended>, Error>> {
        if topic == Topic::Control {
            return self.inner.append(topic, records);
        }
        Box::pin(async move {
            self.accepts(topic, &records)?;
            let mode = *self.mode.lock().unwrap();
            self.attempts.fetch_add(1, Ordering::Relaxed);
            let nobody_knows = || Error::Ambiguous("nobody knows".to_owned());
            match mode {
                Mode::Takes => self.inner.append(topic, records).await,
                Mode::Away => Err(Error::Away("no broker".to_owned())),
                Mode::AmbiguousLost => Err(nobody_knows()),
                Mode::AmbiguousTaken => self.inner.append(topic, records).await.and(Err(nobody_knows())),
                Mode::Silent => std::future::pending().await,
                Mode::SilentTaken => {
                    self.inner.append(topic, records).await?;
                    std::future::pending().await
                }
            }
        })
    }
    fn accepts(&self, _topic: Topic, records: &[NewRecord]) -> Result<(), Error> {
        let is_too_large = records.iter().any(|record| record.value.len() > RECORD_MAX);
        if is_too_large { Err(Error::Unusable("a record is too large".to_owned())) } else { Ok(()) }
    }
    fn read(
        &self,
        topic: Topic,
        partition: u16,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<Record>, Error>> {
        self.inner.read(topic, partition, from, limit)
    }
    fn wait_beyond(&self, topic: Topic, seen: Vec<u64>) -> BoxFuture<'_, ()> {
        self.inner.wait_beyond(topic, seen)
    }
    fn offsets(&self, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Offsets, Error>> {
        self.inner.offsets(topic, partition)
    }
    fn offset_for_time(&self, topic: Topic, partition: u16, at_ms: i64) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        self.inner.offset_for_time(topic, partition, at_ms)
    }
    fn commit(&self, group: &str, topic: Topic, partition: u16, commit: Commit) -> BoxFuture<'_, Result<(), Error>> {
        self.inner.commit(group, topic, partition, commit)
    }
    fn check(&self) -> BoxFuture<'_, Result<(), Error>> {
        let is_away = *self.mode.lock().unwrap() == Mode::Away;
        Box::pin(async move { if is_away { Err(Error::Away("no broker".to_owned())) } else { Ok(()) } })
    }
    fn committed(&self, group: &str, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Option<Commit>, Error>> {
        self.inner.committed(group, topic, partition)
    }
}
