//! Derived rows: after a flush, the conversations it touched are folded from the warehouse's raw rows.
//!
//! The derived rows are a cache, but readers wait for them: `progress.derived_offset` says up to where they are there. Under
//! load, touches of the same conversation run together, so the work per event falls as the load rises.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{mpsc, watch};
use warehouse::{ConversationKey, FactRow, ProgressRow};

use crate::erasure::Look;
use crate::flush::{Reach, persist};
use crate::resident::Resident;
use crate::{Deps, Error, seal};

/// Most conversations folded and written at once.
pub(crate) const CHUNK: usize = 8192;

/// Conversations to derive, and how far the figures reach once they are.
#[derive(Debug)]
pub(crate) struct Touched {
    pub(crate) conversations: Vec<ConversationKey>,
    /// The events that touched them; empty where the conversations are to be read again whole.
    pub(crate) facts: Vec<FactRow>,
    pub(crate) reach: Vec<Reach>,
}

impl Touched {
    /// What it adds to the backlog: its conversations and its events, since each of them takes memory while it waits.
    fn weight(&self) -> usize {
        self.conversations.len() + self.facts.len()
    }
}

/// What the deriving task is told.
#[derive(Debug)]
enum Message {
    Touched(Touched),
    Forget,
}

/// What several flushes touched, taken together.
#[derive(Debug, Default)]
struct Pending {
    conversations: BTreeMap<ConversationKey, Vec<FactRow>>,
    /// Conversations that a seal found behind: what is in memory of them is not to be trusted.
    distrusted: Vec<ConversationKey>,
    reach: BTreeMap<u16, Reach>,
    taken: usize,
    forget: bool,
}

impl Pending {
    fn add(&mut self, message: Message) {
        let Message::Touched(touched) = message else {
            self.forget = true;
            return;
        };
        self.taken += touched.weight();
        if touched.facts.is_empty() {
            self.distrusted.extend(touched.conversations.iter().cloned());
        }
        for key in touched.conversations {
            self.conversations.entry(key).or_default();
        }
        for fact in touched.facts {
            self.conversations.entry(fact.conversation()).or_default().push(fact);
        }
        self.reach.extend(touched.reach.into_iter().map(|reach| (reach.partition, reach)));
    }
}

/// The hand-over to the deriving task.
#[derive(Debug, Clone)]
pub(crate) struct Derive {
    sender: mpsc::UnboundedSender<Message>,
    /// Conversations and events handed over and not derived yet; bounds the channel, since consuming pauses above a limit.
    backlog: Arc<AtomicUsize>,
    /// How far the derived rows of each partition reach, as far as this life has made them.
    reached: watch::Receiver<BTreeMap<u16, u64>>,
}

/// The deriving task's own end of the hand-over.
#[derive(Debug)]
pub(crate) struct Receiver {
    touched: mpsc::UnboundedReceiver<Message>,
    reached: watch::Sender<BTreeMap<u16, u64>>,
}

impl Derive {
    /// The hand-over and the task's own end of it.
    pub(crate) fn channel() -> (Derive, Receiver) {
        let (sender, touched) = mpsc::unbounded_channel();
        let (reaching, reached) = watch::channel(BTreeMap::new());
        (Derive { sender, backlog: Arc::default(), reached }, Receiver { touched, reached: reaching })
    }

    /// Waits until the derived rows of a partition reach an offset; for ever if the task has ended, which ends the worker.
    pub(crate) async fn reaches(&self, partition: u16, offset: u64) {
        let mut reached = self.reached.clone();
        let there = reached.wait_for(|reached| reached.get(&partition).is_some_and(|to| *to >= offset)).await.is_ok();
        if !there {
            std::future::pending::<()>().await;
        }
    }

    /// Hands conversations over.
    pub(crate) fn send(&self, touched: Touched) {
        self.backlog.fetch_add(touched.weight(), Ordering::Relaxed);
        // The receiver is gone only when the worker is being dropped.
        let _gone = self.sender.send(Message::Touched(touched));
    }

    /// Has everything in memory forgotten: other workers may know more.
    pub(crate) fn forget(&self) {
        let _gone = self.sender.send(Message::Forget);
    }

    /// Number of conversations and events waiting.
    pub(crate) fn backlog(&self) -> usize {
        self.backlog.load(Ordering::Relaxed)
    }

    /// Derives what is handed over, until the other end is gone.
    pub(crate) async fn run(self, deps: Deps, receiver: Receiver) -> Result<(), Error> {
        let backlog = Arc::clone(&self.backlog);
        drop(self);
        let Receiver { mut touched, reached } = receiver;
        let mut resident = Resident::new(deps.options.resident_events);
        while let Some(first) = touched.recv().await {
            let mut pending = Pending::default();
            pending.add(first);
            while let Ok(next) = touched.try_recv() {
                pending.add(next);
            }
            if pending.forget {
                resident = Resident::new(deps.options.resident_events);
            }
            for key in &pending.distrusted {
                resident.forget(key);
            }
            let mut conversations = pending.conversations.into_iter();
            loop {
                let chunk: Vec<_> = conversations.by_ref().take(CHUNK).collect();
                if chunk.is_empty() {
                    break;
                }
                derive(&deps, &mut resident, chunk).await?;
                resident.age();
            }
            publish(&deps, pending.reach.values()).await?;
            let ends = pending.reach.values().map(|reach| (reach.partition, reach.next_offset));
            reached.send_modify(|reached| reached.extend(ends));
            backlog.fetch_sub(pending.taken, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Folds conversations anew from all their events, and writes their rows.
pub(crate) async fn derive_whole(deps: &Deps, keys: impl IntoIterator<Item = ConversationKey>) -> Result<(), Error> {
    derive(deps, &mut Resident::new(0), keys.into_iter().map(|key| (key, Vec::new())).collect()).await
}

/// Folds conversations, each with its new events, and writes their rows; without new events they are read whole.
async fn derive(
    deps: &Deps,
    resident: &mut Resident,
    mut chunk: Vec<(ConversationKey, Vec<FactRow>)>,
) -> Result<(), Error> {
    let look = look(deps).await?;
    if let Some(look) = &look {
        resident.keep_to(look.edition);
        look.redact_facts(chunk.iter_mut().flat_map(|(_, facts)| facts));
    }
    let cut = deps.idle.look().await?;
    admit(deps, resident, &chunk, look.as_ref()).await?;
    let mut rows = Vec::new();
    for (key, facts) in chunk {
        resident.add(&key, facts);
        rows.extend(resident.fold(&key, &cut.of(&key.project)));
    }
    persist("write conversations", || deps.sink.write_states(&rows)).await
}

/// Who is erased; None where nobody can be.
async fn look(deps: &Deps) -> Result<Option<Look<'_>>, Error> {
    match &deps.erasures {
        Some(erasures) => Ok(Some(erasures.look().await?)),
        None => Ok(None),
    }
}

/// Makes every conversation of the chunk resident. One without a derived row has no events but those at hand: everything
/// before the sealed position has its derived row (that is part of the seal), and everything since has come by here. All
/// others are read whole.
///
/// What came by may have left memory since, and its derived row may have been acknowledged and lost. Where anything else follows,
/// the seal counts fewer events than there are; but of a copy with another time it counts as many as of the event itself. So a
/// conversation is read whole, too, where something at hand could be a copy.
async fn admit(
    deps: &Deps,
    resident: &mut Resident,
    chunk: &[(ConversationKey, Vec<FactRow>)],
    look: Option<&Look<'_>>,
) -> Result<(), Error> {
    let absent = chunk.iter().filter(|(key, _)| !resident.has(key));
    let late_by_ms = seal::late_by_ms(&deps.options.settings);
    let may_be_new = |facts: &[FactRow]| !facts.is_empty() && !facts.iter().any(|fact| fact.may_be_copy(late_by_ms));
    let (new, unknown): (Vec<_>, Vec<_>) = absent.partition(|(_, facts)| may_be_new(facts));
    let keys = |of: &[&(ConversationKey, Vec<FactRow>)]| of.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let candidates = keys(&new);
    let mut to_read = persist("read conversations", || deps.sink.derived(&candidates)).await?;
    to_read.extend(keys(&unknown));
    let mut facts = persist("read conversations", || deps.sink.facts(&to_read)).await?;
    if let Some(look) = look {
        look.redact_facts(&mut facts);
    }
    for (key, _) in new.into_iter().chain(unknown) {
        resident.admit(key.clone(), Vec::new());
    }
    for fact in facts {
        resident.admit(fact.conversation(), vec![fact]);
    }
    Ok(())
}

/// Publishes that the derived rows reach as far as the flush did.
pub(crate) async fn publish(deps: &Deps, reach: impl Iterator<Item = &Reach>) -> Result<(), Error> {
    let rows: Vec<ProgressRow> = reach.map(|reach| reach.progress(deps, reach.next_offset)).collect();
    persist("publish progress", || deps.sink.write_progress(&rows)).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use delivery::{AppendTime, Frontier, Settings};
    use journal::Record;
    use rollup::IdleTimeouts;
    use testkit::{MemoryJournal, MemoryWarehouse, stream};
    use warehouse::{RawRow, StateRow};

    use super::*;
    use crate::{Options, PartitionFold, Rows};

    const START_MS: i64 = 1_700_000_000_000;
    const LATER_MS: i64 = START_MS + 3 * 60 * 60_000;

    /// The raw rows of one event and of its copy, three hours later.
    fn event_and_copy(own_time_ms: Option<i64>) -> Vec<RawRow> {
        let settings = Settings::default();
        let mut fold = PartitionFold::new(0, settings, Frontier::new(settings, AppendTime(i64::MIN / 2), 0, 0));
        let mut rows = Rows::default();
        for (offset, append_time_ms) in [(0, START_MS), (1, LATER_MS)] {
            let stream::Encoded { key, value } = stream::event_received(1, 1, own_time_ms, append_time_ms);
            let headers = Vec::new();
            let record = Record { offset, append_time_ms, key: key.into(), value: value.into(), headers };
            fold.apply(&record, &mut rows);
        }
        rows.take().0.raw
    }

    fn deps(warehouse: &Arc<MemoryWarehouse>) -> Deps {
        Deps {
            journal: Arc::new(MemoryJournal::default()),
            sink: Arc::clone(warehouse) as Arc<dyn warehouse::Sink>,
            clock: Arc::new(|| START_MS),
            options: Options::default(),
            registry: None,
            erasures: None,
            idle: crate::Idle::default(),
            status: crate::Status::default(),
        }
    }

    /// Simulated groups 5049 and 10219: the event itself was derived, that row was acknowledged and lost, and memory is full of
    /// others since.
    #[tokio::test]
    async fn a_copy_with_another_time_is_never_taken_for_a_new_conversation() {
        for own_time_ms in [None, Some(START_MS)] {
            let raw = event_and_copy(own_time_ms);
            let warehouse = Arc::new(MemoryWarehouse::default());
            let write = |tables: &mut testkit::Tables| {
                tables.raw.extend(raw.iter().map(|row| (testkit::raw_key(row), row.clone())));
            };
            warehouse.tamper(write);
            let copy = raw[1].clone().into_fact_row();
            let key = copy.conversation();
            let mut resident = Resident::new(10);
            derive(&deps(&warehouse), &mut resident, vec![(key.clone(), vec![copy])]).await.unwrap();
            let tables = warehouse.tables();
            let states: Vec<StateRow> = tables.states.values().cloned().collect();
            assert_eq!(
                states,
                StateRow::fold_all(&tables.facts(&[key]), |_| Arc::default()),
                "own time: {own_time_ms:?}"
            );
        }
    }

    #[test]
    fn of_an_event_and_its_copy_the_smaller_sighting_is_folded_whichever_comes_first() {
        let raw = event_and_copy(None);
        let facts: Vec<FactRow> = raw.into_iter().map(RawRow::into_fact_row).collect();
        let key = facts[0].conversation();
        let of_first = StateRow::fold_conversation(facts[..1].iter(), &IdleTimeouts::default());
        for order in [[0, 1], [1, 0]] {
            let mut resident = Resident::new(10);
            resident.admit(key.clone(), Vec::new());
            order.into_iter().for_each(|index| resident.add(&key, vec![facts[index].clone()]));
            assert_eq!(resident.fold(&key, &IdleTimeouts::default()), of_first, "{order:?}");
        }
    }
}
