//! What stands on the control topic: one JSON object a record.

use rollup::Settings;
use serde::{Deserialize, Serialize};

use crate::{MemberRole, Role};

/// A change of projects, their settings, keys or members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub(crate) enum Change {
    #[serde(rename = "project.created")]
    ProjectCreated { id: String, name: String, timezone: String, created_at: String },
    #[serde(rename = "project.settings_changed")]
    SettingsChanged { project: String, settings: Box<Settings>, changed_at: String },
    #[serde(rename = "key.created")]
    KeyCreated {
        id: String,
        project: String,
        environment: String,
        role: Role,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bot_id: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        origins: Vec<String>,
        sha256: String,
        created_at: String,
    },
    #[serde(rename = "key.revoked")]
    KeyRevoked { id: String, revoked_at: String },
    #[serde(untagged)]
    Member(MemberChange),
}

/// A change of members. The project is absent where all projects are meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub(crate) enum MemberChange {
    #[serde(rename = "member.invited")]
    Invited {
        id: String,
        email: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<String>,
        role: MemberRole,
        /// Seconds since 1970.
        expires_at: i64,
        invited_at: String,
    },
    #[serde(rename = "member.uninvited")]
    Uninvited { id: String, uninvited_at: String },
    #[serde(rename = "member.joined")]
    Joined {
        id: String,
        invitation: String,
        email: String,
        /// What is stored of the password; absent where a member joins another project.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<String>,
        joined_at: String,
    },
    #[serde(rename = "member.role_changed")]
    RoleChanged { member: String, project: String, role: MemberRole, changed_at: String },
    #[serde(rename = "member.removed")]
    Removed {
        member: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<String>,
        removed_at: String,
    },
    #[serde(rename = "member.signed_out")]
    SignedOut { member: String, signed_out_at: String },
    #[serde(rename = "member.password_changed")]
    PasswordChanged { member: String, password: String, changed_at: String },
}

impl Change {
    /// Encodes the change as a record's body.
    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and plain enums are always JSON")
    }
}
