//! A disk that is full under a server that runs, and that has room again.

use std::fs;

use rustix::process::Signal;
use serde_json::{Value, json};
use testkit::SmallDisk;

use crate::server::{Directory, Server, kill, wait_for};

/// The journal keeps 512 MiB in reserve, so a server needs more than that to take events.
const DISK_MIB: u32 = 900;

fn events(from: u32, count: u32) -> Value {
    let event = |n: u32| {
        json!({
            "event_id": format!("e-{n}"),
            "event": "message.created",
            "conversation_id": format!("c-{}", n % 7),
            "data": {"message_id": format!("m-{n}"), "role": "user", "text": "Hello?"},
        })
    };
    Value::Array((from..from + count).map(event).collect())
}

/// Sends events that must be taken, and returns the position.
fn taken(server: &Server, key: &str, from: u32, count: u32) -> String {
    let (status, answer) = server.batch(key, &events(from, count));
    assert_eq!((status, &answer["accepted"]), (200, &json!(count)), "{answer}");
    answer["position"].as_str().unwrap().to_owned()
}

fn check_of(server: &Server, name: &str) -> String {
    let (_, report) = server.get("/readyz", None);
    report["checks"][name].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_full_disk_refuses_events_keeps_what_was_taken_says_so_and_passes() {
    let Some(disk) = SmallDisk::mount(DISK_MIB) else { return };
    let directory = Directory::with_data(disk.path().join("data"));
    let server = directory.start();
    let key = directory.project("shop");
    let position = taken(&server, &key, 0, 10);
    assert_eq!(server.total(&key, "metric=messages_total&r=7d", &position), 10);

    // Taken while the engine stands still, so that the warehouse meets the full disk with something to write.
    kill(server.engine_pid(), Signal::STOP);
    taken(&server, &key, 10, 50);
    let ballast = disk.fill(0);
    kill(server.engine_pid(), Signal::CONT);

    wait_for("the journal to refuse", || (check_of(&server, "journal") != "ok").then_some(()));
    let (status, answer) = server.batch(&key, &events(60, 5));
    assert_eq!((status, &answer["error"]["code"]), (503, &json!("journal_full")), "{answer}");
    let report = wait_for("the worker to say what it waits for", || {
        let (status, report) = server.get("/readyz", None);
        let says = report["checks"]["worker"].as_str()?.contains("no room on its disk");
        (status == 503 && says).then_some(report)
    });
    assert!(report["checks"]["journal"].as_str().unwrap().contains("free some space"), "{report}");
    assert_eq!(report["facts"]["worker_lag_messages"], 50.0, "{report}");
    assert!(!report.to_string().contains("127.0.0.1") && !report.to_string().contains("/data"), "{report}");

    fs::remove_file(ballast).unwrap();
    server.wait_until_ready(&directory);
    let position = taken(&server, &key, 60, 5);
    assert_eq!(server.total(&key, "metric=messages_total&r=7d", &position), 65, "{}", directory.log());
    let (_, metrics) = server.get("/metrics", None);
    let metrics = metrics.as_str().unwrap_or_default();
    assert!(metrics.contains("rapport_worker_lag_messages{partition=\"0\"} "), "{metrics}");
    assert!(metrics.contains("rapport_worker_lag_seconds "), "{metrics}");
    let (status, _) = server.terminate();
    assert!(status.success(), "{status}\n{}", directory.log());
}
