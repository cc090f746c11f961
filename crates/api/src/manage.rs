//! Projects and keys.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
};
use control::{NewKey, Project, Role};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::{Error, Management, access, router::App};

/// Longest body, bytes.
const BODY_MAX: usize = 64 << 10;
/// Longest time for a body to come.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);
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
    request: Request,
) -> Result<(StatusCode, Json<Value>), Error> {
    let key = access::authenticate(&app.deps, request.headers())?;
    if !key.role.may_manage() || key.project.is_some() {
        return Err(access::refused(&key, "create projects"));
    }
    let body: ProjectBody = read(request).await?;
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

/// `GET /api/v1/projects/{id}/settings`.
pub(crate) async fn settings(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    access::may_read(&key)?;
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    let project = access::project(&app.deps, &key, Some(&id))?;
    Ok(Json(json!({ "settings": &*project.settings })))
}

/// `PATCH /api/v1/projects/{id}/settings`, for administrators of the project: fields that are sent replace those held, null
/// brings back a default.
pub(crate) async fn change_settings(
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<Value>, Error> {
    let key = access::authenticate(&app.deps, request.headers())?;
    let management = Management::new(app);
    management.may_manage(&key, "change settings")?;
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    let changes: Map<String, Value> = read(request).await?;
    let changed = management.change_settings(&key, &id, changes).await?;
    Ok(Json(json!({ "settings": &*changed.settings })))
}

/// `POST /api/v1/keys`, for administrators of the project.
pub(crate) async fn create_key(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Error> {
    let key = access::authenticate(&app.deps, request.headers())?;
    let management = Management::new(Arc::clone(&app));
    management.may_manage(&key, "manage keys")?;
    let body: KeyBody = read(request).await?;
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
    let created = management.create_key(&key, new).await?;
    let answer = json!({
        "id": created.id, "key": created.key.reveal(), "project": project.id, "role": role.name(), "environment": environment,
        "origins": created.origins,
    });
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `GET /api/v1/projects/{id}/keys`, for administrators of the project.
pub(crate) async fn keys(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    let keys = Management::new(app).keys(&key, &id)?;
    let keys = keys.iter().map(|key| {
        json!({
            "id": &*key.key_id, "role": key.role.name(), "environment": &*key.environment, "bot": key.bot_id.as_deref(),
            "origins": &*key.origins,
        })
    });
    Ok(Json(json!({ "keys": keys.collect::<Vec<_>>() })))
}

/// `DELETE /api/v1/keys/{id}`, for administrators of its project.
pub(crate) async fn revoke_key(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    Management::new(app).revoke_key(&key, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn described(project: &Project) -> Value {
    json!({"id": project.id, "name": project.name, "timezone": project.timezone.name()})
}

/// Reads the body of a request whose key is good. Fails with `BadBody`, `BodyTooLarge` or `BodyTimeout`.
pub(crate) async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Error> {
    serde_json::from_slice(&bytes(request).await?).map_err(|error| Error::BadBody(error.to_string()))
}

/// The same as it is, at most 64 KiB.
pub(crate) async fn bytes(request: Request) -> Result<Bytes, Error> {
    let body = Limited::new(request.into_body(), BODY_MAX).collect();
    let body =
        tokio::time::timeout(BODY_TIME_MAX, body).await.map_err(|_| Error::BodyTimeout { limit: BODY_TIME_MAX })?;
    let body = body.map_err(|error| match error.is::<LengthLimitError>() {
        true => Error::BodyTooLarge { limit: BODY_MAX },
        false => Error::BadBody("it broke off".into()),
    })?;
    Ok(body.to_bytes())
}
