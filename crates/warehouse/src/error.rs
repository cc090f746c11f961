//! What can go wrong with the warehouse, by what a caller can do about it.

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// It may or may not have happened. Rows are absolute: write them again as they are now.
    Ambiguous,
    /// It will not work until a person mends something.
    Fatal,
}

/// Why the warehouse could not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server is away, too slow, or out of something; what was sent may have taken effect.
    #[error("the warehouse is away: {0}")]
    Away(String),
    /// The server understood and refused, with ClickHouse's own code.
    #[error("the warehouse refused with code {code}: {message}")]
    Refused {
        /// ClickHouse's exception code.
        code: u32,
        /// Its text.
        message: String,
    },
    /// What the server holds is not what this program can work with.
    #[error("{0}")]
    Unusable(String),
}

impl Error {
    /// What a caller can do about it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Error::Away(_) => ErrorClass::Ambiguous,
            Error::Refused { code, .. } if TRANSIENT.contains(code) || self.is_lack_of_space() => ErrorClass::Ambiguous,
            Error::Refused { .. } | Error::Unusable(_) => ErrorClass::Fatal,
        }
    }

    /// Whether the server's disk is full, by whichever of its many codes it says so.
    pub fn is_lack_of_space(&self) -> bool {
        match self {
            Error::Refused { code, message } => {
                *code == NOT_ENOUGH_SPACE || message.contains("No space left on device")
            }
            Error::Away(message) => message.contains("No space left on device"),
            Error::Unusable(_) => false,
        }
    }

    /// What is wrong and what to do, in a few words for anybody: no addresses, and none of the server's own words.
    pub fn advice(&self) -> String {
        match self {
            _ if self.is_lack_of_space() => "the warehouse has no room on its disk: free some space".to_owned(),
            Error::Away(_) => {
                "the warehouse does not answer: it is being started again, or its address is wrong".to_owned()
            }
            Error::Refused { code, .. } => format!("the warehouse refused, with ClickHouse's code {code}: see the log"),
            Error::Unusable(_) => "the warehouse has tables that this version did not make: see the log".to_owned(),
        }
    }

    /// Stable name for logs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Away(_) => "warehouse_away",
            Error::Refused { .. } => "warehouse_refused",
            Error::Unusable(_) => "warehouse_unusable",
        }
    }
}

const NOT_ENOUGH_SPACE: u32 = 243;

/// ClickHouse codes that pass by themselves: TIMEOUT_EXCEEDED, TOO_MANY_SIMULTANEOUS_QUERIES, NO_FREE_CONNECTION, SOCKET_TIMEOUT,
/// NETWORK_ERROR, MEMORY_LIMIT_EXCEEDED, TABLE_IS_READ_ONLY, NOT_ENOUGH_SPACE, TOO_MANY_PARTS, KEEPER_EXCEPTION,
/// QUERY_WAS_CANCELLED, UNKNOWN_STATUS_OF_INSERT, CANNOT_WRITE_TO_FILE_DESCRIPTOR.
const TRANSIENT: [u32; 13] = [159, 202, 203, 209, 210, 241, 242, 243, 252, 999, 394, 319, 75];

impl From<clickhouse::error::Error> for Error {
    fn from(error: clickhouse::error::Error) -> Error {
        use clickhouse::error::Error as Source;
        match &error {
            Source::BadResponse(text) => match exception_code(text) {
                Some(code) => Error::Refused { code, message: text.trim().chars().take(500).collect() },
                None => Error::Away(text.trim().chars().take(500).collect()),
            },
            Source::SchemaMismatch(_) | Source::InvalidColumnsHeader(_) | Source::Unsupported(_) => {
                Error::Unusable(format!("a table is not as the migrations make it: {error}"))
            }
            Source::Network(source) => Error::Away(format!("{error}: {source:?}")),
            _ => Error::Away(error.to_string()),
        }
    }
}

/// The code in `Code: 60. DB::Exception: …`.
fn exception_code(text: &str) -> Option<u32> {
    let after = text.split_once("Code: ")?.1;
    after.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_told_by_its_code() {
        assert_eq!(exception_code("Code: 60. DB::Exception: no such table"), Some(60));
        assert_eq!(exception_code("upstream died"), None);
    }

    #[test]
    fn advice_shows_neither_addresses_nor_the_servers_words() {
        let refused = |code, message: &str| Error::Refused { code, message: message.to_owned() };
        let full = refused(1001, "filesystem error: No space left on device [/data/x]");
        assert_eq!(
            (full.class(), full.advice().as_str()),
            (ErrorClass::Ambiguous, "the warehouse has no room on its disk: free some space")
        );
        assert!(refused(243, "").is_lack_of_space());
        for error in [refused(60, "/data/x at 10.0.0.7"), Error::Away("tcp 10.0.0.7:8123".into()), full] {
            assert!(!error.advice().contains("10.0.0.7") && !error.advice().contains("/data"), "{error}");
        }
    }

    #[test]
    fn what_passes_by_itself_is_ambiguous_and_the_rest_is_fatal() {
        let refused = |code| Error::Refused { code, message: String::new() }.class();
        assert_eq!(refused(241), ErrorClass::Ambiguous);
        assert_eq!(refused(60), ErrorClass::Fatal);
        assert_eq!(Error::Away("timeout".into()).class(), ErrorClass::Ambiguous);
    }
}
