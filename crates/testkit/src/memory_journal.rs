//! A journal in memory, with a clock that the test sets and faults that the test orders.
//!
//! It keeps the same promises as every adapter (it passes the conformance suite), and breaks them only where it is told to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use journal::{
    Appended, BoxFuture, Commit, Error, Journal, Member, NewRecord, Offsets, ReadLimit, Record, Sole, Topic,
    TopicPartition, partition_of,
};
use tokio::sync::watch;

use crate::memory_group::{MemoryGroup, Seat};

/// How a `MemoryJournal` begins.
#[derive(Debug, Clone)]
pub struct MemoryOptions {
    /// Partitions of the events topic (default 4); the other topics have one.
    pub event_partitions: u16,
    /// The clock at the beginning, in milliseconds since the epoch (default 1,700,000,000,000).
    pub start_ms: i64,
    /// How long each read of records takes, in milliseconds (default 0).
    pub read_ms: u64,
}

impl Default for MemoryOptions {
    fn default() -> Self {
        MemoryOptions { event_partitions: 4, start_ms: 1_700_000_000_000, read_ms: 0 }
    }
}

/// Faults to come. Each counter is used up by the calls that it spoils.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// That many appends take effect, and are answered with `Error::Ambiguous`.
    pub append_ambiguous_taken: u32,
    /// That many appends have no effect, and are answered with `Error::Ambiguous`.
    pub append_ambiguous_lost: u32,
    /// That many appends are refused with `Error::Full`.
    pub append_full: u32,
    /// That many reads fail with `Error::Away`.
    pub read_away: u32,
    /// That many commits take effect, and are answered with `Error::Ambiguous`.
    pub commit_ambiguous_taken: u32,
    /// That many commits have no effect, and are answered with `Error::Ambiguous`.
    pub commit_ambiguous_lost: u32,
    /// Added to the clock at each coming append, one by one, in milliseconds: steps of the clock that stay.
    pub append_time_steps_ms: Vec<i64>,
    /// Everything fails with `Error::Away` while this is set.
    pub is_away: bool,
}

/// A journal in memory. Clones share it.
#[derive(Debug, Clone)]
pub struct MemoryJournal {
    shared: Arc<Shared>,
    /// Place in a group; without one, whoever joins owns everything.
    seat: Option<Seat>,
}

#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    read_ms: u64,
    news: watch::Sender<()>,
}

#[derive(Debug)]
struct Inner {
    now_ms: i64,
    topics: BTreeMap<Topic, Vec<Partition>>,
    commits: BTreeMap<(String, Topic, u16), Commit>,
    faults: Faults,
}

#[derive(Debug, Default)]
struct Partition {
    first: u64,
    records: Vec<Record>,
}

impl Partition {
    fn next(&self) -> u64 {
        self.first + self.records.len() as u64
    }
}

/// Uses up one of a fault's counter.
fn strikes(counter: &mut u32) -> bool {
    let strikes = *counter > 0;
    *counter = counter.saturating_sub(1);
    strikes
}

fn ambiguous() -> Error {
    Error::Ambiguous("a fault that the test ordered".to_owned())
}

fn away() -> Error {
    Error::Away("a fault that the test ordered".to_owned())
}

impl Default for MemoryJournal {
    fn default() -> Self {
        MemoryJournal::new(MemoryOptions::default())
    }
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new(options: MemoryOptions) -> MemoryJournal {
        let count = |topic| if topic == Topic::Events { options.event_partitions } else { 1 };
        let topics = Topic::ALL.map(|topic| (topic, (0..count(topic)).map(|_| Partition::default()).collect()));
        let inner = Inner {
            now_ms: options.start_ms,
            topics: topics.into_iter().collect(),
            commits: BTreeMap::new(),
            faults: Faults::default(),
        };
        let (inner, read_ms) = (Mutex::new(inner), options.read_ms);
        MemoryJournal { shared: Arc::new(Shared { inner, read_ms, news: watch::Sender::new(()) }), seat: None }
    }

    /// The journal as one member of a group sees it, and the member's number there. It joins once.
    pub fn member_of(&self, group: &MemoryGroup) -> (MemoryJournal, u64) {
        let (seat, id) = group.seat();
        (MemoryJournal { shared: Arc::clone(&self.shared), seat: Some(seat) }, id)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.shared.inner.lock().expect("no holder of this lock panics")
    }

    /// The clock, in milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        self.inner().now_ms
    }

    /// Sets the clock; may step backwards.
    pub fn set_now_ms(&self, now_ms: i64) {
        self.inner().now_ms = now_ms;
    }

    /// Moves the clock by that many milliseconds.
    pub fn advance_ms(&self, by_ms: i64) {
        self.inner().now_ms += by_ms;
    }

    /// Orders faults, in place of those ordered before; answers what was left of them.
    pub fn set_faults(&self, faults: Faults) -> Faults {
        std::mem::replace(&mut self.inner().faults, faults)
    }

    /// Retention: drops the records of a partition below `first`.
    pub fn cut(&self, topic: Topic, partition: u16, first: u64) {
        let mut inner = self.inner();
        let Some(partition) = inner.topics.get_mut(&topic).and_then(|all| all.get_mut(usize::from(partition))) else {
            return;
        };
        let gone = first.clamp(partition.first, partition.next()) - partition.first;
        partition.records.drain(..gone as usize);
        partition.first += gone;
    }

    /// Every record of a topic that is still held, by partition.
    pub fn records(&self, topic: Topic) -> Vec<Vec<Record>> {
        self.inner().topics[&topic].iter().map(|partition| partition.records.clone()).collect()
    }

    /// Sets a group's commit as someone else would, past every fault: a rewind, or a frozen worker that woke up.
    pub fn force_commit(&self, group: &str, topic: Topic, partition: u16, commit: Option<Commit>) {
        let key = (group.to_owned(), topic, partition);
        let mut inner = self.inner();
        match commit {
            Some(commit) => inner.commits.insert(key, commit),
            None => inner.commits.remove(&key),
        };
    }
}

impl Inner {
    fn partition(&self, topic: Topic, partition: u16) -> Result<&Partition, Error> {
        if self.faults.is_away {
            return Err(away());
        }
        let found = self.topics[&topic].get(usize::from(partition));
        found.ok_or_else(|| Error::Unusable(format!("{} has no partition {partition}", topic.name())))
    }

    fn append(&mut self, topic: Topic, records: Vec<NewRecord>) -> Result<Vec<Appended>, Error> {
        if self.faults.is_away {
            return Err(away());
        }
        if strikes(&mut self.faults.append_full) {
            return Err(Error::Full("a fault that the test ordered".to_owned()));
        }
        if strikes(&mut self.faults.append_ambiguous_lost) {
            return Err(ambiguous());
        }
        if !self.faults.append_time_steps_ms.is_empty() {
            self.now_ms += self.faults.append_time_steps_ms.remove(0);
        }
        let append_time_ms = self.now_ms;
        let partitions = self.topics.get_mut(&topic).expect("every topic is there");
        let count = u16::try_from(partitions.len()).expect("the count was given as u16");
        let appended = records
            .into_iter()
            .map(|NewRecord { key, value, headers }| {
                let partition = partition_of(&key, count);
                let log = &mut partitions[usize::from(partition)];
                let offset = log.next();
                log.records.push(Record { offset, append_time_ms, key, value, headers });
                Appended { partition, offset }
            })
            .collect();
        if strikes(&mut self.faults.append_ambiguous_taken) { Err(ambiguous()) } else { Ok(appended) }
    }

    fn read(&mut self, topic: Topic, partition: u16, from: u64, limit: ReadLimit) -> Result<Vec<Record>, Error> {
        if strikes(&mut self.faults.read_away) {
            return Err(away());
        }
        let log = self.partition(topic, partition)?;
        if from < log.first {
            return Err(Error::OffsetGone { topic, partition, offset: from, first: log.first });
        }
        let begin = usize::try_from(from - log.first).unwrap_or(usize::MAX).min(log.records.len());
        let mut bytes = 0;
        let fits = |(index, record): &(usize, &Record)| {
            bytes += record.key.len() + record.value.len();
            *index == 0 || (*index < limit.records && bytes <= limit.bytes)
        };
        Ok(log.records[begin..].iter().enumerate().take_while(fits).map(|(_, record)| record.clone()).collect())
    }

    fn commit(&mut self, key: (String, Topic, u16), commit: Commit) -> Result<(), Error> {
        self.partition(key.1, key.2)?;
        if strikes(&mut self.faults.commit_ambiguous_lost) {
            return Err(ambiguous());
        }
        self.commits.insert(key, commit);
        if strikes(&mut self.faults.commit_ambiguous_taken) { Err(ambiguous()) } else { Ok(()) }
    }
}

impl Journal for MemoryJournal {
    fn partitions(&self, topic: Topic) -> u16 {
        u16::try_from(self.inner().topics[&topic].len()).expect("the count was given as u16")
    }

    fn append(&self, topic: Topic, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Appended>, Error>> {
        Box::pin(async move {
            let outcome = self.inner().append(topic, records);
            self.shared.news.send_replace(());
            outcome
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
            if self.shared.read_ms > 0 {
                tokio::time::sleep(Duration::from_millis(self.shared.read_ms)).await;
            }
            self.inner().read(topic, partition, from, limit)
        })
    }

    fn wait_beyond(&self, topic: Topic, seen: Vec<u64>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut news = self.shared.news.subscribe();
            loop {
                news.borrow_and_update();
                let has_more = {
                    let inner = self.inner();
                    let next = inner.topics[&topic].iter().map(Partition::next);
                    next.enumerate().any(|(partition, next)| next > seen.get(partition).copied().unwrap_or(0))
                };
                if has_more || news.changed().await.is_err() {
                    return;
                }
            }
        })
    }

    fn offsets(&self, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Offsets, Error>> {
        Box::pin(async move {
            let inner = self.inner();
            let partition = inner.partition(topic, partition)?;
            Ok(Offsets { first: partition.first, next: partition.next() })
        })
    }

    fn offset_for_time(&self, topic: Topic, partition: u16, at_ms: i64) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(async move {
            let inner = self.inner();
            let records = &inner.partition(topic, partition)?.records;
            Ok(records.iter().find(|record| record.append_time_ms >= at_ms).map(|record| record.offset))
        })
    }

    fn commit(&self, group: &str, topic: Topic, partition: u16, commit: Commit) -> BoxFuture<'_, Result<(), Error>> {
        let key = (group.to_owned(), topic, partition);
        Box::pin(async move {
            if self.seat.as_ref().is_some_and(|seat| !seat.may_commit(TopicPartition { topic, partition })) {
                return Err(Error::Away("the partition is another member's".to_owned()));
            }
            self.inner().commit(key, commit)
        })
    }

    fn join(&self, _group: &str, topics: &[Topic]) -> Result<Box<dyn Member>, Error> {
        let all = |topic: &Topic| {
            let topic = *topic;
            (0..self.partitions(topic)).map(move |partition| TopicPartition { topic, partition })
        };
        let partitions: Vec<TopicPartition> = topics.iter().flat_map(all).collect();
        Ok(match &self.seat {
            None => Box::new(Sole::new(partitions)),
            Some(seat) => seat.join(partitions),
        })
    }

    fn committed(&self, group: &str, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Option<Commit>, Error>> {
        let key = (group.to_owned(), topic, partition);
        Box::pin(async move {
            let inner = self.inner();
            inner.partition(topic, partition)?;
            Ok(inner.commits.get(&key).cloned())
        })
    }
}

#[cfg(test)]
mod tests {
    use journal::conformance;

    use super::*;

    const ALL: ReadLimit = ReadLimit { records: 100, bytes: 1 << 20 };

    fn record(value: &'static str) -> NewRecord {
        NewRecord { value: value.into(), ..NewRecord::default() }
    }

    #[tokio::test]
    async fn the_journal_in_memory_keeps_the_promises_of_the_port() {
        let journal = MemoryJournal::default();
        conformance::check_clock_steps(Arc::new(journal.clone()), |ms| journal.set_now_ms(ms)).await;
        conformance::check_all(Arc::new(journal)).await;
    }

    #[tokio::test]
    async fn an_ambiguous_append_took_effect_or_not_as_ordered() {
        let journal = MemoryJournal::default();
        journal.set_faults(Faults { append_ambiguous_taken: 1, append_ambiguous_lost: 1, ..Faults::default() });
        for expected in [0, 1] {
            let error = journal.append(Topic::Control, vec![record("a")]).await.unwrap_err();
            assert_eq!(error.code(), "append_ambiguous");
            assert_eq!(journal.offsets(Topic::Control, 0).await.unwrap().next, expected);
        }
        journal.append(Topic::Control, vec![record("b")]).await.unwrap();
        assert_eq!(journal.set_faults(Faults::default()), Faults::default(), "every fault was used up");
    }

    #[tokio::test]
    async fn the_other_faults_strike_as_often_as_ordered() {
        let journal = MemoryJournal::default();
        let commit = Commit { next_offset: 1, metadata: String::new() };
        journal.set_faults(Faults {
            append_full: 1,
            read_away: 1,
            commit_ambiguous_lost: 1,
            commit_ambiguous_taken: 1,
            append_time_steps_ms: vec![500, -2_000],
            ..Faults::default()
        });
        assert_eq!(journal.append(Topic::Control, vec![record("a")]).await.unwrap_err().code(), "journal_full");
        let start = journal.now_ms();
        for _ in 0..3 {
            journal.append(Topic::Control, vec![record("a")]).await.unwrap();
        }
        assert_eq!(journal.read(Topic::Control, 0, 0, ALL).await.unwrap_err().code(), "journal_away");
        let read = journal.read(Topic::Control, 0, 0, ALL).await.unwrap();
        let times: Vec<i64> = read.iter().map(|record| record.append_time_ms - start).collect();
        assert_eq!(times, [500, -1_500, -1_500]);
        for held in [None, Some(commit.clone())] {
            assert!(journal.commit("g", Topic::Control, 0, commit.clone()).await.is_err());
            assert_eq!(journal.committed("g", Topic::Control, 0).await.unwrap(), held);
        }
        journal.force_commit("g", Topic::Control, 0, None);
        assert_eq!(journal.committed("g", Topic::Control, 0).await.unwrap(), None);
        journal.set_faults(Faults { is_away: true, ..Faults::default() });
        assert_eq!(journal.offsets(Topic::Control, 0).await.unwrap_err().code(), "journal_away");
    }

    #[tokio::test]
    async fn what_retention_cut_is_gone_and_says_where_the_log_begins() {
        let journal = MemoryJournal::default();
        for value in ["a", "b", "c"] {
            journal.append(Topic::Control, vec![record(value)]).await.unwrap();
        }
        journal.cut(Topic::Control, 0, 2);
        assert_eq!(journal.offsets(Topic::Control, 0).await.unwrap(), Offsets { first: 2, next: 3 });
        let gone = journal.read(Topic::Control, 0, 1, ALL).await.unwrap_err();
        assert!(matches!(gone, Error::OffsetGone { first: 2, .. }), "{gone}");
        assert_eq!(journal.read(Topic::Control, 0, 2, ALL).await.unwrap()[0].value, "c");
        journal.cut(Topic::Control, 0, 99);
        assert_eq!(journal.offsets(Topic::Control, 0).await.unwrap(), Offsets { first: 3, next: 3 });
    }
}
