//! The commands, one file each.

mod config;
mod import;
mod loadgen;
mod manage;
mod metrics;
mod warehouse;

pub(crate) use config::config;
pub(crate) use import::import;
pub(crate) use loadgen::loadgen;
pub(crate) use manage::{key, project};
pub(crate) use metrics::metrics;
pub(crate) use warehouse::warehouse;
