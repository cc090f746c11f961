//! Draining: from the spool into the journal, in the spool's order, until nothing waits; then events go to the journal again.

use std::{
    future::Future,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use journal::{Commit, Error, ErrorClass, Journal, NewRecord, ReadLimit, Record, Topic, embedded::EmbeddedJournal};
use service::retry::{Jitter, Schedule};
use tokio::time::Instant;

use super::{Segment, Spool, blocking, segment};
use crate::{acknowledged::Acknowledged, metrics};

/// One append of the drain.
const LIMIT: ReadLimit = ReadLimit { records: 20_000, bytes: 8 << 20 };
/// Under which a segment keeps how far it is drained.
const GROUP: &str = "drain";
/// Longest time in which appends wait for the last records of a segment, so that none comes between them and the switch.
const SWITCH_MAX: Duration = Duration::from_secs(1);
/// How often a journal that is away is tried.
const RETRY: Schedule =
    Schedule { attempts: None, first: Duration::from_millis(100), longest: Duration::from_secs(2), jitter: 0.3 };
/// How often something that a person has to mend is tried.
const RETRY_DAMAGE: Schedule = Schedule { first: Duration::from_secs(5), longest: Duration::from_secs(60), ..RETRY };

/// The segment that is drained.
struct Front {
    number: u64,
    log: Arc<EmbeddedJournal>,
}

/// Drains a spool whenever something is in it, for ever. May be dropped at any point: what was appended to the journal and not
/// noted as such is appended again by the next one.
pub(crate) async fn drain(spool: &Spool, journal: &dyn Journal, acknowledged: &Acknowledged, patience: Duration) {
    let drain = Drain { spool, journal, acknowledged, patience };
    loop {
        // A permit is kept for who comes late, and one too many only looks once more.
        while !spool.is_active() {
            spool.filled.notified().await;
        }
        let begun = Instant::now();
        let mut drained = 0;
        while let Some(front) = until_done(RETRY_DAMAGE, "open a segment of the spool", || drain.front()).await {
            drained += drain.finish(front).await;
        }
        let seconds = begun.elapsed().as_secs_f64();
        tracing::info!(events = drained, seconds, "the spool is drained: events go to the journal again");
    }
}

struct Drain<'a> {
    spool: &'a Spool,
    journal: &'a dyn Journal,
    acknowledged: &'a Acknowledged,
    /// How long the journal may take for an append.
    patience: Duration,
}

impl Drain<'_> {
    /// The oldest segment, open.
    async fn front(&self) -> Result<Option<Front>, Error> {
        let (number, log) = {
            let segments = self.spool.segments.read().await;
            let Some(first) = segments.queue.front() else { return Ok(None) };
            (first.number, first.log.clone())
        };
        if let Some(log) = log {
            return Ok(Some(Front { number, log }));
        }
        let (directory, store) = (segment::directory(&self.spool.root, number), self.spool.options.store());
        let log = blocking(move || EmbeddedJournal::open(directory, store)).await?;
        Ok(Some(Front { number, log: Arc::new(log) }))
    }

    /// Drains a segment and takes it away. Answers how many events were in it.
    async fn finish(&self, front: Front) -> u64 {
        let mut drained = 0;
        loop {
            drained += self.pass_on(&front).await;
            // From here on nobody appends: what came since is little, and then the end is the end.
            let mut segments = self.spool.segments.write().await;
            let Ok(rest) = tokio::time::timeout(SWITCH_MAX, self.pass_on(&front)).await else { continue };
            drained += rest;
            let Some(done) = segments.queue.pop_front() else { return drained };
            self.spool.bytes.fetch_sub(done.bytes.load(Ordering::Acquire), Ordering::AcqRel);
            if segments.queue.is_empty() {
                self.spool.is_active.store(false, Ordering::SeqCst);
                self.spool.oldest_ms.store(0, Ordering::Relaxed);
            }
            drop(segments);
            self.remove(front, done).await;
            return drained;
        }
    }

    async fn remove(&self, front: Front, done: Segment) {
        let directory = segment::directory(&self.spool.root, front.number);
        let removed = blocking(move || {
            // Both hold the log, which has to be closed before its files go.
            drop((front, done));
            segment::remove(&directory).map_err(|error| Error::Away(format!("{}: {error}", directory.display())))
        });
        if let Err(error) = removed.await {
            tracing::warn!(%error, "a drained segment of the spool could not be removed: the next start does it");
        }
    }

    /// Appends everything that a segment holds now. Answers how many events it was.
    async fn pass_on(&self, front: &Front) -> u64 {
        let mut events = 0;
        for topic in [Topic::Events, Topic::DeadLetters] {
            let committed = || front.log.committed(GROUP, topic, 0);
            let committed = until_done(RETRY, "look up how far the spool is drained", committed).await;
            let mut from = committed.map_or(0, |commit| commit.next_offset);
            loop {
                let records = until_done(RETRY, "read the spool", || front.log.read(topic, 0, from, LIMIT)).await;
                let (Some(first), Some(last)) = (records.first(), records.last()) else { break };
                self.spool.oldest_ms.store(first.append_time_ms, Ordering::Relaxed);
                from = last.offset + 1;
                let count = records.len() as u64;
                self.append(topic, records).await;
                let commit = || {
                    let commit = Commit { next_offset: from, metadata: String::new() };
                    front.log.commit(GROUP, topic, 0, commit)
                };
                until_done(RETRY, "note how far the spool is drained", commit).await;
                if topic == Topic::Events {
                    events += count;
                    metrics::DRAINED.add(count);
                }
            }
        }
        events
    }

    /// Appends to the journal. A record that may be in already is appended again: it counts once.
    async fn append(&self, topic: Topic, records: Vec<Record>) {
        let new = |Record { key, value, headers, .. }| NewRecord { key, value, headers };
        let records: Vec<NewRecord> = records.into_iter().map(new).collect();
        let attempt = || async {
            let append = self.journal.append(topic, records.clone());
            let late = |_| Error::Ambiguous("it did not answer in time".to_owned());
            tokio::time::timeout(self.patience, append).await.map_err(late)?
        };
        let places = until_done(RETRY, "append what was spooled", attempt).await;
        if topic == Topic::Events {
            self.acknowledged.note(&places);
        }
    }
}

/// Tries until it succeeds; says that it does not at the first, second, fourth … time.
async fn until_done<T, F>(schedule: Schedule, what: &str, mut attempt: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, Error>>,
{
    let mut waits = schedule.waits({
        let mut jitter = Jitter::seeded(std::process::id().into());
        move || jitter.draw()
    });
    let mut failures = 0_u32;
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) => {
                failures = failures.saturating_add(1);
                if failures.is_power_of_two() {
                    let (class, code) = (error.class(), error.code());
                    match class {
                        ErrorClass::Fatal => {
                            tracing::error!(%error, code, failures, "cannot {what}: a person has to mend it")
                        }
                        _ => tracing::warn!(%error, code, failures, "cannot {what} yet: trying again"),
                    }
                }
                tokio::time::sleep(waits.next().unwrap_or(schedule.longest)).await;
            }
        }
    }
}
