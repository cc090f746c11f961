//! Members: people who sign in, each with a role in every project that they belong to.

use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::Error;

/// The role of a member in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MemberRole {
    /// Reads everything, and changes settings, keys and members.
    Owner,
    /// Reads everything.
    Analyst,
    /// Answers customers: reads everything but the figures of single agents.
    Agent,
    /// Whose customers these are: reads figures, no conversations, and nothing that people wrote.
    Client,
}

impl MemberRole {
    /// Every role.
    pub const ALL: [MemberRole; 4] = [MemberRole::Owner, MemberRole::Analyst, MemberRole::Agent, MemberRole::Client];

    /// The role's public name.
    pub fn name(self) -> &'static str {
        match self {
            MemberRole::Owner => "owner",
            MemberRole::Analyst => "analyst",
            MemberRole::Agent => "agent",
            MemberRole::Client => "client",
        }
    }

    /// Whether the figures of single agents are shown.
    pub fn may_single_out_agents(self) -> bool {
        self != MemberRole::Agent
    }

    /// Whether conversations are shown with what was written in them.
    pub fn may_read_conversations(self) -> bool {
        self != MemberRole::Client
    }

    /// Whether what people wrote is shown where figures are: questions, comments, what dead letters say.
    pub fn may_read_texts(self) -> bool {
        self != MemberRole::Client
    }
}

impl fmt::Display for MemberRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for MemberRole {
    type Err = Error;

    fn from_str(name: &str) -> Result<MemberRole, Error> {
        MemberRole::ALL.into_iter().find(|role| role.name() == name).ok_or_else(|| {
            let shown: String = name.chars().take(80).collect();
            Error::InvalidMember(format!("{shown:?} is no role of a member: use owner, analyst, agent or client"))
        })
    }
}

/// Somebody who joined. `Debug` does not show the password's hash.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Public id; another one when somebody who was removed joins again.
    pub id: Arc<str>,
    /// The e-mail address, which is the member's name: in lower case.
    pub email: Arc<str>,
    /// Whether they own every project, those to come too.
    pub is_administrator: bool,
    /// Their role in each project that they belong to.
    pub roles: BTreeMap<String, MemberRole>,
    /// Changes when all their sessions end: the offset of the record that ended them.
    pub epoch: u64,
    pub(crate) password: Arc<str>,
}

impl Member {
    /// Their role in a project; None where they have nothing to do with it.
    pub fn role(&self, project: &str) -> Option<MemberRole> {
        if self.is_administrator { Some(MemberRole::Owner) } else { self.roles.get(project).copied() }
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("id", &self.id).field("roles", &self.roles).finish_non_exhaustive()
    }
}

/// An invitation that nobody has taken yet. Whoever has its link may.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invitation {
    /// Public id: the link is what has to be kept secret.
    pub id: String,
    /// For whom it is; the first administrator says themselves who they are.
    pub email: Option<String>,
    /// The project; None for administrators, who own every project.
    pub project: Option<String>,
    /// The role that it gives.
    pub role: MemberRole,
    /// When it is over, seconds since 1970.
    pub expires_at: i64,
}

/// Longest e-mail address, bytes (RFC 5321).
const EMAIL_BYTES_MAX: usize = 254;

/// An e-mail address in lower case.
///
/// # Errors
/// `InvalidMember` for what cannot be one.
pub(crate) fn email(text: &str) -> Result<String, Error> {
    let text = text.trim().to_lowercase();
    let is_right = text.len() <= EMAIL_BYTES_MAX
        && crate::name::checked("an e-mail address", &text, EMAIL_BYTES_MAX).is_ok()
        && !text.contains(|letter: char| letter.is_whitespace() || "<>()[],;:\\\"".contains(letter))
        && matches!(text.split('@').collect::<Vec<_>>()[..], [name, host] if !name.is_empty() && !host.is_empty());
    if is_right {
        return Ok(text);
    }
    Err(Error::InvalidMember("this is no e-mail address: write it as name@example.com".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_name_at_one_host() {
        for (text, address) in
            [(" Ana@Shop.Example ", "ana@shop.example"), ("o'neil+x@x.example", "o'neil+x@x.example")]
        {
            assert_eq!(email(text).unwrap(), address);
        }
        let long = format!("{}@x.example", "a".repeat(250));
        for text in ["", "ana", "@shop", "ana@", "a@b@c", "a b@c", "<b>@c", "a@b\n", "a\u{202e}b@c", "\"a\"@b", &long] {
            assert_eq!(email(&format!("{text}\u{0}")).unwrap_err().code(), "invalid_member", "{text:?}");
            if !text.ends_with('\n') {
                assert_eq!(email(text).unwrap_err().code(), "invalid_member", "{text:?}");
            }
        }
    }

    #[test]
    fn names_of_roles_parse_back() {
        for role in MemberRole::ALL {
            assert_eq!(role.name().parse::<MemberRole>().unwrap(), role);
        }
        assert_eq!("admin".parse::<MemberRole>().unwrap_err().code(), "invalid_member");
    }

    #[test]
    fn each_role_sees_its_own() {
        let of = |role: MemberRole| (role.may_single_out_agents(), role.may_read_conversations());
        assert_eq!(of(MemberRole::Owner), (true, true));
        assert_eq!(of(MemberRole::Analyst), (true, true));
        assert_eq!(of(MemberRole::Agent), (false, true));
        assert_eq!(of(MemberRole::Client), (true, false));
    }
}
