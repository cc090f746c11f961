//! The Kafka journal: the port on Apache Kafka, through librdkafka.
//!
//! Invariants: an append is answered only after all in-sync replicas have it (`acks=all`, idempotent producer), and the partition
//! of a record is worked out here, never by the client library; a reader starts where it is told to and nowhere else (an offset
//! that is gone is an error, never a silent jump); what is buffered is bounded for each partition. Nothing here blocks the
//! threads of the async runtime: what may wait for a broker runs where waiting is allowed, and reading takes what librdkafka's
//! own threads have fetched already.
//!
//! What it is not: a group of consumers. Reading assigns partitions by hand. A `Membership` (see `KafkaJournal::join`) tells
//! which partitions a worker owns: its consumer subscribes with cooperative-sticky, keeps what it is given paused and never
//! fetches; the worker reads through the port like everybody else, and its commits go through the membership, so that the
//! group's generation is checked.

mod client;
mod cursor;
mod ends;
mod groups;
mod lanes;
mod membership;
mod names;
mod options;
mod producer;
mod queue;
mod reader;
mod record;
mod settings;
mod topics;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Weak},
    thread,
    time::Duration,
};

use self::{ends::Ends, groups::Groups, producer::Appender, reader::Reader};
pub use self::{membership::Membership, options::Options, topics::TopicFacts};
use crate::{Appended, BoxFuture, Commit, Error, Journal, Member, NewRecord, Offsets, ReadLimit, Record, Topic};
pub use crate::{Change, TopicPartition};

/// How often the clients' logs and errors are taken, and idle readers are looked for.
const CHORES_INTERVAL: Duration = Duration::from_millis(100);

/// The Kafka journal. Clones share its clients. Dropping the last one closes them, which may take a moment: what was not
/// answered then may be appended or not.
#[derive(Clone)]
pub struct KafkaJournal {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    topics: BTreeMap<Topic, TopicFacts>,
    ends: Arc<Ends>,
    appender: Appender,
    reader: Arc<Reader>,
    groups: Arc<Groups>,
}

impl fmt::Debug for KafkaJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaJournal").field("options", &self.inner.options).finish_non_exhaustive()
    }
}

impl KafkaJournal {
    /// Connects, creates the topics that are missing, and asserts that all are set up as exactly-once processing needs them.
    ///
    /// # Errors
    /// `Error::Away` if no broker answers within `Options::start_timeout`; `Error::Unusable` if the brokers refuse this client,
    /// or a topic is not as it must be: the message names the command that mends it.
    pub async fn connect(options: Options) -> Result<KafkaJournal, Error> {
        let topics = topics::ensure(&options).await?;
        client::blocking(move || KafkaJournal::open(options, topics)).await
    }

    fn open(options: Options, topics: BTreeMap<Topic, TopicFacts>) -> Result<KafkaJournal, Error> {
        let ends = Arc::new(Ends::new(|topic| topics.get(&topic).map_or(0, |facts| facts.partitions)));
        let appender = Appender::new(&options, Arc::clone(&ends))?;
        let reader = Arc::new(Reader::new(&options, Arc::clone(&ends))?);
        let groups = Arc::new(Groups::new(&options));
        let inner = Arc::new(Inner { options, topics, ends, appender, reader, groups });
        let weak = Arc::downgrade(&inner);
        thread::Builder::new()
            .name("journal-kafka".to_owned())
            .spawn(move || chores(&weak))
            .map_err(|error| Error::Unusable(format!("the journal's thread cannot be started: {error}")))?;
        Ok(KafkaJournal { inner })
    }

    /// What a topic is like, as its brokers said at the start.
    pub fn facts(&self, topic: Topic) -> &TopicFacts {
        self.inner.topics.get(&topic).expect("every topic is known once the journal is connected")
    }

    /// Whether the brokers were reachable when this client last heard of them; appends are refused at once while they are not.
    pub fn is_away(&self) -> bool {
        self.inner.appender.is_away()
    }

    /// Joins a group of workers for topics. While the membership lives, commits of the group go through it.
    ///
    /// # Errors
    /// `Error::Unusable` if this process is a member of that group already, or the client cannot be made.
    pub fn join(&self, group: &str, topics: &[Topic]) -> Result<Membership, Error> {
        Membership::join(&self.inner.options, &self.inner.groups, group, topics)
    }

    fn check(&self, topic: Topic, partition: u16) -> Result<(), Error> {
        let partitions = self.partitions(topic);
        if partition < partitions {
            return Ok(());
        }
        Err(Error::Unusable(format!("{} has no partition {partition}: it has {partitions}", topic.name())))
    }
}

/// What has to be done from time to time while the journal lives.
fn chores(inner: &Weak<Inner>) {
    while let Some(inner) = inner.upgrade() {
        inner.reader.chores();
        inner.groups.chores();
        inner.appender.chores();
        drop(inner);
        thread::sleep(CHORES_INTERVAL);
    }
}

impl Journal for KafkaJournal {
    fn partitions(&self, topic: Topic) -> u16 {
        self.facts(topic).partitions
    }

    fn append(&self, topic: Topic, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Appended>, Error>> {
        Box::pin(async move { self.inner.appender.append(topic, &self.facts(topic).clone(), records).await })
    }

    fn read(
        &self,
        topic: Topic,
        partition: u16,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<Record>, Error>> {
        Box::pin(async move {
            self.check(topic, partition)?;
            self.inner.reader.read(TopicPartition { topic, partition }, from, limit).await
        })
    }

    fn wait_beyond(&self, topic: Topic, seen: Vec<u64>) -> BoxFuture<'_, ()> {
        let partitions = self.partitions(topic);
        Box::pin(async move { self.inner.reader.wait_beyond(topic, partitions, &seen).await })
    }

    fn offsets(&self, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Offsets, Error>> {
        Box::pin(async move {
            self.check(topic, partition)?;
            let reader = Arc::clone(&self.inner.reader);
            let at = TopicPartition { topic, partition };
            let held = client::blocking(move || reader.offsets(at)).await?;
            self.inner.ends.raise(at, held.next);
            Ok(held)
        })
    }

    fn offset_for_time(&self, topic: Topic, partition: u16, at_ms: i64) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(async move {
            self.check(topic, partition)?;
            let reader = Arc::clone(&self.inner.reader);
            client::blocking(move || reader.offset_for_time(TopicPartition { topic, partition }, at_ms)).await
        })
    }

    fn commit(&self, group: &str, topic: Topic, partition: u16, commit: Commit) -> BoxFuture<'_, Result<(), Error>> {
        let group = group.to_owned();
        Box::pin(async move {
            self.check(topic, partition)?;
            let groups = Arc::clone(&self.inner.groups);
            client::blocking(move || groups.commit(&group, TopicPartition { topic, partition }, &commit)).await
        })
    }

    fn committed(&self, group: &str, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Option<Commit>, Error>> {
        let group = group.to_owned();
        Box::pin(async move {
            self.check(topic, partition)?;
            let groups = Arc::clone(&self.inner.groups);
            client::blocking(move || groups.committed(&group, TopicPartition { topic, partition })).await
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), Error>> {
        let away = || Error::Away("no broker answers".to_owned());
        Box::pin(async move { if self.is_away() { Err(away()) } else { Ok(()) } })
    }

    fn accepts(&self, topic: Topic, records: &[NewRecord]) -> Result<(), Error> {
        producer::size_of_all(topic, self.facts(topic), records).map(|_| ())
    }

    fn join(&self, group: &str, topics: &[Topic]) -> Result<Box<dyn Member>, Error> {
        Ok(Box::new(KafkaJournal::join(self, group, topics)?))
    }
}
