//! The time that is looked at, as an address says it.

use std::fmt;

use chrono::NaiveDate;

use crate::words::Words;

/// The presets by their names in addresses.
pub const PRESETS: [&str; 13] = [
    "today",
    "yesterday",
    "7d",
    "28d",
    "90d",
    "wtd",
    "lastweek",
    "mtd",
    "lastmonth",
    "qtd",
    "lastquarter",
    "ytd",
    "12m",
];
/// Longest number of days back.
const DAYS_MAX: u32 = 3_660;

/// A range by its name or its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeChoice {
    /// One of [`PRESETS`].
    Preset(&'static str),
    /// The last so many days, today included.
    LastDays(u32),
    /// From the first to the last day, both included.
    Days(NaiveDate, NaiveDate),
}

impl Default for RangeChoice {
    fn default() -> RangeChoice {
        RangeChoice::Preset("28d")
    }
}

impl RangeChoice {
    /// Reads `28d`, `wtd` … or `2026-03-01..2026-03-31`.
    pub fn read(text: &str) -> Option<RangeChoice> {
        if let Some(preset) = PRESETS.into_iter().find(|name| *name == text) {
            return Some(RangeChoice::Preset(preset));
        }
        if let Some((first, last)) = text.split_once("..") {
            let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
            return RangeChoice::days(day(first)?, day(last)?);
        }
        let days: u32 = text.strip_suffix('d')?.parse().ok()?;
        (1..=DAYS_MAX).contains(&days).then_some(RangeChoice::LastDays(days))
    }

    /// From the first to the last day; None where there is no such time.
    pub fn days(first: NaiveDate, last: NaiveDate) -> Option<RangeChoice> {
        let (low, high) = (NaiveDate::from_ymd_opt(1970, 1, 2)?, NaiveDate::from_ymd_opt(2100, 12, 30)?);
        (first <= last && first >= low && last <= high).then_some(RangeChoice::Days(first, last))
    }

    /// What people call it; None for two days.
    pub(crate) fn name(&self, words: Words) -> Option<String> {
        let name = match self {
            RangeChoice::Preset("yesterday") => words.yesterday(),
            RangeChoice::Preset("7d") => return Some(words.last_days(7)),
            RangeChoice::Preset("28d") => return Some(words.last_days(28)),
            RangeChoice::Preset("90d") => return Some(words.last_days(90)),
            RangeChoice::Preset("wtd") => words.this_week(),
            RangeChoice::Preset("lastweek") => words.last_week(),
            RangeChoice::Preset("mtd") => words.this_month(),
            RangeChoice::Preset("lastmonth") => words.last_month(),
            RangeChoice::Preset("qtd") => words.this_quarter(),
            RangeChoice::Preset("lastquarter") => words.last_quarter(),
            RangeChoice::Preset("ytd") => words.this_year(),
            RangeChoice::Preset("12m") => words.last_12_months(),
            RangeChoice::Preset(_) | RangeChoice::LastDays(1) => words.today(),
            RangeChoice::LastDays(days) => return Some(words.last_days((*days).into())),
            RangeChoice::Days(..) => return None,
        };
        Some(name.to_owned())
    }
}

impl fmt::Display for RangeChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RangeChoice::Preset(name) => f.write_str(name),
            RangeChoice::LastDays(days) => write!(f, "{days}d"),
            RangeChoice::Days(first, last) => write!(f, "{first}..{last}"),
        }
    }
}
