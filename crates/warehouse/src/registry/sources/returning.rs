//! Who comes back: to another chat, on other days, in later weeks.

use super::chats::CONTAINED;
use super::people::{activity, someone, who};
use super::raw::{raw, with_dimensions};
use super::{Scope, carried, conversation, counting, counting_before, items, micros};

/// The longest time in which another chat of a person is looked for, microseconds.
const AGAIN_US_MAX: i64 = 72 * 3600 * 1_000_000;
/// Days of the longer of the two spans that active people are compared of.
const MONTH_DAYS: u32 = 28;

/// Chats of someone by end, with the time until the same person's next chat began, in whatever conversation: the conditions of the
/// question are about the chats that ended alone.
pub(super) fn ended(scope: &Scope<'_>) -> String {
    let carried = carried(scope);
    let columns = ["ended", "counted", "open", "requested", "has_leg", "person", "visitor"];
    let select = format!("{} AS who, {CONTAINED} AS contained", someone(scope, "x_person", "x_visitor"));
    let guard = "x_counted = 1 AND x_open = 0 AND x_person != ''";
    let ended = items(scope, "chats", ("ended", &columns), (&select, guard));
    let soon = format!("fromUnixTimestamp64Micro({{to:Int64}} + {AGAIN_US_MAX}, 'UTC')");
    let begun = format!(
        "SELECT {} AS who, toUnixTimestamp64Micro(x_start) AS begun_us FROM conversation_states FINAL \
         ARRAY JOIN chats.start AS x_start, chats.counted AS x_counted, chats.person AS x_person, chats.visitor AS x_visitor \
         WHERE {} AND x_counted = 1 AND x_person != '' \
         AND x_start > fromUnixTimestamp64Micro({{from:Int64}}, 'UTC') AND x_start < {soon}",
        who(scope, "x_person", "x_visitor"),
        counting_before(scope, &soon)
    );
    let starts = format!("SELECT who, arraySort(groupArray(begun_us)) AS starts FROM ({begun}) GROUP BY who");
    format!(
        "SELECT us, contained, greatest(arrayFirst(start -> start > us, starts) - us, 0) AS again_us, {carried} \
         FROM ({ended}) AS ended LEFT ANY JOIN ({starts}) AS later ON ended.who = later.who"
    )
}

/// Activity at times that meet a condition: `who`, `seen_us` (to the quarter of an hour), `first_us`.
fn active(scope: &Scope<'_>, time: &dyn Fn(&str) -> String) -> String {
    let listed = format!(
        "SELECT {} AS who, {} AS seen_us, toUnixTimestamp64Micro(x_first) AS first_us, {} FROM conversation_states FINAL \
         ARRAY JOIN activity.bucket AS x_bucket, activity.person AS x_person, activity.visitor AS x_visitor, \
         activity.first AS x_first WHERE {}",
        who(scope, "x_person", "x_visitor"),
        micros("x_bucket"),
        conversation(scope),
        format_args!("{} AND {}", counting(scope), time("x_first"))
    );
    let loose = raw(scope, &format!("{} AND conversation_id = ''", activity()), time);
    let select = format!(
        "{} AS who, toUnixTimestamp64Micro(t) AS seen_us, toUnixTimestamp64Micro(t) AS first_us",
        who(scope, "person", "visitor")
    );
    let loose = with_dimensions(scope, &select, &format!("SELECT * FROM ({loose}) WHERE person != ''"));
    format!("SELECT who, seen_us, first_us FROM ({listed} UNION ALL {loose})")
}

/// Before the range's end, and not earlier than so many days before its start.
fn of_days(days: u32) -> impl Fn(&str) -> String {
    move |t| format!("{} AND {t} >= fromUnixTimestamp64Micro({{from:Int64}}, 'UTC') - toIntervalDay({days})", until(t))
}

fn until(t: &str) -> String {
    format!("{t} < fromUnixTimestamp64Micro({{to:Int64}}, 'UTC')")
}

/// The local date of an instant, microseconds.
fn date(us: &str) -> String {
    format!("toDate(fromUnixTimestamp64Micro({us}, 'UTC'), {{tz:String}})")
}

pub(super) fn active_days(scope: &Scope<'_>) -> String {
    let seen =
        format!("SELECT DISTINCT who, {} AS seen FROM ({})", date("seen_us"), active(scope, &of_days(MONTH_DAYS)));
    let days = format!("SELECT who, seen, arrayJoin(range({MONTH_DAYS})) + seen AS day FROM ({seen})");
    format!(
        "SELECT toInt64(toUnixTimestamp(toDateTime(day, {{tz:String}}))) * 1000000 AS us, uniqExactIf(who, seen = day) AS daily, \
         uniqExact(who) AS monthly, '' AS conversation FROM ({days}) GROUP BY day \
         HAVING us >= {{from:Int64}} AND us < {{to:Int64}}"
    )
}

/// The first day of the week of a local date.
fn week(date: &str) -> String {
    format!("({date} - (toDayOfWeek({date}) + 7 - {{week_start:UInt8}}) % 7)")
}

pub(super) fn weeks_since(scope: &Scope<'_>) -> String {
    let people = format!(
        "SELECT min(first_us) AS us, {cohort} AS cohort, groupUniqArray({active}) AS weeks FROM ({rows}) GROUP BY who \
         HAVING us >= {{from:Int64}} AND us < {{to:Int64}}",
        cohort = week(&date("min(first_us)")),
        active = week(&date("seen_us")),
        rows = active(scope, &until),
    );
    // Of the weeks from the cohort's own to the range's end, those that are over, without the first.
    let later = format!("range(1, greatest(1, toUInt32(intDiv({} - cohort, 7))))", date("{to:Int64}"));
    format!(
        "SELECT us, toString(later) AS week_offset, has(weeks, cohort + 7 * later) AS active, '' AS conversation \
         FROM ({people}) ARRAY JOIN {later} AS later"
    )
}
