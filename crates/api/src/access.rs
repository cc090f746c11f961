//! Who asks, and for which project: the one place that knows the control log's types.

use axum::http::{HeaderMap, StatusCode, header};
use control::{Key, Project, Role};

use crate::{Deps, Error};

/// The HTTP status of what the control log refuses.
pub(crate) fn status(error: &control::Error) -> StatusCode {
    match error.code() {
        "project_exists" => StatusCode::CONFLICT,
        code if code.starts_with("bad_") || code.starts_with("invalid_") => StatusCode::UNPROCESSABLE_ENTITY,
        code if code.ends_with("_unknown") => StatusCode::NOT_FOUND,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The key of a request. Fails with `KeyMissing` or `KeyInvalid`.
pub(crate) fn authenticate(deps: &Deps, headers: &HeaderMap) -> Result<Key, Error> {
    let value = headers.get(header::AUTHORIZATION).ok_or(Error::KeyMissing)?;
    let value = value.to_str().map_err(|_| Error::KeyInvalid)?;
    let (scheme, token) = value.split_once(' ').ok_or(Error::KeyInvalid)?;
    if !scheme.eq_ignore_ascii_case("bearer") && !scheme.eq_ignore_ascii_case("api-key") {
        return Err(Error::KeyInvalid);
    }
    deps.control.authenticate(token.trim()).ok_or(Error::KeyInvalid)
}

/// Whether a key may read figures.
pub(crate) fn may_read(key: &Key) -> Result<(), Error> {
    match key.role {
        Role::Read | Role::Write | Role::Admin => Ok(()),
        Role::Browser | Role::Ingest => Err(refused(key, "read figures")),
    }
}

/// Whether a key waits for what the journal held when it asked.
pub(crate) fn waits(key: &Key) -> bool {
    matches!(key.role, Role::Write | Role::Admin)
}

/// The key's role does not allow it.
pub(crate) fn refused(key: &Key, what: &'static str) -> Error {
    Error::RoleMayNot { role: key.role.name(), what }
}

/// The project that a request is about: the key's own, or for an administrator's the one it names (by id or name).
pub(crate) fn project(deps: &Deps, key: &Key, named: Option<&str>) -> Result<Project, Error> {
    let not_found = |name: &str| Error::NotFound { what: "project", name: name.chars().take(80).collect() };
    match (&key.project, named) {
        (Some(own), None) => deps.control.project(own).ok_or(Error::KeyInvalid),
        (Some(own), Some(name)) => {
            let project = deps.control.project(own).ok_or(Error::KeyInvalid)?;
            if project.id == name || project.name == name { Ok(project) } else { Err(Error::OtherProject) }
        }
        (None, Some(name)) => deps
            .control
            .project(name)
            .or_else(|| deps.control.projects().into_iter().find(|p| p.name == name))
            .ok_or_else(|| not_found(name)),
        (None, None) => Err(Error::ProjectMissing),
    }
}
