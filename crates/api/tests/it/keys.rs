//! Who may do what.

use crate::server::{ADMIN, Api};

const QUESTION: &str = "/api/v1/query?metric=messages_total&r=7d";

#[tokio::test]
async fn a_key_is_asked_for_and_has_to_be_one_of_ours() {
    let api = Api::alone().await;
    for path in [QUESTION, "/api/v1/metrics", "/api/v1/projects"] {
        let missing = api.get("", path).await;
        assert_eq!((missing.status, missing.code()), (401, "key_missing"), "{path}");
        let wrong = api.get("ags_00000000000000000000000000000000_000000", path).await;
        assert_eq!((wrong.status, wrong.code()), (401, "key_invalid"), "{path}");
    }
}

#[tokio::test]
async fn keys_that_only_send_read_nothing() {
    let api = Api::alone().await;
    for role in ["browser", "ingest"] {
        let key = api.key("shop", role).await;
        let refused = api.get(&key, QUESTION).await;
        assert_eq!((refused.status, refused.code()), (403, "role_may_not"), "{role}");
    }
}

#[tokio::test]
async fn a_project_is_created_once_and_listed() {
    let api = Api::alone().await;
    let body = r#"{"name":"Corner shop","timezone":"Europe/Madrid"}"#;
    let created = api.call("POST", ADMIN, "/api/v1/projects", body).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.body["name"], "Corner shop");
    assert_eq!(created.body["timezone"], "Europe/Madrid");
    let again = api.call("POST", ADMIN, "/api/v1/projects", body).await;
    assert_eq!((again.status, again.code()), (409, "project_exists"));
    let listed = api.get(ADMIN, "/api/v1/projects").await;
    assert_eq!(listed.body["projects"][0], created.body);
    let zone = api.call("POST", ADMIN, "/api/v1/projects", r#"{"name":"x","timezone":"Europe/Madird"}"#).await;
    assert_eq!((zone.status, zone.code()), (422, "unknown_zone"));
    let broken = api.call("POST", ADMIN, "/api/v1/projects", r#"{"nam":"x"}"#).await;
    assert_eq!((broken.status, broken.code()), (400, "bad_body"));
}

#[tokio::test]
async fn names_that_nobody_could_read_are_refused_with_the_reason() {
    let api = Api::alone().await;
    api.key("shop", "read").await;
    let long = "x".repeat(5_000);
    for name in ["", "a\\u0000b", "a\\nb", &long] {
        let refused = api.call("POST", ADMIN, "/api/v1/projects", &format!(r#"{{"name":"{name}"}}"#)).await;
        assert_eq!((refused.status, refused.code()), (422, "invalid_name"), "{name}");
        let body = format!(r#"{{"project":"shop","bot":"{name}"}}"#);
        let refused = api.call("POST", ADMIN, "/api/v1/keys", &body).await;
        assert_eq!((refused.status, refused.code()), (422, "invalid_name"), "{name}");
        assert!(refused.body.to_string().len() < 500, "{}", refused.body);
    }
    let body = format!(r#"{{"project":"shop","environment":"{long}"}}"#);
    let refused = api.call("POST", ADMIN, "/api/v1/keys", &body).await;
    assert_eq!((refused.status, refused.code()), (422, "invalid_name"));
    assert!(refused.body.to_string().len() < 500, "{}", refused.body);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_as_everything_is() {
    let api = Api::alone().await;
    let large = format!(r#"{{"name":"x"{}}}"#, " ".repeat(64 << 10));
    for path in ["/api/v1/projects", "/api/v1/keys"] {
        let refused = api.call("POST", ADMIN, path, &large).await;
        assert_eq!((refused.status, refused.code()), (413, "body_too_large"), "{path}");
        let stranger = api.call("POST", "", path, &large).await;
        assert_eq!((stranger.status, stranger.code()), (401, "key_missing"), "{path}");
    }
    let refused = api.call("DELETE", ADMIN, "/api/v1/keys/%ff", "").await;
    assert_eq!((refused.status, refused.code()), (404, "no_route"));
}

#[tokio::test]
async fn a_key_sees_its_own_project_only() {
    let api = Api::alone().await;
    let key = api.key("shop", "read").await;
    api.key("bank", "read").await;
    let listed = api.get(&key, "/api/v1/projects").await;
    assert_eq!(listed.body["projects"].as_array().unwrap().len(), 1);
    let other = api.get(&key, &format!("{QUESTION}&project=bank")).await;
    assert_eq!((other.status, other.code()), (403, "other_project"));
    // An administrator's key has to name one.
    let unnamed = api.get(ADMIN, QUESTION).await;
    assert_eq!((unnamed.status, unnamed.code()), (422, "project_missing"));
    let unknown = api.get(ADMIN, &format!("{QUESTION}&project=mill")).await;
    assert_eq!((unknown.status, unknown.code()), (404, "not_found"));
}

#[tokio::test]
async fn only_administrators_manage() {
    let api = Api::alone().await;
    let key = api.key("shop", "write").await;
    for (method, path, body) in [
        ("POST", "/api/v1/projects", r#"{"name":"mine"}"#),
        ("POST", "/api/v1/keys", r#"{"role":"read"}"#),
        ("DELETE", "/api/v1/keys/some", ""),
    ] {
        let refused = api.call(method, &key, path, body).await;
        assert_eq!((refused.status, refused.code()), (403, "role_may_not"), "{method} {path}");
    }
    let role = api.call("POST", ADMIN, "/api/v1/keys", r#"{"project":"shop","role":"owner"}"#).await;
    assert_eq!(role.status, 422);
}

#[tokio::test]
async fn a_browsers_key_has_origins_and_no_other_key_has() {
    let api = Api::alone().await;
    api.key("shop", "read").await;
    let body = |role: &str| format!(r#"{{"project":"shop","role":"{role}","origins":["https://Shop.example:443"]}}"#);
    let created = api.call("POST", ADMIN, "/api/v1/keys", &body("browser")).await;
    assert_eq!((created.status, &created.body["origins"][0]), (201, &"https://shop.example".into()));
    let refused = api.call("POST", ADMIN, "/api/v1/keys", &body("write")).await;
    assert_eq!((refused.status, refused.code()), (422, "invalid_origin"));
}

#[tokio::test]
async fn pages_of_other_origins_read_nothing() {
    let api = Api::alone().await;
    for path in ["/api/v1/query", "/api/v1/metrics", "/api/v1/projects", "/api/v1/keys"] {
        let preflight = api.call("OPTIONS", ADMIN, path, "").await;
        assert_eq!((preflight.status, preflight.code()), (405, "method_not_allowed"), "{path}");
        let answer = api.get(ADMIN, path).await;
        for head in [preflight.head, answer.head] {
            assert!(!head.contains("access-control-"), "{path}: {head}");
        }
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once() {
    let api = Api::alone().await;
    api.key("shop", "read").await;
    let created = api.call("POST", ADMIN, "/api/v1/keys", r#"{"project":"shop","role":"read"}"#).await;
    let (id, key) = (created.body["id"].as_str().unwrap(), created.body["key"].as_str().unwrap());
    assert_eq!(api.get(key, "/api/v1/metrics").await.status, 200);
    assert_eq!(api.call("DELETE", ADMIN, &format!("/api/v1/keys/{id}"), "").await.status, 204);
    assert_eq!(api.get(key, "/api/v1/metrics").await.status, 401);
    let unknown = api.call("DELETE", ADMIN, "/api/v1/keys/none", "").await;
    assert_eq!((unknown.status, unknown.code()), (404, "unknown_key"));
}
