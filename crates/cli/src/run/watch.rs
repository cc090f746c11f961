//! What readiness says, and how far the worker is behind: looked at every second, from outside the parts that are looked at.

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use gateway::{Intake, Waiting};
use journal::{ErrorClass, Journal, ReadLimit, Topic};
use service::{
    health::{Check, Health},
    lifecycle::{OnFailure, Spawner},
    metrics::{Entry, Gauge, Unit},
};
use tokio::time::Instant;

/// Records that are in the journal and not in the warehouse.
const LAG_MESSAGES: Gauge = Gauge::new(
    "rapport_worker_lag_messages",
    Unit::Count,
    "Records that the journal holds and the worker has not committed; label partition.",
);
/// How old the oldest of them is.
const LAG_SECONDS: Gauge = Gauge::new(
    "rapport_worker_lag_seconds",
    Unit::Seconds,
    "Time since the oldest record that the worker has not committed was appended; 0 when there is none.",
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
    /// Whether this process has a worker.
    pub(super) has_worker: bool,
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
    worker: Option<Check>,
    /// Committed offsets, all partitions together, and since when they are that.
    progress: (u64, Instant),
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
        let worker = parts.has_worker.then(|| parts.health.register("worker"));
        Watch { parts, journal, warehouse, worker, progress: (0, Instant::now()) }
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
        if self.worker.is_none() {
            return;
        }
        match self.lag().await {
            Ok(lag) => self.judge(lag),
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

    fn judge(&mut self, lag: Lag) {
        LAG_SECONDS.set(lag.seconds);
        self.parts.health.fact("worker_lag_messages", lag.messages as f64);
        self.parts.health.fact("worker_lag_seconds", lag.seconds);
        if lag.messages == 0 || lag.committed != self.progress.0 {
            self.progress = (lag.committed, Instant::now());
        }
        let failing = self.warehouse.as_ref().and_then(|(client, _)| client.failing_writes());
        let failing = failing.map(|failure| (failure.advice, failure.since.elapsed()));
        self.say(worker_advice(failing, self.progress.1.elapsed(), lag));
    }

    /// What readiness says of the worker: nothing if nothing is missing.
    fn say(&self, advice: Option<String>) {
        match (&self.worker, advice) {
            (Some(worker), Some(advice)) => worker.missing(advice),
            (Some(worker), None) => worker.ok(),
            (None, _) => {}
        }
    }

    async fn lag(&self) -> Result<Lag, journal::Error> {
        const ONE: ReadLimit = ReadLimit { records: 1, bytes: 1 };
        let journal = &self.parts.journal;
        let mut lag = Lag { messages: 0, seconds: 0.0, committed: 0 };
        for partition in 0..journal.partitions(Topic::Events) {
            let held = journal.offsets(Topic::Events, partition).await?;
            let commit = journal.committed(&self.parts.group, Topic::Events, partition).await?;
            let committed = commit.map_or(held.first, |commit| commit.next_offset).max(held.first);
            let behind = held.next.saturating_sub(committed);
            LAG_MESSAGES.set_of("partition", partition, behind as f64);
            lag.messages += behind;
            lag.committed += committed;
            if let Some(oldest) = journal.read(Topic::Events, partition, committed, ONE).await?.first() {
                let age_ms = Utc::now().timestamp_millis().saturating_sub(oldest.append_time_ms).max(0);
                lag.seconds = lag.seconds.max(age_ms as f64 / 1_000.0);
            }
        }
        Ok(lag)
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
}
