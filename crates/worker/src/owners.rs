//! Which partitions this worker owns, for the tasks that outlive a decision about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use journal::{Topic, TopicPartition};
use tokio::sync::watch;

/// One stay of a partition with this worker: what was begun in one has no say in the next, since another may have had the
/// partition in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tenure(u64);

#[derive(Debug, Default)]
struct Held {
    owned: BTreeMap<TopicPartition, Tenure>,
    last: u64,
}

/// The partitions owned at present. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Owners {
    held: Arc<watch::Sender<Held>>,
}

/// Hears of changes.
#[derive(Debug)]
pub(crate) struct Changes(watch::Receiver<Held>);

impl Changes {
    /// What changed so far is known.
    pub(crate) fn mark_known(&mut self) {
        self.0.mark_unchanged();
    }

    /// The next change.
    pub(crate) async fn next(&mut self) {
        // The other end is gone only when the worker is being dropped.
        let _gone = self.0.changed().await;
    }
}

impl Owners {
    /// Nothing is owned.
    pub(crate) fn none() -> Owners {
        Owners { held: Arc::new(watch::Sender::new(Held::default())) }
    }

    /// These are owned from now on.
    pub(crate) fn add(&self, given: &[TopicPartition]) {
        self.held.send_modify(|held| {
            held.last += 1;
            let tenure = Tenure(held.last);
            held.owned.extend(given.iter().map(|at| (*at, tenure)));
        });
    }

    /// These no longer are.
    pub(crate) fn remove(&self, taken: &[TopicPartition]) {
        self.held.send_modify(|held| held.owned.retain(|at, _| !taken.contains(at)));
    }

    /// The present tenure of a partition; None if it is another's.
    pub(crate) fn tenure(&self, topic: Topic, partition: u16) -> Option<Tenure> {
        self.held.borrow().owned.get(&TopicPartition { topic, partition }).copied()
    }

    /// Hears of changes.
    pub(crate) fn changes(&self) -> Changes {
        Changes(self.held.subscribe())
    }
}
