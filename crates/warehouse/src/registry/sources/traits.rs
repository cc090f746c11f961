//! Traits of users, which `user.identified` tells, as dimensions of their conversations: a conversation shows what was last said of its
//! person before its opportunity, or before its first event where it has none, or else what was first said of them later.

use super::people::{someone, who};
use super::{OURS, Scope, as_known, eligible_by, label};
use crate::registry::Dimension;

/// Longest value that is told apart, in characters.
const VALUE_CHARS_MAX: usize = 200;

/// The rows of conversations read whole (FINAL), with the traits that are asked for, each in a column of its own.
pub(crate) fn states(scope: &Scope<'_>) -> String {
    let asked = asked(scope);
    if asked.is_empty() {
        return "conversation_states FINAL".into();
    }
    // A trait is a person's, also where figures tell people apart by their devices.
    let scope = &Scope { by_device: false, ..*scope };
    format!(
        "conversation_states FINAL LEFT ANY JOIN ({}) AS known ON conversation_states.conversation_id = known.known_of",
        of_conversations(scope, &asked)
    )
}

/// A trait that is asked for.
struct Asked {
    /// The column that shows it.
    column: String,
    /// Its name, as an expression.
    name: String,
}

fn asked(scope: &Scope<'_>) -> Vec<Asked> {
    let segment = Asked { column: Dimension::Segment.column().into(), name: "{segment_trait:String}".into() };
    let segment = scope.asks_for(Dimension::Segment).then_some(segment);
    let traits = scope.traits().into_iter().map(|of| Asked { column: of.column(), name: of.expression() });
    segment.into_iter().chain(traits).collect()
}

/// The traits of each conversation's person: `known_of`, and a column for each.
fn of_conversations(scope: &Scope<'_>, asked: &[Asked]) -> String {
    let columns = asked.iter().enumerate().map(|(at, of)| {
        let value = format!("substringUTF8({}, 1, {VALUE_CHARS_MAX})", at_place(at + 1));
        format!(", {} AS {}", label(&value), of.column)
    });
    format!(
        "SELECT begun.known_of AS known_of{} FROM (\
         SELECT conversation_id AS known_of, toUnixTimestamp64Micro(ifNull(initialized_at, first_event)) AS began_us, {} AS who \
         FROM conversation_states FINAL WHERE {OURS}) AS begun LEFT ANY JOIN ({}) AS told ON begun.who = told.who",
        columns.collect::<String>(),
        someone(scope, "person", "visitor"),
        told(scope, asked)
    )
}

/// The value at a place, from 1.
fn at_place(place: usize) -> String {
    let value = |said: &str| format!("tupleElement({said}, 4)[{place}]");
    let says = format!("arrayFilter(one -> {} != '', told.said)", value("one"));
    as_known("begun.began_us", &says, value)
}

/// What was said of each person, in order: `who`, `said` (microseconds, sequence, event id, the values, '' where nothing was said).
fn told(scope: &Scope<'_>, asked: &[Asked]) -> String {
    let values: Vec<String> = asked.iter().map(|of| value(&of.name)).collect();
    let events = format!(
        "SELECT toUnixTimestamp64Micro(tupleElement(first, 1)) AS at, tupleElement(first, 2) AS sequence, event_id, \
         tupleElement(first, 3) AS person, tupleElement(first, 4) AS data, [{}] AS values FROM (\
         SELECT event_id, argMin((event_time, sequence, \
         multiIf(user_id != '', concat('u:', user_id), anonymous_id != '', concat('a:', anonymous_id), ''), data), \
         (append_time, partition, offset)) AS first \
         FROM raw_events WHERE {OURS} AND event = 'user.identified' AND flag != 'crawler'{} GROUP BY conversation_id, event_id)",
        values.join(", "),
        eligible_by(scope, "user_id")
    );
    format!(
        "SELECT {} AS who, arraySort(groupArray((at, sequence, event_id, values))) AS said FROM ({events}) \
         WHERE person != '' AND arrayExists(value -> value != '', values) GROUP BY who",
        who(scope, "person", "person")
    )
}

/// A trait's value: a text as it is, anything else as JSON writes it; '' where there is none.
fn value(name: &str) -> String {
    let of_data = format!("data, 'traits', {name}");
    format!(
        "multiIf(JSONType({of_data}) = 'String', JSONExtractString({of_data}), JSONType({of_data}) = 'Null', '', JSONExtractRaw({of_data}))"
    )
}
