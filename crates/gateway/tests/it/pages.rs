//! Pages of customers: who may send from where, and read the answer.

use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use control::Role;
use serde_json::json;
use tower::ServiceExt;

use crate::server::{Server, message, with_key};

const SHOP: &str = "https://shop.example";
const OTHER: &str = "https://other.example";

async fn exchange(server: &Server, request: Request<Body>) -> (StatusCode, HeaderMap) {
    let response = server.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()[header::VARY], "origin");
    (response.status(), response.headers().clone())
}

/// What a browser asks before it sends a page's batch.
async fn preflight(server: &Server, origin: &str) -> (StatusCode, HeaderMap) {
    let request = Request::options("/v1/batch")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    exchange(server, request.body(Body::empty()).unwrap()).await
}

async fn send(server: &Server, key: &str, origin: Option<&str>, body: String) -> (StatusCode, HeaderMap) {
    let mut request = with_key(key);
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    exchange(server, request.body(body.into()).unwrap()).await
}

fn readable_by(headers: &HeaderMap) -> Option<&str> {
    headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_page_may_send_and_read_the_answer_when_a_key_is_for_it() {
    let server = Server::start().await;
    assert_eq!(preflight(&server, SHOP).await.0, StatusCode::FORBIDDEN, "no key stands in any page");
    let key = server.key_of_pages(Role::Browser, "production", &[SHOP]).await;
    let (status, headers) = preflight(&server, SHOP).await;
    assert_eq!((status, readable_by(&headers)), (StatusCode::NO_CONTENT, Some(SHOP)));
    assert_eq!(headers["access-control-allow-methods"], "POST");
    for name in ["authorization", "content-type", "content-encoding"] {
        assert!(headers["access-control-allow-headers"].to_str().unwrap().contains(name));
    }
    let (status, headers) = preflight(&server, OTHER).await;
    assert_eq!((status, readable_by(&headers)), (StatusCode::FORBIDDEN, None));

    let key = key.key.reveal();
    let (status, headers) = send(&server, key, Some(SHOP), json!([message("a")]).to_string()).await;
    assert_eq!((status, readable_by(&headers)), (StatusCode::OK, Some(SHOP)));
    let (status, headers) = send(&server, key, Some(SHOP), "nonsense".into()).await;
    assert_eq!((status, readable_by(&headers)), (StatusCode::BAD_REQUEST, Some(SHOP)), "errors are for reading, too");
    for origin in [Some(OTHER), Some("null"), None] {
        let (status, headers) = send(&server, key, origin, json!([message("b")]).to_string()).await;
        assert_eq!((status, readable_by(&headers)), (StatusCode::FORBIDDEN, None), "{origin:?}");
    }
    assert_eq!(server.event_ids().await, ["a"]);
}

#[tokio::test]
async fn a_browsers_key_without_origins_is_for_every_page_and_other_keys_are_for_none() {
    let server = Server::start().await;
    let key = server.key(Role::Browser, "production").await;
    assert_eq!(readable_by(&preflight(&server, OTHER).await.1), Some(OTHER));
    for origin in [Some(OTHER), None] {
        let (status, headers) = send(&server, key.key.reveal(), origin, json!([message("a")]).to_string()).await;
        assert_eq!((status, readable_by(&headers)), (StatusCode::OK, origin));
    }
    let (status, headers) = send(&server, &server.key, Some(OTHER), json!([message("b")]).to_string()).await;
    assert_eq!((status, readable_by(&headers)), (StatusCode::OK, None));
    let (status, headers) = send(&server, "ags_wrong", Some(OTHER), "[]".into()).await;
    assert_eq!((status, readable_by(&headers)), (StatusCode::UNAUTHORIZED, None));
}

#[tokio::test]
async fn whoever_asks_for_the_methods_is_told_them() {
    let server = Server::start().await;
    let (status, headers) = exchange(&server, Request::options("/v1/batch").body(Body::empty()).unwrap()).await;
    assert_eq!((status, &headers["allow"]), (StatusCode::NO_CONTENT, &"POST, OPTIONS".parse().unwrap()));
}
