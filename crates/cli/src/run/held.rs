//! A data directory on which no server runs, held by a command that changes its projects and keys.

use std::{path::Path, sync::Arc};

use anyhow::{Context, bail};
use chrono_tz::Tz;
use control::{Control, NewKey, Role};
use serde_json::{Value, json};

use super::{
    lock::{self, Attempt, Lock},
    secrets, stores,
};
use crate::settings;

/// The directory's control topic, open for this command alone.
pub(crate) struct Held {
    control: Control,
    runtime: tokio::runtime::Runtime,
    _lock: Lock,
}

impl Held {
    /// Locks the directory and opens its journal; makes both if they are missing.
    ///
    /// # Errors
    /// When a server has just taken the directory, or the journal cannot be opened.
    pub(crate) fn open(directory: &Path) -> anyhow::Result<Self> {
        let lock = match lock::try_lock(directory)? {
            Attempt::Taken(lock) => lock,
            Attempt::Held { .. } => bail!("{} has just been taken by a server: try again", directory.display()),
        };
        let admin_key = secrets::secrets(Some(directory))?.admin_key;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut settings = settings::load(None)?.config;
        directory.clone_into(&mut settings.data.dir);
        let journal = stores::open_journal(&settings)?;
        let control = runtime.block_on(Control::open(Arc::new(journal), Some(&admin_key)))?;
        Ok(Self { control, runtime, _lock: lock })
    }

    /// Creates a project, as `POST /api/v1/projects` does.
    ///
    /// # Errors
    /// When the zone is none or the name is taken.
    pub(crate) fn create_project(&self, name: &str, timezone: &str) -> anyhow::Result<Value> {
        let zone: Tz = timezone
            .parse()
            .ok()
            .with_context(|| format!("{timezone:?} is no time zone: use an IANA name such as Europe/Madrid"))?;
        let project = self.runtime.block_on(self.control.create_project(name, zone))?;
        Ok(json!({"id": project.id, "name": project.name, "timezone": project.timezone.name()}))
    }

    /// Creates a key, as `POST /api/v1/keys` does.
    ///
    /// # Errors
    /// When the project or the role does not exist.
    pub(crate) fn create_key(&self, wanted: &Value) -> anyhow::Result<Value> {
        let text = |field: &str| wanted[field].as_str().unwrap_or_default().to_owned();
        let role: Role = serde_json::from_value(wanted["role"].clone()).context("no such role")?;
        let project = text("project");
        // A project is named by its name or by its id.
        let known = self.control.projects().into_iter().find(|known| known.id == project || known.name == project);
        let key = self.runtime.block_on(self.control.create_key(NewKey {
            project: known.map_or(project, |known| known.id.clone()),
            environment: text("environment"),
            role,
            bot_id: wanted["bot"].as_str().map(str::to_owned),
            origins: serde_json::from_value(wanted["origins"].clone()).context("the origins are no list of texts")?,
        }))?;
        Ok(json!({"id": key.id, "key": key.key.reveal()}))
    }

    /// Revokes a key.
    ///
    /// # Errors
    /// When no key has the id.
    pub(crate) fn revoke_key(&self, id: &str) -> anyhow::Result<()> {
        Ok(self.runtime.block_on(self.control.revoke_key(id))?)
    }
}
