//! The port to ClickHouse: tables, questions and the metric registry.

pub mod query;
pub mod registry;
