//! Projects, keys and members as the records so far make them: a pure fold.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::Arc,
};

use chrono_tz::Tz;
use rollup::{EDITION_MAX, IdleTimeouts, Settings};

use crate::{MemberRole, Role, key, members::Members, record::Change};

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
}

impl Project {
    /// A project that decides nothing about its figures.
    pub fn new(id: &str, name: &str, timezone: Tz) -> Project {
        Project { id: id.to_owned(), name: name.to_owned(), timezone, settings: Arc::default(), idle: Arc::default() }
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
    /// The role of the member who has it; None where it is a key's.
    pub member: Option<MemberRole>,
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
            member: None,
        }
    }

    /// What a member of a role has who reads a project.
    pub fn member(id: &str, project: &str, role: MemberRole) -> Grant {
        Grant { member: Some(role), ..Grant::reader(id, project) }
    }

    /// The same with the power to change the project's settings, keys and members.
    #[must_use]
    pub fn managing(self) -> Grant {
        Grant { role: Role::Admin, ..self }
    }

    /// Whether the figures of single agents are shown.
    pub fn may_single_out_agents(&self) -> bool {
        self.member.is_none_or(MemberRole::may_single_out_agents)
    }

    /// Whether conversations are shown with what was written in them.
    pub fn may_read_conversations(&self) -> bool {
        self.member.is_none_or(MemberRole::may_read_conversations)
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
            Change::ProjectCreated { id, name, timezone, .. } => {
                let Ok(timezone) = timezone.parse() else { return Applied::Malformed };
                self.create_project(offset, Project::new(&id, &name, timezone))
            }
            Change::SettingsChanged { project, settings, .. } => self.change_settings(&project, *settings),
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
                    member: None,
                };
                self.hashes.insert(id, hash);
                self.keys.insert(hash, grant);
                Applied::Changed
            }
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
