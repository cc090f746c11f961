//! What is right goes in, in every form that the contract names.

use std::io::Write;

use axum::{body::Body, http::StatusCode};
use serde_json::{Value, json};

use crate::server::{Server, message, message_with, now};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_list_an_envelope_and_lines_are_all_batches() {
    let server = Server::start().await;
    let list = json!([message("a"), message("b")]).to_string();
    let envelope = json!({"batch": [message("c")], "context": {"library": "x"}}).to_string();
    let lines = format!("{}\n\n{}\r\n", message("d"), message("e"));
    for (body, kind, accepted) in [
        (list.clone(), "application/json", 2),
        (format!("\u{feff}{list}"), "text/plain;charset=UTF-8", 2),
        (envelope, "application/json", 1),
        (lines, "application/x-ndjson", 2),
        ("[]".to_owned(), "application/json", 0),
        (json!({"batch": []}).to_string(), "application/json", 0),
        (String::new(), "application/x-ndjson", 0),
    ] {
        let request = server.request().header("content-type", kind).body(Body::from(body.clone())).unwrap();
        let (status, answer) = server.send(request).await;
        assert_eq!(status, StatusCode::OK, "{body}: {answer}");
        assert_eq!((&answer["accepted"], &answer["spooled"]), (&json!(accepted), &json!(false)), "{body}");
        assert!(answer["position"].is_string(), "{answer}");
        assert!(answer.get("rejected").is_none() && answer.get("warnings").is_none(), "{answer}");
    }
    assert_eq!(server.event_ids().await, ["a", "a", "b", "b", "c", "d", "e"]);
    assert!(server.dead_letters().await.is_empty());
}

#[tokio::test]
async fn both_compressions_are_taken() {
    let server = Server::start().await;
    let body = json!([message("a")]).to_string();
    let zstd = zstd::encode_all(body.as_bytes(), 3).unwrap();
    for (encoding, bytes) in [("gzip", gzip(body.as_bytes())), ("zstd", zstd), ("identity", body.clone().into())] {
        let request = server.request().header("content-encoding", encoding).body(Body::from(bytes)).unwrap();
        assert_eq!(server.send(request).await.0, StatusCode::OK, "{encoding}");
    }
    assert_eq!(server.event_ids().await, ["a", "a", "a"]);
}

#[tokio::test]
async fn an_event_is_stored_whole_with_what_the_key_says() {
    let server = Server::start().await;
    let mut sent = message("a");
    sent["metadata"] = json!({"plan": "pro"});
    sent["something_new"] = json!([1, {"x": null}]);
    sent["project_id"] = json!("another");
    server.post(json!([sent]).to_string()).await;
    let stored = &server.events().await[0];
    assert_eq!((&stored["project_id"], &stored["environment"]), (&json!("demo"), &json!("production")));
    assert_eq!(stored["metadata"], json!({"plan": "pro"}));
    assert_eq!(stored["something_new"], json!([1, {"x": null}]));
    assert_eq!(stored["data"]["text"], "Hello");
    assert!(stored["received_at"].is_string());
}

#[tokio::test]
async fn a_position_covers_everything_acknowledged_before_it() {
    let server = Server::start().await;
    let mut positions = Vec::new();
    for conversation in ["c1", "c2", "c3", "c4", "c5"] {
        let event = message_with("a", "/conversation_id", json!(conversation));
        let (_, answer) = server.post(json!([event]).to_string()).await;
        let text = answer["position"].as_str().unwrap();
        positions.push(journal::position::Position::decode(text, crate::server::SECRET).unwrap());
    }
    let (_, answer) = server.post("[]").await;
    let last =
        journal::position::Position::decode(answer["position"].as_str().unwrap(), crate::server::SECRET).unwrap();
    assert_eq!(Some(&last), positions.last(), "an empty batch changes no position");
    assert_eq!(positions.len(), 5);
}

#[tokio::test]
async fn the_sent_at_of_a_batch_is_for_events_without_their_own() {
    let server = Server::start().await;
    let hour_ago = chrono::Utc::now() - chrono::Duration::hours(1);
    let old = hour_ago.to_rfc3339();
    let wrong_clock = message_with("a", "/timestamp", json!(old));
    let mut own = message_with("b", "/timestamp", json!(old));
    own["sent_at"] = json!(now());
    let body = json!({"batch": [wrong_clock, own, {}], "sent_at": old}).to_string();
    let (status, answer) = server.post(body).await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    assert_eq!(answer["rejected"][0]["code"], "missing_field");
    assert_eq!(
        answer["warnings"],
        json!([{
            "index": 0, "event_id": "a", "code": "clock_skew",
            "message": "the producer's clock is off: the time was set right by the time of arrival"
        }])
    );
    let events = server.events().await;
    let moved = |event: &Value| {
        let time = chrono::DateTime::parse_from_rfc3339(event["timestamp"].as_str().unwrap()).unwrap();
        (time.to_utc() - hour_ago).num_minutes()
    };
    assert_eq!((moved(&events[0]), moved(&events[1])), (60, 0));
    let (status, answer) = server.post(json!({"batch": [message("c")], "sent_at": "yesterday"}).to_string()).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("bad_sent_at")));
}
