//! Takeovers under way, a few at a time, beside the folding of what is owned already.

use std::collections::{BTreeMap, VecDeque};

use tokio::task::{AbortHandle, JoinError, JoinSet};

use crate::takeover::{OutOfReach, Taken, take_over};
use crate::{Deps, Error};

/// Why a partition is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The group gave it.
    Given,
    /// It was at its end, and a record came.
    News,
    /// A record that memory does not reach.
    ClockStep,
    /// A read-back found that acknowledged rows are gone.
    RowsLost,
    /// Retention passed what was to be read next.
    RecordsGone,
    /// It was refused a while ago.
    Refused,
}

impl Cause {
    /// Name for logs and metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Cause::Given => "given",
            Cause::News => "news",
            Cause::ClockStep => "clock_step",
            Cause::RowsLost => "rows_lost",
            Cause::RecordsGone => "records_gone",
            Cause::Refused => "refused",
        }
    }
}

/// A takeover that is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) partition: u16,
    pub(crate) why: Cause,
    /// The record that asks for it.
    pub(crate) at: Option<OutOfReach>,
    /// How far memory went until now, if this worker had one of the partition.
    pub(crate) known: Option<u64>,
}

/// A takeover that is done.
#[derive(Debug)]
pub(crate) struct Landed {
    pub(crate) wanted: Wanted,
    /// Tells the memories of a partition apart.
    pub(crate) number: u64,
    pub(crate) outcome: Result<Taken, Error>,
}

/// A takeover that counts: a later one of its partition takes its place, and without the partition there is none.
#[derive(Debug)]
struct Current {
    number: u64,
    /// None while it waits for its turn.
    task: Option<AbortHandle>,
}

/// The takeovers that are asked for and not done.
#[derive(Debug, Default)]
pub(crate) struct Takeovers {
    last: u64,
    current: BTreeMap<u16, Current>,
    waiting: VecDeque<(u64, Wanted)>,
    under_way: JoinSet<Landed>,
}

impl Takeovers {
    /// Begins a takeover, now or in its turn.
    pub(crate) fn ask(&mut self, deps: &Deps, wanted: Wanted) {
        self.abandon(wanted.partition);
        self.last += 1;
        self.current.insert(wanted.partition, Current { number: self.last, task: None });
        self.waiting.push_back((self.last, wanted));
        self.start(deps);
    }

    /// Whether nothing is asked for.
    pub(crate) fn is_idle(&self) -> bool {
        self.current.is_empty()
    }

    /// Ends what is under way of a partition.
    pub(crate) fn abandon(&mut self, partition: u16) {
        let Some(Current { number, task }) = self.current.remove(&partition) else { return };
        self.waiting.retain(|(waiting, _)| *waiting != number);
        if let Some(task) = task {
            task.abort();
        }
    }

    /// The next one that is done; for ever pending while none is under way. May be dropped: nothing is lost.
    pub(crate) async fn next(&mut self, deps: &Deps) -> Landed {
        loop {
            let Some(joined) = self.under_way.join_next().await else { return std::future::pending().await };
            if let Some(landed) = self.joined(deps, joined) {
                return landed;
            }
        }
    }

    /// The next one, if there is one that is done.
    pub(crate) fn try_next(&mut self, deps: &Deps) -> Option<Landed> {
        loop {
            let joined = self.under_way.try_join_next()?;
            if let Some(landed) = self.joined(deps, joined) {
                return Some(landed);
            }
        }
    }

    /// What ended, if it still counts.
    fn joined(&mut self, deps: &Deps, joined: Result<Landed, JoinError>) -> Option<Landed> {
        self.start(deps);
        let landed = match joined {
            Ok(landed) => landed,
            Err(error) if error.is_cancelled() => return None,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        let partition = landed.wanted.partition;
        if self.current.get(&partition).is_none_or(|current| current.number != landed.number) {
            return None;
        }
        self.current.remove(&partition);
        Some(landed)
    }

    fn start(&mut self, deps: &Deps) {
        while self.under_way.len() < deps.options.takeovers_at_once.max(1) {
            let Some((number, wanted)) = self.waiting.pop_front() else { return };
            let deps = deps.clone();
            let task = self.under_way.spawn(async move {
                crate::metrics::takeover(wanted.why.name());
                let outcome = take_over(&deps, wanted.partition, wanted.at).await;
                Landed { wanted, number, outcome }
            });
            self.current.insert(wanted.partition, Current { number, task: Some(task) });
        }
    }
}
