//! Commands that end by themselves.

use std::{fs, io::Write as _};

use serde_json::{Value, json};

use crate::server::{Directory, command, root};

#[test]
fn an_import_is_counted_once_however_often_it_is_repeated() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("shop");
    let file = directory.data().join("history.jsonl.gz");
    let mut writer = flate2::write::GzEncoder::new(fs::File::create(&file).unwrap(), flate2::Compression::fast());
    for n in 0..700 {
        let event = json!({
            "event_id": format!("h-{n}"),
            "event": "message.created",
            "timestamp": format!("2026-01-{:02}T10:00:00Z", 1 + n % 28),
            "conversation_id": format!("c-{}", n % 40),
            "data": {"message_id": format!("m-{n}"), "role": "user"},
        });
        writeln!(writer, "{event}").unwrap();
    }
    writer.finish().unwrap();
    let path = file.to_str().unwrap();
    for _ in 0..2 {
        let answer: Value =
            serde_json::from_str(&directory.succeed(&["import", path, "--key", &key, "--batch", "100", "--json"]))
                .unwrap();
        assert_eq!(answer, json!({"accepted": 700, "rejected": 0}));
    }
    let (status, answer) = server.batch(
        &key,
        &json!([{
            "event_id": "last",
            "event": "message.created",
            "conversation_id": "c-last",
            "data": {"message_id": "m-last", "role": "user"},
        }]),
    );
    assert_eq!(status, 200, "{answer}");
    let position = answer["position"].as_str().unwrap();
    assert_eq!(server.total(&key, "metric=messages_total&from=2026-01-01&to=2026-02-01&tz=UTC", position), 700);
}

#[test]
fn an_import_with_a_bad_line_says_which_and_fails() {
    let directory = Directory::new();
    let _server = directory.start();
    let key = directory.project("shop");
    let file = directory.data().join("bad.jsonl");
    let good = r#"{"event_id":"g","event":"conversation.started","conversation_id":"c","data":{}}"#;
    fs::write(&file, format!("{good}\n{{\"half an event\n{{\"event\":\"message.created\"}}\n")).unwrap();
    let output = directory.rapport(&["import", file.to_str().unwrap(), "--key", &key]);
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("1 events accepted, 2 rejected"));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("bad.jsonl:2: ") && errors.contains("bad.jsonl:3: "), "{errors}");
}

#[test]
fn loadgen_reports_what_was_accepted_and_how_soon_it_was_visible() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("load");
    let output = command(&["loadgen", "--url", &server.url, "--key", &key, "--rate", "1000"])
        .args(["--duration", "3", "--connections", "2", "--batch", "100", "--visible", "--json"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), directory.log());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["rejected"], 0, "{report}");
    assert!(report["accepted"].as_u64().unwrap() >= 2_000, "{report}");
    assert!(report["visible"]["n"].as_u64().unwrap() >= 1, "{report}");
}

#[test]
fn loadgen_sends_what_the_sdks_send_and_counts_requests() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("load");
    for shape in ["sdk-0.0", "sdk-0.1"] {
        let output = command(&["loadgen", "--url", &server.url, "--key", &key, "--shape", shape, "--rate", "40"])
            .args(["--duration", "2", "--connections", "2", "--batch", "5", "--json"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), directory.log());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let accepted = report["accepted"].as_u64().unwrap();
        let requests = report["request"]["n"].as_u64().unwrap();
        assert!(accepted >= 60 && report["requests_per_second"].as_f64().unwrap() > 1.0, "{report}");
        assert_eq!(accepted, requests * if shape == "sdk-0.0" { 1 } else { 5 }, "{report}");
    }
    let (status, body) = server.get("/api/v1/query?metric=messages_total&metric=tokens_input&r=7d&cmp=off", Some(&key));
    assert_eq!(status, 200, "{body}");
    for result in body["results"].as_array().unwrap() {
        assert!(result["total"]["value"].as_u64().unwrap() > 0, "{body}");
    }
}

#[test]
fn the_dictionary_of_metrics_names_each_metric_once() {
    let output = command(&["metrics", "--json"]).output().unwrap();
    assert!(output.status.success());
    let dictionary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut ids: Vec<_> =
        dictionary["metrics"].as_array().unwrap().iter().map(|metric| metric["id"].as_str().unwrap()).collect();
    let count = ids.len();
    assert!(ids.contains(&"messages_total"), "{ids:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn the_page_of_metrics_is_what_the_program_says() {
    let output = command(&["metrics", "--markdown"]).output().unwrap();
    let page = fs::read_to_string(root().join("docs/metrics.md")).unwrap();
    assert!(page == String::from_utf8(output.stdout).unwrap(), "docs/metrics.md is not up to date: run `make docs`");
}

#[test]
fn the_configuration_shows_where_values_come_from_and_no_secret() {
    let output = command(&["config"])
        .env("RAPPORT_HTTP__LISTEN", "127.0.0.1:9999")
        .env("RAPPORT_WAREHOUSE__PASSWORD", "hunter2")
        .env("RAPPORT_WAREHOUSE__URL", "http://ana:hunter2@ch.example:8123")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(text.contains("listen = \"127.0.0.1:9999\"") && text.contains("RAPPORT_HTTP__LISTEN"), "{text}");
    assert!(text.contains("url = \"http://***@ch.example:8123\"") && !text.contains("hunter2"), "{text}");

    let output = command(&["config"]).env("RAPPORT_HTTP__LISTN", "x").output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("http.listen"));
}

#[test]
fn a_command_that_finds_no_server_says_what_to_do() {
    let directory = Directory::new();
    let output = directory.rapport(&["import", "-", "--key", "ags_00000000000000000000000000000000_000000"]);
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("rapport run"));
}

#[test]
fn an_absent_server_is_named_with_what_to_do_and_given_up_in_time() {
    let nobody = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    let url = format!("http://ana:hunter2@{nobody}");
    let event = tempfile::NamedTempFile::new().unwrap();
    fs::write(event.path(), r#"{"event_id":"e","event":"conversation.started","conversation_id":"c","data":{}}"#)
        .unwrap();
    let import = ["import", event.path().to_str().unwrap()];
    for what in [&import[..], &["loadgen", "--duration", "600", "--batch", "10"]] {
        let began = std::time::Instant::now();
        let output = command(what).args(["--url", &url, "--key", "k", "--wait", "2"]).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{what:?}");
        assert!(began.elapsed() < std::time::Duration::from_secs(30), "{what:?} took {:?}", began.elapsed());
        let mut lines = errors.lines();
        let waiting = lines.next().unwrap_or_default();
        assert!(waiting.contains(&nobody.to_string()) && waiting.contains("`rapport run`"), "{errors}");
        assert!(waiting.contains("at most 2 s"), "{errors}");
        assert!(lines.any(|line| line.starts_with("rapport: ") && line.contains("no Rapport answers at")), "{errors}");
        assert!(!errors.contains("hunter2"), "{errors}");
    }
}
