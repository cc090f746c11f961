//! Where a visitor reached this server, as addresses for clients begin.

use axum::http::{HeaderMap, header};

/// Longest name of a server with its port, characters.
const HOST_MAX: usize = 260;

/// Scheme and authority as the visitor's request says them; empty where it says none that could stand in an address.
pub(crate) fn server(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    if host.is_empty() || host.len() > HOST_MAX || !host.bytes().all(may_stand) {
        return String::new();
    }
    let is_https = headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    format!("{}://{host}", if is_https { "https" } else { "http" })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(host: &'static str) -> String {
        server(&HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]))
    }

    #[test]
    fn a_server_is_named_as_it_was_reached_and_never_by_what_a_shell_would_run() {
        assert_eq!(of("127.0.0.1:8088"), "http://127.0.0.1:8088");
        assert_eq!(of("[::1]:8088"), "http://[::1]:8088");
        assert_eq!(of("a';reboot;'"), "");
        let mut headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("rapport.example"))]);
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        assert_eq!(server(&headers), "https://rapport.example");
    }
}
