//! Shares over HTTP.

use crate::server::{ADMIN, Api};

const PATH: &str = "/api/v1/projects/shop/shares";

#[tokio::test]
async fn a_share_is_made_listed_and_revoked_by_who_manages_its_project() {
    let api = Api::alone().await;
    let (shop, bank) = (api.key("shop", "admin").await, api.key("bank", "admin").await);
    let body = r#"{"page":"overview","title":"Week","range":"7d","filters":["channel:is:web"],"origins":["https://Shop.example/"],"expires_in_days":7}"#;
    let made = api.call("POST", &shop, PATH, body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(
        (&made.body["expires_at"], &made.body["origins"][0]),
        (&"2026-04-01T10:00:00Z".into(), &"https://shop.example".into())
    );
    assert!(made.body["link"].as_str().unwrap().starts_with("/s/"), "{}", made.body);
    let listed = api.get(&shop, PATH).await;
    assert_eq!(listed.body["shares"], serde_json::json!([made.body]));
    let default = api.call("POST", &shop, PATH, r#"{"page":"users"}"#).await;
    assert_eq!((&default.body["expires_at"], &default.body["range"]), (&"2026-04-24T10:00:00Z".into(), &"28d".into()));
    let one = format!("{PATH}/{}", made.body["id"].as_str().unwrap());
    for path in [PATH, one.as_str()] {
        let method = if path == PATH { "GET" } else { "DELETE" };
        let other = api.call(method, &bank, path, "").await;
        assert_eq!((other.status, other.code()), (403, "other_project"), "{path}");
    }
    let from_bank = api.call("DELETE", &bank, &one.replace("shop", "bank"), "").await;
    assert_eq!((from_bank.status, from_bank.code()), (404, "unknown_share"));
    assert_eq!(api.call("DELETE", &shop, &one, "").await.status, 204);
    let gone = api.call("DELETE", &shop, &one, "").await;
    assert_eq!((gone.status, gone.code()), (404, "unknown_share"));
    assert_eq!(api.get(&shop, PATH).await.body["shares"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_shared_is_refused_and_who_manages_nothing_shares_nothing() {
    let api = Api::alone().await;
    let write = api.key("shop", "write").await;
    for (method, path) in [("GET", PATH), ("POST", PATH), ("DELETE", "/api/v1/projects/shop/shares/s")] {
        let refused = api.call(method, &write, path, r#"{"page":"overview"}"#).await;
        assert_eq!((refused.status, refused.code()), (403, "role_may_not"), "{method}");
    }
    for (body, code) in [
        (r#"{"page":"conversations"}"#, "invalid_share"),
        (r#"{"page":"agents"}"#, "invalid_share"),
        (r#"{"page":"overview","expires_in_days":366}"#, "invalid_share"),
        (r#"{"page":"overview","range":"nonsense"}"#, "unknown_range"),
        (r#"{"page":"overview","filters":["agent:is:ana"]}"#, "unknown_dimension"),
        (r#"{"page":"overview","filters":["question:is:a"]}"#, "unknown_dimension"),
        (r#"{"page":"overview","filters":["channel"]}"#, "bad_filter"),
        (r#"{"page":"overview","origins":["*"]}"#, "invalid_origin"),
    ] {
        let refused = api.call("POST", ADMIN, PATH, body).await;
        assert_eq!((refused.status, refused.code()), (422, code), "{body}");
    }
}
