//! Ids seen: all the context a partition needs.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::{AppendTime, Segment, Settings};

/// A 128-bit digest of what makes an event itself: (project, conversation or '', event_id).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity(pub u128);

/// What a record is, seen from its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
    /// The record counts.
    First,
    /// An earlier offset has its identity, within the horizon of the record's own segment.
    Duplicate,
}

/// The identities of a stretch of a partition with the latest append time of each. Having more in it than the stretch changes
/// nothing (R2): every decision tests the horizon of the record's own segment.
#[derive(Debug, Clone, Default)]
pub struct Context {
    seen: HashMap<Identity, AppendTime, BuildHasherDefault<Folded>>,
}

impl Context {
    /// Decides about a record and remembers it. Every sighting renews the identity, duplicates too (R1).
    pub fn sight(&mut self, id: Identity, at: AppendTime, settings: &Settings) -> Sighting {
        let horizon = settings.context_start(settings.segment_of(at));
        match self.seen.entry(id) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(at);
                Sighting::First
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                let before = *entry.get();
                entry.insert(before.max(at));
                if before >= horizon { Sighting::Duplicate } else { Sighting::First }
            }
        }
    }

    /// Forgets what no record of `oldest_open` or a later segment can ask for.
    pub fn forget_below(&mut self, oldest_open: Segment, settings: &Settings) {
        let floor = settings.context_start(oldest_open);
        self.seen.retain(|_, at| *at >= floor);
        if self.seen.capacity() > 4 * self.seen.len().max(1024) {
            self.seen.shrink_to_fit();
        }
    }

    /// Number of identities held.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// What a record of `segment` or later could still ask for, sorted: two contexts that agree on it decide alike.
    pub fn relevant(&self, segment: Segment, settings: &Settings) -> Vec<(Identity, AppendTime)> {
        let floor = settings.context_start(segment);
        let mut all: Vec<_> = self.seen.iter().filter(|(_, at)| **at >= floor).map(|(id, at)| (*id, *at)).collect();
        all.sort_unstable();
        all
    }
}

/// An identity is a digest already, so that its low half will do as a hash.
#[derive(Debug, Clone, Copy, Default)]
struct Folded(u64);

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, id: u128) {
        self.0 = id as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings { segment_ms: 10, horizon_ms: 30, grace_ms: 3 };

    fn counted(times: &[i64]) -> usize {
        let mut context = Context::default();
        times.iter().filter(|at| context.sight(Identity(1), AppendTime(**at), &SETTINGS) == Sighting::First).count()
    }

    #[test]
    fn a_copy_within_the_horizon_does_not_count() {
        assert_eq!(counted(&[111, 141]), 1);
    }

    #[test]
    fn a_copy_beyond_the_horizon_counts() {
        assert_eq!(counted(&[111, 152]), 2);
    }

    /// H2: a duplicate that did not renew its identity let a chain of copies count twice.
    #[test]
    fn every_sighting_renews_the_identity() {
        assert_eq!(counted(&[122, 148, 174]), 1);
    }

    /// H3: the horizon is that of the record's own segment, also after a step back.
    #[test]
    fn a_record_of_an_older_open_segment_is_judged_by_its_own_horizon() {
        assert_eq!(counted(&[110, 149]), 1);
        let mut context = Context::default();
        assert_eq!(context.sight(Identity(1), AppendTime(110), &SETTINGS), Sighting::First);
        assert_eq!(context.sight(Identity(2), AppendTime(150), &SETTINGS), Sighting::First);
        context.forget_below(SETTINGS.oldest_open(AppendTime(150)), &SETTINGS);
        assert_eq!(context.sight(Identity(1), AppendTime(149), &SETTINGS), Sighting::Duplicate);
    }
}
