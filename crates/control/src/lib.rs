//! Projects, their settings, API keys and members, as events on the control topic: replayed at start, followed while running.
//!
//! Invariants: a key is never stored, only its SHA-256, and of a password only what Argon2id makes of it; what cannot be understood on the topic is skipped and counted, never a
//! crash; every process that follows the same journal ends in the same state, because the first record of a project id wins.
//! What it is not: a place for the settings of processes, or for the users of conversations.

mod control;
mod error;
mod key;
mod member;
mod members;
mod name;
mod origin;
mod password;
mod people;
mod record;
mod role;
mod state;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_members;
mod token;

pub use control::{Control, CreatedKey, NewKey};
pub use error::Error;
pub use key::PlainKey;
pub use member::{Invitation, Member, MemberRole};
pub use people::{INVITATION_LASTS, Joining};
pub use role::Role;
pub use state::{Grant, Project};
pub use token::{Purpose, Tokens};
