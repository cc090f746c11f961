//! Each way to be wrong has its code; batch-mates go in; the dead letters hold what was wrong and why.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value, json};

use crate::server::{Server, message, message_with};

/// Sends one wrong event between two right ones.
async fn check_rejected(wrong: &[u8], code: &str, event_id: Option<&str>) {
    let server = Server::start().await;
    let (before, after) = (message("before").to_string(), message("later").to_string());
    let body = [b"[", before.as_bytes(), b",", wrong, b",", after.as_bytes(), b"]"].concat();
    let (status, answer) = server.post(body).await;
    let shown = String::from_utf8_lossy(&wrong[..wrong.len().min(100)]).into_owned();
    assert_eq!(status, StatusCode::MULTI_STATUS, "{shown}: {answer}");
    assert_eq!(answer["accepted"], 2, "{shown}: {answer}");
    let rejected = answer["rejected"].as_array().unwrap();
    assert_eq!(rejected.len(), 1, "{shown}: {answer}");
    assert_eq!((&rejected[0]["index"], &rejected[0]["code"]), (&json!(1), &json!(code)), "{shown}: {answer}");
    assert_eq!(rejected[0]["event_id"].as_str(), event_id, "{shown}: {answer}");
    assert!(rejected[0]["message"].as_str().is_some_and(|text| !text.is_empty()), "{answer}");
    assert_eq!(server.event_ids().await, ["before", "later"], "{shown}");
    let dead = server.dead_letters().await;
    assert_eq!(dead.len(), 1, "{shown}");
    let (headers, value) = &dead[0];
    assert_eq!((&headers["reason"], &headers["project"]), (&json!(code), &json!("demo")), "{shown}");
    assert!(headers["message"].as_str().is_some_and(|text| !text.is_empty()), "{headers}");
    assert!(headers["received_at"].is_string(), "{headers}");
    assert_eq!(headers.get("event_id").and_then(Value::as_str), event_id, "{headers}");
    let kept = &wrong[..wrong.len().min(1 << 20)];
    assert!(value == kept, "the dead letter of {shown} is not what was sent");
    let is_cut = wrong.len() > 1 << 20;
    assert_eq!(headers.get("truncated_from").is_some(), is_cut, "{headers}");
}

#[tokio::test]
async fn one_malformed_event_fails_alone() {
    check_rejected(br#"{"event_id":"x","event":"#, "malformed_json", Some("x")).await;
    check_rejected(br#"{"event_id":"x" "event":1}"#, "malformed_json", Some("x")).await;
    check_rejected(br#"{"a":[1}"#, "malformed_json", None).await;
    check_rejected(br#"{"a":1}}"#, "malformed_json", None).await;
    check_rejected(b"nonsense", "malformed_json", None).await;
    check_rejected(b"17", "not_an_object", None).await;
    check_rejected(b"[]", "not_an_object", None).await;
    check_rejected(b"{}", "missing_field", None).await;
}

async fn check_field(pointer: &str, value: Value, code: &str) {
    check_rejected(message_with("x", pointer, value).to_string().as_bytes(), code, Some("x")).await;
}

#[tokio::test]
async fn a_wrong_field_is_named_by_its_own_code() {
    check_field("/data/message_id", json!({"is": 17}), "wrong_type").await;
    check_field("/data", json!("text"), "wrong_type").await;
    check_field("/data/message_id", Value::Null, "missing_field").await;
    check_field("/event", Value::Null, "missing_field").await;
    check_field("/data/message_id", json!(""), "empty_id").await;
    check_field("/conversation_id", json!("c".repeat(10 << 10)), "too_long").await;
    check_field("/timestamp", json!("1970-01-01T00:00:00Z"), "too_old").await;
    check_field("/timestamp", json!("yesterday"), "bad_timestamp").await;
    check_field("/timestamp", json!("1774260000"), "bad_timestamp").await;
    check_field("/data/text", json!("a\u{0}b"), "nul_character").await;
    let metadata: serde_json::Map<String, Value> = (0..65).map(|n| (n.to_string(), json!(n))).collect();
    check_field("/metadata", Value::Object(metadata), "metadata_too_large").await;
}

#[tokio::test]
async fn an_oversized_or_deeply_nested_event_fails_alone() {
    check_field("/data/text", json!("x".repeat(1 << 20)), "too_large").await;
    let deep = format!(r#"{{"event_id":"x","a":{}{}}}"#, "[".repeat(500_000), "]".repeat(500_000));
    check_rejected(deep.as_bytes(), "too_deep", Some("x")).await;
    let bomb = format!("{}{}", "[".repeat(500_000), "]".repeat(500_000));
    check_rejected(bomb.as_bytes(), "too_deep", None).await;
}

#[tokio::test]
async fn text_that_is_not_utf8_fails_alone() {
    let mut wrong = message("x").to_string().into_bytes();
    let at = wrong.windows(5).position(|window| window == b"Hello").unwrap();
    wrong[at] = 0xff;
    check_rejected(&wrong, "invalid_utf8", Some("x")).await;
    check_rejected(br#"{"event_id":"x","a":"\ud800"}"#, "invalid_utf8", Some("x")).await;
}

#[tokio::test]
async fn an_unknown_type_is_kept_with_a_warning_and_a_dead_letter() {
    let server = Server::start().await;
    let (status, answer) = server.post(json!([message_with("a", "/event", json!("moon.landed"))]).to_string()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&answer["accepted"], &answer["warnings"][0]["code"]), (&json!(1), &json!("unknown_type")));
    assert_eq!(server.event_ids().await, ["a"]);
    let dead = server.dead_letters().await;
    assert_eq!((dead.len(), &dead[0].0["reason"], &dead[0].0["event_id"]), (1, &json!("unknown_type"), &json!("a")));
}

#[tokio::test]
async fn a_time_in_the_future_is_clamped_with_a_warning() {
    let server = Server::start().await;
    let body = json!([message_with("a", "/timestamp", json!("2099-01-01T00:00:00Z"))]).to_string();
    let (status, answer) = server.post(body).await;
    assert_eq!((status, &answer["warnings"][0]["code"]), (StatusCode::OK, &json!("clock_skew")));
    let stored = &server.events().await[0];
    assert_eq!(stored["timestamp"], stored["received_at"]);
}

/// A body that is no batch: the error alone, nothing stored, the body in the dead letters.
async fn check_refused(body: impl Into<Body>, headers: &[(&str, &str)], expected: (u16, &str)) {
    let server = Server::start().await;
    let mut request = server.request();
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (status, answer) = server.send(request.body(body.into()).unwrap()).await;
    let error = answer["error"].as_object().unwrap_or_else(|| panic!("{expected:?}: {answer}"));
    assert_eq!((status.as_u16(), error["code"].as_str().unwrap()), expected, "{answer}");
    assert!(error.contains_key("message") && error.contains_key("hint"), "{answer}");
    assert!(answer.get("accepted").is_none(), "{answer}");
    assert!(server.events().await.is_empty());
    let dead = server.dead_letters().await;
    let reasons: Vec<&Value> = dead.iter().map(|(headers, _)| &headers["reason"]).collect();
    assert_eq!(reasons, [expected.1]);
}

#[tokio::test]
async fn a_body_that_is_no_batch_gets_the_error_alone() {
    let whole = json!([message("a"), message("b")]).to_string();
    check_refused(whole[..whole.len() - 20].to_owned(), &[], (400, "malformed_body")).await;
    check_refused("", &[], (400, "malformed_body")).await;
    check_refused("hello", &[], (400, "malformed_body")).await;
    check_refused(b"\xff\xfe".to_vec(), &[], (400, "malformed_body")).await;
    check_refused("[".repeat(4 << 20), &[], (400, "malformed_body")).await;
    check_refused(message("a").to_string(), &[], (400, "not_a_batch")).await;
    check_refused("17", &[], (400, "not_a_batch")).await;
    let twice = format!(r#"{{"batch":[{}],"batch":[{}]}}"#, message("a"), message("b"));
    check_refused(twice, &[], (400, "duplicate_member")).await;
    check_refused(vec![b' '; (5 << 20) + 1], &[], (413, "body_too_large")).await;
    let many = format!("[{}1]", "1,".repeat(50_000));
    check_refused(many, &[], (413, "too_many_events")).await;
    check_refused("[]", &[("content-encoding", "gzip")], (400, "encoding_malformed")).await;
    check_refused("[]", &[("content-encoding", "zstd")], (400, "encoding_malformed")).await;
}

#[tokio::test]
async fn a_half_sent_batch_is_told_where_it_broke_off() {
    let server = Server::start().await;
    let (_, answer) = server.post(r#"[{"a":1},{"b""#).await;
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("byte 13") && message.contains("sent completely"), "{message}");
    let (status, answer) = server
        .send(
            server
                .request()
                .header("content-type", "application/x-ndjson")
                .body(format!("{}\n{{\"event_id\":\"half\",\"ev", message_text("a")).into())
                .unwrap(),
        )
        .await;
    assert_eq!(
        (status, &answer["accepted"]),
        (StatusCode::MULTI_STATUS, &json!(1)),
        "a half line fails alone: {answer}"
    );
}

fn message_text(id: &str) -> String {
    message(id).to_string()
}

#[tokio::test]
async fn another_method_is_told_what_to_do_in_json() {
    let server = Server::start().await;
    let (status, answer) = server.send(Request::get("/v1/batch").body(Body::empty()).unwrap()).await;
    assert_eq!((status.as_u16(), &answer["error"]["code"]), (405, &json!("method_not_allowed")));
    assert!(server.dead_letters().await.is_empty());
}
