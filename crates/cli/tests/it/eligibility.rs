//! P5: what is in no figure changes none, whichever way a figure is worked out.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use warehouse::registry::METRICS;

use crate::server::{Directory, Server};

const RANGE: &str = "from=2026-03-01&to=2026-04-01&tz=UTC";
const CRAWLER: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";

/// Everything that a conversation of one user brings into figures, and what they do without one; with the user agent of all of it.
fn traffic(conversation: &str, user: &str, agent: &str) -> Vec<Value> {
    let mut events = Vec::new();
    let mut add = |kind: &str, in_conversation: bool, data: Value| {
        let number = events.len();
        let mut event = json!({
            "event_id": format!("{conversation}-{number}"), "event": kind, "historical": true, "user_id": user, "data": data,
            "timestamp": format!("2026-03-10T10:{number:02}:00Z"), "context": {"user_agent": agent}, "channel": "web",
        });
        if in_conversation {
            event["conversation_id"] = json!(conversation);
        }
        events.push(event);
    };
    let message = |id: &str, role: &str| json!({"message_id": format!("{conversation}-{id}"), "role": role, "intent": "refund", "workflow_id": "faq"});
    add("conversation.initialized", true, json!({"page_url": "/help"}));
    add("message.created", true, message("m1", "user"));
    add("message.created", true, message("m2", "bot"));
    add(
        "feedback.submitted",
        true,
        json!({"message_id": format!("{conversation}-m2"), "rating": "positive", "source": "customer"}),
    );
    add("tool.call.completed", true, json!({"tool_name": "find", "duration_ms": 5}));
    add("llm.call.completed", true, json!({"call_id": "l", "model": "large", "input_tokens": 7, "output_tokens": 8}));
    add("csat.submitted", true, json!({"survey_id": "s", "score": 4, "scale_min": 1, "scale_max": 5}));
    add("handoff.requested", true, json!({"trigger": "direct"}));
    add("queue.entered", true, json!({"assignment_id": format!("{conversation}-a"), "origin": "initiated"}));
    add("assignment.accepted", true, json!({"assignment_id": format!("{conversation}-a"), "agent_id": "ana"}));
    add("conversation.closed", true, json!({"reason": "solved", "assignment_id": format!("{conversation}-a")}));
    add("message.created", false, message("m3", "user"));
    add("ui.clicked", false, json!({"click_type": "link", "title": "Help"}));
    add("ticket.created", false, json!({"ticket_id": "t"}));
    add("tool.call.completed", false, json!({"tool_name": "find", "duration_ms": 5}));
    events
}

/// The same without what stands outside of conversations.
fn in_conversation(events: Vec<Value>) -> Vec<Value> {
    events.into_iter().filter(|event| event["conversation_id"].is_string()).collect()
}

struct Rig {
    directory: Directory,
    server: Server,
    key: String,
}

impl Rig {
    fn new() -> Rig {
        let directory = Directory::new();
        let server = directory.start();
        let key = directory.project("shop");
        Rig { directory, server, key }
    }

    fn send(&self, events: Vec<Value>) {
        self.server.accepted(&self.key, &Value::Array(events));
    }

    fn get(&self, path: &str) -> Value {
        self.server.answered(path, &self.key)
    }

    /// Every figure, over the whole range, over one that ends within a quarter of an hour, and of one channel.
    fn figures(&self) -> BTreeMap<String, Value> {
        let ranges = [
            RANGE,
            "from=2026-03-01&to=2026-03-10T10:13:30Z&tz=UTC",
            "from=2026-03-01&to=2026-04-01&tz=UTC&f=channel:is:web",
        ];
        let ask = |range: &str, id: &str| {
            let (status, body) = self.server.get(&format!("/api/v1/query?{range}&metric={id}"), Some(&self.key));
            // What has no conversations takes no filter of theirs.
            assert!(status == 200 || (status == 422 && range.contains("&f=")), "{id}: {body}");
            body["results"][0]["total"].clone()
        };
        let all = METRICS
            .iter()
            .flat_map(|metric| ranges.map(|range| (format!("{} {range}", metric.id), ask(range, metric.id))));
        all.collect()
    }

    fn internal_users(&self, users: &Value) {
        let settings = json!({"internal_users": users});
        let (status, answer) = self.directory.change_settings(&self.server, "shop", &settings);
        assert_eq!(status, 200, "{answer}");
    }

    fn listed(&self, state: &str) -> Vec<String> {
        let body = self.get(&format!("/api/v1/conversations?{RANGE}&state={state}"));
        let ids = body["conversations"].as_array().unwrap().iter();
        ids.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    fn excluded(&self, id: &str) -> u64 {
        let body = self.get(&format!("/api/v1/explain?{RANGE}&metric=messages_total"));
        let all = body["excluded"].as_array().unwrap();
        all.iter().find(|excluded| excluded["id"] == id).unwrap()["count"].as_u64().unwrap()
    }
}

fn tagged(id: &str, conversation: &str, tags: &[&str]) -> Value {
    json!({"event_id": id, "event": "conversation.updated", "conversation_id": conversation, "historical": true,
        "timestamp": format!("2026-03-11T10:00:0{}Z", id.len()), "data": {"set": {"tags": tags}}})
}

#[test]
fn tests_crawlers_and_internal_users_change_no_figure() {
    let rig = Rig::new();
    rig.send(traffic("real", "u1", BROWSER));
    let real = rig.figures();
    assert_eq!(real[&format!("messages_total {RANGE}")]["value"], 3);

    rig.send(traffic("crawled", "crawler", CRAWLER));
    assert_eq!(rig.figures(), real, "a crawler's traffic");
    assert_eq!(rig.excluded("crawlers"), 15);

    rig.send(in_conversation(traffic("trial", "u2", BROWSER)));
    let with_trial = rig.figures();
    assert_ne!(with_trial, real, "it counts until it is tagged");
    rig.send(vec![tagged("t", "trial", &["vip", "test"])]);
    assert_eq!(rig.figures(), real, "a test");
    assert_eq!((rig.listed("test"), rig.listed("all")), (vec!["trial".to_owned()], vec!["real".to_owned()]));
    assert_eq!(rig.excluded("test_conversations"), 1);
    assert_eq!(rig.get("/api/v1/conversations/trial")["timeline"].as_array().unwrap().len(), 12);
    rig.send(vec![tagged("tt", "trial", &["vip"])]);
    assert_eq!(rig.figures(), with_trial, "it is none any more");
    rig.send(vec![tagged("ttt", "trial", &["test"])]);

    rig.send(traffic("own", "ana@shop", BROWSER));
    assert_ne!(rig.figures(), real, "they count until the project says that they are its own");
    rig.internal_users(&json!(["ana@shop"]));
    assert_eq!(rig.figures(), real, "an internal user");
    assert_eq!(rig.excluded("internal_users"), 15);
    rig.internal_users(&Value::Null);
    assert_ne!(rig.figures(), real);
}
