//! Brands over HTTP.

use crate::server::{ADMIN, Api};

const BRAND: &str = "/api/v1/projects/shop/brand";
const LOGO: &str = "/api/v1/projects/shop/logo";

#[tokio::test]
async fn who_manages_a_project_changes_its_brand_and_others_do_not() {
    let api = Api::alone().await;
    let (read, bank) = (api.key("shop", "read").await, api.key("bank", "admin").await);
    let changed = api.call("PUT", ADMIN, BRAND, r##"{"name":"Acme","accent":"#7A1FA2"}"##).await;
    assert_eq!((changed.status, &changed.body["brand"]["accent"]), (200, &"#7a1fa2".into()), "{}", changed.body);
    assert_eq!(api.call("PUT", ADMIN, LOGO, "RIFF0000WEBPVP8 ").await.status, 204);
    let held = api.get(&read, BRAND).await;
    assert_eq!(held.body["logo"], serde_json::json!({"type": "image/webp", "bytes": 16}));
    for (key, code) in [(&read, "role_may_not"), (&bank, "other_project")] {
        for (method, path) in [("PUT", BRAND), ("PUT", LOGO), ("DELETE", LOGO)] {
            let refused = api.call(method, key, path, "{}").await;
            assert_eq!((refused.status, refused.code()), (403, code), "{method} {path}");
        }
    }
    assert_eq!(api.get(&bank, BRAND).await.status, 403);
    let unseen = api.call("PUT", ADMIN, BRAND, r##"{"accent":"#ffcc00"}"##).await;
    assert_eq!((unseen.status, unseen.code()), (422, "invalid_brand"));
    assert!(
        unseen.body["error"]["message"].as_str().unwrap().contains("needs 4.5:1; the nearest colour that passes is #"),
        "{}",
        unseen.body
    );
    let svg = api.call("PUT", ADMIN, LOGO, "<svg onload=alert(1)>").await;
    assert_eq!((svg.status, svg.code()), (422, "invalid_brand"));
    assert_eq!(api.call("PUT", ADMIN, BRAND, r#"{"accent":"red"}"#).await.status, 400);
    assert_eq!(api.call("DELETE", ADMIN, LOGO, "").await.status, 204);
    let held = api.get(&read, BRAND).await.body;
    assert_eq!((&held["logo"], &held["brand"]["name"]), (&serde_json::Value::Null, &"Acme".into()));
}
