//! What a request says outside its body: the parameters of the URL and the headers, as ClickHouse reads them.

use axum::http::{HeaderMap, Method, Uri, header};
use base64::Engine as _;

use crate::exception::{Exception, code};
use crate::ffi::Parameters;

/// Parameters that the HTTP interface of ClickHouse knows and that have no effect here: there are no sessions, answers
/// are not compressed, and headers are sent once.
const SWALLOWED: [&str; 22] = [
    "session_id",
    "session_timeout",
    "session_check",
    "query_id",
    "quota_key",
    "role",
    "wait_end_of_query",
    "buffer_size",
    "send_progress_in_http_headers",
    "http_headers_progress_interval_ms",
    "http_write_exception_in_output_format",
    "cancel_http_readonly_queries_on_client_close",
    "client_protocol_version",
    "compress",
    "enable_http_compression",
    "http_zlib_compression_level",
    "http_response_buffer_size",
    "add_http_cors_header",
    "stacktrace",
    "async_insert",
    "wait_for_async_insert",
    // Names the session for cancellation, see `engine.rs`.
    "log_comment",
];

/// A request without its body.
#[derive(Debug)]
pub(crate) struct Head {
    /// The text of `query=`; more of it, or data, may be in the body.
    pub(crate) query: String,
    /// The database to use instead of the usual one.
    pub(crate) database: Option<String>,
    /// The format of an answer whose statement names none.
    pub(crate) default_format: String,
    /// Settings of ClickHouse, in the order given.
    pub(crate) settings: Vec<(String, String)>,
    /// Values for `{name:Type}`.
    pub(crate) parameters: Parameters,
    /// The body is in ClickHouse's compressed blocks.
    pub(crate) blocks: bool,
    /// Only statements that read are allowed.
    pub(crate) read_only: bool,
    password: Option<String>,
}

impl Head {
    /// Reads method, URL and headers.
    pub(crate) fn read(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Self, Exception> {
        // A page of any site can make its visitor's browser send to an address of this machine; it says so by this header.
        if headers.contains_key(header::ORIGIN) {
            return Err(Exception::denied("Requests of web pages are refused: use a ClickHouse client"));
        }
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| bad_arguments(format!("the URL's parameters cannot be read: {error}")))?;
        let mut head = Self {
            query: String::new(),
            database: text_header(headers, "x-clickhouse-database"),
            default_format: text_header(headers, "x-clickhouse-format").unwrap_or_else(|| "TabSeparated".to_owned()),
            settings: Vec::new(),
            parameters: Parameters::default(),
            blocks: false,
            read_only: method == Method::GET,
            password: password(headers),
        };
        for (name, value) in pairs.0 {
            head.parameter(name, value)?;
        }
        Ok(head)
    }

    /// Takes one parameter, of the URL or of a form in the body.
    pub(crate) fn parameter(&mut self, name: String, value: String) -> Result<(), Exception> {
        match name.as_str() {
            "query" => self.query.push_str(&value),
            "database" => self.database = Some(value).filter(|name| !name.is_empty()),
            "default_format" => self.default_format = value,
            "decompress" => self.blocks = value == "1",
            "readonly" => self.read_only |= value != "0",
            "password" => self.password = Some(value),
            "user" => {}
            swallowed if SWALLOWED.contains(&swallowed) => {}
            other => match other.strip_prefix("param_") {
                Some(parameter) => self.parameters.0.push((parameter.to_owned(), value)),
                None => self.setting(name, value)?,
            },
        }
        Ok(())
    }

    fn setting(&mut self, name: String, value: String) -> Result<(), Exception> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(plain) {
            let message = format!("Unknown setting '{name}'");
            return Err(Exception::new(code::UNKNOWN_SETTING, "UNKNOWN_SETTING", message));
        }
        self.settings.push((name, value));
        Ok(())
    }

    /// Compares the password with `access_key`, if one is set, in a time that does not depend on where they differ.
    pub(crate) fn authenticate(&self, access_key: Option<&str>) -> Result<(), Exception> {
        let Some(expected) = access_key else { return Ok(()) };
        let given = self.password.as_deref().unwrap_or_default().as_bytes();
        let expected = expected.as_bytes();
        let differences = (0..expected.len())
            .map(|at| given.get(at).copied().unwrap_or_default() ^ expected[at])
            .fold(0, |differences, byte| std::hint::black_box(differences | byte));
        if differences == 0 && given.len() == expected.len() {
            return Ok(());
        }
        let exception = Exception::new(
            code::AUTHENTICATION_FAILED,
            "AUTHENTICATION_FAILED",
            "Authentication failed: the password is missing or is not the access key of the warehouse",
        );
        let status = match self.password {
            None => axum::http::StatusCode::UNAUTHORIZED,
            Some(_) => exception.status,
        };
        Err(Exception { status, ..exception })
    }
}

fn password(headers: &HeaderMap) -> Option<String> {
    if let Some(key) = text_header(headers, "x-clickhouse-key") {
        return Some(key);
    }
    let basic = text_header(headers, header::AUTHORIZATION.as_str())?;
    let (scheme, encoded) = basic.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let pair = String::from_utf8(decoded).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

/// The text of a header, when it is there and readable.
pub(crate) fn text_header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

pub(crate) fn bad_arguments(message: impl std::fmt::Display) -> Exception {
    Exception::new(code::BAD_ARGUMENTS, "BAD_ARGUMENTS", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str, headers: &[(&'static str, &str)]) -> Result<Head, Exception> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Head::read(&Method::POST, &uri.parse().unwrap(), &headers)
    }

    #[test]
    fn parameters_settings_and_what_is_swallowed_are_told_apart() {
        let head = read(
            "/?query=SELECT%201&database=d&default_format=JSON&max_threads=1&session_id=x&param_a=b%09c&decompress=1",
            &[],
        )
        .unwrap();
        assert_eq!(
            (head.query.as_str(), head.database.as_deref(), head.default_format.as_str()),
            ("SELECT 1", Some("d"), "JSON")
        );
        assert_eq!(head.settings, [("max_threads".to_owned(), "1".to_owned())]);
        assert_eq!(head.parameters.0, [("a".to_owned(), "b\tc".to_owned())]);
        assert!(head.blocks && !head.read_only);
        assert!(read("/?readonly=2", &[]).unwrap().read_only);
        assert_eq!(read("/?a%20b=1", &[]).expect_err("no setting has a space").code, 115);
    }

    #[test]
    fn requests_that_a_web_page_makes_are_refused() {
        let refused = read("/?query=SELECT+1", &[("origin", "http://evil.example")]).expect_err("must be refused");
        assert_eq!(refused.code, code::ACCESS_DENIED);
        assert!(read("/?query=SELECT+1", &[]).is_ok());
    }

    #[test]
    fn the_password_is_taken_from_every_place_clients_put_it_and_nothing_else_passes() {
        let accepted = [
            read("/", &[("x-clickhouse-user", "any"), ("x-clickhouse-key", "secret")]),
            read("/", &[("authorization", "Basic YW55OnNlY3JldA==")]),
            read("/?user=any&password=secret", &[]),
        ];
        for head in accepted {
            assert_eq!(head.unwrap().authenticate(Some("secret")), Ok(()));
        }
        let refused = [
            (read("/", &[]), 401),
            (read("/", &[("authorization", "Bearer secret")]), 401),
            (read("/?password=", &[]), 403),
            (read("/?password=secre", &[]), 403),
            (read("/?password=secrets", &[]), 403),
            (read("/?password=secreT", &[]), 403),
        ];
        for (head, status) in refused {
            let exception = head.unwrap().authenticate(Some("secret")).expect_err("must be refused");
            assert_eq!((exception.code, exception.status.as_u16()), (516, status));
        }
        assert_eq!(read("/", &[]).unwrap().authenticate(None), Ok(()));
    }
}
