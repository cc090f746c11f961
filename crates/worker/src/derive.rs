//! Derived rows: after a flush, the conversations it touched are folded from the warehouse's raw rows.
//!
//! The derived rows are a cache, but readers wait for them: `progress.derived_offset` says up to where they are there. Under
//! load, touches of the same conversation run together, so the work per event falls as the load rises.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use warehouse::{ConversationKey, ProgressRow, StateRow};

use crate::flush::{Reach, wait_out};
use crate::{Deps, Error};

/// Most conversations folded and written at once.
const CHUNK: usize = 8192;

/// Conversations to derive, and how far the figures reach once they are.
#[derive(Debug)]
pub(crate) struct Touched {
    pub(crate) conversations: Vec<ConversationKey>,
    pub(crate) reach: Vec<Reach>,
}

/// The hand-over to the deriving task.
#[derive(Debug, Clone)]
pub(crate) struct Derive {
    sender: mpsc::UnboundedSender<Touched>,
    /// Conversations handed over and not derived yet; bounds the channel, since consuming pauses above a limit.
    backlog: Arc<AtomicUsize>,
}

impl Derive {
    /// The hand-over and the task's own end of it.
    pub(crate) fn channel() -> (Derive, mpsc::UnboundedReceiver<Touched>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Derive { sender, backlog: Arc::default() }, receiver)
    }

    /// Hands conversations over.
    pub(crate) fn send(&self, touched: Touched) {
        self.backlog.fetch_add(touched.conversations.len(), Ordering::Relaxed);
        // The receiver is gone only when the worker is being dropped.
        let _gone = self.sender.send(touched);
    }

    /// Number of conversations waiting.
    pub(crate) fn backlog(&self) -> usize {
        self.backlog.load(Ordering::Relaxed)
    }

    /// Derives what is handed over, until the other end is gone.
    pub(crate) async fn run(self, deps: Deps, mut receiver: mpsc::UnboundedReceiver<Touched>) -> Result<(), Error> {
        let backlog = Arc::clone(&self.backlog);
        drop(self);
        while let Some(first) = receiver.recv().await {
            let (mut conversations, mut reach) = (BTreeSet::new(), BTreeMap::new());
            let mut taken = 0;
            let mut next = Some(first);
            while let Some(touched) = next {
                taken += touched.conversations.len();
                conversations.extend(touched.conversations);
                reach.extend(touched.reach.into_iter().map(|reach| (reach.partition, reach)));
                next = receiver.try_recv().ok();
            }
            let conversations: Vec<ConversationKey> = conversations.into_iter().collect();
            for chunk in conversations.chunks(CHUNK) {
                derive(&deps, chunk).await?;
            }
            publish(&deps, reach.values()).await?;
            backlog.fetch_sub(taken, Ordering::Relaxed);
        }
        Ok(())
    }
}

async fn derive(deps: &Deps, conversations: &[ConversationKey]) -> Result<(), Error> {
    let mut attempt = 0;
    loop {
        let written = async {
            let facts = deps.sink.facts(conversations).await?;
            deps.sink.write_states(&StateRow::fold_all(&facts)).await
        };
        match written.await {
            Ok(()) => return Ok(()),
            Err(error) => wait_out(error, "derive conversations", attempt).await?,
        }
        attempt += 1;
    }
}

/// Publishes that the derived rows reach as far as the flush did.
pub(crate) async fn publish(deps: &Deps, reach: impl Iterator<Item = &Reach>) -> Result<(), Error> {
    let rows: Vec<ProgressRow> = reach.map(|reach| reach.progress(deps, reach.next_offset)).collect();
    let mut attempt = 0;
    while let Err(error) = deps.sink.write_progress(&rows).await {
        wait_out(error, "publish progress", attempt).await?;
        attempt += 1;
    }
    Ok(())
}
