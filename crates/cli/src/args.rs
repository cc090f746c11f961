//! The command line: every command with its options, help and an example.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Self-hosted analytics for conversations with AI agents and human agents.
#[derive(Debug, Parser)]
#[command(name = "rapport", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Starts everything: gateway, worker and api in one process, on the embedded journal and warehouse.
    #[command(after_help = "Example:\n  rapport run --data-dir ./data --demo")]
    Run(Run),
    /// Starts a gateway alone: takes events over HTTP and appends them to Kafka.
    #[command(
        after_help = "Example:\n  RAPPORT_KAFKA__BROKERS=kafka:9092 rapport gateway --listen 0.0.0.0:8088 --data-dir /var/lib/rapport\n\nRAPPORT_ADMIN_KEY and RAPPORT_SECRET have to be set, the same for all processes."
    )]
    Gateway(Gateway),
    /// Starts a worker alone: computes figures from Kafka into ClickHouse, in a group with other workers.
    #[command(
        after_help = "Example:\n  RAPPORT_KAFKA__BROKERS=kafka:9092 RAPPORT_WAREHOUSE__URL=http://clickhouse:8123 rapport worker --listen 0.0.0.0:8089\n\nRAPPORT_ADMIN_KEY and RAPPORT_SECRET have to be set, the same for all processes."
    )]
    Worker(Service),
    /// Starts the API alone: answers questions from ClickHouse, manages projects and keys.
    #[command(
        after_help = "Example:\n  RAPPORT_KAFKA__BROKERS=kafka:9092 RAPPORT_WAREHOUSE__URL=http://clickhouse:8123 rapport api --listen 0.0.0.0:8090 --data-dir /var/lib/rapport\n\nRAPPORT_ADMIN_KEY and RAPPORT_SECRET have to be set, the same for all processes."
    )]
    Api(Api),
    /// Starts the embedded warehouse alone, over ClickHouse's HTTP interface.
    #[command(after_help = "Example:\n  rapport warehouse --data-dir ./data/warehouse --listen 127.0.0.1:8123")]
    Warehouse(Warehouse),
    /// Manages projects.
    Project(Project),
    /// Manages API keys.
    Key(Key),
    /// Sends events from files of NDJSON, plain or gzip; sending a file again changes nothing.
    #[command(
        after_help = "Example:\n  rapport import --key \"$KEY\" history.jsonl.gz\n  rapport import --key \"$KEY\" agentsight conversations.json\n\nEvents older than seven days are marked as historical. Exit code 1 if any event was rejected."
    )]
    Import(Import),
    /// Sends realistic events and measures how fast they are taken, and how soon they are visible.
    #[command(
        after_help = "Example:\n  rapport loadgen --key \"$KEY\" --rate 5000 --duration 60 --visible\n\nUse a project of its own: what is sent stays."
    )]
    Loadgen(Loadgen),
    /// Shows the configuration in force and where each value comes from, without secrets.
    #[command(after_help = "Example:\n  rapport config --config rapport.toml")]
    Config(Config),
    /// The dictionary of metrics.
    #[command(after_help = "Example:\n  rapport metrics --json | jq '.metrics[].id'")]
    Metrics(Metrics),
}

/// Options of `run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Directory that holds everything; made if missing [default: ./data].
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8088].
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Fills the project `demo` with made-up conversations of the last 90 days.
    #[arg(long)]
    pub(crate) demo: bool,
    /// Configuration file (TOML); the environment (RAPPORT_SECTION__FIELD) and options go before it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Options of `gateway`.
#[derive(Debug, Args)]
pub(crate) struct Gateway {
    /// Directory of the spool, for one gateway alone; made if missing [default: ./data].
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) service: Service,
}

/// Options of `api`.
#[derive(Debug, Args)]
pub(crate) struct Api {
    /// Directory of a spool for what AgentSight's clients send while Kafka is away, for one process alone; made if missing. Without it
    /// they are answered 503 then.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) service: Service,
}

/// Options of `gateway`, `worker` and `api`.
#[derive(Debug, Args)]
pub(crate) struct Service {
    /// Address to listen on: of the service, and of health and metrics [default: 127.0.0.1:8088].
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Configuration file (TOML); the environment (RAPPORT_SECTION__FIELD) and options go before it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Options of `warehouse`.
#[derive(Debug, Args)]
pub(crate) struct Warehouse {
    /// Directory of the warehouse; made if missing.
    #[arg(long, value_name = "DIR", default_value = "./data/warehouse")]
    pub(crate) data_dir: PathBuf,
    /// Address to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8123")]
    pub(crate) listen: String,
    /// Configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The engine's library (libchdb.so) [default: beside the program, or in .cache/engine].
    #[arg(long, value_name = "FILE")]
    pub(crate) library: Option<PathBuf>,
}

/// Which server a command talks to.
#[derive(Debug, Args)]
pub(crate) struct Reach {
    /// Data directory: the server that runs on it is asked, or the directory itself is changed when none runs.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    pub(crate) data_dir: PathBuf,
    /// Address of another server; RAPPORT_ADMIN_KEY must hold its administrator's key.
    #[arg(long, value_name = "ADDR")]
    pub(crate) url: Option<String>,
}

/// `project …`
#[derive(Debug, Args)]
pub(crate) struct Project {
    #[command(subcommand)]
    pub(crate) command: ProjectCommand,
}

/// What can be done with projects.
#[derive(Debug, Subcommand)]
pub(crate) enum ProjectCommand {
    /// Creates a project.
    #[command(after_help = "Example:\n  rapport project create shop --timezone Europe/Madrid")]
    Create {
        /// Name, by which keys are created for it.
        name: String,
        /// Zone of its days (IANA name).
        #[arg(long, value_name = "ZONE", default_value = "UTC")]
        timezone: String,
        /// Prints what was created as JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        reach: Reach,
    },
}

/// `key …`
#[derive(Debug, Args)]
pub(crate) struct Key {
    #[command(subcommand)]
    pub(crate) command: KeyCommand,
}

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Creates a key and prints it, alone: it is shown this once.
    #[command(after_help = "Example:\n  KEY=$(rapport key create --project shop --role ingest)")]
    Create {
        /// Project the key belongs to.
        #[arg(long, value_name = "NAME")]
        project: String,
        /// Environment its events belong to.
        #[arg(long, value_name = "NAME", default_value = "production")]
        environment: String,
        /// What the key may do.
        #[arg(long, value_enum, default_value = "write")]
        role: Role,
        /// Bot (AI agent) whose events the key sends.
        #[arg(long, value_name = "NAME")]
        bot: Option<String>,
        /// Origin of the pages that may send with a key of role browser, as https://shop.example; repeatable [default: every page].
        #[arg(long = "origin", value_name = "URL")]
        origins: Vec<String>,
        /// Prints the key and its id as JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        reach: Reach,
    },
    /// Revokes a key by its id.
    #[command(after_help = "Example:\n  rapport key revoke 0198c7a2-4d1f-7c3e-9b52-6d3f1f0a7e11")]
    Revoke {
        /// The id that `key create --json` printed.
        id: String,
        #[command(flatten)]
        reach: Reach,
    },
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Public, in a web page: what its visitor does.
    Browser,
    /// Servers: every event.
    Ingest,
    /// Queries alone.
    Read,
    /// Servers that also read: every event and queries, as AgentSight's SDKs need.
    Write,
    /// Every event, queries, and new keys for this project. (The key of all projects is the server's own.)
    Admin,
}

impl Role {
    /// The role's name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Role::Browser => "browser",
            Role::Ingest => "ingest",
            Role::Read => "read",
            Role::Write => "write",
            Role::Admin => "admin",
        }
    }
}

/// Options of `import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Files, or `-` for standard input; after the word `agentsight` JSON that AgentSight exported.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Key to send with.
    #[arg(long, env = "RAPPORT_KEY", hide_env_values = true)]
    pub(crate) key: String,
    /// Events a request; of `sdk-0.1` turns, and of `sdk-0.0` always one.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) batch: u32,
    /// How long a server that is away or busy is waited for, in seconds [default: 30 for one that has never answered, 300 later].
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub(crate) wait: Option<u64>,
    /// Prints the outcome as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Options of `loadgen`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Loadgen {
    /// Server to load.
    #[arg(long, value_name = "ADDR", default_value = "http://127.0.0.1:8088")]
    pub(crate) url: String,
    /// Key to send with.
    #[arg(long, env = "RAPPORT_KEY", hide_env_values = true, required_unless_present = "events", default_value = "")]
    pub(crate) key: String,
    #[command(flatten)]
    pub(crate) past: Option<Past>,
    /// Key to read with, for `--visible` [default: the key to send with].
    #[arg(long)]
    pub(crate) read_key: Option<String>,
    /// What is sent: native events, or what AgentSight's SDKs send of the same conversations.
    #[arg(long, value_enum, default_value_t = Shape::Native)]
    pub(crate) shape: Shape,
    /// Events a second over all connections; as fast as they are taken without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rate: Option<u64>,
    /// How long, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) duration: u64,
    /// Connections at once.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=256))]
    pub(crate) connections: u64,
    /// Events a request.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=5_000))]
    pub(crate) batch: u64,
    /// Seed of the events' content.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Also measures the time from acknowledgement until a figure shows an event.
    #[arg(long)]
    pub(crate) visible: bool,
    /// How long a server that is away or busy is waited for, in seconds [default: 30 for one that has never answered, 300 later].
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=86_400))]
    pub(crate) wait: Option<u64>,
    /// Prints the outcome as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A past instead of a load.
#[derive(Debug, Clone, Args)]
#[group(id = "past", requires_all = ["warehouse", "project"])]
pub(crate) struct Past {
    /// Instead of sending: writes this many events of the last 90 days straight into a warehouse, folded as a worker folds them, to
    /// measure questions on. No worker may fold the project meanwhile.
    #[arg(long = "past", value_name = "EVENTS", required = false)]
    pub(crate) events: u64,
    /// With `--past`: address of the warehouse, as ClickHouse's HTTP interface.
    #[arg(long, value_name = "URL", required = false)]
    pub(crate) warehouse: String,
    /// With `--past`: user of the warehouse.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) user: String,
    /// With `--past`: password of that user.
    #[arg(
        long,
        env = "RAPPORT_WAREHOUSE__PASSWORD",
        hide_env_values = true,
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) password: String,
    /// With `--past`: project to fill.
    #[arg(long, value_name = "NAME", required = false)]
    pub(crate) project: String,
}

/// What `loadgen` sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// Native events in batches.
    Native,
    /// AgentSight's SDK 0.0.x: an item a request.
    #[value(name = "sdk-0.0")]
    First,
    /// AgentSight's SDK 0.1.x: spans of turns.
    #[value(name = "sdk-0.1")]
    Second,
}

/// Options of `config`.
#[derive(Debug, Args)]
pub(crate) struct Config {
    /// Configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Prints it as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `metrics`.
#[derive(Debug, Args)]
pub(crate) struct Metrics {
    /// Prints the dictionary as JSON.
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// Prints the dictionary as a Markdown table.
    #[arg(long)]
    pub(crate) markdown: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command) {
            let inner: Vec<_> = command.get_subcommands().filter(|inner| inner.get_name() != "help").collect();
            for one in &inner {
                check(one);
            }
            let example = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(!inner.is_empty() || example.contains("Example:"), "{} has no example", command.get_name());
        }
        check(&Arguments::command());
    }
}
