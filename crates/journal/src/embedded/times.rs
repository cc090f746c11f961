//! A sparse index from append times to batches, exact under any clock.
//!
//! An entry (base, before) says: every record ahead of `base` was appended at or before `before`. `before` is a running
//! maximum, so it never falls, even when the clock does. The first record appended at or after t therefore lies at or behind
//! the last entry with `before` < t, and ahead of the next entry, if there is one: a look-up reads one stretch of batches.

/// Most batches between two entries.
const BATCHES: u32 = 64;
/// Most bytes of batches between two entries.
const BYTES: usize = 4 << 20;

/// One entry of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// First offset of a batch.
    pub(super) base: u64,
    /// Greatest append time of all that came before it.
    pub(super) before: i64,
}

/// The index of one partition.
#[derive(Debug, Default)]
pub(super) struct Times {
    entries: Vec<Entry>,
    /// Greatest append time so far; `None` before the first batch.
    greatest: Option<i64>,
    batches: u32,
    bytes: usize,
}

impl Times {
    /// The index as stored; the batches from its last entry on are to be given to `note` afterwards.
    pub(super) fn from_entries(entries: Vec<Entry>) -> Times {
        let greatest = entries.last().map(|entry| entry.before);
        Times { entries, greatest, batches: 0, bytes: 0 }
    }

    /// The offset from which batches are to be noted again after a start.
    pub(super) fn resume_at(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.base)
    }

    /// The entry to be stored with a batch about to be appended at `base`, if one is due.
    pub(super) fn due(&self, base: u64) -> Option<Entry> {
        let before = self.greatest?;
        (self.batches >= BATCHES || self.bytes >= BYTES).then_some(Entry { base, before })
    }

    /// Takes note of a batch that is durable, with the entry that was stored with it.
    pub(super) fn note(&mut self, entry: Option<Entry>, append_time_ms: i64, bytes: usize) {
        if let Some(entry) = entry {
            self.entries.push(entry);
            (self.batches, self.bytes) = (0, 0);
        }
        self.batches += 1;
        self.bytes += bytes;
        self.greatest = Some(self.greatest.map_or(append_time_ms, |greatest| greatest.max(append_time_ms)));
    }

    /// Where to begin looking for the first record appended at or after `at_ms`.
    pub(super) fn look_from(&self, at_ms: i64) -> u64 {
        let after = self.entries.partition_point(|entry| entry.before < at_ms);
        after.checked_sub(1).map_or(0, |index| self.entries[index].base)
    }

    /// Whether nothing at all was appended at or after `at_ms`.
    pub(super) fn is_beyond(&self, at_ms: i64) -> bool {
        self.greatest.is_none_or(|greatest| greatest < at_ms)
    }

    /// The entries that lie wholly below `first`.
    pub(super) fn below(&self, first: u64) -> &[Entry] {
        &self.entries[..self.entries.partition_point(|entry| entry.base < first)]
    }

    /// Forgets the entries below `first`.
    pub(super) fn forget_below(&mut self, first: u64) {
        let gone = self.below(first).len();
        self.entries.drain(..gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the plain definition, with a clock that jumps both ways and a restart in the middle.
        #[test]
        fn a_look_up_finds_the_first_batch_at_or_after_a_time(
            times in prop::collection::vec(0_i64..50, 1..400),
            restart in 0_usize..400,
            at_ms in -1_i64..52,
        ) {
            let mut index = Times::default();
            let mut stored: Vec<Entry> = Vec::new();
            for (base, time) in times.iter().enumerate() {
                if base == restart {
                    index = Times::from_entries(stored.clone());
                    for time in &times[index.resume_at() as usize..base] {
                        index.note(None, *time, 1);
                    }
                }
                let due = index.due(base as u64);
                stored.extend(due);
                index.note(due, *time, 1);
            }
            let expected = times.iter().position(|time| *time >= at_ms);
            let from = index.look_from(at_ms) as usize;
            let found = times[from..].iter().position(|time| *time >= at_ms).map(|at| at + from);
            prop_assert_eq!(found, expected);
            prop_assert_eq!(index.is_beyond(at_ms), expected.is_none());
            if let Some(found) = found {
                prop_assert!(found - from <= BATCHES as usize, "a look-up reads one stretch only");
            }
        }
    }
}
