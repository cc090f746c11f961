//! What every Rapport process needs and no domain knows: configuration, telemetry, lifecycle, health, retry schedules,
//! typed metrics and the shape of refusals.
//!
//! Nothing here is global except what the libraries below force to be (the log subscriber and the metrics recorder), and
//! nothing here knows an event, a topic or a table.

pub mod config;
pub mod health;
pub mod lifecycle;
pub mod metrics;
pub mod refusal;
pub mod retry;
pub mod telemetry;
