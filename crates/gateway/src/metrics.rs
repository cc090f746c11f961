//! What the gateway measures.

use service::metrics::{Counter, Entry, Gauge, Histogram, Unit};

use crate::judge::{self, Rejected, Warned};

/// Events that were acknowledged.
pub const ACCEPTED: Counter = Counter::new(
    "rapport_gateway_accepted_events_total",
    Unit::Count,
    "Events acknowledged: they are durable in the journal or in the spool.",
);
/// Events that were refused one by one.
pub const REJECTED: Counter = Counter::new(
    "rapport_gateway_rejected_events_total",
    Unit::Count,
    "Events refused one by one, by code: each is in the dead letters.",
);
/// Warnings about accepted events.
pub const WARNED: Counter = Counter::new(
    "rapport_gateway_warned_events_total",
    Unit::Count,
    "Accepted events that their producer should look at, by code.",
);
/// Requests that were refused as a whole.
pub const REFUSED: Counter =
    Counter::new("rapport_gateway_refused_requests_total", Unit::Count, "Requests refused as a whole, by code.");
/// Bytes received.
pub const RECEIVED: Counter =
    Counter::new("rapport_gateway_received_bytes_total", Unit::Bytes, "Bytes of bodies, as they were sent.");
/// Bytes after decompression.
pub const INFLATED: Counter =
    Counter::new("rapport_gateway_inflated_bytes_total", Unit::Bytes, "Bytes of bodies after decompression.");
/// Time from the first byte of the body's reading to the answer.
pub const REQUEST_TIME: Histogram =
    Histogram::new("rapport_gateway_request_seconds", Unit::Seconds, "Time from a request's head to its answer.");
/// Time of the journal's append.
pub const APPEND_TIME: Histogram = Histogram::new(
    "rapport_gateway_append_seconds",
    Unit::Seconds,
    "Time until the journal or the spool called a batch durable.",
);
/// Bytes of bodies in work.
pub const IN_FLIGHT: Gauge =
    Gauge::new("rapport_gateway_in_flight_bytes", Unit::Bytes, "Bytes reserved for bodies in work.");
/// Events that went into the spool.
pub const SPOOLED: Counter = Counter::new(
    "rapport_gateway_spooled_events_total",
    Unit::Count,
    "Events that were answered from the spool, because the journal was away or older ones waited there.",
);
/// Events that came out of the spool.
pub const DRAINED: Counter = Counter::new(
    "rapport_gateway_drained_events_total",
    Unit::Count,
    "Events that the drain appended to the journal; one more than once after a crash at the wrong moment.",
);
/// Bytes that wait.
pub const SPOOL_BYTES: Gauge =
    Gauge::new("rapport_gateway_spool_bytes", Unit::Bytes, "Bytes of the spool's bound that are used.");
/// Age of what waits.
pub const SPOOL_AGE: Gauge = Gauge::new(
    "rapport_gateway_spool_age_seconds",
    Unit::Seconds,
    "Time since the oldest record that the spool holds was taken; 0 when there is none.",
);

/// Every entry.
pub const CATALOGUE: [Entry; 13] = [
    ACCEPTED.entry(),
    REJECTED.entry(),
    WARNED.entry(),
    REFUSED.entry(),
    RECEIVED.entry(),
    INFLATED.entry(),
    REQUEST_TIME.entry(),
    APPEND_TIME.entry(),
    IN_FLIGHT.entry(),
    SPOOLED.entry(),
    DRAINED.entry(),
    SPOOL_BYTES.entry(),
    SPOOL_AGE.entry(),
];

/// Counts what became of the events of a request.
pub(crate) fn outcome(accepted: usize, rejected: &[Rejected], warnings: &[Warned]) {
    ACCEPTED.add(accepted as u64);
    for (code, count) in judge::count(rejected.iter().map(|rejected| rejected.code)) {
        REJECTED.add_with(&[("code", code)], count);
    }
    for (code, count) in judge::count(warnings.iter().map(|warned| warned.code)) {
        WARNED.add_with(&[("code", code)], count);
    }
}
