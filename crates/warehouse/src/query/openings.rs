//! Business hours as instants: when a project was open, for as long as it has conversations.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use clickhouse::Row;
use rollup::BusinessHours;
use serde::Deserialize;

use super::{Ask, Error, range::at_local, run::limited};
use crate::{Client, registry::OURS};

/// Most openings that a question is answered by.
const OPENINGS_MAX: usize = 30_000;
/// Openings in one parameter: a ClickHouse server takes no field above 128 KiB, and an instant has 17 characters.
const OPENINGS_PER_PARAMETER: usize = 5_000;
/// After-work goes on after the last event.
const AFTER_DAYS: u64 = 2;

/// When business was open, as parallel lists, ascending.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Openings {
    /// When it opened, microseconds.
    opens: Vec<i64>,
    /// When it closed.
    shuts: Vec<i64>,
    /// How long it was open before, less `opens`: added to an instant while it is open, how long it was open until then.
    shifts: Vec<i64>,
}

impl Openings {
    /// Number of parameters for each list.
    pub(super) fn chunks(&self) -> usize {
        self.opens.len().div_ceil(OPENINGS_PER_PARAMETER)
    }

    /// The lists in pieces that fit a parameter, by the parameters' names.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (String, &[i64])> {
        let lists = [("opens", &self.opens), ("shuts", &self.shuts), ("shifts", &self.shifts)];
        lists.into_iter().flat_map(|(name, list)| {
            let pieces = list.chunks(OPENINGS_PER_PARAMETER).enumerate();
            pieces.map(move |(i, piece)| (format!("{name}_{i}"), piece))
        })
    }

    /// The openings of the local days from one instant's to another's. Fails with `TooManyOpenings`.
    fn between(hours: &BusinessHours, zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Openings, Error> {
        // Before the first opening business was open for no time at all: an opening without length says so.
        let mut openings = Openings { opens: vec![0], shuts: vec![0], shifts: vec![0] };
        let mut open_us = 0;
        let mut day = from.with_timezone(&zone).date_naive();
        let last = to.with_timezone(&zone).date_naive() + Days::new(AFTER_DAYS);
        while day <= last {
            for (begins, ends) in hours.on(day) {
                let (open, shut) = (instant(day, begins, zone), instant(day, ends, zone));
                if open < shut {
                    openings.opens.push(open);
                    openings.shuts.push(shut);
                    openings.shifts.push(open_us - open);
                    open_us += shut - open;
                }
            }
            if openings.opens.len() > OPENINGS_MAX {
                return Err(Error::TooManyOpenings { limit: OPENINGS_MAX });
            }
            day = day + Days::new(1);
        }
        Ok(openings)
    }
}

/// The instant of a minute of a local day; the last minute's end is the next day's beginning.
fn instant(day: NaiveDate, minute: u32, zone: Tz) -> i64 {
    let local = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).map(|time| day.and_time(time));
    let local: NaiveDateTime = local.unwrap_or_else(|| (day + Days::new(1)).and_time(NaiveTime::MIN));
    at_local(local, zone).timestamp_micros()
}

#[derive(Debug, Row, Deserialize)]
struct Reach {
    first_us: i64,
    last_us: i64,
}

/// When business was open from the first event of the project's conversations to the last, or to the range's end; nothing if all
/// hours count. Fails with `TooManyOpenings` or `Warehouse`.
pub(super) async fn openings(client: &Client, ask: &Ask<'_>) -> Result<Openings, Error> {
    let hours = ask.settings.business_hours.as_ref().filter(|_| ask.business_hours);
    let Some((hours, zone)) = hours.and_then(|hours| Some((hours, hours.zone()?))) else {
        return Ok(Openings::default());
    };
    let sql = format!(
        "SELECT if(count() = 0, {{to:Int64}}, least(toUnixTimestamp64Micro(min(first_event)), {{to:Int64}})) AS first_us, \
         greatest(toUnixTimestamp64Micro(max(last_event)), {{to:Int64}}) AS last_us \
         FROM conversation_states WHERE {OURS}"
    );
    let query = limited(client, &sql).param("project", ask.project).param("env", ask.environment);
    let query = query.param("to", ask.range.to_us);
    let reach: Reach = query.fetch_one().await.map_err(crate::Error::from)?;
    let at = |us: i64| DateTime::from_timestamp_micros(us).unwrap_or_default();
    Openings::between(hours, zone, at(reach.first_us), at(reach.last_us))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long business was open between two instants, hours, as the registry's expression works it out.
    fn open_h(openings: &Openings, from: &str, to: &str) -> f64 {
        let until = |text: &str| {
            let us = DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros();
            let at = openings.opens.partition_point(|open| *open <= us) - 1;
            openings.shifts[at] + us.min(openings.shuts[at])
        };
        (until(to) - until(from)) as f64 / 3.6e9
    }

    fn of_week(from: &str, to: &str, holidays: &[&str]) -> Openings {
        let hours = BusinessHours {
            timezone: "Europe/Madrid".to_owned(),
            week: vec![rollup::Opening { days: vec![1, 2, 3, 4, 5, 7], from: from.to_owned(), to: to.to_owned() }],
            holidays: holidays.iter().map(|day| (*day).to_owned()).collect(),
        };
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc);
        let zone = hours.zone().unwrap();
        Openings::between(&hours, zone, at("2026-03-26T00:00:00Z"), at("2026-04-07T00:00:00Z")).unwrap()
    }

    #[test]
    fn a_duration_over_a_closed_day_a_clock_change_and_a_holiday_counts_open_hours_alone() {
        // The clocks of Madrid go forward on Sunday, 29 March; Monday is a holiday.
        let day = of_week("09:00", "17:00", &["2026-03-30"]);
        // Friday 16:00 to Tuesday 10:30: one hour on Friday, eight on Sunday, none on Saturday and Monday, 1.5 on Tuesday.
        assert_eq!(open_h(&day, "2026-03-27T16:00:00+01:00", "2026-03-31T10:30:00+02:00"), 10.5);
        assert_eq!(open_h(&day, "2026-03-27T18:00:00+01:00", "2026-03-27T23:00:00+01:00"), 0.0, "after hours");
        assert_eq!(open_h(&day, "2026-03-27T10:00:00+01:00", "2026-03-27T10:30:00+01:00"), 0.5, "within hours");
    }

    #[test]
    fn openings_travel_in_pieces_that_fit_a_parameter_and_too_many_are_refused() {
        let opening = |from: u32| rollup::Opening {
            days: vec![1, 2, 3, 4, 5, 6, 7],
            from: format!("{from:02}:00"),
            to: format!("{from:02}:30"),
        };
        let hours =
            BusinessHours { timezone: "UTC".to_owned(), week: (0..24).map(opening).collect(), holidays: Vec::new() };
        let start = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
        let until = |days| Openings::between(&hours, Tz::UTC, start, start + Days::new(days));
        let openings = until(365).unwrap();
        assert_eq!((openings.opens.len(), openings.chunks()), (1 + 24 * 368, 2));
        let opens = openings.parameters().filter(|(name, _)| name.starts_with("opens_"));
        assert_eq!(opens.flat_map(|(_, piece)| piece.to_vec()).collect::<Vec<_>>(), openings.opens);
        assert!(openings.parameters().all(|(_, piece)| piece.len() * 18 < 100_000));
        assert_eq!(until(1_500).unwrap_err().code(), "too_many_openings");
    }

    #[test]
    fn the_day_on_which_the_clocks_go_forward_has_an_hour_less() {
        let whole = of_week("00:00", "24:00", &[]);
        assert_eq!(open_h(&whole, "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"), 23.0);
        // Open from 01:30 to 03:30 by the wall clock: 02:00 to 03:00 does not come.
        let night = of_week("01:30", "03:30", &[]);
        assert_eq!(open_h(&night, "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"), 1.0);
    }
}
