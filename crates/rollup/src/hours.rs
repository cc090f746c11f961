//! Business hours: when durations count, if a question asks for business hours.

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::settings::ENTRIES_MAX;

/// Most openings of a week.
const OPENINGS_MAX: usize = 50;
/// Minutes of a local day, as its wall clock counts them.
const DAY_MINUTES: u32 = 24 * 60;

/// When business is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusinessHours {
    /// IANA zone of its days and hours.
    pub timezone: String,
    /// When it opens in a week; those that overlap are one.
    pub week: Vec<Opening>,
    /// Local dates on which it does not: `2026-12-25`.
    #[serde(default)]
    pub holidays: Vec<String>,
}

/// From when to when business is open on some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// 1 is Monday, 7 is Sunday.
    pub days: Vec<u8>,
    /// Local time: `09:00`.
    pub from: String,
    /// Local time after `from`, `24:00` at the latest.
    pub to: String,
}

impl Opening {
    /// Minutes of the local day from when to when; None if that is no span of time.
    fn minutes(&self) -> Option<(u32, u32)> {
        let span = (minute(&self.from)?, minute(&self.to)?);
        (span.0 < span.1).then_some(span)
    }

    fn is_right(&self) -> bool {
        let weekdays =
            !self.days.is_empty() && self.days.len() <= 7 && self.days.iter().all(|day| (1..=7).contains(day));
        weekdays && self.minutes().is_some()
    }
}

fn minute(text: &str) -> Option<u32> {
    if text == "24:00" {
        return Some(DAY_MINUTES);
    }
    let time = NaiveTime::parse_from_str(text, "%H:%M").ok()?;
    Some(time.hour() * 60 + time.minute())
}

fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

impl BusinessHours {
    /// What is wrong with them, in words that say what to do; None if nothing is.
    pub fn complaint(&self) -> Option<String> {
        if self.zone().is_none() {
            return Some("business_hours.timezone is an IANA zone, as Europe/Madrid".to_owned());
        }
        if self.week.is_empty() || self.week.len() > OPENINGS_MAX || !self.week.iter().all(Opening::is_right) {
            return Some(format!(
                "business_hours.week has 1 to {OPENINGS_MAX} openings, each with days from 1 (Monday) to 7 (Sunday), \
                 from and to, as {{\"days\": [1, 2], \"from\": \"09:00\", \"to\": \"17:30\"}}; the latest to is 24:00"
            ));
        }
        if self.holidays.len() > ENTRIES_MAX {
            return Some(format!("business_hours.holidays has at most {ENTRIES_MAX} dates"));
        }
        let wrong = self.holidays.iter().find(|text| date(text).is_none())?;
        Some(format!("'{wrong}' is no date of a holiday, as 2026-12-25"))
    }

    /// The zone of its days and hours; None if there is no such zone.
    pub fn zone(&self) -> Option<Tz> {
        self.timezone.parse().ok()
    }

    /// From which to which minutes of a local date business is open, ascending and apart from each other.
    pub fn on(&self, day: NaiveDate) -> Vec<(u32, u32)> {
        if self.holidays.iter().any(|holiday| date(holiday) == Some(day)) {
            return Vec::new();
        }
        let weekday = day.weekday().number_from_monday();
        let opens = |opening: &&Opening| opening.days.iter().any(|own| u32::from(*own) == weekday);
        let mut spans: Vec<(u32, u32)> = self.week.iter().filter(opens).filter_map(Opening::minutes).collect();
        spans.sort_unstable();
        spans.dedup_by(|later, earlier| {
            let touches = later.0 <= earlier.1;
            if touches {
                earlier.1 = earlier.1.max(later.1);
            }
            touches
        });
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_that_overlap_are_one_and_holidays_have_none() {
        let opening = |days: &[u8], from: &str, to: &str| Opening {
            days: days.to_vec(),
            from: from.to_owned(),
            to: to.to_owned(),
        };
        let hours = BusinessHours {
            timezone: "Europe/Madrid".to_owned(),
            week: vec![
                opening(&[1, 2], "15:00", "24:00"),
                opening(&[1], "09:00", "13:00"),
                opening(&[1], "12:00", "14:00"),
            ],
            holidays: vec!["2026-03-24".to_owned()],
        };
        assert_eq!(hours.complaint(), None);
        let on = |day: &str| hours.on(date(day).unwrap());
        assert_eq!(on("2026-03-23"), [(9 * 60, 14 * 60), (15 * 60, 24 * 60)], "a Monday");
        assert_eq!(on("2026-03-24"), [], "a Tuesday that is a holiday");
        assert_eq!(on("2026-03-31"), [(15 * 60, 24 * 60)], "a Tuesday");
        assert_eq!(on("2026-03-25"), [], "a Wednesday");
    }
}
