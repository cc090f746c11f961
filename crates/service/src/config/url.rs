//! Addresses of servers. What may identify their user is kept apart, and shown nowhere.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Secret;

/// What stands in the place of a user and a password.
const MASK: &str = "***@";

/// An address as `http://HOST:PORT`, or `http://USER:PASSWORD@HOST:PORT`; the empty text means "not set". Neither `Debug`, nor
/// `Display`, nor `Serialize` shows user, password or parameters.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// Whether nothing was set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The address alone: no user, no password, no parameters.
    pub fn address(&self) -> String {
        let parts = Parts::of(&self.0);
        format!("{}{}", parts.scheme, parts.host)
    }

    /// User and password, if the address carries them, percent-decoded.
    pub fn credentials(&self) -> Option<(String, Secret)> {
        let user_info = Parts::of(&self.0).user_info?;
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        Some((percent_decoded(user), Secret::new(percent_decoded(password))))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_credentials(&self.0))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let host = Parts::of(text).host;
        if text.is_empty() || text.starts_with("http://") && !host.is_empty() && !host.starts_with(['/', ':']) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("`{}` is no address of the form http://HOST:PORT", without_credentials(text)))
    }
}

impl Serialize for Url {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An address as it may be shown: a user, a password and parameters are replaced. Takes any text.
pub fn without_credentials(text: &str) -> String {
    let parts = Parts::of(text);
    let user = if parts.user_info.is_some() { MASK } else { "" };
    let parameters = if parts.has_parameters { "?***" } else { "" };
    format!("{}{user}{}{parameters}", parts.scheme, parts.host)
}

/// The parts of an address, of which only scheme and host (with port and path) may be shown.
struct Parts<'a> {
    scheme: &'a str,
    user_info: Option<&'a str>,
    host: &'a str,
    has_parameters: bool,
}

impl Parts<'_> {
    /// Splits at the *last* `@`: a password that was not percent-encoded, as it should be, is cut off whole all the same.
    fn of(text: &str) -> Parts<'_> {
        let (scheme, rest) = text.split_at(text.find("://").map_or(0, |at| at + 3));
        let (user_info, rest) = rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
        let end = rest.find(['?', '#']);
        Parts { scheme, user_info, host: &rest[..end.unwrap_or(rest.len())], has_parameters: end.is_some() }
    }
}

/// Decodes `%41`; what is no such code stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let code = tail.get(..2).filter(|_| byte == b'%').and_then(|code| std::str::from_utf8(code).ok());
        let decoded = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(decoded.unwrap_or(byte));
        rest = if decoded.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str, address: &str, credentials: Option<(&str, &str)>) {
        let url: Url = text.parse().unwrap();
        assert_eq!(url.to_string(), shown);
        assert_eq!(serde_json::to_string(&url).unwrap(), format!("{shown:?}"));
        assert_eq!(format!("{url:?}"), format!("Url({shown})"));
        assert_eq!(url.address(), address);
        let found = url.credentials();
        assert_eq!(found.as_ref().map(|(user, password)| (user.as_str(), password.reveal())), credentials, "{shown}");
    }

    #[test]
    fn an_address_is_shown_without_what_identifies_its_user() {
        check("", "", "", None);
        check("http://ch:8123", "http://ch:8123", "http://ch:8123", None);
        let login = Some(("ana", "p@ss:w/rd"));
        check("http://ana:p%40ss:w%2Frd@ch:8123", "http://***@ch:8123", "http://ch:8123", login);
        check("http://ana:p@ss:w/rd@ch:8123", "http://***@ch:8123", "http://ch:8123", login);
        check("http://ana@ch", "http://***@ch", "http://ch", Some(("ana", "")));
        check("http://ch:8123/?password=hunter2", "http://ch:8123/?***", "http://ch:8123/", None);
    }

    #[test]
    fn what_is_no_address_is_refused_without_showing_its_password() {
        for text in
            ["ana:hunter2@ch:8123", "https://ana:hunter2@ch", "http://ana:hunter2@", "http://ana:hunter2@:1", "ch"]
        {
            let message = text.parse::<Url>().unwrap_err();
            assert!(message.contains("http://HOST:PORT") && !message.contains("hunter2"), "{message}");
        }
    }
}
