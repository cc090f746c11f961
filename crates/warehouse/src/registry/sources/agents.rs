//! Time of human agents: intervals, united where an agent has several at once, cut at the bounds of buckets.

use super::{CARRIED, OURS, Scope, unbounded_items};

/// After the last sign of life of a session without a logout, microseconds (D-34).
const HEARTBEAT_GRACE_US: i64 = 5 * 60 * 1_000_000;
/// Longest session without a logout, microseconds.
const SESSION_MAX_US: i64 = 16 * 3600 * 1_000_000;

/// Handled legs that have ended (D-33), as far as they lie in the range: `s`, `e`, microseconds.
fn talks(scope: &Scope<'_>) -> String {
    let columns = ["accepted", "ended", "agent"];
    let select = "toString(x_agent) AS agent, greatest(toUnixTimestamp64Micro(assumeNotNull(x_accepted)), {from:Int64}) AS s, \
                  least(toUnixTimestamp64Micro(assumeNotNull(x_ended)), {to:Int64}) AS e";
    unbounded_items(scope, "legs", &columns, (select, "isNotNull(x_accepted) AND isNotNull(x_ended) AND e > s"))
}

pub(super) fn time(scope: &Scope<'_>) -> String {
    cut(&talks(scope), CARRIED)
}

pub(super) fn busy(scope: &Scope<'_>) -> String {
    cut(&united(&talks(scope), CARRIED), CARRIED)
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

pub(super) fn presence() -> String {
    let events = format!(
        "SELECT toUnixTimestamp64Micro(tupleElement(first, 1)) AS at, tupleElement(first, 2) AS event, \
         JSONExtractString(tupleElement(first, 3), 'agent_id') AS agent, \
         JSONExtractString(tupleElement(first, 3), 'agent_session_id') AS session FROM (\
         SELECT argMin((event_time, toString(event), data), (append_time, partition, offset)) AS first FROM raw_events \
         WHERE {OURS} AND event IN ('agent.session.started', 'agent.session.heartbeat', 'agent.session.ended') \
         GROUP BY conversation_id, event_id)"
    );
    let sessions = format!(
        "SELECT agent, min(at) AS login, minIf(at, event = 'agent.session.ended') AS logout, \
         maxIf(at, event != 'agent.session.ended') AS alive, countIf(event = 'agent.session.ended') > 0 AS left FROM ({events}) \
         GROUP BY agent, session"
    );
    let intervals = format!(
        "SELECT agent, greatest(login, {{from:Int64}}) AS s, least({{to:Int64}}, if(left, logout, \
         least(alive + {HEARTBEAT_GRACE_US}, login + {SESSION_MAX_US}))) AS e, '' AS conversation FROM ({sessions}) WHERE e > s"
    );
    cut(&united(&intervals, "conversation"), "conversation")
}
