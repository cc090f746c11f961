//! Logs to standard error, filtered as the configuration says.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// How to log.
#[derive(Debug, Clone)]
pub struct Options {
    /// A filter such as `info` or `info,gateway=debug`.
    pub filter: String,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The filter is not one.
    #[error("`{filter}` is no log filter ({message}); write for example `info,gateway=debug`")]
    Filter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        message: String,
    },
    /// A subscriber is installed already.
    #[error("logging is set up already")]
    Installed,
}

impl Error {
    /// Stable name for logs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Filter { .. } => "log_filter",
            Error::Installed => "log_installed",
        }
    }
}

/// Installs the process's log subscriber; colours only on a terminal.
///
/// # Errors
/// When the filter does not parse or a subscriber is installed already.
pub fn install(options: &Options) -> Result<(), Error> {
    tracing_subscriber::fmt()
        .with_env_filter(parse(&options.filter)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init()
        .map_err(|_| Error::Installed)
}

fn parse(filter: &str) -> Result<EnvFilter, Error> {
    EnvFilter::try_new(filter).map_err(|e| Error::Filter { filter: filter.to_owned(), message: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_checked_before_it_is_used() {
        assert!(parse("info,gateway=debug").is_ok());
        assert_eq!(parse("gateway=loudly").unwrap_err().code(), "log_filter");
    }
}
