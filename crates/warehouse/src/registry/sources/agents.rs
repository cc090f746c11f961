//! Time of human agents: intervals, united where an agent has several at once, cut at the bounds of buckets.

use super::{OURS, Scope, carried, unbounded_items};

/// After the last sign of life of a session without a logout, microseconds (D-34).
const HEARTBEAT_GRACE_US: i64 = 5 * 60 * 1_000_000;
/// Longest session without a logout, microseconds.
const SESSION_MAX_US: i64 = 16 * 3600 * 1_000_000;

/// Handled legs that have ended (D-33), as far as they lie in the range: `s`, `e`, microseconds.
fn talks(scope: &Scope<'_>) -> String {
    let columns = ["accepted", "ended", "agent"];
    let select = "x_agent AS agent, greatest(toUnixTimestamp64Micro(assumeNotNull(x_accepted)), {from:Int64}) AS s, \
                  least(toUnixTimestamp64Micro(assumeNotNull(x_ended)), {to:Int64}) AS e";
    unbounded_items(scope, "legs", &columns, (select, "isNotNull(x_accepted) AND isNotNull(x_ended) AND e > s"))
}

pub(super) fn time(scope: &Scope<'_>) -> String {
    cut(&talks(scope), &carried(scope))
}

pub(super) fn busy(scope: &Scope<'_>) -> String {
    cut(&united(&talks(scope), &carried(scope)), &carried(scope))
}

/// Of each agent's intervals what no earlier one covers: together their union, without overlap.
fn united(intervals: &str, carried: &str) -> String {
    let uncovered = format!(
        "SELECT agent, greatest(s, max(e) OVER (PARTITION BY agent ORDER BY s, e \
         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS from_us, e, {carried} FROM ({intervals})"
    );
    format!("SELECT agent, from_us AS s, e, {carried} FROM ({uncovered}) WHERE e > from_us")
}

/// Intervals cut at the bounds of the buckets: `us` lies in a bucket, `w` is how long they overlap.
fn cut(intervals: &str, carried: &str) -> String {
    format!(
        "SELECT greatest(s, tupleElement(bucket, 1)) AS us, least(e, tupleElement(bucket, 2)) - us AS w, agent, {carried} FROM (\
         SELECT agent, s, e, arrayJoin(arrayFilter(b -> tupleElement(b, 1) < e AND tupleElement(b, 2) > s, \
         arrayZip({{bounds:Array(Int64)}}, {{ends:Array(Int64)}}))) AS bucket, {carried} FROM ({intervals}))"
    )
}

/// The copies that count of events of agents, with `at` (microseconds), `agent` and further fields of their data.
pub(super) fn events(types: &str, further: &str) -> String {
    events_where(&format!("event IN ({types})"), further)
}

/// The same of events that meet a condition.
fn events_where(condition: &str, further: &str) -> String {
    format!(
        "SELECT toUnixTimestamp64Micro(tupleElement(first, 1)) AS at, tupleElement(first, 2) AS event, \
         tupleElement(first, 4) AS sequence, event_id, JSONExtractString(tupleElement(first, 3), 'agent_id') AS agent, \
         JSONExtractString(tupleElement(first, 3), '{further}') AS {further} FROM (\
         SELECT event_id, argMin((event_time, toString(event), data, sequence), (append_time, partition, offset)) AS first \
         FROM raw_events WHERE {OURS} AND {condition} GROUP BY conversation_id, event_id)"
    )
}

/// When agents were logged in, each moment once: `agent`, `s`, `e` within the range, microseconds.
fn connected() -> String {
    let types = "'agent.session.started', 'agent.session.heartbeat', 'agent.session.ended'";
    let sessions = format!(
        "SELECT agent, min(at) AS login, minIf(at, event = 'agent.session.ended') AS logout, \
         maxIf(at, event != 'agent.session.ended') AS alive, countIf(event = 'agent.session.ended') > 0 AS left FROM ({}) \
         GROUP BY agent, agent_session_id",
        events(types, "agent_session_id")
    );
    let intervals = format!(
        "SELECT agent, greatest(login, {{from:Int64}}) AS s, least({{to:Int64}}, if(left, logout, \
         least(alive + {HEARTBEAT_GRACE_US}, login + {SESSION_MAX_US}))) AS e, '' AS conversation FROM ({sessions}) WHERE e > s"
    );
    united(&intervals, "conversation")
}

pub(super) fn presence() -> String {
    cut(&connected(), "conversation")
}

/// The agents that are logged in at `now_us` and the status that each told last since it may have come: `agent`, `status`.
pub(crate) fn here() -> String {
    let lately = format!(
        "{{now_us:Int64}} - {SESSION_MAX_US} <= toUnixTimestamp64Micro(event_time) \
         AND segment >= fromUnixTimestamp64Micro({{now_us:Int64}} - 2 * {SESSION_MAX_US}, 'UTC')"
    );
    let told = |types: &str, further: &str| events_where(&format!("event IN ({types}) AND {lately}"), further);
    let sessions = format!(
        "SELECT agent, min(at) AS login, maxIf(at, event != 'agent.session.ended') AS alive, \
         countIf(event = 'agent.session.ended') > 0 AS left FROM ({}) GROUP BY agent, agent_session_id",
        told("'agent.session.started', 'agent.session.heartbeat', 'agent.session.ended'", "agent_session_id")
    );
    let connected = format!(
        "SELECT DISTINCT agent FROM ({sessions}) WHERE NOT left AND login <= {{now_us:Int64}} \
         AND {{now_us:Int64}} < least(alive + {HEARTBEAT_GRACE_US}, login + {SESSION_MAX_US})"
    );
    let statuses = format!(
        "SELECT agent, argMax(status, (at, sequence, event_id)) AS status FROM ({}) GROUP BY agent",
        told("'agent.status.changed'", "status")
    );
    format!(
        "SELECT connected.agent AS agent, statuses.status AS status FROM ({connected}) AS connected \
         LEFT JOIN ({statuses}) AS statuses ON connected.agent = statuses.agent"
    )
}

/// When agents were logged in and of one of these statuses: a status holds until the agent's next one.
fn of_status(statuses: &str) -> String {
    let held = format!(
        "SELECT agent, status, greatest(at, {{from:Int64}}) AS s, least({{to:Int64}}, leadInFrame(at, 1, {{to:Int64}}) \
         OVER (PARTITION BY agent ORDER BY at, sequence, event_id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)) AS e FROM ({})",
        events("'agent.status.changed'", "status")
    );
    let sessions = format!("SELECT agent, groupArray((s, e)) AS sessions FROM ({}) GROUP BY agent", connected());
    let within = format!(
        "SELECT held.agent AS agent, arrayJoin(arrayMap(session -> (greatest(s, tupleElement(session, 1)), least(e, tupleElement(session, 2))), \
         sessions)) AS part FROM (SELECT * FROM ({held}) WHERE status IN ({statuses}) AND e > s) AS held \
         INNER JOIN ({sessions}) AS connected ON held.agent = connected.agent"
    );
    format!(
        "SELECT agent, tupleElement(part, 1) AS s, tupleElement(part, 2) AS e, '' AS conversation FROM ({within}) WHERE e > s"
    )
}

pub(super) fn available() -> String {
    cut(&united(&of_status("'available'"), "conversation"), "conversation")
}

/// Who serves a leg is `busy` to some producers and stays `available` to others: both are staffed.
pub(super) fn occupied(scope: &Scope<'_>) -> String {
    let staffed = of_status("'available', 'busy'");
    let served = format!("SELECT agent, s, e, '' AS conversation FROM ({})", talks(scope));
    let either = format!("{staffed} UNION ALL {served}");
    let kinds = [("staffed", &staffed), ("served", &served), ("either", &either)].map(|(kind, intervals)| {
        let rows = cut(&united(intervals, "conversation"), "conversation");
        format!("SELECT us, w, agent, conversation, '{kind}' AS kind FROM ({rows})")
    });
    kinds.join(" UNION ALL ")
}
