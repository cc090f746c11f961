//! Reading: cursors that librdkafka's threads fill ahead, on a few consumers.
//!
//! A consumer can hold one position in a partition only. So that two readers of one partition do not pull one cursor to and fro,
//! there are a few consumers ("lanes"); a reader that goes on where it stopped finds its cursor by position. Reads of a single
//! record are look-ups: they take nothing from a cursor, and have a lane of their own that fetches next to nothing ahead.

use std::{
    fmt,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};
use tokio::{sync::Notify, time::timeout_at};

use super::{
    Options, TopicPartition,
    client::{self, Context},
    cursor::Taken,
    ends::Ends,
    lanes::{Kind, Lanes},
    names::Names,
};
use crate::{Error, Offsets, ReadLimit, Record, Topic};

/// A cursor that should have records and gives none for so long is placed anew, which asks the brokers where the log ends.
const STALE_AFTER: Duration = Duration::from_secs(1);
/// A wait looks after its cursors at least so often.
const WAIT_INTERVAL: Duration = Duration::from_secs(5);
/// How soon a wait ends if the brokers cannot be asked: the caller's next read says why.
const WAIT_FAILED_AFTER: Duration = Duration::from_millis(500);
/// How long a partition's leader may take to answer before the brokers are asked who leads now; twice as long the next time.
const FIRST_PATIENCE: Duration = Duration::from_secs(1);
/// A pause between two questions, for brokers that refuse at once.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Whether a reader could be put where it wants to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placed {
    /// There is a cursor, and it has something to fetch.
    BeforeEnd,
    /// The log ends here.
    AtEnd,
}

pub(super) struct Reader {
    options: Options,
    names: Names,
    ends: Arc<Ends>,
    lanes: Lanes,
    /// One placement at a time.
    placing: Mutex<()>,
    /// Rung whenever a cursor may have something new.
    news: Arc<Notify>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl Reader {
    pub(super) fn new(options: &Options, ends: Arc<Ends>) -> Result<Reader, Error> {
        let news = Arc::new(Notify::new());
        let lanes = Lanes::new(options, Arc::clone(&news))?;
        Ok(Reader { options: options.clone(), names: options.names(), ends, lanes, placing: Mutex::new(()), news })
    }

    pub(super) async fn read(
        self: &Arc<Self>,
        at: TopicPartition,
        from: u64,
        limit: ReadLimit,
    ) -> Result<Vec<Record>, Error> {
        let kind = if limit.records <= 1 { Kind::LookUp } else { Kind::Sequence };
        let deadline = Instant::now() + self.options.request_timeout;
        let mut stale_at = Instant::now() + STALE_AFTER;
        loop {
            let mut news = pin!(self.news.notified());
            news.as_mut().enable();
            let place = match self.lanes.take(at, from, limit, kind) {
                Taken::Records(records) => {
                    let next = records.last().map_or(from, |record| record.offset + 1);
                    self.ends.raise(at, next);
                    return Ok(records);
                }
                Taken::Nothing { known_empty_to } if self.ends.of(at) <= from.max(known_empty_to) => {
                    return Ok(Vec::new());
                }
                Taken::Nothing { .. } => Instant::now() >= stale_at,
                Taken::Absent => true,
            };
            if Instant::now() >= deadline {
                let (topic, partition) = (at.topic.name(), at.partition);
                return Err(Error::Away(format!("{topic} partition {partition}: no records came in time")));
            }
            if place {
                if self.place(at, from, kind).await? == Placed::AtEnd {
                    return Ok(Vec::new());
                }
                stale_at = Instant::now() + STALE_AFTER;
                continue;
            }
            let _ = timeout_at(stale_at.min(deadline).into(), news).await;
        }
    }

    pub(super) async fn wait_beyond(self: &Arc<Self>, topic: Topic, partitions: u16, seen: &[u64]) {
        loop {
            let mut news = pin!(self.news.notified());
            news.as_mut().enable();
            let mut moved = false;
            for partition in 0..partitions {
                let at = TopicPartition { topic, partition };
                let from = seen.get(usize::from(partition)).copied().unwrap_or(0);
                let place = match self.lanes.glance(at, from) {
                    // Nobody can have seen more than this: the caller does not care about this partition.
                    _ if from == u64::MAX => continue,
                    Taken::Records(_) => return,
                    Taken::Nothing { known_empty_to } if self.ends.of(at) <= from.max(known_empty_to) => false,
                    Taken::Nothing { .. } => return,
                    Taken::Absent if self.ends.of(at) > from => return,
                    Taken::Absent => true,
                };
                if place {
                    match self.place(at, from, Kind::Sequence).await {
                        Ok(_) => moved = true,
                        Err(error) => {
                            tracing::debug!(%error, topic = topic.name(), partition, "cannot wait for news");
                            return tokio::time::sleep(WAIT_FAILED_AFTER).await;
                        }
                    }
                }
            }
            // What came while cursors were placed is looked at at once; a place beyond the end may have no cursor yet.
            let interval = if moved { WAIT_FAILED_AFTER } else { WAIT_INTERVAL };
            let _ = tokio::time::timeout(interval, news).await;
        }
    }

    /// Puts a cursor at `from`.
    async fn place(self: &Arc<Self>, at: TopicPartition, from: u64, kind: Kind) -> Result<Placed, Error> {
        let reader = Arc::clone(self);
        client::blocking(move || {
            let _placing = reader.placing.lock().unwrap_or_else(PoisonError::into_inner);
            let held = reader.offsets(at)?;
            if from < held.first {
                let TopicPartition { topic, partition } = at;
                return Err(Error::OffsetGone { topic, partition, offset: from, first: held.first });
            }
            if from >= held.next {
                reader.ends.correct(at, held.next);
            } else {
                reader.ends.raise(at, held.next);
            }
            if from <= held.next && (kind == Kind::Sequence || from < held.next) {
                reader.lanes.place(at, from, held.next, kind)?;
            }
            Ok(if from < held.next { Placed::BeforeEnd } else { Placed::AtEnd })
        })
        .await
    }

    /// Waits for the brokers.
    pub(super) fn offsets(&self, at: TopicPartition) -> Result<Offsets, Error> {
        let (topic, partition) = (self.names.of(at.topic), i32::from(at.partition));
        let (first, next) =
            self.ask_leader(at, "offsets", |client, patience| client.fetch_watermarks(topic, partition, patience))?;
        let known = |offset: i64| {
            u64::try_from(offset)
                .map_err(|_| Error::Away(format!("{topic} partition {partition}: no offsets are known")))
        };
        Ok(Offsets { first: known(first)?, next: known(next)? })
    }

    /// Waits for the brokers.
    pub(super) fn offset_for_time(&self, at: TopicPartition, at_ms: i64) -> Result<Option<u64>, Error> {
        let (topic, partition) = (self.names.of(at.topic), i32::from(at.partition));
        // The library takes special offsets for what is below zero, and no record is from before 1970.
        let time = Offset::Offset(at_ms.max(0));
        let found = self.ask_leader(at, "an offset for a time", |client, patience| {
            let mut times = TopicPartitionList::new();
            times.add_partition_offset(topic, partition, time)?;
            let found = client.offsets_for_times(times, patience)?;
            let Some(element) = found.find_partition(topic, partition) else { return Ok(Offset::Invalid) };
            element.error().map(|()| element.offset())
        })?;
        match found {
            Offset::Offset(offset) => Ok(u64::try_from(offset).ok()),
            _ => Ok(None),
        }
    }

    /// Asks the leader of a partition. A client that reads nothing from a leader does not hear that it died, and goes on asking
    /// it: without an answer it is made to ask the other brokers who leads now.
    fn ask_leader<T>(
        &self,
        at: TopicPartition,
        what: &str,
        ask: impl Fn(&BaseConsumer<Context>, Duration) -> Result<T, KafkaError>,
    ) -> Result<T, Error> {
        let client = self.lanes.asking();
        let deadline = Instant::now() + self.options.request_timeout;
        let mut patience = FIRST_PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let error = match ask(client, patience.min(left)) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left <= ASK_AGAIN_AFTER || !client::may_pass(&error) {
                let (topic, partition) = (at.topic.name(), at.partition);
                return Err(client::asked(
                    &error,
                    &format!("{topic} partition {partition}: {what} cannot be asked for"),
                ));
            }
            thread::sleep(ASK_AGAIN_AFTER);
            // Its answer is what the next question goes by; when there is none, that question says so.
            let _ = client.fetch_metadata(Some(self.names.of(at.topic)), patience.min(left));
            patience *= 2;
        }
    }

    pub(super) fn chores(&self) {
        self.lanes.chores();
    }
}
