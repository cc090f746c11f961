//! The query API: figures over the metric registry, projects and keys, health, and the OpenAPI and AsyncAPI
//! documents.
//!
//! A question is read (`asked`, `params`), waits until the figures reach what it has to see (`wait`), is answered by the
//! warehouse, and given as JSON (`figures`, `explain`, `conversations`) or as a file (`export`). Nothing here knows SQL or the
//! events topic.

mod access;
mod asked;
mod asyncapi;
mod brand;
mod conversations;
mod delta;
mod erasures;
mod error;
mod explain;
mod export;
mod figures;
mod manage;
mod management;
mod members;
mod metrics;
mod openapi;
mod params;
mod present;
mod questions;
mod router;
mod shares;
mod wait;

pub use access::status as status_of;
pub use delta::Change;
pub use error::{Error, Told};
pub use figures::declaration;
pub use management::{Invited, Management};
pub use metrics::CATALOGUE;
pub use openapi::document;
pub use params::values_of;
pub use questions::{Parameters, QUESTIONS_MAX, Questions};
pub use router::{Deps, operations, paths, router, surface};
pub use shares::Shared;
pub use wait::Feed;
