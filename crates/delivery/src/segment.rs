//! Segments: how a partition is cut by append time.

/// When the log took a record, milliseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppendTime(pub i64);

/// A segment, named by its start: milliseconds since the epoch, a multiple of the segment length. Which segment a record is
/// in is a property of the record alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment(pub i64);

impl Segment {
    /// Start in whole seconds, as the tables key it.
    pub fn start_seconds(self) -> u32 {
        u32::try_from(self.0.div_euclid(1000)).unwrap_or(if self.0 < 0 { 0 } else { u32::MAX })
    }
}

/// The constants of a generation of the tables: asserted at start, changed only by a rebuild into a new generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// S: length of a segment, milliseconds.
    pub segment_ms: i64,
    /// L: a copy of an event at most this long after the last one is recognised at once, milliseconds.
    pub horizon_ms: i64,
    /// J: a segment closes when append time passes its end by this much, milliseconds. Only a cost: any clock is exact.
    pub grace_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { segment_ms: 15 * 60_000, horizon_ms: 15 * 60_000, grace_ms: 60_000 }
    }
}

impl Settings {
    /// The segment a record appended at `at` belongs to.
    pub fn segment_of(&self, at: AppendTime) -> Segment {
        Segment(at.0.div_euclid(self.segment_ms) * self.segment_ms)
    }

    /// Append time from which on earlier sightings matter to a record of `segment`: start(segment) − L.
    pub fn context_start(&self, segment: Segment) -> AppendTime {
        AppendTime(segment.0 - self.horizon_ms)
    }

    /// Whether `segment` is closed once append time has reached `watermark`.
    pub fn is_closed(&self, segment: Segment, watermark: AppendTime) -> bool {
        watermark.0 >= segment.0 + self.segment_ms + self.grace_ms
    }

    /// The oldest segment that may still be open at `watermark`: that of (watermark − J).
    pub fn oldest_open(&self, watermark: AppendTime) -> Segment {
        self.segment_of(AppendTime(watermark.0 - self.grace_ms))
    }

    /// Where the stretch begins that a record appended at `at` needs: T = start(segment(at − J)) − L (rule R9).
    pub fn stretch_time(&self, at: AppendTime) -> AppendTime {
        self.context_start(self.oldest_open(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings { segment_ms: 10, horizon_ms: 30, grace_ms: 3 };

    #[test]
    fn a_segment_closes_when_append_time_passes_its_end_by_the_grace() {
        let segment = SETTINGS.segment_of(AppendTime(127));
        assert_eq!(segment, Segment(120));
        assert!(!SETTINGS.is_closed(segment, AppendTime(132)));
        assert!(SETTINGS.is_closed(segment, AppendTime(133)));
    }

    #[test]
    fn the_stretch_reaches_one_horizon_below_the_oldest_open_segment() {
        assert_eq!(SETTINGS.stretch_time(AppendTime(131)), AppendTime(90));
        assert_eq!(SETTINGS.stretch_time(AppendTime(133)), AppendTime(100));
    }

    #[test]
    fn times_before_the_epoch_have_segments_too() {
        assert_eq!(SETTINGS.segment_of(AppendTime(-1)), Segment(-10));
    }
}
