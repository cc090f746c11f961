//! The API over HTTP, on a real journal and control log.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod brand;
mod keys;
mod members;
mod reading;
mod server;
mod shares;
