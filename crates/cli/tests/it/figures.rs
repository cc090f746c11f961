//! Every figure against the independent oracle, which lies beside the repository in `shared/golden`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use warehouse::registry::{Class, METRICS, Metric, Unit};

use crate::{
    explained::{self, Golden},
    server::{Directory, Server, shared},
    shop::{METRICS_MAX, results},
};

/// The range of the golden events.
const GOLDEN_WEEK: [&str; 4] = ["--from", "2026-03-23", "--to", "2026-03-30"];

/// The oracle's directory.
pub(crate) fn golden() -> PathBuf {
    shared("golden/check.py").with_file_name("")
}

/// Has the oracle post a file to a new project and compare every figure.
fn check(server: &Server, directory: &Directory, name: &str, events: &Path, options: &[&str]) -> String {
    let key = directory.project(name);
    compare(server, directory, &key, events, options);
    key
}

fn compare(server: &Server, directory: &Directory, key: &str, events: &Path, options: &[&str]) {
    let output = Command::new("python3")
        .arg(golden().join("check.py"))
        .args(["--url", &server.url, "--ingest-key", key, "--read-key", key, "--events"])
        .arg(events)
        .args(options)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {options:?}\n{text}\n{}", events.display(), directory.log());
}

/// The golden events in so many files.
pub(crate) fn golden_pieces(directory: &Path, count: usize) -> Vec<PathBuf> {
    let events = fs::read_to_string(golden().join("events.jsonl")).unwrap();
    let lines: Vec<&str> = events.lines().collect();
    let pieces = lines.chunks(lines.len().div_ceil(count)).enumerate().map(|(number, lines)| {
        let path = directory.join(format!("golden-{number}.jsonl"));
        fs::write(&path, lines.join("\n")).unwrap();
        path
    });
    pieces.collect()
}

/// Compares the figures of the golden week, which are all there, with the oracle's.
pub(crate) fn golden_week(server: &Server, directory: &Directory, key: &str) {
    let events = golden().join("events.jsonl");
    compare(server, directory, key, &events, &[&GOLDEN_WEEK[..], &["--no-post"]].concat());
}

/// A generated stream of the oracle's.
pub(crate) fn generated(directory: &Directory, seed: u32, options: &[&str]) -> PathBuf {
    let path = directory.data().join(format!("seed-{seed}.jsonl"));
    let output = Command::new("python3")
        .arg(golden().join("generate.py"))
        .args(["--seed", &seed.to_string(), "--shuffle", "local"])
        .args(options)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::write(&path, output.stdout).unwrap();
    path
}

/// What an analyst reads in a view, and the metric that says the same over all time.
const VIEWS: &[(&str, &str)] = &[
    ("SELECT count() FROM messages WHERE project = {project:String}", "messages_total"),
    ("SELECT countIf(role = 'user') FROM messages WHERE project = {project:String}", "messages_incoming"),
    (
        "SELECT countIf(started_at IS NOT NULL) FROM conversations WHERE project = {project:String}",
        "conversations_started",
    ),
    (
        "SELECT sum(messages_user + messages_bot + messages_agent) FROM conversations WHERE project = {project:String}",
        "messages_total",
    ),
    ("SELECT count() FROM chats WHERE project = {project:String}", "chats"),
    ("SELECT avg(duration_s) FROM chats WHERE project = {project:String}", "conversation_duration"),
    ("SELECT countIf(requested_human) FROM chats WHERE project = {project:String}", "chats_with_requests"),
    ("SELECT avgIf(response_s, NOT late) FROM turns WHERE project = {project:String}", "bot_response_time"),
    ("SELECT count() FROM legs WHERE project = {project:String}", "cc_total_conversations"),
    ("SELECT countIf(state = 'missed') FROM legs WHERE project = {project:String}", "cc_missed"),
    (
        "SELECT countIf(rating = 'positive' AND workflow != '') FROM feedback WHERE project = {project:String}",
        "workflow_thumbs_up",
    ),
    ("SELECT avg(score) FROM csat WHERE project = {project:String}", "csat_avg"),
    ("SELECT count() FROM clicks WHERE project = {project:String}", "clicks"),
    ("SELECT avg(duration_ms) FROM tool_calls WHERE project = {project:String}", "tool_duration"),
    ("SELECT sum(input_tokens) FROM llm_calls WHERE project = {project:String}", "tokens_input"),
];

/// Holds the analysts' views against the query API.
fn views_agree(server: &Server, directory: &Directory, project: &str, key: &str) {
    for (sql, metric) in VIEWS {
        let seen: f64 = directory.sql(sql, project).parse().unwrap();
        let (status, body) =
            server.get(&format!("/api/v1/query?metric={metric}&from=2026-01-01&to=2026-12-31"), Some(key));
        let answered = body["results"][0]["total"]["value"].as_f64();
        let answered = answered.unwrap_or_else(|| panic!("{metric}: {status} {body}"));
        assert!((seen - answered).abs() < 1e-6, "{sql}: {seen}, and {metric}: {answered}");
        assert!(seen > 0.0, "{sql} shows nothing, so that it proves nothing");
    }
}

/// Asks for metrics over the golden week; their results.
fn ask(server: &Server, key: &str, metrics: &[&Metric], more: &str) -> Vec<Value> {
    results((server, key), metrics, &format!("from=2026-03-23&to=2026-03-30{more}"))
}

/// A text in a query.
pub(crate) fn escaped(text: &str) -> String {
    let escaped = text.replace('\\', r"\\").replace(',', r"\,");
    escaped.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

pub(crate) fn same(a: &Value, b: &Value) -> bool {
    a == b || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= 1e-9 * a.abs().max(1.0))
}

/// Rows add up where they may be added, and a row's figure is that of the question that is kept to the row: by all dimensions of
/// metrics together, by the first of their own and by the channel. Counters and the rows of conversations give the same figures.
fn rows_agree(server: &Server, key: &str) {
    let mut alike: BTreeMap<Vec<&str>, Vec<&Metric>> = BTreeMap::new();
    for metric in METRICS {
        let names = metric.dimensions().map(|dimension| dimension.name()).collect();
        alike.entry(names).or_default().push(metric);
    }
    alike.remove(&Vec::new());
    for (names, metrics) in &alike {
        for metrics in metrics.chunks(METRICS_MAX) {
            rows_add_up(server, key, metrics, names);
            let own = metrics[0].own.iter().map(|dimension| dimension.name()).take(1);
            let channel = ["channel"].into_iter().filter(|name| names.contains(name));
            own.chain(channel).for_each(|name| rows_are_questions(server, key, metrics, name));
        }
    }
}

fn rows_add_up(server: &Server, key: &str, metrics: &[&Metric], names: &[&str]) {
    let plain = ask(server, key, metrics, "");
    let by_all = ask(server, key, metrics, &format!("&by={}", names.join(",")));
    for ((metric, plain), by_all) in metrics.iter().zip(plain).zip(by_all) {
        let values = by_all["rows"].as_array().unwrap().iter().filter_map(|row| row["value"].as_f64());
        let sum: f64 = values.sum();
        if metric.class == Class::A && metric.unit != Unit::Money {
            let total = plain["total"]["value"].as_f64().unwrap();
            assert!((sum - total).abs() < 1e-6, "{}: rows {sum}, total {total}", metric.id);
        }
    }
}

/// The first row of each metric by a dimension, against the question that is kept to its value.
fn rows_are_questions(server: &Server, key: &str, metrics: &[&Metric], name: &str) {
    let by = ask(server, key, metrics, &format!("&by={name}"));
    let mut first: BTreeMap<String, Vec<(&Metric, Value)>> = BTreeMap::new();
    for (metric, by) in metrics.iter().zip(by) {
        if let Some(row) = by["rows"].as_array().unwrap().first() {
            let value = row["dims"][name].as_str().unwrap().to_owned();
            first.entry(value).or_default().push((metric, row["value"].clone()));
        }
    }
    for (value, rows) in first {
        let (metrics, values): (Vec<&Metric>, Vec<Value>) = rows.into_iter().unzip();
        let kept = ask(server, key, &metrics, &format!("&f={name}:is:{}", escaped(&value)));
        for ((metric, value), kept) in metrics.iter().zip(values).zip(kept) {
            assert!(same(&kept["total"]["value"], &value), "{} by {name}: {value}, {kept}", metric.id);
        }
    }
}

#[test]
fn the_golden_events_give_the_oracles_figures_in_any_order_and_when_sent_twice() {
    let directory = Directory::new();
    let server = directory.start();
    let events = golden().join("events.jsonl");
    let key = check(&server, &directory, "golden", &events, &GOLDEN_WEEK);
    compare(&server, &directory, &key, &events, &GOLDEN_WEEK);
    check(&server, &directory, "golden-shuffled", &events, &[&GOLDEN_WEEK[..], &["--order", "shuffled"]].concat());
}

#[test]
fn views_rows_and_explanations_of_golden_events_sent_twice_come_to_the_figures() {
    let directory = Directory::new();
    let server = directory.start();
    let events = golden().join("events.jsonl");
    let one_figure = [&GOLDEN_WEEK[..], &["--only", "messages_total"]].concat();
    let key = check(&server, &directory, "golden", &events, &one_figure);
    compare(&server, &directory, &key, &events, &one_figure);
    views_agree(&server, &directory, "golden", &key);
    rows_agree(&server, &key);
    explained::check(Golden { server: &server, directory: &directory, key: &key });
}

#[test]
fn generated_streams_give_the_oracles_figures_also_after_a_kill_in_the_middle() {
    let directory = Directory::new();
    let mut server = directory.start();
    let events = generated(&directory, 1, &[]);
    let key = check(&server, &directory, "seed-1", &events, &[]);
    server.kill();
    server = directory.start();
    compare(&server, &directory, &key, &events, &["--no-post"]);
    let shuffled = ["--order", "shuffled", "--batch", "37"];
    check(&server, &directory, "seed-2", &generated(&directory, 2, &[]), &shuffled);
}
