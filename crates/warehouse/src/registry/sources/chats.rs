//! Conversations by their starts, chats, turns, requests.

use super::loose::loose_requests;
use super::{Dimension, Scope, carried, conversation, in_range, items, label, live, traits::states};

/// Whether a call was one of a tool whose call was an escalation then: lists of tools by their instant, the latest first.
const ESCALATED: &str = "arrayExists((tool, at) -> has(tupleElement(arrayFirst(list -> tupleElement(list, 1) <= toUnixTimestamp64Micro(at), \
     {escalations:Array(Tuple(Int64, Array(String)))}), 2), toString(tool)), tool_calls.tool, tool_calls.at)";

pub(super) fn started(scope: &Scope<'_>) -> String {
    started_with(scope, "")
}

/// Conversations by first use, with further columns.
pub(super) fn started_with(scope: &Scope<'_>, further: &str) -> String {
    format!(
        "SELECT toUnixTimestamp64Micro(assumeNotNull(first_use)) AS us, \
         isNotNull(handoff_at) OR {ESCALATED} AS escalated, identified, \
         isNotNull(initialized_at) AS opened{further}, {} \
         FROM {} WHERE {}",
        conversation(scope),
        states(scope),
        live(scope, &format!("isNotNull(first_use) AND {}", in_range("first_use")))
    )
}

pub(super) fn opportunities(scope: &Scope<'_>) -> String {
    let segment = if scope.asks_for(Dimension::Segment) { ", segment" } else { "" };
    format!(
        "SELECT toUnixTimestamp64Micro(assumeNotNull(initialized_at)) AS us, ifNull(last_use >= initialized_at, 0) AS used, \
         {} AS page, {} AS placement{segment}, {} FROM {} WHERE {}",
        label("conversation_states.page"),
        label("conversation_states.placement"),
        conversation(scope),
        states(scope),
        live(scope, &format!("isNotNull(initialized_at) AND {}", in_range("initialized_at")))
    )
}

pub(super) fn chats(scope: &Scope<'_>) -> String {
    let columns = ["start", "person", "counted", "requested", "positive", "negative", "workflow", "intent"];
    let select = format!(
        "x_requested AS requested, x_person AS chat_of, x_positive AS positive, x_negative AS negative, source AS entry, \
         {} AS workflow, {} AS intent",
        label("x_workflow"),
        label("x_intent")
    );
    items(scope, "chats", ("start", &columns), (&select, "x_counted = 1"))
}

pub(super) fn proactive(scope: &Scope<'_>) -> String {
    let columns = ["start", "counted", "has_bot"];
    items(scope, "chats", ("start", &columns), ("1 AS one", "x_counted = 0 AND x_has_bot = 1"))
}

pub(super) fn start_flows(scope: &Scope<'_>) -> String {
    let carried = carried(scope);
    let rare = |name: &str| format!("if(way * 100 >= chats, toString({name}), 'Other') AS {name}");
    let counted = format!(
        "SELECT us, entry, workflow, intent, count() OVER (PARTITION BY entry, workflow, intent) AS way, count() OVER () AS chats, \
         {carried} FROM ({})",
        chats(scope)
    );
    format!("SELECT us, {}, {}, {}, {carried} FROM ({counted}) AS c", rare("entry"), rare("workflow"), rare("intent"))
}

/// Neither handed over nor asked to be (D-13).
pub(super) const CONTAINED: &str = "x_requested = 0 AND x_has_leg = 0";

/// A chat's end can lie after its conversation's last event: it may be said by the event that ends it.
pub(super) fn ended(scope: &Scope<'_>) -> String {
    let columns = ["start", "ended", "counted", "open", "requested", "has_leg", "single"];
    let select = format!(
        "{} AS us_long, {CONTAINED} AS contained, x_single AS single",
        scope.span("toUnixTimestamp64Micro(x_start)", "us")
    );
    items(scope, "chats", ("ended", &columns), (&select, "x_counted = 1 AND x_open = 0"))
}

pub(super) fn turns(scope: &Scope<'_>) -> String {
    let select = format!(
        "toInt64(x_us) AS waited_us, {} AS us_long, {} AS us_from_first, {} AS workflow, {} AS model, x_fallback AS fallback",
        scope.span("(us - waited_us)", "us"),
        scope.span("(us - toInt64(x_from_first_us))", "us"),
        label("x_workflow"),
        label("x_model")
    );
    let columns = ["reply", "us", "from_first_us", "workflow", "model", "fallback"];
    items(scope, "turns", ("reply", &columns), (&select, "1"))
}

/// A request's trigger, and whether the producer gave it.
fn told(trigger: &str, inferred: &str) -> String {
    format!("{trigger} AS trigger, if({inferred}, 'inferred', 'given') AS basis")
}

pub(super) fn requests(scope: &Scope<'_>) -> String {
    let of_conversations = items(
        scope,
        "requests",
        ("at", &["at", "trigger", "inferred", "team", "reason"]),
        (&format!("{}, x_team AS team, x_reason AS reason", told("x_trigger", "x_inferred")), "x_trigger != ''"),
    );
    let told = told("if(given = '', 'direct', given)", "given = ''");
    let told = format!("{told}, 'unknown' AS team, 'unknown' AS reason");
    let loose = loose_requests(scope, &told, "event = 'handoff.requested'");
    format!("{of_conversations} UNION ALL {loose}")
}
