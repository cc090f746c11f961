//! Who asks, and for which project: the one place that knows the control log's types.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use control::{Grant, Holder, Project};
use warehouse::registry::{Dimension, Trait};

use crate::{Deps, Error, params::Sent};

/// The HTTP status of what the control log refuses.
pub fn status(error: &control::Error) -> StatusCode {
    match error {
        control::Error::ProjectExists { .. } | control::Error::LastAdministrator => StatusCode::CONFLICT,
        control::Error::UnknownProject(_)
        | control::Error::UnknownKey(_)
        | control::Error::UnknownMember(_)
        | control::Error::UnknownShare(_)
        | control::Error::InvitationOver => StatusCode::NOT_FOUND,
        control::Error::WrongPassword => StatusCode::FORBIDDEN,
        control::Error::TooManyTries => StatusCode::TOO_MANY_REQUESTS,
        control::Error::InvalidMember(_)
        | control::Error::InvalidShare(_)
        | control::Error::InvalidBrand(_)
        | control::Error::Invalid(_)
        | control::Error::InvalidOrigin(_)
        | control::Error::InvalidSettings(_) => StatusCode::UNPROCESSABLE_ENTITY,
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
        control::Error::UnknownMember(_) => "GET /api/v1/projects/{id}/members lists the members",
        control::Error::InvalidMember(_) => "change it and send it again",
        control::Error::InvalidBrand(_) => "change it and send it again",
        control::Error::InvalidShare(_) => "change it and send it again",
        control::Error::UnknownShare(_) => "GET /api/v1/projects/{id}/shares lists the shares",
        control::Error::InvitationOver => "ask whoever invited you for another link",
        control::Error::LastAdministrator => "invite another administrator first",
        control::Error::WrongPassword => "check both and try again",
        control::Error::TooManyTries => "try again in ten minutes",
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

/// What a grant keeps from its question, by rows or by filters: the figures of single agents, what people wrote, single persons, and
/// traits of users, which may tell who they are.
pub(crate) fn may_ask(key: &Grant, sent: &Sent) -> Result<(), Error> {
    let asked = || sent.all("by").flat_map(|dimensions| dimensions.split(',')).chain(sent.all("f"));
    let is_trait = |name: &str| name.trim_start().to_ascii_lowercase().starts_with(Trait::PREFIX);
    if !key.may_read_conversations() && asked().any(is_trait) {
        return Err(member_refused(key, "see what is known of users"));
    }
    let names = |of: Dimension| {
        let is_meant = move |name: &str| name.trim().eq_ignore_ascii_case(of.name());
        asked().filter_map(|asked| asked.split(':').next()).any(is_meant)
    };
    if !key.may_single_out_agents() && names(Dimension::Agent) {
        return Err(member_refused(key, "see the figures of single agents"));
    }
    if !key.may_read_texts() && TEXTS.into_iter().any(names) {
        return Err(member_refused(key, "read what people wrote"));
    }
    if key.holder == Holder::Share && names(Dimension::User) {
        return Err(member_refused(key, "see single persons"));
    }
    Ok(())
}

/// Dimensions whose values are what people wrote.
const TEXTS: [Dimension; 1] = [Dimension::Question];

/// Whether dead letters may be read: their messages quote what was sent.
pub(crate) fn may_read_dead_letters(key: &Grant) -> Result<(), Error> {
    if key.may_read_texts() { Ok(()) } else { Err(member_refused(key, "read dead letters")) }
}

/// Whether there is more for a grant than figures.
pub(crate) fn may_look_behind(key: &Grant) -> Result<(), Error> {
    if key.may_look_behind() { Ok(()) } else { Err(member_refused(key, "look behind figures")) }
}

/// Whether conversations may be read.
pub(crate) fn may_read_conversations(key: &Grant) -> Result<(), Error> {
    if key.may_read_conversations() { Ok(()) } else { Err(member_refused(key, "read conversations")) }
}

fn member_refused(key: &Grant, what: &'static str) -> Error {
    Error::MemberMayNot { role: key.holder.name(), what }
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
