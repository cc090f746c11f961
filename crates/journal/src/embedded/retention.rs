//! Retention by age: whole batches at the beginning of a partition are dropped when they are older than the limit.

use super::{
    batch::Head,
    state::Shared,
    store::{Outcome, Slot},
};
use crate::{Error, Topic};

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

/// Drops up to `BATCHES` batches at the front of a partition that were appended before `cutoff`.
fn drop_from(shared: &Shared, slot: Slot, cutoff: i64) -> Result<usize, Error> {
    let old_first = shared.offsets(slot).first;
    let (bases, first) = shared.with_store(|store| {
        let mut bases = Vec::new();
        let mut first = old_first;
        for entry in store.batches(slot, old_first) {
            let (base, stored) = entry?;
            let head = Head::of(&stored).ok_or(fjall::Error::Unrecoverable)?;
            // Only from the front: after a step of the clock younger batches may lie ahead of older ones.
            if head.append_time_ms >= cutoff || bases.len() >= BATCHES {
                break;
            }
            bases.push(base);
            first = base + u64::from(head.count);
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
