//! What the worker owns: taken over beside the folding, let go of, refused.

use std::time::Duration;

use journal::{Change, Topic, TopicPartition};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{LET_GO, Slot, Worker};
use crate::Error;
use crate::status::{PartitionStatus, Uncommitted};
use crate::takeover::{OutOfReach, Taken};
use crate::takeovers::{Cause, Landed, Wanted};

/// A partition that is owned and stays as it is, until a person mends something.
#[derive(Debug)]
pub(super) struct Refused {
    error: Error,
    again_at: Instant,
}

fn events_of(partitions: &[TopicPartition]) -> impl Iterator<Item = u16> {
    partitions.iter().filter(|at| at.topic == Topic::Events).map(|at| at.partition)
}

impl Worker {
    /// Takes what the group gives and lets go of what it takes.
    pub(super) async fn change(&mut self, change: Change) -> Result<(), Error> {
        match change {
            Change::Given(given) => {
                self.owners.add(&given);
                for partition in events_of(&given) {
                    self.deps.status.set(partition, Some(PartitionStatus::default()));
                    self.ask(partition, Cause::Given, None);
                }
            }
            Change::Taken(taken, revoked) => {
                // What is only being taken over left nothing to flush.
                let is_worked_on = events_of(&taken).any(|partition| self.slots.contains_key(&partition));
                let let_go = async {
                    if is_worked_on {
                        self.start_flush().await?;
                    }
                    self.await_flush().await
                };
                match tokio::time::timeout(LET_GO, let_go).await {
                    Ok(flushed) => flushed?,
                    Err(_) => tracing::warn!(?taken, "not flushed before they are let go; the next owner does it"),
                }
                self.disown(&taken);
                revoked.done();
            }
            Change::Lost(lost) => self.disown(&lost),
        }
        self.count();
        Ok(())
    }

    /// Asks for a takeover, from whoever had the partition or from this worker's own memory, which ends with it.
    pub(super) fn ask(&mut self, partition: u16, why: Cause, at: Option<OutOfReach>) {
        let known = self.slots.remove(&partition).map(|slot| slot.owned.folded_to());
        self.takeovers.ask(&self.deps, Wanted { partition, why, at, known });
    }

    /// A takeover of a partition that is worked on: everything folded so far is flushed first, so that the commit never runs
    /// behind memory.
    pub(super) async fn take_over(&mut self, partition: u16, why: Cause, at: Option<OutOfReach>) -> Result<(), Error> {
        tracing::info!(partition, why = why.name(), at = at.map(|at| at.offset), "taking the partition over again");
        self.start_flush().await?;
        self.await_flush().await?;
        self.ask(partition, why, at);
        Ok(())
    }

    /// Works on what was taken over, or lets it be.
    pub(super) fn land(&mut self, landed: Landed) -> Result<(), Error> {
        let Landed { wanted: Wanted { partition, why, known, .. }, number, outcome } = landed;
        match outcome {
            Ok(Taken { owned, is_proved, committed }) => {
                // What is in memory of conversations lacks the records that others folded and sealed meanwhile, and what was lost
                // when they were read. It is forgotten only now that it is known from where on all records come by here.
                if why == Cause::RowsLost || known.is_none_or(|known| owned.sealed() > known) {
                    self.derive.forget();
                }
                let (now, uncommitted) = (Instant::now(), Uncommitted::after(committed));
                self.deps.status.set(partition, Some(uncommitted.status()));
                self.refused.remove(&partition);
                let slot = Slot {
                    owned,
                    is_proved,
                    last_news: now,
                    seal_not_before: now,
                    uncommitted,
                    takeover: number,
                    is_remembered: true,
                    waits_for_schema: false,
                };
                self.slots.insert(partition, slot);
            }
            Err(error) if error.is_of_one_partition() => self.refuse(partition, error),
            Err(error) => return Err(error),
        }
        self.count();
        self.judge()
    }

    /// Leaves a partition as it is. The others go on.
    fn refuse(&mut self, partition: u16, error: Error) {
        let reason = error.to_string();
        if self.refused.get(&partition).is_none_or(|refused| refused.error.to_string() != reason) {
            tracing::error!(partition, reason, "partition refused: it stays as it is; the others go on");
        }
        self.deps.status.update(partition, |known| known.refused = Some(reason));
        let again_at = Instant::now() + self.deps.options.refused_again_after;
        self.refused.insert(partition, Refused { error, again_at });
    }

    /// Looks at refused partitions again, when it is time: somebody may have mended what was wrong.
    pub(super) fn try_refused_again(&mut self) {
        let now = Instant::now();
        while let Some((partition, refused)) = self.refused.iter_mut().find(|(_, refused)| refused.again_at <= now) {
            let partition = *partition;
            refused.again_at = now + self.deps.options.refused_again_after.max(Duration::from_secs(1));
            self.ask(partition, Cause::Refused, None);
        }
    }

    /// Where there is no other worker, one directory or topic is all there is: the worker ends if nothing is left to work on, or
    /// if a partition is of another journal and none was proved to be of ours. Until that is known nothing is folded.
    fn judge(&mut self) -> Result<(), Error> {
        if !self.is_sole || !self.takeovers.is_idle() {
            return Ok(());
        }
        let is_another = self.refused.values().any(|refused| matches!(refused.error, Error::OtherJournal { .. }))
            && !self.slots.values().any(|slot| slot.is_proved);
        if (is_another || self.slots.is_empty())
            && let Some((_, refused)) = self.refused.pop_first()
        {
            return Err(refused.error);
        }
        self.may_fold = true;
        Ok(())
    }

    fn disown(&mut self, gone: &[TopicPartition]) {
        self.owners.remove(gone);
        for partition in events_of(gone) {
            self.takeovers.abandon(partition);
            self.refused.remove(&partition);
            self.slots.remove(&partition);
            self.deps.status.set(partition, None);
            self.claimed.take_if(|claim| claim.partition == partition);
            // Its proof may wait for derived rows that another owner makes now.
            if self.proving_of == partition {
                self.proving = JoinSet::new();
            }
            tracing::info!(partition, "partition let go");
        }
    }

    fn count(&self) {
        crate::metrics::partitions(self.deps.status.partitions().len(), self.refused.len());
    }
}
