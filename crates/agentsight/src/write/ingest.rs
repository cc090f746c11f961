//! `POST /api/ingest/`: blocks of spans, a block a conversation. A batch is taken whole or, for a block that names no conversation or an
//! unknown environment, not at all; a span that cannot be used costs only itself.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
};
use bytes::Bytes;
use event::Timestamp;
use gateway::Unusable;
use serde_json::{Map, Value, json, value::RawValue};

use crate::{
    app::{App, BODY_MAX, Caller, Need},
    error::Refusal,
    lenient,
    write::{
        draft::{Draft, Item, data, item_id},
        place::Place,
        spans::{self, Span},
    },
};

/// Most blocks that a refusal names.
const NAMED: usize = 20;

type Members<'a> = BTreeMap<String, &'a RawValue>;

/// A block whose frame is right.
#[derive(Debug)]
struct Block {
    place: Place,
    /// What it says of the conversation.
    set: Map<String, Value>,
    spans: Vec<Bytes>,
}

/// What is to be stored of a batch.
#[derive(Debug, Default)]
struct Mapped {
    drafts: Vec<Draft>,
    unusable: Vec<Unusable>,
    spans: usize,
}

pub(crate) async fn ingest(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let caller = app.caller(request.headers(), Need::Write)?;
    let received = app.received(&caller, request, BODY_MAX).await?;
    let bytes = received.bytes.clone();
    let (mapper, key) = (Arc::clone(&app), caller.clone());
    let mapped = tokio::task::spawn_blocking(move || map(&mapper, &key, &bytes)).await;
    let internal = |_| Refusal::detail(StatusCode::INTERNAL_SERVER_ERROR, "An internal error.");
    let (conversations, mapped) = mapped.map_err(internal)??;
    app.deliver(&caller, mapped.drafts, mapped.unusable).await?;
    Ok((StatusCode::CREATED, Json(json!({"conversations": conversations, "spans": mapped.spans}))))
}

fn map(app: &App, caller: &Caller, bytes: &Bytes) -> Result<(usize, Mapped), Refusal> {
    let blocks = blocks(app, caller, bytes)?;
    let mut mapped = Mapped::default();
    for block in &blocks {
        app.remember(caller, &block.place.conversation, &block.place.environment);
        add(caller, block, &mut mapped);
    }
    Ok((blocks.len(), mapped))
}

/// The blocks, if each has what storage needs.
fn blocks(app: &App, caller: &Caller, bytes: &Bytes) -> Result<Vec<Block>, Refusal> {
    let unreadable =
        |error: serde_json::Error| Refusal::detail(StatusCode::BAD_REQUEST, format!("JSON parse error - {error}"));
    let body: Members<'_> = serde_json::from_slice(bytes).map_err(unreadable)?;
    let missing = || Refusal::bad(json!({"conversations": "required"}));
    let sent = body.get("conversations").ok_or_else(missing)?;
    let no_list = |_| Refusal::bad(json!({"conversations": "must be a list"}));
    let sent: Vec<&RawValue> = serde_json::from_str(sent.get()).map_err(no_list)?;
    let (mut blocks, mut wrong) = (Vec::with_capacity(sent.len()), Vec::new());
    let total = sent.len();
    for (index, raw) in sent.into_iter().enumerate() {
        match block(app, caller, bytes, raw) {
            Ok(block) => blocks.push(block),
            Err((id, errors)) => wrong.push(json!({"index": index, "conversation_id": id, "errors": errors})),
        }
    }
    if wrong.is_empty() {
        return Ok(blocks);
    }
    let count = wrong.len();
    let mut refusal = json!({"detail": format!("{count} of {total} blocks invalid, nothing stored")});
    if count > NAMED {
        wrong.truncate(NAMED);
        refusal["truncated"] = true.into();
    }
    refusal["conversations"] = wrong.into();
    Err(Refusal::bad(refusal))
}

/// A block; else the conversation that it names and what is wrong with it.
fn block(app: &App, caller: &Caller, bytes: &Bytes, raw: &RawValue) -> Result<Block, (Option<String>, Value)> {
    let no_object = |_| (None, json!({"block": ["must be an object"]}));
    let members: Members<'_> = serde_json::from_str(raw.get()).map_err(no_object)?;
    let value = |name: &str| members.get(name).and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    let id = lenient::id(value("conversation_id").as_ref());
    let Some(id) = id else { return Err((None, json!({"conversation_id": ["required"]}))) };
    let environment = match lenient::text(value("environment").as_ref()) {
        Some(text) => {
            let known = app.environment_named(caller, &text);
            Some(known.map_err(|why| (Some(id.clone()), json!({"environment": [why]})))?)
        }
        None => {
            let own = app.ids.conversation(caller.project_id(), &id, "");
            app.memory.find(caller.project_id(), own).map(|known| known.environment)
        }
    };
    let environment = caller.settled(environment.as_deref()).to_owned();
    let mut set = Map::new();
    for name in ["customer_id", "device", "source", "language", "name"] {
        if let Some(text) = lenient::short(value(name).as_ref()) {
            set.insert(name.to_owned(), text.into());
        }
    }
    if let Some(address) = lenient::address(value("customer_ip_address").as_ref()) {
        set.insert("customer_ip_address".to_owned(), address.into());
    }
    if let Some(metadata) = lenient::object(value("metadata").as_ref()) {
        set.insert("metadata".to_owned(), Value::Object(metadata));
    }
    let piece = |raw: &RawValue| bytes.slice_ref(raw.get().as_bytes());
    let sent = members.get("spans").copied().filter(|raw| raw.get() != "null");
    // What is no list is one thing that cannot be used.
    let spans = sent.map_or_else(Vec::new, |raw| match serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
        Ok(spans) => spans.into_iter().map(piece).collect(),
        Err(_) => vec![piece(raw)],
    });
    Ok(Block { place: Place { conversation: id, environment }, set, spans })
}

/// Adds what a block becomes: what it says of its conversation, and its spans.
fn add(caller: &Caller, block: &Block, mapped: &mut Mapped) {
    let before = mapped.drafts.len();
    let (mut first, mut first_span): (Option<Timestamp>, String) = (None, String::new());
    let customer = lenient::text(block.set.get("customer_id"));
    for bytes in &block.spans {
        match Span::read(bytes) {
            Ok(span) => {
                if first.is_none_or(|first| span.started_at.is_some_and(|at| at < first)) && span.started_at.is_some() {
                    first = span.started_at;
                }
                if first_span.is_empty() {
                    first_span.clone_from(&span.id);
                }
                mapped.spans += 1;
                spans::drafts(&block.place, customer.as_deref(), &span, &mut mapped.drafts);
            }
            Err(message) => {
                let code = "bad_span";
                mapped.unusable.push(Unusable { original: bytes.clone(), code, message });
            }
        }
    }
    if block.set.is_empty() && mapped.drafts.len() > before {
        return;
    }
    let content = Value::Object(block.set.clone()).to_string();
    let item =
        Item { conversation: &block.place.conversation, at: first, name: &first_span, content: content.as_bytes() };
    let said = |name: &str| lenient::text(block.set.get(name));
    mapped.drafts.push(Draft {
        event: "conversation.updated",
        event_id: item_id(caller.project_id(), "/api/ingest/", &item),
        conversation: Some(block.place.conversation.clone()),
        at: first,
        environment: Some(block.place.environment.clone()),
        user_id: said("customer_id"),
        channel: said("source"),
        ip: said("customer_ip_address"),
        data: data([("set", Some(Value::Object(block.set.clone())))]),
        ..Draft::default()
    });
}
