//! `POST /api/conversations/`: a conversation was opened (`is_used` false), begins or goes on (true), or is named by an upload (absent).

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    app::{App, Caller, Need},
    error::Refusal,
    lenient,
    write::draft::{Draft, Item, data, item_id},
};

pub(crate) async fn create(State(app): State<Arc<App>>, request: Request) -> Result<Response, Refusal> {
    let caller = app.caller(request.headers(), Need::Write)?;
    let body = app.object(&caller, request).await?;
    let id = lenient::id(body.get("conversation_id"));
    let id = id.ok_or_else(|| Refusal::field("conversation_id", "This field is required."))?;
    let named = match lenient::text(body.get("environment")) {
        Some(text) => Some(app.environment_named(&caller, &text).map_err(|why| Refusal::field("environment", why))?),
        None => None,
    };
    let own = app.ids.conversation(caller.project_id(), &id, "");
    let known = app.memory.find(caller.project_id(), own);
    let environment = named.or_else(|| known.as_ref().map(|known| known.environment.clone()));
    let environment = caller.settled(environment.as_deref()).to_owned();
    let draft = draft(&caller, &id, &environment, &body);
    app.store(&caller, vec![draft]).await?;
    let number = app.remember(&caller, &id, &environment);
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let text = |name: &str| lenient::short(body.get(name));
    let row = json!({
        "id": number, "agent": caller.agent(app.ids), "conversation_id": id, "environment": environment,
        "name": text("name"), "customer_id": text("customer_id"), "device": text("device"), "source": text("source"),
        "customer_ip_address": lenient::address(body.get("customer_ip_address")), "language": text("language"),
        "metadata": lenient::object(body.get("metadata")),
        "is_used": body.get("is_used").and_then(Value::as_bool).unwrap_or(false),
    });
    Ok((status, Json(row)).into_response())
}

fn draft(caller: &Caller, id: &str, environment: &str, body: &Value) -> Draft {
    let event = match body.get("is_used").and_then(Value::as_bool) {
        Some(true) => "conversation.started",
        Some(false) => "conversation.initialized",
        // It sets nothing, and no figure counts it: the conversation is there.
        None => "conversation.updated",
    };
    let at = lenient::time(body.get("timestamp"));
    let text = |name: &str| lenient::short(body.get(name));
    let ip = lenient::address(body.get("customer_ip_address"));
    let content = body.to_string();
    let item = Item { conversation: id, at, name: event, content: content.as_bytes() };
    Draft {
        event,
        event_id: item_id(caller.project_id(), "/api/conversations/", &item),
        conversation: Some(id.to_owned()),
        at,
        environment: Some(environment.to_owned()),
        user_id: text("customer_id"),
        channel: text("source"),
        ip: ip.clone(),
        data: data([
            ("name", text("name").map(Value::from)),
            ("device", text("device").map(Value::from)),
            ("language", text("language").map(Value::from)),
            ("source", text("source").map(Value::from)),
            ("customer_id", text("customer_id").map(Value::from)),
            ("customer_ip_address", ip.map(Value::from)),
            ("metadata", lenient::object(body.get("metadata")).map(Value::Object)),
        ]),
        ..Draft::default()
    }
}
