//! The worker: consume, deduplicate, fold, insert, read back, commit, take over.
//!
//! The chain, in one breath: `consume` reads records of a partition; `pipeline` makes events of them; the partition's
//! `delivery::Context` tells copies from events that count; `rollup::contribution` says what an event adds; the rows go into a
//! `Batch`; `flush` writes it, publishes progress and commits; `derive` folds the conversations that were touched; `seal` reads
//! back what is closed and moves the sealed position; `takeover` rebuilds a partition's memory from its stretch of the journal.
//!
//! Invariant: a worker's memory is a pure function of a bounded stretch of its partitions' journal. Nothing read from the
//! warehouse is state; it is only evidence that rows are there.

mod batch;
mod dead_letters;
mod derive;
mod erasure;
mod error;
mod flush;
mod idle;
mod letter;
mod metrics;
mod options;
mod owners;
mod partition;
mod pipeline;
mod rederive;
mod resident;
mod run;
mod schemas;
mod seal;
mod status;
mod symbols;
mod takeover;
mod takeovers;

pub use batch::Rows;
pub use erasure::Erasures;
pub use error::Error;
pub use idle::{Decisions, Idle};
pub use options::{Clock, Deps, Options};
pub use partition::{Applied, PartitionFold, Snapshot};
pub use run::run;
pub use schemas::Registry;
pub use status::{PartitionStatus, Status};
