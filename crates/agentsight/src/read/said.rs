//! What clients said of a conversation: the last update of a value counts, else the first that gives it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use warehouse::query::stored::Stored;

/// The values, by the order in which they are shown.
const NAMES: [&str; 8] =
    ["name", "customer_id", "customer_ip_address", "device", "source", "language", "metadata", "is_marked"];

/// What was said so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    values: Map<String, Value>,
    updated: BTreeSet<&'static str>,
    user_id: String,
}

impl Said {
    /// Takes the next event, in the order in which events arrived.
    pub(crate) fn take(&mut self, event: &Stored, data: &Value) {
        if self.user_id.is_empty() {
            self.user_id.clone_from(&event.user_id);
        }
        let said = |value: &&Value| !value.is_null() && value.as_str() != Some("");
        match event.event.as_str() {
            "conversation.updated" => {
                for name in NAMES {
                    if let Some(value) = data.get("set").and_then(|set| set.get(name)) {
                        self.values.insert(name.to_owned(), value.clone());
                        self.updated.insert(name);
                    }
                }
            }
            "conversation.started" | "conversation.initialized" => {
                for name in NAMES {
                    if let Some(value) = data.get(name).filter(said).filter(|_| !self.updated.contains(name)) {
                        self.values.entry(name).or_insert_with(|| value.clone());
                    }
                }
            }
            _ => {}
        }
    }

    /// A value; null for nothing.
    pub(crate) fn value(&self, name: &str) -> Value {
        let user = || (name == "customer_id" && !self.user_id.is_empty()).then(|| self.user_id.clone().into());
        self.values.get(name).cloned().or_else(user).unwrap_or(Value::Null)
    }

    /// Whether it is marked.
    pub(crate) fn is_marked(&self) -> bool {
        self.values.get("is_marked").and_then(Value::as_bool).unwrap_or(false)
    }
}
