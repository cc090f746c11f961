//! The consumers behind the cursors.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rdkafka::{
    Offset, TopicPartitionList,
    config::FromClientConfigAndContext,
    consumer::{BaseConsumer, Consumer},
};
use tokio::sync::Notify;

use super::{
    Options, TopicPartition,
    client::{self, Context},
    cursor::{Cursor, Taken},
    names::Names,
    queue::Queue,
};
use crate::{Error, ReadLimit};

/// The group that readers name to the brokers; nothing is committed in it, and nobody joins it.
const GROUP: &str = "rapport-readers";
/// Most lanes beside that of look-ups: so many readers of one partition go on without disturbing each other.
const LANES_MAX: usize = 3;
/// A cursor that was not used for so long may be taken for another position.
const TAKE_OVER_AFTER: Duration = Duration::from_secs(1);
/// A cursor that was not used for so long is closed, and its buffer freed.
const CLOSE_AFTER: Duration = Duration::from_secs(60);
/// The same, of look-ups.
const CLOSE_LOOK_UP_AFTER: Duration = Duration::from_secs(5);
/// The lane of look-ups.
const LOOK_UPS: usize = 0;

/// What a read is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One record.
    LookUp,
    /// Record after record.
    Sequence,
}

type Shared = Arc<Mutex<Cursor>>;

pub(super) struct Lanes {
    options: Options,
    names: Names,
    news: Arc<Notify>,
    look_ups: Arc<BaseConsumer<Context>>,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    /// Beside that of look-ups.
    lanes: Vec<Arc<BaseConsumer<Context>>>,
    /// By lane.
    cursors: BTreeMap<TopicPartition, BTreeMap<usize, Shared>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lanes {
    pub(super) fn new(options: &Options, news: Arc<Notify>) -> Result<Lanes, Error> {
        let look_ups = Arc::new(make_consumer(options, Kind::LookUp)?);
        Ok(Lanes {
            options: options.clone(),
            names: options.names(),
            news,
            look_ups,
            table: Mutex::new(Table::default()),
        })
    }

    /// The consumer that questions go through.
    pub(super) fn asking(&self) -> &BaseConsumer<Context> {
        &self.look_ups
    }

    /// What is fetched already at a position.
    pub(super) fn take(&self, at: TopicPartition, from: u64, limit: ReadLimit, kind: Kind) -> Taken {
        for (lane, cursor) in self.cursors(at) {
            let mut cursor = lock(&cursor);
            let is_usable = kind == Kind::LookUp || lane != LOOK_UPS;
            if cursor.next() != from || !is_usable {
                continue;
            }
            let taken = if kind == Kind::LookUp { cursor.peek() } else { cursor.take(limit) };
            drop(cursor);
            match taken {
                Ok(taken) => return taken,
                Err(error) => {
                    tracing::debug!(%error, topic = at.topic.name(), at.partition, from, "a reader is placed anew");
                    self.close(at, lane);
                }
            }
        }
        Taken::Absent
    }

    /// Whether there is anything at a position, for a sequence.
    pub(super) fn glance(&self, at: TopicPartition, from: u64) -> Taken {
        for (lane, cursor) in self.cursors(at) {
            let mut cursor = lock(&cursor);
            if lane == LOOK_UPS || cursor.next() != from {
                continue;
            }
            let taken = cursor.peek();
            drop(cursor);
            match taken {
                Ok(taken) => return taken,
                Err(_) => self.close(at, lane),
            }
        }
        Taken::Absent
    }

    fn cursors(&self, at: TopicPartition) -> Vec<(usize, Shared)> {
        let table = lock(&self.table);
        table.cursors.get(&at).into_iter().flatten().map(|(lane, cursor)| (*lane, Arc::clone(cursor))).collect()
    }

    /// Puts a cursor at a position, on a lane where nobody reads the partition. May wait for the library.
    pub(super) fn place(&self, at: TopicPartition, from: u64, end: u64, kind: Kind) -> Result<(), Error> {
        let lane = match kind {
            Kind::LookUp => LOOK_UPS,
            Kind::Sequence => self.choose(at, from)?,
        };
        self.close(at, lane);
        let consumer = self.consumer(lane);
        let (topic, partition) = (self.names.of(at.topic), i32::from(at.partition));
        // Before it is assigned, so that everything goes to a queue of its own.
        let mut queue = Queue::split(&consumer, topic, partition)
            .ok_or_else(|| Error::Unusable(format!("{topic} partition {partition} cannot be read")))?;
        let news = Arc::clone(&self.news);
        queue.set_nonempty_callback(move || news.notify_waiters());
        let offset = i64::try_from(from).map_err(|_| Error::Unusable(format!("{from} is no offset")))?;
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(offset))
            .and_then(|()| consumer.incremental_assign(&list))
            .map_err(|error| client::asked(&error, "a partition cannot be read"))?;
        let cursor = Arc::new(Mutex::new(Cursor::new(queue, from, end)));
        lock(&self.table).cursors.entry(at).or_default().insert(lane, cursor);
        Ok(())
    }

    /// A lane for a sequence: the one whose cursor is there already, or a free one, or a new one, or the one that was not used
    /// for longest.
    fn choose(&self, at: TopicPartition, from: u64) -> Result<usize, Error> {
        let mut table = lock(&self.table);
        let cursors = table.cursors.get(&at);
        let mut used: Vec<(usize, u64, Instant)> = Vec::new();
        for (lane, cursor) in cursors.into_iter().flatten().filter(|(lane, _)| **lane != LOOK_UPS) {
            let cursor = lock(cursor);
            used.push((*lane, cursor.next(), cursor.touched));
        }
        if let Some((lane, ..)) = used.iter().find(|(_, next, _)| *next == from) {
            return Ok(*lane);
        }
        let is_free = |lane: &usize| used.iter().all(|(other, ..)| other != lane);
        if let Some(lane) = (1..=table.lanes.len()).find(is_free) {
            return Ok(lane);
        }
        let oldest = used.iter().min_by_key(|(.., touched)| *touched);
        match oldest {
            Some((lane, _, touched)) if table.lanes.len() >= LANES_MAX || touched.elapsed() >= TAKE_OVER_AFTER => {
                Ok(*lane)
            }
            _ => {
                table.lanes.push(Arc::new(make_consumer(&self.options, Kind::Sequence)?));
                Ok(table.lanes.len())
            }
        }
    }

    fn consumer(&self, lane: usize) -> Arc<BaseConsumer<Context>> {
        match lane.checked_sub(1) {
            None => Arc::clone(&self.look_ups),
            Some(index) => Arc::clone(&lock(&self.table).lanes[index]),
        }
    }

    /// Lets go of a cursor, if there is one.
    fn close(&self, at: TopicPartition, lane: usize) {
        let Some(cursor) = lock(&self.table).cursors.get_mut(&at).and_then(|lanes| lanes.remove(&lane)) else { return };
        let mut list = TopicPartitionList::new();
        list.add_partition(self.names.of(at.topic), i32::from(at.partition));
        if let Err(error) = self.consumer(lane).incremental_unassign(&list) {
            tracing::debug!(%error, topic = at.topic.name(), at.partition, "a reader could not be closed");
        }
        drop(cursor);
    }

    /// Takes the consumers' logs, and closes cursors that nobody uses.
    pub(super) fn chores(&self) {
        let (consumers, cursors) = {
            let table = lock(&self.table);
            let cursors: Vec<_> = table
                .cursors
                .iter()
                .flat_map(|(at, lanes)| lanes.iter().map(|(lane, cursor)| (*at, *lane, Arc::clone(cursor))))
                .collect();
            (table.lanes.clone(), cursors)
        };
        for consumer in consumers.iter().chain([&self.look_ups]) {
            let _ = consumer.poll(Duration::ZERO);
        }
        for (at, lane, cursor) in cursors {
            let unused = lock(&cursor).touched.elapsed();
            if unused >= if lane == LOOK_UPS { CLOSE_LOOK_UP_AFTER } else { CLOSE_AFTER } {
                self.close(at, lane);
            }
        }
    }
}

fn make_consumer(options: &Options, kind: Kind) -> Result<BaseConsumer<Context>, Error> {
    let mut config = client::consumer_config(options, GROUP);
    config.set("enable.partition.eof", "true");
    match kind {
        Kind::LookUp => {
            config
                .set("queued.min.messages", "1")
                .set("queued.max.messages.kbytes", "64")
                .set("fetch.message.max.bytes", "16384")
                .set("fetch.wait.max.ms", "20");
        }
        Kind::Sequence => {
            let kilobytes = (options.prefetch_bytes / 1024).max(64);
            config
                .set("queued.min.messages", "100000")
                .set("queued.max.messages.kbytes", kilobytes.to_string())
                .set("fetch.message.max.bytes", (options.prefetch_bytes / 4).max(64 << 10).to_string())
                // A consumer has one request with each broker at a time. A partition that is added waits for its answer, and so does
                // one whose buffer was full, if the others have nothing new: 1 MiB each 20 ms is more than a worker folds.
                .set("fetch.wait.max.ms", "20");
        }
    }
    BaseConsumer::from_config_and_context(&config, Context::default()).map_err(client::not_made)
}
