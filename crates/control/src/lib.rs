//! Projects, their settings and API keys, as events on the control topic: replayed at start, followed while running.
//!
//! Invariants: a key is never stored, only its SHA-256; what cannot be understood on the topic is skipped and counted, never a
//! crash; every process that follows the same journal ends in the same state, because the first record of a project id wins.
//! What it is not: a place for the settings of processes, or for users.

mod control;
mod error;
mod key;
mod name;
mod origin;
mod record;
mod role;
mod state;
#[cfg(test)]
mod tests;

pub use control::{Control, CreatedKey, NewKey};
pub use error::Error;
pub use key::PlainKey;
pub use role::Role;
pub use state::{Grant, Project};
