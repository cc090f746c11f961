//! The loop: consume what there is, flush by size and time, seal what is closed.

mod ownership;
mod sealing;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use delivery::AppendTime;
use journal::Topic;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use warehouse::{Generation, RawRow};

use crate::batch::Rows;
use crate::derive::{Derive, Touched};
use crate::flush::{Flush, Reach, consult, flush, persist};
use crate::owners::Owners;
use crate::partition::Applied;
use crate::rederive::rederive;
use crate::schemas::Asking;
use crate::seal::{Claim, Proof};
use crate::status::Uncommitted;
use crate::takeover::{OutOfReach, Owned};
use crate::takeovers::{Cause, Takeovers};
use crate::{Deps, Error, dead_letters, erasure, idle};

use self::ownership::Refused;

/// Longest time to flush at the end, or what goes to another worker. What is not done then, the next owner does.
const LET_GO: Duration = Duration::from_secs(4);

/// Longest wait for the derived rows to catch up, before it is looked again whether anything may be read.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Works on the partitions that the group gives it until `shutdown` resolves; then flushes what it has, commits and returns.
pub async fn run(deps: Deps, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
    tokio::pin!(shutdown);
    assert_generation(&deps).await?;
    tokio::select! {
        biased;
        () = &mut shutdown => return Ok(()),
        derived = rederive(&deps) => derived?,
    }
    let mut member = deps.journal.join(&deps.options.group, &[Topic::Events, Topic::DeadLetters])?;
    let mut tasks = JoinSet::new();
    let (derive, receiver) = Derive::channel();
    tasks.spawn(derive.clone().run(deps.clone(), receiver));
    let owners = Owners::none();
    tasks.spawn(dead_letters::run(deps.clone(), owners.clone()));
    if let Some(erasures) = deps.erasures.clone() {
        tasks.spawn(erasure::run(deps.clone(), erasures, owners.clone(), member.is_sole()));
    }
    tasks.spawn(idle::run(deps.clone(), owners.clone(), member.is_sole()));
    let mut worker = Worker::new(deps, derive, owners, member.is_sole());
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(ended) = tasks.join_next() => outcome(ended)?,
            change = member.change() => tokio::select! {
                biased;
                () = &mut shutdown => break,
                changed = worker.change(change) => changed?,
            },
            stepped = worker.step() => stepped?,
        }
    }
    let Ok(drained) = tokio::time::timeout(LET_GO, worker.drain()).await else {
        tracing::warn!("stopping with rows that are not in the warehouse: the next start makes them again");
        return Ok(());
    };
    drained
}

async fn assert_generation(deps: &Deps) -> Result<(), Error> {
    let settings = deps.options.settings;
    let wanted = Generation {
        generation: deps.options.generation,
        segment_ms: settings.segment_ms.unsigned_abs(),
        horizon_ms: settings.horizon_ms.unsigned_abs(),
        grace_ms: settings.grace_ms.unsigned_abs(),
        partitions: deps.journal.partitions(Topic::Events),
    };
    let found = persist("read the generation", || deps.sink.generation(&wanted)).await?;
    if found == wanted {
        return Ok(());
    }
    Err(Error::OtherGeneration { found: format!("{found:?}"), wanted: format!("{wanted:?}") })
}

/// A partition that was taken over.
#[derive(Debug)]
struct Slot {
    owned: Owned,
    /// Whether the journal was proved to be the one that the warehouse was filled from.
    is_proved: bool,
    /// When the last record was read, for the idle seal.
    last_news: Instant,
    seal_not_before: Instant,
    /// How far flushes are done, and what waits for one.
    uncommitted: Uncommitted,
    /// Which takeover made this memory.
    takeover: u64,
    /// Whether the sealed position is remembered as memory has it.
    is_remembered: bool,
    /// Whether the next record needs a schema that the registry is being asked for.
    waits_for_schema: bool,
}

/// What a task that ended leaves.
type Joined<T> = Result<Result<T, Error>, JoinError>;

/// The task's own outcome; its panic goes on here.
fn outcome<T>(done: Joined<T>) -> Result<T, Error> {
    match done {
        Ok(outcome) => outcome,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[derive(Debug)]
struct Worker {
    deps: Deps,
    derive: Derive,
    owners: Owners,
    /// Whether there is no other worker, now or ever.
    is_sole: bool,
    /// What is owned and was taken over, by partition.
    slots: BTreeMap<u16, Slot>,
    /// What is owned and not taken over yet.
    takeovers: Takeovers,
    /// What is owned and stays as it is.
    refused: BTreeMap<u16, Refused>,
    /// Whether anything may be folded: a sole worker looks at everything first.
    may_fold: bool,
    rows: Rows,
    oldest_row: Option<Instant>,
    /// How long a row waits for its flush at present.
    interval: Duration,
    in_flight: JoinSet<Result<Flush, Error>>,
    asking: Asking,
    /// A claim whose flush is not done yet.
    claimed: Option<Claim>,
    /// At most one proof at a time, and of which partition.
    proving: JoinSet<Result<(Claim, Proof), Error>>,
    proving_of: u16,
}

impl Worker {
    fn new(deps: Deps, derive: Derive, owners: Owners, is_sole: bool) -> Worker {
        let interval = deps.options.flush_interval;
        let asking = Asking::new(deps.registry.clone());
        Worker {
            asking,
            deps,
            derive,
            owners,
            is_sole,
            slots: BTreeMap::new(),
            takeovers: Takeovers::default(),
            refused: BTreeMap::new(),
            may_fold: !is_sole,
            rows: Rows::default(),
            oldest_row: None,
            interval,
            in_flight: JoinSet::new(),
            claimed: None,
            proving: JoinSet::new(),
            proving_of: 0,
        }
    }

    /// One round. May be dropped at any await: nothing is lost, since memory and batch change only between awaits.
    async fn step(&mut self) -> Result<(), Error> {
        while let Some(done) = self.in_flight.try_join_next() {
            self.flushed(done)?;
        }
        while let Some(landed) = self.takeovers.try_next(&self.deps) {
            self.land(landed)?;
        }
        self.try_refused_again();
        self.remember_seals().await?;
        if let Some(done) = self.proving.try_join_next() {
            self.proved(done).await?;
        }
        let mut news = false;
        let owned: Vec<u16> = self.slots.keys().copied().collect();
        for partition in owned {
            if !self.is_full() {
                news |= self.consume(partition).await?;
            }
        }
        let due = self.oldest_row.is_some_and(|since| since.elapsed() >= self.interval);
        if self.is_full() || (due && self.in_flight.is_empty()) {
            self.start_flush().await?;
        } else if self.rows.is_empty() {
            self.claim();
            self.start_proof();
        }
        if !news { self.wait_for_news().await } else { Ok(()) }
    }

    fn is_full(&self) -> bool {
        let options = &self.deps.options;
        self.rows.len() >= options.flush_rows || self.rows.bytes >= options.flush_bytes
    }

    fn may_read(&self) -> bool {
        self.may_fold && self.derive.backlog() <= self.deps.options.derive_backlog
    }

    /// Reads one chunk of a partition and folds it; whether there was one.
    async fn consume(&mut self, partition: u16) -> Result<bool, Error> {
        if !self.may_read() {
            return Ok(false);
        }
        let journal = Arc::clone(&self.deps.journal);
        let Some(slot) = self.slots.get(&partition) else { return Ok(false) };
        let (Owned::Folding { next_offset, .. } | Owned::AtEnd { next_offset }) = &slot.owned;
        let (from, limit) = (*next_offset, self.deps.options.read);
        let mut records = match consult("read", || journal.read(Topic::Events, partition, from, limit)).await {
            Err(Error::Journal(journal::Error::OffsetGone { .. })) => {
                return self.take_over(partition, Cause::RecordsGone, None).await.map(|()| true);
            }
            records => records?,
        };
        let readable = self.asking.readable(&records);
        let Some(slot) = self.slots.get_mut(&partition) else { return Ok(false) };
        slot.waits_for_schema = readable < records.len();
        records.truncate(readable);
        let Some(last) = records.last() else { return Ok(false) };
        let Slot { owned: Owned::Folding { fold, next_offset }, last_news, uncommitted, .. } = slot else {
            // The first record since everything was sealed: its context has to be read first.
            self.ask(partition, Cause::News, None);
            return Ok(true);
        };
        *last_news = Instant::now();
        fold.read_by(self.asking.known());
        for record in &records {
            if fold.apply(record, &mut self.rows) == Applied::OutOfReach {
                *next_offset = record.offset;
                let stretch = fold.frontier().stretch_time_at(AppendTime(record.append_time_ms));
                let at = OutOfReach { offset: record.offset, stretch };
                return self.take_over(partition, Cause::ClockStep, Some(at)).await.map(|()| true);
            }
        }
        *next_offset = last.offset + 1;
        if uncommitted.read(&records) {
            self.deps.status.set(partition, Some(uncommitted.status()));
        }
        if !self.rows.is_empty() {
            self.oldest_row.get_or_insert_with(Instant::now);
        }
        Ok(true)
    }

    /// Hands the batch to a flush of its own; at most one is in flight.
    async fn start_flush(&mut self) -> Result<(), Error> {
        self.await_flush().await?;
        if self.rows.is_empty() {
            return Ok(());
        }
        let (records, letters) = (self.rows.records, std::mem::take(&mut self.rows.letters));
        let (mut batch, touched) = self.rows.take();
        self.oldest_row = None;
        let mut reach = Vec::new();
        for slot in self.slots.values_mut() {
            let Owned::Folding { fold, .. } = &mut slot.owned else { continue };
            fold.take_changed(&mut batch);
            let next_offset = fold.frontier().next_offset();
            reach.push(Reach {
                partition: fold.id(),
                next_offset,
                commit: slot.uncommitted.begin(next_offset),
                sealed: fold.frontier().sealed_position(),
                append_ms: fold.last_append_ms(),
                tenure: self.owners.tenure(Topic::Events, fold.id()),
            });
        }
        self.claim();
        let (deps, owners) = (self.deps.clone(), self.owners.clone());
        self.in_flight.spawn(flush(
            deps,
            owners,
            Flush { batch, letters, touched, reach, records, took: Duration::ZERO },
        ));
        Ok(())
    }

    async fn await_flush(&mut self) -> Result<(), Error> {
        while let Some(done) = self.in_flight.join_next().await {
            self.flushed(done)?;
        }
        Ok(())
    }

    fn flushed(&mut self, done: Joined<Flush>) -> Result<(), Error> {
        let Flush { batch, touched, reach, took, .. } = outcome(done)?;
        self.interval = self.deps.options.interval_after(took);
        for reach in &reach {
            if self.owners.tenure(Topic::Events, reach.partition) != reach.tenure {
                continue;
            }
            if let Some(slot) = self.slots.get_mut(&reach.partition) {
                slot.uncommitted.commit(reach.commit);
                self.deps.status.set(reach.partition, Some(slot.uncommitted.status()));
            }
        }
        let in_conversations = batch.raw.into_iter().filter(|row| !row.conversation_id.is_empty());
        let facts = in_conversations.map(RawRow::into_fact_row).collect();
        self.derive.send(Touched { conversations: touched, facts, reach });
        self.start_proof();
        Ok(())
    }

    /// Waits until there may be news, the batch is due, or a flush is done.
    async fn wait_for_news(&mut self) -> Result<(), Error> {
        // What others own is no news here, nor is what may not be read.
        let mut seen = vec![u64::MAX; usize::from(self.deps.journal.partitions(Topic::Events))];
        let readable = self.slots.iter().filter(|(_, slot)| self.may_read() && !slot.waits_for_schema);
        for (partition, slot) in readable {
            let (Owned::Folding { next_offset, .. } | Owned::AtEnd { next_offset }) = &slot.owned;
            seen[usize::from(*partition)] = *next_offset;
        }
        let interval = self.interval;
        let interval = if self.may_read() { interval } else { interval.min(LOOK_AGAIN) };
        let due_in = self.oldest_row.map_or(interval, |since| interval.saturating_sub(since.elapsed()));
        tokio::select! {
            biased;
            () = self.deps.journal.wait_beyond(Topic::Events, seen), if self.oldest_row.is_none() => {}
            () = self.asking.answered() => {}
            () = tokio::time::sleep(due_in.max(Duration::from_millis(1))) => {}
            landed = self.takeovers.next(&self.deps), if !self.takeovers.is_idle() => self.land(landed)?,
            Some(done) = self.in_flight.join_next(), if !self.in_flight.is_empty() => self.flushed(done)?,
            Some(done) = self.proving.join_next(), if !self.proving.is_empty() => self.proved(done).await?,
        }
        Ok(())
    }

    /// Flushes what is folded; the derived rows follow at the next start if they are not done.
    async fn drain(mut self) -> Result<(), Error> {
        self.start_flush().await?;
        self.await_flush().await
    }
}
