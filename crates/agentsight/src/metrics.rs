//! What the routes measure: how another service answers the same calls.

use service::metrics::{Counter, Entry, Unit};

/// What became of copies of calls.
pub(crate) const COPIES: Counter = Counter::new(
    "rapport_agentsight_shadow_copies_total",
    Unit::Count,
    "Copies of tracking calls, by outcome: compared (answered), failed (no answer in time), dropped (no room), skipped (they name a \
     number that only this server knows).",
);
/// How answers differ.
pub(crate) const DIFFERENCES: Counter = Counter::new(
    "rapport_agentsight_shadow_differences_total",
    Unit::Count,
    "Answers of the other service that differ, by route and difference: status (class), body (kind), missing (a member that only \
     it has), type (of a member).",
);

/// Everything that the routes measure.
pub const CATALOGUE: &[Entry] = &[COPIES.entry(), DIFFERENCES.entry()];
