//! kill -9 of the program, and of its engine alone: what was acknowledged is counted, once.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::server::{Directory, Server, kill, wait_for};

const QUESTION: &str = "metric=messages_total&r=7d";

fn messages(round: u32, count: u32) -> Value {
    let event = |n: u32| {
        json!({
            "event_id": format!("e-{round}-{n}"),
            "event": "message.created",
            "conversation_id": format!("c-{}", n % 17),
            "data": {"message_id": format!("m-{round}-{n}"), "role": "user"},
        })
    };
    Value::Array((0..count).map(event).collect())
}

/// Sends a round of messages and returns the position that covers it.
fn send(server: &Server, key: &str, round: u32, count: u32) -> String {
    let (status, answer) = server.batch(key, &messages(round, count));
    assert_eq!((status, &answer["accepted"]), (200, &json!(count)), "{answer}");
    answer["position"].as_str().unwrap().to_owned()
}

#[test]
fn what_was_acknowledged_is_counted_once_after_the_program_is_killed_again_and_again() {
    let directory = Directory::new();
    let mut server = directory.start();
    let key = directory.project("shop");
    for round in 0..4 {
        send(&server, &key, round, 250);
        // Killed right after the acknowledgement: the events are in the journal and, mostly, nowhere else.
        server.kill();
        server = directory.start();
    }
    let position = send(&server, &key, 4, 250);
    assert_eq!(server.total(&key, QUESTION, &position), 1_250);
}

#[test]
fn figures_are_right_again_after_the_engine_alone_is_killed() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("shop");
    let position = send(&server, &key, 0, 500);
    assert_eq!(server.total(&key, QUESTION, &position), 500);
    for round in 1..3 {
        let engine = server.engine_pid();
        kill(engine, Signal::KILL);
        // Ingest depends on the journal alone.
        let position = send(&server, &key, round, 500);
        wait_for("another engine", || (server.engine_pid() != engine).then_some(()));
        server.wait_until_ready(&directory);
        assert_eq!(server.total(&key, QUESTION, &position), 500 * (round + 1));
    }
}
