//! Projects and keys.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use control::{Grant, NewKey, Project, Role};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{Error, access, router::App};

/// Zone of a project that names none.
const ZONE_DEFAULT: &str = "UTC";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectBody {
    name: String,
    timezone: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    project: Option<String>,
    environment: Option<String>,
    role: Option<String>,
    bot: Option<String>,
    #[serde(default)]
    origins: Vec<String>,
}

/// `POST /api/v1/projects`, for keys of all projects.
pub(crate) async fn create_project(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    if !key.role.may_manage() || key.project.is_some() {
        return Err(access::refused(&key, "create projects"));
    }
    let body: ProjectBody = read(&body)?;
    let timezone = warehouse::query::zone(body.timezone.as_deref().unwrap_or(ZONE_DEFAULT))?;
    let project = app.deps.control.create_project(&body.name, timezone).await?;
    Ok((StatusCode::CREATED, Json(described(&project))))
}

/// `GET /api/v1/projects`: all for a key of all projects, its own for any other.
pub(crate) async fn projects(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    access::may_read(&key)?;
    let projects = match &key.project {
        Some(_) => vec![access::project(&app.deps, &key, None)?],
        None => app.deps.control.projects(),
    };
    Ok(Json(json!({ "projects": projects.iter().map(|project| described(project)).collect::<Vec<_>>() })))
}

/// `POST /api/v1/keys`, for administrators of the project.
pub(crate) async fn create_key(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    may_manage_keys(&key)?;
    let body: KeyBody = read(&body)?;
    let role: Role = body.role.as_deref().map_or(Ok(Role::Write), str::parse)?;
    let project = access::project(&app.deps, &key, body.project.as_deref())?;
    let environment = body.environment.unwrap_or_else(|| "production".into());
    let new = NewKey {
        project: project.id.clone(),
        environment: environment.clone(),
        role,
        bot_id: body.bot,
        origins: body.origins,
    };
    let created = app.deps.control.create_key(new).await?;
    let answer = json!({
        "id": created.id, "key": created.key.reveal(), "project": project.id, "role": role.name(), "environment": environment,
        "origins": created.origins,
    });
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `DELETE /api/v1/keys/{id}`, for keys of all projects.
pub(crate) async fn revoke_key(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    may_manage_keys(&key)?;
    if key.project.is_some() {
        return Err(access::refused(
            &key,
            "revoke keys of other projects, and this route cannot tell which project a key is of",
        ));
    }
    app.deps.control.revoke_key(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn may_manage_keys(key: &Grant) -> Result<(), Error> {
    if key.role.may_manage() { Ok(()) } else { Err(access::refused(key, "manage keys")) }
}

fn described(project: &Project) -> Value {
    json!({"id": project.id, "name": project.name, "timezone": project.timezone.name()})
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| Error::BadBody(error.to_string()))
}
