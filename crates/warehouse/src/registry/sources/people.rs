//! People: who was active, who was new, and what else they did.

use super::chats::{chats, started_with};
use super::chunked;
use super::loose::loose_requests;
use super::raw::{edges, raw, with_dimensions};
use super::volumes::{lasting, messages_of_someone};
use super::{
    MESSAGE, OURS, Scope, UNTOLD, USER_OF_PERSON, between, carried, conversation, counting, dimensions, eligible_by,
    filters, ineligible, items, live, micros, traits::states, unpacked,
};

/// Who a row's person is, of the columns `person` (as sent) and, where a device makes another person, `visitor`, `device` and `browser`.
pub(super) fn who(scope: &Scope<'_>, person: &str, visitor: &str) -> String {
    if scope.by_device {
        return format!("concat({visitor}, '|', device, '|', browser)");
    }
    if !scope.has_owned {
        return merged(scope, person);
    }
    let owners = owners(scope);
    format!("transform({person}, tupleElement({owners}, 1), tupleElement({owners}, 2), {})", merged(scope, person))
}

/// The user that a user's key was merged into.
fn merged(scope: &Scope<'_>, user: &str) -> String {
    if scope.identity_chunks == 0 {
        return user.into();
    }
    let list = |name: &str| chunked(name, "Array(String)", scope.identity_chunks);
    format!("transform({user}, {}, {}, {user})", list("same_from"), list("same_into"))
}

/// Events that give an anonymous id to a user.
pub(crate) const OWNED: &str = "event = 'user.identified' AND anonymous_id != '' AND into_user != ''";

/// Anonymous ids that belong to users, and to whom (D-05): a pair of lists, which the engine works out once a statement.
fn owners(scope: &Scope<'_>) -> String {
    let eligible = ineligible(scope).map_or_else(String::new, |known| format!(" AND conversation_id NOT IN {known}"));
    format!(
        "(SELECT (groupArray(concat('a:', anonymous_id)), groupArray({})) FROM (\
         SELECT anonymous_id, argMin(into_user, (event_time, sequence, event_id, into_user)) AS owner FROM (\
         SELECT anonymous_id, into_user, event_time, sequence, event_id FROM identity_events WHERE {OURS} AND {OWNED}{eligible} \
         ORDER BY segment, partition LIMIT 1 BY conversation_id, event_id) GROUP BY anonymous_id))",
        merged(scope, "concat('u:', owner)")
    )
}

/// The same where a row may name nobody: '' then.
pub(super) fn someone(scope: &Scope<'_>, person: &str, visitor: &str) -> String {
    format!("if({person} = '', '', {})", who(scope, person, visitor))
}

/// Activity (D-39) among raw events.
pub(crate) fn activity() -> String {
    format!("(event IN ('conversation.started', 'ui.clicked') AND flag != 'crawler' OR ({MESSAGE}))")
}

pub(super) fn people(scope: &Scope<'_>) -> String {
    if scope.by_conversation { of_conversations(scope) } else { counted(scope) }
}

/// The same where a change of device makes another person: the conversation says the device.
pub(super) fn visitors(scope: &Scope<'_>) -> String {
    of_conversations(&Scope { by_device: true, by_conversation: true, ..*scope })
}

/// By `person_activity`, which follows the journal without a fold.
fn counted(scope: &Scope<'_>) -> String {
    let who = who(scope, "person", "person");
    let eligible = eligible_by(scope, USER_OF_PERSON);
    let mut parts = Vec::new();
    if scope.quarters.any() {
        parts.push(format!(
            "SELECT {} AS us, {who} AS who, person LIKE 'u:%' AS identified, 'active' AS kind, {UNTOLD} FROM person_activity WHERE {OURS} AND {}{eligible}",
            micros("bucket"),
            between("bucket", "q_lo", "q_hi")
        ));
    }
    if scope.quarters.edges(&scope.range) {
        parts.push(format!(
            "SELECT toUnixTimestamp64Micro(t) AS us, {who} AS who, person LIKE 'u:%' AS identified, 'active' AS kind, {UNTOLD} FROM ({}) WHERE person != ''",
            raw(scope, &activity(), &|t| edges(t, "q_lo", "q_hi"))
        ));
    }
    parts.push(format!(
        "SELECT toUnixTimestamp64Micro(min(first)) AS us, {who} AS who, 0 AS identified, 'new' AS kind, {UNTOLD} FROM person_activity \
         WHERE {OURS} AND bucket < fromUnixTimestamp64Micro({{to:Int64}}, 'UTC'){eligible} GROUP BY who \
         HAVING us >= {{from:Int64}} AND us < {{to:Int64}}"
    ));
    parts.join(" UNION ALL ")
}

/// By the activity that conversations list, with what has no conversation.
fn of_conversations(scope: &Scope<'_>) -> String {
    let mut parts = Vec::new();
    let columns = "x_person LIKE 'u:%' AS identified, 'active' AS kind";
    if scope.quarters.any() {
        parts.push(format!(
            "SELECT {} AS us, {} AS who, {columns}, {} FROM {} \
             ARRAY JOIN activity.bucket AS x_bucket, activity.person AS x_person, activity.visitor AS x_visitor WHERE {}",
            micros("x_bucket"),
            who(scope, "x_person", "x_visitor"),
            conversation(scope),
            states(scope),
            live(scope, &format!("{} AND {}", lasting(), between("x_bucket", "q_lo", "q_hi")))
        ));
        let loose = format!("{} AND conversation_id = ''", activity());
        parts.push(active_raw(scope, &raw(scope, &loose, &|t| between(t, "q_lo", "q_hi"))));
    }
    if scope.quarters.edges(&scope.range) {
        parts.push(active_raw(scope, &raw(scope, &activity(), &|t| edges(t, "q_lo", "q_hi"))));
    }
    parts.push(first_seen(scope));
    parts.join(" UNION ALL ")
}

fn active_raw(scope: &Scope<'_>, events: &str) -> String {
    let select = format!(
        "toUnixTimestamp64Micro(t) AS us, {} AS who, person LIKE 'u:%' AS identified, 'active' AS kind",
        who(scope, "person", "visitor")
    );
    let named = format!("SELECT * FROM ({events}) WHERE person != ''");
    with_dimensions(scope, &select, &named)
}

/// People by their first activity of all time, with the conversation it was in: it decides whether the question is about them.
fn first_seen(scope: &Scope<'_>) -> String {
    let carried = carried(scope);
    let listed = format!(
        "SELECT {} AS who, toUnixTimestamp64Micro(x_first) AS first, {} FROM {} \
         ARRAY JOIN activity.person AS x_person, activity.visitor AS x_visitor, activity.first AS x_first WHERE {}",
        who(scope, "x_person", "x_visitor"),
        conversation(scope),
        states(scope),
        counting(scope)
    );
    let loose_events = format!("{} AND conversation_id = ''", activity());
    let all_time = scope.kept_later();
    let select = format!("{} AS who, toUnixTimestamp64Micro(t) AS first", who(scope, "person", "visitor"));
    let named = format!(
        "SELECT * FROM ({}) WHERE person != ''",
        raw(scope, &loose_events, &|t| format!("{t} < fromUnixTimestamp64Micro({{to:Int64}}, 'UTC')"))
    );
    let loose = with_dimensions(&all_time, &select, &named);
    let firsts = format!(
        "SELECT who, min(first) AS us, argMin(({carried}), (first, conversation)) AS at \
         FROM ({listed} UNION ALL {loose}) GROUP BY who HAVING us >= {{from:Int64}} AND us < {{to:Int64}}"
    );
    format!(
        "SELECT us, who, 0 AS identified, 'new' AS kind, {carried} FROM (SELECT us, who, {} FROM ({firsts})) WHERE 1{}",
        unpacked("at", &carried),
        filters(scope)
    )
}

pub(super) fn with_requests(scope: &Scope<'_>) -> String {
    let columns = "0 AS identified, 'request' AS kind";
    let listed = items(
        scope,
        "requests",
        ("at", &["at", "person", "visitor"]),
        (&format!("{} AS who, {columns}", who(scope, "x_person", "x_visitor")), "x_person != ''"),
    );
    let loose =
        loose_requests(scope, &format!("{} AS who, {columns}", who(scope, "person", "visitor")), "person != ''");
    format!("{} UNION ALL {listed} UNION ALL {loose}", people(scope))
}

pub(super) fn with_chats(scope: &Scope<'_>) -> String {
    let carried = carried(scope);
    format!(
        "{} UNION ALL SELECT us, '' AS who, 0 AS identified, 'chat' AS kind, {carried} FROM ({}) WHERE chat_of != ''",
        people(scope),
        chats(scope)
    )
}

pub(super) fn with_messages(scope: &Scope<'_>) -> String {
    let carried = carried(scope);
    format!(
        "SELECT us, who, kind, toInt64(0) AS w, {carried} FROM ({}) UNION ALL \
         SELECT us, '' AS who, 'message' AS kind, w, {carried} FROM ({})",
        people(scope),
        messages_of_someone(scope)
    )
}

pub(super) fn started(scope: &Scope<'_>) -> String {
    started_with(scope, &format!(", {} AS who", someone(scope, "person", "visitor")))
}

/// Of each person the last conversation that started in the range: it decides whether the question is about them.
pub(super) fn last_conversations(scope: &Scope<'_>) -> String {
    let carried = carried(scope);
    let dimensions = dimensions(scope);
    let all = started(&scope.kept_later());
    let last = format!(
        "SELECT who, max(us) AS last, argMax(conversation, (us, conversation)) AS last_conversation, \
         argMax(({dimensions}), (us, conversation)) AS at FROM ({all}) WHERE who != '' GROUP BY who"
    );
    let rows = format!(
        "SELECT last AS us, who, last_conversation AS conversation, {} FROM ({last})",
        unpacked("at", &dimensions)
    );
    format!("SELECT us, who, {carried} FROM ({rows}) WHERE 1{}", filters(scope))
}
