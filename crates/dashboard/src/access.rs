//! Who may look without signing in: only who sits at the machine, at a demo.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};

use crate::words::Words;

/// Headers by which proxies say for whom they ask: with one of them the request came from elsewhere.
const FORWARDED: [&str; 8] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-real-ip",
    "via",
    "cf-connecting-ip",
];

/// Why a page is not shown without signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// The server is no demo.
    NoDemo,
    /// It listens to other machines too.
    NotLoopback,
    /// The request names another host: a page elsewhere may have had its name point here.
    Host,
    /// The request comes from another page.
    Origin,
    /// A proxy sent it.
    Forwarded,
}

impl Closed {
    /// What a person is told.
    pub(crate) fn says(self, words: Words) -> &'static str {
        match self {
            Closed::NoDemo => words.shown_to_signed_in(),
            Closed::NotLoopback => words.demo_on_loopback(),
            Closed::Host => words.demo_at_host(),
            Closed::Origin => words.demo_from_own_pages(),
            Closed::Forwarded => words.demo_through_proxy(),
        }
    }
}

/// Whether a request may look without signing in. `listens` is where a demo listens; None where there is none.
///
/// # Errors
/// The reason why not.
pub(crate) fn open(listens: Option<IpAddr>, headers: &HeaderMap) -> Result<(), Closed> {
    let listens = listens.ok_or(Closed::NoDemo)?;
    if !listens.is_loopback() {
        return Err(Closed::NotLoopback);
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok()).ok_or(Closed::Host)?;
    if hosts.next().is_some() || !is_local(host) {
        return Err(Closed::Host);
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    if origins.any(|origin| origin.as_bytes() != format!("http://{host}").as_bytes()) {
        return Err(Closed::Origin);
    }
    if FORWARDED.iter().any(|name| headers.contains_key(*name)) {
        return Err(Closed::Forwarded);
    }
    Ok(())
}

/// Whether a request that changes something comes from a page of ours: browsers name the page that sends a form.
pub(crate) fn is_own(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).map(axum::http::HeaderValue::as_bytes).unwrap_or_default();
    headers.get_all(header::ORIGIN).iter().all(|origin| {
        let origin = origin.as_bytes();
        [&b"http://"[..], b"https://"].iter().any(|scheme| origin.strip_prefix(*scheme) == Some(host))
    })
}

/// Whether a host, with or without a port, is this machine by a name that nobody else can give.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix("[::1]") {
        Some(rest) => return rest.is_empty() || is_port(rest),
        None => host.split_once(':').map_or(Some(host), |(name, port)| is_port(&format!(":{port}")).then_some(name)),
    };
    name.is_some_and(|name| name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost"))
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok() && port.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn asked(listens: Option<&str>, headers: &[(&'static str, &'static str)]) -> Result<(), Closed> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        open(listens.map(|address| address.parse().unwrap()), &headers.collect())
    }

    const LOOPBACK: Option<&str> = Some("127.0.0.1");

    #[test]
    fn a_demo_opens_at_the_machine_itself() {
        for host in ["127.0.0.1", "127.0.0.1:8088", "localhost", "LocalHost:8088", "[::1]", "[::1]:8088"] {
            assert_eq!(asked(LOOPBACK, &[("host", host)]), Ok(()), "{host}");
        }
        assert_eq!(asked(Some("::1"), &[("host", "[::1]:80"), ("origin", "http://[::1]:80")]), Ok(()));
    }

    #[test]
    fn each_condition_that_is_violated_closes_it() {
        let host = ("host", "127.0.0.1:8088");
        assert_eq!(asked(None, &[host]), Err(Closed::NoDemo));
        for listens in ["0.0.0.0", "::", "192.0.2.1"] {
            assert_eq!(asked(Some(listens), &[host]), Err(Closed::NotLoopback));
        }
        for other in [
            "rapport.example",
            "127.0.0.1.example",
            "localhost.example:8088",
            "127.0.0.2",
            "evil@127.0.0.1",
            "[::2]",
            "[::1]x",
            "127.0.0.1:x",
            "127.0.0.1:+80",
            "localhost:99999",
            "",
            "::1",
        ] {
            assert_eq!(asked(LOOPBACK, &[("host", other)]), Err(Closed::Host), "{other}");
        }
        assert_eq!(asked(LOOPBACK, &[]), Err(Closed::Host));
        assert_eq!(asked(LOOPBACK, &[host, ("origin", "http://evil.example")]), Err(Closed::Origin));
        assert_eq!(asked(LOOPBACK, &[host, ("origin", "http://127.0.0.1:8089")]), Err(Closed::Origin));
        assert_eq!(asked(LOOPBACK, &[host, ("origin", "null")]), Err(Closed::Origin));
        assert_eq!(asked(LOOPBACK, &[host, ("origin", "http://127.0.0.1:8088")]), Ok(()));
        for name in FORWARDED {
            assert_eq!(asked(LOOPBACK, &[host, (name, "192.0.2.1")]), Err(Closed::Forwarded), "{name}");
        }
    }

    #[test]
    fn forms_of_other_pages_are_told_from_ours() {
        let own = |origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("host", HeaderValue::from_static("rapport.example"));
            headers.insert("origin", HeaderValue::from_static(origin));
            is_own(&headers)
        };
        assert!(own("https://rapport.example") && own("http://rapport.example") && is_own(&HeaderMap::new()));
        for foreign in
            ["https://evil.example", "null", "https://rapport.example.evil", "https://rapport.example:8443", ""]
        {
            assert!(!own(foreign), "{foreign}");
        }
    }

    #[test]
    fn two_hosts_are_none() {
        let mut headers = HeaderMap::new();
        headers.append("host", HeaderValue::from_static("localhost"));
        headers.append("host", HeaderValue::from_static("evil.example"));
        assert_eq!(open(Some("127.0.0.1".parse().unwrap()), &headers), Err(Closed::Host));
    }
}
