//! Start, a key, an event, its figure, and the end.

use std::{fs, io::Write as _, net::TcpStream, os::unix::fs::PermissionsExt as _, time::Duration};

use serde_json::json;

use crate::server::Directory;

#[test]
fn a_fresh_directory_becomes_a_server_whose_figures_show_what_was_sent() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("shop");

    let event = json!({
        "event_id": "e-1",
        "event": "message.created",
        "conversation_id": "c-1",
        "data": {"message_id": "m-1", "role": "user", "text": "Hello?"},
    });
    let (status, answer) = server.batch(&key, &json!([event]));
    assert_eq!((status, &answer["accepted"]), (200, &json!(1)), "{answer}");
    let position = answer["position"].as_str().unwrap();
    assert_eq!(server.total(&key, "metric=messages_total&r=7d", position), 1);

    // Sent again, as a client does that never saw the answer.
    let (status, answer) = server.batch(&key, &json!([event]));
    assert_eq!(status, 200, "{answer}");
    let position = answer["position"].as_str().unwrap();
    assert_eq!(server.total(&key, "metric=messages_total&r=7d", position), 1);

    let (status, elapsed) = server.terminate();
    assert!(status.success(), "{status}\n{}", directory.log());
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
}

#[test]
fn a_server_ends_well_and_in_time_though_requests_stay_half_sent() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("shop");
    let address = server.url.strip_prefix("http://").unwrap();
    let half_sent = |text: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let _silent = half_sent("");
    let _head = half_sent("POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: ");
    let _body = half_sent(&format!(
        "POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-length: 100\r\n\r\n[{{"
    ));
    // A later connection is answered, so that these were accepted.
    assert_eq!(server.get("/healthz", None).0, 200);
    let (status, elapsed) = server.terminate();
    assert!(status.success(), "{status}\n{}", directory.log());
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
}

#[test]
fn the_document_describes_every_route_of_every_surface() {
    let directory = Directory::new();
    let server = directory.start();
    let (status, document) = server.get("/openapi.json", None);
    assert_eq!(status, 200, "{document}");
    for path in api::paths().chain(gateway::paths()) {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
}

#[test]
fn a_second_start_on_the_same_directory_is_refused_with_the_first_ones_process_and_address() {
    let directory = Directory::new();
    let server = directory.start();
    let output = directory.rapport(&["run", "--listen", "127.0.0.1:0"]);
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains(&server.pid().to_string()), "{message}");
    assert!(message.contains(&server.url), "{message}");
}

#[test]
fn secrets_are_readable_by_their_owner_alone_and_stay_the_same() {
    let directory = Directory::new();
    let read = |name: &str| fs::read_to_string(directory.data().join(name)).unwrap();
    let server = directory.start();
    for name in ["admin-key", "secret", "server.json"] {
        let mode = fs::metadata(directory.data().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    for name in [".", "journal", "warehouse"] {
        let mode = fs::metadata(directory.data().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{name}");
    }
    let before = (read("admin-key"), read("secret"));
    server.terminate();
    directory.start();
    assert_eq!((read("admin-key"), read("secret")), before);
}

#[test]
fn a_name_is_refused_the_same_with_a_server_and_without() {
    let directory = Directory::new();
    let refusal = |name: &str| {
        let output = directory.rapport(&["project", "create", name]);
        assert!(!output.status.success(), "{name:?} was taken");
        String::from_utf8(output.stderr).unwrap()
    };
    let long = "x".repeat(5_000);
    let names = ["two\nlines", "\u{1b}[31mred", &long];
    let alone = names.map(refusal);
    assert!(alone[0].contains("U+000A") && alone[2].contains("5000"), "{alone:?}");
    let _server = directory.start();
    for (name, alone) in names.iter().zip(alone) {
        let message = alone.trim_start_matches("rapport: ").trim().to_owned();
        let served = refusal(name);
        assert!(served.contains(&message), "{served} is not {message}");
    }
}

#[test]
fn projects_and_keys_made_while_no_server_runs_are_honoured_by_the_next_one() {
    let directory = Directory::new();
    let key = directory.project("shop");
    let revoked: serde_json::Value =
        serde_json::from_str(&directory.succeed(&["key", "create", "--project", "shop", "--json"])).unwrap();
    directory.succeed(&["key", "revoke", revoked["id"].as_str().unwrap()]);

    let server = directory.start();
    let question = "/api/v1/query?metric=messages_total&r=7d";
    let (status, body) = server.get(question, Some(&key));
    assert_eq!(status, 200, "{body}");
    let (status, body) = server.get(question, revoked["key"].as_str());
    assert_eq!(status, 401, "{body}");
}
