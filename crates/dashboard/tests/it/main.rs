//! The pages as their visitors get them, without a warehouse: who is let in, what every answer says, and what a page shows when
//! nothing can be asked.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed, and its helpers with it")]

mod admin;
mod drawings;
mod languages;
mod look;
mod members;
mod server;
mod settings;
mod shares;
mod texts;
mod work;

use server::{Page, Pages};

/// Whether the one script of a page is the file of this server.
fn has_our_script_alone(body: &str) -> bool {
    body.matches("<script").count() == 1 && body.contains("<script src=\"/assets/")
}

pub(crate) const HOST: (&str, &str) = ("host", "127.0.0.1:8088");

#[tokio::test]
async fn a_demo_opens_without_signing_in_at_its_own_machine_alone() {
    let pages = Pages::demo("127.0.0.1").await;
    let opened = pages.get("/", &[HOST]).await;
    assert_eq!((opened.status, opened.header("location")), (303, "/p/demo/overview"));
    for (headers, says) in [
        (&[("host", "rapport.example")][..], "localhost"),
        (&[HOST, ("origin", "http://evil.example")], "its own pages"),
        (&[HOST, ("x-forwarded-for", "192.0.2.1")], "proxy"),
        (&[HOST, ("forwarded", "for=192.0.2.1")], "proxy"),
    ] {
        for path in ["/", "/p/demo/overview", "/p/demo/export?metric=chats&r=7d", "/p/demo/conversations/c1"] {
            let closed = pages.get(path, headers).await;
            assert_eq!(closed.status, 403, "{path} {headers:?}");
            assert!(closed.body.contains(says), "{path} {headers:?}: {}", closed.body);
        }
    }
    let elsewhere = Pages::demo("0.0.0.0").await;
    assert_eq!(elsewhere.get("/p/demo/overview", &[HOST]).await.status, 403);
    let closed = Pages::closed().await;
    assert_eq!(closed.get("/p/demo/overview", &[HOST]).await.status, 403);
}

#[tokio::test]
async fn a_demo_shows_its_own_project_and_no_other() {
    let pages = Pages::demo("127.0.0.1").await;
    assert_eq!(pages.get("/p/shop/overview", &[HOST]).await.status, 404);
    assert_eq!(pages.get("/p/nothing/overview", &[HOST]).await.status, 404);
    assert_eq!(pages.get("/p/demo/nothing", &[HOST]).await.status, 404);
}

#[tokio::test]
async fn who_signs_in_with_a_key_sees_its_project_until_the_key_is_revoked() {
    let pages = Pages::closed().await;
    let key = pages.key("shop").await;
    assert!(pages.get("/p/shop/metrics", &[HOST]).await.body.contains("href=\"/sign-in\""));
    assert_eq!(pages.post("/sign-in", &[HOST], "key=ags_nothing").await.status, 403);
    let foreign = pages.post("/sign-in", &[HOST, ("origin", "http://evil.example")], &format!("key={}", key.1)).await;
    assert_eq!((foreign.status, foreign.header("set-cookie")), (403, ""));
    let signed = pages.post("/sign-in", &[HOST, ("x-forwarded-proto", "https")], &format!("key={}", key.1)).await;
    let cookie = signed.header("set-cookie").to_owned();
    assert_eq!(signed.status, 303);
    assert!(["HttpOnly", "SameSite=Lax", "Secure"].iter().all(|flag| cookie.contains(flag)), "{cookie}");
    assert!(!cookie.contains(&key.1), "the key is not in the cookie");
    let session = [HOST, ("cookie", cookie.split(';').next().unwrap())];
    let page = pages.get("/p/shop/metrics", &session).await;
    assert_eq!(page.status, 200);
    assert_eq!(pages.get("/", &session).await.header("location"), "/p/shop/overview");
    assert_eq!(pages.get("/p/demo/metrics", &session).await.status, 404, "another project");
    pages.revoke(&key.0).await;
    assert_eq!(pages.get("/p/shop/metrics", &session).await.status, 403);
}

#[tokio::test]
async fn a_session_ends_when_its_visitor_says_so() {
    let pages = Pages::closed().await;
    let (_, key) = pages.key("shop").await;
    let signed = pages.post("/sign-in", &[HOST], &format!("key={key}")).await;
    let cookie = signed.header("set-cookie").split(';').next().unwrap().to_owned();
    let session = [HOST, ("cookie", cookie.as_str())];
    assert_eq!(pages.get("/p/shop/metrics", &session).await.status, 200);
    let token = format!("token={}", pages.form_token(&session).await);
    let foreign = [HOST, ("cookie", cookie.as_str()), ("origin", "http://evil.example")];
    assert_eq!(pages.post("/sign-out", &foreign, &token).await.status, 403);
    assert_eq!(pages.post("/sign-out", &session, "").await.status, 403, "no page of this session sent it");
    let ended = pages.post("/sign-out", &session, &token).await;
    assert_eq!((ended.status, ended.header("location")), (303, "/sign-in"));
    assert!(ended.header("set-cookie").starts_with("rapport_session=; Path=/; Max-Age=0"));
}

#[tokio::test]
async fn every_answer_forbids_what_is_not_from_here() {
    let pages = Pages::demo("127.0.0.1").await;
    for path in ["/", "/p/demo/metrics", "/p/demo/nothing"] {
        let page = pages.get(path, &[HOST]).await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(
            (page.header("x-content-type-options"), page.header("cache-control")),
            ("nosniff", "private, no-store")
        );
    }
    let page = pages.get("/p/demo/metrics", &[HOST]).await;
    for outside in ["http://", "https://", "//cdn", " style=", " onclick="] {
        assert!(!page.body.contains(outside), "{outside}");
    }
    assert!(has_our_script_alone(&page.body), "one script, and nothing in line: {}", page.body);
}

#[tokio::test]
async fn the_stylesheet_has_an_address_of_its_own_content() {
    let pages = Pages::demo("127.0.0.1").await;
    let page = pages.get("/p/demo/metrics", &[HOST]).await;
    let address = page.body.split("href=\"/assets/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let style = pages.get(&format!("/assets/{address}"), &[]).await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.header("cache-control").contains("immutable") && style.body.contains("--accent"));
    assert!(!style.body.contains("url(http") && !style.body.contains("@import"));
}

#[tokio::test]
async fn the_script_has_an_address_of_its_own_content_and_is_small() {
    let pages = Pages::demo("127.0.0.1").await;
    let page = pages.get("/p/demo/metrics", &[HOST]).await;
    let address = page.body.split("<script src=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let script = pages.get(address, &[]).await;
    assert_eq!((script.status, script.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert!(script.header("cache-control").contains("immutable"));
    assert!(script.body.len() < 15_000, "{} bytes", script.body.len());
    assert!(!script.body.contains("http://") || script.body.contains("http://www.w3.org/2000/svg"), "no other server");
}

#[tokio::test]
async fn a_page_without_a_warehouse_says_in_every_panel_what_happened_and_how_to_try_again() {
    let pages = Pages::demo("127.0.0.1").await;
    let page: Page = pages.get("/p/demo/overview?r=7d", &[HOST]).await;
    assert_eq!(page.status, 200);
    let panels = page.body.matches("<section").count();
    assert_eq!(panels, 5, "{}", page.body);
    assert_eq!(page.body.matches("This panel did not load").count(), panels);
    assert_eq!(page.body.matches("Error <code>").count(), panels, "each names where the log says more");
    assert_eq!(page.body.matches(">Try again<").count(), panels);
    assert!(!page.body.contains("127.0.0.1:9"), "where the warehouse is is none of a visitor's business");
}

#[tokio::test]
async fn a_mistyped_address_falls_back_with_a_notice_and_is_never_markup() {
    let pages = Pages::demo("127.0.0.1").await;
    let page = pages
        .get("/p/demo/overview?r=%3Cscript%3Ealert(1)%3C/script%3E&tz=Mars/Olympus&zz=%22%3E%3Cimg%3E", &[HOST])
        .await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("is no range; the last 28 days are shown"), "{}", page.body);
    assert!(page.body.contains("Mars/Olympus” is no time zone"));
    assert!(!page.body.contains("<script>") && !page.body.contains("<img"), "{}", page.body);
    assert!(page.body.contains("zz=%22%3E%3Cimg%3E"), "unknown parameters stay in its links");
}

#[tokio::test]
async fn forms_lead_to_the_address_of_their_state() {
    let pages = Pages::demo("127.0.0.1").await;
    let filtered = pages.get("/p/demo/users?r=7d&fd=channel&fo=is&fv=web,%20app", &[HOST]).await;
    assert_eq!((filtered.status, filtered.header("location")), (303, "/p/demo/users?r=7d&f=channel:is:app,web"));
}

#[tokio::test]
async fn a_theme_is_kept_and_leads_back_to_a_page_of_ours_alone() {
    let pages = Pages::demo("127.0.0.1").await;
    let chosen = pages.post("/theme", &[HOST], "theme=dark&back=/p/demo/users%3Fr=7d").await;
    assert_eq!((chosen.status, chosen.header("location")), (303, "/p/demo/users?r=7d"));
    assert!(chosen.header("set-cookie").starts_with("rapport_theme=dark; Path=/"), "{}", chosen.header("set-cookie"));
    for back in ["//evil.example", "https://evil.example", "/theme"] {
        let chosen = pages.post("/theme", &[HOST], &format!("theme=dark&back={back}")).await;
        assert_eq!(chosen.header("location"), "/", "{back}");
    }
    let foreign = pages.post("/theme", &[HOST, ("origin", "http://evil.example")], "theme=dark").await;
    assert_eq!(foreign.status, 403);
    let page = pages.get("/p/demo/metrics", &[HOST, ("cookie", "rapport_theme=dark")]).await;
    assert!(page.body.contains("data-theme=\"dark\""));
}

#[tokio::test]
async fn the_dictionary_has_every_metric() {
    let pages = Pages::demo("127.0.0.1").await;
    let page = pages.get("/p/demo/metrics", &[HOST]).await;
    for metric in warehouse::registry::METRICS {
        assert!(page.body.contains(&format!("<code>{}</code>", metric.id)), "{}", metric.id);
    }
}
