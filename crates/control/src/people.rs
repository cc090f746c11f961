//! What is done with members: inviting, joining, signing in, changing and removing them.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::{
    Control, Error, Invitation, Member, MemberRole, Purpose, Tokens,
    control::now as stamp,
    member::email,
    members::{FIRST, Members},
    record::{Change, MemberChange},
};

/// How long an invitation can be taken.
pub const INVITATION_LASTS: Duration = Duration::hours(24);
/// Most members and invitations of a project, and of all projects together.
const MEMBERS_MAX: usize = 1_000;

/// Whoever takes an invitation says who they are.
#[derive(Clone)]
pub struct Joining {
    /// Their e-mail address.
    pub email: String,
    /// Their new password; the one they have where they are a member already.
    pub password: String,
}

impl std::fmt::Debug for Joining {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Joining").finish_non_exhaustive()
    }
}

impl Invitation {
    /// The address of the page that takes it, without the host; good until the invitation is over, at the longest for 24 hours. Whoever has
    /// it may join.
    pub fn link(&self, tokens: &Tokens, now: DateTime<Utc>) -> String {
        let until = self.expires_at.min((now + INVITATION_LASTS).timestamp());
        format!("/join/{}", tokens.sign(Purpose::Join, &self.id, until, b""))
    }
}

impl Control {
    /// The invitation of a link's token, if nobody has taken it and its time is not over.
    pub fn invited(&self, tokens: &Tokens, token: &str, now: DateTime<Utc>) -> Option<Arc<Invitation>> {
        let id = tokens.open(Purpose::Join, token, now.timestamp(), |_| Some(Vec::new()))?;
        self.invitation(&id).filter(|held| held.expires_at > now.timestamp())
    }

    /// The invitation of the first administrator, if there is none yet.
    pub fn first_invitation(&self) -> Option<Arc<Invitation>> {
        self.invitation(FIRST)
    }

    /// An invitation that nobody has taken; its time may be over.
    pub fn invitation(&self, id: &str) -> Option<Arc<Invitation>> {
        self.read_members(|members| members.invitation(id))
    }

    /// The invitations to a project, or without one to all projects.
    pub fn invitations(&self, project: Option<&str>) -> Vec<Arc<Invitation>> {
        self.read_members(|members| members.invitations(project))
    }

    /// Who has joined, by id.
    pub fn member(&self, id: &str) -> Option<Arc<Member>> {
        self.read_members(|members| members.member(id))
    }

    /// Whether somebody has joined with this address.
    pub fn is_member(&self, address: &str) -> bool {
        email(address).is_ok_and(|address| self.read_members(|members| members.by_email(&address).is_some()))
    }

    /// The members of a project by address; without one the administrators.
    pub fn members(&self, project: Option<&str>) -> Vec<Arc<Member>> {
        self.read_members(|members| members.of(project))
    }

    /// Invites somebody to a project, or without one to all; who has the link may join, until 24 hours from now. An invitation of the
    /// same address to the same place is over.
    ///
    /// # Errors
    /// `UnknownProject`; `InvalidMember` for what is no address, or too many; `Journal` if it could not be written.
    pub async fn invite(
        &self,
        address: &str,
        (project, role): (Option<&str>, MemberRole),
        now: DateTime<Utc>,
    ) -> Result<Arc<Invitation>, Error> {
        let address = email(address)?;
        self.learn().await?;
        if let Some(project) = project.filter(|project| self.project(project).is_none()) {
            return Err(Error::UnknownProject(project.to_owned()));
        }
        let held = self.members(project).len() + self.invitations(project).len();
        if held >= MEMBERS_MAX {
            let most = format!("there are {MEMBERS_MAX} members and invitations: remove some first");
            return Err(Error::InvalidMember(most));
        }
        let id = Uuid::new_v4().to_string();
        let change = MemberChange::Invited {
            id: id.clone(),
            email: address,
            project: project.map(str::to_owned),
            role: if project.is_none() { MemberRole::Owner } else { role },
            expires_at: (now + INVITATION_LASTS).timestamp(),
            invited_at: stamp(),
        };
        self.write_member(&id, change).await?;
        self.invitation(&id).ok_or(Error::InvitationOver)
    }

    /// Withdraws an invitation to a project, or to all.
    ///
    /// # Errors
    /// `InvitationOver` where there is none; `Journal` if it could not be written.
    pub async fn uninvite(&self, project: Option<&str>, id: &str) -> Result<(), Error> {
        self.learn().await?;
        self.invitation(id).filter(|held| held.project.as_deref() == project).ok_or(Error::InvitationOver)?;
        self.write_member(id, MemberChange::Uninvited { id: id.to_owned(), uninvited_at: stamp() }).await
    }

    /// Takes an invitation, once. Somebody who is a member already shows it by their password, so that nobody can take an address
    /// for somebody else and be let in later.
    ///
    /// # Errors
    /// `InvitationOver`; `InvalidMember` for an address or a password that cannot be taken, or another address than was invited;
    /// those of `sign_in` for a member; `Journal` if it could not be written.
    pub async fn join(&self, invitation: &str, joining: Joining, now: DateTime<Utc>) -> Result<Arc<Member>, Error> {
        let address = email(&joining.email)?;
        self.learn().await?;
        let held = self.invitation(invitation).filter(|held| held.expires_at > now.timestamp());
        let held = held.ok_or(Error::InvitationOver)?;
        if held.email.as_ref().is_some_and(|invited| *invited != address) {
            return Err(Error::InvalidMember("this invitation is for another e-mail address".to_owned()));
        }
        let was_member = self.is_member(&address);
        let password = if was_member {
            self.sign_in(&address, &joining.password, now).await?;
            None
        } else {
            Some(self.passwords().stored(&joining.password).await?)
        };
        let id = Uuid::now_v7().to_string();
        let change = MemberChange::Joined {
            id: id.clone(),
            invitation: invitation.to_owned(),
            email: address.clone(),
            password,
            joined_at: stamp(),
        };
        self.write_member(&id, change).await?;
        // Another process may have been faster: the first record that takes an invitation wins.
        let has_place = |member: &Arc<Member>| match &held.project {
            Some(project) => member.roles.contains_key(project),
            None => member.is_administrator,
        };
        let joined = self.read_members(|members| members.by_email(&address));
        joined.filter(|member| has_place(member) && (was_member || *member.id == *id)).ok_or(Error::InvitationOver)
    }

    /// Who has this address and password. Takes as long where nobody has the address.
    ///
    /// # Errors
    /// `WrongPassword`; `TooManyTries` for the address, right or wrong; `Busy`.
    pub async fn sign_in(&self, address: &str, password: &str, now: DateTime<Utc>) -> Result<Arc<Member>, Error> {
        // What is no address is nobody's, and answered in the same time; its tries are counted together.
        let address = email(address).unwrap_or_default();
        let member = self.read_members(|members| members.by_email(&address));
        let stored = member.as_ref().map(|member| &*member.password);
        let is_right = self.passwords().is_right((&address, password), stored, now.timestamp()).await?;
        member.filter(|_| is_right).ok_or(Error::WrongPassword)
    }

    /// Gives a member of a project another role in it.
    ///
    /// # Errors
    /// `UnknownMember`; `Journal` if it could not be written.
    pub async fn change_role(&self, project: &str, member: &str, role: MemberRole) -> Result<(), Error> {
        self.belonging(Some(project), member).await?;
        let (member, project) = (member.to_owned(), project.to_owned());
        let change = MemberChange::RoleChanged { member: member.clone(), project, role, changed_at: stamp() };
        self.write_member(&member, change).await
    }

    /// Takes a member out of a project; without one, takes an administrator's power over all projects. Their sessions end.
    ///
    /// # Errors
    /// `UnknownMember`; `LastAdministrator`; `Journal` if it could not be written.
    pub async fn remove_member(&self, project: Option<&str>, member: &str) -> Result<(), Error> {
        self.belonging(project, member).await?;
        if project.is_none() && self.read_members(|members| members.is_last_administrator(member)) {
            return Err(Error::LastAdministrator);
        }
        let (member, project) = (member.to_owned(), project.map(str::to_owned));
        let change = MemberChange::Removed { member: member.clone(), project, removed_at: stamp() };
        self.write_member(&member, change).await
    }

    /// Ends all sessions of a member.
    ///
    /// # Errors
    /// `UnknownMember`; `Journal` if it could not be written.
    pub async fn end_sessions(&self, member: &str) -> Result<(), Error> {
        self.member(member).ok_or_else(|| Error::UnknownMember(member.to_owned()))?;
        let change = MemberChange::SignedOut { member: member.to_owned(), signed_out_at: stamp() };
        self.write_member(member, change).await
    }

    /// Gives a member another password, who shows the one they have. Their sessions end.
    ///
    /// # Errors
    /// `UnknownMember`; `InvalidMember` for a password that cannot be taken; those of `sign_in`; `Journal`.
    pub async fn change_password(
        &self,
        member: &str,
        (held, new): (&str, &str),
        now: DateTime<Utc>,
    ) -> Result<Arc<Member>, Error> {
        let unknown = || Error::UnknownMember(member.to_owned());
        let known = self.member(member).ok_or_else(unknown)?;
        self.sign_in(&known.email, held, now).await?;
        let password = self.passwords().stored(new).await?;
        let change = MemberChange::PasswordChanged { member: member.to_owned(), password, changed_at: stamp() };
        self.write_member(member, change).await?;
        self.member(member).ok_or_else(unknown)
    }

    /// Whether somebody is a member of a project, or an administrator.
    async fn belonging(&self, project: Option<&str>, member: &str) -> Result<(), Error> {
        self.learn().await?;
        let held = self.member(member).filter(|held| match project {
            Some(project) => held.roles.contains_key(project),
            None => held.is_administrator,
        });
        held.map(drop).ok_or_else(|| Error::UnknownMember(member.to_owned()))
    }

    fn read_members<T>(&self, read: impl FnOnce(&Members) -> T) -> T {
        self.read_state(|state| read(&state.members))
    }

    async fn write_member(&self, id: &str, change: MemberChange) -> Result<(), Error> {
        self.write(id, &Change::Member(change)).await.map(drop)
    }
}
