//! Drawings as files: those of panels that have one, for who may see their page.

use control::MemberRole;

use crate::{HOST, members::member, server::Pages};

#[tokio::test]
async fn only_panels_with_a_drawing_have_one_and_only_for_who_sees_their_page() {
    let pages = Pages::closed().await;
    assert_eq!(pages.get("/p/shop/overview/daily.svg", &[HOST]).await.status, 403, "nobody signed in");
    let cookie = member(&pages, "ana@shop.example", (Some("shop"), MemberRole::Agent)).await;
    let session = [HOST, ("cookie", cookie.as_str())];
    for path in [
        "overview/kpis.svg",
        "overview/nothing.svg",
        "overview/daily.png",
        "overview/daily",
        "nothing/daily.svg",
        "health/ingest.svg",
    ] {
        assert_eq!(pages.get(&format!("/p/shop/{path}"), &session).await.status, 404, "{path}");
    }
    assert_eq!(pages.get("/p/demo/overview/daily.svg", &session).await.status, 404, "another project");
    assert_eq!(pages.get("/p/shop/agents/daily.svg", &session).await.status, 403, "a page that is closed to the role");
    // Without figures there is nothing to draw.
    let empty = pages.get("/p/shop/overview/daily.svg", &session).await;
    assert!(empty.status == 404 && empty.body.contains("nothing to draw"), "{}", empty.body);
}
