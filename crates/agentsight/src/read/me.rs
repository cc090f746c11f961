//! `GET /api/me/`: what a key is.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use serde_json::{Value, json};

use crate::{
    app::{App, Need},
    error::Refusal,
    ids::PRODUCTION,
};

/// When environments began: they have no beginning of their own.
const SINCE: &str = "2026-01-01T00:00:00Z";

pub(crate) async fn me(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let reader = app.caller(&headers, Need::Read);
    let (caller, role) = match app.caller(&headers, Need::Write) {
        Ok(writer) => (writer, "write"),
        Err(_) => (reader?, "read"),
    };
    let row = |slug: String| {
        let mut name = slug.clone();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        json!({
            "id": app.ids.of("e", caller.project_id(), &slug), "name": name, "is_production": slug == PRODUCTION,
            "slug": slug, "created_at": SINCE, "updated_at": SINCE,
        })
    };
    let environments: Vec<Value> = app.environments(caller.project_id()).into_iter().map(row).collect();
    Ok(Json(json!({
        "agent_id": caller.agent(app.ids), "agent_name": caller.project.name, "role": role, "environments": environments,
        "capabilities": ["gzip-ingest"],
    })))
}
