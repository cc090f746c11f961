//! What a project decides about its chats while workers come and go, and what each of them knows of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use journal::BoxFuture;
use rollup::IdleTimeouts;
use worker::{Decisions, Idle};

/// What events without a channel may be told to be of.
const CHANNELS: [&str; 2] = ["", "unknown"];

/// What is decided, by everyone's control topic.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decided(Arc<Mutex<Arc<IdleTimeouts>>>);

impl Decided {
    pub(crate) fn now(&self) -> Arc<IdleTimeouts> {
        Arc::clone(&self.0.lock().expect("no holder of it panics"))
    }

    /// Decides anew.
    pub(crate) fn decide(&self, seconds: u32) {
        let mut now = self.0.lock().expect("no holder of it panics");
        let decided = BTreeMap::from(CHANNELS.map(|channel| (channel.to_owned(), seconds)));
        *now = Arc::new(IdleTimeouts::new(now.edition() + 1, decided));
    }

    /// What a worker is given: it knows nothing that it did not learn.
    pub(crate) fn seen(&self, project: &str) -> Idle {
        let seen = Seen { project: project.to_owned(), decided: self.clone(), known: Mutex::new(self.now()) };
        Idle::new(Arc::new(seen))
    }
}

struct Seen {
    project: String,
    decided: Decided,
    known: Mutex<Arc<IdleTimeouts>>,
}

impl Decisions for Seen {
    fn of(&self, _project: &str) -> Arc<IdleTimeouts> {
        Arc::clone(&self.known.lock().expect("no holder of it panics"))
    }

    fn editions(&self) -> Vec<(String, u16)> {
        let edition = self.known.lock().expect("no holder of it panics").edition();
        (edition > 0).then(|| (self.project.clone(), edition)).into_iter().collect()
    }

    fn learn(&self) -> BoxFuture<'_, Result<(), journal::Error>> {
        *self.known.lock().expect("no holder of it panics") = self.decided.now();
        Box::pin(std::future::ready(Ok(())))
    }
}
