//! Projects and keys.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use control::{Key, NewKey, Project, Role};
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
}

/// `POST /api/v1/projects`.
pub(crate) async fn create_project(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    if key.role != Role::Admin || key.project.is_some() {
        return Err(access::refused(&key, "create projects"));
    }
    let body: ProjectBody = read(&body)?;
    let timezone = body.timezone.unwrap_or_else(|| ZONE_DEFAULT.into());
    warehouse::query::zone(&timezone)?;
    let project = app.deps.control.create_project(&body.name, &timezone).await?;
    Ok((StatusCode::CREATED, Json(described(&project))))
}

/// `GET /api/v1/projects`: all for an administrator, its own for any other key.
pub(crate) async fn projects(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    access::may_read(&key)?;
    let projects = match &key.project {
        Some(_) => vec![access::project(&app.deps, &key, None)?],
        None => app.deps.control.projects(),
    };
    Ok(Json(json!({ "projects": projects.iter().map(described).collect::<Vec<_>>() })))
}

/// `POST /api/v1/keys`.
pub(crate) async fn create_key(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    let body: KeyBody = read(&body)?;
    let role = body.role.as_deref().unwrap_or("write");
    let role = Role::from_name(role).ok_or_else(|| Error::BadParameter {
        code: "unknown_role",
        message: "there is no such role".into(),
        hint: "use browser, ingest, read, write or admin".into(),
    })?;
    may_manage(&key, role)?;
    let project = access::project(&app.deps, &key, body.project.as_deref())?;
    let new = NewKey {
        project: Some(project.id.clone()),
        environment: body.environment.unwrap_or_else(|| "production".into()),
        role,
        bot: body.bot,
    };
    let (id, secret) = app.deps.control.create_key(new.clone()).await?;
    let answer = json!({
        "id": id, "key": secret, "project": project.id, "role": role.name(), "environment": new.environment,
    });
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `DELETE /api/v1/keys/{id}`.
pub(crate) async fn revoke_key(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    let not_found = || Error::NotFound { what: "key", name: id.chars().take(80).collect() };
    if !matches!(key.role, Role::Write | Role::Admin) {
        return Err(access::refused(&key, "revoke keys"));
    }
    let revoked = app.deps.control.key(&id).ok_or_else(not_found)?;
    // Another project's key is as unknown as one that never was.
    if key.project.is_some() && key.project != revoked.project {
        return Err(not_found());
    }
    may_manage(&key, revoked.role)?;
    app.deps.control.revoke_key(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Administrators manage every key, a key of role write those of its project that may not do more than itself.
fn may_manage(key: &Key, role: Role) -> Result<(), Error> {
    match key.role {
        Role::Admin => Ok(()),
        Role::Write if role != Role::Admin => Ok(()),
        _ => Err(access::refused(key, "manage such keys")),
    }
}

fn described(project: &Project) -> Value {
    json!({"id": project.id, "name": project.name, "timezone": project.timezone})
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| Error::BadBody(error.to_string()))
}
