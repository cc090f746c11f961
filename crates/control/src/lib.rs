//! Projects, their settings, API keys, members and shares, as events on the control topic: replayed at start, followed while running.
//!
//! Invariants: a key is never stored, only its SHA-256, and of a password only what Argon2id makes of it; what cannot be understood on the topic is skipped and counted, never a
//! crash; every process that follows the same journal ends in the same state, because the first record of a project id wins.
//! What it is not: a place for the settings of processes, or for the users of conversations.

mod brand;
mod colour;
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
mod share;
mod shares;
mod state;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_brands;
#[cfg(test)]
mod tests_of_members;
#[cfg(test)]
mod tests_of_shares;
mod token;

pub use brand::{Brand, DARK, LIGHT, LOGO_BYTES_MAX, Logo, LogoKind, Palette};
pub use colour::Colour;
pub use control::{Control, CreatedKey, NewKey};
pub use error::Error;
pub use key::PlainKey;
pub use member::{Invitation, Member, MemberRole};
pub use people::{INVITATION_LASTS, Joining};
pub use role::Role;
pub use share::{SHARE_LASTS, SHARE_LASTS_MAX, SHARED_PAGES, SHARES_MAX, Share, Shown};
pub use state::{Grant, Holder, Project};
pub use token::{Purpose, Tokens};
