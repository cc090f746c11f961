//! Somebody who sends as the SDKs do.

use std::{collections::HashMap, sync::Mutex};

use serde_json::Value;

use super::{
    first, second,
    story::{Release, Story},
};
use crate::server::Server;

/// Clients at once.
const CLIENTS: usize = 6;

/// Somebody who sends as the SDKs do, and what they remember of the answers.
pub(super) struct Sdk<'a> {
    server: &'a Server,
    key: &'a str,
    numbers: Mutex<HashMap<String, Value>>,
}

impl<'a> Sdk<'a> {
    pub(super) fn new(server: &'a Server, key: &'a str) -> Sdk<'a> {
        Sdk { server, key, numbers: Mutex::default() }
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.server.post(path, self.key, body);
        assert!(status == 200 || status == 201, "{path} {body}: {status} {answer}");
        answer
    }

    pub(super) fn patch(&self, path: &str, body: &Value) {
        let (status, answer) = self.server.patch(path, self.key, body);
        assert_eq!(status, 200, "{path} {body}: {answer}");
    }

    pub(super) fn delete(&self, path: &str) {
        let (status, answer) = self.server.delete(path, self.key);
        assert_eq!(status, 200, "{path}: {answer}");
    }

    pub(super) fn keep(&self, id: &str, number: &Value) {
        self.numbers.lock().unwrap().insert(id.to_owned(), number.clone());
    }

    pub(super) fn kept(&self, id: &str) -> Value {
        self.numbers.lock().unwrap().get(id).cloned().unwrap_or_else(|| panic!("nothing is known of {id}"))
    }

    /// A conversation as a list shows it.
    pub(super) fn row(&self, id: &str) -> Value {
        let page =
            self.server.answered(&format!("/api/conversations/?conversation_id={id}&include_deleted=true"), self.key);
        page["results"].get(0).cloned().unwrap_or_else(|| panic!("{id} is not in {page}"))
    }

    /// The number of a conversation: kept, else looked up.
    pub(super) fn number(&self, id: &str) -> i64 {
        self.kept(id).as_i64().unwrap_or_else(|| self.row(id)["id"].as_i64().unwrap())
    }

    /// Sends conversations, several at once.
    pub(super) fn send(&self, stories: &[Story]) {
        let each = |first: fn(&Sdk<'_>, &Story), second: fn(&Sdk<'_>, &Story)| {
            std::thread::scope(|scope| {
                for client in 0..CLIENTS {
                    scope.spawn(move || {
                        for story in stories.iter().skip(client).step_by(CLIENTS) {
                            (if story.release == Release::First { first } else { second })(self, story);
                        }
                    });
                }
            });
        };
        each(first::track, second::track);
        each(first::ask, second::ask);
    }
}
