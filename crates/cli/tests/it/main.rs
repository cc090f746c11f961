//! The real binary on a temporary directory: what a user sees, and what happens when it is killed.

mod commands;
mod crashes;
mod figures;
mod server;
mod start;
mod tidy;
