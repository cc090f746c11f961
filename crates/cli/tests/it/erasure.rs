//! A person who asked to be forgotten: what they wrote and who they are is nowhere, for good, and every count stays.

use serde_json::{Value, json};

use crate::{
    server::wait_for,
    shop::{RANGE, Shop, all_metrics, one_of_each_source},
};

/// What names the person, or is a text of theirs: nothing else of the test contains it.
const NEEDLES: [&str; 3] = ["jane", "Jane", "SECRET"];

/// Makes events of March with ids of their own.
struct Events {
    prefix: &'static str,
    made: Vec<Value>,
}

impl Events {
    fn new(prefix: &'static str) -> Events {
        Events { prefix, made: Vec::new() }
    }

    /// An event of a conversation ('' for none), sent by `who`: `u:` or `a:` with an id, '' for nobody.
    fn add(&mut self, kind: &str, conversation: &str, who: &str, data: Value) {
        let number = self.made.len();
        let mut event = json!({
            "event_id": format!("{}{number}", self.prefix), "event": kind, "historical": true, "channel": "web", "data": data,
            "timestamp": format!("2026-03-10T10:{:02}:00Z", number % 60),
            "context": {"device": {"type": "mobile"}, "page": {"url": "https://shop.example/SECRET"}, "timezone": "Europe/SECRET"},
            "metadata": {"note": "SECRET"},
        });
        if !conversation.is_empty() {
            event["conversation_id"] = json!(conversation);
        }
        match who.split_once(':') {
            Some(("u", id)) => event["user_id"] = json!(id),
            Some((_, id)) => event["anonymous_id"] = json!(id),
            None => {}
        }
        self.made.push(event);
    }

    fn message(&mut self, conversation: &str, who: &str, role: &str) {
        let id = format!("{}m{}", self.prefix, self.made.len());
        let data = json!({"message_id": id, "role": role, "text": "SECRET", "feedback_enabled": true, "language": "es",
            "attachments": [{"type": "image", "filename": "SECRET.png", "url": "https://x/SECRET", "size_bytes": 10}]});
        self.add("message.created", conversation, who, data);
    }

    fn batch(self) -> Value {
        Value::Array(self.made)
    }
}

/// Three conversations of one person under three ids, and one of somebody else who shares nothing with them.
fn events() -> Value {
    let mut events = Events::new("e");
    events.add("conversation.started", "c1", "u:jane", json!({"name": "Jane Doe", "language": "es", "country": "ES"}));
    events.message("c1", "u:jane", "user");
    events.message("c1", "", "bot");
    let rated = "em2";
    events.add(
        "feedback.submitted",
        "c1",
        "u:jane",
        json!({"message_id": rated, "rating": "negative", "comment": "SECRET", "source": "customer"}),
    );
    events.add(
        "tool.call.completed",
        "c1",
        "",
        json!({"tool_name": "find", "arguments": {"name": "Jane"}, "result": "SECRET", "duration_ms": 5}),
    );
    events.add(
        "csat.submitted",
        "c1",
        "u:jane",
        json!({"survey_id": "s", "score": 4, "scale_min": 1, "scale_max": 5, "comment": "SECRET"}),
    );
    events.add("ui.clicked", "c1", "u:jane", json!({"click_type": "link", "title": "Help", "value": "SECRET"}));
    events.add("handoff.requested", "c1", "u:jane", json!({"trigger": "direct", "reason": "SECRET"}));
    events.add("conversation.updated", "c1", "", json!({"set": {"name": "Jane Doe", "tags": ["SECRET"]}}));
    events.message("c2", "u:jane-before", "user");
    events.message("c3", "a:device-of-jane", "user");
    events.add("ui.clicked", "", "u:jane", json!({"click_type": "link", "title": "Help"}));
    events.add("user.merged", "", "", json!({"from_user_id": "jane-before", "into_user_id": "jane"}));
    events.add("ticket.created", "", "u:jane-before", json!({"ticket_id": "t", "subject": "SECRET"}));
    events.add("user.identified", "", "u:jane", json!({"traits": {"email": "jane@shop.example"}}));
    events.made.last_mut().unwrap()["anonymous_id"] = json!("device-of-jane");
    events.add("message.created", "c4", "u:joe", json!({"message_id": "o1", "role": "user", "text": "of joe"}));
    let joes = events.made.last_mut().unwrap();
    (joes["context"], joes["metadata"]) = (Value::Null, Value::Null);
    events.batch()
}

fn asking(id: &str, user: &str, mode: &str) -> Value {
    json!([{"event_id": id, "event": "user.erasure_requested", "timestamp": "2026-03-20T10:00:00Z", "historical": true,
        "data": {"user_id": user, "mode": mode, "request_id": format!("request-{id}")}}])
}

/// The receipt of a request, once it is carried out.
fn receipt(shop: &Shop, request: &str) -> Value {
    wait_for("the receipt", || {
        let body = shop.server.answered("/api/v1/projects/shop/erasures", &shop.directory.admin_key());
        let all = body["erasures"].as_array().unwrap().clone();
        all.into_iter().find(|told| told["request_id"] == request && told["state"] == "done")
    })
}

/// Where anything of the person is found: tables and views (the project's rows), and routes.
fn found(shop: &Shop) -> Vec<String> {
    let project = shop.get("/api/v1/projects")["projects"][0]["id"].as_str().unwrap().to_owned();
    let mut found = Vec::new();
    let mut look = |at: &str, text: &str| {
        if NEEDLES.iter().any(|needle| text.contains(needle)) {
            found.push(at.to_owned());
        }
    };
    for table in shop.directory.sql("SHOW TABLES", "").lines() {
        let columns = shop.directory.sql(&format!("DESCRIBE TABLE {table} FORMAT TSV"), "");
        let has_project = columns.lines().any(|column| column.starts_with("project\t"));
        let kept = if has_project { "WHERE project IN ({project:String}, '')" } else { "" };
        look(table, &shop.directory.sql(&format!("SELECT * FROM {table} {kept} FORMAT JSONEachRow"), &project));
    }
    let mut routes = vec![format!("/api/v1/conversations?{RANGE}")];
    for id in ["c1", "c2", "c3", "c5"] {
        routes.push(format!("/api/v1/conversations/{id}"));
    }
    for dimension in ["channel", "device", "language", "country", "city", "trait:email"] {
        routes.push(format!("/api/v1/query?{RANGE}&metric=users_active&by={dimension}"));
    }
    for metric in ["messages_total", "users_active", "clicks", "csat_votes"] {
        routes.push(format!("/api/v1/explain?{RANGE}&metric={metric}"));
        routes.push(format!("/api/v1/export?{RANGE}&metric={metric}&format=csv"));
    }
    for route in routes {
        look(&route, &shop.server.get(&route, Some(&shop.key)).1.to_string());
    }
    let searched = shop.get(&format!("/api/v1/conversations?{RANGE}&q=SECRET"));
    if searched["conversations"] != json!([]) {
        found.push("search".to_owned());
    }
    found
}

#[test]
fn what_a_person_wrote_and_who_they_are_is_nowhere_and_every_count_stays() {
    let shop = Shop::new();
    let other = shop.directory.project("other");
    shop.server.accepted(&shop.key, &events());
    shop.server.accepted(&other, &events());
    let refused = json!([{"event_id": "bad", "event": "message.created", "conversation_id": "c1", "user_id": "jane",
        "timestamp": "never", "data": {"message_id": "x", "role": "user", "text": "SECRET"}}]);
    assert_eq!(shop.server.batch(&shop.key, &refused).0, 207);
    let before = shop.totals(&all_metrics(), &[RANGE]);
    wait_for("the dead letter", || found(&shop).contains(&"dead_letters".to_owned()).then_some(()));
    let seen = found(&shop);
    for place in
        ["raw_events", "conversation_states", "person_activity", "identity_events", "requests", "messages", "search"]
    {
        assert!(seen.iter().any(|at| at == place), "the test would not notice anything in {place}: {seen:?}");
    }
    assert!(seen.iter().any(|at| at.ends_with("by=trait:email")), "nor in traits: {seen:?}");
    assert_eq!(before[&format!("messages_total {RANGE}")]["value"], 5);
    assert_eq!(before[&format!("users_active {RANGE}")]["value"], 2, "the person and joe");

    shop.server.accepted(&shop.key, &asking("r1", "jane", "anonymise"));
    let receipt = receipt(&shop, "request-r1");
    assert_eq!((&receipt["mode"], &receipt["conversations"]), (&json!("anonymise"), &json!(3)));
    assert!(receipt["journal_forgets_at"].as_str() > receipt["done_at"].as_str(), "{receipt}");
    assert!(receipt["dead_letters_forget_at"].is_string());
    assert_eq!(found(&shop), Vec::<String>::new());
    assert_eq!(shop.totals(&all_metrics(), &[RANGE]), before, "no count changes");
    let timeline = shop.get("/api/v1/conversations/c1");
    assert_eq!(timeline["timeline"].as_array().unwrap().len(), 9, "the conversation stays, redacted");
    assert_eq!(shop.get("/api/v1/conversations/c4")["timeline"][0]["text"], "of joe", "others are as they were");
    let (_, body) = shop.server.get("/api/v1/conversations/c1", Some(&other));
    assert!(body.to_string().contains("SECRET"), "another project's user of that id is another person");

    shop.server.accepted(&shop.key, &events());
    let mut later = Events::new("n");
    later.message("c5", "", "bot");
    shop.server.accepted(&shop.key, &later.batch());
    let mut again = Events::new("a");
    again.message("c5", "u:jane", "user");
    again.message("c1", "", "bot");
    shop.server.accepted(&shop.key, &again.batch());
    assert_eq!(shop.total("messages_total", RANGE)["value"], 8, "new events count, copies do not");
    assert_eq!(shop.total("users_active", RANGE)["value"], 2, "whoever comes back is who they were");
    wait_for("what was written before it was known to be theirs to go", || found(&shop).is_empty().then_some(()));

    let figures = shop.totals(&one_of_each_source(), &[RANGE]);
    shop.directory.sql("TRUNCATE TABLE derivations", "");
    let shop = shop.restart();
    assert_eq!(found(&shop), Vec::<String>::new(), "after a start that folds everything anew");
    assert_eq!(shop.totals(&one_of_each_source(), &[RANGE]), figures);
}

#[test]
fn a_full_erasure_leaves_counts_alone_and_a_key_that_does_not_manage_sees_no_receipt() {
    let shop = Shop::new();
    shop.server.accepted(&shop.key, &events());
    let before = shop.totals(&one_of_each_source(), &[RANGE]);
    shop.server.accepted(&shop.key, &asking("r1", "jane", "full"));
    assert_eq!(receipt(&shop, "request-r1")["mode"], "full");
    assert_eq!(found(&shop), Vec::<String>::new());
    assert_eq!(shop.totals(&one_of_each_source(), &[RANGE]), before);
    assert_eq!(shop.server.get("/api/v1/conversations/c1", Some(&shop.key)).0, 404);
    let list = shop.get(&format!("/api/v1/conversations?{RANGE}"));
    let listed: Vec<&str> =
        list["conversations"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(listed, ["c4"]);
    assert_eq!(shop.server.get("/api/v1/projects/shop/erasures", Some(&shop.key)).0, 403);
}
