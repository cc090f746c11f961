//! Membership of a group of workers: which partitions are this worker's, and when they no longer are.

use std::fmt;
use std::sync::mpsc;

use crate::{BoxFuture, Topic};

/// A partition of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// Topic.
    pub topic: Topic,
    /// Partition.
    pub partition: u16,
}

/// What a group decided.
#[derive(Debug)]
pub enum Change {
    /// These partitions are this worker's from now on, beside those that it had.
    Given(Vec<TopicPartition>),
    /// These go to another worker: flush and commit them, then call `Revoked::done` (or drop it).
    Taken(Vec<TopicPartition>, Revoked),
    /// These have gone to another worker already, because this one was silent for too long: no commit of them is good.
    Lost(Vec<TopicPartition>),
}

/// Says that partitions may go; dropping it says the same.
#[derive(Debug)]
pub struct Revoked {
    _done: mpsc::Sender<()>,
}

impl Revoked {
    /// What a worker is handed, and what hears that it is gone: the receiver is disconnected then.
    pub fn channel() -> (Revoked, mpsc::Receiver<()>) {
        let (done, is_done) = mpsc::channel();
        (Revoked { _done: done }, is_done)
    }

    /// The partitions may go.
    pub fn done(self) {}
}

/// A member of a group. Dropping it leaves the group.
pub trait Member: fmt::Debug + Send {
    /// The next change. May be dropped: nothing is lost.
    fn change(&mut self) -> BoxFuture<'_, Change>;

    /// Whether there can be no other: everything is this one's, for as long as it lives.
    fn is_sole(&self) -> bool {
        false
    }
}

/// The only member of a group, which owns everything: a journal that one process alone may open has no other.
#[derive(Debug)]
pub struct Sole {
    given: Option<Vec<TopicPartition>>,
}

impl Sole {
    /// Owns these partitions.
    pub fn new(partitions: Vec<TopicPartition>) -> Sole {
        Sole { given: Some(partitions) }
    }
}

impl Member for Sole {
    fn change(&mut self) -> BoxFuture<'_, Change> {
        match self.given.take() {
            Some(given) => Box::pin(std::future::ready(Change::Given(given))),
            None => Box::pin(std::future::pending()),
        }
    }

    fn is_sole(&self) -> bool {
        true
    }
}
