//! The data directory as other commands see it: who runs on it, at what address, with which administrator's key.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::lock::{self, Attempt};
use crate::files;

/// How long a server that is just starting is waited for.
const STARTING: Duration = Duration::from_secs(30);

/// Where `run` keeps the administrator's key.
pub(crate) fn admin_key_file(directory: &Path) -> PathBuf {
    directory.join("admin-key")
}

/// Where `run` keeps the root of every derived secret.
pub(crate) fn secret_file(directory: &Path) -> PathBuf {
    directory.join("secret")
}

/// Where `run --demo` keeps the key of the project `demo`.
pub(crate) fn demo_key_file(directory: &Path) -> PathBuf {
    directory.join("demo-key")
}

/// Where `run --demo` keeps how far the history has been sent.
pub(crate) fn demo_progress_file(directory: &Path) -> PathBuf {
    directory.join("demo-progress.json")
}

/// Where a server says that it runs; there from when it listens until it ends.
pub(crate) fn server_file(directory: &Path) -> PathBuf {
    directory.join("server.json")
}

/// What a running server writes down for other commands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServerNote {
    pub(crate) pid: u32,
    pub(crate) url: String,
    /// ClickHouse's HTTP interface, for analysts' own clients.
    pub(crate) warehouse_url: String,
}

/// A server that runs on the directory.
#[derive(Debug)]
pub(crate) struct RunningServer {
    pub(crate) url: String,
    pub(crate) admin_key: String,
}

/// The server that runs on the directory, if one does; one that is just starting is waited for.
///
/// # Errors
/// When a process holds the directory and does not say where it listens, or its key cannot be read.
pub(crate) fn running_server(directory: &Path) -> anyhow::Result<Option<RunningServer>> {
    if !directory.is_dir() {
        return Ok(None);
    }
    let deadline = Instant::now() + STARTING;
    loop {
        let pid = match lock::try_lock(directory)? {
            Attempt::Taken(_) => return Ok(None),
            Attempt::Held { pid } => pid,
        };
        if let Some(note) = read_note(directory)?.filter(|note| Some(note.pid) == pid) {
            let admin_key = match admin_key_of_environment() {
                Some(key) => key,
                None => files::read_text(&admin_key_file(directory))?
                    .context("the server was started with RAPPORT_ADMIN_KEY: set the same key here")?,
            };
            return Ok(Some(RunningServer { url: note.url, admin_key }));
        }
        if Instant::now() > deadline {
            let pid = pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string());
            bail!(
                "{} is held by process {pid}, which has not said where it listens: wait until it has started, or stop it",
                directory.display()
            );
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The address of the server that runs on the directory.
///
/// # Errors
/// When none runs.
pub(crate) fn address_of_server(directory: &Path) -> anyhow::Result<String> {
    let server = running_server(directory)?;
    Ok(server
        .with_context(|| {
            format!(
                "no server runs on {}: start one with `rapport run --data-dir {0}`, or name one with --url",
                directory.display()
            )
        })?
        .url)
}

/// What the server wrote down; also what a crashed one left, so the process id has to be compared.
pub(crate) fn read_note(directory: &Path) -> anyhow::Result<Option<ServerNote>> {
    let Some(text) = files::read_text(&server_file(directory))? else { return Ok(None) };
    Ok(serde_json::from_str(&text).ok())
}

/// Removes the note of a server that no longer runs.
pub(crate) fn remove_note(directory: &Path) {
    // One that is left lying is harmless: readers compare the process id with the lock's.
    fs::remove_file(server_file(directory)).ok();
}

/// The administrator's key, if the environment has one.
pub(crate) fn admin_key_of_environment() -> Option<String> {
    std::env::var("RAPPORT_ADMIN_KEY").ok().filter(|key| !key.is_empty())
}

/// The secret, if the environment has one.
pub(crate) fn secret_of_environment() -> Option<String> {
    std::env::var("RAPPORT_SECRET").ok().filter(|secret| !secret.is_empty())
}
