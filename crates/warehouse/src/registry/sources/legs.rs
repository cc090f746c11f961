//! The contact centre: legs at each of their instants, what was said while they were served, closes, offers.

use super::people::someone;
use super::{Scope, items, label};

/// What every leg says of itself.
fn columns() -> String {
    format!(
        "toString(x_state) AS outcome, {} AS reason, {} AS agent, {} AS queue, {} AS team, {} AS origin",
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

/// Microseconds from one of the list's instants to the row's.
fn since(column: &str) -> String {
    format!(", us - toUnixTimestamp64Micro(assumeNotNull(x_{column})) AS us_long")
}

pub(super) fn opened(scope: &Scope<'_>) -> String {
    legs(scope, "opened", &[], ("", "1"))
}

pub(super) fn accepted(scope: &Scope<'_>) -> String {
    let further = format!("{}, {} AS who", since("opened"), someone(scope, "x_person", "x_visitor"));
    legs(scope, "accepted", &["accepted", "person", "visitor"], (&further, "isNotNull(x_accepted)"))
}

pub(super) fn replied(scope: &Scope<'_>) -> String {
    legs(scope, "replied", &["replied"], (&since("opened"), "isNotNull(x_replied)"))
}

pub(super) fn ended(scope: &Scope<'_>) -> String {
    let further = format!("{}, toInt64(x_wrap_up_ms) AS wrap_up_ms", since("accepted"));
    let guard = "isNotNull(x_accepted) AND isNotNull(x_ended)";
    legs(scope, "ended", &["accepted", "ended", "wrap_up_ms"], (&further, guard))
}

pub(super) fn served(scope: &Scope<'_>) -> String {
    items(scope, "served", ("at", &["at", "role"]), ("toString(x_role) AS role", "1"))
}

pub(super) fn closes(scope: &Scope<'_>) -> String {
    let select = format!(
        "toString(x_reason) AS reason, {} AS agent, \
         ifNull(dateDiff('second', x_at, x_reopened) <= 7 * 86400, 0) AS reopened",
        label("x_agent")
    );
    items(scope, "closes", ("at", &["at", "reason", "agent", "reopened"]), (&select, "1"))
}

pub(super) fn offers(scope: &Scope<'_>) -> String {
    let select = format!("toString(x_agent) AS agent, toString(x_outcome) AS outcome, {} AS reason", label("x_reason"));
    items(scope, "offers", ("at", &["at", "agent", "outcome", "reason"]), (&select, "1"))
}
