//! Which services a process is.

/// The services of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Roles {
    /// Takes events over HTTP.
    pub(crate) gateway: bool,
    /// Computes figures.
    pub(crate) worker: bool,
    /// Answers questions.
    pub(crate) api: bool,
}

impl Roles {
    /// `rapport run`.
    pub(crate) const ALL: Roles = Roles { gateway: true, worker: true, api: true };
    /// `rapport gateway`.
    pub(crate) const GATEWAY: Roles = Roles { gateway: true, worker: false, api: false };
    /// `rapport worker`.
    pub(crate) const WORKER: Roles = Roles { gateway: false, worker: true, api: false };
    /// `rapport api`.
    pub(crate) const API: Roles = Roles { gateway: false, worker: false, api: true };

    /// Whether the process stands by itself, with a data directory of its own.
    pub(crate) fn is_whole(self) -> bool {
        self == Roles::ALL
    }

    /// Whether the process reads or writes figures.
    pub(crate) fn needs_warehouse(self) -> bool {
        self.worker || self.api
    }

    /// What a person is told that the process is.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Roles::GATEWAY => "Rapport's gateway",
            Roles::WORKER => "Rapport's worker",
            Roles::API => "Rapport's API",
            _ => "Rapport",
        }
    }
}
