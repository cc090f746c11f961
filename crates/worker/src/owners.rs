//! Which partitions this worker owns, for the tasks that outlive a decision about it.

use std::collections::BTreeSet;
use std::sync::Arc;

use journal::{Topic, TopicPartition};
use tokio::sync::watch;

/// The partitions owned at present. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Owners {
    owned: Arc<watch::Sender<BTreeSet<TopicPartition>>>,
}

impl Owners {
    /// Nothing is owned.
    pub(crate) fn none() -> Owners {
        Owners { owned: Arc::new(watch::Sender::new(BTreeSet::new())) }
    }

    /// These are owned from now on.
    pub(crate) fn add(&self, given: &[TopicPartition]) {
        self.owned.send_modify(|owned| owned.extend(given));
    }

    /// These no longer are.
    pub(crate) fn remove(&self, taken: &[TopicPartition]) {
        self.owned.send_modify(|owned| owned.retain(|at| !taken.contains(at)));
    }

    /// Whether a partition is owned.
    pub(crate) fn has(&self, topic: Topic, partition: u16) -> bool {
        self.owned.borrow().contains(&TopicPartition { topic, partition })
    }

    /// The partitions of a topic that are owned.
    pub(crate) fn of(&self, topic: Topic) -> Vec<u16> {
        self.owned.borrow().iter().filter(|at| at.topic == topic).map(|at| at.partition).collect()
    }

    /// Hears of changes.
    pub(crate) fn changes(&self) -> watch::Receiver<BTreeSet<TopicPartition>> {
        self.owned.subscribe()
    }
}
