//! Members over HTTP.

use crate::server::{ADMIN, Api};

#[tokio::test]
async fn an_administrator_of_a_project_invites_into_it_and_into_no_other() {
    let api = Api::alone().await;
    let key = api.key("shop", "admin").await;
    api.key("bank", "read").await;
    let body = r#"{"email":"Ana@x.example","role":"analyst"}"#;
    let invited = api.call("POST", &key, "/api/v1/projects/shop/members", body).await;
    assert_eq!((invited.status, &invited.body["email"]), (201, &"ana@x.example".into()), "{}", invited.body);
    assert!(invited.body["link"].as_str().unwrap().starts_with("/join/"));
    assert_eq!(invited.body["expires_at"], "2026-03-26T10:00:00Z");
    let listed = api.get(&key, "/api/v1/projects/shop/members").await;
    assert_eq!(listed.body["invitations"][0]["id"], invited.body["id"]);
    assert!(!listed.body.to_string().contains("/join/"), "a link is told once: {}", listed.body);
    let other = api.call("POST", &key, "/api/v1/projects/bank/members", body).await;
    assert_eq!((other.status, other.code()), (403, "other_project"));
    let path = format!("/api/v1/projects/shop/members/{}", invited.body["id"].as_str().unwrap());
    assert_eq!(api.call("DELETE", &key, &path, "").await.status, 204);
    let gone = api.call("DELETE", &key, &path, "").await;
    assert_eq!((gone.status, gone.code()), (404, "unknown_member"));
}

#[tokio::test]
async fn administrators_are_invited_with_a_key_of_all_projects_alone() {
    let api = Api::alone().await;
    let key = api.key("shop", "admin").await;
    let body = r#"{"email":"ana@x.example"}"#;
    for method in ["GET", "POST"] {
        let refused = api.call(method, &key, "/api/v1/administrators", body).await;
        assert_eq!((refused.status, refused.code()), (403, "role_may_not"), "{method}");
    }
    let invited = api.call("POST", ADMIN, "/api/v1/administrators", body).await;
    assert_eq!((invited.status, &invited.body["role"]), (201, &"owner".into()));
    assert_eq!(api.get(ADMIN, "/api/v1/administrators").await.body["invitations"][0]["email"], "ana@x.example");
}

#[tokio::test]
async fn who_manages_nothing_manages_no_members() {
    let api = Api::alone().await;
    let key = api.key("shop", "write").await;
    for (method, path, body) in [
        ("GET", "/api/v1/projects/shop/members", ""),
        ("GET", "/api/v1/projects/shop/keys", ""),
        ("POST", "/api/v1/projects/shop/members", r#"{"email":"a@x.example","role":"owner"}"#),
        ("PATCH", "/api/v1/projects/shop/members/m", r#"{"role":"owner"}"#),
        ("DELETE", "/api/v1/projects/shop/members/m", ""),
        ("DELETE", "/api/v1/administrators/m", ""),
    ] {
        let refused = api.call(method, &key, path, body).await;
        assert_eq!((refused.status, refused.code()), (403, "role_may_not"), "{method} {path}");
    }
    let wrong = api.call("POST", ADMIN, "/api/v1/projects/shop/members", r#"{"email":"a","role":"owner"}"#).await;
    assert_eq!((wrong.status, wrong.code()), (422, "invalid_member"));
    let role =
        api.call("POST", ADMIN, "/api/v1/projects/shop/members", r#"{"email":"a@x.example","role":"king"}"#).await;
    assert_eq!((role.status, role.code()), (422, "invalid_member"));
    let unknown = api.call("PATCH", ADMIN, "/api/v1/projects/shop/members/m", r#"{"role":"owner"}"#).await;
    assert_eq!((unknown.status, unknown.code()), (404, "unknown_member"));
}

#[tokio::test]
async fn an_administrator_of_a_project_lists_and_revokes_its_own_keys_alone() {
    let api = Api::alone().await;
    let (shop, bank) = (api.key("shop", "admin").await, api.key("bank", "admin").await);
    let listed = api.get(&bank, "/api/v1/projects/bank/keys").await;
    let id = listed.body["keys"][0]["id"].as_str().unwrap();
    assert!(listed.body["keys"].as_array().unwrap().len() == 1 && !listed.body.to_string().contains(&bank));
    let path = format!("/api/v1/keys/{id}");
    let foreign = api.call("DELETE", &shop, &path, "").await;
    assert_eq!((foreign.status, foreign.code()), (404, "unknown_key"));
    assert_eq!(api.call("DELETE", &bank, &path, "").await.status, 204);
    assert_eq!(api.get(&bank, "/api/v1/metrics").await.status, 401);
}
