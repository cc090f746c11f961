//! What a key may do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Error;

/// The role of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// Stands in a public page: what a visitor's browser may say, and nothing else.
    Browser,
    /// Sends every event, reads nothing.
    Ingest,
    /// Reads figures, sends nothing.
    Read,
    /// Sends and reads.
    Write,
    /// Sends, reads, and manages projects and keys.
    Admin,
}

/// What a browser's key may send. A message's role must also be `user`; who takes the event in looks at that.
const BROWSER_EVENTS: [&str; 10] = [
    "conversation.initialized",
    "widget.opened",
    "conversation.started",
    "message.created",
    "ui.shown",
    "ui.clicked",
    "feedback.submitted",
    "feedback.updated",
    "feedback.deleted",
    "csat.submitted",
];

impl Role {
    /// Every role.
    pub const ALL: [Role; 5] = [Role::Browser, Role::Ingest, Role::Read, Role::Write, Role::Admin];

    /// Whether events of this type (`message.created`, …) may be sent. For `Browser` and `message.created` the caller must
    /// check besides that the message's role is `user`.
    pub fn may_ingest(self, event_type: &str) -> bool {
        match self {
            Role::Browser => BROWSER_EVENTS.contains(&event_type),
            Role::Ingest | Role::Write | Role::Admin => true,
            Role::Read => false,
        }
    }

    /// Whether figures and conversations may be read.
    pub fn may_read(self) -> bool {
        matches!(self, Role::Read | Role::Write | Role::Admin)
    }

    /// Whether projects and keys may be created and revoked.
    pub fn may_manage(self) -> bool {
        matches!(self, Role::Admin)
    }

    /// The role's public name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Browser => "browser",
            Role::Ingest => "ingest",
            Role::Read => "read",
            Role::Write => "write",
            Role::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(name: &str) -> Result<Role, Error> {
        Role::ALL.into_iter().find(|role| role.name() == name).ok_or_else(|| {
            let shown: String = name.chars().take(80).collect();
            Error::Invalid(format!("{shown:?} is no role: use browser, ingest, read, write or admin"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_key_sends_what_a_visitor_does_and_reads_nothing() {
        assert!(BROWSER_EVENTS.iter().all(|event| Role::Browser.may_ingest(event)));
        for event in ["llm.call.completed", "assignment.accepted", "conversation.deleted", "user.identified", ""] {
            assert!(!Role::Browser.may_ingest(event), "{event}");
        }
        assert!(!Role::Browser.may_read() && !Role::Browser.may_manage());
    }

    #[test]
    fn each_role_does_its_own_and_no_more() {
        let of = |role: Role| (role.may_ingest("llm.call.completed"), role.may_read(), role.may_manage());
        assert_eq!(of(Role::Ingest), (true, false, false));
        assert_eq!(of(Role::Read), (false, true, false));
        assert_eq!(of(Role::Write), (true, true, false));
        assert_eq!(of(Role::Admin), (true, true, true));
    }

    #[test]
    fn names_parse_back() {
        for role in Role::ALL {
            assert_eq!(role.name().parse::<Role>().unwrap(), role);
        }
        assert_eq!("owner".parse::<Role>().unwrap_err().code(), "invalid_name");
    }
}
