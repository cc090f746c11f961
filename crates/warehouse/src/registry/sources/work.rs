//! The AI's work and what is clicked on.

use super::loose::loose_events;
use super::people::someone;
use super::{Scope, carried, in_range, items, label, unbounded_items};

pub(super) fn intents(scope: &Scope<'_>) -> String {
    items(
        scope,
        "intents",
        ("at", &["at", "name", "confidence"]),
        ("x_name AS intent, x_confidence AS confidence", "1"),
    )
}

pub(super) fn workflows(scope: &Scope<'_>) -> String {
    let listed = items(scope, "workflows", ("at", &["at", "workflow"]), ("x_workflow AS workflow", "1"));
    let loose = format!("{} AS workflow", label("JSONExtractString(data, 'workflow_id')"));
    format!("{listed} UNION ALL {}", loose_events(scope, "workflow.started", &loose, "1"))
}

/// Clicks; those of one element all show what its latest click in the range says (D-37).
pub(super) fn clicks(scope: &Scope<'_>) -> String {
    let carried = carried(scope);
    let columns = ["at", "sequence", "event_id", "element", "click_type", "title", "destination_type", "destination"];
    let names = ["click_type", "title", "destination_type", "destination"];
    let as_sent: Vec<String> = names.iter().map(|name| format!("toString(x_{name}) AS {name}")).collect();
    let select =
        format!("x_sequence AS sequence, x_event_id AS event_id, x_element AS element, {}", as_sent.join(", "));
    let listed = items(scope, "clicks", ("at", &columns), (&select, "1"));
    let loose: Vec<String> = names
        .iter()
        .map(|name| format!("{} AS {name}", label(&format!("JSONExtractString(data, '{name}')"))))
        .collect();
    let loose = format!("sequence, event_id, JSONExtractString(data, 'element_id') AS element, {}", loose.join(", "));
    let loose = loose_events(scope, "ui.clicked", &loose, "1");
    let shown: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(i, name)| format!("if(element = '', c.{name}, tupleElement(latest, {})) AS {name}", i + 1))
        .collect();
    format!(
        "SELECT us, element, {}, {carried} FROM (SELECT *, argMax(({}), (us, sequence, event_id)) OVER (PARTITION BY element) AS latest \
         FROM ({listed} UNION ALL {loose})) AS c",
        shown.join(", "),
        names.join(", "),
    )
}

pub(super) fn shown(scope: &Scope<'_>) -> String {
    let select = "x_title AS title, x_clicked AS clicked";
    items(scope, "shown", ("at", &["at", "title", "clicked"]), (select, "1"))
}

/// Calls of tools by their time alone, those without a conversation too.
pub(super) fn actions(scope: &Scope<'_>, select: &str) -> String {
    let listed = items(scope, "tool_calls", ("at", &["at"]), (select, "1"));
    let is_tool = "JSONExtractString(data, 'tool_name') != 'token_usage'";
    format!("{listed} UNION ALL {}", loose_events(scope, "tool.call.completed", select, is_tool))
}

pub(super) fn tool_calls(scope: &Scope<'_>) -> String {
    let select = format!("x_tool AS tool, {} AS status, x_ms AS ms", label("x_status"));
    let listed = items(scope, "tool_calls", ("at", &["at", "tool", "status", "ms"]), (&select, "1"));
    let stamp = |name: &str| {
        format!("toUnixTimestamp64Micro(parseDateTime64BestEffortOrNull(JSONExtractString(data, '{name}'), 6, 'UTC'))")
    };
    let loose = format!(
        "JSONExtractString(data, 'tool_name') AS tool, {} AS status, \
         coalesce(JSONExtract(data, 'duration_ms', 'Nullable(Float64)'), \
         if({ended} >= {started}, ({ended} - {started}) / 1000, NULL)) AS ms",
        label("JSONExtractString(data, 'status')"),
        ended = stamp("ended_at"),
        started = stamp("started_at"),
    );
    let loose = loose_events(scope, "tool.call.completed", &loose, "tool != 'token_usage'");
    format!("{listed} UNION ALL {loose}")
}

/// Tokens by kind: the list's columns, with the names of the event's fields that say them.
const TOKENS: [(&str, &[&str]); 8] = [
    ("input", &["input_tokens", "prompt_tokens"]),
    ("output", &["output_tokens", "completion_tokens"]),
    ("cache_read", &["cache_read_tokens"]),
    ("cache_write", &["cache_write_tokens"]),
    ("reasoning", &["reasoning_tokens"]),
    ("embedding", &["embedding_tokens"]),
    ("audio_input", &["audio_input_tokens"]),
    ("audio_output", &["audio_output_tokens"]),
];

pub(super) fn model_calls(scope: &Scope<'_>) -> String {
    let columns = [
        "at",
        "model",
        "provider",
        "status",
        "input",
        "output",
        "cache_read",
        "cache_write",
        "reasoning",
        "embedding",
        "audio_input",
        "audio_output",
        "reported",
        "ms",
        "ttft_ms",
        "chat",
        "cost",
        "currency",
    ];
    let tokens: Vec<String> = TOKENS.iter().map(|(name, _)| format!("x_{name} AS {name}")).collect();
    let select = format!(
        "x_model AS model, x_provider AS provider, {} AS status, {}, x_reported AS reported, x_ms AS ms, \
         x_ttft_ms AS ttft_ms, x_cost AS told, x_currency AS told_in, {}",
        label("x_status"),
        tokens.join(", "),
        of_chat(scope)
    );
    let listed = items(scope, "model_calls", ("at", &columns), (&select, "1"));
    let said = |fields: &[&str], rest: &str| {
        let each: Vec<String> =
            fields.iter().map(|field| format!("JSONExtract(data, '{field}', 'Nullable(Int64)')")).collect();
        format!("coalesce({}, {rest})", each.join(", "))
    };
    let tokens: Vec<String> = TOKENS.iter().map(|(name, fields)| format!("{} AS {name}", said(fields, "0"))).collect();
    let fields: Vec<&str> = TOKENS.iter().flat_map(|(_, fields)| fields.iter().copied()).collect();
    let number = |field: &str| format!("JSONExtract(data, '{field}', 'Nullable(Float64)')");
    let loose = format!(
        "{} AS model, {} AS provider, {} AS status, {}, isNotNull({}) AS reported, {} AS ms, {} AS ttft_ms, \
         {TOLD_COST} AS told, upper(trimBoth(JSONExtractString(data, 'currency'))) AS told_in, 'unknown' AS workflow, {} AS user",
        label("JSONExtractString(data, 'model')"),
        label("JSONExtractString(data, 'provider')"),
        label("JSONExtractString(data, 'status')"),
        tokens.join(", "),
        said(&fields, "NULL"),
        number("duration_ms"),
        number("ttft_ms"),
        user(scope, "if(user_id = '', '', concat('u:', user_id))"),
    );
    let calls = loose_events(scope, "llm.call.completed", &loose, "1");
    let usage = "JSONExtractString(data, 'tool_name') = 'token_usage'";
    let usage = loose_events(scope, "tool.call.completed", &loose, usage);
    format!("SELECT *, {} FROM ({listed} UNION ALL {calls} UNION ALL {usage}) AS calls", costed())
}

/// Whose a call was, and of which workflow: a call itself tells neither.
fn of_chat(scope: &Scope<'_>) -> String {
    format!("{} AS workflow, {} AS user", label("chats.workflow[x_chat]"), user(scope, "person"))
}

/// The user id of a person's key after merges; of anybody else `unknown`.
fn user(scope: &Scope<'_>, person: &str) -> String {
    let who = someone(&Scope { by_device: false, ..*scope }, person, person);
    format!("if(startsWith({who}, 'u:'), substring({who}, 3), 'unknown')")
}

/// Calls in chats that were contained and are over: the chat's end decides about the range, the call's time about its price.
pub(super) fn contained_calls(scope: &Scope<'_>) -> String {
    let carried = carried(scope);
    let tokens: Vec<String> = TOKENS.iter().map(|(name, _)| format!("x_{name} AS {name}")).collect();
    let select = format!(
        "toUnixTimestamp64Micro(x_at) AS us, toUnixTimestamp64Micro(chats.ended[x_chat]) AS ended_us, x_chat AS chat, \
         x_model AS model, x_provider AS provider, x_reported AS reported, \
         x_cost AS told, x_currency AS told_in, {}, {}",
        tokens.join(", "),
        of_chat(scope)
    );
    let guard = format!(
        "chats.counted[x_chat] = 1 AND chats.open[x_chat] = 0 AND chats.requested[x_chat] = 0 AND chats.has_leg[x_chat] = 0 AND {}",
        in_range("chats.ended[x_chat]")
    );
    let columns = ["at", "chat", "model", "provider", "reported", "cost", "currency"];
    let columns: Vec<&str> = columns.into_iter().chain(TOKENS.iter().map(|(name, _)| *name)).collect();
    let calls = unbounded_items(scope, "model_calls", &columns, (&select, &guard));
    format!(
        "SELECT ended_us AS us, chat, model, provider, workflow, user, cost_source, cost, {carried} FROM (\
         SELECT *, {} FROM ({calls}) AS calls)",
        costed()
    )
}

/// The price of a call's model at its time: model, instant, rates for a million tokens; the latest come first.
const PRICE: &str = "arrayFirst(price -> tupleElement(price, 1) = model AND tupleElement(price, 2) <= us, \
     {prices:Array(Tuple(String, Int64, Array(Float64)))})";
/// Where its cost is from: what a call says itself, in the project's currency, goes before a price; without either, or without known
/// tokens that a price could be of, it has none.
const COST_SOURCE: &str = "multiIf(isNotNull(told) AND told_in = {currency:String}, 'reported', \
     tupleElement(price, 1) != '' AND reported = 1, 'priced', 'unpriced')";
/// What a call cost; null where that is not known. Tokens of reasoning are among those written.
const COST: &str = "multiIf(cost_source = 'reported', told, cost_source = 'unpriced', NULL, arrayDotProduct(tupleElement(price, 3), \
     arrayMap(tokens -> toFloat64(tokens), [input, output, cache_read, cache_write, embedding])) / 1000000)";
/// What a call without a conversation says that it cost: a number or a text, none below 0.
const TOLD_COST: &str = "if(ifNull(toFloat64OrNull(replaceAll(JSONExtractRaw(data, 'cost_reported'), '\"', '')) >= 0, 0), \
     toFloat64OrNull(replaceAll(JSONExtractRaw(data, 'cost_reported'), '\"', '')), NULL)";

/// The columns of costs, over those of calls.
fn costed() -> String {
    format!("{PRICE} AS price, {COST_SOURCE} AS cost_source, {COST} AS cost")
}

pub(super) fn attachments(scope: &Scope<'_>) -> String {
    items(scope, "attachments", ("at", &["at", "kind", "bytes"]), ("x_kind AS kind, toInt64(x_bytes) AS bytes", "1"))
}
