//! The commands, one file each.

mod config;
mod import;
mod loadgen;

pub(crate) use config::config;
pub(crate) use import::import;
pub(crate) use loadgen::loadgen;
