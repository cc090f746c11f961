//! The two ports, opened as the settings say: the embedded journal, and the embedded engine or a ClickHouse server.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use anyhow::Context;
use engine::{Supervisor, SupervisorOptions};
use journal::embedded::{EmbeddedJournal, Options};

use crate::settings::Settings;

/// Longest time the engine may take to stop: with the drain before it, less than ten seconds.
const ENGINE_STOP: Duration = Duration::from_secs(4);

/// Opens the embedded journal of the settings' data directory.
///
/// # Errors
/// When the directory cannot be used.
pub(super) fn open_journal(settings: &Settings) -> anyhow::Result<EmbeddedJournal> {
    let options = Options { retention: Some(settings.journal.retention.get()), ..Options::default() };
    EmbeddedJournal::open(settings.data.dir.join("journal"), options).context("the journal cannot be opened")
}

/// The warehouse: a client, and the engine's process if it is embedded.
pub(super) struct Warehouse {
    pub(super) client: warehouse::Client,
    pub(super) url: String,
    pub(super) engine: Option<Supervisor>,
}

/// Starts the embedded engine, or takes the server that the settings name. Blocks until the engine answers.
///
/// # Errors
/// When the engine cannot run here or cannot start; the message says what to do.
pub(super) fn open_warehouse(settings: &Settings) -> anyhow::Result<Warehouse> {
    let server = &settings.warehouse;
    if !server.url.is_empty() {
        let url = server.url.address();
        let (user, password) =
            server.url.credentials().unwrap_or_else(|| (server.user.clone(), server.password.clone()));
        let client = warehouse::Client::connect(&url, &user, password.reveal());
        return Ok(Warehouse { client, url, engine: None });
    }
    engine::check_cpu()?;
    let library = library(settings)?;
    let program = std::env::current_exe().context("the program cannot find itself")?;
    let data = std::path::absolute(settings.data.dir.join("warehouse"))?;
    let arguments: Vec<OsString> = vec![
        "warehouse".into(),
        "--data-dir".into(),
        data.into(),
        "--listen".into(),
        settings.engine.listen.clone().into(),
        "--library".into(),
        library.into(),
    ];
    let options = SupervisorOptions { stop_timeout: ENGINE_STOP, ..SupervisorOptions::default() };
    let engine = Supervisor::spawn(&program, arguments, options)?;
    let url = engine.url();
    Ok(Warehouse { client: warehouse::Client::connect(&url, "default", ""), url, engine: Some(engine) })
}

/// The engine's library: the one that the settings name, or the one that was fetched.
///
/// # Errors
/// When there is none; the message says how to get it.
pub(crate) fn library(settings: &Settings) -> anyhow::Result<PathBuf> {
    let named = &settings.engine.library;
    if named.as_os_str().is_empty() { Ok(engine::find_library()?) } else { Ok(std::path::absolute(named)?) }
}
