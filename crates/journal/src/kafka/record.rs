//! Messages of the library to records.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::{Bytes, BytesMut};
use rdkafka::{
    Message, Timestamp,
    message::{BorrowedHeaders, BorrowedMessage, Headers},
};

use crate::Record;

/// Keys and values are copied into pieces of about this size, which records share.
const PIECE_BYTES: usize = 64 << 10;

/// Copies messages into as few allocations as is good for them.
#[derive(Debug, Default)]
pub(super) struct Copier {
    piece: BytesMut,
}

impl Copier {
    pub(super) fn copy(&mut self, message: &BorrowedMessage<'_>, offset: u64) -> Record {
        let (key, value) = (message.key().unwrap_or_default(), message.payload().unwrap_or_default());
        let needed = key.len() + value.len();
        if self.piece.capacity() < needed {
            self.piece = BytesMut::with_capacity(needed.max(PIECE_BYTES));
        }
        let append_time_ms = match message.timestamp() {
            Timestamp::LogAppendTime(at) | Timestamp::CreateTime(at) => at,
            Timestamp::NotAvailable => 0,
        };
        Record {
            offset,
            append_time_ms,
            key: self.bytes(key),
            value: self.bytes(value),
            headers: message.headers().map(headers).unwrap_or_default(),
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

/// The headers. A name that is no UTF-8 is left out: the library panics on it, and one bad record must not stop a partition.
fn headers(headers: &BorrowedHeaders) -> Vec<(String, Bytes)> {
    (0..headers.count())
        .filter_map(|index| catch_unwind(AssertUnwindSafe(|| headers.try_get(index))).ok().flatten())
        .map(|header| (header.key.to_owned(), Bytes::copy_from_slice(header.value.unwrap_or_default())))
        .collect()
}
