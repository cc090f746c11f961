//! What a worker says of the partitions that it owns.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use journal::Record;

/// What a worker says of itself. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Status {
    partitions: Arc<Mutex<BTreeMap<u16, PartitionStatus>>>,
}

/// What is known of a partition of the events that is owned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartitionStatus {
    /// Next offset of the group's commit; None until it was looked up.
    pub committed: Option<u64>,
    /// Append time of the oldest record that is not committed, milliseconds since the epoch; None if none was read.
    pub oldest_ms: Option<i64>,
    /// Why it stays as it is, and what a person can do about it.
    pub refused: Option<String>,
}

impl Status {
    /// The partitions that are owned at present.
    pub fn partitions(&self) -> BTreeMap<u16, PartitionStatus> {
        self.lock().clone()
    }

    /// Says what is known of a partition that is owned, or, without it, that it is not.
    pub fn set(&self, partition: u16, known: Option<PartitionStatus>) {
        let mut partitions = self.lock();
        match known {
            Some(known) => partitions.insert(partition, known),
            None => partitions.remove(&partition),
        };
    }

    /// Changes what is known of a partition, if it is owned.
    pub(crate) fn update(&self, partition: u16, change: impl FnOnce(&mut PartitionStatus)) {
        if let Some(known) = self.lock().get_mut(&partition) {
            change(known);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u16, PartitionStatus>> {
        // The map is whole after any panic: every change is one assignment.
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far a partition is committed, and since when its oldest record after that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Uncommitted {
    committed: u64,
    /// What the flush that was begun last will commit; what is read from here on is not in it.
    begun: u64,
    /// Append time of the oldest record that is in that flush.
    in_flight_ms: Option<i64>,
    /// Append time of the oldest that was read since.
    read_ms: Option<i64>,
}

impl Uncommitted {
    /// Nothing was read yet after the group's commit.
    pub(crate) fn after(committed: u64) -> Uncommitted {
        Uncommitted { committed, begun: committed, in_flight_ms: None, read_ms: None }
    }

    /// Records were read; whether the oldest that waits is one of them.
    pub(crate) fn read(&mut self, records: &[Record]) -> bool {
        if self.read_ms.is_none() {
            let oldest = records.iter().find(|record| record.offset >= self.begun);
            self.read_ms = oldest.map(|record| record.append_time_ms);
            return self.read_ms.is_some() && self.in_flight_ms.is_none();
        }
        false
    }

    /// A flush begins of what lies before `next_offset`; returns what it will commit. Never less than is committed: what was
    /// flushed does not wait again, and its dead letters are not sent again, because a new owner folds it once more.
    pub(crate) fn begin(&mut self, next_offset: u64) -> u64 {
        self.begun = self.begun.max(next_offset);
        self.in_flight_ms = self.in_flight_ms.or(self.read_ms.take());
        self.begun
    }

    /// That flush is committed.
    pub(crate) fn commit(&mut self, next_offset: u64) {
        self.committed = next_offset;
        self.in_flight_ms = None;
    }

    /// Next offset of the last commit.
    pub(crate) fn committed(&self) -> u64 {
        self.committed
    }

    /// What a partition that is worked on says of itself.
    pub(crate) fn status(&self) -> PartitionStatus {
        let oldest_ms = self.in_flight_ms.or(self.read_ms);
        PartitionStatus { committed: Some(self.committed), oldest_ms, refused: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(offsets: std::ops::Range<u64>) -> Vec<Record> {
        let record = |offset: u64| Record {
            offset,
            append_time_ms: 1_000 + offset as i64,
            key: "".into(),
            value: "".into(),
            headers: Vec::new(),
        };
        offsets.map(record).collect()
    }

    fn said(uncommitted: &Uncommitted) -> (u64, Option<i64>) {
        let PartitionStatus { committed, oldest_ms, .. } = uncommitted.status();
        (committed.expect("it is known"), oldest_ms)
    }

    #[test]
    fn the_oldest_record_after_the_commit_is_known_while_a_stretch_is_read_again() {
        let mut uncommitted = Uncommitted::after(5);
        assert!(!uncommitted.read(&records(0..5)), "what is committed does not wait");
        assert_eq!(said(&uncommitted), (5, None));
        assert_eq!(uncommitted.begin(4), 5, "a flush of the stretch takes nothing back");
        uncommitted.commit(5);
        assert!(uncommitted.read(&records(4..8)));
        assert_eq!(said(&uncommitted), (5, Some(1_005)));
        assert_eq!(uncommitted.begin(8), 8);
    }

    #[test]
    fn records_wait_until_the_flush_that_they_are_in_is_committed() {
        let mut uncommitted = Uncommitted::after(0);
        uncommitted.read(&records(0..3));
        uncommitted.begin(3);
        assert!(!uncommitted.read(&records(3..6)), "an older one waits");
        assert_eq!(said(&uncommitted), (0, Some(1_000)));
        uncommitted.commit(3);
        assert_eq!(said(&uncommitted), (3, Some(1_003)));
        uncommitted.begin(6);
        uncommitted.commit(6);
        assert_eq!(said(&uncommitted), (6, None));
    }

    #[test]
    fn what_is_not_owned_is_not_changed() {
        let status = Status::default();
        status.update(1, |known| known.committed = Some(7));
        assert!(status.partitions().is_empty());
        status.set(1, Some(PartitionStatus::default()));
        status.update(1, |known| known.committed = Some(7));
        assert_eq!(status.partitions()[&1].committed, Some(7));
        status.set(1, None);
        assert!(status.partitions().is_empty());
    }
}
