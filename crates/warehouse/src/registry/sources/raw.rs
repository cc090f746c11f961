//! Raw events: the copies that count.

use super::{
    INTERNAL, OURS, Scope, between, carried, dimensions, eligible_by, filters, ineligible, label, names, traits::states,
};

/// The edges of the range outside the whole units `[lo, hi)`.
pub(super) fn edges(column: &str, lo: &str, hi: &str) -> String {
    format!("(({}) OR ({}))", between(column, "from", lo), between(column, hi, "to"))
}

/// The copies that count of raw events, at times that meet a condition, of conversations that count.
pub(super) fn raw(scope: &Scope<'_>, events: &str, time: &dyn Fn(&str) -> String) -> String {
    copies(events, ("1", &format!("1{}", eligible_by(scope, "user_id"))), time)
}

/// When those happened that do not count, which are few, with role and type of content; `None` where there are none.
pub(super) fn raw_ineligible(scope: &Scope<'_>, events: &str, time: &dyn Fn(&str) -> String) -> Option<String> {
    let known = ineligible(scope).map(|known| format!("conversation_id IN {known}"));
    let internal =
        scope.has_internal.then(|| format!("conversation_id IN {INTERNAL} OR user_id IN {{internal:Array(String)}}"));
    let few: Vec<String> = known.into_iter().chain(internal).collect();
    let of = format!("({})", few.join(" OR "));
    (!few.is_empty()).then(|| {
        format!(
            "SELECT tupleElement(first, 1) AS t, tupleElement(first, 2) AS role, tupleElement(first, 3) AS content_type FROM ({}) WHERE {}",
            firsts("event_time, role, content_type", events, (&of, &of), time),
            time("t"),
        )
    })
}

/// The copies that count, with what they say.
fn copies(events: &str, among: (&str, &str), time: &dyn Fn(&str) -> String) -> String {
    format!(
        "SELECT conversation_id, tupleElement(first, 1) AS t, tupleElement(first, 2) AS role, \
         tupleElement(first, 3) AS content_type, tupleElement(first, 4) AS user, tupleElement(first, 5) AS anonymous, \
         multiIf(user != '', concat('u:', user), anonymous != '', concat('a:', anonymous), '') AS person, \
         if(anonymous != '', concat('a:', anonymous), person) AS visitor, \
         JSONExtractString(tupleElement(first, 6), 'workflow_id') AS workflow_id, \
         JSONExtractString(tupleElement(first, 6), 'agent_id') AS agent_id FROM ({}) WHERE {}",
        firsts("event_time, role, content_type, user_id, anonymous_id, data", events, among, time),
        time("t"),
    )
}

/// These columns of the copies that count, as the tuple `first`. Those events are looked at that have a copy at such a time and among
/// `candidates`: the one that counts may lie elsewhere.
fn firsts(columns: &str, events: &str, (candidates, of): (&str, &str), time: &dyn Fn(&str) -> String) -> String {
    format!(
        "SELECT conversation_id, event_id, argMin(({columns}), (append_time, partition, offset)) AS first \
         FROM raw_events WHERE {OURS} AND {events} AND (conversation_id, event_id) IN (\
         SELECT conversation_id, event_id FROM raw_events WHERE {OURS} AND {events} AND {candidates} AND {}) AND {of} \
         GROUP BY conversation_id, event_id",
        time("event_time"),
    )
}

/// Columns of messages among raw events.
pub(super) fn message_columns() -> String {
    format!(
        "role, {} AS content_type, {} AS workflow, {} AS agent",
        label("content_type"),
        label("workflow_id"),
        label("if(role = 'agent', agent_id, '')")
    )
}

/// Raw events with the dimensions of their conversations, of those that the question is about. `select` is over the events'
/// columns.
pub(super) fn with_dimensions(scope: &Scope<'_>, select: &str, events: &str) -> String {
    let (carried, dimensions) = (carried(scope), dimensions(scope));
    let dimensions: Vec<&str> = dimensions.split(", ").collect();
    let known: Vec<String> =
        dimensions.iter().map(|name| format!("{} AS {name}", label(&format!("c.{name}")))).collect();
    let rows = format!(
        "SELECT e.*, e.conversation_id AS conversation, {} FROM ({events}) AS e LEFT ANY JOIN \
         (SELECT conversation_id, {}, {} FROM {} WHERE {OURS}) AS c ON e.conversation_id = c.conversation_id",
        known.join(", "),
        names(scope),
        dimensions[2..].join(", "),
        states(scope),
    );
    format!("SELECT {select}, {carried} FROM ({rows}) WHERE 1{}", filters(scope))
}
