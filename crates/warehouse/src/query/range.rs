//! Ranges (P1): half-open, from local dates or instants, in an IANA zone whose days may last 23 or 25 hours.

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::comparison::Step;
use super::{Error, nearest};

/// The day that weeks begin with where nothing else is said.
const MONDAY: u8 = 1;
/// Longest preset, days.
const PRESET_DAYS_MAX: u64 = 3_660;

/// A half-open range of instants and the zone in which it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// First instant, microseconds since the epoch.
    pub from_us: i64,
    /// End, exclusive, microseconds since the epoch.
    pub to_us: i64,
    /// Zone of local days and hours.
    pub tz: Tz,
    /// The day that weeks begin with: 1 is Monday, 7 is Sunday.
    pub week_start: u8,
    /// How far back the calendar unit before lies, of a preset that knows.
    pub(super) step: Option<Step>,
}

impl Range {
    /// A range from two bounds as a client sends them. Fails with `BadTime` or `BadRange`.
    pub fn parse(from: &str, to: &str, tz: Tz) -> Result<Self, Error> {
        Self::checked(bound(from, tz)?, bound(to, tz)?, tz)
    }

    /// A preset: `today`, `yesterday`, `7d` (the last seven local days, today included), `12m` (the last twelve months), `wtd`, `mtd`,
    /// `qtd`, `ytd` (the unit so far), `lastweek`, `lastmonth`, `lastquarter`; or two days, `2026-03-01..2026-03-31`, both in it.
    /// Fails with `UnknownPreset`, and of days as `parse` does.
    pub fn preset(name: &str, tz: Tz, now: DateTime<Utc>) -> Result<Self, Error> {
        Self::preset_of_week(name, tz, now, MONDAY)
    }

    /// The same with weeks that begin on another day.
    pub fn preset_of_week(name: &str, tz: Tz, now: DateTime<Utc>, week_start: u8) -> Result<Self, Error> {
        if let Some((first, last)) = name.split_once("..") {
            return Ok(Self::days(first, last, tz)?.with_weeks_from(week_start));
        }
        let unknown = || Error::UnknownPreset(name.to_owned());
        let today = now.with_timezone(&tz).date_naive();
        let tomorrow = today + Days::new(1);
        let (first, end, step) = match name {
            "today" => (today, tomorrow, Step::Days(1)),
            "yesterday" => (today - Days::new(1), today, Step::Days(1)),
            "wtd" => (week_begins(today, week_start), tomorrow, Step::Days(7)),
            "mtd" => (first_of_month(today), tomorrow, Step::Months(1)),
            "qtd" => (first_of_quarter(today), tomorrow, Step::Months(3)),
            "12m" => (tomorrow.checked_sub_months(Months::new(12)).ok_or_else(unknown)?, tomorrow, Step::Months(12)),
            "lastweek" => {
                let end = week_begins(today, week_start);
                (end - Days::new(7), end, Step::Days(7))
            }
            "lastmonth" => {
                let end = first_of_month(today);
                (end.checked_sub_months(Months::new(1)).ok_or_else(unknown)?, end, Step::Months(1))
            }
            "lastquarter" => {
                let end = first_of_quarter(today);
                (end.checked_sub_months(Months::new(3)).ok_or_else(unknown)?, end, Step::Months(3))
            }
            "ytd" => (NaiveDate::from_ymd_opt(today.year(), 1, 1).ok_or_else(unknown)?, tomorrow, Step::Months(12)),
            _ => {
                let days: u64 = name.strip_suffix('d').and_then(|n| n.parse().ok()).ok_or_else(unknown)?;
                if days == 0 || days > PRESET_DAYS_MAX {
                    return Err(unknown());
                }
                (tomorrow - Days::new(days), tomorrow, Step::Days(days))
            }
        };
        let range = Self::checked(midnight(first, tz), midnight(end, tz), tz)?;
        Ok(Range { step: Some(step), week_start, ..range })
    }

    /// Whole local days, the last one included.
    fn days(first: &str, last: &str, tz: Tz) -> Result<Self, Error> {
        let day = |text: &str| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| Error::BadTime(text.chars().take(80).collect()))
        };
        let (first, last) = (day(first)?, day(last)?);
        let end = last.succ_opt().ok_or_else(|| Error::BadTime(last.to_string()))?;
        Self::checked(midnight(first, tz), midnight(end, tz), tz)
    }

    fn checked(from: DateTime<Utc>, to: DateTime<Utc>, tz: Tz) -> Result<Self, Error> {
        if from >= to {
            return Err(Error::BadRange(format!("the range is empty: from {from} is not before to {to}")));
        }
        // The warehouse's times are unsigned 32-bit seconds.
        if from.year() < 1970 || to.year() > 2100 {
            return Err(Error::BadRange("the range must lie between 1970 and 2100".into()));
        }
        Ok(Range { from_us: from.timestamp_micros(), to_us: to.timestamp_micros(), tz, week_start: MONDAY, step: None })
    }

    /// The same range with weeks that begin on another day (1 is Monday, 7 is Sunday).
    #[must_use]
    pub fn with_weeks_from(self, week_start: u8) -> Range {
        Range { week_start, ..self }
    }

    /// An instant as its local time with the offset in force then, RFC 3339.
    pub fn local(&self, us: i64) -> String {
        local_rfc3339(us, self.tz)
    }
}

/// An instant (microseconds) in a zone, RFC 3339 with the offset in force then.
pub fn local_rfc3339(us: i64, tz: Tz) -> String {
    match DateTime::from_timestamp_micros(us) {
        Some(t) => t.with_timezone(&tz).to_rfc3339(),
        None => String::new(),
    }
}

/// A zone by its IANA name; an unknown one fails with the names nearest to it.
pub fn zone(name: &str) -> Result<Tz, Error> {
    name.parse().map_err(|_| Error::UnknownZone {
        name: name.chars().take(80).collect(),
        nearest: nearest(name, TZ_VARIANTS.iter().map(|tz| tz.name())),
    })
}

fn bound(text: &str, tz: Tz) -> Result<DateTime<Utc>, Error> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(midnight(date, tz));
    }
    // A '+' that was not escaped arrives as a space.
    let mended = text.trim().replace(' ', "+");
    DateTime::parse_from_rfc3339(&mended)
        .map(|t| t.with_timezone(&Utc))
        .map_err(|_| Error::BadTime(text.chars().take(80).collect()))
}

/// The first instant of a local date. Where midnight is skipped, that is when the clock lands in the date; where it
/// comes twice, the first.
pub(super) fn midnight(date: NaiveDate, tz: Tz) -> DateTime<Utc> {
    at_local(date.and_time(NaiveTime::MIN), tz)
}

/// The instant of a local time. One that is skipped is when the clock lands after it; of one that comes twice, the first.
pub(super) fn at_local(wanted: NaiveDateTime, tz: Tz) -> DateTime<Utc> {
    let mut local = wanted;
    // No zone ever skipped more than a day (Samoa, 2011).
    for _ in 0..=96 {
        if let Some(t) = tz.from_local_datetime(&local).earliest() {
            return t.with_timezone(&Utc);
        }
        local += Duration::minutes(15);
    }
    wanted.and_utc()
}

/// The day on which the week of a date begins, where weeks begin with `week_start` (1 is Monday, 7 is Sunday).
pub(super) fn week_begins(date: NaiveDate, week_start: u8) -> NaiveDate {
    let since = (date.weekday().number_from_monday() + 7 - u32::from(week_start)) % 7;
    date - Days::new(u64::from(since))
}

pub(super) fn first_of_month(date: NaiveDate) -> NaiveDate {
    date - Days::new(u64::from(date.day0()))
}

fn first_of_quarter(date: NaiveDate) -> NaiveDate {
    let first = first_of_month(date);
    first.checked_sub_months(Months::new(first.month0() % 3)).unwrap_or(first)
}

pub(super) fn next_month(first: NaiveDate) -> NaiveDate {
    first + Months::new(1)
}

/// Seconds east of UTC in force at an instant.
pub(super) fn offset_s(us: i64, tz: Tz) -> i64 {
    let naive = DateTime::from_timestamp_micros(us).unwrap_or_default().naive_utc();
    i64::from(tz.offset_from_utc_datetime(&naive).fix().local_minus_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn madrid() -> Tz {
        zone("Europe/Madrid").unwrap()
    }

    #[test]
    fn a_week_over_the_spring_change_lasts_an_hour_less() {
        let r = Range::parse("2026-03-23", "2026-03-30", madrid()).unwrap();
        assert_eq!(r.local(r.from_us), "2026-03-23T00:00:00+01:00");
        assert_eq!(r.local(r.to_us), "2026-03-30T00:00:00+02:00");
        assert_eq!((r.to_us - r.from_us) / 3_600_000_000, 167);
    }

    #[test]
    fn instants_may_have_an_unescaped_plus() {
        let r = Range::parse("2026-03-23T10:00:00 01:00", "2026-03-23T09:30:00Z", madrid()).unwrap();
        assert_eq!(r.to_us - r.from_us, 30 * 60 * 1_000_000);
    }

    #[test]
    fn a_skipped_midnight_is_the_moment_the_clock_lands() {
        let cairo = zone("Africa/Cairo").unwrap();
        let t = midnight(NaiveDate::from_ymd_opt(2024, 4, 26).unwrap(), cairo);
        assert_eq!(local_rfc3339(t.timestamp_micros(), cairo), "2024-04-26T01:00:00+03:00");
    }

    #[test]
    fn a_repeated_midnight_is_the_first_one() {
        let havana = zone("America/Havana").unwrap();
        let t = midnight(NaiveDate::from_ymd_opt(2025, 11, 2).unwrap(), havana);
        assert_eq!(local_rfc3339(t.timestamp_micros(), havana), "2025-11-02T00:00:00-04:00");
    }

    #[test]
    fn wrong_bounds_have_their_codes() {
        let code = |from, to| Range::parse(from, to, madrid()).unwrap_err().code();
        assert_eq!(code("soon", "2026-01-01"), "bad_time");
        assert_eq!(code("2026-01-01T00:00:00", "2026-01-02"), "bad_time");
        assert_eq!(code("2026-01-02", "2026-01-02"), "bad_range");
        assert_eq!(code("1960-01-02", "2026-01-02"), "bad_range");
    }

    #[test]
    fn an_unknown_zone_names_its_neighbours() {
        let Err(Error::UnknownZone { nearest, .. }) = zone("Europe/Madird") else { panic!("accepted") };
        assert_eq!(nearest.first(), Some(&"Europe/Madrid"));
    }

    #[test]
    fn presets_are_local_days_that_include_today() {
        // 23:30 UTC is already the next day in Madrid.
        let now = DateTime::parse_from_rfc3339("2026-03-24T23:30:00Z").unwrap().with_timezone(&Utc);
        let named = |name| {
            let r = Range::preset(name, madrid(), now).unwrap();
            format!("{} {}", &r.local(r.from_us)[..10], &r.local(r.to_us)[..10])
        };
        assert_eq!(named("7d"), "2026-03-19 2026-03-26");
        assert_eq!(named("today"), "2026-03-25 2026-03-26");
        assert_eq!(named("yesterday"), "2026-03-24 2026-03-25");
        assert_eq!(named("wtd"), "2026-03-23 2026-03-26");
        assert_eq!(named("mtd"), "2026-03-01 2026-03-26");
        assert_eq!(named("ytd"), "2026-01-01 2026-03-26");
        assert_eq!(named("qtd"), "2026-01-01 2026-03-26");
        assert_eq!(named("12m"), "2025-03-26 2026-03-26");
        assert_eq!(named("lastweek"), "2026-03-16 2026-03-23");
        assert_eq!(named("lastmonth"), "2026-02-01 2026-03-01");
        assert_eq!(named("lastquarter"), "2025-10-01 2026-01-01");
        assert_eq!(named("2026-03-01..2026-03-31"), "2026-03-01 2026-04-01");
        let refused = |name| Range::preset(name, madrid(), now).unwrap_err().code();
        assert_eq!(refused("2026-03-31..2026-03-01"), "bad_range");
        assert_eq!(refused("2026-03-31..soon"), "bad_time");
        for wrong in ["0d", "d", "-3d", "99999d", "fortnight"] {
            assert_eq!(Range::preset(wrong, madrid(), now).unwrap_err().code(), "unknown_range", "{wrong}");
        }
    }
}
