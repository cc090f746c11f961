//! Instants: reading and writing them, and the clock rule for a producer's time.

use crate::{Invalid, error::Code};

/// An instant in microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

/// What was wrong with the time that a producer gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ClockFlag {
    /// Nothing.
    #[default]
    None,
    /// The producer's clock was off: the time was corrected or clamped to the arrival.
    Skewed,
    /// There was no time: the arrival was taken.
    Missing,
}

impl ClockFlag {
    pub(crate) const SYMBOLS: [&'static str; 3] = ["none", "skewed", "missing"];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Self::SYMBOLS[self as usize]
    }

    pub(crate) fn from_index(index: i64) -> Option<Self> {
        [Self::None, Self::Skewed, Self::Missing].get(usize::try_from(index).ok()?).copied()
    }
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// 2200-01-01: what lies beyond is no time of an event, and the warehouse could not hold it.
const END: i64 = 7_258_118_400 * SECOND;
/// How far `sent_at` may lie from the arrival before the clock counts as wrong. A retry must not move an event.
const SKEW_TOLERATED: i64 = 60 * SECOND;
/// How far an event may lie in the future of its arrival.
const FUTURE_TOLERATED: i64 = 300 * SECOND;
/// From this number on an epoch is in milliseconds.
const MILLISECONDS_FROM: f64 = 1e11;

impl Timestamp {
    /// The instant, if it is one that an event can have (from 1970 to 2199).
    pub(crate) fn checked(us: i64) -> Option<Self> {
        (0..END).contains(&us).then_some(Self(us))
    }

    /// Reads RFC 3339 with an offset. Digits beyond the microsecond are dropped.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let b = text.as_bytes();
        if b.len() < 20 || b[4] != b'-' || b[7] != b'-' || b[13] != b':' || b[16] != b':' {
            return None;
        }
        if !matches!(b[10], b'T' | b't' | b' ') {
            return None;
        }
        let (year, month, day) = (digits(b, 0, 4)?, digits(b, 5, 2)?, digits(b, 8, 2)?);
        let (hour, minute, second) = (digits(b, 11, 2)?, digits(b, 14, 2)?, digits(b, 17, 2)?);
        if !(1..=12).contains(&month) || day < 1 || day > days_of_month(year, month) {
            return None;
        }
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let (fraction_us, zone) = fraction(&b[19..])?;
        let offset_s = offset(zone)?;
        let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset_s;
        Self::checked(seconds * SECOND + fraction_us)
    }

    /// Reads an epoch number: milliseconds from 1e11 on, else seconds.
    #[must_use]
    pub fn from_epoch(number: f64) -> Option<Self> {
        let us = number * if number.abs() >= MILLISECONDS_FROM { 1e3 } else { 1e6 };
        let in_range = us.is_finite() && (0.0..END as f64).contains(&us);
        in_range.then(|| us.round_ties_even() as i64).and_then(Self::checked)
    }

    /// RFC 3339 in UTC, with milliseconds or microseconds only where there are any.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let mut out = Vec::with_capacity(27);
        self.write_rfc3339(&mut out);
        String::from_utf8(out).expect("digits and punctuation are UTF-8")
    }

    /// Appends what [`Self::to_rfc3339`] gives.
    pub fn write_rfc3339(self, out: &mut Vec<u8>) {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        let us = self.0.rem_euclid(DAY);
        let seconds = us / SECOND;
        push_digits(out, year, 4);
        for (mark, value) in [(b'-', month), (b'-', day), (b'T', seconds / 3600), (b':', seconds / 60 % 60)] {
            out.push(mark);
            push_digits(out, value, 2);
        }
        out.push(b':');
        push_digits(out, seconds % 60, 2);
        let fraction = us % SECOND;
        if fraction != 0 {
            out.push(b'.');
            if fraction % 1000 == 0 { push_digits(out, fraction / 1000, 3) } else { push_digits(out, fraction, 6) }
        }
        out.push(b'Z');
    }
}

/// The time to count an event at, from what its producer said and when it arrived.
pub(crate) fn settle(
    given: Option<Timestamp>,
    sent_at: Option<Timestamp>,
    received_at: Timestamp,
) -> (Timestamp, ClockFlag) {
    let Some(given) = given else { return (received_at, ClockFlag::Missing) };
    let mut time = given;
    let mut flag = ClockFlag::None;
    if let Some(sent_at) = sent_at
        && (received_at.0 - sent_at.0).abs() > SKEW_TOLERATED
    {
        time = Timestamp((received_at.0 - (sent_at.0 - given.0)).max(0));
        flag = ClockFlag::Skewed;
    }
    if is_future(time, received_at) {
        return (received_at, ClockFlag::Skewed);
    }
    (time, flag)
}

/// Whether an event lies further in the future of its arrival than clocks may differ.
pub(crate) fn is_future(time: Timestamp, arrival: Timestamp) -> bool {
    time.0 > arrival.0.saturating_add(FUTURE_TOLERATED)
}

/// What is said of an event that lies before the horizon.
pub(crate) fn too_old(horizon_us: i64) -> Invalid {
    let message = format!("the event is more than {} days old: mark it with \"historical\": true", horizon_us / DAY);
    Invalid::new(Code::TooOld, message).within("timestamp")
}

fn digits(b: &[u8], from: usize, count: usize) -> Option<i64> {
    b.get(from..from + count)?.iter().try_fold(0, |n, d| d.is_ascii_digit().then(|| n * 10 + i64::from(d - b'0')))
}

/// An optional fraction of a second in microseconds, and what follows it.
fn fraction(b: &[u8]) -> Option<(i64, &[u8])> {
    if b.first() != Some(&b'.') {
        return Some((0, b));
    }
    let count = b[1..].iter().take_while(|d| d.is_ascii_digit()).count();
    if count == 0 {
        return None;
    }
    let us = (0..6).fold(0, |us, i| us * 10 + if i < count { i64::from(b[1 + i] - b'0') } else { 0 });
    Some((us, &b[1 + count..]))
}

/// A zone's offset in seconds.
fn offset(zone: &[u8]) -> Option<i64> {
    match zone {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), rest @ ..] if rest.len() == 5 && rest[2] == b':' => {
            let (hours, minutes) = (digits(rest, 0, 2)?, digits(rest, 3, 2)?);
            let seconds = hours * 3600 + minutes * 60;
            (hours <= 23 && minutes <= 59).then_some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, counted in eras of 400 years that begin in March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let year_of_era = year.rem_euclid(400);
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

fn push_digits(out: &mut Vec<u8>, value: i64, count: u32) {
    for position in (0..count).rev() {
        out.push(b'0' + (value / 10_i64.pow(position) % 10) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, us: Option<i64>) {
        assert_eq!(Timestamp::parse_rfc3339(text), us.map(Timestamp), "{text}");
    }

    #[test]
    fn rfc_3339_needs_an_offset_and_is_read_to_the_microsecond() {
        check("1970-01-01T00:00:00Z", Some(0));
        check("2026-03-23T09:00:00.5+01:00", Some(1_774_252_800_500_000));
        check("2026-03-23t09:00:00.123456789z", Some(1_774_256_400_123_456));
        check("2026-03-23 09:00:00-05:30", Some(1_774_276_200_000_000));
        check("2024-02-29T23:59:59Z", Some(1_709_251_199_000_000));
        check("2100-02-29T00:00:00Z", None);
        check("2026-13-01T00:00:00Z", None);
        check("2026-03-00T00:00:00Z", None);
        check("2026-03-23T09:00:00+24:00", None);
        check("2026-03-23T09:00:00+01:60", None);
        check("2026-03-23T09:00:00Z ", None);
        check("2026-3-23T09:00:00ZZZ", None);
        check("+026-03-23T09:00:00Z", None);
    }

    #[test]
    fn every_day_is_written_and_read_back_and_follows_the_day_before() {
        let mut before = (0, 0, 0);
        for days in 0..END / DAY {
            let date = civil_from_days(days);
            assert!(date > before, "{date:?} follows {before:?}");
            assert!((1..=days_of_month(date.0, date.1)).contains(&date.2), "{date:?}");
            before = date;
            let time = Timestamp(days * DAY + days % DAY);
            assert_eq!(Timestamp::parse_rfc3339(&time.to_rfc3339()), Some(time));
        }
        assert_eq!(before, (2199, 12, 31));
    }

    #[test]
    fn fractions_are_written_only_where_there_are_any() {
        assert_eq!(Timestamp(1_774_256_400_000_000).to_rfc3339(), "2026-03-23T09:00:00Z");
        assert_eq!(Timestamp(1_774_256_400_120_000).to_rfc3339(), "2026-03-23T09:00:00.120Z");
        assert_eq!(Timestamp(1_774_256_400_000_001).to_rfc3339(), "2026-03-23T09:00:00.000001Z");
    }

    #[test]
    fn an_epoch_is_in_milliseconds_from_1e11_on() {
        assert_eq!(Timestamp::from_epoch(99_999_999_999.0), None, "seconds of the year 5138");
        assert_eq!(Timestamp::from_epoch(1e11), Some(Timestamp(100_000_000_000_000)));
        assert_eq!(Timestamp::from_epoch(1_774_256_400.000_001_2), Some(Timestamp(1_774_256_400_000_001)));
        assert_eq!(Timestamp::from_epoch(-0.5), None);
        assert_eq!(Timestamp::from_epoch(f64::NAN), None);
    }
}
