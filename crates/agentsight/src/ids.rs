//! The whole numbers by which clients know things: 63 bits of a keyed hash of what a thing is called, the same in every process and
//! for ever.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use siphasher::sip::SipHasher24;
use std::hash::Hasher as _;
use warehouse::query::stored::HashKey;

/// The environment that the lowest bit of a conversation's number stands for.
pub(crate) const DEVELOPMENT: &str = "development";
/// Where conversations are whose clients name no environment.
pub(crate) const PRODUCTION: &str = "production";

/// Makes numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    key: HashKey,
}

impl Ids {
    /// With a key of its own, derived from the installation's secret.
    pub(crate) fn new(secret: &[u8]) -> Ids {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
        mac.update(b"agentsight ids");
        let digest = mac.finalize().into_bytes();
        let word = |at: usize| u64::from_le_bytes(digest[at..at + 8].try_into().expect("eight bytes"));
        Ids { key: HashKey(word(0), word(8)) }
    }

    /// For statements that compute the same numbers.
    pub(crate) fn key(self) -> HashKey {
        self.key
    }

    /// The number of a conversation. Its lowest bit says whether it is in `development`: later items name the number alone.
    pub(crate) fn conversation(self, project: &str, conversation: &str, environment: &str) -> i64 {
        let hash = self.hash(&["c", project, conversation]) & !1;
        hash | i64::from(environment == DEVELOPMENT)
    }

    /// The number of an entry of a transcript.
    pub(crate) fn message(self, project: &str, conversation: &str, reference: &str) -> i64 {
        self.hash(&["m", project, conversation, reference])
    }

    /// The number of a span, by its event.
    pub(crate) fn span(self, project: &str, conversation: &str, event_id: &str) -> i64 {
        self.hash(&["s", project, conversation, event_id])
    }

    /// The number of something else.
    pub(crate) fn of(self, kind: &str, project: &str, name: &str) -> i64 {
        self.hash(&[kind, project, name])
    }

    fn hash(self, parts: &[&str]) -> i64 {
        let mut hasher = SipHasher24::new_with_keys(self.key.0, self.key.1);
        hasher.write(parts.join("\0").as_bytes());
        i64::try_from(hasher.finish() & 0x7fff_ffff_ffff_ffff).expect("63 bits fit")
    }
}

/// The key of the numbers, for whoever has to find what clients name by them.
pub fn number_key(secret: &[u8]) -> HashKey {
    Ids::new(secret).key()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_for_ever_and_tell_environments_apart_by_one_bit() {
        let ids = Ids::new(b"secret");
        let production = ids.conversation("shop", "c1", PRODUCTION);
        assert_eq!(production & 1, 0);
        assert_eq!(ids.conversation("shop", "c1", DEVELOPMENT), production | 1);
        assert_eq!(ids.conversation("shop", "c1", "staging"), production);
        assert_ne!(ids.conversation("other", "c1", PRODUCTION), production);
        assert_ne!(Ids::new(b"other").conversation("shop", "c1", PRODUCTION), production);
        assert!(production > 0 && ids.message("shop", "c1", "m") > 0);
    }
}
