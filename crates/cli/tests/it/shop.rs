//! A server with one project, and its figures.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use warehouse::registry::{METRICS, Metric};

use crate::server::{Directory, Server};

/// Most metrics of one question.
pub(crate) const METRICS_MAX: usize = 20;
/// A month that holds what the tests send.
pub(crate) const RANGE: &str = "from=2026-03-01&to=2026-04-01&tz=UTC";
/// What a person's browser calls itself.
pub(crate) const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";

/// A server with the project `shop`.
pub(crate) struct Shop {
    pub(crate) directory: Directory,
    pub(crate) server: Server,
    /// Writes and reads.
    pub(crate) key: String,
}

impl Shop {
    pub(crate) fn new() -> Shop {
        let directory = Directory::new();
        let server = directory.start();
        let key = directory.project("shop");
        Shop { directory, server, key }
    }

    pub(crate) fn send(&self, events: Vec<Value>) {
        self.server.accepted(&self.key, &Value::Array(events));
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.of(&self.key).get(path)
    }

    /// The total of a metric.
    pub(crate) fn total(&self, id: &str, range: &str) -> Value {
        self.of(&self.key).total(id, range)
    }

    /// The totals of metrics over each of some ranges.
    pub(crate) fn totals(&self, metrics: &[&Metric], ranges: &[&str]) -> BTreeMap<String, Value> {
        self.of(&self.key).totals(metrics, ranges)
    }

    /// Who asks with another key.
    pub(crate) fn of<'a>(&'a self, key: &'a str) -> Caller<'a> {
        Caller { server: &self.server, key }
    }

    /// The same server, stopped and started.
    pub(crate) fn restart(self) -> Shop {
        let Shop { directory, server, key } = self;
        server.terminate();
        let server = directory.start();
        Shop { directory, server, key }
    }

    pub(crate) fn internal_users(&self, users: &Value) {
        let settings = json!({"internal_users": users});
        let (status, answer) = self.directory.change_settings(&self.server, "shop", &settings);
        assert_eq!(status, 200, "{answer}");
    }
}

/// Somebody with a key.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    server: &'a Server,
    key: &'a str,
}

impl Caller<'_> {
    pub(crate) fn get(self, path: &str) -> Value {
        self.server.answered(path, self.key)
    }

    /// The total of a metric.
    pub(crate) fn total(self, id: &str, range: &str) -> Value {
        self.get(&format!("/api/v1/query?{range}&metric={id}"))["results"][0]["total"].clone()
    }

    /// The totals of metrics over each of some ranges, one of which may be kept to some channels: what has no channel is not asked
    /// for then.
    pub(crate) fn totals(self, metrics: &[&Metric], ranges: &[&str]) -> BTreeMap<String, Value> {
        let mut totals = BTreeMap::new();
        for range in ranges {
            let takes = |metric: &Metric| {
                !range.contains("&f=channel:") || metric.dimensions().any(|of| of.name() == "channel")
            };
            let taking: Vec<&Metric> = metrics.iter().copied().filter(|metric| takes(metric)).collect();
            for metrics in taking.chunks(METRICS_MAX) {
                let told = metrics.iter().zip(results((self.server, self.key), metrics, range));
                totals.extend(told.map(|(metric, result)| (format!("{} {range}", metric.id), result["total"].clone())));
            }
        }
        totals
    }
}

/// Metrics as a question names them.
pub(crate) fn named(metrics: &[&Metric]) -> String {
    metrics.iter().map(|metric| format!("metric={}&", metric.id)).collect()
}

/// What a question for several metrics at once answers, one result a metric.
pub(crate) fn results((server, key): (&Server, &str), metrics: &[&Metric], rest: &str) -> Vec<Value> {
    let body = server.answered(&format!("/api/v1/query?{}{rest}", named(metrics)), key);
    let results = body["results"].as_array().unwrap().clone();
    assert_eq!(results.len(), metrics.len(), "{body}");
    results
}

/// Every metric.
pub(crate) fn all_metrics() -> Vec<&'static Metric> {
    METRICS.iter().collect()
}

/// One metric of each source: what counts and what does not is decided there.
pub(crate) fn one_of_each_source() -> Vec<&'static Metric> {
    let mut chosen: Vec<&Metric> = Vec::new();
    for metric in METRICS {
        if chosen.iter().all(|other| other.figure.source != metric.figure.source) {
            chosen.push(metric);
        }
    }
    chosen
}

/// Those figures of `all` that `some` has, too.
pub(crate) fn same_of(all: &BTreeMap<String, Value>, some: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    some.keys().map(|name| (name.clone(), all[name].clone())).collect()
}

/// Everything that a conversation of one user brings into figures, and what they do without one; with the user agent of all of it.
pub(crate) fn traffic(conversation: &str, user: &str, agent: &str) -> Vec<Value> {
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
