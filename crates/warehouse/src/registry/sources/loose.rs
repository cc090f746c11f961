//! Events that have no conversation.

use super::{OURS, Scope, USER_OF_PERSON, carried, eligible_by, filters, in_range, no_conversation};

/// Requests that have no conversation; `select` is over `person`, `visitor`, `event` and `given` (the trigger).
pub(super) fn loose_requests(scope: &Scope<'_>, select: &str, guard: &str) -> String {
    let nothing = no_conversation(scope);
    let rows = format!(
        "SELECT tupleElement(first, 1) AS t, tupleElement(first, 2) AS person, person AS visitor, tupleElement(first, 3) AS event, \
         tupleElement(first, 4) AS given, {nothing} FROM (\
         SELECT event_id, argMin((event_time, person, toString(event), toString(trigger)), (segment, partition)) AS first \
         FROM requests WHERE {OURS} AND conversation_id = ''{} GROUP BY event_id)",
        eligible_by(scope, USER_OF_PERSON)
    );
    outside(scope, select, &rows, guard)
}

/// Events of a type that have no conversation; `select` is over `data`, `sequence`, `event_id` and `user_id`.
pub(super) fn loose_events(scope: &Scope<'_>, event: &str, select: &str, guard: &str) -> String {
    let nothing = no_conversation(scope);
    let rows = format!(
        "SELECT event_id, tupleElement(first, 1) AS t, tupleElement(first, 2) AS data, tupleElement(first, 3) AS sequence, \
         tupleElement(first, 4) AS user_id, {nothing} FROM (\
         SELECT event_id, argMin((event_time, data, sequence, user_id), (append_time, partition, offset)) AS first \
         FROM raw_events WHERE {OURS} AND conversation_id = '' AND event = '{event}' AND flag != 'crawler'{} GROUP BY event_id)",
        eligible_by(scope, "user_id")
    );
    outside(scope, select, &rows, guard)
}

fn outside(scope: &Scope<'_>, select: &str, rows: &str, guard: &str) -> String {
    format!(
        "SELECT toUnixTimestamp64Micro(t) AS us, {select}, {} FROM ({rows}) WHERE {} AND {guard}{}",
        carried(scope),
        in_range("t"),
        filters(scope)
    )
}
