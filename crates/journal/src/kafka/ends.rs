//! The ends of partitions as far as this process knows them: what was acknowledged here, or seen, is never read as absent.

use std::{
    array,
    sync::atomic::{AtomicU64, Ordering},
};

use super::TopicPartition;
use crate::Topic;

/// The next offset of each partition, as far as it is known.
#[derive(Debug)]
pub(super) struct Ends([Vec<AtomicU64>; Topic::ALL.len()]);

impl Ends {
    pub(super) fn new(partitions: impl Fn(Topic) -> u16) -> Ends {
        Ends(array::from_fn(|topic| (0..partitions(Topic::ALL[topic])).map(|_| AtomicU64::new(0)).collect()))
    }

    pub(super) fn of(&self, at: TopicPartition) -> u64 {
        self.slot(at).load(Ordering::Acquire)
    }

    /// The log reaches this far at least.
    pub(super) fn raise(&self, at: TopicPartition, next: u64) {
        self.slot(at).fetch_max(next, Ordering::AcqRel);
    }

    /// The log was asked, and ends here for readers: transactions that are open hold back what is known to be in it.
    pub(super) fn correct(&self, at: TopicPartition, next: u64) {
        self.slot(at).store(next, Ordering::Release);
    }

    fn slot(&self, at: TopicPartition) -> &AtomicU64 {
        &self.0[at.topic as usize][usize::from(at.partition)]
    }
}
