//! The time that is looked at, as an address says it.

use std::fmt;

use chrono::NaiveDate;

/// The presets by their names in addresses and for people.
pub const PRESETS: [(&str, &str); 13] = [
    ("today", "Today"),
    ("yesterday", "Yesterday"),
    ("7d", "Last 7 days"),
    ("28d", "Last 28 days"),
    ("90d", "Last 90 days"),
    ("wtd", "This week"),
    ("lastweek", "Last week"),
    ("mtd", "This month"),
    ("lastmonth", "Last month"),
    ("qtd", "This quarter"),
    ("lastquarter", "Last quarter"),
    ("ytd", "This year"),
    ("12m", "Last 12 months"),
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
        if let Some((preset, _)) = PRESETS.iter().find(|(name, _)| *name == text) {
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
    pub fn name(&self) -> Option<String> {
        match self {
            RangeChoice::Preset(name) => {
                PRESETS.iter().find(|(preset, _)| preset == name).map(|(_, says)| (*says).to_owned())
            }
            RangeChoice::LastDays(1) => Some("Today".into()),
            RangeChoice::LastDays(days) => Some(format!("Last {days} days")),
            RangeChoice::Days(..) => None,
        }
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
