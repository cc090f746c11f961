//! Keys: who may send what.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use control::Role;
use serde_json::{Value, json};

use crate::server::{Server, message, message_with, with_key};

async fn check_key(server: &Server, header: Option<String>, expected: (u16, &str)) {
    let mut request = Request::post("/v1/batch");
    if let Some(value) = &header {
        request = request.header("authorization", value);
    }
    let (status, answer) = server.send(request.body(json!([message("a")]).to_string().into()).unwrap()).await;
    assert_eq!((status.as_u16(), answer["error"]["code"].as_str().unwrap()), expected, "{header:?}");
    assert!(server.events().await.is_empty() && server.dead_letters().await.is_empty(), "{header:?}");
}

#[tokio::test]
async fn a_stranger_gets_an_error_and_leaves_no_trace() {
    let server = Server::start().await;
    check_key(&server, None, (401, "key_missing")).await;
    check_key(&server, Some("Bearer ags_wrong".into()), (401, "key_malformed")).await;
    check_key(&server, Some(format!("Basic {}", server.key)), (401, "key_malformed")).await;
    let read = server.key(Role::Read, "production").await;
    check_key(&server, Some(format!("Bearer {}", read.key.reveal())), (403, "role_may_not_ingest")).await;
    let revoked = server.key(Role::Write, "production").await;
    server.control.revoke_key(&revoked.id).await.unwrap();
    check_key(&server, Some(format!("Bearer {}", revoked.key.reveal())), (401, "key_unknown")).await;
    let body = Body::from("[]");
    let request = Request::post("/v1/batch").header("authorization", format!("Api-Key {}", server.key)).body(body);
    assert_eq!(server.send(request.unwrap()).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_key_of_a_page_says_only_what_its_visitor_does() {
    let server = Server::start().await;
    let browser = server.key(Role::Browser, "production").await;
    let feedback = |source: &str| {
        json!({"event_id": source, "event": "feedback.submitted", "timestamp": crate::server::now(),
            "conversation_id": "c1", "data": {"message_id": "a", "rating": "positive", "source": source}})
    };
    let deletion = json!({"event_id": "d", "event": "conversation.deleted", "timestamp": crate::server::now(),
        "conversation_id": "c1", "data": {}});
    let events = json!([
        message("a"),
        message_with("b", "/data/role", json!("bot")),
        deletion,
        feedback("customer"),
        feedback("platform"),
        message_with("u", "/event", json!("moon.landed")),
    ]);
    let request = with_key(browser.key.reveal()).body(events.to_string().into()).unwrap();
    let (status, answer) = server.send(request).await;
    assert_eq!(status, StatusCode::MULTI_STATUS, "{answer}");
    let rejected: Vec<(&Value, &Value)> =
        answer["rejected"].as_array().unwrap().iter().map(|r| (&r["event_id"], &r["code"])).collect();
    let not_allowed = json!("not_allowed");
    let ids = [json!("b"), json!("d"), json!("platform"), json!("u")];
    assert_eq!(rejected, ids.iter().map(|id| (id, &not_allowed)).collect::<Vec<_>>());
    assert_eq!(server.event_ids().await, ["a", "customer"]);
    assert_eq!(server.dead_letters().await.len(), 4);
}

#[tokio::test]
async fn a_development_key_writes_development_only() {
    let server = Server::start().await;
    let key = server.key(Role::Write, "development").await;
    let events = json!([message("a"), message_with("b", "/environment", json!("production"))]);
    server.send(with_key(key.key.reveal()).body(events.to_string().into()).unwrap()).await;
    server.post(json!([message("c"), message_with("d", "/environment", json!("staging"))]).to_string()).await;
    let environments: Vec<Value> = server.events().await.iter().map(|event| event["environment"].clone()).collect();
    assert_eq!(environments, ["development", "development", "production", "staging"]);
}

#[tokio::test]
async fn the_key_of_every_project_takes_the_project_from_the_event() {
    let server = Server::start().await;
    let events = json!([
        message("a"),
        message_with("b", "/project_id", json!("demo")),
        message_with("c", "/project_id", json!("moon")),
    ]);
    let (_, answer) = server.send(with_key("ags_admin").body(events.to_string().into()).unwrap()).await;
    let codes: Vec<&Value> = answer["rejected"].as_array().unwrap().iter().map(|r| &r["code"]).collect();
    assert_eq!(codes, ["project_missing", "project_unknown"]);
    let stored = server.events().await;
    assert_eq!((stored.len(), &stored[0]["project_id"]), (1, &json!("demo")));
}
