//! The contact centre: legs at each of their instants, what was said while they were served, closes, offers.

use super::people::someone;
use super::{Scope, in_range, items, joined, label, listed};

/// A reopening later than this does not follow the close, microseconds.
const REOPENED_US_MAX: i64 = 7 * 24 * 3600 * 1_000_000;

/// What every leg says of itself.
fn columns() -> String {
    format!(
        "x_state AS outcome, {} AS reason, {} AS agent, {} AS queue, {} AS team, {} AS origin",
        label("x_reason"),
        label("x_agent"),
        label("x_queue"),
        label("x_team"),
        label("x_origin")
    )
}

/// Legs by an instant of theirs, with further columns of the list and of the answer.
fn legs(scope: &Scope<'_>, time: &str, read: &[&str], (further, guard): (&str, &str)) -> String {
    let mut list = vec!["state", "reason", "agent", "queue", "team", "origin", "opened"];
    list.extend(read.iter().filter(|column| !["opened"].contains(column)));
    items(scope, "legs", (time, &list), (&format!("{}{further}", columns()), guard))
}

/// Microseconds of one of the list's instants.
fn instant(column: &str) -> String {
    format!("toUnixTimestamp64Micro(assumeNotNull(x_{column}))")
}

/// Microseconds from one of the list's instants to the row's.
fn since(scope: &Scope<'_>, column: &str) -> String {
    format!(", {} AS us_long", scope.span(&instant(column), "us"))
}

pub(super) fn opened(scope: &Scope<'_>) -> String {
    legs(scope, "opened", &[], ("", "1"))
}

pub(super) fn timed(scope: &Scope<'_>) -> String {
    let list = ["state", "reason", "agent", "queue", "team", "origin", "opened", "accepted", "replied", "ended"];
    let until = |column: &str| format!("if(isNull(x_{column}), NULL, {})", scope.span("us", &instant(column)));
    let wait = scope.span("toUnixTimestamp64Micro(asked)", "toUnixTimestamp64Micro(replied)");
    let next = format!(
        "if(has(responses.leg, x_place), arrayMax((leg, asked, replied) -> if(leg = x_place, {wait}, -1), \
         responses.leg, responses.asked, responses.replied), NULL)"
    );
    let select = format!(
        "{} AS us, {}, {} AS to_accept, {} AS to_reply, {} AS to_end, {next} AS to_next",
        instant("opened"),
        columns(),
        until("accepted"),
        until("replied"),
        until("ended"),
    );
    let joined = format!("{}, arrayEnumerate(legs.opened) AS x_place", joined("legs", &list));
    listed(scope, &joined, (&select, &in_range("x_opened")))
}

pub(super) fn accepted(scope: &Scope<'_>) -> String {
    let further = format!("{}, {} AS who", since(scope, "opened"), someone(scope, "x_person", "x_visitor"));
    legs(scope, "accepted", &["accepted", "person", "visitor"], (&further, "isNotNull(x_accepted)"))
}

pub(super) fn replied(scope: &Scope<'_>) -> String {
    legs(scope, "replied", &["replied"], (&since(scope, "opened"), "isNotNull(x_replied)"))
}

pub(super) fn ended(scope: &Scope<'_>) -> String {
    let wrapped_up = "(us + toInt64(x_wrap_up_ms) * 1000)";
    let further =
        format!("{}, {} AS handling_us", since(scope, "accepted"), scope.span(&instant("accepted"), wrapped_up));
    let guard = "isNotNull(x_accepted) AND isNotNull(x_ended)";
    legs(scope, "ended", &["accepted", "ended", "wrap_up_ms"], (&further, guard))
}

pub(super) fn served(scope: &Scope<'_>) -> String {
    items(scope, "served", ("at", &["at", "role"]), ("x_role AS role", "1"))
}

pub(super) fn closes(scope: &Scope<'_>) -> String {
    let select = format!(
        "toUnixTimestamp64Micro(x_at) AS us, x_reason AS reason, {} AS agent, x_place = length(closes.at) AS is_last, \
         ifNull(toUnixTimestamp64Micro(x_reopened) - us <= {REOPENED_US_MAX}, 0) AS reopened",
        label("x_agent")
    );
    let joined =
        format!("{}, arrayEnumerate(closes.at) AS x_place", joined("closes", &["at", "reason", "agent", "reopened"]));
    listed(scope, &joined, (&select, &in_range("x_at")))
}

/// Legs that nobody accepted, by the instant at which they were missed.
pub(super) fn missed(scope: &Scope<'_>) -> String {
    legs(scope, "ended", &["ended"], (&since(scope, "opened"), "x_state = 'missed' AND isNotNull(x_ended)"))
}

/// Conversations that an agent accepted, by their first close since: `us_long` from the first acceptance.
pub(super) fn closed(scope: &Scope<'_>) -> String {
    let accepted = "arraySort(arrayMap(at -> assumeNotNull(at), arrayFilter(at -> isNotNull(at), legs.accepted)))";
    let closed = "arrayFilter(at -> at >= x_accepted, closes.at)";
    let joined = format!("arraySlice({accepted}, 1, 1) AS x_accepted");
    let select = format!(
        "toUnixTimestamp64Micro({closed}[1]) AS us, {} AS us_long",
        scope.span("toUnixTimestamp64Micro(x_accepted)", "us")
    );
    listed(scope, &joined, (&select, &format!("notEmpty({closed}) AND {}", in_range(&format!("{closed}[1]")))))
}

pub(super) fn offers(scope: &Scope<'_>) -> String {
    let select = format!("x_agent AS agent, x_outcome AS outcome, {} AS reason", label("x_reason"));
    items(scope, "offers", ("at", &["at", "agent", "outcome", "reason"]), (&select, "1"))
}
