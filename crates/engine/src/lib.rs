//! The embedded ClickHouse engine: libchdb behind ClickHouse's own HTTP interface, as a supervised child process.
//!
//! [`run_blocking`] is the child: it loads the library, opens the data directory, serves `/` and `/ping` to any
//! ClickHouse client, and leaves the process when told to. [`Supervisor`] is the parent's side: it starts the child,
//! keeps its address, and starts it again when it dies.
//!
//! The library runs whatever it is given, with the rights of the process, so everything that makes it safe is here:
//! one statement a request, inserted data never read as SQL, no files and no network from SQL, bounded bodies, bounded
//! concurrency, cancellation, and one process per directory. All `unsafe` code of this crate is in `ffi.rs`.

mod body;
mod config;
mod engine;
mod error;
mod exception;
mod execute;
mod ffi;
mod format;
mod library;
mod listener;
mod lock;
mod options;
mod plan;
mod process;
mod request;
mod response;
mod server;
mod sql;
mod supervisor;

pub use error::Error;
pub use library::{check_cpu, find_library};
pub use options::{DATABASE, Limits, Options};
pub use process::run_blocking;
pub use supervisor::{Supervisor, SupervisorOptions};
