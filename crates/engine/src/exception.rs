//! Errors of single requests, in ClickHouse's own form: a code, a text that begins with it, and an HTTP status.

use axum::http::StatusCode;

/// ClickHouse's numbers for the errors that are raised here.
pub(crate) mod code {
    pub(crate) const BAD_ARGUMENTS: u32 = 36;
    pub(crate) const NOT_IMPLEMENTED: u32 = 48;
    pub(crate) const SYNTAX_ERROR: u32 = 62;
    pub(crate) const UNKNOWN_COMPRESSION_METHOD: u32 = 89;
    pub(crate) const UNKNOWN_SETTING: u32 = 115;
    pub(crate) const CHECKSUM_DOESNT_MATCH: u32 = 40;
    pub(crate) const CANNOT_DECOMPRESS: u32 = 271;
    pub(crate) const READONLY: u32 = 164;
    pub(crate) const TOO_MANY_SIMULTANEOUS_QUERIES: u32 = 202;
    pub(crate) const NETWORK_ERROR: u32 = 210;
    pub(crate) const MEMORY_LIMIT_EXCEEDED: u32 = 241;
    pub(crate) const QUERY_WAS_CANCELLED: u32 = 394;
    pub(crate) const QUERY_IS_TOO_LARGE: u32 = 440;
    pub(crate) const ACCESS_DENIED: u32 = 497;
    pub(crate) const AUTHENTICATION_FAILED: u32 = 516;
    pub(crate) const POCO_EXCEPTION: u32 = 1000;
}

/// What a client gets instead of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) code: u32,
    /// The whole text, `Code: N. DB::Exception: …`.
    pub(crate) text: String,
    pub(crate) status: StatusCode,
}

impl Exception {
    /// An error of this program; `name` is ClickHouse's name for the code.
    pub(crate) fn new(code: u32, name: &str, message: impl std::fmt::Display) -> Self {
        let text = format!("Code: {code}. DB::Exception: {message}. ({name})");
        Self { code, text, status: status_of(code) }
    }

    /// An error of the engine.
    pub(crate) fn from_engine(text: String) -> Self {
        let code = text
            .strip_prefix("Code: ")
            .and_then(|rest| rest.split('.').next())
            .and_then(|number| number.parse().ok())
            .unwrap_or(code::POCO_EXCEPTION);
        Self { code, text, status: status_of(code) }
    }

    pub(crate) fn syntax(message: impl std::fmt::Display) -> Self {
        Self::new(code::SYNTAX_ERROR, "SYNTAX_ERROR", message)
    }

    pub(crate) fn denied(message: impl std::fmt::Display) -> Self {
        Self::new(code::ACCESS_DENIED, "ACCESS_DENIED", message)
    }

    pub(crate) fn too_large(message: impl std::fmt::Display) -> Self {
        let exception = Self::new(code::QUERY_IS_TOO_LARGE, "QUERY_IS_TOO_LARGE", message);
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, ..exception }
    }

    pub(crate) fn network(message: impl std::fmt::Display) -> Self {
        let exception = Self::new(code::NETWORK_ERROR, "NETWORK_ERROR", message);
        Self { status: StatusCode::BAD_REQUEST, ..exception }
    }
}

/// ClickHouse's HTTP status for an error code; 500 for those without their own.
fn status_of(code: u32) -> StatusCode {
    match code {
        // Cannot parse, bad arguments, wrong data or types, syntax errors.
        6 | 26 | 27 | 36 | 38 | 40 | 41 | 42 | 43 | 44 | 49 | 53 | 62 | 69 | 70 | 72 | 89 | 117 | 130 | 131 | 168
        | 271 | 350 | 427 | 441 | 456 | 457 => StatusCode::BAD_REQUEST,
        // Unknown table, function, identifier, type, engine, database, setting, format, …
        16 | 20 | 46 | 47 | 50 | 56 | 60 | 63 | 73 | 78 | 81 | 115 => StatusCode::NOT_FOUND,
        159 => StatusCode::REQUEST_TIMEOUT,
        164 | 192 | 193 | 497 | 516 => StatusCode::FORBIDDEN,
        194 => StatusCode::UNAUTHORIZED,
        48 => StatusCode::NOT_IMPLEMENTED,
        202 | 439 => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_read_from_the_engines_text() {
        let exception =
            Exception::from_engine("Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE)".into());
        assert_eq!((exception.code, exception.status), (60, StatusCode::NOT_FOUND));
        let exception = Exception::from_engine("something else".into());
        assert_eq!((exception.code, exception.status), (1000, StatusCode::INTERNAL_SERVER_ERROR));
    }

    #[test]
    fn own_errors_have_clickhouses_form() {
        let exception = Exception::syntax("empty query");
        assert_eq!(exception.text, "Code: 62. DB::Exception: empty query. (SYNTAX_ERROR)");
        assert_eq!(Exception::from_engine(exception.text.clone()), exception);
    }
}
