//! Messages, their minutes, and the conversations they are in.

use super::raw::{edges, message_columns, raw, raw_ineligible, with_dimensions};
use super::work::actions;
use super::{MESSAGE, OURS, Scope, UNTOLD, between, carried, conversation, label, live, micros, traits::states};

pub(super) fn messages(scope: &Scope<'_>) -> String {
    if scope.by_conversation { messages_of_conversations(scope) } else { messages_counted(scope) }
}

fn messages_counted(scope: &Scope<'_>) -> String {
    let untold = format!("'' AS workflow, '' AS agent, {UNTOLD}");
    let mut parts = Vec::new();
    if scope.quarters.any() {
        parts.push(format!(
            "SELECT {} AS us, toString(role) AS role, {} AS content_type, toInt64(messages) AS w, {untold} FROM message_counts FINAL WHERE {OURS} AND {}",
            micros("bucket"),
            label("message_counts.content_type"),
            between("bucket", "q_lo", "q_hi")
        ));
        parts.push(format!(
            "SELECT {} AS us, toString(role) AS role, {} AS content_type, toInt64(-1) AS w, {untold} FROM corrections FINAL WHERE {OURS} AND {}",
            micros("toStartOfFifteenMinutes(event_time)"),
            label("corrections.content_type"),
            between("event_time", "q_lo", "q_hi")
        ));
        let gone = raw_ineligible(scope, MESSAGE, &|t| between(t, "q_lo", "q_hi"));
        parts.extend(gone.map(|gone| {
            format!(
                "SELECT {} AS us, role, {} AS content_type, toInt64(-1) AS w, {untold} FROM ({gone}) AS gone",
                micros("toStartOfFifteenMinutes(t)"),
                label("gone.content_type"),
            )
        }));
    }
    if scope.quarters.edges(&scope.range) {
        parts.push(format!(
            "SELECT toUnixTimestamp64Micro(t) AS us, role, {} AS content_type, toInt64(1) AS w, {untold} FROM ({}) AS edge",
            label("edge.content_type"),
            raw(scope, MESSAGE, &|t| edges(t, "q_lo", "q_hi"))
        ));
    }
    parts.join(" UNION ALL ")
}

/// Messages as the rows of their conversations list them, with those that have none.
fn messages_of_conversations(scope: &Scope<'_>) -> String {
    let select = "'bot' AS role, 'action' AS content_type, 'unknown' AS workflow, 'unknown' AS agent, toInt64(1) AS w";
    with_actions(scope, listed(scope, MESSAGE, "1"), || actions(scope, select))
}

/// Messages, with calls of tools where the project counts them as messages of the bot.
fn with_actions(scope: &Scope<'_>, messages: String, actions: impl Fn() -> String) -> String {
    if scope.has_actions { format!("{messages} UNION ALL {}", actions()) } else { messages }
}

/// User messages that name a person.
pub(super) fn messages_of_someone(scope: &Scope<'_>) -> String {
    let named = format!("{MESSAGE} AND role = 'user' AND (user_id != '' OR anonymous_id != '')");
    listed(scope, &named, "x_role = 'user' AND x_keyed = 1")
}

/// Messages of a kind: `events` is what they are among raw events, `guard` among the cells of conversations.
fn listed(scope: &Scope<'_>, events: &str, guard: &str) -> String {
    let one = format!("toUnixTimestamp64Micro(t) AS us, {}, toInt64(1) AS w", message_columns());
    let mut parts = Vec::new();
    if scope.quarters.any() {
        parts.push(cells(scope, guard));
        let loose = format!("{events} AND conversation_id = ''");
        parts.push(with_dimensions(scope, &one, &raw(scope, &loose, &|t| between(t, "q_lo", "q_hi"))));
    }
    if scope.quarters.edges(&scope.range) {
        parts.push(with_dimensions(scope, &one, &raw(scope, events, &|t| edges(t, "q_lo", "q_hi"))));
    }
    parts.join(" UNION ALL ")
}

/// Messages of whole quarters by quarter.
fn cells(scope: &Scope<'_>, guard: &str) -> String {
    format!(
        "SELECT {} AS us, x_role AS role, {} AS content_type, {} AS workflow, {} AS agent, toInt64(x_n) AS w, {} \
         FROM {} ARRAY JOIN messages.bucket AS x_bucket, messages.role AS x_role, \
         messages.content_type AS x_type, messages.workflow AS x_workflow, messages.agent AS x_agent, messages.keyed AS x_keyed, messages.n AS x_n WHERE {}",
        micros("x_bucket"),
        label("x_type"),
        label("x_workflow"),
        label("x_agent"),
        conversation(scope),
        states(scope),
        live(scope, &format!("{} AND {} AND {guard}", lasting(), between("x_bucket", "q_lo", "q_hi")))
    )
}

/// The conversation reaches into the range.
pub(super) fn lasting() -> &'static str {
    "last_event >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')"
}

/// One row a minute with messages; `us` lies in the range also where the minute begins before it.
pub(super) fn minutes(scope: &Scope<'_>) -> String {
    if scope.by_conversation {
        let select =
            format!("toUnixTimestamp64Micro(t) AS us, {} AS minute, toInt64(1) AS w", micros("toStartOfMinute(t)"));
        let messages = with_dimensions(scope, &select, &raw(scope, MESSAGE, &|t| between(t, "from", "to")));
        let select = "intDiv(us, 60000000) * 60000000 AS minute, toInt64(1) AS w";
        let messages = with_actions(scope, messages, || actions(scope, select));
        let by: String = scope.by.iter().map(|dimension| format!(", {}", dimension.column())).collect();
        return format!("SELECT min(us) AS us, minute, sum(w) AS w{by} FROM ({messages}) GROUP BY minute{by}");
    }
    let mut parts = Vec::new();
    if scope.minutes.any() {
        parts.push(format!(
            "SELECT {0} AS us, {0} AS minute, toInt64(messages) AS w FROM minute_counts FINAL WHERE {OURS} AND {1}",
            micros("minute_counts.minute"),
            between("minute_counts.minute", "m_lo", "m_hi")
        ));
        parts.push(format!(
            "SELECT {0} AS us, {0} AS minute, toInt64(-1) AS w FROM corrections FINAL WHERE {OURS} AND {1}",
            micros("toStartOfMinute(event_time)"),
            between("event_time", "m_lo", "m_hi")
        ));
        let gone = raw_ineligible(scope, MESSAGE, &|t| between(t, "m_lo", "m_hi"));
        parts.extend(gone.map(|gone| {
            format!("SELECT {0} AS us, {0} AS minute, toInt64(-1) AS w FROM ({gone})", micros("toStartOfMinute(t)"))
        }));
    }
    if scope.minutes.edges(&scope.range) {
        parts.push(format!(
            "SELECT toUnixTimestamp64Micro(t) AS us, {} AS minute, toInt64(1) AS w FROM ({})",
            micros("toStartOfMinute(t)"),
            raw(scope, MESSAGE, &|t| edges(t, "m_lo", "m_hi"))
        ));
    }
    format!(
        "SELECT min(us) AS us, minute, sum(w) AS w FROM ({}) GROUP BY minute HAVING w > 0",
        parts.join(" UNION ALL ")
    )
}

pub(super) fn active(scope: &Scope<'_>) -> String {
    let mut parts = Vec::new();
    if scope.quarters.any() {
        parts.push(format!(
            "SELECT {} AS us, {} FROM {} ARRAY JOIN messages.bucket AS x_bucket WHERE {}",
            micros("x_bucket"),
            conversation(scope),
            states(scope),
            live(scope, &format!("{} AND {}", lasting(), between("x_bucket", "q_lo", "q_hi")))
        ));
    }
    if scope.quarters.edges(&scope.range) {
        let events = format!("{MESSAGE} AND conversation_id != ''");
        let edge = raw(scope, &events, &|t| edges(t, "q_lo", "q_hi"));
        parts.push(with_dimensions(scope, "toUnixTimestamp64Micro(t) AS us", &edge));
    }
    let carried = carried(scope);
    let of_actions = || format!("SELECT us, {carried} FROM ({}) WHERE conversation != ''", actions(scope, "1 AS one"));
    with_actions(scope, parts.join(" UNION ALL "), of_actions)
}

pub(super) fn talk(scope: &Scope<'_>) -> String {
    let carried = carried(scope);
    format!(
        "SELECT us, w, '' AS active, {carried} FROM ({}) UNION ALL \
         SELECT us, toInt64(0) AS w, conversation AS active, {carried} FROM ({})",
        messages(scope),
        active(scope)
    )
}
