//! The routes of AgentSight's clients, both generations, unmodified: tracking, management and reading.
//!
//! What a client sends becomes native events, which go to the journal through the gateway's library (`write`); what it reads is made
//! of the events in the warehouse (`read`). There is no other state: numbers by which clients know things are keyed hashes of ids
//! (`ids`), and what is remembered of them (`memory`) saves a look-up and decides nothing.
//!
//! **Invariant**: a tracking route never reads the warehouse. **Boundary**: only this crate knows AgentSight's wire format.

mod app;
mod error;
mod export;
mod files;
mod ids;
mod lenient;
mod memory;
mod metrics;
mod page;
mod read;
mod router;
mod shadow;
mod write;

pub use app::{BODY_MAX, Deps};
pub use export::exported;
pub use files::{Bucket, Files, FilesError, FilesPlace, forget_files};
pub use ids::number_key;
pub use metrics::CATALOGUE;
pub use router::{router, within_prefix};
pub use shadow::{Options as ShadowOptions, Shadow};
