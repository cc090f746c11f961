//! How a batch of records lies in the store: one value for many records, so that the store's cost is per batch.
//!
//! `checksum u64 | version u8 | count u32 | append_time_ms i64 | records…`, little endian; a record is
//! `key u32 | value u32 | headers u16 | (name u16 | value u32 | name | value)… | key | value` with lengths first.
//! The checksum (xxh3) covers everything after itself.

use bytes::{Buf, Bytes};
use xxhash_rust::xxh3::xxh3_64;

use crate::{NewRecord, Record};

const VERSION: u8 = 1;
const HEADER: usize = 8 + 1 + 4 + 8;

/// What the first bytes of a batch say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) count: u32,
    pub(super) append_time_ms: i64,
}

impl Head {
    /// Reads the head of a stored batch; `None` if this is no batch. The checksum is not looked at.
    pub(super) fn of(stored: &[u8]) -> Option<Head> {
        let mut rest = stored.get(8..HEADER)?;
        if rest.get_u8() != VERSION {
            return None;
        }
        Some(Head { count: rest.get_u32_le(), append_time_ms: rest.get_i64_le() })
    }
}

/// Bytes that a record takes in a batch.
pub(super) fn encoded_len(record: &NewRecord) -> usize {
    let headers: usize = record.headers.iter().map(|(name, value)| 6 + name.len() + value.len()).sum();
    10 + headers + record.key.len() + record.value.len()
}

/// Collects records into one stored value.
#[derive(Debug)]
pub(super) struct Builder {
    bytes: Vec<u8>,
    count: u32,
}

impl Builder {
    pub(super) fn new(append_time_ms: i64, capacity: usize) -> Builder {
        let mut bytes = Vec::with_capacity(HEADER + capacity);
        bytes.extend_from_slice(&[0; 8]);
        bytes.push(VERSION);
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&append_time_ms.to_le_bytes());
        Builder { bytes, count: 0 }
    }

    /// Adds a record whose lengths fit their fields (`fits`).
    pub(super) fn push(&mut self, record: &NewRecord) {
        self.count += 1;
        let bytes = &mut self.bytes;
        bytes.extend_from_slice(&(record.key.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&(record.value.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&(record.headers.len() as u16).to_le_bytes());
        for (name, value) in &record.headers {
            bytes.extend_from_slice(&(name.len() as u16).to_le_bytes());
            bytes.extend_from_slice(&(value.len() as u32).to_le_bytes());
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(value);
        }
        bytes.extend_from_slice(&record.key);
        bytes.extend_from_slice(&record.value);
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes[9..13].copy_from_slice(&self.count.to_le_bytes());
        let checksum = xxh3_64(&self.bytes[8..]);
        self.bytes[..8].copy_from_slice(&checksum.to_le_bytes());
        self.bytes
    }
}

/// Whether every part of a record fits its length field.
pub(super) fn fits(record: &NewRecord) -> bool {
    encoded_len(record) <= super::RECORD_BYTES_MAX
        && record.headers.len() <= usize::from(u16::MAX)
        && record.headers.iter().all(|(name, _)| name.len() <= usize::from(u16::MAX))
}

/// The records of a stored batch whose first offset is `base`, as slices of it.
/// `None` if the batch is damaged.
pub(super) fn records(stored: Bytes, base: u64) -> Option<Records> {
    let head = Head::of(&stored)?;
    let checksum = u64::from_le_bytes(stored[..8].try_into().expect("eight bytes are an array of eight"));
    if xxh3_64(&stored[8..]) != checksum {
        return None;
    }
    Some(Records { rest: stored.slice(HEADER..), offset: base, left: head.count, append_time_ms: head.append_time_ms })
}

/// Iterator over the records of a batch whose checksum was right.
#[derive(Debug)]
pub(super) struct Records {
    rest: Bytes,
    offset: u64,
    left: u32,
    append_time_ms: i64,
}

impl Records {
    /// Passes over records below `offset` without building them.
    pub(super) fn skip_to(&mut self, offset: u64) {
        while self.offset < offset && self.left > 0 {
            let (key, value) = (self.rest.get_u32_le() as usize, self.rest.get_u32_le() as usize);
            for _ in 0..self.rest.get_u16_le() {
                let (name, value) = (usize::from(self.rest.get_u16_le()), self.rest.get_u32_le() as usize);
                self.rest.advance(name + value);
            }
            self.rest.advance(key + value);
            self.offset += 1;
            self.left -= 1;
        }
    }
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if self.left == 0 {
            return None;
        }
        let (key, value) = (self.rest.get_u32_le() as usize, self.rest.get_u32_le() as usize);
        let headers = (0..self.rest.get_u16_le())
            .map(|_| {
                let (name, value) = (usize::from(self.rest.get_u16_le()), self.rest.get_u32_le() as usize);
                let name = String::from_utf8_lossy(&self.rest.split_to(name)).into_owned();
                (name, self.rest.split_to(value))
            })
            .collect();
        let key = self.rest.split_to(key);
        let value = self.rest.split_to(value);
        let offset = self.offset;
        self.offset += 1;
        self.left -= 1;
        Some(Record { offset, append_time_ms: self.append_time_ms, key, value, headers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &'static str, value: &'static str) -> NewRecord {
        NewRecord { key: key.into(), value: value.into(), headers: vec![("h".to_owned(), Bytes::from_static(b"v"))] }
    }

    fn stored() -> Bytes {
        let mut builder = Builder::new(-5, 0);
        builder.push(&record("a", "one"));
        builder.push(&record("", ""));
        builder.push(&NewRecord::default());
        builder.finish().into()
    }

    #[test]
    fn what_went_into_a_batch_comes_out_with_offsets_and_time() {
        let all: Vec<Record> = records(stored(), 7).unwrap().collect();
        assert_eq!(all.iter().map(|r| r.offset).collect::<Vec<_>>(), [7, 8, 9]);
        assert!(all.iter().all(|r| r.append_time_ms == -5));
        assert_eq!(all[0].headers, record("a", "one").headers);
        assert_eq!((all[0].key.as_ref(), all[0].value.as_ref()), (&b"a"[..], &b"one"[..]));
        assert_eq!((all[2].key.len(), all[2].value.len(), all[2].headers.len()), (0, 0, 0));
    }

    #[test]
    fn skipping_lands_on_the_offset_asked_for() {
        let mut all = records(stored(), 7).unwrap();
        all.skip_to(8);
        assert_eq!(all.next().unwrap().offset, 8);
    }

    #[test]
    fn a_flipped_bit_anywhere_is_noticed() {
        let good = stored();
        for at in 0..good.len() {
            let mut bad = good.to_vec();
            bad[at] ^= 4;
            assert!(records(bad.into(), 0).is_none(), "byte {at}");
        }
    }
}
