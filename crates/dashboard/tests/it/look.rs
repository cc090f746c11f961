//! How a project's pages look: changed by its owners alone, seen on its pages and shares, and on no other project's.

use control::{MemberRole, SHARE_LASTS, Shown, Tokens};

use crate::{
    HOST,
    members::member,
    server::{Page, Pages, SECRET, now},
};

const LOOK: &str = "/p/shop/settings/look";

/// A form as browsers send one with a file.
fn form(fields: &[(&str, &str)], file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    body.extend(b"--b\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"logo.png\"\r\nContent-Type: image/png\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--b--\r\n");
    body
}

async fn send(pages: &Pages, cookie: &str, body: Vec<u8>) -> Page {
    let headers = [HOST, ("cookie", cookie), ("content-type", "multipart/form-data; boundary=b")];
    pages.send(LOOK, &headers, body).await
}

/// What an attribute that begins so says.
fn after<'a>(body: &'a str, start: &str) -> &'a str {
    body.split(start).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

#[tokio::test]
async fn a_projects_look_is_on_its_pages_and_shares_and_on_no_others() {
    let pages = Pages::closed().await;
    let owner = member(&pages, "ana@shop.example", (Some("shop"), MemberRole::Owner)).await;
    let session = [HOST, ("cookie", owner.as_str())];
    let token = pages.form_token(&session).await;
    let logo = b"\x89PNG\r\n\x1a\nlogo";
    let fields = [
        ("token", token.as_str()),
        ("do", "look"),
        ("name", "Acme <b>"),
        ("accent", "#7a1fa2"),
        ("domain", "figures.shop.example"),
    ];
    let sent = send(&pages, &owner, form(&fields, logo)).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/p/shop/settings"), "{}", sent.body);
    let share = Shown {
        page: "users".into(),
        title: None,
        range: "7d".into(),
        environment: "production".into(),
        filters: Vec::new(),
        may_change_range: false,
        origins: Vec::new(),
    };
    let share = pages.control.share("shop", share, (now(), SHARE_LASTS)).await.unwrap();
    let link = share.link(&Tokens::new(SECRET.into()));
    let own = pages.get("/p/shop/metrics", &session).await.body;
    let shared = pages.get(&link, &[HOST]).await.body;
    for body in [&own, &shared] {
        assert!(body.contains(" · Acme &lt;b&gt;</title>") && body.contains("alt=\"Acme &lt;b&gt;\""), "{body}");
        let sheet = pages.get(&format!("/brand/{}", after(body, "href=\"/brand/")), &[HOST]).await;
        assert_eq!((sheet.status, sheet.header("content-type")), (200, "text/css; charset=utf-8"));
        assert!(sheet.body.contains("--accent:light-dark(#7a1fa2,#"), "{}", sheet.body);
        assert!(sheet.header("cache-control").contains("immutable"));
    }
    let served = pages.bytes(&format!("/brand/{}", after(&shared, "src=\"/brand/"))).await;
    assert_eq!(served, ("image/png".to_owned(), logo.to_vec()));
    assert!(!shared.contains("Rapport<"), "{shared}");
    let settings = pages.get("/p/shop/settings", &session).await.body;
    assert!(settings.contains(&format!("https://figures.shop.example{link}")), "{settings}");
    let (_, key) = pages.key("demo").await;
    let signed = pages.post("/sign-in", &[HOST], &format!("key={key}")).await;
    let cookie = signed.header("set-cookie").split(';').next().unwrap().to_owned();
    let other = pages.get("/p/demo/metrics", &[HOST, ("cookie", &cookie)]).await.body;
    assert!(!other.contains("Acme") && !other.contains("/brand/") && other.contains(" · Rapport</title>"), "{other}");
    let nothing = "0".repeat(32);
    for file in [nothing.clone(), format!("{nothing}.css"), "shop.css".into()] {
        assert_eq!(pages.get(&format!("/brand/{file}"), &[HOST]).await.status, 404, "{file}");
    }
    // The logo goes, the colours stay.
    let fields = [("token", token.as_str()), ("do", "look"), ("accent", "#7a1fa2"), ("no_logo", "1")];
    assert_eq!(send(&pages, &owner, form(&fields, b"")).await.status, 303);
    let own = pages.get("/p/shop/metrics", &session).await.body;
    assert!(!own.contains("<img") && own.contains("/brand/") && own.contains(" · Rapport</title>"), "{own}");
}

#[tokio::test]
async fn what_cannot_be_seen_or_is_no_picture_is_refused_and_changes_nothing() {
    let pages = Pages::closed().await;
    let owner = member(&pages, "ana@shop.example", (Some("shop"), MemberRole::Owner)).await;
    let token = pages.form_token(&[HOST, ("cookie", owner.as_str())]).await;
    let base = [("token", token.as_str()), ("do", "look"), ("name", "Acme")];
    let with = |more: (&'static str, &'static str)| base.iter().copied().chain([more]).collect::<Vec<_>>();
    for (fields, file, says) in [
        (with(("accent", "#ffcc00")), &b""[..], "needs 4.5:1; the nearest colour that passes is #"),
        (with(("accent", "red;}body{display:none")), b"", "is no colour"),
        (with(("domain", "https://x")), b"", "is no domain"),
        (
            base.to_vec(),
            b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
            "a logo is a PNG, JPEG or WebP file",
        ),
        (base.to_vec(), &[0x89; 70_000], "at most 64 KiB"),
    ] {
        let refused = send(&pages, &owner, form(&fields, file)).await;
        assert!(refused.status == 422 && refused.body.contains(says), "{says}: {} {}", refused.status, refused.body);
        assert!(refused.body.contains("value=\"Acme\""), "what was typed stays: {}", refused.body);
    }
    let large = send(&pages, &owner, form(&base, &[0; 200_000])).await;
    assert!(large.status == 413 && large.body.contains("at most 64 KiB"), "{}", large.body);
    let spanish = format!("{owner}; rapport_language=es");
    for (fields, file, says) in [
        (with(("accent", "red")), &b""[..], "accent: &quot;red&quot; no es un color: escriba #rrggbb."),
        (with(("domain", "https://x")), b"", "un dominio se escribe como figures.shop.example"),
        (base.to_vec(), &[0; 200_000], "un logotipo es un PNG, JPEG o WebP de 64 KiB como máximo"),
    ] {
        let refused = send(&pages, &spanish, form(&fields, file)).await;
        assert!(refused.status >= 400 && refused.body.contains(says), "{says}: {}", refused.body);
    }
    let forged = [("token", "x"), ("do", "look"), ("name", "Acme")];
    assert_eq!(send(&pages, &owner, form(&forged, b"")).await.status, 403);
    assert_eq!(pages.post(LOOK, &[HOST, ("cookie", &owner)], "name=Acme").await.status, 403, "no form with a file");
    for role in [MemberRole::Analyst, MemberRole::Agent, MemberRole::Client] {
        let cookie = member(&pages, &format!("{role}@shop.example"), (Some("shop"), role)).await;
        let token = pages.form_token(&[HOST, ("cookie", cookie.as_str())]).await;
        let fields = [("token", token.as_str()), ("do", "look"), ("name", "Acme")];
        assert_eq!(send(&pages, &cookie, form(&fields, b"")).await.status, 403, "{role}");
    }
    let project = pages.control.project("shop").unwrap();
    assert_eq!((project.brand.name.as_deref(), project.logo.as_ref()), (None, None));
}
