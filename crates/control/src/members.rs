//! Members and invitations as the records so far make them: a pure fold.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::{Invitation, Member, MemberRole, password, record::MemberChange, state::Applied};

/// The invitation of the first administrator: there without a record, as long as there is no administrator.
pub(crate) const FIRST: &str = "first";

/// Members and invitations.
#[derive(Debug, Default)]
pub(crate) struct Members {
    joined: BTreeMap<Arc<str>, Arc<Member>>,
    /// Ids by e-mail address.
    ids: HashMap<Arc<str>, Arc<str>>,
    invitations: BTreeMap<String, Arc<Invitation>>,
}

impl Members {
    /// Takes in the next change; `offset` is its record's.
    pub(crate) fn apply(&mut self, offset: u64, change: MemberChange) -> Applied {
        match change {
            MemberChange::Invited { id, email, project, role, expires_at, .. } => {
                self.invite(Invitation { id, email: Some(email), project, role, expires_at })
            }
            MemberChange::Uninvited { id, .. } => changed(self.invitations.remove(&id).is_some()),
            MemberChange::Joined { id, invitation, email, password, .. } => {
                self.join(offset, &invitation, Joined { id, email, password })
            }
            MemberChange::RoleChanged { member, project, role, .. } => {
                self.change(&member, |member| member.roles.get_mut(&project).is_some_and(|held| replace(held, role)))
            }
            MemberChange::Removed { member, project, .. } => self.remove(offset, &member, project.as_deref()),
            MemberChange::SignedOut { member, .. } => self.change(&member, |member| replace(&mut member.epoch, offset)),
            MemberChange::PasswordChanged { member, password, .. } => {
                if !password::is_stored(&password) {
                    return Applied::Malformed;
                }
                self.change(&member, |member| {
                    member.password = password.into();
                    replace(&mut member.epoch, offset)
                })
            }
        }
    }

    /// An invitation of the same address to the same place is replaced: its link is over.
    fn invite(&mut self, new: Invitation) -> Applied {
        let is_administrator = new.project.is_none();
        if new.id.is_empty() || new.id == FIRST || (is_administrator && new.role != MemberRole::Owner) {
            return Applied::Malformed;
        }
        self.invitations.retain(|_, held| (&held.email, &held.project) != (&new.email, &new.project));
        self.invitations.insert(new.id.clone(), Arc::new(new));
        Applied::Changed
    }

    fn join(&mut self, offset: u64, invitation: &str, new: Joined) -> Applied {
        let Some(invitation) = self.invitation(invitation) else { return Applied::Ignored };
        if invitation.email.as_ref().is_some_and(|email| *email != new.email) {
            return Applied::Malformed;
        }
        let mut member = match (self.by_email(&new.email), new.password) {
            (Some(held), _) => Member::clone(&held),
            (None, Some(password)) if password::is_stored(&password) && !self.joined.contains_key(new.id.as_str()) => {
                Member {
                    id: new.id.into(),
                    email: new.email.into(),
                    is_administrator: false,
                    roles: BTreeMap::new(),
                    epoch: offset,
                    password: password.into(),
                }
            }
            (None, _) => return Applied::Malformed,
        };
        match &invitation.project {
            Some(project) => drop(member.roles.insert(project.clone(), invitation.role)),
            None => member.is_administrator = true,
        }
        self.invitations.remove(&invitation.id);
        self.ids.insert(Arc::clone(&member.email), Arc::clone(&member.id));
        self.joined.insert(Arc::clone(&member.id), Arc::new(member));
        Applied::Changed
    }

    fn remove(&mut self, offset: u64, id: &str, project: Option<&str>) -> Applied {
        // Without an administrator nobody could let another one in.
        if project.is_none() && self.is_last_administrator(id) {
            return Applied::Ignored;
        }
        let removed = self.change(id, |member| {
            member.epoch = offset;
            match project {
                Some(project) => member.roles.remove(project).is_some(),
                None => replace(&mut member.is_administrator, false),
            }
        });
        let has_nothing = |member: &Arc<Member>| member.roles.is_empty() && !member.is_administrator;
        if let Some(member) = self.joined.get(id).filter(|member| has_nothing(member)).cloned() {
            self.joined.remove(id);
            self.ids.remove(&member.email);
        }
        removed
    }

    /// Changes a member; `change` says whether it did anything.
    fn change(&mut self, id: &str, change: impl FnOnce(&mut Member) -> bool) -> Applied {
        let Some(held) = self.joined.get_mut(id) else { return Applied::Ignored };
        let mut member = Member::clone(held);
        let is_changed = change(&mut member);
        if is_changed {
            *held = Arc::new(member);
        }
        changed(is_changed)
    }

    pub(crate) fn is_last_administrator(&self, id: &str) -> bool {
        let mut administrators = self.joined.values().filter(|member| member.is_administrator);
        administrators.next().is_some_and(|one| &*one.id == id) && administrators.next().is_none()
    }

    pub(crate) fn has_administrator(&self) -> bool {
        self.joined.values().any(|member| member.is_administrator)
    }

    pub(crate) fn member(&self, id: &str) -> Option<Arc<Member>> {
        self.joined.get(id).cloned()
    }

    pub(crate) fn by_email(&self, email: &str) -> Option<Arc<Member>> {
        self.ids.get(email).and_then(|id| self.member(id))
    }

    /// An invitation that nobody has taken; it may be over.
    pub(crate) fn invitation(&self, id: &str) -> Option<Arc<Invitation>> {
        if id == FIRST && !self.has_administrator() {
            let role = MemberRole::Owner;
            return Some(Arc::new(Invitation {
                id: id.to_owned(),
                email: None,
                project: None,
                role,
                expires_at: i64::MAX,
            }));
        }
        self.invitations.get(id).cloned()
    }

    /// The members of a project by address; without one the administrators.
    pub(crate) fn of(&self, project: Option<&str>) -> Vec<Arc<Member>> {
        let belongs = |member: &&Arc<Member>| match project {
            Some(project) => member.roles.contains_key(project),
            None => member.is_administrator,
        };
        let mut members: Vec<Arc<Member>> = self.joined.values().filter(belongs).cloned().collect();
        members.sort_by(|one, other| one.email.cmp(&other.email));
        members
    }

    /// The invitations to a project, or of administrators.
    pub(crate) fn invitations(&self, project: Option<&str>) -> Vec<Arc<Invitation>> {
        self.invitations.values().filter(|invitation| invitation.project.as_deref() == project).cloned().collect()
    }
}

/// Somebody who takes an invitation.
struct Joined {
    id: String,
    email: String,
    /// What is stored of their password; None for somebody who is a member already.
    password: Option<String>,
}

fn changed(is_changed: bool) -> Applied {
    if is_changed { Applied::Changed } else { Applied::Ignored }
}

/// Whether the new value is another one.
fn replace<T: PartialEq>(held: &mut T, new: T) -> bool {
    let is_other = *held != new;
    *held = new;
    is_other
}
