//! What the gateway measures.

use service::metrics::{Counter, Entry, Gauge, Histogram, Unit};

/// Events that were acknowledged.
pub const ACCEPTED: Counter = Counter::new(
    "rapport_gateway_accepted_events_total",
    Unit::Count,
    "Events acknowledged: they are durable in the journal.",
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
pub const APPEND_TIME: Histogram =
    Histogram::new("rapport_gateway_append_seconds", Unit::Seconds, "Time until the journal called a batch durable.");
/// Bytes of bodies in work.
pub const IN_FLIGHT: Gauge =
    Gauge::new("rapport_gateway_in_flight_bytes", Unit::Bytes, "Bytes reserved for bodies in work.");

/// Every entry.
pub const CATALOGUE: [Entry; 9] = [
    ACCEPTED.entry(),
    REJECTED.entry(),
    WARNED.entry(),
    REFUSED.entry(),
    RECEIVED.entry(),
    INFLATED.entry(),
    REQUEST_TIME.entry(),
    APPEND_TIME.entry(),
    IN_FLIGHT.entry(),
];
