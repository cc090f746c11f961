//! What stands on the control topic: one JSON object a record.

use rollup::Settings;
use serde::{Deserialize, Serialize};

use crate::{Brand, MemberRole, Role, Shown};

/// A change of projects, their settings, keys, members or shares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub(crate) enum Change {
    #[serde(rename = "project.created")]
    ProjectCreated { id: String, name: String, timezone: String, created_at: String },
    #[serde(rename = "project.settings_changed")]
    SettingsChanged { project: String, settings: Box<Settings>, changed_at: String },
    #[serde(rename = "project.brand_changed")]
    BrandChanged { project: String, brand: Box<Brand>, changed_at: String },
    #[serde(rename = "project.logo_changed")]
    LogoChanged {
        project: String,
        /// The file, at most 64 KiB of it; absent where there is none any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base64: Option<String>,
        changed_at: String,
    },
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
    #[serde(untagged)]
    Share(ShareChange),
}

/// A change of shares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub(crate) enum ShareChange {
    #[serde(rename = "share.created")]
    Created {
        id: String,
        project: String,
        shown: Shown,
        /// Seconds since 1970, as the next.
        expires_at: i64,
        created_s: i64,
    },
    #[serde(rename = "share.revoked")]
    Revoked { id: String, revoked_at: String },
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
