//! What stands on the control topic: one JSON object a record.

use rollup::Settings;
use serde::{Deserialize, Serialize};

use crate::Role;

/// A change of projects, their settings or keys.
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
}

impl Change {
    /// Encodes the change as a record's body.
    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and plain enums are always JSON")
    }
}
