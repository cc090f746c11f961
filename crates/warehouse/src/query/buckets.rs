//! Bucket boundaries in local time, worked out here and given to SQL, so that there is one time-zone implementation.

use chrono::{DateTime, Days, NaiveDate};

use super::{
    Error, Range,
    range::{first_of_month, midnight, next_month, offset_s, week_begins},
};

/// Most buckets of one answer.
pub const BUCKETS_MAX: usize = 5_000;

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;
const QUARTER_US: i64 = 15 * MINUTE_US;

/// Size of a bucket of local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// One minute.
    Minute,
    /// One local hour; a repeated hour is two buckets.
    Hour,
    /// One local day.
    Day,
    /// Seven days from the one that the range's weeks begin with.
    Week,
    /// A calendar month.
    Month,
}

impl Grain {
    /// The grain by its name in a query; `auto` chooses one that a chart can show. `None` for anything else.
    pub fn parse(name: &str, range: &Range) -> Option<Grain> {
        let span_us = range.to_us - range.from_us;
        Some(match name {
            "minute" => Grain::Minute,
            "hour" => Grain::Hour,
            "day" => Grain::Day,
            "week" => Grain::Week,
            "month" => Grain::Month,
            "auto" if span_us <= 3 * HOUR_US => Grain::Minute,
            "auto" if span_us <= 3 * DAY_US => Grain::Hour,
            "auto" if span_us <= 93 * DAY_US => Grain::Day,
            "auto" if span_us <= 750 * DAY_US => Grain::Week,
            "auto" => Grain::Month,
            _ => return None,
        })
    }
}

/// The first instants (microseconds) of the buckets of a range, ascending; the first is the range's own start.
/// Fails with `TooManyBuckets`.
pub fn boundaries(range: &Range, grain: Grain) -> Result<Vec<i64>, Error> {
    let mut starts = vec![range.from_us];
    let mut next = following(range.from_us, range, grain);
    while next < range.to_us {
        if starts.len() == BUCKETS_MAX {
            return Err(Error::TooManyBuckets { limit: BUCKETS_MAX });
        }
        starts.push(next);
        next = following(next, range, grain);
    }
    Ok(starts)
}

/// The first boundary after an instant.
fn following(us: i64, range: &Range, grain: Grain) -> i64 {
    match grain {
        Grain::Minute => floor(us, MINUTE_US) + MINUTE_US,
        Grain::Hour => next_local_hour(us, range),
        Grain::Day => day_start(local_date(us, range) + Days::new(1), range),
        Grain::Week => day_start(week_begins(local_date(us, range), range.week_start) + Days::new(7), range),
        Grain::Month => day_start(next_month(first_of_month(local_date(us, range))), range),
    }
}

fn next_local_hour(us: i64, range: &Range) -> i64 {
    let local_floor = |us: i64| {
        let shift_us = offset_s(us, range.tz) * 1_000_000;
        floor(us + shift_us, HOUR_US) - shift_us
    };
    let next = local_floor(us) + HOUR_US;
    // A change of offset by half an hour moves the hours against each other; where the clock lands within an hour, its
    // bucket begins there.
    let aligned = local_floor(next);
    if aligned > us && offset_s(aligned, range.tz) == offset_s(next, range.tz) { aligned } else { next }
}

fn local_date(us: i64, range: &Range) -> NaiveDate {
    DateTime::from_timestamp_micros(us).unwrap_or_default().with_timezone(&range.tz).date_naive()
}

fn day_start(date: NaiveDate, range: &Range) -> i64 {
    midnight(date, range.tz).timestamp_micros()
}

fn floor(us: i64, unit_us: i64) -> i64 {
    us.div_euclid(unit_us) * unit_us
}

/// The whole units (of 15 minutes, of a minute) inside a range: what counters answer. The edges outside `[lo, hi)`
/// are answered from raw events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// First whole unit, microseconds.
    pub lo_us: i64,
    /// End of the last whole unit, exclusive, microseconds; equals `lo_us` when there is none.
    pub hi_us: i64,
}

impl Whole {
    /// Nothing is whole: everything comes from raw events.
    pub fn none(range: &Range) -> Whole {
        Whole { lo_us: range.to_us, hi_us: range.to_us }
    }

    /// The whole quarters of an hour. None if a boundary, or a local hour, lies inside a quarter.
    pub fn quarters(range: &Range, boundaries: &[i64]) -> Whole {
        let inner = boundaries.iter().skip(1).any(|us| us.rem_euclid(QUARTER_US) != 0);
        let ends = [range.from_us, range.to_us];
        let odd_zone =
            boundaries.iter().chain(&ends).any(|us| offset_s(*us, range.tz).rem_euclid(QUARTER_US / 1_000_000) != 0);
        if inner || odd_zone { Whole::none(range) } else { Whole::of(range, QUARTER_US) }
    }

    /// The whole minutes. None if a boundary lies inside a minute.
    pub fn minutes(range: &Range, boundaries: &[i64]) -> Whole {
        let inner = boundaries.iter().skip(1).any(|us| us.rem_euclid(MINUTE_US) != 0);
        if inner { Whole::none(range) } else { Whole::of(range, MINUTE_US) }
    }

    fn of(range: &Range, unit_us: i64) -> Whole {
        let lo_us = -floor(-range.from_us, unit_us);
        let hi_us = floor(range.to_us, unit_us);
        if lo_us < hi_us { Whole { lo_us, hi_us } } else { Whole::none(range) }
    }

    /// Whether any unit is whole.
    pub fn any(&self) -> bool {
        self.lo_us < self.hi_us
    }

    /// Whether something of the range lies outside.
    pub fn edges(&self, range: &Range) -> bool {
        range.from_us < self.lo_us || self.hi_us < range.to_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::zone;

    fn range(from: &str, to: &str, tz: &str) -> Range {
        Range::parse(from, to, zone(tz).unwrap()).unwrap()
    }

    fn local(r: &Range, grain: Grain) -> Vec<String> {
        boundaries(r, grain).unwrap().into_iter().map(|us| r.local(us)).collect()
    }

    #[test]
    fn days_over_the_clock_change_begin_at_local_midnight() {
        let days = local(&range("2026-03-28", "2026-03-31", "Europe/Madrid"), Grain::Day);
        assert_eq!(days, ["2026-03-28T00:00:00+01:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"]);
    }

    #[test]
    fn a_range_that_begins_within_a_day_makes_its_bucket_begin_there() {
        let days = local(&range("2026-03-23T10:07:00Z", "2026-03-25", "Europe/Madrid"), Grain::Day);
        assert_eq!(days, ["2026-03-23T11:07:00+01:00", "2026-03-24T00:00:00+01:00"]);
    }

    #[test]
    fn the_skipped_hour_is_absent_and_the_repeated_one_comes_twice() {
        let spring = local(&range("2026-03-29", "2026-03-30", "Europe/Madrid"), Grain::Hour);
        assert_eq!(spring.len(), 23);
        assert_eq!(&spring[1..3], ["2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"]);
        let autumn = local(&range("2026-10-25", "2026-10-26", "Europe/Madrid"), Grain::Hour);
        assert_eq!(autumn.len(), 25);
        assert_eq!(&autumn[2..4], ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]);
    }

    #[test]
    fn hours_follow_a_clock_change_of_half_an_hour() {
        let hours = local(&range("2026-10-04", "2026-10-04T16:00:00Z", "Australia/Lord_Howe"), Grain::Hour);
        assert!(hours.iter().skip(3).all(|h| h.contains(":00:00+11:00")), "{hours:?}");
        assert!(hours.windows(2).all(|w| w[0] != w[1]));
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let weeks = local(&range("2026-03-25", "2026-04-07", "Europe/Madrid"), Grain::Week);
        assert_eq!(weeks, ["2026-03-25T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "2026-04-06T00:00:00+02:00"]);
        let months = local(&range("2026-01-31", "2026-03-02", "UTC"), Grain::Month);
        assert_eq!(months, ["2026-01-31T00:00:00+00:00", "2026-02-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"]);
    }

    #[test]
    fn too_many_buckets_are_refused() {
        let r = range("2020-01-01", "2026-01-01", "UTC");
        assert_eq!(boundaries(&r, Grain::Minute).unwrap_err().code(), "too_many_buckets");
        assert_eq!(Grain::parse("auto", &r), Some(Grain::Month));
    }

    #[test]
    fn quarters_inside_a_range_leave_its_edges() {
        let r = range("2026-03-23T10:07:00Z", "2026-03-23T11:20:00.5Z", "UTC");
        let whole = Whole::quarters(&r, &[r.from_us]);
        assert_eq!(r.local(whole.lo_us), "2026-03-23T10:15:00+00:00");
        assert_eq!(r.local(whole.hi_us), "2026-03-23T11:15:00+00:00");
        assert!(whole.any() && whole.edges(&r));
        let minutes = Whole::minutes(&r, &[r.from_us]);
        assert_eq!(r.local(minutes.lo_us), "2026-03-23T10:07:00+00:00");
        assert_eq!(r.local(minutes.hi_us), "2026-03-23T11:20:00+00:00");
    }

    #[test]
    fn a_range_within_a_quarter_has_only_edges() {
        let r = range("2026-03-23T10:07:00Z", "2026-03-23T10:14:00Z", "UTC");
        assert!(!Whole::quarters(&r, &[r.from_us]).any());
        assert!(Whole::quarters(&r, &[r.from_us]).edges(&r));
    }

    #[test]
    fn buckets_of_a_minute_or_a_zone_with_odd_minutes_are_answered_from_raw_events() {
        let r = range("2026-03-23T10:00:00Z", "2026-03-23T11:00:00Z", "UTC");
        assert!(!Whole::quarters(&r, &boundaries(&r, Grain::Minute).unwrap()).any());
        assert!(Whole::quarters(&r, &boundaries(&r, Grain::Hour).unwrap()).any());
        let kathmandu = range("2026-03-23", "2026-03-24", "Asia/Kathmandu");
        assert!(Whole::quarters(&kathmandu, &boundaries(&kathmandu, Grain::Hour).unwrap()).any());
        let monrovia = range("1971-03-23", "1971-03-24", "Africa/Monrovia");
        assert!(!Whole::quarters(&monrovia, &[monrovia.from_us]).any());
    }
}
