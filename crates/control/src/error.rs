//! Errors of this crate.

/// Why a project or key could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The journal did not do its part; its own class says whether to try again.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// There is a project of this name, or of one that gives the same id.
    #[error("a project named {name:?} exists already, its id is {id:?}: choose another name")]
    ProjectExists {
        /// The name asked for.
        name: String,
        /// The id that both have.
        id: String,
    },
    /// No project has this id.
    #[error("there is no project {0:?}: create it first")]
    UnknownProject(String),
    /// No key has this id.
    #[error("there is no key with the id {0:?}")]
    UnknownKey(String),
    /// An origin that is none, or that the key cannot have.
    #[error("{0}")]
    InvalidOrigin(String),
    /// Settings that are wrong, or that do not exist.
    #[error("{0}")]
    InvalidSettings(String),
    /// A name or environment that cannot be taken.
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    /// Stable name for logs, metrics and answers.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Journal(error) => error.code(),
            Error::ProjectExists { .. } => "project_exists",
            Error::UnknownProject(_) => "unknown_project",
            Error::UnknownKey(_) => "unknown_key",
            Error::InvalidOrigin(_) => "invalid_origin",
            Error::InvalidSettings(_) => "invalid_settings",
            Error::Invalid(_) => "invalid_name",
        }
    }

    /// What a caller can do about it.
    pub fn class(&self) -> journal::ErrorClass {
        match self {
            Error::Journal(error) => error.class(),
            _ => journal::ErrorClass::Fatal,
        }
    }
}
