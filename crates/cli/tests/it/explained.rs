//! Behind the figures, on the golden week: every explanation comes to the figure, files say what queries say, and conversations
//! are found and shown as the events tell.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use warehouse::registry::{Dimension, METRICS, Metric};

use crate::{
    one_number::{alike, is_explained},
    server::{Directory, Server},
    shop::{METRICS_MAX, results},
};

const WEEK: &str = "from=2026-03-23&to=2026-03-30";

/// A server that holds the golden events, and a key that reads them.
#[derive(Clone, Copy)]
pub(crate) struct Golden<'a> {
    pub(crate) server: &'a Server,
    pub(crate) directory: &'a Directory,
    pub(crate) key: &'a str,
}

/// Everything that can be asked beside figures.
pub(crate) fn check(golden: Golden<'_>) {
    explanations_come_to_the_figures(golden);
    what_is_asked_together_is_answered_as_alone(golden);
    pages_make_up_the_list(golden);
    exclusions_say_what_the_events_say(golden);
    files_say_what_queries_say(golden);
    filters_select_what_the_events_say(golden);
    a_timeline_shows_every_event_once(golden);
    what_cannot_be_asked_is_refused_with_the_nearest_names(golden);
    another_project_sees_nothing(golden);
    what_is_open_marked_or_waits_is_found(golden);
}

impl Golden<'_> {
    fn ask(&self, path: &str) -> Value {
        self.server.answered(&format!("/api/v1/{path}"), self.key)
    }

    /// The ids of the conversations that meet conditions.
    fn found(&self, conditions: &str) -> Vec<String> {
        let body = self.ask(&format!("conversations?{conditions}"));
        let ids = body["conversations"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned());
        ids.collect()
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-6
}

/// For every metric, unfiltered and of one role where it has roles; `one_number` asks with other filters.
fn explanations_come_to_the_figures(golden: Golden<'_>) {
    let of_roles: Vec<&Metric> =
        METRICS.iter().filter(|metric| metric.dimensions().any(|dimension| dimension == Dimension::Role)).collect();
    std::thread::scope(|scope| {
        for (metrics, filter) in [(METRICS.iter().collect(), ""), (of_roles, "&f=role:is:user")] {
            for part in metrics.chunks(METRICS_MAX).map(<[&Metric]>::to_vec) {
                scope.spawn(move || explanations_come_to(golden, &part, filter));
            }
        }
    });
}

fn explanations_come_to(golden: Golden<'_>, metrics: &[&Metric], filter: &str) {
    let kept = format!("{WEEK}{filter}");
    let queried = results((golden.server, golden.key), metrics, &kept);
    for (metric, result) in metrics.iter().zip(queried) {
        is_explained((golden.server, golden.key), metric, &kept, &result["total"]);
    }
}

/// Every metric in one question with others, by days, with the days before and with its first dimension where all have it: its total,
/// its rows and its comparison are those of questions of their own.
fn what_is_asked_together_is_answered_as_alone(golden: Golden<'_>) {
    const DAYS: &str = "from=2026-03-26&to=2026-03-29";
    const BEFORE: &str = "from=2026-03-23&to=2026-03-26";
    let having = |by: &str| -> Vec<&Metric> {
        METRICS.iter().filter(|metric| by.is_empty() || metric.dimensions().any(|of| of.name() == by)).collect()
    };
    for (by, share) in [("", 1), ("channel", 4), ("agent", 2)] {
        let of_batch = if by.is_empty() { "&g=day&cmp=prev".to_owned() } else { format!("&by={by}") };
        for part in having(by).chunks(METRICS_MAX) {
            let together = results((golden.server, golden.key), part, &format!("{DAYS}{of_batch}"));
            std::thread::scope(|scope| {
                for (Metric { id, .. }, result) in part.iter().zip(&together).step_by(share) {
                    let of_batch = &of_batch;
                    scope.spawn(move || {
                        let alone =
                            golden.ask(&format!("query?metric={id}&{DAYS}{}", of_batch.replace("&cmp=prev", "")));
                        for part in ["total", "rows"] {
                            assert!(alike(&result[part], &alone["results"][0][part]), "{id}: {result} and {alone}");
                        }
                        if by.is_empty() {
                            let before = golden.ask(&format!("query?metric={id}&{BEFORE}"));
                            let before = &before["results"][0]["total"];
                            assert!(alike(&result["comparison"]["total"], before), "{id}: {result} and {before}");
                        }
                    });
                }
            });
        }
    }
}

fn pages_make_up_the_list(golden: Golden<'_>) {
    for id in ["messages_total", "users_returning", "peak_rpm", "cc_handled"] {
        let paged = pages(golden, &format!("explain?metric={id}&{WEEK}&limit=2"));
        let whole = golden.ask(&format!("explain?metric={id}&{WEEK}"));
        assert_eq!(&paged, whole["conversations"].as_array().unwrap(), "{id}");
    }
}

/// The conversations of all pages.
fn pages(golden: Golden<'_>, path: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = golden.ask(&format!("{path}{cursor}"));
        let items = if page["timeline"].is_array() { &page["timeline"] } else { &page["conversations"] };
        all.extend(items.as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// The number of one thing that a metric leaves out.
fn left_out(explained: &Value, id: &str) -> Value {
    let all = explained["excluded"].as_array().unwrap();
    let one = all.iter().find(|excluded| excluded["id"] == id);
    one.unwrap_or_else(|| panic!("{id} is not among {all:?}"))["count"].clone()
}

fn exclusions_say_what_the_events_say(golden: Golden<'_>) {
    let of = |metric: &str| golden.ask(&format!("explain?metric={metric}&{WEEK}"));
    let messages = of("messages_total");
    assert_eq!(left_out(&messages, "deleted_conversations"), 1, "c7");
    assert_eq!(left_out(&messages, "other_environments"), 2, "c5");
    assert_eq!(left_out(&messages, "dead_letters"), 0);
    assert_eq!(left_out(&of("conversations_started"), "never_used"), 1, "c4");
    assert_eq!(left_out(&of("opportunities"), "never_initialised"), 4);
    assert_eq!(left_out(&of("tool_calls"), "token_records"), 1);
    assert_eq!(left_out(&of("workflow_thumbs_up"), "not_by_customers"), 1);
    assert_eq!(left_out(&of("cc_wait_to_accept"), "not_accepted"), 1, "L3");
    assert_eq!(left_out(&of("tool_duration"), "calls_without_duration"), 0);
    assert_eq!(left_out(&of("users_active"), "events_without_person"), 0);
}

/// The rows of a file in CSV; no value of the golden events has a comma or a quote.
fn csv(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(|cell| cell.trim_matches('"').to_owned()));
    let names: Vec<String> = lines.next().unwrap().collect();
    lines.map(|cells| names.iter().cloned().zip(cells).collect()).collect()
}

fn files_say_what_queries_say(golden: Golden<'_>) {
    for question in [
        "metric=messages_total&g=day&by=role,channel",
        "metric=messages_total&metric=bot_response_time&g=day",
        "metric=chats&metric=csat_avg",
        "metric=peak_hours&by=weekday,hour",
        "metric=users_active&g=hour&f=channel:is:web",
    ] {
        let question = format!("{question}&{WEEK}");
        let results = golden.ask(&format!("query?{question}"))["results"].clone();
        let expected: Vec<Value> = results.as_array().unwrap().iter().flat_map(rows_of).collect();
        let json = golden.ask(&format!("export?{question}&format=json"));
        let got: Vec<Value> = json.as_array().unwrap().iter().map(|row| as_queried(row.clone())).collect();
        assert_eq!(got, expected, "{question}");
        let (status, head, bytes) = golden.server.file(&format!("/api/v1/export?{question}&format=csv"), golden.key);
        assert_eq!((status, head["content-type"].as_str()), (200, "text/csv; charset=utf-8; header=present"));
        let disposition = &head["content-disposition"];
        assert!(
            disposition.starts_with("attachment; filename=\"") && disposition.ends_with("-2026-03-23-2026-03-30.csv\"")
        );
        let rows = csv(std::str::from_utf8(&bytes).unwrap());
        assert_eq!(rows.len(), expected.len(), "{question}");
        for (row, expected) in rows.iter().zip(&expected) {
            let number = |name: &str| row[name].parse::<f64>().ok();
            let expected = (expected["value"].as_f64(), expected["n"].as_f64());
            assert_eq!((number("value"), number("n")), expected, "{question}");
        }
        parquet(golden, &question, &expected);
    }
}

/// A file that the engine itself reads again.
fn parquet(golden: Golden<'_>, question: &str, expected: &[Value]) {
    let (status, head, bytes) = golden.server.file(&format!("/api/v1/export?{question}&format=parquet"), golden.key);
    assert_eq!((status, head["content-type"].as_str()), (200, "application/vnd.apache.parquet"));
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"), "{question}");
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let sql = format!("SELECT count(), sum(n), round(sum(value), 6) FROM format(Parquet, unhex('{hex}'))");
    let read = golden.directory.sql(&sql, "golden");
    let mut sums = read.split('\t').map(|number| number.parse::<f64>().unwrap());
    let of = |name: &str| expected.iter().filter_map(|row| row[name].as_f64()).sum::<f64>();
    assert_eq!(sums.next(), Some(expected.len() as f64), "{question}");
    assert!(close(sums.next().unwrap(), of("n")) && close(sums.next().unwrap(), of("value")), "{question}: {read}");
}

/// A query's rows, or its total where it has none, as a file has them.
pub(crate) fn rows_of(result: &Value) -> Vec<Value> {
    let flat = |row: &Value| {
        let mut flat = row["dims"].as_object().cloned().unwrap_or_default();
        flat.insert("metric".into(), result["metric"].clone());
        flat.insert("bucket".into(), row.get("bucket").cloned().unwrap_or_else(|| "".into()));
        for name in ["value", "n", "p50", "p90", "p95"] {
            if let Some(number) = row.get(name).filter(|number| !number.is_null()) {
                flat.insert(name.into(), json!(number.as_f64()));
            }
        }
        Value::from(flat)
    };
    match result["rows"].as_array() {
        Some(rows) => rows.iter().map(flat).collect(),
        None => vec![flat(&result["total"])],
    }
}

/// A file's row without its nulls, numbers as floats.
pub(crate) fn as_queried(row: Value) -> Value {
    let cells = row.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
    cells.map(|(name, value)| (name.clone(), value.as_f64().map_or(value.clone(), |number| json!(number)))).collect()
}

fn filters_select_what_the_events_say(golden: Golden<'_>) {
    assert_eq!(golden.found(WEEK), ["c6", "c8", "c3", "c2", "c1"], "the newest first; not c4, c5, c7");
    for (conditions, expected) in [
        ("state=open", &[][..]),
        ("state=closed", &["c6", "c8", "c3", "c2", "c1"]),
        ("f=channel:is:web", &["c8", "c2", "c1"]),
        ("f=channel:isnot:web", &["c6", "c3"]),
        ("f=language:contains:E", &["c2", "c1", "c6"]),
        ("f=device:is:mobile&f=country:is:BR", &["c3"]),
        ("csat=5", &["c2"]),
        ("csat=1-2", &["c3"]),
        ("csat=1-5", &["c3", "c2"]),
        ("csat_comment=true", &[]),
        ("feedback=any", &["c1"]),
        ("feedback=only_positive", &["c1"]),
        ("feedback=more_negative", &[]),
        ("workflow=refunds", &["c1"]),
        ("workflow=orders", &["c6", "c3", "c1"]),
        ("intent=talk_to_human,refund", &["c2", "c1"]),
        ("outcome=missed", &["c3"]),
        ("outcome=handled,pending", &["c2"]),
        ("tool=search_kb", &["c1"]),
        ("needs_support=true", &["c3"]),
        ("marked=true", &[]),
        ("state=test", &[]),
        ("metadata=plan.tier:gold", &[]),
        ("q=nothing+says+this", &[]),
    ] {
        let found: BTreeSet<String> = golden.found(&format!("{WEEK}&{conditions}")).into_iter().collect();
        assert_eq!(found, expected.iter().map(|id| (*id).to_owned()).collect(), "{conditions}");
    }
    assert_eq!(golden.found(&format!("{WEEK}&env=development")), ["c5"]);
    let paged = pages(golden, &format!("conversations?{WEEK}&limit=2"));
    assert_eq!(&paged, golden.ask(&format!("conversations?{WEEK}"))["conversations"].as_array().unwrap());
    let c2 = paged.iter().find(|one| one["id"] == "c2").unwrap();
    let seen = json!({
        "person": c2["person"], "messages": c2["messages"], "legs": c2["legs"], "csat": c2["csat"], "handoff": c2["handoff"],
        "intents": c2["intents"], "started_at": c2["started_at"], "chats": c2["chats"],
    });
    let expected = json!({
        "person": "u:u2", "messages": {"user": 2, "bot": 1, "agent": 2}, "legs": {"count": 2, "last": "handled"},
        "csat": {"score": 5, "commented": false}, "handoff": true, "intents": ["talk_to_human"],
        "started_at": "2026-03-23T11:05:00+01:00", "chats": 1,
    });
    assert_eq!(seen, expected);
}

fn a_timeline_shows_every_event_once(golden: Golden<'_>) {
    let whole = golden.ask("conversations/c1");
    let events = whole["timeline"].as_array().unwrap();
    let ids: BTreeSet<&str> = events.iter().map(|event| event["event_id"].as_str().unwrap()).collect();
    assert_eq!((events.len(), ids.len()), (12, 12), "one of the thirteen lines is a copy: {events:?}");
    let times: Vec<&str> = events.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let asked = events.iter().find(|event| event["data"]["message_id"] == "m4").unwrap();
    assert_eq!((asked["event"].as_str(), asked["role"].as_str()), (Some("message.created"), Some("user")));
    assert_eq!(asked["data"]["intent"], "refund");
    assert_eq!(&pages(golden, "conversations/c1?limit=5"), events);
    for gone in ["c7", "c5", "c99", "'%20OR%201=1"] {
        let (status, body) = golden.server.get(&format!("/api/v1/conversations/{gone}"), Some(golden.key));
        assert_eq!((status, &body["error"]["code"]), (404, &json!("not_found")), "{gone}");
    }
    assert_eq!(golden.ask("conversations/c4")["conversation"]["started_at"], Value::Null, "opened, but never used");
    assert_eq!(golden.ask("conversations/c5?env=development")["timeline"].as_array().unwrap().len(), 2);
}

fn what_cannot_be_asked_is_refused_with_the_nearest_names(golden: Golden<'_>) {
    for (path, code, hint) in [
        ("explain?metric=mesages_total&r=7d", "unknown_metric", "messages_total"),
        ("explain?metric=chats&metric=clicks&r=7d", "too_many_metrics", "each"),
        ("explain?metric=chats&r=7d&f=role:is:user", "unknown_dimension", "chats"),
        ("explain?metric=chats&r=7d&limit=501", "bad_limit", "500"),
        ("explain?metric=chats&r=7d&cursor=xyz", "bad_cursor", "next_cursor"),
        ("explain?metric=chats&r=7d&format=csv", "unknown_parameter", "metric"),
        ("export?metric=chats&r=7d&format=parket", "unknown_format", "parquet"),
        ("export?metric=chats&r=7d&by=chanel", "unknown_dimension", "channel"),
        ("export?metric=chats&r=3000d&g=minute", "too_many_buckets", "narrow"),
        ("conversations?f=chanel:is:web", "unknown_dimension", "channel"),
        ("conversations?outcome=mised", "bad_parameter", "missed"),
        ("conversations?limit=201", "bad_limit", "200"),
        ("conversations?tz=Europe/Madird", "unknown_zone", "Europe/Madrid"),
        ("conversations/c1?limit=0", "bad_limit", "1000"),
        ("conversations/c1?state=open", "unknown_parameter", "known"),
    ] {
        let (status, body) = golden.server.get(&format!("/api/v1/{path}"), Some(golden.key));
        let error = &body["error"];
        assert_eq!((status, error["code"].as_str()), (422, Some(code)), "{path}: {body}");
        assert!(error["hint"].as_str().unwrap().contains(hint), "{path}: {error}");
    }
}

/// A key of another project, which has conversations of the same ids, sees its own on every route.
fn another_project_sees_nothing(golden: Golden<'_>) {
    let key = golden.directory.project("neighbour");
    let other = Golden { key: &key, ..golden };
    assert!(other.found(WEEK).is_empty());
    assert_eq!(other.server.get("/api/v1/conversations/c1", Some(&key)).0, 404);
    let explained = other.ask(&format!("explain?metric=messages_total&{WEEK}"));
    assert_eq!(explained["total"]["value"], 0);
    assert_eq!(explained["conversations"], json!([]));
    assert!(explained["excluded"].as_array().unwrap().iter().all(|excluded| excluded["count"] == 0), "{explained}");
    assert_eq!(other.ask(&format!("export?metric=messages_total&{WEEK}&by=role&format=json")), json!([]));
    for path in ["explain?metric=chats&r=7d", "export?metric=chats&r=7d", "conversations?r=7d", "conversations/c1?"] {
        let (status, body) = other.server.get(&format!("/api/v1/{path}&project=golden"), Some(&key));
        assert_eq!((status, &body["error"]["code"]), (403, &json!("other_project")), "{path}");
        let ingest = golden.directory.succeed(&["key", "create", "--project", "neighbour", "--role", "ingest"]);
        assert_eq!(other.server.get(&format!("/api/v1/{path}"), Some(&ingest)).0, 403, "{path}");
        assert_eq!(other.server.get(&format!("/api/v1/{path}"), None).0, 401, "{path}");
    }
}

/// What the golden events have none of: conversations of the present, metadata, texts, marks.
fn what_is_open_marked_or_waits_is_found(golden: Golden<'_>) {
    let key = golden.directory.project("present");
    let now = chrono::Utc::now();
    let event = |number: i64, conversation: &str, event: &str, data: Value| {
        json!({
            "event_id": format!("00000000-0000-4000-8000-{number:012}"), "event": event, "conversation_id": conversation,
            "timestamp": (now - chrono::Duration::seconds(600 - number)).to_rfc3339(), "channel": "web", "user_id": "u1",
            "metadata": {"plan": {"tier": if conversation == "open" { "gold" } else { "free" }, "seats": 3}}, "data": data,
        })
    };
    let events = json!([
        event(
            1,
            "open",
            "message.created",
            json!({"message_id": "p1", "role": "user", "text": "Wo ist meine BESTELLUNG?"})
        ),
        event(2, "ended", "message.created", json!({"message_id": "p2", "role": "user", "text": "never mind"})),
        event(3, "ended", "conversation.ended", json!({})),
        event(4, "marked", "message.created", json!({"message_id": "p3", "role": "user", "text": "hello"})),
        event(5, "marked", "conversation.closed", json!({"reason": "resolved"})),
        event(6, "marked", "conversation.updated", json!({"set": {"is_marked": true, "tags": ["vip"]}})),
        event(7, "waiting", "message.created", json!({"message_id": "p4", "role": "user", "text": "a human, please"})),
        event(8, "waiting", "handoff.requested", json!({"trigger": "direct"})),
        event(9, "waiting", "queue.entered", json!({"assignment_id": "w1", "origin": "initiated"})),
        event(10, "waiting", "conversation.updated", json!({"set": {"is_marked": true}})),
        event(11, "waiting", "conversation.updated", json!({"set": {"is_marked": false}})),
        event(12, "trial", "message.created", json!({"message_id": "p5", "role": "user", "text": "one, two"})),
        event(13, "trial", "conversation.updated", json!({"set": {"tags": ["test", "vip"]}})),
    ]);
    let (status, body) = golden.server.batch(&key, &events);
    assert_eq!(status, 200, "{body}");
    let present = Golden { key: &key, ..golden };
    for (conditions, expected) in [
        ("", &["waiting", "marked", "ended", "open"][..]),
        ("state=open", &["waiting", "open"]),
        ("state=closed", &["marked", "ended"]),
        ("needs_support=true", &["waiting"]),
        ("outcome=pending", &["waiting"]),
        ("marked=true", &["marked"]),
        ("marked=false", &["waiting", "ended", "open"]),
        ("state=test", &["trial"]),
        ("metadata=plan.tier:gold", &["open"]),
        ("metadata=plan.seats:3&metadata=plan.tier:free", &["waiting", "marked", "ended"]),
        ("q=bestellung", &["open"]),
        ("q=HUMAN", &["waiting"]),
    ] {
        assert_eq!(present.found(conditions), expected, "{conditions}");
    }
}
