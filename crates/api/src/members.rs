//! Members of projects, and administrators of all.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
};
use chrono::{DateTime, SecondsFormat};
use control::{Invitation, Member, MemberRole};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Error, Invited, Management, access, manage::read, router::App};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InvitationBody {
    email: String,
    role: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AdministratorBody {
    email: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleBody {
    role: String,
}

type Id = Result<Path<String>, PathRejection>;
type Ids = Result<Path<(String, String)>, PathRejection>;

/// `GET /api/v1/projects/{id}/members`.
pub(crate) async fn members(State(app): State<Arc<App>>, headers: HeaderMap, id: Id) -> Result<Json<Value>, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    let (members, invitations) = Management::new(Arc::clone(&app)).members(&key, Some(&id))?;
    let project = access::project(&app.deps, &key, Some(&id))?;
    let role = |member: &Member| member.roles.get(&project.id).copied();
    let members: Vec<Value> = members.iter().map(|member| described(member, role(member))).collect();
    Ok(Json(json!({ "members": members, "invitations": open(&invitations) })))
}

/// `POST /api/v1/projects/{id}/members`.
pub(crate) async fn invite(
    State(app): State<Arc<App>>,
    id: Id,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Error> {
    let key = access::authenticate(&app.deps, request.headers())?;
    let management = Management::new(app);
    management.may_manage(&key, "manage members")?;
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    let body: InvitationBody = read(request).await?;
    let role: MemberRole = body.role.parse()?;
    let invited = management.invite(&key, &body.email, (Some(&id), role)).await?;
    Ok((StatusCode::CREATED, Json(with_link(&invited))))
}

/// `PATCH /api/v1/projects/{id}/members/{member}`.
pub(crate) async fn change_role(State(app): State<Arc<App>>, ids: Ids, request: Request) -> Result<StatusCode, Error> {
    let key = access::authenticate(&app.deps, request.headers())?;
    let management = Management::new(app);
    management.may_manage(&key, "manage members")?;
    let Path((id, member)) = ids.map_err(|_| Error::NoRoute)?;
    let body: RoleBody = read(request).await?;
    let role: MemberRole = body.role.parse()?;
    management.change_role(&key, (&id, &member), role).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/v1/projects/{id}/members/{member}`.
pub(crate) async fn remove(State(app): State<Arc<App>>, headers: HeaderMap, ids: Ids) -> Result<StatusCode, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    let Path((id, member)) = ids.map_err(|_| Error::NoRoute)?;
    Management::new(app).remove_member(&key, (Some(&id), &member)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/administrators`.
pub(crate) async fn administrators(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    let (members, invitations) = Management::new(app).members(&key, None)?;
    let members: Vec<Value> = members.iter().map(|member| described(member, Some(MemberRole::Owner))).collect();
    Ok(Json(json!({ "members": members, "invitations": open(&invitations) })))
}

/// `POST /api/v1/administrators`.
pub(crate) async fn invite_administrator(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Error> {
    let key = access::authenticate(&app.deps, request.headers())?;
    let management = Management::new(app);
    management.may_manage(&key, "manage administrators")?;
    let body: AdministratorBody = read(request).await?;
    let invited = management.invite(&key, &body.email, (None, MemberRole::Owner)).await?;
    Ok((StatusCode::CREATED, Json(with_link(&invited))))
}

/// `DELETE /api/v1/administrators/{member}`.
pub(crate) async fn remove_administrator(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Id,
) -> Result<StatusCode, Error> {
    let key = access::authenticate(&app.deps, &headers)?;
    let Path(id) = id.map_err(|_| Error::NoRoute)?;
    Management::new(app).remove_member(&key, (None, &id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn described(member: &Member, role: Option<MemberRole>) -> Value {
    json!({"id": &*member.id, "email": &*member.email, "role": role.map(MemberRole::name)})
}

fn open(invitations: &[Arc<Invitation>]) -> Vec<Value> {
    invitations.iter().map(|invitation| invited(invitation)).collect()
}

fn invited(invitation: &Invitation) -> Value {
    let until = DateTime::from_timestamp(invitation.expires_at, 0);
    json!({
        "id": invitation.id, "email": invitation.email, "role": invitation.role.name(),
        "expires_at": until.map(|until| until.to_rfc3339_opts(SecondsFormat::Secs, true)),
    })
}

fn with_link(one: &Invited) -> Value {
    let mut told = invited(&one.invitation);
    told["link"] = one.link.as_str().into();
    told
}
