//! What the document says about this surface.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use gateway::Options;

use crate::server::Server;

#[tokio::test]
async fn every_route_is_described_with_the_methods_that_it_takes() {
    let document = gateway::document(&Options::default());
    let described: BTreeSet<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(described, gateway::paths().collect());
    let server = Server::start().await;
    for path in described {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let name = method.as_str().to_lowercase();
            let (status, _) =
                server.send(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await;
            let is_taken = status != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(document["paths"][path].get(&name).is_some(), is_taken, "{name} {path}");
        }
    }
}
