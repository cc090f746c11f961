//! The body of an answer that refuses: one shape for every surface of the program.

use std::{
    error::Error,
    hash::{BuildHasher, Hasher, RandomState},
};

use serde_json::{Value, json};

/// What a client is told when it does not get what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal<'a> {
    /// Stable name, for programs.
    pub code: &'a str,
    /// What is wrong, for people.
    pub message: &'a str,
    /// What the client can do.
    pub hint: &'a str,
    /// Where the log says more, if there is more to say.
    pub id: Option<&'a str>,
}

impl Refusal<'_> {
    /// `{"error": {"code", "message", "hint"}}`, with an `id` if there is one.
    pub fn to_json(&self) -> Value {
        let mut error = json!({"code": self.code, "message": self.message, "hint": self.hint});
        if let Some(id) = self.id {
            error["id"] = id.into();
        }
        json!({ "error": error })
    }
}

/// Logs the details of a failure that are none of a client's business (addresses, paths, texts of other programs), with an
/// error's causes, and answers the id under which they stand in the log.
pub fn log_details(code: &str, error: &(dyn Error + 'static)) -> String {
    // Random enough to be found in a log; it protects nothing.
    let id = format!("{:016x}", RandomState::new().build_hasher().finish());
    let mut details = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !details.contains(&text) {
            details = format!("{details}: {text}");
        }
        cause = inner.source();
    }
    tracing::warn!(code, id, error = details, "a request was not answered");
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_one_shape() {
        let refusal = Refusal { code: "gone", message: "it is gone", hint: "look elsewhere", id: None };
        let mut expected = json!({"error": {"code": "gone", "message": "it is gone", "hint": "look elsewhere"}});
        assert_eq!(refusal.to_json(), expected);
        expected["error"]["id"] = "7".into();
        assert_eq!(Refusal { id: Some("7"), ..refusal }.to_json(), expected);
    }

    #[test]
    fn every_failure_has_its_own_id() {
        let error = std::io::Error::other("no route to 10.0.0.7");
        let (one, two) = (log_details("away", &error), log_details("away", &error));
        assert!(one != two && one.len() == 16 && !one.contains("10.0"), "{one} {two}");
    }
}
