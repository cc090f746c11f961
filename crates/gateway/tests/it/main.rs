//! The gateway through its real router, over the real journal.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod bad_input;
mod batch;
mod bounds;
mod document;
mod enrichment;
mod keys;
mod mmdb;
mod moody;
mod pages;
mod server;
mod spool;
