//! API keys: `ags_`, 128 random bits, `_`, and a checksum that lets a mistyped key be told from a revoked one.

use std::fmt;

use sha2::{Digest, Sha256};

const PREFIX: &str = "ags_";
const RANDOM: usize = 32;
const CHECKSUM: usize = 6;

/// SHA-256 of a key; all that is ever stored of it.
pub(crate) type Hash = [u8; 32];

/// A key as its owner has it. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainKey(String);

impl PlainKey {
    /// A new random key.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn random() -> Result<PlainKey, getrandom::Error> {
        let mut bits = [0; RANDOM / 2];
        getrandom::fill(&mut bits)?;
        let random = hex(&bits);
        let checksum = checksum(&random);
        Ok(PlainKey(format!("{PREFIX}{random}_{checksum}")))
    }

    /// The key itself: to be shown once to its owner, never to be logged.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether the text has the form of a key and a right checksum. Says nothing about whether the key was ever given out.
    pub fn is_well_formed(text: &str) -> bool {
        let Some((random, sum)) = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')) else { return false };
        let is_hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        random.len() == RANDOM && is_hex(random) && sum.len() == CHECKSUM && sum == checksum(random)
    }
}

impl fmt::Debug for PlainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainKey(…)")
    }
}

/// The hash by which a key is looked up.
pub(crate) fn hash(key: &str) -> Hash {
    Sha256::digest(key.as_bytes()).into()
}

/// The first hexadecimal digits of SHA-256 over the random part.
fn checksum(random: &str) -> String {
    let mut digits = hex(&hash(random)[..CHECKSUM / 2]);
    digits.truncate(CHECKSUM);
    digits
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The inverse of `hex` for a hash.
pub(crate) fn parse_hash(text: &str) -> Option<Hash> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_has_the_form_that_clients_expect() {
        let key = PlainKey::random().unwrap();
        let text = key.reveal();
        assert_eq!(text.len(), 4 + 32 + 1 + 6);
        assert!(text.starts_with("ags_") && text.as_bytes()[36] == b'_');
        assert!(PlainKey::is_well_formed(text));
        assert_ne!(PlainKey::random().unwrap(), key);
    }

    #[test]
    fn a_mistyped_key_is_not_well_formed() {
        let key = PlainKey::random().unwrap();
        for at in 0..key.reveal().len() {
            let mut bytes = key.reveal().as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            let text = String::from_utf8(bytes).unwrap();
            // A checksum of 24 bits misses one error in 16 million.
            assert!(!PlainKey::is_well_formed(&text), "{at}");
        }
        for text in ["", "ags_", "ags__", "ags_ü_ö", &key.reveal().to_uppercase(), &format!("{} ", key.reveal())] {
            assert!(!PlainKey::is_well_formed(text), "{text}");
        }
    }

    #[test]
    fn a_key_does_not_show_in_debug_output() {
        let key = PlainKey::random().unwrap();
        assert!(!format!("{key:?}").contains(&key.reveal()[4..10]));
    }

    #[test]
    fn hashes_survive_hexadecimal() {
        let some = hash("key");
        assert_eq!(parse_hash(&hex(&some)), Some(some));
        assert_eq!(parse_hash("zz"), None);
        assert_eq!(parse_hash(&"ä".repeat(32)), None);
    }
}
