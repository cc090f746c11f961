//! What the engine is told at its start.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The database that is created at the start and is current in every connection.
pub const DATABASE: &str = "rapport";

/// Where the engine keeps its data, where it listens, and its limits.
#[derive(Clone)]
pub struct Options {
    /// The directory of the data; one process at a time may open it.
    pub data_dir: PathBuf,
    /// The address of the HTTP interface; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The password that every request must carry, when set; the user name does not matter.
    pub access_key: Option<String>,
    /// The path of `libchdb.so`, as [`crate::find_library`] gives it.
    pub library: PathBuf,
    /// How much the engine may take.
    pub limits: Limits,
}

impl Options {
    /// Options with the default limits and no password.
    #[must_use]
    pub fn new(data_dir: PathBuf, listen: SocketAddr, library: PathBuf) -> Self {
        Self { data_dir, listen, access_key: None, library, limits: Limits::default() }
    }
}

// By hand, so that the access key can never reach a log.
impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("data_dir", &self.data_dir)
            .field("listen", &self.listen)
            .field("access_key", &self.access_key.as_ref().map(|_| "(set)"))
            .field("library", &self.library)
            .field("limits", &self.limits)
            .finish()
    }
}

/// Bounds on what the engine takes. The defaults suit a machine with 2 cores and 24 GiB that also runs the rest.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of memory for the whole engine; a query that would pass it fails.
    pub memory_bytes: u64,
    /// Bytes of memory for one query.
    pub query_memory_bytes: u64,
    /// Bytes of the cache of index marks.
    pub mark_cache_bytes: u64,
    /// Threads of one query.
    pub threads: usize,
    /// Threads that merge parts in the background.
    pub merge_threads: usize,
    /// Statements that run at the same time; more wait.
    pub statements: usize,
    /// How long a statement waits for its turn before it is refused with code 202.
    pub queue_wait: Duration,
    /// How long a query may run unless it sets `max_execution_time` itself.
    pub query_time: Duration,
    /// Bytes of one request's body as it is sent.
    pub body_bytes: u64,
    /// Bytes of one request's body once decompressed.
    pub decoded_bytes: u64,
    /// Bytes of all bodies that are held at the same time.
    pub bodies_bytes: u64,
    /// How long a start waits for a process that is still leaving the directory.
    pub lock_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            memory_bytes: 8192 * MIB,
            query_memory_bytes: 4096 * MIB,
            mark_cache_bytes: 128 * MIB,
            threads: std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            merge_threads: 2,
            statements: 16,
            queue_wait: Duration::from_secs(10),
            query_time: Duration::from_secs(60),
            body_bytes: 256 * MIB,
            decoded_bytes: 2048 * MIB,
            bodies_bytes: 1024 * MIB,
            lock_wait: Duration::from_secs(10),
        }
    }
}
