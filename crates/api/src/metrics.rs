//! What the API counts about itself.

use service::metrics::{Counter, Entry, Histogram, Unit};

/// Questions answered or refused.
pub(crate) const QUERIES: Counter = Counter::new(
    "rapport_api_queries_total",
    Unit::Count,
    "Questions to figures and conversations; label route, and outcome: ok or the code of the error.",
);

/// Time to an answer, waiting included.
pub(crate) const QUERY_SECONDS: Histogram =
    Histogram::new("rapport_api_query_seconds", Unit::Seconds, "Time to answer a question, waiting included.");

/// The catalogue of this crate.
pub const CATALOGUE: &[Entry] = &[QUERIES.entry(), QUERY_SECONDS.entry()];
