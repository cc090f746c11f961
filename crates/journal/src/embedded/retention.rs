//! Retention by age: whole batches at the beginning of a partition are dropped when they are older than the limit and no
//! consumer that the log is held for needs them.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    batch::Head,
    state::Shared,
    store::{Outcome, Slot, Store},
};
use crate::{Commit, Error, Topic};

/// The first offset that a consumer still needs, from what it committed last.
pub type Needs = Arc<dyn Fn(Topic, &Commit) -> u64 + Send + Sync>;

/// A consumer that the log is held for: however old a record is, it stays until this consumer is done with it. What was
/// appended before the consumer's first commit stays too.
#[derive(Clone)]
pub struct Hold {
    /// The consumer's group.
    pub group: String,
    /// What its commit says that it needs.
    pub needs: Needs,
    /// How far before the first record that it needs it reads, in append time. One batch from before that stays as well: it
    /// shows that nothing is missing in between.
    pub context: Duration,
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold").field("group", &self.group).field("context", &self.context).finish_non_exhaustive()
    }
}

/// Most batches dropped in one change, so that appends do not wait long behind it.
const BATCHES: usize = 1_000;

/// Drops what is too old in every topic but the control topic, which is kept for ever. Answers the number of batches dropped.
pub(super) fn apply(shared: &Shared) -> Result<usize, Error> {
    let Some(retention) = shared.options.retention else { return Ok(0) };
    let age_ms = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
    let cutoff = (shared.options.clock)().saturating_sub(age_ms);
    let mut dropped = 0;
    for topic in [Topic::Events, Topic::DeadLetters] {
        for partition in 0..shared.partitions(topic) {
            loop {
                let count = drop_from(shared, Slot { topic, partition }, cutoff)?;
                dropped += count;
                if count < BATCHES {
                    break;
                }
            }
        }
    }
    Ok(dropped)
}

/// The append time before which batches may go, or None while everything is needed.
fn held_cutoff(store: &Store, slot: Slot, hold: &Hold, cutoff: i64) -> Outcome<Option<i64>> {
    let Some(commit) = store.committed(&hold.group, slot)? else { return Ok(None) };
    let needed = (hold.needs)(slot.topic, &commit);
    let context = i64::try_from(hold.context.as_millis()).unwrap_or(i64::MAX);
    let Some((base, stored)) = store.batches(slot, needed).next().transpose()? else { return Ok(Some(cutoff)) };
    let head = Head::of(&stored).ok_or(fjall::Error::Unrecoverable)?;
    let is_done = needed >= base + u64::from(head.count);
    Ok(Some(if is_done { cutoff } else { cutoff.min(head.append_time_ms.saturating_sub(context)) }))
}

/// Drops up to `BATCHES` batches at the front of a partition that were appended before `cutoff` and are not held.
fn drop_from(shared: &Shared, slot: Slot, cutoff: i64) -> Result<usize, Error> {
    let old_first = shared.offsets(slot).first;
    let hold = shared.options.hold.as_ref();
    // The youngest of them stays as evidence where the log is held.
    let most = BATCHES + usize::from(hold.is_some());
    let (bases, first) = shared.with_store(|store| {
        let cutoff = match hold.map(|hold| held_cutoff(store, slot, hold, cutoff)).transpose()? {
            None => cutoff,
            Some(Some(cutoff)) => cutoff,
            Some(None) => return Ok((Vec::new(), old_first)),
        };
        let mut bases = Vec::new();
        let mut first = old_first;
        for entry in store.batches(slot, old_first) {
            let (base, stored) = entry?;
            let head = Head::of(&stored).ok_or(fjall::Error::Unrecoverable)?;
            // Only from the front: after a step of the clock younger batches may lie ahead of older ones.
            if head.append_time_ms >= cutoff || bases.len() >= most {
                break;
            }
            bases.push(base);
            first = base + u64::from(head.count);
        }
        if hold.is_some() {
            first = bases.pop().unwrap_or(old_first);
        }
        Outcome::Ok((bases, first))
    })?;
    if bases.is_empty() {
        return Ok(0);
    }
    let entries = shared.partition(slot).times.below(first).to_vec();
    // Readers are told first: what is about to go is not read any more.
    shared.partition(slot).first = first;
    let outcome = shared.write(|store| {
        let mut change = store.change();
        bases.iter().for_each(|base| change.remove_batch(slot, *base));
        entries.iter().for_each(|entry| change.remove_time(slot, entry.base));
        change.set_first(slot, first);
        change.commit()
    });
    match outcome {
        Ok(()) => {
            shared.partition(slot).times.forget_below(first);
            tracing::debug!(topic = slot.topic.name(), slot.partition, first, "old records were dropped");
            Ok(bases.len())
        }
        Err(error) => {
            // The writer opens the store again at its next group, and learns then whether they went.
            Err(Error::Away(error.to_string()))
        }
    }
}
