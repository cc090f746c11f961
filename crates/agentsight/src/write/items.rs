//! `POST /api/track/`, `/api/action_logs/` and `/api/buttons/`: one item of a conversation each.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
};
use event::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    app::{App, Caller, Need},
    error::Refusal,
    lenient,
    write::{
        draft::{Draft, Item, data, item_id},
        place::{self, Place},
    },
};

/// The action by which clients report tokens: running totals of the client's process.
pub(crate) const TOKEN_USAGE: &str = "token_usage";

type Answer = Result<(StatusCode, Json<Value>), Refusal>;

/// What the items have in common.
struct Sent {
    caller: Caller,
    body: Value,
    place: Place,
    at: Option<Timestamp>,
}

impl Sent {
    async fn of(app: &App, request: Request) -> Result<Sent, Refusal> {
        let caller = app.caller(request.headers(), Need::Write)?;
        let body = app.object(&caller, request).await?;
        let place = place::required(app, &caller, &body)?;
        let at = lenient::time(body.get("timestamp"));
        Ok(Sent { caller, body, place, at })
    }

    /// A text that may not be blank.
    fn required(&self, name: &str) -> Result<String, Refusal> {
        let text = lenient::text(self.body.get(name)).filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| Refusal::field(name, "This field may not be blank."))
    }

    fn metadata(&self) -> Option<Value> {
        lenient::object(self.body.get("metadata")).map(Value::Object)
    }

    fn draft(&self, event: &'static str, endpoint: &str, name: &str, data: Map<String, Value>) -> Draft {
        let content = Value::Object(data.clone()).to_string();
        let Place { conversation, environment } = &self.place;
        let item = Item { conversation, at: self.at, name, content: content.as_bytes() };
        Draft {
            event,
            event_id: item_id(self.caller.project_id(), endpoint, &item),
            conversation: Some(conversation.clone()),
            at: self.at,
            environment: Some(environment.clone()),
            data,
            ..Draft::default()
        }
    }

    /// Stores the item; `entry` is what its place in the transcript is called. Answers with the number of that.
    async fn store(self, app: &App, draft: Draft, entry: &str) -> Result<(i64, i64), Refusal> {
        let Place { conversation, environment } = &self.place;
        app.store(&self.caller, vec![draft]).await?;
        let number = app.remember_entry(&self.caller, (conversation, environment), entry);
        Ok((number, app.remember(&self.caller, conversation, environment)))
    }
}

pub(crate) async fn track(State(app): State<Arc<App>>, request: Request) -> Answer {
    let sent = Sent::of(&app, request).await?;
    let content = lenient::long(sent.required("content")?);
    let sender = lenient::text(sent.body.get("sender")).unwrap_or_default();
    let role = role_of(&sender).ok_or_else(|| Refusal::field("sender", "Must be one of end_user, agent, system."))?;
    let mut draft = sent.draft(
        "message.created",
        "/api/track/",
        &sender,
        data([("role", Some(role.into())), ("text", Some(content.clone().into())), ("metadata", sent.metadata())]),
    );
    let message = draft.event_id.clone();
    draft.data.insert("message_id".to_owned(), message.clone().into());
    draft.data.extend(rateable(role));
    // At one instant, as where a clock is coarse, what the customer said comes before what answers it: a request alone tells no more.
    draft.sequence = (role != "user").then_some(1);
    let (at, metadata) = (sent.at, sent.metadata());
    let (id, conversation) = sent.store(&app, draft, &message).await?;
    let at = at.unwrap_or_else(crate::app::now).to_rfc3339();
    let row = json!({
        "id": id, "conversation": conversation, "timestamp": at, "sender": sender, "content": content,
        "metadata": metadata.unwrap_or_else(|| json!({})), "action_name": null, "attachments": [], "action_logs": [],
        "button": null, "feedback": null,
    });
    Ok((StatusCode::CREATED, Json(row)))
}

/// The role that a sender is: the clients know no human agents.
pub(crate) fn role_of(sender: &str) -> Option<&'static str> {
    match sender {
        "end_user" => Some("user"),
        "agent" => Some("bot"),
        "system" => Some("system"),
        _ => None,
    }
}

/// What a message says of whether it can be rated: AgentSight lets its readers rate every answer, and its clients say nothing of it.
pub(crate) fn rateable(role: &str) -> Map<String, Value> {
    data([("feedback_enabled", (role == "bot").then_some(Value::Bool(true)))])
}

pub(crate) async fn action(State(app): State<Arc<App>>, request: Request) -> Answer {
    let sent = Sent::of(&app, request).await?;
    let name = lenient::clamp(sent.required("action_name")?, lenient::SHORT);
    let body = &sent.body;
    let stamp = |name: &str| lenient::time(body.get(name)).map(|at| Value::from(at.to_rfc3339()));
    let error = lenient::text(body.get("error_msg")).map(lenient::long);
    let mut members = data([
        ("tool_name", Some(name.clone().into())),
        ("started_at", stamp("started_at")),
        ("ended_at", stamp("ended_at")),
        ("duration_ms", body.get("duration_ms").and_then(Value::as_f64).map(Value::from)),
        ("status", Some(if error.is_some() { "error" } else { "ok" }.into())),
        ("error", error.map(Value::from)),
        ("arguments", lenient::document(body.get("tools_used"))),
        ("result", lenient::document(body.get("response"))),
        ("metadata", sent.metadata()),
    ]);
    if name == TOKEN_USAGE {
        count_tokens(&mut members, sent.body.get("metadata"), &sent.caller);
    }
    let draft = sent.draft("tool.call.completed", "/api/action_logs/", &name, members);
    let entry = draft.event_id.clone();
    let (message, conversation) = sent.store(&app, draft, &entry).await?;
    let row = json!({"id": message, "message": message, "conversation": conversation, "action_name": name});
    Ok((StatusCode::CREATED, Json(row)))
}

/// The totals of a client's process, as they are: what was used since the last report is worked out where they are read.
fn count_tokens(members: &mut Map<String, Value>, totals: Option<&Value>, caller: &Caller) {
    for name in ["prompt_tokens", "completion_tokens", "total_tokens", "embedding_tokens"] {
        if let Some(count) = totals.and_then(|totals| totals.get(name)).and_then(Value::as_i64) {
            members.insert(name.to_owned(), count.into());
        }
    }
    members.insert("cumulative".to_owned(), true.into());
    members.insert("key_id".to_owned(), caller.grant.key_id.as_ref().into());
}

pub(crate) async fn button(State(app): State<Arc<App>>, request: Request) -> Answer {
    let sent = Sent::of(&app, request).await?;
    let [event, label, value] = ["button_event", "label", "value"].map(|name| sent.required(name));
    let (event, label, value) = (lenient::clamp(event?, lenient::SHORT), lenient::long(label?), lenient::long(value?));
    let members = data([
        ("click_type", Some("quick_reply".into())),
        ("title", Some(label.clone().into())),
        ("group", Some(event.clone().into())),
        ("value", Some(value.clone().into())),
        ("metadata", sent.metadata()),
    ]);
    let draft = sent.draft("ui.clicked", "/api/buttons/", &event, members);
    let entry = draft.event_id.clone();
    let (message, conversation) = sent.store(&app, draft, &entry).await?;
    let row = json!({
        "id": message, "message": message, "conversation": conversation, "button_event": event, "label": label, "value": value,
    });
    Ok((StatusCode::CREATED, Json(row)))
}
