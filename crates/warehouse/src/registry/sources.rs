//! SQL of the sources: rows with a time `us` (microseconds) and columns that a figure aggregates.
//!
//! Counters answer whole quarters (or minutes), corrections take out what was counted twice, raw events take out deleted
//! conversations and answer the edges of a range. Raw events lie in more than one copy at times: the smallest
//! (append time, partition, offset) of an identity counts, wherever its own time lies.

use super::{Scope, Source};

/// Tools whose call is an escalation.
const ESCALATION_TOOLS: &str = "['fallback_to_human', 'open_ticket', 'ticket', 'contact_human']";
/// A message (P8).
const MESSAGE: &str = "event = 'message.created' AND is_message = 1";
/// The events of this project and environment.
const OURS: &str = "project = {project:String} AND environment = {env:String}";
/// Deleted conversations: as folded, and as reported by events that are not folded yet.
pub(crate) const DELETED: &str = "(SELECT conversation_id FROM conversation_states \
     WHERE project = {project:String} AND environment = {env:String} AND deleted = 1 \
     UNION ALL SELECT conversation_id FROM raw_events \
     WHERE project = {project:String} AND environment = {env:String} AND event = 'conversation.deleted' AND conversation_id != '')";

/// The SELECT of a source.
pub(super) fn select(source: Source, scope: &Scope) -> String {
    match source {
        Source::Messages => messages(scope),
        Source::Minutes => minutes(scope),
        Source::Talk => format!(
            "SELECT us, w, '' AS conversation FROM ({}) UNION ALL SELECT us, toInt64(0) AS w, conversation FROM ({})",
            messages(scope),
            active_conversations(scope)
        ),
        Source::Active => active_conversations(scope),
        Source::Started => started(),
        Source::Chats => chats(),
        Source::Ended => ended(),
        Source::Turns => turns(),
        Source::Requests => requests(),
        Source::People => people(scope),
        Source::PeopleRequests => format!(
            "{} UNION ALL SELECT us, {} AS who, 0 AS identified, 'request' AS kind FROM ({}) WHERE person != ''",
            people(scope),
            who(scope),
            requests_made()
        ),
        Source::PeopleChats => format!(
            "{} UNION ALL SELECT us, '' AS who, 0 AS identified, 'chat' AS kind FROM ({}) WHERE person != ''",
            people(scope),
            chats()
        ),
    }
}

/// `column` (DateTime or DateTime64) in `[from, to)`, both parameters in microseconds.
fn between(column: &str, from: &str, to: &str) -> String {
    format!(
        "{column} >= fromUnixTimestamp64Micro({{{from}:Int64}}, 'UTC') AND {column} < fromUnixTimestamp64Micro({{{to}:Int64}}, 'UTC')"
    )
}

/// The edges of the range outside the whole units `[lo, hi)`.
fn edges(column: &str, lo: &str, hi: &str) -> String {
    format!("(({}) OR ({}))", between(column, "from", lo), between(column, hi, "to"))
}

/// Conversations that count, of `conversation_states` read whole (FINAL).
fn live(also: &str) -> String {
    format!("{OURS} AND deleted = 0 AND first_event < fromUnixTimestamp64Micro({{to:Int64}}, 'UTC') AND {also}")
}

/// The copies that count of raw events, at times that meet a condition, of conversations that count.
fn raw(events: &str, time: &dyn Fn(&str) -> String) -> String {
    let candidates = format!(
        "conversation_id NOT IN {DELETED} AND (conversation_id, event_id) IN (\
         SELECT conversation_id, event_id FROM raw_events WHERE {OURS} AND {events} AND {})",
        time("event_time")
    );
    copies(events, &candidates, time)
}

/// The same of deleted conversations, which are few: read whole.
fn raw_deleted(events: &str, time: &dyn Fn(&str) -> String) -> String {
    copies(events, &format!("conversation_id IN {DELETED}"), time)
}

fn copies(events: &str, of: &str, time: &dyn Fn(&str) -> String) -> String {
    format!(
        "SELECT conversation_id AS conversation, tupleElement(first, 1) AS t, tupleElement(first, 2) AS role, \
         tupleElement(first, 3) AS content_type, tupleElement(first, 4) AS person FROM (\
         SELECT conversation_id, event_id, argMin((event_time, toString(role), toString(content_type), \
         multiIf(user_id != '', concat('u:', user_id), anonymous_id != '', concat('a:', anonymous_id), '')), \
         (append_time, partition, offset)) AS first \
         FROM raw_events WHERE {OURS} AND {events} AND {of} GROUP BY conversation_id, event_id) WHERE {}",
        time("t"),
    )
}

/// Microseconds of a DateTime column.
fn micros(column: &str) -> String {
    format!("toInt64(toUnixTimestamp({column})) * 1000000")
}

fn content_type(column: &str) -> String {
    format!("if({column} = '', 'unknown', toString({column}))")
}

fn messages(scope: &Scope) -> String {
    let mut parts = Vec::new();
    if scope.quarters.any() {
        parts.push(format!(
            "SELECT {} AS us, toString(role) AS role, {} AS content_type, toInt64(messages) AS w FROM message_counts FINAL WHERE {OURS} AND {}",
            micros("bucket"), content_type("message_counts.content_type"), between("bucket", "q_lo", "q_hi")
        ));
        parts.push(format!(
            "SELECT {} AS us, toString(role) AS role, {} AS content_type, toInt64(-1) AS w FROM corrections FINAL WHERE {OURS} AND {}",
            micros("toStartOfFifteenMinutes(event_time)"),
            content_type("corrections.content_type"),
            between("event_time", "q_lo", "q_hi")
        ));
        parts.push(format!(
            "SELECT {} AS us, role, {} AS content_type, toInt64(-1) AS w FROM ({}) AS gone",
            micros("toStartOfFifteenMinutes(t)"),
            content_type("gone.content_type"),
            raw_deleted(MESSAGE, &|t| between(t, "q_lo", "q_hi"))
        ));
    }
    if scope.quarters.edges(&scope.range) {
        parts.push(format!(
            "SELECT toUnixTimestamp64Micro(t) AS us, role, {} AS content_type, toInt64(1) AS w FROM ({}) AS edge",
            content_type("edge.content_type"),
            raw(MESSAGE, &|t| edges(t, "q_lo", "q_hi"))
        ));
    }
    parts.join(" UNION ALL ")
}

/// One row a minute with messages; `us` lies in the range also where the minute begins before it.
fn minutes(scope: &Scope) -> String {
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
        parts.push(format!(
            "SELECT {0} AS us, {0} AS minute, toInt64(-1) AS w FROM ({1})",
            micros("toStartOfMinute(t)"),
            raw_deleted(MESSAGE, &|t| between(t, "m_lo", "m_hi"))
        ));
    }
    if scope.minutes.edges(&scope.range) {
        parts.push(format!(
            "SELECT toUnixTimestamp64Micro(t) AS us, {} AS minute, toInt64(1) AS w FROM ({})",
            micros("toStartOfMinute(t)"),
            raw(MESSAGE, &|t| edges(t, "m_lo", "m_hi"))
        ));
    }
    format!(
        "SELECT min(us) AS us, minute, sum(w) AS w FROM ({}) GROUP BY minute HAVING w > 0",
        parts.join(" UNION ALL ")
    )
}

fn active_conversations(scope: &Scope) -> String {
    let mut parts = Vec::new();
    if scope.quarters.any() {
        parts.push(format!(
            "SELECT {} AS us, conversation_id AS conversation FROM conversation_states FINAL \
             ARRAY JOIN bucket_start AS b, bucket_user AS u, bucket_bot AS o, bucket_agent AS a WHERE {} AND {} AND u + o + a > 0",
            micros("b"),
            live("last_event >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')"),
            between("b", "q_lo", "q_hi")
        ));
    }
    if scope.quarters.edges(&scope.range) {
        parts.push(format!(
            "SELECT toUnixTimestamp64Micro(t) AS us, conversation FROM ({}) WHERE conversation != ''",
            raw(MESSAGE, &|t| edges(t, "q_lo", "q_hi"))
        ));
    }
    parts.join(" UNION ALL ")
}

fn started() -> String {
    format!(
        "SELECT toUnixTimestamp64Micro(assumeNotNull(first_use)) AS us, handoff = 1 OR hasAny(tools, {ESCALATION_TOOLS}) AS escalated \
         FROM conversation_states FINAL WHERE {} AND isNotNull(first_use)",
        live(&between("first_use", "from", "to"))
    )
}

fn chats() -> String {
    format!(
        "SELECT toUnixTimestamp64Micro(s) AS us, p AS person, q AS requested FROM conversation_states FINAL \
         ARRAY JOIN chat_start AS s, chat_person AS p, chat_requested AS q, chat_counted AS c WHERE {} AND c = 1",
        live(&between("s", "from", "to"))
    )
}

/// A chat's end can lie after its conversation's last event: it may be said by the event that ends it.
fn ended() -> String {
    format!(
        "SELECT toUnixTimestamp64Micro(e) AS us, us - toUnixTimestamp64Micro(s) AS us_long FROM conversation_states FINAL \
         ARRAY JOIN chat_start AS s, chat_end AS e, chat_counted AS c, chat_open AS o WHERE {} AND c = 1 AND o = 0",
        live(&between("e", "from", "to"))
    )
}

fn turns() -> String {
    format!(
        "SELECT toUnixTimestamp64Micro(r) AS us, toInt64(l) AS us_long FROM conversation_states FINAL \
         ARRAY JOIN turn_reply AS r, turn_us AS l WHERE {}",
        live(&between("r", "from", "to"))
    )
}

/// Requests of conversations that count, one row an identity: time, person as sent, event, trigger as given.
fn requests_made() -> String {
    format!(
        "SELECT conversation_id, toUnixTimestamp64Micro(tupleElement(first, 1)) AS us, tupleElement(first, 2) AS person, \
         tupleElement(first, 3) AS event, tupleElement(first, 4) AS given FROM (\
         SELECT conversation_id, event_id, argMin((event_time, person, toString(event), toString(trigger)), (segment, partition)) AS first \
         FROM requests WHERE {OURS} AND conversation_id NOT IN {DELETED} GROUP BY conversation_id, event_id) \
         WHERE us >= {{from:Int64}} AND us < {{to:Int64}}"
    )
}

/// Handoff requests by trigger; without one it is inferred from the chat, and without a conversation it is direct.
fn requests() -> String {
    format!(
        "SELECT us, if(given = '', 'direct', given) AS trigger FROM ({}) \
         WHERE event = 'handoff.requested' AND (given != '' OR conversation_id = '') \
         UNION ALL SELECT toUnixTimestamp64Micro(i) AS us, toString(g) AS trigger FROM conversation_states FINAL \
         ARRAY JOIN inferred_time AS i, inferred_trigger AS g WHERE {}",
        requests_made(),
        live(&between("i", "from", "to"))
    )
}

/// The person of a key as sent in column `person`.
fn who(scope: &Scope) -> String {
    if scope.identity_chunks == 0 {
        return "person".into();
    }
    let list = |name: &str| {
        let chunks: Vec<String> = (0..scope.identity_chunks).map(|i| format!("{{{name}_{i}:Array(String)}}")).collect();
        if chunks.len() == 1 { chunks[0].clone() } else { format!("arrayConcat({})", chunks.join(", ")) }
    };
    format!("transform(person, {}, {}, person)", list("same_from"), list("same_into"))
}

fn people(scope: &Scope) -> String {
    let who = who(scope);
    let mut parts = Vec::new();
    if scope.quarters.any() {
        parts.push(format!(
            "SELECT {} AS us, {who} AS who, person LIKE 'u:%' AS identified, 'active' AS kind FROM person_activity WHERE {OURS} AND {} AND conversation_id NOT IN {DELETED}",
            micros("bucket"),
            between("bucket", "q_lo", "q_hi")
        ));
    }
    if scope.quarters.edges(&scope.range) {
        let activity = format!("(event IN ('conversation.started', 'ui.clicked') OR ({MESSAGE}))");
        parts.push(format!(
            "SELECT toUnixTimestamp64Micro(t) AS us, {who} AS who, person LIKE 'u:%' AS identified, 'active' AS kind FROM ({}) WHERE person != ''",
            raw(&activity, &|t| edges(t, "q_lo", "q_hi"))
        ));
    }
    parts.push(format!(
        "SELECT toUnixTimestamp64Micro(min(first)) AS us, {who} AS who, 0 AS identified, 'new' AS kind FROM person_activity \
         WHERE {OURS} AND bucket < fromUnixTimestamp64Micro({{to:Int64}}, 'UTC') AND conversation_id NOT IN {DELETED} GROUP BY who \
         HAVING us >= {{from:Int64}} AND us < {{to:Int64}}"
    ));
    parts.join(" UNION ALL ")
}
