//! Spans as they were sent, and traces made of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, Uri},
};
use serde_json::{Value, json};
use warehouse::query::stored::{self, Hashed, Page as Part, Spans, Stored};

use crate::{
    app::{App, Caller, Need},
    error::Refusal,
    page::{Page, Params},
    read::{self, instant, parsed},
    write::{changes::number, spans::PREFIX},
};

/// Most spans of a trace.
const TRACE: usize = 2_000;
/// Members of a span that lists can be kept to.
const EQUAL: [&str; 6] = ["kind", "name", "status", "trace_id", "span_id", "parent_span_id"];

/// The span of an event, as it was sent.
fn span(event: &Stored) -> Value {
    parsed(&event.extra).get_mut("agentsight").and_then(|own| own.get_mut("span")).map_or(Value::Null, Value::take)
}

fn row(app: &App, caller: &Caller, event: &Stored, span: &Value) -> Value {
    let of = |name: &str| span.get(name).cloned().unwrap_or(Value::Null);
    let project = caller.project_id();
    let stamp = |name: &str| {
        let at = span.get(name).and_then(Value::as_str).and_then(crate::lenient::instant);
        at.map_or(Value::Null, |at| instant(at.0))
    };
    json!({
        "id": app.ids.span(project, &event.conversation_id, &event.event_id),
        "conversation": app.ids.conversation(project, &event.conversation_id, &event.environment),
        "conversation_id": event.conversation_id, "trace_id": of("trace_id"), "span_id": of("span_id"),
        "parent_span_id": of("parent_span_id"), "kind": of("kind"), "name": of("name"), "started_at": stamp("started_at"),
        "ended_at": stamp("ended_at"), "duration_ms": of("duration_ms"), "status": of("status"), "attributes": of("attributes"),
        "events": of("events"),
    })
}

/// `GET /api/spans/`
pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let params = Params::of(&uri);
    let (page, address) = (Page::of(&params), app.address(&headers, &uri));
    let environment = read::environment(&app, &caller, &params)?;
    let _turn = app.turn(&caller).await?;
    let Ok(conversation_id) = read::kept_to(&app, &caller, &params).await? else {
        return page.envelope(0, Vec::new(), &address).map(Json);
    };
    let (by, descending) = params.ordering().unwrap_or_else(|| ("started_at".to_owned(), true));
    let wanted = Spans {
        conversation_id,
        environment,
        equal: EQUAL.into_iter().filter_map(|name| Some((name, params.text(name)?))).collect(),
        started_from_us: params.us("started_at_after"),
        started_to_us: params.us("started_at_before"),
        order_by: ["ended_at", "duration_ms", "span_id"]
            .into_iter()
            .find(|name| *name == by || (by == "id" && *name == "span_id")),
        ascending: !descending,
    };
    let (count, events) = stored::spans(&app.deps.warehouse, caller.project_id(), &wanted, page.part()).await?;
    let rows = events.iter().map(|event| row(&app, &caller, event, &span(event))).collect();
    page.envelope(usize::try_from(count).unwrap_or(usize::MAX), rows, &address).map(Json)
}

/// `GET /api/spans/{id}/`
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    uri: Uri,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let id = number(&id)?;
    let unknown = || Refusal::not_found(format!("Span {id} not found"));
    let _turn = app.turn(&caller).await?;
    let (conversation, event_id) = read::look_up(&app, &caller, Hashed::Span, id).await?.ok_or_else(unknown)?;
    let own = event_id.strip_prefix(PREFIX).unwrap_or_default().to_owned();
    let wanted = Spans { conversation_id: Some(conversation), equal: vec![("span_id", own)], ..Spans::default() };
    let part = Part { skip: 0, limit: 1 };
    let (_, events) = stored::spans(&app.deps.warehouse, caller.project_id(), &wanted, part).await?;
    let event = events.first().ok_or_else(unknown)?;
    let span = span(event);
    let mut answer = row(&app, &caller, event, &span);
    if Params::of(&uri).flag("payload") == Some(true) {
        answer["payload"] = span;
    }
    Ok(Json(answer))
}

/// `GET /api/traces/{trace_id}/`
pub(crate) async fn trace(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let _turn = app.turn(&caller).await?;
    let wanted = Spans { equal: vec![("trace_id", id.clone())], ascending: true, ..Spans::default() };
    let part = Part { skip: 0, limit: TRACE };
    let (count, events) = stored::spans(&app.deps.warehouse, caller.project_id(), &wanted, part).await?;
    if events.is_empty() {
        return Err(Refusal::not_found(format!("Trace {} not found", id.chars().take(80).collect::<String>())));
    }
    let rows: Vec<Value> = events.iter().map(|event| row(&app, &caller, event, &span(event))).collect();
    let held: BTreeSet<String> = rows.iter().filter_map(|row| text(row, "span_id")).collect();
    let mut below: BTreeMap<Option<String>, Vec<Value>> = BTreeMap::new();
    for row in rows {
        // A parent that never came makes a root.
        let parent = text(&row, "parent_span_id")
            .filter(|parent| held.contains(parent) && Some(parent) != text(&row, "span_id").as_ref());
        below.entry(parent).or_default().push(row);
    }
    let span_count = events.len();
    let roots = children(&mut below, None, 0);
    Ok(Json(json!({
        "trace_id": id, "span_count": span_count, "truncated": count > span_count as u64, "roots": roots,
    })))
}

fn text(row: &Value, name: &str) -> Option<String> {
    row.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// How deep a trace is told: JSON of more is read by nobody.
const DEPTH: usize = 60;

fn children(below: &mut BTreeMap<Option<String>, Vec<Value>>, parent: Option<String>, depth: usize) -> Vec<Value> {
    let mut rows = below.remove(&parent).unwrap_or_default();
    for row in &mut rows {
        let own = text(row, "span_id");
        row["children"] = if depth < DEPTH { children(below, own, depth + 1).into() } else { json!([]) };
    }
    rows
}
