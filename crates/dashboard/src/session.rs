//! Who signed in with a key. A session lives in this process's memory alone: it ends with it, after twelve hours, or when its key is
//! revoked, whichever is first.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, header};
use control::{Control, Grant};
use sha2::{Digest, Sha256};

/// The cookie that carries a session's token.
const COOKIE: &str = "rapport_session";
/// How long a session lasts.
const LASTS: Duration = Duration::from_secs(12 * 3_600);
/// Most sessions at once; beyond it the oldest ends.
const SESSIONS_MAX: usize = 10_000;
/// Bytes of a token.
const TOKEN: usize = 32;

/// What is known of a session; its `Debug` output does not show the key.
struct Session {
    key: String,
    began: Instant,
}

/// The sessions of this process. Tokens are kept as their digests, so that looking one up says nothing by the time it takes.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Sessions {
    /// Begins a session of a key that may read; answers its cookie. None for any other key, and where the system has no randomness.
    pub(crate) fn begin(&self, control: &Control, key: &str, is_https: bool) -> Option<String> {
        control.authenticate(key).filter(|grant| grant.role.may_read())?;
        let mut bits = [0; TOKEN];
        getrandom::fill(&mut bits).ok()?;
        let token: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
        let began = Instant::now();
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, session| session.began.elapsed() < LASTS);
        if held.len() >= SESSIONS_MAX {
            let oldest = held.iter().min_by_key(|(_, session)| session.began).map(|(digest, _)| *digest);
            oldest.and_then(|digest| held.remove(&digest));
        }
        held.insert(digest(&token), Session { key: key.to_owned(), began });
        let secure = if is_https { "; Secure" } else { "" };
        Some(format!("{COOKIE}={token}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", LASTS.as_secs()))
    }

    /// What the session of a request may do, as its key may now.
    pub(crate) fn grant(&self, control: &Control, headers: &HeaderMap) -> Option<Grant> {
        let digest = digest(&cookie(headers, COOKIE)?);
        let key = {
            let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let session = held.get(&digest).filter(|session| session.began.elapsed() < LASTS)?;
            session.key.clone()
        };
        control.authenticate(&key).filter(|grant| grant.role.may_read())
    }

    /// Ends the session of a request; answers the cookie that says so.
    pub(crate) fn end(&self, headers: &HeaderMap) -> String {
        if let Some(token) = cookie(headers, COOKIE) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest(&token));
        }
        format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    }
}

/// The value of a cookie.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
