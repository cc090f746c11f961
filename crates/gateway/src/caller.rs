//! Who sends: the key of a request and what it may do.

use axum::http::{HeaderMap, header};
use control::{Control, Grant, PlainKey};

use crate::error::Error;

/// An event type that every role that sends anything may send.
const ANY_EVENT: &str = "message.created";

/// The grant of the key that a request carries, if it may send events at all.
pub(crate) fn authenticate(headers: &HeaderMap, control: &Control) -> Result<Grant, Error> {
    let header = headers.get(header::AUTHORIZATION).ok_or(Error::KeyMissing)?;
    let key = header.to_str().ok().and_then(key_of).ok_or(Error::KeyMalformed)?;
    let refusal = || if PlainKey::is_well_formed(key) { Error::KeyUnknown } else { Error::KeyMalformed };
    let grant = control.authenticate(key).ok_or_else(refusal)?;
    if grant.role.may_ingest(ANY_EVENT) {
        Ok(grant)
    } else {
        Err(Error::RoleMayNotIngest { role: grant.role.to_string() })
    }
}

/// The key in `Bearer KEY` or `Api-Key KEY`.
fn key_of(header: &str) -> Option<&str> {
    let (scheme, key) = header.trim().split_once(' ')?;
    let is_known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("api-key");
    (is_known && !key.trim().is_empty()).then(|| key.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_schemes_carry_a_key() {
        assert_eq!(key_of("Bearer abc"), Some("abc"));
        assert_eq!(key_of("api-key  abc "), Some("abc"));
        for header in ["abc", "Basic abc", "Bearer", "Bearer  ", ""] {
            assert_eq!(key_of(header), None, "{header}");
        }
    }
}
