//! `rapport run`: the composition of everything in one process.

pub(crate) mod directory;
mod lock;
