//! What people wrote is refused to clients, not only hidden.

use control::MemberRole;

use crate::{HOST, members::member, server::Pages};

#[tokio::test]
async fn clients_read_no_texts_and_no_dead_letters_and_others_are_not_refused() {
    let pages = Pages::closed().await;
    for role in MemberRole::ALL {
        let cookie = member(&pages, &format!("{role}@shop.example"), (Some("shop"), role)).await;
        let session = [HOST, ("cookie", cookie.as_str())];
        let is_client = role == MemberRole::Client;
        for path in [
            "export?metric=unanswered_questions&by=question&r=7d",
            "export?metric=unanswered_questions&by=channel,%20Question&r=7d",
            "export?metric=unanswered_questions&f=question:contains:card&r=7d",
            "explain?metric=unanswered_questions&f=question:is:a",
        ] {
            let page = pages.get(&format!("/p/shop/{path}"), &session).await;
            let refused = page.status == 403 && page.body.contains("may not read what people wrote");
            assert_eq!(
                (refused, page.status == 403),
                (is_client, is_client),
                "{role} {path}: {} {}",
                page.status,
                page.body
            );
        }
        let health = pages.get("/p/shop/health", &session).await;
        assert_eq!(health.body.contains("Dead letters quote what was sent"), is_client, "{role}: {}", health.body);
        let explored = pages.get("/p/shop/explore?metric=unanswered_questions&by=question", &session).await;
        assert_eq!(explored.body.contains("may not read what people wrote"), is_client, "{role}: {}", explored.body);
    }
}
