//! The present of a running server: what was just sent is there, is pushed to who looks, and says nothing of what was written.

use std::io::BufRead;

use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::server::{Directory, Visitor, wait_for};

/// Reads a stream up to the end of a part that says something.
fn read_until(stream: &mut impl BufRead, name: &str, says: &str) -> String {
    let (mut event, mut data) = (String::new(), String::new());
    for line in stream.lines() {
        let line = line.unwrap();
        match line.split_once(": ") {
            Some(("event", name)) => event = name.to_owned(),
            Some(("data", part)) => data.push_str(part),
            _ if line.is_empty() => {
                if event == name && data.contains(says) {
                    return data;
                }
                data.clear();
            }
            _ => {}
        }
    }
    panic!("the stream ended without {says} in {name}");
}

/// A customer who waits for an agent, and an agent who is there.
fn events() -> Value {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    let event = |id: &str, name: &str, conversation: Option<&str>, data: Value| {
        json!({"event_id": id, "event": name, "conversation_id": conversation, "user_id": conversation.map(|_| "u1"),
               "timestamp": now, "channel": conversation.map(|_| "web"), "data": data})
    };
    json!([
        event(
            "1",
            "message.created",
            Some("c1"),
            json!({"message_id": "m1", "role": "user", "text": "Where is my parcel?"})
        ),
        event("2", "assignment.offered", Some("c1"), json!({"assignment_id": "l1", "agent_id": "ana"})),
        event("3", "agent.session.started", None, json!({"agent_id": "ana", "agent_session_id": "s1"})),
        event("4", "agent.status.changed", None, json!({"agent_id": "ana", "status": "available"})),
        event("5", "agent.session.started", None, json!({"agent_id": "ben", "agent_session_id": "s2"})),
        event("6", "agent.session.ended", None, json!({"agent_id": "ben", "agent_session_id": "s2"})),
    ])
}

#[test]
fn what_is_sent_is_present_and_pushed_without_what_it_says() {
    let directory = Directory::new();
    let server = directory.start();
    let (key, other) = (directory.project("shop"), directory.project("other"));
    let visitor = Visitor::sign_in(&server, &key);
    let mut stream = visitor.stream("/p/shop/live/events");
    let before = read_until(&mut stream, "latest", "");
    assert!(before.contains("Nothing arrived"), "{before}");

    server.accepted(&key, &events());
    let latest = read_until(&mut stream, "latest", "assignment.offered");
    assert!(!latest.contains("parcel") && !latest.contains("u1"), "{latest}");

    let live = server.answered("/api/v1/live", &key);
    assert_eq!(live["conversations"]["open"], 1, "{live}");
    assert_eq!(live["waiting"]["count"], 1, "{live}");
    assert!(live["waiting"]["longest_s"].as_f64().unwrap() < 60.0, "{live}");
    assert_eq!(live["agents"], json!([{"status": "available", "count": 1}]), "{live}");
    assert_eq!(live["arrivals"]["events"], 6, "{live}");
    assert_eq!(live["behind"], json!({"records": 0, "seconds": 0.0}), "{live}");
    assert!(!live.to_string().contains("parcel"), "{live}");
    let elsewhere = server.answered("/api/v1/live", &other);
    assert_eq!((&elsewhere["arrivals"]["events"], &elsewhere["events"]), (&json!(0), &json!([])), "another project");

    let page = visitor.page("/p/shop/live");
    assert!(page.contains("<span data-live-value=\"waiting\">1</span>"), "{page}");
    assert!(page.contains("agent.status.changed") && !page.contains("parcel"), "{page}");
}

#[test]
fn what_could_not_be_taken_is_counted_by_its_reason_with_how_to_mend_it() {
    let directory = Directory::new();
    let server = directory.start();
    let (key, other) = (directory.project("shop"), directory.project("other"));
    let wrong = json!([
        {"event_id": "w1", "event": "message.created", "conversation_id": "c1", "data": {"role": "user"}},
        {"event_id": "w2", "event": "message.created", "conversation_id": "c1", "data": {"role": "user"}},
    ]);
    let (_, answer) = server.batch(&key, &wrong);
    let code = answer["rejected"][0]["code"].as_str().unwrap().to_owned();
    let told = wait_for("the dead letters", || {
        let told = server.answered("/api/v1/dead-letters?r=today", &key);
        (told["reasons"][0]["count"] == 2).then_some(told)
    });
    assert_eq!((&told["reasons"][0]["reason"], told["reasons"].as_array().unwrap().len()), (&json!(code), 1), "{told}");
    assert_eq!(server.answered("/api/v1/dead-letters?r=today", &other)["reasons"], json!([]), "another project");
    let page = Visitor::sign_in(&server, &key).page("/p/shop/health?r=today");
    assert!(page.contains(&format!("data-reason=\"{code}\" data-value=\"2\"")), "{page}");
    assert!(page.contains("Add the field that the message names"), "{page}");
}
