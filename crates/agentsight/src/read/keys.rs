//! Which keys and values metadata has, of conversations and of messages.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Uri},
};
use serde_json::{Value, json};
use warehouse::query::stored;

use crate::{
    app::{App, Caller, Need},
    error::Refusal,
    page::Params,
    read::parsed,
};

/// Most keys and values of an answer.
const MOST: usize = 200;
/// How deep keys go.
const DEPTH: usize = 8;

/// The documents of metadata that events carry.
async fn documents(app: &App, caller: &Caller, types: &[&str]) -> Result<Vec<Value>, Refusal> {
    let _turn = app.turn(caller).await?;
    let events = stored::of_types(&app.deps.warehouse, caller.project_id(), types, None).await?;
    let document = |event: &stored::Stored| {
        let data = parsed(&event.data);
        let own = data.get("metadata").or_else(|| data.get("set").and_then(|set| set.get("metadata")));
        own.cloned().filter(Value::is_object).unwrap_or_else(|| parsed(&event.metadata))
    };
    Ok(events.iter().map(document).filter(Value::is_object).collect())
}

/// The dotted paths of a document's values.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>, depth: usize) {
    let Value::Object(members) = value else { return };
    for (name, member) in members {
        let own = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if member.is_object() && depth < DEPTH {
            paths(member, &own, found, depth + 1);
        } else {
            found.insert(own);
        }
    }
}

/// The value at a dotted path.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, name| value.get(name))
}

const OF_CONVERSATIONS: [&str; 3] = ["conversation.initialized", "conversation.started", "conversation.updated"];
const OF_MESSAGES: [&str; 2] = ["message.created", "message.updated"];

async fn keys(app: &App, headers: &HeaderMap, types: &[&str]) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(headers, Need::Read)?;
    let mut found = BTreeSet::new();
    for document in documents(app, &caller, types).await? {
        paths(&document, "", &mut found, 0);
    }
    let keys: Vec<String> = found.into_iter().take(MOST).collect();
    Ok(Json(json!({"keys": keys})))
}

/// `GET /api/conversations/metadata-keys/`
pub(crate) async fn of_conversations(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    keys(&app, &headers, &OF_CONVERSATIONS).await
}

/// `GET /api/conversations/message-metadata-keys/`
pub(crate) async fn of_messages(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    keys(&app, &headers, &OF_MESSAGES).await
}

/// `GET /api/conversations/metadata-values/`
pub(crate) async fn values(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let key = Params::of(&uri).text("key").ok_or_else(|| Refusal::field("key", "This field is required."))?;
    let documents = documents(&app, &caller, &OF_CONVERSATIONS).await?;
    let mut seen = BTreeSet::new();
    let mut values: Vec<Value> = Vec::new();
    // The newest first: of more than fit, the oldest are left out.
    for value in documents.iter().rev().filter_map(|document| at(document, &key)) {
        if values.len() < MOST && seen.insert(value.to_string()) {
            values.push(value.clone());
        }
    }
    Ok(Json(json!({"key": key, "values": values})))
}
