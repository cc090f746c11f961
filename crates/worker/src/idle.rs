//! How the projects' chats are cut: the one decision of theirs that is in rows. When a project decides anew, its conversations are
//! folded anew.
//!
//! A row that was folded by a later decision wins over those of earlier ones. So that it never hides a later event, everyone who
//! folds knows what was decided a few seconds ago; whoever folds a project's conversations anew waits that long first; and a seal
//! finds a row lacking that knows the decision and not the event, as well as one that knows the event and not the decision.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use journal::{BoxFuture, Topic};
use rollup::IdleTimeouts;
use tokio::sync::{RwLock, RwLockReadGuard};
use tokio::time::Instant;

use crate::derive::{CHUNK, derive_whole};
use crate::flush::{consult, persist};
use crate::owners::Owners;
use crate::{Deps, Error};

/// How old knowledge of what was decided may be when conversations are folded by it.
const KNOWN_FOR: Duration = Duration::from_secs(5);
/// How often it is looked whether a project decided anew.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Longest pause between two looks whether all conversations of a project are folded anew.
const LOOK_AGAIN_MAX: Duration = Duration::from_secs(60);

/// Where it is known what projects decided.
pub trait Decisions: Send + Sync {
    /// How a project's chats are cut, as far as known.
    fn of(&self, project: &str) -> Arc<IdleTimeouts>;
    /// The projects that ever decided anything, and the edition of it.
    fn editions(&self) -> Vec<(String, u16)>;
    /// Learns everything that was decided up to now.
    fn learn(&self) -> BoxFuture<'_, Result<(), journal::Error>>;
}

/// How the projects' chats are cut. Clones share it.
#[derive(Clone, Default)]
pub struct Idle {
    decisions: Option<Arc<dyn Decisions>>,
    learnt: Arc<Mutex<Option<Instant>>>,
    /// Held for reading from a look until the rows that were folded by it are written.
    writing: Arc<RwLock<()>>,
}

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idle").field("is_decided", &self.decisions.is_some()).finish_non_exhaustive()
    }
}

/// What is known at an instant. Rows that are folded by it may be written as long as it lasts.
pub(crate) struct Cut<'i> {
    decisions: Option<&'i dyn Decisions>,
    _writing: RwLockReadGuard<'i, ()>,
}

impl Cut<'_> {
    /// How a project's chats are cut.
    pub(crate) fn of(&self, project: &str) -> Arc<IdleTimeouts> {
        self.decisions.map_or_else(Arc::default, |decisions| decisions.of(project))
    }

    /// The projects that ever decided anything.
    pub(crate) fn editions(&self) -> Vec<(String, u16)> {
        self.decisions.map_or_else(Vec::new, Decisions::editions)
    }
}

impl Idle {
    /// As projects decide; `Idle::default()` is as usual, for all of them.
    pub fn new(decisions: Arc<dyn Decisions>) -> Idle {
        Idle { decisions: Some(decisions), ..Idle::default() }
    }

    /// Looks at what was decided.
    pub(crate) async fn look(&self) -> Result<Cut<'_>, Error> {
        let writing = self.writing.read().await;
        if let Some(decisions) = &self.decisions {
            let learnt = *self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
            if learnt.is_none_or(|at| at.elapsed() >= KNOWN_FOR) {
                self.learn(decisions.as_ref()).await?;
            }
        }
        Ok(Cut { decisions: self.decisions.as_deref(), _writing: writing })
    }

    async fn learn(&self, decisions: &dyn Decisions) -> Result<(), Error> {
        let now = Instant::now();
        consult("learn what projects decided", || decisions.learn()).await?;
        *self.learnt.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        Ok(())
    }
}

/// Folds the conversations of projects anew that decided anew, for ever: on the worker that owns the first partition. Two do no harm.
pub(crate) async fn run(deps: Deps, owners: Owners, is_sole: bool) -> Result<(), Error> {
    let mut done: BTreeMap<String, u16> = BTreeMap::new();
    loop {
        if owners.tenure(Topic::Events, 0).is_none() {
            done.clear();
        } else {
            let editions = deps.idle.look().await?.editions();
            for (project, edition) in editions {
                if done.get(&project) != Some(&edition) {
                    fold_anew(&deps, (&project, edition), is_sole).await?;
                    done.insert(project, edition);
                }
            }
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

async fn fold_anew(deps: &Deps, project: (&str, u16), is_sole: bool) -> Result<(), Error> {
    drop(deps.idle.writing.write().await);
    if !is_sole {
        // Other workers fold by what they knew until they have looked again.
        tokio::time::sleep(KNOWN_FOR * 2).await;
    }
    let (mut after, mut folded, mut pause) = (String::new(), 0, LOOK_AGAIN);
    loop {
        let keys = persist("list conversations", || deps.sink.cut_before(project, &after, CHUNK)).await?;
        let Some(last) = keys.last() else {
            if after.is_empty() {
                return Ok(());
            }
            // A row that was acknowledged may be lost, or the events that it is folded from, until a seal has found that: it is
            // done when a look from the beginning finds nothing.
            after.clear();
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LOOK_AGAIN_MAX);
            continue;
        };
        after.clone_from(&last.conversation_id);
        folded += keys.len();
        derive_whole(deps, keys).await?;
        tracing::info!(project = project.0, conversations = folded, "chats are cut anew");
    }
}
