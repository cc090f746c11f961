//! Opportunities, and what kind of user each was for: a trait that `user.identified` said.

use super::people::someone;
use super::{CARRIED, Dimension, OURS, Scope, conversation, eligible_by, in_range, label, live};

pub(super) fn opportunities(scope: &Scope<'_>) -> String {
    // A trait is a person's, also where figures tell people apart by their devices.
    let scope = &Scope { by_device: false, ..*scope };
    let opened = format!(
        "SELECT toUnixTimestamp64Micro(assumeNotNull(initialized_at)) AS us, ifNull(last_use >= initialized_at, 0) AS used, \
         {} AS page, {} AS placement, {} AS who, {} FROM conversation_states FINAL WHERE {}",
        label("conversation_states.page"),
        label("conversation_states.placement"),
        someone(scope, "person", "visitor"),
        conversation(scope),
        live(scope, &format!("isNotNull(initialized_at) AND {}", in_range("initialized_at")))
    );
    if scope.asks_for(Dimension::Segment) { with_segments(scope, &opened) } else { opened }
}

/// Of each opportunity the trait as it was known then; what was first said of somebody later holds for the time before it.
fn with_segments(scope: &Scope<'_>, opened: &str) -> String {
    let value = |said: &str| format!("tupleElement({said}, 4)");
    let then = value("arrayLast(said -> tupleElement(said, 1) <= us, told.traits)");
    let segment = format!("if({then} = '', {}, {then})", value("told.traits[1]"));
    format!(
        "SELECT us, used, page, placement, {} AS segment, {CARRIED} FROM (\
         SELECT opened.*, {segment} AS is FROM ({opened}) AS opened LEFT ANY JOIN ({}) AS told ON opened.who = told.who)",
        label("is"),
        traits(scope)
    )
}

/// What was said of each person, in order: `who`, `traits` (microseconds, sequence, event id, value).
fn traits(scope: &Scope<'_>) -> String {
    let of_data = "data, 'traits', {segment_trait:String}";
    let said = format!(
        "SELECT toUnixTimestamp64Micro(tupleElement(first, 1)) AS at, tupleElement(first, 2) AS sequence, event_id, \
         tupleElement(first, 3) AS person, tupleElement(first, 4) AS visitor, tupleElement(first, 5) AS data, \
         if(JSONType({of_data}) = 'String', JSONExtractString({of_data}), JSONExtractRaw({of_data})) AS value FROM (\
         SELECT event_id, argMin((event_time, sequence, \
         multiIf(user_id != '', concat('u:', user_id), anonymous_id != '', concat('a:', anonymous_id), ''), \
         if(anonymous_id != '', concat('a:', anonymous_id), concat('u:', user_id)), data), \
         (append_time, partition, offset)) AS first \
         FROM raw_events WHERE {OURS} AND event = 'user.identified' AND flag != 'crawler'{} GROUP BY conversation_id, event_id)",
        eligible_by(scope, "user_id")
    );
    format!(
        "SELECT {} AS who, arraySort(groupArray((at, sequence, event_id, value))) AS traits FROM ({said}) \
         WHERE person != '' AND value NOT IN ('', 'null') GROUP BY who",
        someone(scope, "person", "visitor")
    )
}
