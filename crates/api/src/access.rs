//! Who asks, and for which project: the one place that knows the control log's types.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use control::{Grant, Project};

use crate::{Deps, Error};

/// The HTTP status of what the control log refuses.
pub(crate) fn status(error: &control::Error) -> StatusCode {
    match error {
        control::Error::ProjectExists { .. } => StatusCode::CONFLICT,
        control::Error::UnknownProject(_) | control::Error::UnknownKey(_) => StatusCode::NOT_FOUND,
        control::Error::Invalid(_) | control::Error::InvalidOrigin(_) | control::Error::InvalidSettings(_) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// What a client can do about what the control log refuses.
pub(crate) fn hint(error: &control::Error) -> &'static str {
    match error {
        control::Error::ProjectExists { .. } => "use that project, or choose another name",
        control::Error::UnknownProject(_) => "GET /api/v1/projects lists the projects",
        control::Error::UnknownKey(_) => "use the id that creating the key answered with",
        control::Error::InvalidOrigin(_) => {
            "send origins as [\"https://shop.example\"], with role browser, or leave them out"
        }
        control::Error::InvalidSettings(_) => {
            "GET the settings to see all fields; docs/settings.md says what each takes"
        }
        control::Error::Invalid(_) => "change the name and send it again",
        _ => "try again after Retry-After",
    }
}

/// The key of a request. Fails with `KeyMissing` or `KeyInvalid`.
pub(crate) fn authenticate(deps: &Deps, headers: &HeaderMap) -> Result<Grant, Error> {
    let value = headers.get(header::AUTHORIZATION).ok_or(Error::KeyMissing)?;
    let value = value.to_str().map_err(|_| Error::KeyInvalid)?;
    let (scheme, token) = value.split_once(' ').ok_or(Error::KeyInvalid)?;
    if !scheme.eq_ignore_ascii_case("bearer") && !scheme.eq_ignore_ascii_case("api-key") {
        return Err(Error::KeyInvalid);
    }
    deps.control.authenticate(token.trim()).ok_or(Error::KeyInvalid)
}

/// Whether a key may read figures.
pub(crate) fn may_read(key: &Grant) -> Result<(), Error> {
    if key.role.may_read() { Ok(()) } else { Err(refused(key, "read figures")) }
}

/// Whether a key waits for what the journal held when it asked: one that both writes and reads.
pub(crate) fn waits(key: &Grant) -> bool {
    key.role.may_read() && key.role.may_ingest("message.created")
}

/// The key's role does not allow it.
pub(crate) fn refused(key: &Grant, what: &'static str) -> Error {
    Error::RoleMayNot { role: key.role.name(), what }
}

/// The project that a request is about: the key's own, or for an administrator's the one it names (by id or name).
pub(crate) fn project(deps: &Deps, key: &Grant, named: Option<&str>) -> Result<Arc<Project>, Error> {
    let Some(own) = &key.project else {
        let name = named.ok_or(Error::ProjectMissing)?;
        let by_name = || deps.control.projects().into_iter().find(|project| project.name == name);
        let not_found = || Error::NotFound { what: "project", name: name.chars().take(80).collect() };
        return deps.control.project(name).or_else(by_name).ok_or_else(not_found);
    };
    let project = deps.control.project(own).ok_or(Error::KeyInvalid)?;
    match named {
        Some(name) if project.id != name && project.name != name => Err(Error::OtherProject),
        _ => Ok(project),
    }
}
