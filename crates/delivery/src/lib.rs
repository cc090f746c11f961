//! Which records count, what is closed, where a new owner begins: the rules of exactly-once delivery as pure decisions.
//!
//! Facts go in, a decision comes out; the worker executes it. Nothing here knows an event, a row or any I/O, and nothing
//! reads a clock: append times are arguments. The rules and the schedules that broke their predecessors are in
//! `docs/adr/0001-delivery.md`; rule names (R1 …) are those of that page.

mod context;
mod frontier;
mod recover;
mod segment;

pub use context::{Context, Identity, Sighting};
pub use frontier::Frontier;
pub use recover::{Refusal, Resume, ResumeFacts, Start, StretchFacts, resume, stretch_start};
pub use segment::{AppendTime, Segment, Settings};
