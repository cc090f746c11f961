//! Why the engine could not be started or kept running. Errors of single requests are ClickHouse exceptions instead.

use std::path::PathBuf;
use std::time::Duration;

/// What went wrong with the engine as a whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// This machine cannot run the engine.
    #[error(
        "the embedded engine cannot run here: {reason}; set RAPPORT_WAREHOUSE__URL to the URL of a ClickHouse server instead"
    )]
    Unsupported {
        /// What the machine lacks.
        reason: String,
    },
    /// `libchdb.so` is nowhere it is looked for.
    #[error(
        "libchdb.so was not found ({searched}); run `make engine`, or set RAPPORT_WAREHOUSE__URL to the URL of a ClickHouse server"
    )]
    LibraryMissing {
        /// The places that were looked at.
        searched: String,
    },
    /// The library is there and cannot be used.
    #[error(
        "{path} cannot be used: {reason}; run `make engine`, or set RAPPORT_WAREHOUSE__URL to the URL of a ClickHouse server"
    )]
    Library {
        /// The file that was tried.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// Another process has the data directory open.
    #[error("{path} is in use by another process (waited {waited:?}); one process at a time may open it")]
    Locked {
        /// The data directory.
        path: PathBuf,
        /// How long the lock was waited for.
        waited: Duration,
    },
    /// The data directory could not be prepared or opened.
    #[error("the engine could not open {path}: {reason}")]
    Open {
        /// The data directory.
        path: PathBuf,
        /// What failed.
        reason: String,
    },
    /// The address is taken or not ours.
    #[error("the engine could not listen on {address}: {reason}")]
    Listen {
        /// The address asked for.
        address: std::net::SocketAddr,
        /// What the system said.
        reason: String,
    },
    /// The child process could not be started or ended before it was ready.
    #[error("the engine process did not start: {reason}")]
    Start {
        /// What it said, or how it ended.
        reason: String,
    },
    /// The child process did not answer in time.
    #[error("the engine process was not ready after {waited:?}")]
    StartTimeout {
        /// How long it was given.
        waited: Duration,
    },
}

impl Error {
    /// A stable name for logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => "engine_unsupported",
            Self::LibraryMissing { .. } => "engine_library_missing",
            Self::Library { .. } => "engine_library_unusable",
            Self::Locked { .. } => "engine_locked",
            Self::Open { .. } => "engine_open_failed",
            Self::Listen { .. } => "engine_listen_failed",
            Self::Start { .. } => "engine_start_failed",
            Self::StartTimeout { .. } => "engine_start_timeout",
        }
    }
}
