//! The range that another is compared with (P11): aligned with the calendar in local time, never so many minutes before.

use chrono::{DateTime, Datelike, Days, Months, NaiveDateTime, NaiveTime};

use super::Range;
use super::range::{at_local, week_begins};

/// What a range is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The calendar unit before.
    Previous,
    /// The year before: the same weeks if the range is whole weeks, else the same dates.
    YearBefore,
}

/// How far back, in local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Days(u64),
    Months(u32),
}

impl Step {
    fn before(self, local: NaiveDateTime) -> Option<NaiveDateTime> {
        match self {
            Step::Days(days) => local.checked_sub_days(Days::new(days)),
            Step::Months(months) => local.checked_sub_months(Months::new(months)),
        }
    }
}

impl Range {
    /// The range to compare this one with. Of a range that is not over at `now_us` the elapsed part is compared. None before
    /// the calendar begins.
    pub fn compared(&self, with: Comparison, now_us: i64) -> Option<Range> {
        let step = match with {
            Comparison::Previous => self.step.unwrap_or_else(|| self.own_step()),
            Comparison::YearBefore if self.is_whole_weeks() => Step::Days(364),
            Comparison::YearBefore => Step::Months(12),
        };
        let elapsed_us = self.to_us.min(now_us.max(self.from_us + 1));
        let before = |us: i64| Some(at_local(step.before(self.local_naive(us)?)?, self.tz).timestamp_micros());
        let (from_us, to_us) = (before(self.from_us)?, before(elapsed_us)?);
        (from_us < to_us).then_some(Range { from_us, to_us, ..*self })
    }

    /// Whole months go back by as many months, anything else by its days, begun ones included.
    fn own_step(&self) -> Step {
        let whole = Step::Days(1);
        let Some((from, to)) = self.local_naive(self.from_us).zip(self.local_naive(self.to_us)) else { return whole };
        let is_first = |local: NaiveDateTime| local.day() == 1 && local.time() == NaiveTime::MIN;
        if is_first(from) && is_first(to) {
            let months = (to.year() - from.year()) * 12 + i32::try_from(to.month()).unwrap_or(0)
                - i32::try_from(from.month()).unwrap_or(0);
            return Step::Months(u32::try_from(months).unwrap_or(1).max(1));
        }
        let begun = (to - from + chrono::Duration::days(1) - chrono::Duration::microseconds(1)).num_days();
        Step::Days(u64::try_from(begun).unwrap_or(1).max(1))
    }

    fn is_whole_weeks(&self) -> bool {
        let Some((from, to)) = self.local_naive(self.from_us).zip(self.local_naive(self.to_us)) else { return false };
        let at_midnight = from.time() == NaiveTime::MIN && to.time() == NaiveTime::MIN;
        at_midnight && week_begins(from.date(), self.week_start) == from.date() && (to - from).num_days() % 7 == 0
    }

    fn local_naive(&self, us: i64) -> Option<NaiveDateTime> {
        Some(DateTime::from_timestamp_micros(us)?.with_timezone(&self.tz).naive_local())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::query::zone;

    fn compared(range: Range, with: Comparison, now: &str) -> String {
        let now: DateTime<Utc> = now.parse().unwrap();
        let before = range.compared(with, now.timestamp_micros()).unwrap();
        format!("{} {}", before.local(before.from_us), before.local(before.to_us))
    }

    fn range(from: &str, to: &str) -> Range {
        Range::parse(from, to, zone("Europe/Madrid").unwrap()).unwrap()
    }

    const LATER: &str = "2027-01-01T00:00:00Z";

    #[test]
    fn a_week_is_compared_with_the_week_before_though_an_hour_was_skipped() {
        let week = range("2026-03-30", "2026-04-06");
        assert_eq!(compared(week, Comparison::Previous, LATER), "2026-03-23T00:00:00+01:00 2026-03-30T00:00:00+02:00");
    }

    #[test]
    fn a_month_is_compared_with_the_month_before_however_long() {
        let march = range("2026-03-01", "2026-04-01");
        assert_eq!(compared(march, Comparison::Previous, LATER), "2026-02-01T00:00:00+01:00 2026-03-01T00:00:00+01:00");
        assert_eq!(
            compared(march, Comparison::YearBefore, LATER),
            "2025-03-01T00:00:00+01:00 2025-04-01T00:00:00+02:00"
        );
    }

    #[test]
    fn a_week_of_a_year_before_is_the_same_iso_week() {
        let week = range("2026-03-23", "2026-03-30");
        assert_eq!(
            compared(week, Comparison::YearBefore, LATER),
            "2025-03-24T00:00:00+01:00 2025-03-31T00:00:00+02:00"
        );
    }

    #[test]
    fn this_week_so_far_is_compared_with_the_same_part_of_the_last() {
        let now = "2026-03-25T10:30:00Z";
        let madrid = zone("Europe/Madrid").unwrap();
        let so_far = Range::preset("wtd", madrid, now.parse().unwrap()).unwrap();
        assert_eq!(compared(so_far, Comparison::Previous, now), "2026-03-16T00:00:00+01:00 2026-03-18T11:30:00+01:00");
        let month = Range::preset("mtd", madrid, now.parse().unwrap()).unwrap();
        assert_eq!(compared(month, Comparison::Previous, now), "2026-02-01T00:00:00+01:00 2026-02-25T11:30:00+01:00");
    }

    #[test]
    fn hours_are_compared_with_the_same_hours_of_the_day_before() {
        let hours = range("2026-03-30T08:00:00Z", "2026-03-30T10:00:00Z");
        assert_eq!(compared(hours, Comparison::Previous, LATER), "2026-03-29T10:00:00+02:00 2026-03-29T12:00:00+02:00");
    }
}
