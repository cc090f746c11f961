//! The page of all projects is for administrators alone.

use control::MemberRole;

use crate::{HOST, members::member, server::Pages};

#[tokio::test]
async fn administrators_see_every_project_and_invite_and_remove_one_another() {
    let pages = Pages::closed().await;
    let ana = member(&pages, "ana@x.example", (None, MemberRole::Owner)).await;
    let session = [HOST, ("cookie", ana.as_str())];
    let page = pages.get("/admin?metric=messages_total&r=90d", &session).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for says in [
        "href=\"/p/demo/overview\"",
        "href=\"/p/shop/overview\"",
        "ana@x.example",
        "value=\"messages_total\" selected",
        "value=\"90d\" selected",
    ] {
        assert!(page.body.contains(says), "{says}: {}", page.body);
    }
    let token = pages.form_token(&session).await;
    let invited = pages.post("/admin", &session, &format!("token={token}&do=invite&email=ben%40x.example")).await;
    assert!(invited.status == 200 && invited.body.contains("http://127.0.0.1:8088/join/"), "{}", invited.body);
    assert_eq!(pages.control.invitations(None).len(), 1);
    let id = pages.control.invitations(None)[0].id.clone();
    let withdrawn = pages.post("/admin", &session, &format!("token={token}&do=remove&id={id}")).await;
    assert_eq!((withdrawn.status, pages.control.invitations(None).len()), (303, 0));
    let own = pages.control.members(None)[0].id.to_string();
    let last = pages.post("/admin", &session, &format!("token={token}&do=remove&id={own}")).await;
    assert!(last.status == 409 && last.body.contains("last administrator"), "{}", last.body);
    let forged = pages.post("/admin", &session, "token=x&do=invite&email=eve%40x.example").await;
    assert_eq!((forged.status, pages.control.invitations(None).len()), (403, 0));
}

#[tokio::test]
async fn nobody_else_sees_it_or_changes_anything_there() {
    let pages = Pages::demo("127.0.0.1").await;
    assert_eq!(pages.get("/admin", &[HOST]).await.status, 403, "a demo's visitor");
    let (_, key) = pages.key("shop").await;
    let signed = pages.post("/sign-in", &[HOST], &format!("key={key}")).await;
    let mut cookies = vec![signed.header("set-cookie").split(';').next().unwrap().to_owned()];
    for role in MemberRole::ALL {
        cookies.push(member(&pages, &format!("{role}@x.example"), (Some("shop"), role)).await);
    }
    for cookie in &cookies {
        let session = [HOST, ("cookie", cookie.as_str())];
        let page = pages.get("/admin", &session).await;
        assert!(page.status == 403 && !page.body.contains("demo"), "{}", page.body);
        let token = pages.form_token(&session).await;
        let invited = pages.post("/admin", &session, &format!("token={token}&do=invite&email=eve%40x.example")).await;
        assert_eq!(invited.status, 403);
    }
    assert!(pages.control.invitations(None).iter().all(|one| one.email.is_none()));
}
