//! When conversations begin: busy weekdays, quiet nights, a slow growth over the months.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

use super::random::Random;

/// The zone whose working day shapes the traffic.
pub(crate) const ZONE: Tz = chrono_tz::Europe::Madrid;

/// How busy each local hour is, midnight first.
const HOURS: [u64; 24] = [3, 2, 1, 1, 1, 2, 4, 9, 18, 28, 34, 36, 33, 27, 24, 27, 31, 33, 30, 26, 22, 17, 11, 6];

/// Conversations on an average weekday at the beginning of the growth.
const PER_DAY: i64 = 270;

/// Days since 1970-01-01, the number that a day's random stream carries.
pub(crate) fn number(day: NaiveDate) -> i64 {
    day.signed_duration_since(NaiveDate::default()).num_days()
}

/// Midnight of a local day. A midnight that the clock change skips does not occur in [`ZONE`], which changes at night's end.
pub(crate) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    ZONE.from_local_datetime(&day.and_time(NaiveTime::MIN))
        .earliest()
        .map_or_else(|| Utc.from_utc_datetime(&day.and_time(NaiveTime::MIN)), |local| local.with_timezone(&Utc))
}

/// The local day of an instant.
pub(crate) fn day_of(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&ZONE).date_naive()
}

/// The instants at which conversations begin on a day, in order.
pub(crate) fn openings(random: &mut Random, day: NaiveDate) -> Vec<DateTime<Utc>> {
    let weekday = match day.weekday() {
        Weekday::Mon => 118,
        Weekday::Sat => 62,
        Weekday::Sun => 48,
        _ => 100,
    };
    // A wave of about three months stands for campaigns and seasons, so that weeks differ from each other.
    let season = 100 + (number(day).rem_euclid(91) - 45).abs() / 2;
    let expected = PER_DAY * weekday * season / 10_000;
    let count = random.between(expected * 85 / 100, expected * 115 / 100);

    let start = midnight(day);
    let length = midnight(day + Days::new(1)) - start;
    let hours: Vec<(i64, u64)> = HOURS.iter().enumerate().map(|(hour, weight)| (hour as i64, *weight)).collect();
    let mut openings: Vec<_> = (0..count)
        .map(|_| {
            let within = random.weighted(&hours) * 3_600_000 + random.between(0, 3_599_999);
            start + chrono::Duration::milliseconds(within.min(length.num_milliseconds() - 1))
        })
        .collect();
    openings.sort_unstable();
    openings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(day: &str) -> usize {
        let day = day.parse().unwrap();
        openings(&mut Random::new(1, "test", 0), day).len()
    }

    #[test]
    fn a_sunday_is_quieter_than_a_monday() {
        assert!(count("2026-03-22") * 3 < count("2026-03-23") * 2);
    }

    #[test]
    fn every_opening_lies_in_its_local_day_also_when_the_clocks_change() {
        for day in ["2026-03-28", "2026-03-29", "2026-10-25"] {
            let day: NaiveDate = day.parse().unwrap();
            for at in openings(&mut Random::new(1, "test", 0), day) {
                assert_eq!(day_of(at), day);
            }
        }
    }
}
