//! Signed texts: what a link or a cookie says that this installation gave it. Every process with the same secret takes them.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Longest token that is looked at, bytes.
const TOKEN_BYTES_MAX: usize = 512;

/// What a token is for; one of another purpose is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// The link by which somebody becomes a member.
    Join,
    /// The cookie of somebody who signed in.
    Session,
    /// The field that shows a form to be one of ours.
    Form,
    /// The link that shows a page to whoever has it.
    Share,
}

impl Purpose {
    fn name(self) -> &'static [u8] {
        match self {
            Purpose::Join => b"rapport join",
            Purpose::Session => b"rapport session",
            Purpose::Form => b"rapport form",
            Purpose::Share => b"rapport share",
        }
    }
}

/// Signs and checks tokens, with keys derived from the secret of the installation.
#[derive(Clone)]
pub struct Tokens {
    secret: std::sync::Arc<[u8]>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    /// Those of an installation.
    pub fn new(secret: std::sync::Arc<[u8]>) -> Tokens {
        Tokens { secret }
    }

    /// A token that says `body`, until `until` (seconds since 1970). It is good only together with `ground`, which does not stand in it:
    /// once that changes, every token on it has ended.
    pub fn sign(&self, purpose: Purpose, body: &str, until: i64, ground: &[u8]) -> String {
        let said = format!("{until}.{body}");
        let mac = self.mac(purpose, &said, ground).finalize().into_bytes();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(said), URL_SAFE_NO_PAD.encode(mac))
    }

    /// What a token says, if it is one of ours, for this purpose, and not over at `now` (seconds since 1970). `ground` gives what a body
    /// stands on; where it is gone, so is the token.
    pub fn open(
        &self,
        purpose: Purpose,
        token: &str,
        now: i64,
        ground: impl FnOnce(&str) -> Option<Vec<u8>>,
    ) -> Option<String> {
        let (said, mac) = token.split_once('.').filter(|_| token.len() <= TOKEN_BYTES_MAX)?;
        let said = String::from_utf8(URL_SAFE_NO_PAD.decode(said).ok()?).ok()?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        let (until, body) = said.split_once('.')?;
        let ground = ground(body)?;
        self.mac(purpose, &said, &ground).verify_slice(&mac).ok()?;
        (until.parse::<i64>().ok()? > now).then(|| body.to_owned())
    }

    fn mac(&self, purpose: Purpose, said: &str, ground: &[u8]) -> Hmac<Sha256> {
        let mut key = Hmac::<Sha256>::new_from_slice(&self.secret).expect("an HMAC takes a key of any length");
        key.update(purpose.name());
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&key.finalize().into_bytes()).expect("an HMAC takes a key of any length");
        // The length keeps what is said and what it stands on apart.
        mac.update(&(said.len() as u64).to_be_bytes());
        mac.update(said.as_bytes());
        mac.update(ground);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(secret: &[u8]) -> Tokens {
        Tokens::new(secret.into())
    }

    fn opened(tokens: &Tokens, purpose: Purpose, token: &str, now: i64, ground: &str) -> Option<String> {
        tokens.open(purpose, token, now, |_| Some(ground.as_bytes().to_vec()))
    }

    #[test]
    fn a_token_says_what_was_signed_until_it_is_over() {
        let own = tokens(b"secret");
        let token = own.sign(Purpose::Join, "an.id", 100, b"1");
        assert_eq!(opened(&tokens(b"secret"), Purpose::Join, &token, 99, "1").as_deref(), Some("an.id"));
        assert_eq!(opened(&own, Purpose::Join, &token, 100, "1"), None, "it is over");
        assert_eq!(opened(&own, Purpose::Session, &token, 99, "1"), None, "another purpose");
        assert_eq!(opened(&own, Purpose::Join, &token, 99, "2"), None, "another ground");
        assert_eq!(own.open(Purpose::Join, &token, 99, |_| None), None, "no ground");
        assert_eq!(opened(&tokens(b"secre"), Purpose::Join, &token, 99, "1"), None, "another secret");
        assert!(!format!("{own:?}").contains("secret"));
    }

    #[test]
    fn a_token_that_was_changed_anywhere_is_none() {
        let own = tokens(b"secret");
        let token = own.sign(Purpose::Session, "m.17", 100, b"");
        for at in 0..token.len() {
            for other in [b'A', b'.', b'_'] {
                let mut bytes = token.clone().into_bytes();
                if bytes[at] != other {
                    bytes[at] = other;
                    let changed = String::from_utf8(bytes).unwrap();
                    assert_eq!(opened(&own, Purpose::Session, &changed, 0, ""), None, "{changed}");
                }
            }
        }
        for text in ["", ".", "a", "é.é", &"a".repeat(600)] {
            assert_eq!(opened(&own, Purpose::Session, text, 0, ""), None);
        }
    }

    #[test]
    fn what_is_said_and_its_ground_are_kept_apart() {
        let own = tokens(b"secret");
        let mac = |token: String| token.split_once('.').map(|(_, mac)| mac.to_owned());
        assert_ne!(mac(own.sign(Purpose::Join, "ab", 1, b"c")), mac(own.sign(Purpose::Join, "a", 1, b"bc")));
    }
}
