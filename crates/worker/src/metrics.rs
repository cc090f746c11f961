//! What a worker counts about itself.

use metrics::{counter, gauge, histogram};

/// Records folded.
pub(crate) fn records(count: u64) {
    counter!("rapport_worker_records_total").increment(count);
}

/// Rows written, by table.
pub(crate) fn rows(table: &'static str, count: usize) {
    counter!("rapport_worker_rows_total", "table" => table).increment(count as u64);
}

/// A flush took this long, seconds.
pub(crate) fn flush_seconds(seconds: f64) {
    histogram!("rapport_worker_flush_seconds").record(seconds);
}

/// A write or read of the warehouse failed and is tried again.
pub(crate) fn warehouse_retry(code: &'static str) {
    counter!("rapport_worker_warehouse_retries_total", "code" => code).increment(1);
}

/// A partition is taken over: given by the group, at a record, after a failed read-back.
pub(crate) fn takeover(cause: &'static str) {
    counter!("rapport_worker_takeovers_total", "cause" => cause).increment(1);
}

/// Segments read back: whole or lacking rows. Lacking ones were acknowledged and lost: a violation seen and healed.
pub(crate) fn read_back(whole: bool) {
    let outcome = if whole { "whole" } else { "lacking" };
    counter!("rapport_worker_segments_read_back_total", "outcome" => outcome).increment(1);
}

/// Copies taken out of the counters at a seal.
pub(crate) fn corrections(count: u64) {
    counter!("rapport_worker_corrections_total").increment(count);
}

/// Copies that did not count.
pub(crate) fn duplicate() {
    counter!("rapport_worker_duplicates_total").increment(1);
}

/// A record of the events topic went to the dead letters.
pub(crate) fn dead_letter() {
    counter!("rapport_worker_dead_letters_total").increment(1);
}

/// An event whose record has another key than its own: it counts, but copies of it may lie in another partition.
pub(crate) fn misrouted() {
    counter!("rapport_worker_misrouted_total").increment(1);
}

/// Partitions of the events that are owned, and those of them that are refused: they stay as they are until a person mends it.
pub(crate) fn partitions(owned: usize, refused: usize) {
    gauge!("rapport_worker_owned_partitions").set(owned as f64);
    gauge!("rapport_worker_refused_partitions").set(refused as f64);
}
