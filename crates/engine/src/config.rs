//! The engine's own configuration files. They are written at each start and passed by name, so that a `config.xml` in
//! the working directory or in the home directory is never read in their place.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::options::Limits;
use crate::{DATABASE, Error};

/// What SQL may do: everything inside databases, and nothing outside them. `SOURCES` (files, URLs, other servers) is
/// not granted, and the database `default`, an overlay over the file system in this library, is taken away.
const GRANTS: [&str; 2] = [
    "GRANT SELECT, INSERT, ALTER, CREATE, DROP, UNDROP TABLE, TRUNCATE, OPTIMIZE, SHOW, CHECK, KILL QUERY, BACKUP, SYSTEM, \
     dictGet ON *.*",
    "REVOKE ALL ON default.*",
];

/// Settings of the one user beside its limits. Each insert is one block, so that it is in whole or not at all; rows are merged in
/// the background, not already while they are inserted. A request that asks for one of these as it is changes nothing.
pub(crate) const PROFILE: [(&str, &str); 8] = [
    ("max_insert_block_size", "10000000"),
    ("min_insert_block_size_rows", "10000000"),
    ("min_insert_block_size_bytes", "4000000000"),
    ("input_format_parallel_parsing", "0"),
    ("async_insert", "0"),
    ("insert_deduplicate", "0"),
    ("optimize_on_insert", "0"),
    ("do_not_merge_across_partitions_select_final", "1"),
];

/// The directories and files of one data directory.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The engine's own data.
    pub(crate) store: PathBuf,
    /// Where `BACKUP … TO File('…')` may write.
    pub(crate) backups: PathBuf,
    /// The working directory of the process, with the configuration files and nothing else.
    pub(crate) work: PathBuf,
}

impl Layout {
    /// Creates what is missing under `data_dir` and writes the configuration.
    pub(crate) fn prepare(data_dir: &Path, limits: &Limits) -> Result<Self, Error> {
        let failed = |error: std::io::Error| Error::Open { path: data_dir.into(), reason: error.to_string() };
        let root = data_dir.canonicalize().map_err(failed)?;
        let layout = Self { store: root.join("store"), backups: root.join("backups"), work: root.join("engine") };
        for directory in [&layout.store, &layout.backups, &layout.work] {
            make_private(directory).map_err(failed)?;
        }
        std::fs::write(layout.users_file(), users_xml(limits)).map_err(failed)?;
        std::fs::write(layout.config_file(), layout.config_xml(limits)).map_err(failed)?;
        Ok(layout)
    }

    /// The file to pass as `--config-file`.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.work.join("config.xml")
    }

    fn users_file(&self) -> PathBuf {
        self.work.join("users.xml")
    }

    fn config_xml(&self, limits: &Limits) -> String {
        format!(
            "<clickhouse>\n  <users_config>{users}</users_config>\n  \
             <max_server_memory_usage>{memory}</max_server_memory_usage>\n  \
             <mark_cache_size>{marks}</mark_cache_size>\n  <background_pool_size>{merges}</background_pool_size>\n  \
             <merge_tree><auto_statistics_types></auto_statistics_types></merge_tree>\n  \
             <backups><allowed_path>{backups}/</allowed_path></backups>\n</clickhouse>\n",
            users = escaped(&self.users_file()),
            memory = limits.memory_bytes,
            marks = limits.mark_cache_bytes,
            merges = limits.merge_threads,
            backups = escaped(&self.backups),
        )
    }
}

/// The one user and its settings. `INSERT … SELECT` sets the usual sizes of blocks again, see `execute.rs`.
fn users_xml(limits: &Limits) -> String {
    let profile: String = PROFILE.iter().map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
    let grants: String = GRANTS.iter().map(|grant| format!("<query>{grant}</query>")).collect();
    format!(
        "<clickhouse>\n  <profiles><default>\n    <max_memory_usage>{memory}</max_memory_usage>\n    \
         <max_threads>{threads}</max_threads>\n    <max_execution_time>{seconds}</max_execution_time>\n    \
         <session_timezone>UTC</session_timezone>\n    {profile}\n  </default></profiles>\n  \
         <quotas><default/></quotas>\n  <users><default><password></password><profile>default</profile>\
         <quota>default</quota><networks><ip>::/0</ip></networks><grants>{grants}</grants></default></users>\n\
         </clickhouse>\n",
        memory = limits.query_memory_bytes,
        threads = limits.threads,
        seconds = limits.query_time.as_secs_f64(),
    )
}

/// Makes a directory, and what is missing above it, that nobody but its owner can enter.
pub(crate) fn make_private(directory: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// The statement that makes sure the database exists.
pub(crate) fn create_database() -> String {
    format!("CREATE DATABASE IF NOT EXISTS {DATABASE} ENGINE = Atomic")
}

fn escaped(path: &Path) -> String {
    path.display().to_string().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
