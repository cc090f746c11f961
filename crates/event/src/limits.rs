//! How large an event and its parts may be.

/// Bytes of one event, as JSON.
pub const EVENT_BYTES: usize = 1024 * 1024;
/// Bytes of a record's Avro body: an event of the largest size, with what a gateway adds to it.
pub const RECORD_BYTES: usize = EVENT_BYTES + 64 * 1024;
/// Characters of an id or another short name.
pub const ID_CHARS: usize = 255;
/// Characters of a comment.
pub const COMMENT_CHARS: usize = 5000;
/// Objects and lists inside each other; the event itself is the first.
pub const DEPTH: u32 = 32;
/// Keys of `metadata`.
pub const METADATA_KEYS: usize = 64;
/// Bytes of `metadata`, as JSON.
pub const METADATA_BYTES: usize = 16 * 1024;
/// Default age, in microseconds, beyond which an event must say `historical`: seven days.
pub const HORIZON_US: i64 = 7 * 24 * 3600 * 1_000_000;
