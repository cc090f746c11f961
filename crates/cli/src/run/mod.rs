//! `rapport run`: gateway, worker and api in one process; `rapport gateway | worker | api`: one of them.
//!
//! The order of the start is the order of what depends on what: the directory's lock, the address, the secrets, journal and
//! engine, the control topic, the tables, the tasks. The end is the reverse, within [`DRAIN`] and the engine's own bound.

mod connections;
mod decisions;
pub(crate) mod directory;
mod held;
mod linger;
mod lock;
mod registry;
mod roles;
mod secrets;
mod serve;
mod stores;
mod watch;
mod welcome;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;

pub(crate) use held::Held;
pub(crate) use roles::Roles;
pub(crate) use stores::library;

use self::{
    directory::ServerNote,
    lock::{Attempt, Lock},
};
use crate::{
    args::{Api, Gateway, Run, Service},
    settings,
    settings::Settings,
};

/// What a process is started as.
#[derive(Debug, Clone, Copy)]
struct Start {
    roles: Roles,
    demo: bool,
    /// Whether it has a directory for what Kafka does not take now.
    spools: bool,
}

impl Start {
    fn of(roles: Roles) -> Start {
        Start { roles, demo: false, spools: roles.gateway }
    }
}

/// How long tasks may take to end after SIGTERM; the engine's stop comes after it, and both fit into ten seconds.
const DRAIN: Duration = Duration::from_secs(5);
/// How long a start waits for the directory before it is refused.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// When the configuration, the directory, the address or the engine cannot be used, or a task that may not fail failed.
pub(crate) fn run(options: &Run) -> anyhow::Result<()> {
    let settings =
        settings::of_process(options.config.as_deref(), options.listen.as_deref(), options.data_dir.as_deref())?;
    install_telemetry(&settings)?;
    let lock = lock_or_explain(&settings.data.dir)?;
    let outcome = block_on_serving(&settings, Start { demo: options.demo, ..Start::of(Roles::ALL) });
    directory::remove_note(&settings.data.dir);
    drop(lock);
    outcome
}

/// Runs a gateway until SIGTERM or SIGINT, on Kafka, with its spool in a directory of its own.
///
/// # Errors
/// When the configuration, the directory, the address or the brokers cannot be used, or a task that may not fail failed.
pub(crate) fn gateway(options: &Gateway) -> anyhow::Result<()> {
    let Gateway { data_dir, service } = options;
    let settings = settings_of_service(service, data_dir.as_deref())?;
    install_telemetry(&settings)?;
    let _lock = lock_or_explain(&settings.data.dir)?;
    block_on_serving(&settings, Start::of(Roles::GATEWAY))
}

/// Runs a worker until SIGTERM or SIGINT, on Kafka and a ClickHouse server.
///
/// # Errors
/// When the configuration, the address, the brokers or the server cannot be used, or a task that may not fail failed.
pub(crate) fn worker(options: &Service) -> anyhow::Result<()> {
    let settings = settings_with_server(options, None)?;
    install_telemetry(&settings)?;
    block_on_serving(&settings, Start::of(Roles::WORKER))
}

/// Runs an API until SIGTERM or SIGINT, on Kafka and a ClickHouse server, with a spool if it is given a directory of its own.
///
/// # Errors
/// As `worker`, and when the directory cannot be used.
pub(crate) fn api(options: &Api) -> anyhow::Result<()> {
    let Api { data_dir, service } = options;
    let settings = settings_with_server(service, data_dir.as_deref())?;
    install_telemetry(&settings)?;
    let _lock = data_dir.as_ref().map(|_| lock_or_explain(&settings.data.dir)).transpose()?;
    block_on_serving(&settings, Start { spools: data_dir.is_some(), ..Start::of(Roles::API) })
}

fn settings_with_server(options: &Service, data_dir: Option<&Path>) -> anyhow::Result<Settings> {
    let settings = settings_of_service(options, data_dir)?;
    anyhow::ensure!(
        !settings.warehouse.url.is_empty(),
        "a service of its own needs a ClickHouse server: set RAPPORT_WAREHOUSE__URL=http://host:8123, or start one with \
         `rapport warehouse`"
    );
    Ok(settings)
}

fn settings_of_service(options: &Service, data_dir: Option<&Path>) -> anyhow::Result<Settings> {
    let settings = settings::of_process(options.config.as_deref(), options.listen.as_deref(), data_dir)?;
    anyhow::ensure!(
        !settings.kafka.brokers.is_empty(),
        "a service of its own needs Kafka: set RAPPORT_KAFKA__BROKERS=host:9092 (`rapport run` needs none)"
    );
    Ok(settings)
}

fn install_telemetry(settings: &Settings) -> anyhow::Result<()> {
    Ok(service::telemetry::install(&service::telemetry::Options { filter: settings.log.filter.clone() })?)
}

/// Serves on threads of its own until the end is asked for.
fn block_on_serving(settings: &Settings, start: Start) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads to run on")?;
    let outcome = runtime.block_on(serve::serve(settings, start));
    // A task that outlived the drain must not hold up the end of the process.
    runtime.shutdown_timeout(Duration::from_millis(500));
    outcome
}

/// Takes the directory for this process.
///
/// # Errors
/// When another process has it; the message names it and its address.
fn lock_or_explain(directory: &Path) -> anyhow::Result<Lock> {
    // A process that was just killed holds its lock until the system has taken its memory back.
    let patience = Instant::now() + LOCK_PATIENCE;
    let mut attempt = lock::try_lock(directory)?;
    while matches!(attempt, Attempt::Held { .. }) && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(50));
        attempt = lock::try_lock(directory)?;
    }
    match attempt {
        Attempt::Taken(lock) => Ok(lock),
        Attempt::Held { pid } => {
            let process = pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
            let note = directory::read_note(directory)?.filter(|note: &ServerNote| Some(note.pid) == pid);
            let address = note.map_or_else(String::new, |note| format!(", which answers at {}", note.url));
            anyhow::bail!(
                "{} is in use by {process}{address}: stop it first, or choose another --data-dir",
                directory.display()
            )
        }
    }
}
