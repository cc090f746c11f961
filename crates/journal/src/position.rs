//! The opaque position that the gateway hands out and the API waits for: next offsets by partition of the events topic, signed
//! and encrypted.
//!
//! A position is signed so that nobody can make the API wait for offsets that will never come, and encrypted because offsets
//! count the records of every project. It is no permission. The signature of the content is also what its encryption begins
//! with (a synthetic nonce, as in RFC 5297), so equal positions have equal texts, and of two that differ nothing shows.

use std::{collections::BTreeMap, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Buf;
use hmac::{Hmac, Mac};
use sha2::Sha256;

const VERSION: u8 = 2;
/// Bytes of the truncated HMAC-SHA256: the signature, and the nonce.
const TAG: usize = 16;
/// A partition and its offset.
const ENTRY: usize = 2 + 8;
/// Longest text that is looked at: more than any number of partitions needs.
const TEXT_MAX: usize = 16 * 1024;

/// How far a reader has to be, by partition: next offsets. A partition that is not in it does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position(pub BTreeMap<u16, u64>);

/// The text is no position of this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidPosition;

impl InvalidPosition {
    /// Stable name for answers and metrics.
    pub fn code(self) -> &'static str {
        "invalid_position"
    }
}

impl fmt::Display for InvalidPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no position that this installation gave out: send it back exactly as it was received")
    }
}

impl std::error::Error for InvalidPosition {}

impl Position {
    /// The text for a client: URL-safe, signed and encrypted with the installation's secret.
    pub fn encode(&self, secret: &[u8]) -> String {
        let mut bytes = Vec::with_capacity(1 + self.0.len() * ENTRY + TAG);
        bytes.push(VERSION);
        for (partition, next) in &self.0 {
            bytes.extend_from_slice(&partition.to_be_bytes());
            bytes.extend_from_slice(&next.to_be_bytes());
        }
        let signature = mac(secret, SIGNATURE, &bytes).finalize().into_bytes();
        let mut tag = [0; TAG];
        tag.copy_from_slice(&signature[..TAG]);
        apply_keystream(secret, tag, &mut bytes);
        bytes.extend_from_slice(&tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a position that `encode` wrote with the same secret.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn decode(text: &str, secret: &[u8]) -> Result<Position, InvalidPosition> {
        if text.len() > TEXT_MAX {
            return Err(InvalidPosition);
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidPosition)?;
        let (body, tag) = bytes.split_last_chunk_mut::<TAG>().ok_or(InvalidPosition)?;
        apply_keystream(secret, *tag, body);
        mac(secret, SIGNATURE, body).verify_truncated_left(tag).map_err(|_| InvalidPosition)?;
        let (version, mut entries) = body.split_first().ok_or(InvalidPosition)?;
        if *version != VERSION || entries.len() % ENTRY != 0 {
            return Err(InvalidPosition);
        }
        let mut position = Position::default();
        while entries.has_remaining() {
            let partition = entries.get_u16();
            position.0.insert(partition, entries.get_u64());
        }
        Ok(position)
    }

    /// Raises this position to cover another one too.
    pub fn merge(&mut self, other: &Position) {
        for (partition, next) in &other.0 {
            self.raise(*partition, *next);
        }
    }

    /// Raises one partition to a next offset; never lowers it.
    pub fn raise(&mut self, partition: u16, next: u64) {
        let held = self.0.entry(partition).or_insert(next);
        *held = (*held).max(next);
    }

    /// Whether a reader at `at` has everything that this position covers.
    pub fn is_covered_by(&self, at: &Position) -> bool {
        self.0.iter().all(|(partition, next)| at.0.get(partition).is_some_and(|held| held >= next) || *next == 0)
    }
}

/// What the secret is used for: each purpose has a function of its own.
const SIGNATURE: &[u8] = b"rapport.position.signature\0";
const KEYSTREAM: &[u8] = b"rapport.position.keystream\0";

fn mac(secret: &[u8], purpose: &[u8], body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("an HMAC takes a key of any length");
    mac.update(purpose);
    mac.update(body);
    mac
}

/// Encrypts or decrypts: HMAC-SHA256 in counter mode.
fn apply_keystream(secret: &[u8], nonce: [u8; TAG], body: &mut [u8]) {
    for (number, block) in (0_u32..).zip(body.chunks_mut(32)) {
        let mut mac = mac(secret, KEYSTREAM, &nonce);
        mac.update(&number.to_be_bytes());
        let stream = mac.finalize().into_bytes();
        block.iter_mut().zip(stream).for_each(|(byte, mask)| *byte ^= mask);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn position(entries: &[(u16, u64)]) -> Position {
        Position(entries.iter().copied().collect())
    }

    proptest! {
        #[test]
        fn a_position_comes_back_as_it_was(entries in prop::collection::btree_map(any::<u16>(), any::<u64>(), 0..20)) {
            let position = Position(entries);
            let text = position.encode(b"secret");
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
            prop_assert_eq!(Position::decode(&text, b"secret"), Ok(position));
        }

        #[test]
        fn any_text_is_refused_without_a_panic(text in ".{0,200}") {
            prop_assert_eq!(Position::decode(&text, b"secret"), Err(InvalidPosition));
        }
    }

    #[test]
    fn a_position_shows_nothing_of_its_offsets() {
        let raw = |next: u64| {
            URL_SAFE_NO_PAD.decode(position(&[(0, next), (1, 7), (2, 7), (3, 7)]).encode(b"secret")).unwrap()
        };
        let (first, second) = (raw(1_000_000), raw(1_000_001));
        assert_eq!(first.len(), second.len());
        for (what, bytes) in [("an offset", 1_000_000_u64.to_be_bytes()), ("another", 7_u64.to_be_bytes())] {
            assert!(!first.windows(8).any(|window| window == bytes), "{what} can be read");
        }
        // One record more changes every byte but the few that chance keeps.
        let equal = first.iter().zip(&second).filter(|(one, other)| one == other).count();
        assert!(equal < first.len() / 4, "{equal} of {} bytes are the same", first.len());
        assert_eq!(raw(5), raw(5));
    }

    #[test]
    fn a_tampered_position_is_refused() {
        let text = position(&[(0, 5), (3, 1_000_000), (4, 2), (5, 3)]).encode(b"secret");
        for at in 0..text.len() {
            for letter in ["A", "B", "-"] {
                let mut tampered = text.clone();
                tampered.replace_range(at..=at, letter);
                if tampered != text {
                    assert_eq!(Position::decode(&tampered, b"secret"), Err(InvalidPosition), "{at}");
                }
            }
            assert_eq!(Position::decode(&text[..at], b"secret"), Err(InvalidPosition), "{at}");
        }
        assert_eq!(Position::decode(&text, b"other"), Err(InvalidPosition));
        assert_eq!(Position::decode(&"A".repeat(TEXT_MAX + 1), b"secret"), Err(InvalidPosition));
    }

    #[test]
    fn merging_keeps_the_greater_offset_of_each_partition() {
        let mut merged = position(&[(0, 5), (1, 7)]);
        merged.merge(&position(&[(1, 6), (2, 9)]));
        assert_eq!(merged, position(&[(0, 5), (1, 7), (2, 9)]));
    }

    #[test]
    fn a_reader_covers_a_position_when_no_partition_is_behind() {
        let wanted = position(&[(0, 5), (1, 0)]);
        assert!(wanted.is_covered_by(&position(&[(0, 5)])));
        assert!(wanted.is_covered_by(&position(&[(0, 6), (1, 1), (2, 1)])));
        assert!(!wanted.is_covered_by(&position(&[(0, 4), (1, 9)])));
        assert!(!wanted.is_covered_by(&Position::default()));
    }
}
