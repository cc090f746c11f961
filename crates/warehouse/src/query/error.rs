//! What can go wrong between a question and its figure.

/// Why a figure could not be given.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A bound of the range is neither a local date nor an instant with an offset.
    #[error("'{0}' is neither a date (2026-03-23) nor an instant with an offset (2026-03-23T10:00:00+01:00)")]
    BadTime(String),
    /// The range is empty, upside down, or outside the years that can be asked about.
    #[error("{0}")]
    BadRange(String),
    /// No such time zone.
    #[error("unknown time zone '{name}'")]
    UnknownZone {
        /// What was asked for.
        name: String,
        /// Names that look like it.
        nearest: Vec<&'static str>,
    },
    /// No such preset range.
    #[error("unknown range '{0}'")]
    UnknownPreset(String),
    /// The range has more buckets than one answer may hold.
    #[error("the range has more than {limit} buckets of this size")]
    TooManyBuckets {
        /// Most buckets of an answer.
        limit: usize,
    },
    /// The answer has more rows than one answer may hold.
    #[error("the answer has more than {limit} rows")]
    TooManyRows {
        /// Most rows of an answer.
        limit: usize,
    },
    /// More users of the project were merged than are resolved for one question.
    #[error("more than {limit} events merge users of the project; figures about people cannot be worked out")]
    TooManyIdentities {
        /// Most such events of a project and environment.
        limit: usize,
    },
    /// The project has been open more often than is looked at for one question.
    #[error("business hours have more than {limit} openings since the project's first conversation")]
    TooManyOpenings {
        /// Most openings.
        limit: usize,
    },
    /// The warehouse did not answer, or not with what was asked for.
    #[error(transparent)]
    Warehouse(#[from] crate::Error),
}

impl Error {
    /// Stable name for clients, logs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Error::BadTime(_) => "bad_time",
            Error::BadRange(_) => "bad_range",
            Error::UnknownZone { .. } => "unknown_zone",
            Error::UnknownPreset(_) => "unknown_range",
            Error::TooManyBuckets { .. } => "too_many_buckets",
            Error::TooManyRows { .. } => "too_many_rows",
            Error::TooManyIdentities { .. } => "too_many_identities",
            Error::TooManyOpenings { .. } => "too_many_openings",
            Error::Warehouse(error) => error.code(),
        }
    }
}
