//! Derived rows: after a flush, the conversations it touched are folded from the warehouse's raw rows.
//!
//! The derived rows are a cache, but readers wait for them: `progress.derived_offset` says up to where they are there. Under
//! load, touches of the same conversation run together, so the work per event falls as the load rises.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{mpsc, watch};
use warehouse::{ConversationKey, FactRow, ProgressRow};

use crate::flush::{Reach, persist};
use crate::resident::Resident;
use crate::{Deps, Error};

/// Most conversations folded and written at once.
const CHUNK: usize = 8192;

/// Conversations to derive, and how far the figures reach once they are.
#[derive(Debug)]
pub(crate) struct Touched {
    pub(crate) conversations: Vec<ConversationKey>,
    /// The events that touched them; empty where the conversations are to be read again whole.
    pub(crate) facts: Vec<FactRow>,
    pub(crate) reach: Vec<Reach>,
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
        self.taken += touched.conversations.len();
        if touched.facts.is_empty() {
            self.distrusted.extend(touched.conversations.iter().cloned());
        }
        for key in touched.conversations {
            self.conversations.entry(key).or_default();
        }
        for fact in touched.facts {
            let key = ConversationKey { project: fact.project.clone(), conversation_id: fact.conversation_id.clone() };
            self.conversations.entry(key).or_default().push(fact);
        }
        self.reach.extend(touched.reach.into_iter().map(|reach| (reach.partition, reach)));
    }
}

/// The hand-over to the deriving task.
#[derive(Debug, Clone)]
pub(crate) struct Derive {
    sender: mpsc::UnboundedSender<Message>,
    /// Conversations handed over and not derived yet; bounds the channel, since consuming pauses above a limit.
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
        self.backlog.fetch_add(touched.conversations.len(), Ordering::Relaxed);
        // The receiver is gone only when the worker is being dropped.
        let _gone = self.sender.send(Message::Touched(touched));
    }

    /// Has everything in memory forgotten: other workers may know more.
    pub(crate) fn forget(&self) {
        let _gone = self.sender.send(Message::Forget);
    }

    /// Number of conversations waiting.
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
            }
            resident.age();
            publish(&deps, pending.reach.values()).await?;
            let ends = pending.reach.values().map(|reach| (reach.partition, reach.next_offset));
            reached.send_modify(|reached| reached.extend(ends));
            backlog.fetch_sub(pending.taken, Ordering::Relaxed);
        }
        Ok(())
    }
}

async fn derive(
    deps: &Deps,
    resident: &mut Resident,
    chunk: Vec<(ConversationKey, Vec<FactRow>)>,
) -> Result<(), Error> {
    admit(deps, resident, &chunk).await?;
    let mut rows = Vec::new();
    for (key, facts) in chunk {
        resident.add(&key, facts);
        rows.extend(resident.fold(&key));
    }
    persist("write conversations", || deps.sink.write_states(&rows)).await
}

/// Makes every conversation of the chunk resident. One without a derived row has no events but those at hand: everything
/// before the sealed position has its derived row (that is part of the seal), and everything since has come by here. All
/// others are read whole.
async fn admit(deps: &Deps, resident: &mut Resident, chunk: &[(ConversationKey, Vec<FactRow>)]) -> Result<(), Error> {
    let absent = chunk.iter().filter(|(key, _)| !resident.has(key));
    let (new, unknown): (Vec<_>, Vec<_>) = absent.partition(|(_, facts)| !facts.is_empty());
    let keys = |of: &[&(ConversationKey, Vec<FactRow>)]| of.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let candidates = keys(&new);
    let mut to_read = persist("read conversations", || deps.sink.derived(&candidates)).await?;
    to_read.extend(keys(&unknown));
    let facts = persist("read conversations", || deps.sink.facts(&to_read)).await?;
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
