//! The handle through which everything else sees projects, keys and members.

use std::{
    collections::BTreeSet,
    fmt,
    future::Future,
    pin::pin,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{SecondsFormat, Utc};
use chrono_tz::Tz;
use journal::{ErrorClass, Journal, NewRecord, ReadLimit, Topic};
use rollup::{EDITION_MAX, Settings};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{
    Error, Grant, Holder, PlainKey, Project, Role, key, name, origin,
    password::Passwords,
    record::Change,
    state::{Applied, State},
};

/// The control topic has one partition.
const PARTITION: u16 = 0;
const READ: ReadLimit = ReadLimit { records: 1_000, bytes: 4 << 20 };
/// How long `follow` waits after a failed read.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// Longest name of a project, in characters.
const NAME_CHARS_MAX: usize = 120;
/// Longest name of a bot, in characters: as long as an event may say it.
const BOT_CHARS_MAX: usize = 255;
/// Longest name of a key's environment, in bytes.
const ENVIRONMENT_BYTES_MAX: usize = 40;
/// The key id under which the first administrator's key appears.
const ADMIN_KEY_ID: &str = "admin";

/// Projects, keys and members. Clones share one state.
#[derive(Clone)]
pub struct Control {
    inner: Arc<Inner>,
}

struct Inner {
    journal: Arc<dyn Journal>,
    admin: Option<key::Hash>,
    state: RwLock<State>,
    /// Next offset to read. Held while reading, so that records are applied once and in order.
    next: Mutex<u64>,
    /// One creation at a time in this process, so that of two equal names the second is told.
    creating: Mutex<()>,
    passwords: Passwords,
    skipped: AtomicU64,
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("skipped_records", &self.skipped_records()).finish_non_exhaustive()
    }
}

/// A key to be created.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Id of an existing project.
    pub project: String,
    /// `production`, `development` or another name of lower-case letters, digits and dashes.
    pub environment: String,
    /// What it may do.
    pub role: Role,
    /// The AI agent whose key it is.
    pub bot_id: Option<String>,
    /// The pages that may send with it, as `https://shop.example`; none means every page. For browsers' keys alone.
    pub origins: Vec<String>,
}

/// A key that was created. Its `Debug` output does not show the key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CreatedKey {
    /// Public id, for lists and for revoking.
    pub id: String,
    /// The key; nothing else remembers it.
    pub key: PlainKey,
    /// Its origins, as browsers write them.
    pub origins: Vec<String>,
}

impl Control {
    /// Replays the control topic. `admin_key` is accepted as an administrator of every project, besides the keys on the topic.
    ///
    /// # Errors
    /// If the journal cannot be read, or the administrator's key is empty.
    pub async fn open(journal: Arc<dyn Journal>, admin_key: Option<&str>) -> Result<Control, Error> {
        if admin_key.is_some_and(|key| key.trim().is_empty()) {
            return Err(Error::Invalid("the administrator's key is empty: give one, or leave it out".to_owned()));
        }
        let first = journal.offsets(Topic::Control, PARTITION).await?.first;
        let control = Control {
            inner: Arc::new(Inner {
                journal,
                admin: admin_key.map(key::hash),
                state: RwLock::default(),
                next: Mutex::new(first),
                creating: Mutex::default(),
                passwords: Passwords::default(),
                skipped: AtomicU64::new(0),
            }),
        };
        control.learn().await?;
        Ok(control)
    }

    /// What a key may do; `None` if it was never given out, or was revoked. Looked up by SHA-256, so that the time it takes
    /// says nothing about any key.
    pub fn authenticate(&self, key: &str) -> Option<Grant> {
        let hash = key::hash(key);
        if self.inner.admin == Some(hash) {
            return Some(administrators_grant());
        }
        self.read_state(|state| state.grant(&hash))
    }

    /// What a key may do that is honoured, by its id, with its SHA-256: what stands on the key ends with it.
    pub fn key(&self, id: &str) -> Option<(Grant, [u8; 32])> {
        if id == ADMIN_KEY_ID {
            return self.inner.admin.map(|hash| (administrators_grant(), hash));
        }
        self.read_state(|state| state.key(id))
    }

    /// The keys of a project that are honoured, the oldest first.
    pub fn keys(&self, project: &str) -> Vec<Grant> {
        self.read_state(|state| state.keys(project))
    }

    /// Whether any key lets pages of this origin send: what can be said before a page has shown its key.
    pub fn may_any_send_from(&self, origin: &str) -> bool {
        self.read_state(|state| state.may_any_send_from(origin))
    }

    /// The project of an id.
    pub fn project(&self, id: &str) -> Option<Arc<Project>> {
        self.read_state(|state| state.project(id))
    }

    /// The environments that a project's keys are of, in order.
    pub fn environments(&self, project: &str) -> BTreeSet<Arc<str>> {
        self.read_state(|state| state.environments(project))
    }

    /// All projects by id.
    pub fn projects(&self) -> Vec<Arc<Project>> {
        self.read_state(State::projects)
    }

    /// Records of the topic that could not be understood and were skipped.
    pub fn skipped_records(&self) -> u64 {
        self.inner.skipped.load(Ordering::Relaxed)
    }

    /// Creates a project; its id is a slug of the name. Resolves when this handle knows it.
    ///
    /// # Errors
    /// `ProjectExists` for a name that is taken; `Invalid` for an empty, unprintable or too long one; `Journal` if it could not be written.
    pub async fn create_project(&self, name: &str, timezone: Tz) -> Result<Project, Error> {
        let name = name::checked("a project's name", name, NAME_CHARS_MAX)?;
        let id = slug(name);
        let exists = || Error::ProjectExists { name: name.to_owned(), id: id.clone() };
        let _creating = self.inner.creating.lock().await;
        self.learn().await?;
        if self.project(&id).is_some() {
            return Err(exists());
        }
        let change = Change::ProjectCreated {
            id: id.clone(),
            name: name.to_owned(),
            timezone: timezone.name().to_owned(),
            created_at: now(),
        };
        let offset = self.write(&id, &change).await?;
        if self.read_state(|state| state.created_at_offset(&id)) != Some(offset) {
            // Another process was faster: the first record of an id wins.
            return Err(exists());
        }
        Ok(Project::new(&id, name, timezone))
    }

    /// Changes a project's settings: each field of `changes` replaces the project's own, null brings back the default. Resolves when
    /// this handle knows them.
    ///
    /// # Errors
    /// `UnknownProject`; `InvalidSettings` for what is wrong, or does not exist; `Journal` if they could not be written.
    pub async fn change_settings(&self, project: &str, changes: Map<String, Value>) -> Result<Arc<Project>, Error> {
        let _creating = self.inner.creating.lock().await;
        self.learn().await?;
        let held = self.project(project).ok_or_else(|| Error::UnknownProject(project.to_owned()))?;
        let mut all = serde_json::to_value(&*held.settings).expect("settings are always JSON");
        for (name, value) in changes {
            all[name] = value;
        }
        if let Some(fields) = all.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        let settings: Settings =
            serde_json::from_value(all).map_err(|error| Error::InvalidSettings(error.to_string()))?;
        if let Some(complaint) = settings.complaint() {
            return Err(Error::InvalidSettings(complaint));
        }
        if settings.idle_timeouts_s != held.settings.idle_timeouts_s && held.idle.edition() == EDITION_MAX {
            return Err(Error::InvalidSettings(format!(
                "idle_timeouts_s was changed {EDITION_MAX} times, which is the most"
            )));
        }
        let id = project.to_owned();
        let change = Change::SettingsChanged { project: id, settings: Box::new(settings), changed_at: now() };
        self.write(project, &change).await?;
        self.project(project).ok_or_else(|| Error::UnknownProject(project.to_owned()))
    }

    /// Creates a key. Resolves when this handle honours it; the answer is the only place where the key itself stands.
    ///
    /// # Errors
    /// `UnknownProject`; `Invalid` for an environment or a bot that is no name; `InvalidOrigin`; `Journal` if it could not be written.
    pub async fn create_key(&self, new: NewKey) -> Result<CreatedKey, Error> {
        let is_name = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        let environment = &new.environment;
        if environment.is_empty() || environment.len() > ENVIRONMENT_BYTES_MAX || !environment.bytes().all(is_name) {
            let environment: String = environment.chars().take(80).collect();
            return Err(Error::Invalid(format!(
                "{environment:?} is no environment: use production, development, or up to {ENVIRONMENT_BYTES_MAX} lower-case \
                 letters, digits, dashes and underscores"
            )));
        }
        if new.role != Role::Browser && !new.origins.is_empty() {
            let role = new.role;
            return Err(Error::InvalidOrigin(format!(
                "a key of role {role} has no origins: it must not stand in a page"
            )));
        }
        let bot_id = match &new.bot_id {
            Some(bot) => Some(name::checked("a bot's name", bot, BOT_CHARS_MAX)?.to_owned()),
            None => None,
        };
        let origins = origin::normalised(&new.origins)?;
        self.learn().await?;
        if self.project(&new.project).is_none() {
            return Err(Error::UnknownProject(new.project));
        }
        let key = PlainKey::random()
            .map_err(|error| journal::Error::Away(format!("the system gives no random numbers: {error}")))?;
        let id = Uuid::now_v7().to_string();
        let change = Change::KeyCreated {
            id: id.clone(),
            project: new.project,
            environment: new.environment,
            role: new.role,
            bot_id,
            origins: origins.clone(),
            sha256: key::hex(&key::hash(key.reveal())),
            created_at: now(),
        };
        self.write(&id, &change).await?;
        Ok(CreatedKey { id, key, origins })
    }

    /// Revokes a key. Resolves when this handle refuses it; revoking it again changes nothing.
    ///
    /// # Errors
    /// `UnknownKey` for an id that was never given out; `Journal` if it could not be written.
    pub async fn revoke_key(&self, id: &str) -> Result<(), Error> {
        self.learn().await?;
        if !self.read_state(|state| state.has_key(id)) {
            return Err(Error::UnknownKey(id.to_owned()));
        }
        self.write(id, &Change::KeyRevoked { id: id.to_owned(), revoked_at: now() }).await?;
        Ok(())
    }

    /// Applies new records as they come, until `shutdown` resolves. Outages of the journal are waited out.
    pub async fn follow(self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let work = async {
            loop {
                let next = *self.inner.next.lock().await;
                self.inner.journal.wait_beyond(Topic::Control, vec![next]).await;
                if let Err(error) = self.learn().await {
                    let is_fatal = error.class() == ErrorClass::Fatal;
                    tracing::warn!(%error, is_fatal, "the control topic cannot be read; trying again");
                    tokio::time::sleep(RETRY_INTERVAL).await;
                }
            }
        };
        tokio::select! {
            () = &mut shutdown => {}
            () = work => {}
        }
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.inner.passwords
    }

    pub(crate) fn read_state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.inner.state.read().expect("no holder of this lock panics"))
    }

    /// Writes a change, and applies the topic beyond it; answers its offset.
    pub(crate) async fn write(&self, key: &str, change: &Change) -> Result<u64, Error> {
        let body = change.encode();
        let record = NewRecord { key: key.to_owned().into(), value: body.into(), headers: Vec::new() };
        let places = self.inner.journal.append(Topic::Control, vec![record]).await?;
        self.learn().await?;
        Ok(places.first().expect("an append answers for each of its records").offset)
    }

    /// Learns everything that is on the topic now.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn learn(&self) -> Result<(), journal::Error> {
        let mut next = self.inner.next.lock().await;
        loop {
            let records = self.inner.journal.read(Topic::Control, PARTITION, *next, READ).await?;
            if records.is_empty() {
                return Ok(());
            }
            let mut state = self.inner.state.write().expect("no holder of this lock panics");
            for record in records {
                if state.apply(record.offset, &record.value) == Applied::Malformed {
                    self.inner.skipped.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(offset = record.offset, "a control record cannot be understood and was skipped");
                }
                *next = record.offset + 1;
            }
        }
    }
}

/// What the first administrator's key may do.
fn administrators_grant() -> Grant {
    Grant {
        key_id: ADMIN_KEY_ID.into(),
        project: None,
        environment: "production".into(),
        role: Role::Admin,
        bot_id: None,
        origins: Arc::default(),
        holder: Holder::Key,
    }
}

pub(crate) fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Lower-case letters and digits of the name, everything else as single dashes. A name without any gets a hash of itself.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { format!("p-{}", &key::hex(&Sha256::digest(name))[..8]) } else { slug.to_owned() }
}
