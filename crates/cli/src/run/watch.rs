//! What readiness says, and how far the worker is behind: looked at every second, from outside the parts that are looked at.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chrono::Utc;
use gateway::{Intake, Waiting};
use journal::{ErrorClass, Journal, ReadLimit, Topic};
use service::{
    health::{Check, Health},
    lifecycle::{OnFailure, Spawner},
    metrics::{Entry, Gauge, Unit},
};
use tokio::time::Instant;
use worker::PartitionStatus;

/// Records that are in the journal and not in the warehouse.
const LAG_MESSAGES: Gauge = Gauge::new(
    "rapport_worker_lag_messages",
    Unit::Count,
    "Records that the journal holds and the workers have not committed; label partition, each said by its owner.",
);
/// How old the oldest of them is.
const LAG_SECONDS: Gauge = Gauge::new(
    "rapport_worker_lag_seconds",
    Unit::Seconds,
    "Time since the oldest record of its partitions that the worker has not committed was appended; 0 when there is none.",
);
/// The catalogue of this module.
pub(super) const CATALOGUE: &[Entry] = &[LAG_MESSAGES.entry(), LAG_SECONDS.entry()];

/// How often everything is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How long a part may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// How long a worker may be behind without a step forward before it is called stuck.
const STILL_MAX: Duration = Duration::from_secs(60);

/// What is looked at.
pub(super) struct Parts {
    pub(super) journal: Arc<dyn Journal>,
    /// A gateway's door to it.
    pub(super) intake: Option<Arc<Intake>>,
    /// Where there is none, neither it nor a worker's lag is looked at.
    pub(super) warehouse: Option<warehouse::Client>,
    pub(super) health: Health,
    /// What this process's worker says of itself, if it has one.
    pub(super) worker: Option<worker::Status>,
    /// The workers' group.
    pub(super) group: String,
}

/// Looks until the end.
pub(super) fn spawn(spawner: &Spawner, parts: Parts) {
    let mut watch = Watch::new(parts);
    let shutdown = spawner.shutdown();
    spawner.spawn("watch", OnFailure::Stop, async move {
        loop {
            watch.look().await;
            if tokio::time::timeout(EVERY, shutdown.wait()).await.is_ok() {
                return Ok(());
            }
        }
    });
}

struct Watch {
    parts: Parts,
    journal: Check,
    warehouse: Option<(warehouse::Client, Check)>,
    worker: Option<(worker::Status, Check)>,
    /// Committed offsets, all partitions of the worker together, and since when they are that.
    progress: (u64, Instant),
    /// The partitions that gauges speak of.
    said: BTreeSet<u16>,
    /// Append time of the record at an offset, by partition: what the worker had not read when it was asked last.
    unread: BTreeMap<u16, (u64, i64)>,
}

/// How far the worker is behind.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Lag {
    messages: u64,
    seconds: f64,
    committed: u64,
}

impl Watch {
    fn new(parts: Parts) -> Watch {
        let journal = parts.health.register("journal");
        let warehouse = parts.warehouse.clone().map(|client| (client, parts.health.register("warehouse")));
        let worker = parts.worker.clone().map(|status| (status, parts.health.register("worker")));
        let progress = (0, Instant::now());
        Watch { parts, journal, warehouse, worker, progress, said: BTreeSet::new(), unread: BTreeMap::new() }
    }

    async fn look(&mut self) {
        self.look_at_journal().await;
        if let Some((client, check)) = &self.warehouse {
            match tokio::time::timeout(ANSWER_MAX, client.ping()).await {
                Ok(Ok(())) => check.ok(),
                Ok(Err(error)) => check.missing(error.advice()),
                Err(_) => check.missing("the warehouse does not answer in time: it is busy or stopped"),
            }
        }
        let Some((status, _)) = &self.worker else { return };
        let owned = status.partitions();
        match self.lag(&owned).await {
            Ok(lag) => self.judge(lag, &owned),
            Err(error) => {
                tracing::debug!(%error, "the worker's lag is not known");
                self.say(Some("how far the worker is behind is not known: the journal does not answer".to_owned()));
            }
        }
    }

    async fn look_at_journal(&self) {
        let intake = self.parts.intake.as_ref();
        let spool = intake.filter(|intake| intake.has_spool());
        let answer = async {
            match intake {
                Some(intake) => intake.check().await,
                None => self.parts.journal.check().await.map(|()| None),
            }
        };
        match tokio::time::timeout(ANSWER_MAX, answer).await {
            Ok(Ok(waiting)) => {
                if spool.is_some() {
                    let Waiting { bytes, oldest } = waiting.unwrap_or_default();
                    self.parts.health.fact("spool_bytes", bytes as f64);
                    self.parts.health.fact("spool_age_seconds", oldest.as_secs_f64());
                }
                waiting.map_or_else(|| self.journal.ok(), |waiting| self.journal.ok_with(spool_remark(waiting)));
            }
            Ok(Err(journal::Error::Full(_))) if spool.is_some() => self.journal.missing(SPOOL_FULL),
            Ok(Err(error)) => self.journal.missing(journal_advice(&error)),
            Err(_) => self.journal.missing("the journal does not answer"),
        }
    }

    fn judge(&mut self, lag: Lag, owned: &BTreeMap<u16, PartitionStatus>) {
        LAG_SECONDS.set(lag.seconds);
        self.parts.health.fact("worker_partitions", owned.len() as f64);
        self.parts.health.fact("worker_lag_messages", lag.messages as f64);
        self.parts.health.fact("worker_lag_seconds", lag.seconds);
        if lag.messages == 0 || lag.committed != self.progress.0 {
            self.progress = (lag.committed, Instant::now());
        }
        let failing = self.warehouse.as_ref().and_then(|(client, _)| client.failing_writes());
        let failing = failing.map(|failure| (failure.advice, failure.since.elapsed()));
        let refused = owned.values().find_map(|known| known.refused.clone());
        let advice = worker_advice(failing, self.progress.1.elapsed(), lag);
        self.say(match (refused, advice) {
            (Some(refused), Some(advice)) => Some(format!("{refused}; {advice}")),
            (refused, advice) => refused.or(advice),
        });
    }

    /// What readiness says of the worker: nothing if nothing is missing.
    fn say(&self, advice: Option<String>) {
        match (&self.worker, advice) {
            (Some((_, worker)), Some(advice)) => worker.missing(advice),
            (Some((_, worker)), None) => worker.ok(),
            (None, _) => {}
        }
    }

    /// How far the worker is behind in the partitions that are its own. What the worker says of them spares most questions: of each
    /// partition only its end is asked for.
    async fn lag(&mut self, owned: &BTreeMap<u16, PartitionStatus>) -> Result<Lag, journal::Error> {
        let gone: Vec<u16> = self.said.iter().copied().filter(|partition| !owned.contains_key(partition)).collect();
        for partition in gone {
            self.said.remove(&partition);
            self.unread.remove(&partition);
            LAG_MESSAGES.unset_of("partition", partition);
        }
        let mut lag = Lag { messages: 0, seconds: 0.0, committed: 0 };
        for (partition, known) in owned {
            let partition = *partition;
            let held = self.parts.journal.offsets(Topic::Events, partition).await?;
            let committed = self.committed(partition, known).await?.unwrap_or(held.first).max(held.first);
            let behind = held.next.saturating_sub(committed);
            self.said.insert(partition);
            LAG_MESSAGES.set_of("partition", partition, behind as f64);
            lag.messages += behind;
            lag.committed += committed;
            if behind > 0
                && let Some(oldest_ms) = self.oldest(partition, committed, known).await?
            {
                let age_ms = Utc::now().timestamp_millis().saturating_sub(oldest_ms).max(0);
                lag.seconds = lag.seconds.max(age_ms as f64 / 1_000.0);
            }
        }
        Ok(lag)
    }

    /// The commit of a partition; asked for only where the worker has not looked it up yet.
    async fn committed(&self, partition: u16, known: &PartitionStatus) -> Result<Option<u64>, journal::Error> {
        if known.committed.is_some() {
            return Ok(known.committed);
        }
        let commit = self.parts.journal.committed(&self.parts.group, Topic::Events, partition).await?;
        Ok(commit.map(|commit| commit.next_offset))
    }

    /// Append time of the first record after the commit; looked up, once for each commit, only where the worker has not read it.
    async fn oldest(
        &mut self,
        partition: u16,
        committed: u64,
        known: &PartitionStatus,
    ) -> Result<Option<i64>, journal::Error> {
        const ONE: ReadLimit = ReadLimit { records: 1, bytes: 1 };
        if known.oldest_ms.is_some() {
            return Ok(known.oldest_ms);
        }
        if let Some((at, oldest_ms)) = self.unread.get(&partition)
            && *at == committed
        {
            return Ok(Some(*oldest_ms));
        }
        let records = self.parts.journal.read(Topic::Events, partition, committed, ONE).await?;
        let Some(oldest) = records.first() else { return Ok(None) };
        self.unread.insert(partition, (committed, oldest.append_time_ms));
        Ok(Some(oldest.append_time_ms))
    }
}

/// What is wrong with the worker, if anything is; `failing` is why nothing can be written, and for how long.
fn worker_advice(failing: Option<(String, Duration)>, still: Duration, lag: Lag) -> Option<String> {
    let waiting = format!("{} records wait in the journal, the oldest for {:.0} s", lag.messages, lag.seconds);
    match failing {
        Some((advice, since)) => {
            Some(format!("nothing could be written for {} s: {advice}; {waiting}, and none is lost", since.as_secs()))
        }
        None if lag.messages > 0 && still >= STILL_MAX => {
            Some(format!("the worker has not moved for {} s: see the log; {waiting}", still.as_secs()))
        }
        None => None,
    }
}

/// What an operator should know while the spool is in use.
fn spool_remark(Waiting { bytes, oldest }: Waiting) -> String {
    let (mib, seconds) = (bytes >> 20, oldest.as_secs());
    format!("events go to the spool until Kafka has taken what waits there ({mib} MiB, the oldest for {seconds} s)")
}

/// Why a gateway on Kafka takes nothing.
const SPOOL_FULL: &str = "Kafka does not take events and the spool or its disk is full, so events are refused with 503: bring \
     Kafka back; gateway.spool_max and free space on the disk give the spool more room";

/// What is wrong with the journal, without its paths and addresses.
fn journal_advice(error: &journal::Error) -> String {
    match (error, error.class()) {
        (journal::Error::Full(_), _) => "its disk is full, so events are refused with 503: free some space".to_owned(),
        (_, ErrorClass::Fatal) => "it cannot be used: see the log".to_owned(),
        _ => "it failed and is being opened again: see the log".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use journal::{Appended, BoxFuture, Commit, NewRecord, Offsets, Record};
    use testkit::{MemoryJournal, MemoryOptions};

    use super::*;

    #[test]
    fn a_worker_is_missing_when_it_cannot_write_or_stands_still_and_not_when_it_only_has_much_to_do() {
        let lag = Lag { messages: 5_000_000, seconds: 900.0, committed: 7 };
        let (moving, stuck) = (Duration::from_secs(1), STILL_MAX);
        assert_eq!(worker_advice(None, moving, lag), None);
        assert_eq!(worker_advice(None, stuck, Lag { messages: 0, ..lag }), None);
        let text = worker_advice(None, stuck, lag).unwrap();
        assert!(text.contains("not moved for 60 s") && text.contains("5000000 records"), "{text}");
        let failing = Some(("no room".to_owned(), Duration::from_secs(12)));
        let text = worker_advice(failing, moving, lag).unwrap();
        assert!(text.contains("for 12 s: no room") && text.contains("900 s"), "{text}");
    }

    /// A journal that counts what it is asked.
    #[derive(Debug)]
    struct Counting {
        journal: MemoryJournal,
        asked: AtomicUsize,
    }

    impl Counting {
        fn count(&self) -> &MemoryJournal {
            self.asked.fetch_add(1, Ordering::Relaxed);
            &self.journal
        }
    }

    impl Journal for Counting {
        fn partitions(&self, topic: Topic) -> u16 {
            self.journal.partitions(topic)
        }

        fn append(
            &self,
            topic: Topic,
            records: Vec<NewRecord>,
        ) -> BoxFuture<'_, Result<Vec<Appended>, journal::Error>> {
            self.journal.append(topic, records)
        }

        fn read(
            &self,
            topic: Topic,
            partition: u16,
            from: u64,
            limit: ReadLimit,
        ) -> BoxFuture<'_, Result<Vec<Record>, journal::Error>> {
            self.count().read(topic, partition, from, limit)
        }

        fn wait_beyond(&self, topic: Topic, seen: Vec<u64>) -> BoxFuture<'_, ()> {
            self.journal.wait_beyond(topic, seen)
        }

        fn offsets(&self, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Offsets, journal::Error>> {
            self.count().offsets(topic, partition)
        }

        fn offset_for_time(
            &self,
            topic: Topic,
            partition: u16,
            at_ms: i64,
        ) -> BoxFuture<'_, Result<Option<u64>, journal::Error>> {
            self.journal.offset_for_time(topic, partition, at_ms)
        }

        fn commit(
            &self,
            group: &str,
            topic: Topic,
            partition: u16,
            commit: Commit,
        ) -> BoxFuture<'_, Result<(), journal::Error>> {
            self.journal.commit(group, topic, partition, commit)
        }

        fn committed(
            &self,
            group: &str,
            topic: Topic,
            partition: u16,
        ) -> BoxFuture<'_, Result<Option<Commit>, journal::Error>> {
            self.count().committed(group, topic, partition)
        }
    }

    /// A watch of a worker, and the journal that it asks: one record in each partition, a hundred seconds old.
    async fn watch() -> (Watch, worker::Status, Arc<Counting>) {
        let begin_ms = Utc::now().timestamp_millis() - 100_000;
        let journal = MemoryJournal::new(MemoryOptions { event_partitions: 3, start_ms: begin_ms, read_ms: 0 });
        for number in 0..100 {
            let record = NewRecord { key: format!("{number}").into(), ..NewRecord::default() };
            journal.append(Topic::Events, vec![record]).await.unwrap();
        }
        assert!(journal.records(Topic::Events).iter().all(|records| records.len() > 10));
        let (status, journal) = (worker::Status::default(), Arc::new(Counting { journal, asked: AtomicUsize::new(0) }));
        let parts = Parts {
            intake: None,
            journal: Arc::clone(&journal) as Arc<dyn Journal>,
            warehouse: None,
            health: Health::default(),
            worker: Some(status.clone()),
            group: "workers".to_owned(),
        };
        (Watch::new(parts), status, journal)
    }

    fn known(committed: u64, oldest_ms: Option<i64>) -> Option<PartitionStatus> {
        Some(PartitionStatus { committed: Some(committed), oldest_ms, refused: None })
    }

    #[tokio::test]
    async fn a_worker_speaks_of_its_own_partitions_alone_and_asks_little() {
        let (mut watch, status, journal) = watch().await;
        let ends: Vec<u64> = journal.journal.records(Topic::Events).iter().map(|all| all.len() as u64).collect();
        let handle = service::metrics::install().unwrap();
        let series = |partition: u16| format!("rapport_worker_lag_messages{{partition=\"{partition}\"}}");

        status.set(1, known(4, Some(Utc::now().timestamp_millis() - 7_000)));
        status.set(2, known(ends[2], None));
        watch.look().await;
        let facts = watch.parts.health.report().facts;
        assert_eq!(facts["worker_lag_messages"], (ends[1] - 4) as f64);
        assert!((7.0..60.0).contains(&facts["worker_lag_seconds"]), "{facts:?}");
        assert_eq!(journal.asked.swap(0, Ordering::Relaxed), 2, "the end of each partition that is owned");
        let text = handle.render();
        assert!(!text.contains(&series(0)) && text.contains(&series(1)) && text.contains(&series(2)), "{text}");

        // What is being taken over is looked up, the age of its oldest record once.
        status.set(1, None);
        status.set(0, Some(PartitionStatus::default()));
        for asked in [4, 3] {
            watch.look().await;
            assert_eq!(journal.asked.swap(0, Ordering::Relaxed), asked);
            let facts = watch.parts.health.report().facts;
            assert_eq!(facts["worker_lag_messages"], ends[0] as f64);
            assert!(facts["worker_lag_seconds"] >= 100.0, "{facts:?}");
        }
        let text = handle.render();
        assert!(
            text.contains(&series(0)) && !text.contains(&series(1)),
            "what was let go is another's to speak of: {text}"
        );
    }

    #[tokio::test]
    async fn a_refused_partition_makes_the_worker_not_ready() {
        let (mut watch, status, _) = watch().await;
        let refused = Some("partition 2: the log no longer holds it".to_owned());
        status.set(2, Some(PartitionStatus { refused, ..known(1, None).unwrap() }));
        watch.look().await;
        let report = watch.parts.health.report();
        assert!(!report.ready && report.checks["worker"].contains("no longer holds"), "{report:?}");
        status.set(2, known(1, None));
        watch.look().await;
        assert!(watch.parts.health.report().ready);
    }
}
