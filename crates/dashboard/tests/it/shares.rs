//! Shares: a link shows its page and its filters, and nothing that is written into its address changes that.

use chrono::Duration;
use control::{MemberRole, SHARE_LASTS, Share, Shown, Tokens};

use crate::{
    HOST,
    members::member,
    server::{Page, Pages, SECRET, now},
};

fn tokens() -> Tokens {
    Tokens::new(SECRET.into())
}

fn shown(page: &str) -> Shown {
    Shown {
        page: page.into(),
        title: Some("Our <b>week</b>".into()),
        range: "7d".into(),
        environment: "production".into(),
        filters: vec!["channel:is:web".into()],
        may_change_range: false,
        origins: Vec::new(),
    }
}

async fn shared(pages: &Pages, shown: Shown) -> std::sync::Arc<Share> {
    pages.control.share("shop", shown, (now(), SHARE_LASTS)).await.unwrap()
}

/// A page's text, with its spaces as they are typed.
fn spaced(page: &Page) -> String {
    page.body.replace('\u{a0}', " ")
}

fn policy(page: &Page) -> &str {
    page.header("content-security-policy")
}

#[tokio::test]
async fn a_share_is_looked_at_by_anybody_and_leads_nowhere() {
    let pages = Pages::closed().await;
    let link = shared(&pages, shown("overview")).await.link(&tokens());
    let page = pages.get(&link, &[HOST]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("Our &lt;b&gt;week&lt;/b&gt;") && page.body.contains("Peak hours"), "{}", page.body);
    assert!(page.body.contains("Channel is") && spaced(&page).contains("19 Mar – 25 Mar 2026"), "{}", page.body);
    // No way out: no link but to the figures and the stylesheet, no form, no script.
    let links: Vec<&str> = page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(links.iter().all(|link| ["#main", "data:,"].contains(link) || link.starts_with("/assets/")), "{links:?}");
    assert!(!page.body.contains("<form") && !page.body.contains("<script"), "{}", page.body);
    assert!(
        policy(&page).contains("frame-ancestors 'none'") && !policy(&page).contains("script-src"),
        "{}",
        policy(&page)
    );
    assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("no-referrer", "private, no-store"));
    assert_eq!(page.header("x-robots-tag"), "noindex, nofollow");
    assert_eq!(page.header("set-cookie"), "");
    // A share is no session.
    assert_eq!(pages.get("/p/shop/overview", &[HOST]).await.status, 403);
}

#[tokio::test]
async fn nothing_in_its_address_widens_it() {
    let pages = Pages::closed().await;
    let link = shared(&pages, shown("users")).await.link(&tokens());
    let plain = pages.get(&link, &[HOST]).await.body;
    for more in [
        "r=90d",
        "from=2020-01-01&to=2030-01-01",
        "f=channel:is:whatsapp",
        "f=channel:isnot:web",
        "project=demo",
        "page=overview",
        "by=user",
        "format=csv",
        "env=development",
        "tz=UTC",
        "cmp=off",
        "g=hour",
        "v=table",
        "panel=daily",
        "metric=cost",
        "first=2020-01-01&last=2020-02-01",
        "fd=channel&fo=is&fv=app",
        "tv=1",
        "origins=https://evil.example",
    ] {
        let page = pages.get(&format!("{link}?{more}"), &[HOST]).await;
        assert_eq!((page.status, page.body == plain), (200, true), "{more}");
        assert!(policy(&page).ends_with("frame-ancestors 'none'"), "{more}");
    }
    for beside in ["/export?metric=chats&r=7d", "/overview", "/explain?metric=chats", "/conversations", "/live/events"]
    {
        assert_eq!(pages.get(&format!("{link}{beside}"), &[HOST]).await.status, 404, "{beside}");
    }
    // The share does not open the project's own pages, whatever carries it.
    let token = link.strip_prefix("/s/").unwrap();
    let cookie = format!("rapport_session={token}");
    assert_eq!(pages.get("/p/shop/users", &[HOST, ("cookie", &cookie)]).await.status, 403);
    assert_eq!(pages.post(&link, &[HOST], "").await.status, 405);
}

#[tokio::test]
async fn a_range_is_changed_where_the_share_says_so_and_nothing_else() {
    let pages = Pages::closed().await;
    let link = shared(&pages, Shown { may_change_range: true, ..shown("users") }).await.link(&tokens());
    let get = async |query: &str| spaced(&pages.get(&format!("{link}{query}"), &[HOST]).await);
    let (plain, other) = (get("").await, get("?r=28d").await);
    assert!(plain.contains("19 Mar – 25 Mar 2026") && plain.contains("href=\"?r=28d\""), "{plain}");
    assert!(other.contains("26 Feb – 25 Mar 2026") && other.contains("Channel is"), "{other}");
    assert_eq!(get("?r=28d&f=channel:is:app&env=development").await, other);
    assert_eq!(get("?r=nonsense").await, plain);
}

#[tokio::test]
async fn what_is_over_revoked_or_forged_is_answered_alike() {
    let pages = Pages::closed().await;
    let share = shared(&pages, shown("overview")).await;
    let over = pages.control.share("shop", shown("overview"), (now() - SHARE_LASTS, SHARE_LASTS)).await.unwrap();
    let revoked = shared(&pages, shown("overview")).await;
    pages.control.revoke_share("shop", &revoked.id).await.unwrap();
    let good = share.link(&tokens());
    let links = [
        over.link(&tokens()),
        revoked.link(&tokens()),
        share.link(&Tokens::new(b"another"[..].into())),
        format!("{good}x"),
        good.replace("/s/", "/s/x"),
        "/s/a.b".into(),
        "/s/%FF".into(),
        format!("/s/{}", "a".repeat(2_000)),
    ];
    let mut answers = Vec::new();
    for link in &links {
        let page = pages.get(link, &[HOST]).await;
        assert_eq!(page.status, 404, "{link}");
        answers.push(format!("{} {}", policy(&page), page.body));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert!(!answers[0].contains("shop"), "{}", answers[0]);
    assert_eq!(pages.get(&good, &[HOST]).await.status, 200);
    assert_eq!(pages.of_another_process().await.get(&good, &[HOST]).await.status, 200, "another process");
}

#[tokio::test]
async fn a_share_is_embedded_by_the_origins_that_it_names_alone() {
    let pages = Pages::closed().await;
    let origins = vec!["https://shop.example".into(), "https://www.shop.example:8443".into()];
    let link = shared(&pages, Shown { origins, ..shown("overview") }).await.link(&tokens());
    let page = pages.get(&link, &[HOST, ("origin", "https://evil.example")]).await;
    assert!(
        policy(&page).ends_with("frame-ancestors https://shop.example https://www.shop.example:8443"),
        "{}",
        policy(&page)
    );
    assert!(policy(&page).starts_with("default-src 'none'"), "{}", policy(&page));
}

#[tokio::test]
async fn owners_share_and_revoke_on_the_settings_page_and_others_do_not() {
    let pages = Pages::closed().await;
    let owner = member(&pages, "ana@shop.example", (Some("shop"), MemberRole::Owner)).await;
    let session = [HOST, ("cookie", owner.as_str())];
    let token = pages.form_token(&session).await;
    let form = |rest: &str| format!("token={token}&{rest}");
    let body = form(
        "do=share&page=users&title=For+you&range=28d&environment=production&filters=channel%3Ais%3Aweb%0D%0A&origins=&days=30",
    );
    let done = pages.post("/p/shop/settings", &session, &body).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let share = pages.control.shares("shop", now()).remove(0);
    assert_eq!(
        (share.shown.filters.as_slice(), share.expires_at),
        (&["channel:is:web".to_owned()][..], (now() + Duration::days(30)).timestamp())
    );
    let listed = pages.get("/p/shop/settings", &session).await.body;
    assert!(listed.contains("For you") && listed.contains(&share.link(&tokens())), "{listed}");
    let wrong = pages.post("/p/shop/settings", &session, &body.replace("days=30", "days=400")).await;
    assert!(wrong.status == 422 && wrong.body.contains("at most 365 days"), "{}", wrong.body);
    let forged = pages.post("/p/shop/settings", &session, &body.replace(&token, "x")).await;
    assert_eq!(forged.status, 403);
    let revoke = form(&format!("do=unshare&id={}", share.id));
    for role in [MemberRole::Analyst, MemberRole::Agent, MemberRole::Client] {
        let cookie = member(&pages, &format!("{role}@shop.example"), (Some("shop"), role)).await;
        let other = [HOST, ("cookie", cookie.as_str())];
        let own = pages.form_token(&other).await;
        for rest in [&body, &revoke] {
            let refused = pages.post("/p/shop/settings", &other, &rest.replace(&token, &own)).await;
            assert_eq!(refused.status, 403, "{role}");
        }
        assert!(!pages.get("/p/shop/settings", &other).await.body.contains("/s/"), "{role}");
    }
    assert_eq!(pages.control.shares("shop", now()).len(), 1);
    assert_eq!(pages.post("/p/shop/settings", &session, &revoke).await.status, 303);
    assert!(pages.control.shares("shop", now()).is_empty());
}
