//! Actions: tools by the names and labels that people give them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
    http::StatusCode,
};
use serde_json::{Map, Value};

use crate::{
    app::{App, Need},
    error::Refusal,
    lenient,
    read::tools::{self, Action},
    write::{changes::number, draft::Draft},
};

/// Longest description, in characters.
const DESCRIPTION: usize = 5_000;

fn given(body: &Value, held: &[Action], own: Option<&Action>) -> Result<Map<String, Value>, Refusal> {
    let mut given = Map::new();
    if body.get("name").is_some() || own.is_none() {
        let name = lenient::short(body.get("name")).filter(|name| !name.trim().is_empty());
        let name = name.ok_or_else(|| Refusal::field("name", "This field may not be blank."))?;
        let is_other = |action: &&Action| own.is_none_or(|own| own.tool != action.tool);
        if held.iter().filter(is_other).any(|action| action.name == name) {
            return Err(Refusal::field("name", "An action with this name exists already."));
        }
        given.insert("name".to_owned(), name.into());
    }
    for (name, chars) in [("display_name", lenient::SHORT), ("description", DESCRIPTION)] {
        if let Some(sent) = body.get(name) {
            given.insert(name.to_owned(), lenient::clamp(lenient::text(Some(sent)).unwrap_or_default(), chars).into());
        }
    }
    Ok(given)
}

fn draft(app: &App, tool: &str, mut members: Map<String, Value>) -> Draft {
    members.insert("tool_name".to_owned(), tool.into());
    Draft { event: "tool.upserted", event_id: app.unique(), data: members, ..Draft::default() }
}

/// `POST /api/actions/`
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let caller = app.caller(request.headers(), Need::Write)?;
    let body = app.object(&caller, request).await?;
    let held = tools::actions(&app, &caller).await?;
    let members = given(&body, &held, None)?;
    let name = members.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let draft = draft(&app, &name, members);
    let action = Action::new(&name).with(&draft.data);
    app.store(&caller, vec![draft]).await?;
    Ok((StatusCode::CREATED, Json(action.row(&app, &caller))))
}

/// `PATCH /api/actions/{id}/`
pub(crate) async fn update(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(request.headers(), Need::Write)?;
    let body = app.object(&caller, request).await?;
    let held = tools::actions(&app, &caller).await?;
    let own = tools::of_number(&app, &caller, &held, number(&id)?)?.clone();
    let members = given(&body, &held, Some(&own))?;
    let draft = draft(&app, &own.tool, members);
    let action = own.with(&draft.data);
    app.store(&caller, vec![draft]).await?;
    Ok(Json(action.row(&app, &caller)))
}
