//! The page of owners: who opens it, what it changes, and what it refuses.

use control::{MemberRole, Role};

use crate::{
    HOST, has_our_script_alone,
    members::member,
    server::{Page, Pages},
};

const PAGE: &str = "/p/shop/settings";

/// An owner of the project `shop`: the pages, the cookie, and what forms carry.
async fn owner() -> (Pages, String, String) {
    let pages = Pages::closed().await;
    let cookie = member(&pages, "owner@shop.example", (Some("shop"), MemberRole::Owner)).await;
    let token = pages.form_token(&[HOST, ("cookie", cookie.as_str())]).await;
    (pages, cookie, token)
}

async fn sent(pages: &Pages, cookie: &str, body: &str) -> Page {
    pages.post(PAGE, &[HOST, ("cookie", cookie)], body).await
}

fn secret(page: &Page) -> String {
    page.body.split("<code class=\"break\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned()
}

#[tokio::test]
async fn owners_alone_open_the_settings_and_others_are_told_who_may() {
    let (pages, cookie, _) = owner().await;
    assert_eq!(pages.get(PAGE, &[HOST, ("cookie", cookie.as_str())]).await.status, 200);
    for role in [MemberRole::Analyst, MemberRole::Agent, MemberRole::Client] {
        let cookie = member(&pages, &format!("{role}@shop.example"), (Some("shop"), role)).await;
        let page = pages.get(PAGE, &[HOST, ("cookie", cookie.as_str())]).await;
        assert_eq!(page.status, 403, "{role}");
        assert!(page.body.contains("Only owners of this project see its settings"), "{role}: {}", page.body);
        let token = pages.form_token(&[HOST, ("cookie", cookie.as_str())]).await;
        let refused = sent(&pages, &cookie, &format!("do=settings&week_start=7&token={token}")).await;
        assert_eq!((refused.status, pages.control.project("shop").unwrap().settings.week_start), (403, 1), "{role}");
    }
    let elsewhere = member(&pages, "owner@demo.example", (Some("demo"), MemberRole::Owner)).await;
    assert_eq!(pages.get(PAGE, &[HOST, ("cookie", elsewhere.as_str())]).await.status, 404);
    let demo = Pages::demo("127.0.0.1").await;
    assert_eq!(demo.get("/p/demo/settings", &[HOST]).await.status, 403, "who sits at the machine owns nothing");
}

#[tokio::test]
async fn a_form_without_the_sessions_token_changes_nothing() {
    let (pages, cookie, token) = owner().await;
    let other = member(&pages, "other@shop.example", (Some("shop"), MemberRole::Owner)).await;
    let others = pages.form_token(&[HOST, ("cookie", other.as_str())]).await;
    for token in ["", "x", others.as_str()] {
        for body in [
            "do=settings&week_start=7",
            "do=key&role=read&environment=production",
            "do=invite&email=a%40x.example&role=owner",
        ] {
            assert_eq!(sent(&pages, &cookie, &format!("{body}&token={token}")).await.status, 403, "{body}");
        }
    }
    let foreign = [HOST, ("cookie", cookie.as_str()), ("origin", "http://evil.example")];
    let body = format!("do=settings&week_start=7&token={token}");
    assert_eq!(pages.post(PAGE, &foreign, &body).await.status, 403);
    assert_eq!(pages.control.project("shop").unwrap().settings.week_start, 1);
    assert!(pages.control.keys("shop").is_empty() && pages.control.invitations(Some("shop")).is_empty());
    assert_eq!(sent(&pages, &cookie, &body).await.status, 303);
    assert_eq!(pages.control.project("shop").unwrap().settings.week_start, 7);
}

#[tokio::test]
async fn what_is_wrong_with_a_setting_stands_at_its_field_with_what_was_typed() {
    let (pages, cookie, token) = owner().await;
    for (field, typed, says) in [
        ("week_start", "9", "week_start is a day from 1 (Monday) to 7 (Sunday)"),
        ("prices", "[{]", "prices cannot be read as JSON"),
        ("currency", "euro", "currency is a code of three capital letters"),
        ("identity", "nobody", "unknown variant"),
    ] {
        let refused = sent(&pages, &cookie, &format!("do=settings&{field}={typed}&token={token}")).await;
        assert_eq!(refused.status, 422, "{field}");
        let after = refused.body.split(&format!("name=\"{field}\"")).nth(1).unwrap();
        let message = after.split("role=\"alert\">").nth(1).unwrap();
        assert!(message.starts_with(says), "{field}: {message}");
        assert!(!after.split("role=\"alert\">").next().unwrap().contains("name=\""), "{field}: at the next field");
    }
    let hostile = "do=settings&source_aliases=%3C/textarea%3E%3Cscript%3E&currency=%22%3E%3Cimg%3E";
    let refused = sent(&pages, &cookie, &format!("{hostile}&token={token}")).await;
    assert!(has_our_script_alone(&refused.body) && !refused.body.contains("<img"), "{}", refused.body);
    assert_eq!(pages.control.project("shop").unwrap().settings, std::sync::Arc::default());
}

#[tokio::test]
async fn a_key_is_shown_once_and_revoked_by_its_own_project_alone() {
    let (pages, cookie, token) = owner().await;
    let body = format!("do=key&role=read&environment=production&bot=&origins=&token={token}");
    let created = sent(&pages, &cookie, &body).await;
    let key = secret(&created);
    let grant = pages.control.authenticate(&key).unwrap();
    assert_eq!((created.status, grant.project.as_deref(), grant.role), (200, Some("shop"), Role::Read));
    let page = pages.get(PAGE, &[HOST, ("cookie", cookie.as_str())]).await;
    assert!(page.body.contains(&*grant.key_id) && !page.body.contains(&key));
    let (others, _) = pages.key("demo").await;
    let foreign = sent(&pages, &cookie, &format!("do=revoke&id={others}&token={token}")).await;
    assert_eq!((foreign.status, pages.control.key(&others).is_some()), (404, true));
    assert_eq!(sent(&pages, &cookie, &format!("do=revoke&id={}&token={token}", grant.key_id)).await.status, 303);
    assert_eq!(pages.control.authenticate(&key), None);
    let wrong = sent(&pages, &cookie, &format!("do=key&role=read&environment=%3Cb%3E&token={token}")).await;
    assert!(wrong.status == 422 && wrong.body.contains("&lt;b&gt;"), "{}", wrong.body);
}

#[tokio::test]
async fn members_are_invited_changed_and_removed_and_their_sessions_follow() {
    let (pages, cookie, token) = owner().await;
    let invited = sent(&pages, &cookie, &format!("do=invite&email=ana%40x.example&role=analyst&token={token}")).await;
    assert_eq!(invited.status, 200, "{}", invited.body);
    let link = secret(&invited);
    let path = link.strip_prefix("http://127.0.0.1:8088").unwrap();
    let joined = pages.post(path, &[HOST], "email=ana%40x.example&password=correct+horse").await;
    let ana = joined.header("set-cookie").split(';').next().unwrap().to_owned();
    let opened = async |page: &str| pages.get(page, &[HOST, ("cookie", ana.as_str())]).await.status;
    assert_eq!((opened("/p/shop/agents").await, opened(PAGE).await), (200, 403));
    let member =
        pages.control.members(Some("shop")).into_iter().find(|member| &*member.email == "ana@x.example").unwrap();
    let change = format!("do=role&id={}&role=owner&token={token}", member.id);
    assert_eq!(sent(&pages, &cookie, &change).await.status, 303);
    assert_eq!(opened(PAGE).await, 200);
    assert_eq!(sent(&pages, &cookie, &format!("do=remove&id={}&token={token}", member.id)).await.status, 303);
    assert_eq!(opened("/p/shop/overview").await, 403);

    sent(&pages, &cookie, &format!("do=invite&email=ben%40x.example&role=agent&token={token}")).await;
    let open = pages.control.invitations(Some("shop")).remove(0);
    assert_eq!(sent(&pages, &cookie, &format!("do=remove&id={}&token={token}", open.id)).await.status, 303);
    assert!(pages.control.invitations(Some("shop")).is_empty());
    let wrong = sent(&pages, &cookie, &format!("do=invite&email=%3Cb%3E&role=agent&token={token}")).await;
    assert!(wrong.status == 422 && wrong.body.contains("this is no e-mail address"), "{}", wrong.body);
}
