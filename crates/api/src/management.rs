//! Changing projects, keys and members: what the routes do, for another surface of this process too.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use control::{CreatedKey, Grant, Invitation, Member, MemberRole, NewKey, Project, Tokens};
use serde_json::{Map, Value};

use crate::{Deps, Error, access, router::App};

/// Changes what a grant may change. Every method fails with `RoleMayNot` for a grant that manages nothing, and as its route does.
#[derive(Debug, Clone)]
pub struct Management {
    app: Arc<App>,
}

/// An invitation, and the address of the page that takes it, without the host.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Invited {
    /// The invitation.
    pub invitation: Arc<Invitation>,
    /// Its link: whoever has it may join.
    pub link: String,
}

impl Management {
    pub(crate) fn new(app: Arc<App>) -> Management {
        Management { app }
    }

    /// `PATCH /api/v1/projects/{id}/settings`.
    pub async fn change_settings(
        &self,
        key: &Grant,
        project: &str,
        changes: Map<String, Value>,
    ) -> Result<Arc<Project>, Error> {
        let project = self.project(key, Some(project), "change settings")?;
        Ok(self.control().change_settings(&project.id, changes).await?)
    }

    /// `GET /api/v1/projects/{id}/keys`: those that are honoured, the oldest first.
    pub fn keys(&self, key: &Grant, project: &str) -> Result<Vec<Grant>, Error> {
        let project = self.project(key, Some(project), "manage keys")?;
        Ok(self.control().keys(&project.id))
    }

    /// `POST /api/v1/keys`; `new` names the project by its id or name.
    pub async fn create_key(&self, key: &Grant, new: NewKey) -> Result<CreatedKey, Error> {
        let project = self.project(key, Some(&new.project), "manage keys")?;
        Ok(self.control().create_key(NewKey { project: project.id.clone(), ..new }).await?)
    }

    /// `DELETE /api/v1/keys/{id}`: a key of the grant's own project; of any, for a grant of all projects.
    pub async fn revoke_key(&self, key: &Grant, id: &str) -> Result<(), Error> {
        self.may_manage(key, "manage keys")?;
        let is_own = || self.control().key(id).is_some_and(|(known, _)| known.project == key.project);
        if key.project.is_some() && !is_own() {
            return Err(control::Error::UnknownKey(id.chars().take(80).collect()).into());
        }
        Ok(self.control().revoke_key(id).await?)
    }

    /// The members of a project and its open invitations; without one the administrators.
    #[allow(clippy::type_complexity, reason = "two lists, each of what its name says")]
    pub fn members(
        &self,
        key: &Grant,
        project: Option<&str>,
    ) -> Result<(Vec<Arc<Member>>, Vec<Arc<Invitation>>), Error> {
        let place = self.place(key, project)?;
        Ok((self.control().members(place.as_deref()), self.control().invitations(place.as_deref())))
    }

    /// Invites somebody to a project; without one as administrator of all.
    pub async fn invite(
        &self,
        key: &Grant,
        email: &str,
        (project, role): (Option<&str>, MemberRole),
    ) -> Result<Invited, Error> {
        let place = self.place(key, project)?;
        let now = self.now();
        let invitation = self.control().invite(email, (place.as_deref(), role), now).await?;
        let link = invitation.link(&Tokens::new(Arc::clone(&self.app.deps.position_secret)), now);
        Ok(Invited { invitation, link })
    }

    /// Gives a member of a project another role in it.
    pub async fn change_role(
        &self,
        key: &Grant,
        (project, member): (&str, &str),
        role: MemberRole,
    ) -> Result<(), Error> {
        let project = self.project(key, Some(project), "manage members")?;
        Ok(self.control().change_role(&project.id, member, role).await?)
    }

    /// Takes a member out of a project, or an administrator's power; the id of an invitation withdraws it.
    pub async fn remove_member(&self, key: &Grant, (project, id): (Option<&str>, &str)) -> Result<(), Error> {
        let place = self.place(key, project)?;
        if self.control().invitation(id).is_some_and(|held| held.project == place && held.email.is_some()) {
            return Ok(self.control().uninvite(place.as_deref(), id).await?);
        }
        Ok(self.control().remove_member(place.as_deref(), id).await?)
    }

    /// The project that members are of; None, for administrators, needs a grant of all projects.
    fn place(&self, key: &Grant, project: Option<&str>) -> Result<Option<String>, Error> {
        match project {
            Some(project) => Ok(Some(self.project(key, Some(project), "manage members")?.id.clone())),
            None if key.project.is_none() => self.may_manage(key, "manage administrators").map(|()| None),
            None => Err(access::refused(key, "manage administrators")),
        }
    }

    pub(crate) fn project(&self, key: &Grant, named: Option<&str>, what: &'static str) -> Result<Arc<Project>, Error> {
        self.may_manage(key, what)?;
        access::project(&self.app.deps, key, named)
    }

    pub(crate) fn control(&self) -> &control::Control {
        &self.app.deps.control
    }

    pub(crate) fn deps(&self) -> &Deps {
        &self.app.deps
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.app.deps.now)()
    }

    /// Whether a grant manages anything: asked before a body is read.
    pub(crate) fn may_manage(&self, key: &Grant, what: &'static str) -> Result<(), Error> {
        if key.role.may_manage() { Ok(()) } else { Err(access::refused(key, what)) }
    }
}
