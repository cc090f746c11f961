//! The loop: consume what there is, flush by size and time, seal what is closed.

use std::time::Duration;

use delivery::AppendTime;
use journal::Topic;
use tokio::task::JoinSet;
use tokio::time::Instant;
use warehouse::{Generation, RawRow};

use crate::batch::Rows;
use crate::derive::{Derive, Touched};
use crate::flush::{Flush, Reach, flush, persist};
use crate::partition::Applied;
use crate::seal::{Sealed, seal};
use crate::takeover::{OutOfReach, Owned, take_over};
use crate::{Deps, Error, dead_letters};

/// Pause between two tries to seal what is not settled yet.
const SEAL_AGAIN: Duration = Duration::from_millis(500);

/// Works on all partitions of the journal until `shutdown` resolves; then flushes what it has, commits and returns.
pub async fn run(deps: Deps, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
    assert_generation(&deps).await?;
    let mut tasks = JoinSet::new();
    let (derive, receiver) = Derive::channel();
    tasks.spawn(derive.clone().run(deps.clone(), receiver));
    tasks.spawn(dead_letters::run(deps.clone()));
    let mut worker = Worker::new(deps, derive).await?;
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(ended) = tasks.join_next() => match ended {
                Ok(outcome) => outcome?,
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            },
            stepped = worker.step() => stepped?,
        }
    }
    worker.drain().await
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
}

#[derive(Debug)]
struct Worker {
    deps: Deps,
    derive: Derive,
    slots: Vec<Slot>,
    rows: Rows,
    oldest_row: Option<Instant>,
    in_flight: JoinSet<Result<Flush, Error>>,
}

impl Worker {
    async fn new(deps: Deps, derive: Derive) -> Result<Worker, Error> {
        let mut slots = Vec::new();
        for partition in 0..deps.journal.partitions(Topic::Events) {
            crate::metrics::takeover("start");
            let owned = take_over(&deps, partition, None).await?;
            slots.push(Slot { owned, last_news: Instant::now(), seal_not_before: Instant::now() });
        }
        Ok(Worker { deps, derive, slots, rows: Rows::default(), oldest_row: None, in_flight: JoinSet::new() })
    }

    /// One round. May be dropped at any await: nothing is lost, since memory and batch change only between awaits.
    async fn step(&mut self) -> Result<(), Error> {
        while let Some(done) = self.in_flight.try_join_next() {
            self.flushed(done)?;
        }
        let sealing = self.first_to_seal();
        let mut news = false;
        if sealing.is_none() {
            for index in 0..self.slots.len() {
                if !self.is_full() {
                    news |= self.consume(index).await?;
                }
            }
        }
        let full = self.is_full();
        let due = self.oldest_row.is_some_and(|since| since.elapsed() >= self.deps.options.flush_interval);
        if full || (due && self.in_flight.is_empty()) || (sealing.is_some() && !self.rows.is_empty()) {
            self.start_flush().await?;
        }
        if let Some(index) = sealing {
            self.await_flush().await?;
            return self.seal(index).await;
        }
        if !news { self.wait_for_news().await } else { Ok(()) }
    }

    fn is_full(&self) -> bool {
        let options = &self.deps.options;
        self.rows.len() >= options.flush_rows || self.rows.bytes >= options.flush_bytes
    }

    /// Reads one chunk of a partition and folds it; whether there was one.
    async fn consume(&mut self, index: usize) -> Result<bool, Error> {
        if self.derive.backlog() > self.deps.options.derive_backlog {
            return Ok(false);
        }
        let partition = u16::try_from(index).expect("partitions are counted in u16");
        if let Owned::AtEnd { next_offset } = self.slots[index].owned {
            if self.deps.journal.offsets(Topic::Events, partition).await?.next <= next_offset {
                return Ok(false);
            }
            self.slots[index].owned = take_over(&self.deps, partition, None).await?;
        }
        let Owned::Folding { next_offset, .. } = &self.slots[index].owned else { return Ok(false) };
        let (from, limit) = (*next_offset, self.deps.options.read);
        let records = self.deps.journal.read(Topic::Events, partition, from, limit).await?;
        let Some(last) = records.last() else { return Ok(false) };
        let last_offset = last.offset;
        let Slot { owned: Owned::Folding { fold, next_offset }, last_news, .. } = &mut self.slots[index] else {
            return Ok(false);
        };
        *last_news = Instant::now();
        for record in &records {
            if fold.apply(record, &mut self.rows) == Applied::OutOfReach {
                let stretch = fold.frontier().stretch_time_at(AppendTime(record.append_time_ms));
                let at = OutOfReach { offset: record.offset, stretch };
                return self.take_over_at(partition, at).await.map(|()| true);
            }
        }
        *next_offset = last_offset + 1;
        if !self.rows.is_empty() {
            self.oldest_row.get_or_insert_with(Instant::now);
        }
        Ok(true)
    }

    /// A takeover at a record: everything folded so far is flushed first, so that the commit never runs behind memory.
    async fn take_over_at(&mut self, partition: u16, at: OutOfReach) -> Result<(), Error> {
        tracing::info!(
            partition,
            at = at.offset,
            "the append clock stepped back: taking the partition over at this record"
        );
        crate::metrics::takeover("clock_step");
        self.start_flush().await?;
        self.await_flush().await?;
        self.slots[usize::from(partition)].owned = take_over(&self.deps, partition, Some(at)).await?;
        Ok(())
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
        for slot in &mut self.slots {
            let Owned::Folding { fold, .. } = &mut slot.owned else { continue };
            fold.take_changed(&mut batch);
            reach.push(Reach {
                partition: fold.id(),
                next_offset: fold.frontier().next_offset(),
                sealed: fold.frontier().sealed_position(),
                append_ms: fold.last_append_ms(),
            });
        }
        let deps = self.deps.clone();
        self.in_flight.spawn(flush(deps, Flush { batch, touched, reach, records }));
        Ok(())
    }

    async fn await_flush(&mut self) -> Result<(), Error> {
        while let Some(done) = self.in_flight.join_next().await {
            self.flushed(done)?;
        }
        Ok(())
    }

    fn flushed(&mut self, done: Result<Result<Flush, Error>, tokio::task::JoinError>) -> Result<(), Error> {
        let Flush { batch, touched, reach, .. } = match done {
            Ok(outcome) => outcome?,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        let in_conversations = batch.raw.iter().filter(|row| !row.conversation_id.is_empty());
        let facts = in_conversations.map(RawRow::fact_row).collect();
        self.derive.send(Touched { conversations: touched, facts, reach });
        Ok(())
    }

    /// The first partition with something to seal now.
    fn first_to_seal(&self) -> Option<usize> {
        let now = Instant::now();
        let due = |slot: &Slot| {
            let Owned::Folding { fold, .. } = &slot.owned else { return false };
            let idle = slot.last_news.elapsed() >= self.deps.options.idle_seal_after;
            let wanted = !fold.frontier().closed().is_empty() || idle && !fold.frontier().unsealed().is_empty();
            wanted && now >= slot.seal_not_before
        };
        self.slots.iter().position(due)
    }

    async fn seal(&mut self, index: usize) -> Result<(), Error> {
        let idle_after = self.deps.options.idle_seal_after;
        let slot = &mut self.slots[index];
        let Owned::Folding { fold, .. } = &mut slot.owned else { return Ok(()) };
        let idle = slot.last_news.elapsed() >= idle_after;
        let segments = if idle { fold.frontier().unsealed() } else { fold.frontier().closed() };
        let partition = fold.id();
        match seal(&self.deps, &self.derive, fold, &segments).await? {
            Sealed::To(position) => {
                tracing::debug!(partition, position, "sealed");
                slot.seal_not_before = Instant::now();
            }
            Sealed::NotYet => slot.seal_not_before = Instant::now() + SEAL_AGAIN,
            Sealed::RowsLost => {
                crate::metrics::takeover("rows_lost");
                slot.seal_not_before = Instant::now() + SEAL_AGAIN;
                slot.owned = take_over(&self.deps, partition, None).await?;
            }
        }
        Ok(())
    }

    /// Waits until there may be news, the batch is due, or a flush is done.
    async fn wait_for_news(&mut self) -> Result<(), Error> {
        let next_offset = |slot: &Slot| match &slot.owned {
            Owned::Folding { next_offset, .. } | Owned::AtEnd { next_offset } => *next_offset,
        };
        let seen: Vec<u64> = self.slots.iter().map(next_offset).collect();
        let interval = self.deps.options.flush_interval;
        let due_in = self.oldest_row.map_or(interval, |since| interval.saturating_sub(since.elapsed()));
        tokio::select! {
            biased;
            () = self.deps.journal.wait_beyond(Topic::Events, seen), if self.oldest_row.is_none() => {}
            () = tokio::time::sleep(due_in.max(Duration::from_millis(1))) => {}
            Some(done) = self.in_flight.join_next(), if !self.in_flight.is_empty() => self.flushed(done)?,
        }
        Ok(())
    }

    /// Flushes what is folded; the derived rows follow at the next start if they are not done.
    async fn drain(mut self) -> Result<(), Error> {
        self.start_flush().await?;
        self.await_flush().await
    }
}
