//! The records that an appender writes, and that a test expects to find again.

use journal::NewRecord;

/// Records of one append.
pub(crate) const RECORDS: u64 = 3;

/// Record `number`: its number, then bytes that follow from it.
pub(crate) fn record(number: u64, bytes: usize) -> NewRecord {
    let mut value = number.to_le_bytes().to_vec();
    value.resize(bytes.max(8), number as u8);
    NewRecord { key: format!("c-{}", number % 7).into(), value: value.into(), headers: Vec::new() }
}
