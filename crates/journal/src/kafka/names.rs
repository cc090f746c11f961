//! The topics' names on the brokers.

use std::array;

use crate::Topic;

/// The topics' names on the brokers: the public ones, behind a prefix where an installation has one.
#[derive(Debug, Clone)]
pub(super) struct Names([String; Topic::ALL.len()]);

impl Names {
    pub(super) fn new(prefix: &str) -> Names {
        Names(array::from_fn(|topic| format!("{prefix}{}", Topic::ALL[topic].name())))
    }

    pub(super) fn of(&self, topic: Topic) -> &str {
        &self.0[topic as usize]
    }

    pub(super) fn topic(&self, name: &str) -> Option<Topic> {
        Topic::ALL.into_iter().find(|topic| self.of(*topic) == name)
    }
}
