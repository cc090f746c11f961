//! The two ports, opened as the settings say: the embedded journal, and the embedded engine or a ClickHouse server.

use std::{ffi::OsString, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use engine::{Supervisor, SupervisorOptions};
use gateway::{Intake, Spool, SpoolOptions};
use journal::{
    Journal, Topic,
    embedded::{EmbeddedJournal, Hold, Options},
    kafka::KafkaJournal,
};

use crate::{files, settings::Settings};

/// Longest time the engine may take to stop: with the drain before it, less than ten seconds.
const ENGINE_STOP: Duration = Duration::from_secs(4);

/// Opens the embedded journal of the settings' data directory.
///
/// # Errors
/// When the directory cannot be used.
pub(super) fn open_journal(settings: &Settings) -> anyhow::Result<EmbeddedJournal> {
    let directory = settings.data.dir.join("journal");
    files::make_own_directory(&directory)?;
    EmbeddedJournal::open(directory, journal_options(settings)).context("the journal cannot be opened")
}

/// The group of the workers: of one installation among those that share brokers.
pub(super) fn worker_group(settings: &Settings) -> String {
    format!("{}{}", settings.kafka.topic_prefix, worker::Options::default().group)
}

/// Connects to the brokers that the settings name.
///
/// # Errors
/// When no broker answers, or a topic is not as it must be; the message says what to do.
pub(super) async fn connect_journal(settings: &Settings) -> anyhow::Result<KafkaJournal> {
    let kafka = &settings.kafka;
    let options = journal::kafka::Options {
        topic_prefix: kafka.topic_prefix.clone(),
        event_partitions: kafka.event_partitions,
        retention: Some(kafka.retention.get()),
        assume_topic_config: kafka.assume_topic_config,
        properties: properties(kafka.properties.reveal())?,
        ..journal::kafka::Options::new(&kafka.brokers)
    };
    KafkaJournal::connect(options).await.context("Kafka cannot be used")
}

/// Reads `name=value,name=value`; an error shows no value, since it may be a password.
fn properties(text: &str) -> anyhow::Result<Vec<(String, String)>> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty()).enumerate().map(|(index, pair)| {
        let (name, value) =
            pair.split_once('=').with_context(|| format!("kafka.properties: part {} is not name=value", index + 1))?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    });
    pairs.collect()
}

/// The gateway's door to the journal. On Kafka it has a spool in the data directory, whose lock the caller holds.
///
/// # Errors
/// When the spool's directory cannot be used.
pub(super) fn open_intake(settings: &Settings, journal: Arc<dyn Journal>) -> anyhow::Result<Intake> {
    let directory = settings.data.dir.join("spool");
    if settings.kafka.brokers.is_empty() {
        if Spool::is_left_in(&directory) {
            tracing::warn!(
                directory = %directory.display(),
                "events that were taken while Kafka was away wait here; they are drained by a start on Kafka"
            );
        }
        return Ok(Intake::new(journal));
    }
    files::make_own_directory(&directory)?;
    let options = SpoolOptions::new(settings.gateway.spool_max.bytes());
    let spool = Spool::open(directory, options).context("the spool cannot be opened")?;
    Ok(Intake::with_spool(journal, spool, settings.gateway.spool_after.get()))
}

fn journal_options(settings: &Settings) -> Options {
    let worker = worker::Options::default();
    let stretch = worker.settings.segment_ms + worker.settings.horizon_ms + worker.settings.grace_ms;
    let hold = Hold {
        group: worker.group,
        // Of the events, the worker needs what is not sealed; its sealed position stands in the metadata of its commits.
        needs: Arc::new(|topic, commit| match topic {
            Topic::Events => commit.metadata.parse().unwrap_or(0).min(commit.next_offset),
            Topic::DeadLetters | Topic::Control => commit.next_offset,
        }),
        context: Duration::from_millis(stretch.unsigned_abs()),
    };
    Options { retention: Some(settings.journal.retention.get()), hold: Some(hold), ..Options::default() }
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
    files::make_own_directory(&data)?;
    let arguments: Vec<OsString> = vec![
        "warehouse".into(),
        "--data-dir".into(),
        data.into(),
        "--listen".into(),
        settings.engine.listen.clone().into(),
        "--library".into(),
        library.into(),
    ];
    // Of the environment, which may hold secrets, the child gets what it is given here.
    let password = settings.engine.password.reveal();
    let mut environment = vec![("RAPPORT_LOG__FILTER".into(), settings.log.filter.clone().into())];
    if !password.is_empty() {
        environment.push(("RAPPORT_ENGINE__PASSWORD".into(), password.into()));
    }
    let options = SupervisorOptions { stop_timeout: ENGINE_STOP, environment, ..SupervisorOptions::default() };
    let engine = Supervisor::spawn(&program, arguments, options)?;
    let url = engine.url();
    Ok(Warehouse { client: warehouse::Client::connect(&url, "default", password), url, engine: Some(engine) })
}

/// The engine's library: the one that the settings name, or the one that was fetched.
///
/// # Errors
/// When there is none; the message says how to get it.
pub(crate) fn library(settings: &Settings) -> anyhow::Result<PathBuf> {
    let named = &settings.engine.library;
    if named.as_os_str().is_empty() { Ok(engine::find_library()?) } else { Ok(std::path::absolute(named)?) }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use journal::NewRecord;
    use testkit::{Fault, MemoryWarehouse, Planned, stream};

    use super::*;

    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

    async fn append(journal: &EmbeddedJournal, id: u64, time_ms: i64) {
        let stream::Encoded { key, value } = stream::typical(id, time_ms);
        let record = NewRecord { key: key.into(), value: value.into(), headers: Vec::new() };
        journal.append(Topic::Events, vec![record]).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_no_worker_has_finished_outlives_a_pause_that_is_longer_than_the_retention() {
        let directory = tempfile::tempdir().unwrap();
        let settings = crate::settings::load(None).unwrap().config;
        let retention = i64::try_from(settings.journal.retention.get().as_millis()).unwrap();
        let now = Arc::new(AtomicI64::new(1_700_000_000_000));
        let clock: journal::embedded::Clock = {
            let now = Arc::clone(&now);
            Arc::new(move || now.load(Ordering::SeqCst))
        };
        let open = || {
            let options = Options { clock: Arc::clone(&clock), ..journal_options(&settings) };
            Arc::new(EmbeddedJournal::open(directory.path(), options).unwrap())
        };
        let warehouse = Arc::new(MemoryWarehouse::default());
        let work = |journal: &Arc<EmbeddedJournal>| {
            let deps = worker::Deps {
                journal: Arc::clone(journal) as Arc<dyn Journal>,
                sink: Arc::clone(&warehouse) as Arc<dyn ::warehouse::Sink>,
                registry: None,
                erasures: None,
                idle: worker::Idle::default(),
                clock: Arc::clone(&clock),
                options: worker::Options { retention_ms: Some(retention), ..worker::Options::default() },
                status: worker::Status::default(),
            };
            worker::run(deps, std::future::pending())
        };
        let brief = Duration::from_millis(300);

        // The warehouse is away while ten events come, and the program is off for longer than the retention.
        let journal = open();
        warehouse.plan((2..100_000).map(|after| Planned { after, at: None, fault: Fault::Refuse }));
        for id in 0..10 {
            append(&journal, id, now.load(Ordering::SeqCst)).await;
        }
        assert!(tokio::time::timeout(brief, work(&journal)).await.is_err(), "the worker waits for its warehouse");
        // The worker's tasks let go of the journal when they have noticed their end.
        while Arc::strong_count(&journal) > 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        drop(journal);
        now.fetch_add(retention + 10 * DAY_MS, Ordering::SeqCst);

        let journal = open();
        journal.apply_retention().await.unwrap();
        append(&journal, 10, now.load(Ordering::SeqCst)).await;
        warehouse.plan([]);
        let all_in = async {
            while warehouse.tables().raw.len() < 11 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            () = all_in => {}
            outcome = work(&journal) => panic!("the worker ended: {outcome:?}"),
            () = tokio::time::sleep(Duration::from_secs(20)) => panic!("{} of 11", warehouse.tables().raw.len()),
        }
    }
}
