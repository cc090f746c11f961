//! Values by time: what all charts over buckets are made of.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Weekday};

use crate::Locale;

/// Whether a value can still change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// It cannot, but for late events.
    #[default]
    Final,
    /// Its bucket is over, but what began in it is not: hatched.
    Maturing,
    /// Its bucket is not over: dashed.
    Partial,
}

/// A value of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// The value; None where there is none, which is a gap and not zero.
    pub value: Option<f64>,
    /// Whether it can still change.
    pub state: State,
}

/// A bucket's place on the axis of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// What it is called in full.
    pub name: String,
    /// Its tick, if it has one.
    pub tick: Option<String>,
    /// The local day that it begins on, where it is a stretch of time.
    pub day: Option<NaiveDate>,
}

/// Most ticks of an axis of time.
const TICKS_MAX: usize = 8;

/// The slots of buckets by their local starts: ticks on Mondays where buckets are days, the first with its weekday; else
/// as many as there is room for. `week_start` is the ISO number of the day that weeks begin with.
pub fn slots(starts: &[NaiveDateTime], week_start: u8, locale: Locale) -> Vec<Slot> {
    let step = starts.windows(2).map(|pair| (pair[1] - pair[0]).num_minutes()).min().unwrap_or(1_440);
    let day_long = |start: &NaiveDateTime| {
        let date = start.date();
        format!("{}\u{a0}{}", locale.weekday(date.weekday()), locale.day(date))
    };
    let name = |start: &NaiveDateTime| match step {
        ..1_380 => format!("{} {}", day_long(start), start.format("%H:%M")),
        1_380..8_640 => day_long(start),
        8_640..40_000 => format!("{} –", locale.day(start.date())),
        _ => locale.month_year(start.date()),
    };
    let first = Weekday::try_from(week_start.saturating_sub(1)).unwrap_or(Weekday::Mon);
    let by_week = (1_380..8_640).contains(&step) && starts.len() > TICKS_MAX;
    let wanted: Vec<usize> = (0..starts.len()).filter(|at| !by_week || starts[*at].weekday() == first).collect();
    let every = wanted.len().div_ceil(TICKS_MAX).max(1);
    let ticked: Vec<usize> = wanted.into_iter().step_by(every).collect();
    let tick = |at: usize| {
        let start = &starts[at];
        let short = match step {
            ..1_380 if starts.len() <= 26 || every < 24 => start.format("%H:%M").to_string(),
            40_000.. => locale.month_year(start.date()),
            _ => locale.day(start.date()),
        };
        let is_first = by_week && ticked.first() == Some(&at);
        if is_first { format!("{}\u{a0}{short}", locale.weekday(start.weekday())) } else { short }
    };
    let slot = |at: usize| Slot {
        name: name(&starts[at]),
        tick: ticked.contains(&at).then(|| tick(at)),
        day: Some(starts[at].date()),
    };
    (0..starts.len()).map(slot).collect()
}

/// The middle of a slot in percent of the width.
pub(crate) fn middle(at: usize, of: usize) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "buckets are few")]
    let share = (at as f64 + 0.5) / of.max(1) as f64;
    share * 100.0
}

#[cfg(test)]
mod tests {
    use chrono::Days;

    use super::*;

    fn days(from: &str, count: u64) -> Vec<NaiveDateTime> {
        let first: NaiveDate = from.parse().unwrap();
        (0..count).map(|day| (first + Days::new(day)).and_hms_opt(0, 0, 0).unwrap()).collect()
    }

    fn ticks(starts: &[NaiveDateTime], week_start: u8) -> Vec<String> {
        let slots = slots(starts, week_start, Locale::En);
        slots.into_iter().filter_map(|slot| slot.tick).map(|tick| tick.replace('\u{a0}', " ")).collect()
    }

    #[test]
    fn days_have_ticks_where_weeks_begin() {
        assert_eq!(ticks(&days("2026-03-05", 28), 1), ["Mon 9 Mar", "16 Mar", "23 Mar", "30 Mar"]);
        assert_eq!(ticks(&days("2026-03-05", 28), 7), ["Sun 8 Mar", "15 Mar", "22 Mar", "29 Mar"]);
        assert_eq!(ticks(&days("2026-03-05", 3), 1), ["5 Mar", "6 Mar", "7 Mar"]);
        assert!(ticks(&days("2025-03-05", 365), 1).len() <= TICKS_MAX);
    }

    #[test]
    fn hours_and_months_have_their_own() {
        let midnight = days("2026-03-05", 1)[0];
        let hours: Vec<NaiveDateTime> = (0..24).map(|hour| midnight + chrono::Duration::hours(hour)).collect();
        assert_eq!(ticks(&hours, 1)[..3], ["00:00", "03:00", "06:00"]);
        let months: Vec<NaiveDateTime> =
            (1..=6).map(|month| NaiveDate::from_ymd_opt(2026, month, 1).unwrap().into()).collect();
        assert_eq!(ticks(&months, 1)[0], "Jan 2026");
        assert!(slots(&[], 1, Locale::En).is_empty());
    }
}
