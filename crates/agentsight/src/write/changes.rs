//! Management of conversations and messages: rename, mark, update, delete.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
    http::StatusCode,
};
use serde_json::{Map, Value, json};

use crate::{
    app::{App, Caller, Need, now},
    error::Refusal,
    lenient, read,
    write::{
        draft::{Draft, data},
        place::Place,
    },
};

type Answer = Result<Json<Value>, Refusal>;

/// Longest name, in characters.
const NAME: usize = 255;

/// A change of a conversation that is there.
struct Change {
    caller: Caller,
    id: i64,
    place: Place,
    body: Value,
}

impl Change {
    async fn of(app: &App, id: &str, request: Request) -> Result<Change, Refusal> {
        let caller = app.caller(request.headers(), Need::Write)?;
        let body = app.object(&caller, request).await?;
        let id = number(id)?;
        let place = read::conversation_of(app, &caller, id).await?;
        Ok(Change { caller, id, place, body })
    }

    async fn set(&self, app: &App, set: Map<String, Value>) -> Result<(), Refusal> {
        let draft = update(app, &self.place, set);
        app.store(&self.caller, vec![draft]).await
    }

    fn answer(&self, more: Value) -> Json<Value> {
        let mut row = json!({"id": self.id, "conversation_id": self.place.conversation});
        if let (Value::Object(row), Value::Object(more)) = (&mut row, more) {
            row.extend(more);
        }
        Json(row)
    }
}

/// The event that sets properties of a conversation.
pub(crate) fn update(app: &App, place: &Place, set: Map<String, Value>) -> Draft {
    Draft {
        event: "conversation.updated",
        event_id: app.unique(),
        conversation: Some(place.conversation.clone()),
        environment: Some(place.environment.clone()),
        data: data([("set", Some(Value::Object(set)))]),
        ..Draft::default()
    }
}

/// The number in an address.
pub(crate) fn number(text: &str) -> Result<i64, Refusal> {
    text.parse().map_err(|_| Refusal::not_found("Not found."))
}

pub(crate) async fn rename(State(app): State<Arc<App>>, Path(id): Path<String>, request: Request) -> Answer {
    let change = Change::of(&app, &id, request).await?;
    let name = lenient::text(change.body.get("name")).unwrap_or_default().trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME {
        return Err(Refusal::field("name", "A name has 1 to 255 characters."));
    }
    change.set(&app, data([("name", Some(name.clone().into()))])).await?;
    Ok(change.answer(json!({"name": name})))
}

pub(crate) async fn mark(State(app): State<Arc<App>>, Path(id): Path<String>, request: Request) -> Answer {
    let change = Change::of(&app, &id, request).await?;
    let is_marked = change.body.get("is_marked").and_then(Value::as_bool);
    let missing = || Refusal::detail(StatusCode::BAD_REQUEST, "Missing field 'is_marked'.");
    let is_marked = is_marked.ok_or_else(missing)?;
    change.set(&app, data([("is_marked", Some(is_marked.into()))])).await?;
    Ok(change.answer(json!({"is_marked": is_marked})))
}

pub(crate) async fn update_route(State(app): State<Arc<App>>, Path(id): Path<String>, request: Request) -> Answer {
    let change = Change::of(&app, &id, request).await?;
    let mut set = Map::new();
    for name in ["name", "is_marked", "customer_id", "device", "language", "metadata"] {
        let Some(sent) = change.body.get(name) else { continue };
        let value = match name {
            "is_marked" => sent.as_bool().map(Value::from),
            "metadata" => lenient::object(Some(sent)).map(Value::Object),
            _ => lenient::short(Some(sent)).map(Value::from),
        };
        set.insert(name.to_owned(), value.ok_or_else(|| Refusal::field(name, "Not a valid value."))?);
    }
    if set.is_empty() {
        return Err(Refusal::detail(StatusCode::BAD_REQUEST, "No fields to update."));
    }
    let fields: Vec<String> = set.keys().cloned().collect();
    let mut answer = set.clone();
    answer.insert("updated_fields".to_owned(), fields.into());
    change.set(&app, set).await?;
    Ok(change.answer(Value::Object(answer)))
}

/// Soft: the conversation leaves lists and figures, and can be read by its number. Again, it changes nothing.
pub(crate) async fn delete(State(app): State<Arc<App>>, Path(id): Path<String>, request: Request) -> Answer {
    let caller = app.caller(request.headers(), Need::Write)?;
    let id = number(&id)?;
    let place = read::conversation_of(&app, &caller, id).await?;
    let deleted_at = now();
    let draft = Draft {
        event: "conversation.deleted",
        // The same for every deletion: the first counts.
        event_id: format!("agentsight-deleted-{}", id & !1),
        conversation: Some(place.conversation.clone()),
        at: Some(deleted_at),
        environment: Some(place.environment.clone()),
        data: data([("mode", Some("soft".into()))]),
        ..Draft::default()
    };
    app.store(&caller, vec![draft]).await?;
    Ok(Json(json!({
        "id": id, "conversation_id": place.conversation, "is_deleted": true, "deleted_at": deleted_at.to_rfc3339(),
    })))
}

/// Replaces the metadata of a message.
pub(crate) async fn message(State(app): State<Arc<App>>, Path(id): Path<String>, request: Request) -> Answer {
    let caller = app.caller(request.headers(), Need::Write)?;
    let body = app.object(&caller, request).await?;
    let id = number(&id)?;
    let metadata = lenient::object(body.get("metadata"));
    let metadata = metadata.ok_or_else(|| Refusal::field("metadata", "A JSON object is expected."))?;
    let found = read::entry(&app, &caller, id).await?;
    let (place, reference) = found.ok_or_else(|| Refusal::not_found(format!("Message {id} not found")))?;
    let draft = Draft {
        event: "message.updated",
        event_id: app.unique(),
        conversation: Some(place.conversation.clone()),
        environment: Some(place.environment.clone()),
        data: data([("message_id", Some(reference.into())), ("metadata", Some(Value::Object(metadata.clone())))]),
        ..Draft::default()
    };
    app.store(&caller, vec![draft]).await?;
    let row = json!({"id": id, "conversation": app.ids.conversation(caller.project_id(), &place.conversation, &place.environment), "metadata": metadata});
    Ok(Json(row))
}
