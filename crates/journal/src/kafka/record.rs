//! Messages of the library to records.

use bytes::{Bytes, BytesMut};

use super::queue::Message;
use crate::Record;

/// Keys and values are copied into pieces of about this size, which records share.
const PIECE_BYTES: usize = 64 << 10;

/// Copies messages into as few allocations as is good for them.
#[derive(Debug, Default)]
pub(super) struct Copier {
    piece: BytesMut,
}

impl Copier {
    pub(super) fn copy(&mut self, message: &Message, offset: u64) -> Record {
        let (key, value) = (message.key(), message.value());
        let needed = key.len() + value.len();
        if self.piece.capacity() < needed {
            self.piece = BytesMut::with_capacity(needed.max(PIECE_BYTES));
        }
        Record {
            offset,
            append_time_ms: message.time_ms().max(0),
            key: self.bytes(key),
            value: self.bytes(value),
            headers: message.headers().map(|(name, value)| (name.to_owned(), Bytes::copy_from_slice(value))).collect(),
        }
    }

    fn bytes(&mut self, from: &[u8]) -> Bytes {
        if from.is_empty() {
            return Bytes::new();
        }
        self.piece.extend_from_slice(from);
        self.piece.split().freeze()
    }
}
