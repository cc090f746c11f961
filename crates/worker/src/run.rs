//! The loop: consume what there is, flush by size and time, seal what is closed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use delivery::AppendTime;
use journal::{Change, Topic, TopicPartition};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use warehouse::{Generation, RawRow};

use crate::batch::Rows;
use crate::derive::{Derive, Touched};
use crate::flush::{Flush, Reach, consult, flush, persist};
use crate::owners::Owners;
use crate::partition::Applied;
use crate::seal::{Claim, Proof, prove, remember};
use crate::takeover::{OutOfReach, Owned, take_over};
use crate::{Deps, Error, dead_letters};

/// Pause between two tries to seal what is not settled yet.
const SEAL_AGAIN: Duration = Duration::from_millis(500);

/// Longest time to flush at the end, or what goes to another worker. What is not done then, the next owner does.
const LET_GO: Duration = Duration::from_secs(4);

/// Works on the partitions that the group gives it until `shutdown` resolves; then flushes what it has, commits and returns.
pub async fn run(deps: Deps, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
    assert_generation(&deps).await?;
    let mut member = deps.journal.join(&deps.options.group, &[Topic::Events, Topic::DeadLetters])?;
    let mut tasks = JoinSet::new();
    let (derive, receiver) = Derive::channel();
    tasks.spawn(derive.clone().run(deps.clone(), receiver));
    let owners = Owners::none();
    tasks.spawn(dead_letters::run(deps.clone(), owners.clone()));
    let mut worker = Worker::new(deps, derive, owners);
    tokio::pin!(shutdown);
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

#[derive(Debug)]
struct Slot {
    owned: Owned,
    /// When the last record was read, for the idle seal.
    last_news: Instant,
    seal_not_before: Instant,
    /// Next offset as far as flushes are done.
    flushed: u64,
    /// Which takeover made this memory.
    takeover: u64,
    /// Whether the sealed position is remembered as memory has it.
    is_remembered: bool,
}

/// Why a partition is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The group gave it.
    Given,
    /// It was at its end, and a record came.
    News,
    /// A record that memory does not reach.
    ClockStep,
    /// A read-back found that acknowledged rows are gone.
    RowsLost,
}

impl Cause {
    /// Name for logs and metrics.
    fn name(self) -> &'static str {
        match self {
            Cause::Given => "given",
            Cause::News => "news",
            Cause::ClockStep => "clock_step",
            Cause::RowsLost => "rows_lost",
        }
    }
}

fn events_of(partitions: &[TopicPartition]) -> impl Iterator<Item = u16> {
    partitions.iter().filter(|at| at.topic == Topic::Events).map(|at| at.partition)
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
    /// What is owned, by partition.
    slots: BTreeMap<u16, Slot>,
    /// Number of takeovers: tells the memories of a partition apart.
    takeovers: u64,
    rows: Rows,
    oldest_row: Option<Instant>,
    /// How long a row waits for its flush at present.
    interval: Duration,
    in_flight: JoinSet<Result<Flush, Error>>,
    /// A claim whose flush is not done yet.
    claimed: Option<Claim>,
    /// At most one proof at a time, and of which partition.
    proving: JoinSet<Result<(Claim, Proof), Error>>,
    proving_of: u16,
}

impl Worker {
    fn new(deps: Deps, derive: Derive, owners: Owners) -> Worker {
        let interval = deps.options.flush_interval;
        Worker {
            deps,
            derive,
            owners,
            slots: BTreeMap::new(),
            takeovers: 0,
            rows: Rows::default(),
            oldest_row: None,
            interval,
            in_flight: JoinSet::new(),
            claimed: None,
            proving: JoinSet::new(),
            proving_of: 0,
        }
    }

    /// Takes what the group gives and lets go of what it takes.
    async fn change(&mut self, change: Change) -> Result<(), Error> {
        match change {
            Change::Given(given) => {
                self.owners.add(&given);
                for partition in events_of(&given) {
                    self.own(partition, Cause::Given, None).await?;
                }
            }
            Change::Taken(taken, revoked) => {
                let let_go = async {
                    self.start_flush().await?;
                    self.await_flush().await
                };
                match tokio::time::timeout(LET_GO, let_go).await {
                    Ok(flushed) => flushed?,
                    Err(_) => tracing::warn!(?taken, "not flushed before they are let go; the next owner does it"),
                }
                self.disown(&taken);
                revoked.done();
            }
            Change::Lost(lost) => self.disown(&lost),
        }
        Ok(())
    }

    /// Takes a partition over, from whoever had it or from this worker's own memory.
    async fn own(&mut self, partition: u16, why: Cause, at: Option<OutOfReach>) -> Result<(), Error> {
        crate::metrics::takeover(why.name());
        let owned = take_over(&self.deps, partition, at).await?;
        // What is in memory of conversations lacks the records that others folded and sealed meanwhile, and what was lost when
        // they were read. It is forgotten only now that it is known from where on all records come by here.
        let known = self.slots.get(&partition).map(|slot| slot.owned.folded_to());
        if why == Cause::RowsLost || known.is_none_or(|known| owned.sealed() > known) {
            self.derive.forget();
        }
        self.takeovers += 1;
        let now = Instant::now();
        let takeover = self.takeovers;
        let slot = Slot { owned, last_news: now, seal_not_before: now, flushed: 0, takeover, is_remembered: true };
        self.slots.insert(partition, slot);
        Ok(())
    }

    fn disown(&mut self, gone: &[TopicPartition]) {
        self.owners.remove(gone);
        for partition in events_of(gone) {
            self.slots.remove(&partition);
            self.claimed.take_if(|claim| claim.partition == partition);
            // Its proof may wait for derived rows that another owner makes now.
            if self.proving_of == partition {
                self.proving = JoinSet::new();
            }
            tracing::info!(partition, "partition let go");
        }
    }

    /// One round. May be dropped at any await: nothing is lost, since memory and batch change only between awaits.
    async fn step(&mut self) -> Result<(), Error> {
        while let Some(done) = self.in_flight.try_join_next() {
            self.flushed(done)?;
        }
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

    /// Reads one chunk of a partition and folds it; whether there was one.
    async fn consume(&mut self, partition: u16) -> Result<bool, Error> {
        if self.derive.backlog() > self.deps.options.derive_backlog {
            return Ok(false);
        }
        let journal = Arc::clone(&self.deps.journal);
        let Some(slot) = self.slots.get(&partition) else { return Ok(false) };
        let (Owned::Folding { next_offset, .. } | Owned::AtEnd { next_offset }) = &slot.owned;
        let (from, limit) = (*next_offset, self.deps.options.read);
        let records = consult("read", || journal.read(Topic::Events, partition, from, limit)).await?;
        let Some(last) = records.last() else { return Ok(false) };
        let Some(slot) = self.slots.get_mut(&partition) else { return Ok(false) };
        let Slot { owned: Owned::Folding { fold, next_offset }, last_news, .. } = slot else {
            // The first record since everything was sealed: its context has to be read first.
            return self.own(partition, Cause::News, None).await.map(|()| true);
        };
        *last_news = Instant::now();
        for record in &records {
            if fold.apply(record, &mut self.rows) == Applied::OutOfReach {
                let stretch = fold.frontier().stretch_time_at(AppendTime(record.append_time_ms));
                let at = OutOfReach { offset: record.offset, stretch };
                return self.take_over(partition, Cause::ClockStep, Some(at)).await.map(|()| true);
            }
        }
        *next_offset = last.offset + 1;
        if !self.rows.is_empty() {
            self.oldest_row.get_or_insert_with(Instant::now);
        }
        Ok(true)
    }

    /// A takeover of a partition that is owned: everything folded so far is flushed first, so that the commit never runs behind
    /// memory.
    async fn take_over(&mut self, partition: u16, why: Cause, at: Option<OutOfReach>) -> Result<(), Error> {
        tracing::info!(partition, why = why.name(), at = at.map(|at| at.offset), "taking the partition over again");
        self.start_flush().await?;
        self.await_flush().await?;
        self.own(partition, why, at).await
    }

    /// Hands the batch to a flush of its own; at most one is in flight.
    async fn start_flush(&mut self) -> Result<(), Error> {
        self.await_flush().await?;
        if self.rows.is_empty() {
            return Ok(());
        }
        let records = self.rows.records;
        let (mut batch, touched) = self.rows.take();
        self.oldest_row = None;
        let mut reach = Vec::new();
        for slot in self.slots.values_mut() {
            let Owned::Folding { fold, .. } = &mut slot.owned else { continue };
            fold.take_changed(&mut batch);
            reach.push(Reach {
                partition: fold.id(),
                next_offset: fold.frontier().next_offset(),
                sealed: fold.frontier().sealed_position(),
                append_ms: fold.last_append_ms(),
                tenure: self.owners.tenure(Topic::Events, fold.id()),
            });
        }
        self.claim();
        let (deps, owners) = (self.deps.clone(), self.owners.clone());
        self.in_flight.spawn(flush(deps, owners, Flush { batch, touched, reach, records, took: Duration::ZERO }));
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
                slot.flushed = reach.next_offset;
            }
        }
        let in_conversations = batch.raw.into_iter().filter(|row| !row.conversation_id.is_empty());
        let facts = in_conversations.map(RawRow::into_fact_row).collect();
        self.derive.send(Touched { conversations: touched, facts, reach });
        self.start_proof();
        Ok(())
    }

    /// Notes what the first partition with something to seal should hold. Called where all rows folded are in a flush, begun or
    /// done; the proof follows that flush.
    fn claim(&mut self) {
        if self.claimed.is_none() && self.proving.is_empty() {
            self.claimed = self.first_to_seal();
        }
    }

    /// Begins the proof of a claim when its flush is done.
    fn start_proof(&mut self) {
        if !self.in_flight.is_empty() {
            return;
        }
        if let Some(claim) = self.claimed.take() {
            self.proving_of = claim.partition;
            self.proving.spawn(prove(self.deps.clone(), self.derive.clone(), claim));
        }
    }

    /// The claim of the first partition with something to seal now.
    fn first_to_seal(&self) -> Option<Claim> {
        let now = Instant::now();
        self.slots.values().filter(|slot| now >= slot.seal_not_before).find_map(|slot| {
            let Owned::Folding { fold, .. } = &slot.owned else { return None };
            let idle = slot.last_news.elapsed() >= self.deps.options.idle_seal_after;
            let segments = if idle { fold.frontier().unsealed() } else { fold.frontier().closed() };
            (!segments.is_empty()).then(|| Claim::note(fold, slot.takeover, segments))
        })
    }

    /// Seals what was proved, unless the partition has moved on since.
    async fn proved(&mut self, done: Joined<(Claim, Proof)>) -> Result<(), Error> {
        let (claim, proof) = outcome(done)?;
        let partition = claim.partition;
        let Some(slot) = self.slots.get_mut(&partition) else { return Ok(()) };
        slot.seal_not_before = Instant::now() + SEAL_AGAIN;
        if slot.takeover != claim.takeover {
            return Ok(());
        }
        if proof == Proof::RowsLost {
            return self.take_over(claim.partition, Cause::RowsLost, None).await;
        }
        self.await_flush().await?;
        let Some(slot) = self.slots.get_mut(&partition) else { return Ok(()) };
        let Owned::Folding { fold, .. } = &mut slot.owned else { return Ok(()) };
        if proof == Proof::Whole && claim.holds_of(fold) {
            slot.seal_not_before = Instant::now();
            slot.is_remembered = false;
            let position = claim.seal(fold);
            tracing::debug!(partition, position, "sealed");
        }
        self.remember_seals().await
    }

    /// Remembers what was sealed; at the next step, if a change of the group comes in between. No flush is under way
    /// meanwhile, so that commits follow one another, each knowing what the last one knew.
    async fn remember_seals(&mut self) -> Result<(), Error> {
        while let Some((partition, _)) = self.slots.iter().find(|(_, slot)| !slot.is_remembered) {
            let partition = *partition;
            self.await_flush().await?;
            let Some(slot) = self.slots.get_mut(&partition) else { continue };
            if let Owned::Folding { fold, .. } = &slot.owned {
                let sealed = fold.frontier().sealed_position();
                remember(&self.deps, &self.owners, partition, (sealed, slot.flushed)).await?;
            }
            slot.is_remembered = true;
        }
        Ok(())
    }

    /// Waits until there may be news, the batch is due, or a flush is done.
    async fn wait_for_news(&mut self) -> Result<(), Error> {
        // What others own is no news here.
        let mut seen = vec![u64::MAX; usize::from(self.deps.journal.partitions(Topic::Events))];
        for (partition, slot) in &self.slots {
            let (Owned::Folding { next_offset, .. } | Owned::AtEnd { next_offset }) = &slot.owned;
            seen[usize::from(*partition)] = *next_offset;
        }
        let interval = self.interval;
        let due_in = self.oldest_row.map_or(interval, |since| interval.saturating_sub(since.elapsed()));
        tokio::select! {
            biased;
            () = self.deps.journal.wait_beyond(Topic::Events, seen), if self.oldest_row.is_none() => {}
            () = tokio::time::sleep(due_in.max(Duration::from_millis(1))) => {}
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
