//! Projects, keys and members as the records so far make them: a pure fold.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::Arc,
};

use chrono_tz::Tz;
use rollup::{EDITION_MAX, IdleTimeouts, Settings};

use crate::{
    Brand, Logo, MemberRole, Role, Share, key,
    members::Members,
    record::{Change, ShareChange},
    shares::Shares,
};

/// A project.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Project {
    /// Slug of the name; part of every event's identity.
    pub id: String,
    /// Name as given.
    pub name: String,
    /// Zone in which days begin for this project's figures, unless a query says another.
    pub timezone: Tz,
    /// What it decides about its figures.
    pub settings: Arc<Settings>,
    /// How its chats are cut: what the settings say of that, and how often that has changed.
    pub idle: Arc<IdleTimeouts>,
    /// How its pages look.
    pub brand: Arc<Brand>,
    /// The logo on them.
    pub logo: Option<Logo>,
}

impl Project {
    /// A project that decides nothing about its figures.
    pub fn new(id: &str, name: &str, timezone: Tz) -> Project {
        Project {
            id: id.to_owned(),
            name: name.to_owned(),
            timezone,
            settings: Arc::default(),
            idle: Arc::default(),
            brand: Arc::default(),
            logo: None,
        }
    }
}

/// What an accepted key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// The key's public id.
    pub key_id: Arc<str>,
    /// The project; `None` means every project (the first administrator's key).
    pub project: Option<Arc<str>>,
    /// `production`, `development` or another.
    pub environment: Arc<str>,
    /// What it may do.
    pub role: Role,
    /// The AI agent whose key it is.
    pub bot_id: Option<Arc<str>>,
    /// The pages that may send with it; none means every page. Browsers' keys alone have them.
    pub origins: Arc<[String]>,
    /// By what somebody has it.
    pub holder: Holder,
}

/// By what somebody has a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Holder {
    /// By a key.
    Key,
    /// As a member of a role.
    Member(MemberRole),
    /// By a share: figures alone, of nobody in particular.
    Share,
}

impl Holder {
    /// Its public name: a member's role, else what it is.
    pub fn name(self) -> &'static str {
        match self {
            Holder::Key => "key",
            Holder::Member(role) => role.name(),
            Holder::Share => "share",
        }
    }
}

impl Grant {
    /// What somebody who may read a project's figures has who is known by something else than a key; `id` says by what.
    pub fn reader(id: &str, project: &str) -> Grant {
        Grant {
            key_id: id.into(),
            project: Some(project.into()),
            environment: "production".into(),
            role: Role::Read,
            bot_id: None,
            origins: Arc::default(),
            holder: Holder::Key,
        }
    }

    /// What a member of a role has who reads a project.
    pub fn member(id: &str, project: &str, role: MemberRole) -> Grant {
        Grant { holder: Holder::Member(role), ..Grant::reader(id, project) }
    }

    /// What whoever has the link of a share has: its figures, and nothing behind them.
    pub fn share(share: &Share) -> Grant {
        Grant { holder: Holder::Share, ..Grant::reader(&format!("share {}", share.id), &share.project) }
    }

    /// What an administrator has, who owns every project; `id` says by what.
    pub fn administrator(id: &str) -> Grant {
        Grant { project: None, role: Role::Admin, ..Grant::reader(id, "") }
    }

    /// The same with the power to change the project's settings, keys and members.
    #[must_use]
    pub fn managing(self) -> Grant {
        Grant { role: Role::Admin, ..self }
    }

    /// Whether the figures of single agents are shown.
    pub fn may_single_out_agents(&self) -> bool {
        match self.holder {
            Holder::Key => true,
            Holder::Member(role) => role.may_single_out_agents(),
            Holder::Share => false,
        }
    }

    /// Whether conversations are shown with what was written in them.
    pub fn may_read_conversations(&self) -> bool {
        match self.holder {
            Holder::Key => true,
            Holder::Member(role) => role.may_read_conversations(),
            Holder::Share => false,
        }
    }

    /// Whether what people wrote is shown where figures are: questions, comments, what dead letters say.
    pub fn may_read_texts(&self) -> bool {
        match self.holder {
            Holder::Key => true,
            Holder::Member(role) => role.may_read_texts(),
            Holder::Share => false,
        }
    }

    /// Whether there is more for its holder than the figures of one page: what is behind them, files, the present.
    pub fn may_look_behind(&self) -> bool {
        self.holder != Holder::Share
    }

    /// Whether a page of this origin may send with the key: a browser's key, and the page is one of its own.
    pub fn may_send_from(&self, origin: &str) -> bool {
        self.role == Role::Browser && (self.origins.is_empty() || self.origins.iter().any(|own| own == origin))
    }
}

/// The outcome of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applied {
    /// It changed the state.
    Changed,
    /// It says again, or too late, what is settled; the state stays.
    Ignored,
    /// It cannot be understood.
    Malformed,
}

/// Projects and keys.
#[derive(Default)]
pub(crate) struct State {
    /// By id, with the offset of the record that created it.
    projects: BTreeMap<String, (u64, Arc<Project>)>,
    keys: HashMap<key::Hash, Grant>,
    /// Hash by key id, kept after a key was revoked.
    hashes: HashMap<String, key::Hash>,
    pub(crate) members: Members,
    pub(crate) shares: Shares,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("projects", &self.projects.len()).field("keys", &self.keys.len()).finish()
    }
}

impl State {
    /// Takes in the next record of the topic.
    pub(crate) fn apply(&mut self, offset: u64, body: &[u8]) -> Applied {
        let Ok(change) = serde_json::from_slice::<Change>(body) else { return Applied::Malformed };
        match change {
            Change::Member(change) => self.members.apply(offset, change),
            Change::Share(change) => self.share(change),
            Change::ProjectCreated { id, name, timezone, .. } => {
                let Ok(timezone) = timezone.parse() else { return Applied::Malformed };
                self.create_project(offset, Project::new(&id, &name, timezone))
            }
            Change::SettingsChanged { project, settings, .. } => self.change_settings(&project, *settings),
            Change::BrandChanged { project, brand, .. } => {
                self.change_project(&project, |held| held.brand = Arc::from(brand))
            }
            Change::LogoChanged { project, base64: None, .. } => self.change_project(&project, |held| held.logo = None),
            Change::LogoChanged { project, base64: Some(base64), .. } => match Logo::stored(&base64) {
                Some(logo) => self.change_project(&project, |held| held.logo = Some(logo)),
                None => Applied::Malformed,
            },
            Change::KeyRevoked { id, .. } => match self.hashes.get(&id).and_then(|hash| self.keys.remove(hash)) {
                Some(_) => Applied::Changed,
                None => Applied::Ignored,
            },
            Change::KeyCreated { id, project, environment, role, bot_id, origins, sha256, .. } => {
                let Some(hash) = key::parse_hash(&sha256) else { return Applied::Malformed };
                // A key of no project would be a key of every project: refused, not guessed at.
                if !self.projects.contains_key(&project) {
                    return Applied::Malformed;
                }
                if self.hashes.contains_key(&id) || self.keys.contains_key(&hash) {
                    return Applied::Ignored;
                }
                let grant = Grant {
                    key_id: id.as_str().into(),
                    project: Some(project.into()),
                    environment: environment.into(),
                    role,
                    bot_id: bot_id.map(Into::into),
                    origins: origins.into(),
                    holder: Holder::Key,
                };
                self.hashes.insert(id, hash);
                self.keys.insert(hash, grant);
                Applied::Changed
            }
        }
    }

    /// A share of no project would be one of whatever comes to have its name: refused.
    fn share(&mut self, change: ShareChange) -> Applied {
        match &change {
            ShareChange::Created { project, .. } if !self.projects.contains_key(project) => Applied::Malformed,
            _ => self.shares.apply(change),
        }
    }

    fn create_project(&mut self, offset: u64, project: Project) -> Applied {
        if project.id.is_empty() {
            return Applied::Malformed;
        }
        if self.projects.contains_key(&project.id) {
            return Applied::Ignored;
        }
        self.projects.insert(project.id.clone(), (offset, Arc::new(project)));
        Applied::Changed
    }

    fn change_project(&mut self, project: &str, change: impl FnOnce(&mut Project)) -> Applied {
        let Some((_, held)) = self.projects.get_mut(project) else { return Applied::Malformed };
        change(Arc::make_mut(held));
        Applied::Changed
    }

    fn change_settings(&mut self, project: &str, settings: Settings) -> Applied {
        let Some((_, held)) = self.projects.get_mut(project).filter(|_| settings.complaint().is_none()) else {
            return Applied::Malformed;
        };
        let idle = if settings.idle_timeouts_s == held.settings.idle_timeouts_s {
            Arc::clone(&held.idle)
        } else if held.idle.edition() == EDITION_MAX {
            return Applied::Malformed;
        } else {
            Arc::new(IdleTimeouts::new(held.idle.edition() + 1, settings.idle_timeouts_s.clone()))
        };
        *held = Arc::new(Project { settings: Arc::new(settings), idle, ..Project::clone(held) });
        Applied::Changed
    }

    /// Offset of the record that created a project.
    pub(crate) fn created_at_offset(&self, project: &str) -> Option<u64> {
        self.projects.get(project).map(|(offset, _)| *offset)
    }

    pub(crate) fn grant(&self, hash: &key::Hash) -> Option<Grant> {
        self.keys.get(hash).cloned()
    }

    /// A key that is honoured, by its id, and its hash.
    pub(crate) fn key(&self, id: &str) -> Option<(Grant, key::Hash)> {
        let hash = self.hashes.get(id)?;
        self.keys.get(hash).map(|grant| (grant.clone(), *hash))
    }

    /// The keys of a project that are honoured, the oldest first.
    pub(crate) fn keys(&self, project: &str) -> Vec<Grant> {
        let own = self.keys.values().filter(|grant| grant.project.as_deref() == Some(project));
        let mut keys: Vec<Grant> = own.cloned().collect();
        // Their ids begin with the time.
        keys.sort_by(|one, other| one.key_id.cmp(&other.key_id));
        keys
    }

    /// The environments that a project's keys are of, in order.
    pub(crate) fn environments(&self, project: &str) -> BTreeSet<Arc<str>> {
        let own = self.keys.values().filter(|grant| grant.project.as_deref() == Some(project));
        own.map(|grant| Arc::clone(&grant.environment)).collect()
    }

    /// Whether any key lets pages of this origin send.
    pub(crate) fn may_any_send_from(&self, origin: &str) -> bool {
        self.keys.values().any(|grant| grant.may_send_from(origin))
    }

    pub(crate) fn project(&self, id: &str) -> Option<Arc<Project>> {
        self.projects.get(id).map(|(_, project)| Arc::clone(project))
    }

    pub(crate) fn projects(&self) -> Vec<Arc<Project>> {
        self.projects.values().map(|(_, project)| Arc::clone(project)).collect()
    }

    pub(crate) fn has_key(&self, id: &str) -> bool {
        self.hashes.contains_key(id)
    }
}
