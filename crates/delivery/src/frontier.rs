//! The frontier of a partition: which segments are unsealed, and so how far the sealed position may go.

use std::collections::BTreeMap;

use crate::{AppendTime, Segment, Settings};

/// The unsealed segments of a partition and the watermark of its append time.
///
/// Invariant: `sealed_position` never passes the first unsealed record, so that every record at or after it can be read again.
#[derive(Debug, Clone)]
pub struct Frontier {
    settings: Settings,
    /// First offset of each segment that is not sealed yet.
    unsealed: BTreeMap<Segment, u64>,
    watermark: Option<AppendTime>,
    /// Lowest append time met since everything was last sealed.
    lowest: Option<AppendTime>,
    /// Append time from which on memory is complete.
    floor: AppendTime,
    /// The watermark begins to move at this offset: what lies before it is a re-read stretch.
    live_from: u64,
    next_offset: u64,
    sealed: u64,
}

impl Frontier {
    /// A frontier for an owner whose memory is complete from `floor` on, that has proved nothing past `sealed`, and that
    /// re-reads a stretch up to `live_from`.
    pub fn new(settings: Settings, floor: AppendTime, sealed: u64, live_from: u64) -> Self {
        let (unsealed, watermark, lowest) = (BTreeMap::new(), None, None);
        Frontier { settings, unsealed, watermark, lowest, floor, live_from, next_offset: sealed, sealed }
    }

    /// Whether memory suffices to judge a record appended at `at`. If not, the record needs a takeover (R3): its own context
    /// begins below what is in memory, or its segment is closed and evicted, which is the same for constant S and L.
    pub fn can_judge(&self, at: AppendTime) -> bool {
        self.settings.context_start(self.settings.segment_of(at)) >= self.floor
    }

    /// Takes note of a record. Records of the stretch before the sealed position are context alone and hold up nothing.
    pub fn advance(&mut self, offset: u64, at: AppendTime) {
        if offset >= self.sealed {
            let segment = self.settings.segment_of(at);
            self.unsealed.entry(segment).or_insert(offset);
            self.lowest = Some(self.lowest.map_or(at, |lowest| lowest.min(at)));
        }
        if offset >= self.live_from {
            self.watermark = Some(self.watermark.map_or(at, |mark| mark.max(at)));
        }
        self.next_offset = self.next_offset.max(offset + 1);
    }

    /// The unsealed segments that append time has closed, oldest first.
    pub fn closed(&self) -> Vec<Segment> {
        let Some(watermark) = self.watermark else { return Vec::new() };
        self.unsealed.keys().copied().filter(|segment| self.settings.is_closed(*segment, watermark)).collect()
    }

    /// All unsealed segments: what an idle partition's end may seal.
    pub fn unsealed(&self) -> Vec<Segment> {
        self.unsealed.keys().copied().collect()
    }

    /// Records that `segments` were read back whole as of `proved_to`, the next offset when what they should hold was noted.
    /// Returns the new sealed position: the first offset of what is still unsealed, and never beyond `proved_to`.
    pub fn seal(&mut self, segments: &[Segment], proved_to: u64) -> u64 {
        for segment in segments {
            self.unsealed.remove(segment);
        }
        if self.unsealed.is_empty() {
            self.lowest = None;
        }
        let first_unsealed = self.unsealed.values().copied().min().unwrap_or(proved_to).min(proved_to);
        assert!(first_unsealed >= self.sealed, "the sealed position only advances");
        self.sealed = first_unsealed;
        self.sealed
    }

    /// Raises the floor to what sealing allows and returns the oldest segment that may still change, if memory below its
    /// context may go. While the stretch is being re-read nothing goes.
    pub fn evict(&mut self) -> Option<Segment> {
        let open = self.settings.oldest_open(self.watermark?);
        let oldest = self.unsealed.keys().next().map_or(open, |segment| open.min(*segment));
        let floor = self.settings.context_start(oldest);
        if floor <= self.floor {
            return None;
        }
        self.floor = floor;
        Some(oldest)
    }

    /// Where the stretch of a takeover at a record appended at `at` must begin: it needs its own context, and so does every
    /// record since the sealed position, which is read again. Segments are not sealed in the order of offsets when the clock
    /// steps back, so the lowest of those may lie below both ends; leaving it out would make two records take turns for ever.
    pub fn stretch_time_at(&self, at: AppendTime) -> AppendTime {
        self.settings.stretch_time(self.lowest.map_or(at, |lowest| lowest.min(at)))
    }

    /// Everything before this offset was read back.
    pub fn sealed_position(&self) -> u64 {
        self.sealed
    }

    /// Next offset to read.
    pub fn next_offset(&self) -> u64 {
        self.next_offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings { segment_ms: 10, horizon_ms: 30, grace_ms: 3 };

    fn fed(times: &[i64]) -> Frontier {
        let mut frontier = Frontier::new(SETTINGS, AppendTime(0), 0, 0);
        for (offset, at) in times.iter().enumerate() {
            frontier.advance(offset as u64, AppendTime(*at));
        }
        frontier
    }

    #[test]
    fn the_sealed_position_stops_at_the_first_record_of_an_open_segment() {
        let mut frontier = fed(&[121, 129, 131, 135]);
        assert_eq!(frontier.closed(), [Segment(120)]);
        assert_eq!(frontier.seal(&[Segment(120)], 4), 2);
    }

    #[test]
    fn segments_that_interleave_hold_the_position_at_their_earliest_record() {
        let mut frontier = fed(&[129, 131, 128, 134]);
        assert_eq!(frontier.seal(&[Segment(120)], 4), 1);
        assert_eq!(frontier.seal(&[Segment(130)], 4), 4);
    }

    #[test]
    fn an_idle_end_may_seal_everything() {
        let mut frontier = fed(&[121, 122]);
        assert!(frontier.closed().is_empty());
        let all = frontier.unsealed();
        assert_eq!(frontier.seal(&all, 2), 2);
    }

    /// A duplicate came while the segment was read back: it left no row, and was not flushed when the proof was made.
    #[test]
    fn what_came_after_the_proof_is_not_sealed_by_it() {
        let mut frontier = fed(&[121, 122]);
        frontier.advance(2, AppendTime(123));
        assert_eq!(frontier.seal(&[Segment(120)], 2), 2);
    }

    /// H4: a record of a segment that was closed and evicted must not restart its sums from nothing.
    #[test]
    fn a_step_back_below_memory_cannot_be_judged() {
        let mut frontier = fed(&[120, 153]);
        let closed = frontier.closed();
        frontier.seal(&closed, 2);
        assert_eq!(frontier.evict(), Some(Segment(150)));
        assert!(frontier.can_judge(AppendTime(150)));
        assert!(!frontier.can_judge(AppendTime(121)));
    }

    /// Two steps back, the first sealed before the second comes: a takeover at the second still covers the first.
    #[test]
    fn a_takeover_covers_every_record_since_the_sealed_position() {
        let mut frontier = fed(&[160, 121, 163]);
        let closed = frontier.closed();
        assert_eq!((closed.as_slice(), frontier.seal(&closed, 3)), ([Segment(120)].as_slice(), 0));
        assert_eq!(frontier.stretch_time_at(AppendTime(141)), SETTINGS.stretch_time(AppendTime(121)));
    }

    #[test]
    fn nothing_is_closed_or_evicted_while_a_stretch_is_re_read() {
        let mut frontier = Frontier::new(SETTINGS, AppendTime(60), 0, 3);
        for (offset, at) in [(0, 100), (1, 150), (2, 190)] {
            frontier.advance(offset, AppendTime(at));
            assert!(frontier.closed().is_empty());
            assert_eq!(frontier.evict(), None);
        }
        frontier.advance(3, AppendTime(121));
        assert_eq!(frontier.closed(), [Segment(100)]);
    }
}
