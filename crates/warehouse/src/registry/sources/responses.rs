//! How long customers waited for human agents, and conversations for their end (1.5).

use super::{Scope, carried, in_range, items, joined, label, listed};

/// Responses of a kind by the reply.
pub(super) fn of_kind(scope: &Scope<'_>, kind: &str) -> String {
    let select = format!("{} AS us_long, x_agent AS agent", scope.span("toUnixTimestamp64Micro(x_asked)", "us"));
    let columns = ["kind", "asked", "replied", "agent"];
    items(scope, "responses", ("replied", &columns), (&select, &format!("x_kind = '{kind}'")))
}

/// The waits of a chat in one: for the first response to its request, and for those within legs.
pub(super) fn chat_waits(scope: &Scope<'_>) -> String {
    let carried = carried(scope);
    let wait = scope.span("toUnixTimestamp64Micro(x_asked)", "toUnixTimestamp64Micro(x_replied)");
    let select = format!("toUnixTimestamp64Micro(chats.ended[x_chat]) AS us, x_chat AS chat, {wait} AS wait");
    let guard = format!(
        "x_kind IN ('first', 'next') AND chats.counted[x_chat] = 1 AND chats.open[x_chat] = 0 AND {}",
        in_range("chats.ended[x_chat]")
    );
    let waits = listed(scope, &joined("responses", &["kind", "asked", "replied", "chat"]), (&select, &guard));
    format!("SELECT us, sum(wait) AS us_long, {carried} FROM ({waits}) GROUP BY us, chat, {carried}")
}

/// The close of each conversation at a place among its closes (1 the first, -1 the last), from the conversation's start.
pub(super) fn close_at(scope: &Scope<'_>, place: i8) -> String {
    let joined: Vec<String> = ["at", "reason", "agent"]
        .into_iter()
        .map(|column| format!("arraySlice(closes.{column}, {place}, 1) AS x_{column}"))
        .collect();
    let start = "toUnixTimestamp64Micro(assumeNotNull(first_use))";
    let select = format!(
        "toUnixTimestamp64Micro(x_at) AS us, {} AS us_long, x_reason AS reason, {} AS agent",
        scope.span(start, "us"),
        label("x_agent")
    );
    let guard = format!("isNotNull(first_use) AND first_use <= x_at AND {}", in_range("x_at"));
    listed(scope, &joined.join(", "), (&select, &guard))
}
