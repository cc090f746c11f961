//! A warehouse in memory that follows the tables' replacement rules, counts operations, and misbehaves when told to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;
use warehouse::{
    AnchorRow, Batch, BoxFuture, ConversationKey, Error, FactRow, Generation, ProgressRow, SealedRow, SegmentRows,
    Sink, StateRow,
};

use crate::tables::{ALL_TABLES, FIRST_COUNTER, TABLES, Tables};

/// What happens at an operation of the warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails and nothing was done.
    Refuse,
    /// It is done, and the answer is an error.
    LoseAnswer,
    /// It is acknowledged and not done.
    LoseRows,
    /// It never answers, before anything was done: the caller is to be killed.
    HangBefore,
    /// It is done and never answers: the caller is to be killed.
    HangAfter,
    /// A flush's sets and lattices are in, its counters are not, and it never answers. Other operations: as `HangBefore`.
    HangBetween,
    /// It never answers, and a flush takes effect later, in the life of whoever comes next. Other operations: as `HangBefore`.
    HangThenDone,
    /// A flush is acknowledged, and what it has for one table (by number, see `Tables::write`) is lost. Other operations: as
    /// `LoseRows`.
    LoseTable(u8),
}

/// A kind of operation that a fault may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `write`.
    Flush,
    /// `write_states`.
    States,
    /// `correct`, where there is something to correct.
    Correct,
    /// Any other.
    Other,
}

/// A fault to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// After how many operations from now it strikes at the earliest.
    pub after: u64,
    /// What it strikes: the first such operation, or any if None.
    pub at: Option<Operation>,
    /// What happens.
    pub fault: Fault,
}

/// More operations than any schedule needs: who asks for more goes round in circles.
const OPERATIONS_MAX: u64 = 100_000;

/// After how many further operations a flush takes effect that its writer did not live to see.
const LATE_BY: u64 = 12;

#[derive(Debug, Default)]
struct State {
    tables: Tables,
    operations: u64,
    /// By the operation from which on they may strike.
    faults: Vec<Planned>,
    /// Flushes on their way that nobody waits for, by the operation before which they take effect.
    late: BTreeMap<u64, Batch>,
}

impl State {
    /// Counts an operation, lets what is due take effect, and answers the operation's own fault.
    fn begin(&mut self, operation: Operation) -> Option<Fault> {
        let number = self.operations;
        assert!(number < OPERATIONS_MAX, "a livelock: {OPERATIONS_MAX} operations of the warehouse");
        self.operations += 1;
        while let Some(due) = self.late.first_entry().filter(|due| *due.key() <= number) {
            self.tables.write(&due.remove(), &ALL_TABLES);
        }
        let strikes = |planned: &Planned| planned.after <= number && planned.at.is_none_or(|at| at == operation);
        let index = self.faults.iter().position(strikes)?;
        Some(self.faults.swap_remove(index).fault)
    }
}

/// The warehouse in memory.
#[derive(Debug, Default)]
pub struct MemoryWarehouse {
    state: Mutex<State>,
    hung: Notify,
    /// How long each operation takes, in milliseconds.
    operation_ms: u64,
}

impl MemoryWarehouse {
    /// An empty warehouse of which each operation takes that many milliseconds.
    pub fn slow(operation_ms: u64) -> MemoryWarehouse {
        MemoryWarehouse { operation_ms, ..MemoryWarehouse::default() }
    }

    async fn take_time(&self) {
        match self.operation_ms {
            0 => tokio::task::yield_now().await,
            millis => tokio::time::sleep(Duration::from_millis(millis)).await,
        }
    }

    /// Plans faults in place of those planned before.
    pub fn plan(&self, faults: impl IntoIterator<Item = Planned>) {
        let mut state = self.lock();
        let now = state.operations;
        let from_now = |planned: Planned| Planned { after: now + planned.after, ..planned };
        state.faults = faults.into_iter().map(from_now).collect();
    }

    /// Resolves when an operation hangs.
    pub async fn hung(&self) {
        self.hung.notified().await;
    }

    /// Number of operations so far.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// A copy of the tables.
    pub fn tables(&self) -> Tables {
        self.lock().tables.clone()
    }

    /// Changes the tables behind the worker's back.
    pub fn tamper(&self, change: impl FnOnce(&mut Tables)) {
        change(&mut self.lock().tables);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder of the lock panics")
    }

    /// One operation: strikes the planned fault, or does `change`.
    fn operate<'a, T: Send + 'a>(
        &'a self,
        operation: Operation,
        change: impl Fn(&mut Tables) -> T + Send + 'a,
        unsaid: impl Fn() -> T + Send + 'a,
    ) -> BoxFuture<'a, Result<T, Error>> {
        Box::pin(async move {
            self.take_time().await;
            let (fault, done) = {
                let mut state = self.lock();
                let fault = state.begin(operation);
                let happens = matches!(fault, None | Some(Fault::LoseAnswer | Fault::HangAfter));
                (fault, happens.then(|| change(&mut state.tables)))
            };
            self.answer(fault, done, unsaid).await
        })
    }

    /// What the caller hears of an operation.
    async fn answer<T>(&self, fault: Option<Fault>, done: Option<T>, unsaid: impl Fn() -> T) -> Result<T, Error> {
        match fault {
            Some(Fault::Refuse | Fault::LoseAnswer) => Err(Error::Away("a planned fault".to_owned())),
            Some(Fault::HangBefore | Fault::HangAfter | Fault::HangBetween | Fault::HangThenDone) => {
                self.hung.notify_one();
                std::future::pending().await
            }
            None | Some(Fault::LoseRows | Fault::LoseTable(_)) => Ok(done.unwrap_or_else(unsaid)),
        }
    }

    /// A flush: several inserts, of which some may be lost or late.
    async fn flush(&self, batch: &Batch) -> Result<(), Error> {
        self.take_time().await;
        let fault = {
            let mut state = self.lock();
            let fault = state.begin(Operation::Flush);
            let every = ALL_TABLES.into_iter();
            let written: Vec<u8> = match fault {
                None | Some(Fault::LoseAnswer | Fault::HangAfter) => every.collect(),
                Some(Fault::HangBetween) => every.filter(|table| *table < FIRST_COUNTER).collect(),
                Some(Fault::LoseTable(lost)) => every.filter(|table| *table != lost % TABLES).collect(),
                Some(Fault::HangThenDone) => {
                    let due = state.operations + LATE_BY;
                    state.late.insert(due, batch.clone());
                    Vec::new()
                }
                Some(Fault::Refuse | Fault::LoseRows | Fault::HangBefore) => Vec::new(),
            };
            state.tables.write(batch, &written);
            fault
        };
        self.answer(fault, Some(()), || ()).await
    }

    /// One write: rows may be acknowledged and lost.
    fn write_with<'a>(&'a self, change: impl Fn(&mut Tables) + Send + 'a) -> BoxFuture<'a, Result<(), Error>> {
        self.operate(Operation::Other, change, || ())
    }

    /// One read: there are no rows to lose, so that fault is a refusal.
    fn read_with<'a, T: Send + 'a>(
        &'a self,
        read: impl Fn(&Tables) -> T + Send + Sync + 'a,
    ) -> BoxFuture<'a, Result<T, Error>> {
        let read = std::sync::Arc::new(read);
        let again = std::sync::Arc::clone(&read);
        self.operate(Operation::Other, move |tables| read(tables), move || again(&self.lock().tables))
    }
}

impl Sink for MemoryWarehouse {
    fn write<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.flush(batch))
    }

    fn write_states<'a>(&'a self, rows: &'a [StateRow]) -> BoxFuture<'a, Result<(), Error>> {
        let write = move |tables: &mut Tables| {
            for row in rows {
                let at = (row.project.clone(), row.conversation_id.clone(), row.environment.clone());
                if tables.states.get(&at).is_none_or(|held| held.version <= row.version) {
                    tables.states.insert(at, row.clone());
                }
            }
        };
        self.operate(Operation::States, write, || ())
    }

    fn write_progress<'a>(&'a self, rows: &'a [ProgressRow]) -> BoxFuture<'a, Result<(), Error>> {
        self.write_with(move |tables| {
            for row in rows {
                let held = tables.progress.entry(row.partition).or_default();
                *held = (held.0.max(row.next_offset), held.1.max(row.derived_offset));
            }
        })
    }

    fn write_sealed<'a>(&'a self, rows: &'a [SealedRow]) -> BoxFuture<'a, Result<(), Error>> {
        self.write_with(move |tables| {
            for row in rows {
                let held = tables.sealed.entry(row.partition).or_default();
                *held = row.sealed_offset.max(*held);
            }
        })
    }

    fn write_anchors<'a>(&'a self, rows: &'a [AnchorRow]) -> BoxFuture<'a, Result<(), Error>> {
        self.write_with(move |tables| {
            for row in rows {
                let held = tables.anchors.entry(row.partition).or_insert_with(|| row.clone());
                if row.offset > held.offset {
                    *held = row.clone();
                }
            }
        })
    }

    fn facts<'a>(&'a self, keys: &'a [ConversationKey]) -> BoxFuture<'a, Result<Vec<FactRow>, Error>> {
        self.read_with(move |tables| tables.facts(keys))
    }

    fn derived<'a>(&'a self, keys: &'a [ConversationKey]) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>> {
        self.read_with(move |tables| {
            let named = tables.states.keys().map(|(project, conversation, _)| (project, conversation));
            let derived: BTreeSet<_> = named.collect();
            keys.iter().filter(|key| derived.contains(&(&key.project, &key.conversation_id))).cloned().collect()
        })
    }

    fn holds<'a>(&'a self, rows: &'a SegmentRows) -> BoxFuture<'a, Result<bool, Error>> {
        self.read_with(move |tables| tables.holds(rows))
    }

    fn correct<'a>(&'a self, partition: u16, segment: u32, late_by_ms: i64) -> BoxFuture<'a, Result<u64, Error>> {
        let lacking = self.lock().tables.uncorrected(partition, segment, late_by_ms);
        let operation = if lacking.is_empty() { Operation::Other } else { Operation::Correct };
        let correct = move |tables: &mut Tables| {
            let lacking = tables.uncorrected(partition, segment, late_by_ms);
            let count = lacking.len() as u64;
            tables.corrections.extend(lacking);
            count
        };
        self.operate(operation, correct, || 1)
    }

    fn underived<'a>(
        &'a self,
        rows: &'a SegmentRows,
        editions: &'a [(String, u16)],
    ) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>> {
        self.read_with(move |tables| tables.underived(rows, editions))
    }

    fn cut_before<'a>(
        &'a self,
        (project, edition): (&'a str, u16),
        after: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>> {
        self.read_with(move |tables| tables.cut_before(project, edition, after, limit))
    }

    // There is one definition in a test; what happens between two is tested with the real warehouse.
    fn is_derived(&self, _generation: u32) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(std::future::ready(Ok(true)))
    }

    fn write_derived(&self, _generation: u32) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn conversations_after<'a>(
        &'a self,
        _after: &'a ConversationKey,
        _limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn sealed(&self, _generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        self.read_with(move |tables| tables.sealed.get(&partition).copied())
    }

    fn reached(&self, _generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        self.read_with(move |tables| tables.progress.get(&partition).map(|held| held.0))
    }

    fn anchor(&self, _generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<AnchorRow>, Error>> {
        self.read_with(move |tables| tables.anchors.get(&partition).cloned())
    }

    fn generation<'a>(&'a self, wanted: &'a Generation) -> BoxFuture<'a, Result<Generation, Error>> {
        self.operate(
            Operation::Other,
            move |tables| tables.generation.get_or_insert_with(|| wanted.clone()).clone(),
            move || wanted.clone(),
        )
    }
}
