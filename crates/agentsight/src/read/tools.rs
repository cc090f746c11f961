//! Actions: the tools that were called, and those that were only named.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, Uri},
};
use serde_json::{Map, Value, json};
use warehouse::query::stored;

use crate::{
    app::{App, Caller, Need},
    error::Refusal,
    page::{Page, Params},
    read::{self, parsed},
    write::{changes::number, items::TOKEN_USAGE},
};

/// A tool by the name that it was first known by, and what people call it.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    pub(crate) tool: String,
    pub(crate) name: String,
    display_name: String,
    description: String,
}

impl Action {
    pub(crate) fn new(tool: &str) -> Action {
        Action { tool: tool.to_owned(), name: tool.to_owned(), display_name: String::new(), description: String::new() }
    }

    /// The same with what an event says.
    pub(crate) fn with(mut self, data: &Map<String, Value>) -> Action {
        let fields = [
            (&mut self.name, "name"),
            (&mut self.display_name, "display_name"),
            (&mut self.description, "description"),
        ];
        for (own, name) in fields {
            if let Some(text) = data.get(name).and_then(Value::as_str) {
                *own = text.to_owned();
            }
        }
        self
    }

    fn number(&self, app: &App, caller: &Caller) -> i64 {
        app.ids.of("a", caller.project_id(), &self.tool)
    }

    pub(crate) fn row(&self, app: &App, caller: &Caller) -> Value {
        json!({
            "id": self.number(app, caller), "name": self.name, "display_name": self.display_name,
            "description": self.description, "agent": caller.agent(app.ids),
        })
    }
}

/// All actions of a project, by name.
pub(crate) async fn actions(app: &App, caller: &Caller) -> Result<Vec<Action>, Refusal> {
    let _turn = app.turn(caller).await?;
    let (warehouse, project) = (&app.deps.warehouse, caller.project_id());
    let called = stored::tools(warehouse, project).await?;
    let called = called.iter().filter(|tool| !tool.is_empty() && *tool != TOKEN_USAGE);
    let mut actions: Vec<Action> = called.map(|tool| Action::new(tool)).collect();
    for event in stored::of_types(warehouse, project, &["tool.upserted"], None).await? {
        let Value::Object(data) = parsed(&event.data) else { continue };
        let tool = data.get("tool_name").and_then(Value::as_str).unwrap_or_default();
        let at = actions.iter().position(|action| action.tool == tool).unwrap_or_else(|| {
            actions.push(Action::new(tool));
            actions.len() - 1
        });
        actions[at] = actions[at].clone().with(&data);
    }
    actions.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(actions)
}

/// An action by its number.
pub(crate) fn of_number<'a>(app: &App, caller: &Caller, held: &'a [Action], id: i64) -> Result<&'a Action, Refusal> {
    let found = held.iter().find(|action| action.number(app, caller) == id);
    found.ok_or_else(|| Refusal::not_found(format!("Action {id} not found")))
}

/// `GET /api/actions/`
pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let params = Params::of(&uri);
    let contains =
        |own: &str, name: &str| params.text(name).is_none_or(|part| own.to_lowercase().contains(&part.to_lowercase()));
    let mut actions = actions(&app, &caller).await?;
    actions.retain(|action| {
        params.text("name").is_none_or(|name| name == action.name)
            && contains(&action.name, "name__icontains")
            && contains(&action.display_name, "display_name")
            && contains(&format!("{}\n{}\n{}", action.name, action.display_name, action.description), "search")
    });
    let (by, descending) = params.ordering().unwrap_or_else(|| ("name".to_owned(), false));
    match by.as_str() {
        "id" => actions.sort_by_key(|action| action.number(&app, &caller)),
        "display_name" => actions.sort_by(|a, b| a.display_name.cmp(&b.display_name)),
        _ => {}
    }
    if descending {
        actions.reverse();
    }
    let (page, count) = (Page::of(&params), actions.len());
    let rows = page.cut(actions).iter().map(|action| action.row(&app, &caller)).collect();
    page.envelope(count, rows, &app.address(&headers, &uri)).map(Json)
}

/// `GET /api/actions/{id}/`
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let actions = actions(&app, &caller).await?;
    Ok(Json(of_number(&app, &caller, &actions, number(&id)?)?.row(&app, &caller)))
}

/// Most conversations whose calls are told in one answer.
const LOGGED: usize = 500;

/// `GET /api/actions/{id}/logs/`: the calls of the tool, the newest first.
pub(crate) async fn logs(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let actions = actions(&app, &caller).await?;
    let action = of_number(&app, &caller, &actions, number(&id)?)?;
    let _turn = app.turn(&caller).await?;
    let events = stored::of_types(&app.deps.warehouse, caller.project_id(), &["tool.call.completed"], None).await?;
    let is_its = |data: &Value| data.get("tool_name").and_then(Value::as_str) == Some(action.tool.as_str());
    let mut ids: Vec<String> = Vec::new();
    for event in events.iter().rev().filter(|event| is_its(&parsed(&event.data))) {
        if ids.len() < LOGGED && !ids.contains(&event.conversation_id) {
            ids.push(event.conversation_id.clone());
        }
    }
    // The views decide which calls are shown: those of turns that came to their end.
    let views = read::views(&app, &caller, &ids).await?;
    let entries = views.iter().flat_map(|view| &view.entries);
    let its =
        entries.filter(|entry| entry.row.get("action_name").and_then(Value::as_str) == Some(action.tool.as_str()));
    let mut logs: Vec<(i64, Value)> = its
        .flat_map(|entry| {
            let logs = entry.row.get("action_logs").and_then(Value::as_array).into_iter().flatten();
            logs.map(|log| (entry.us, log.clone()))
        })
        .collect();
    logs.sort_by_key(|(us, _)| std::cmp::Reverse(*us));
    Ok(Json(logs.into_iter().map(|(_, log)| log).collect()))
}
