//! Errors of this crate.

/// Why a project, key or member could not be read or changed.
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
    /// No member has this id, or not in this project.
    #[error("there is no member with the id {0:?} here")]
    UnknownMember(String),
    /// A role, an address or a password that cannot be taken.
    #[error("{0}")]
    InvalidMember(String),
    /// An invitation that was taken, withdrawn or replaced, or whose time is over.
    #[error("this invitation was taken, withdrawn or replaced, or its time is over")]
    InvitationOver,
    /// A brand that cannot be taken: says what would be.
    #[error("{0}")]
    InvalidBrand(String),
    /// A share that cannot be made.
    #[error("{0}")]
    InvalidShare(String),
    /// No share of the project has this id.
    #[error("there is no share with the id {0:?} here")]
    UnknownShare(String),
    /// Nobody could let another administrator in.
    #[error("this is the last administrator")]
    LastAdministrator,
    /// No member has this address with this password.
    #[error("e-mail address and password do not belong together here")]
    WrongPassword,
    /// Too many passwords were tried for an address.
    #[error("too many passwords were tried for this address")]
    TooManyTries,
    /// Too many passwords are being verified.
    #[error("too many people sign in at this moment")]
    Busy,
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
            Error::UnknownMember(_) => "unknown_member",
            Error::InvalidMember(_) => "invalid_member",
            Error::InvitationOver => "invitation_over",
            Error::InvalidBrand(_) => "invalid_brand",
            Error::InvalidShare(_) => "invalid_share",
            Error::UnknownShare(_) => "unknown_share",
            Error::LastAdministrator => "last_administrator",
            Error::WrongPassword => "wrong_password",
            Error::TooManyTries => "too_many_tries",
            Error::Busy => "busy",
            Error::Invalid(_) => "invalid_name",
        }
    }

    /// What a caller can do about it.
    pub fn class(&self) -> journal::ErrorClass {
        match self {
            Error::Journal(error) => error.class(),
            Error::TooManyTries | Error::Busy => journal::ErrorClass::Retry,
            _ => journal::ErrorClass::Fatal,
        }
    }
}
