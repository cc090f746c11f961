//! HTTP ingest: authenticate, validate, enrich, append.
//!
//! `POST /v1/batch` takes a batch, finds its events without building a tree, and judges each by itself: what is right goes
//! to the journal in one append, what is wrong goes to the dead letters with its reason, and the answer comes when both are
//! durable. Everything has a bound: bytes as sent and as decompressed, events, time, events a second of a key, bytes in work.
//! While the journal is away, an [`Intake`] with a [`Spool`] keeps batches on this disk, and drains them in order.
//!
//! **Invariant**: an answer with `accepted` is given only after the journal or the spool called those events durable.
//! **Boundary**: this crate never sees the warehouse.

mod acknowledged;
mod address;
mod agent;
mod body;
mod caller;
mod config;
mod cors;
mod dead_letter;
mod door;
mod enrich;
mod error;
mod geo;
mod http;
mod intake;
mod judge;
mod limit;
pub mod metrics;
mod openapi;
mod split;
mod spool;

pub use config::{GeoOptions, Network, Options};
pub use door::{Door, Receipt, Received, Unusable};
pub use error::Error;
pub use geo::{Geo, GeoError, Place};
pub use http::{Deps, paths, router};
pub use intake::{Intake, Taken};
pub use openapi::document;
pub use spool::{Spool, SpoolOptions, Waiting};
