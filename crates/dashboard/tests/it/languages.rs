//! The language of pages: whose choice it is, and that a page which belongs to no project speaks it too.

use std::collections::BTreeSet;

use control::{MemberRole, SHARE_LASTS, Shown, Tokens};
use serde_json::json;
use testkit::visible;

use crate::{
    HOST,
    members::member,
    server::{Page, Pages, SECRET, now},
};

fn language(page: &Page) -> &str {
    page.body.split("<html lang=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap()
}

#[tokio::test]
async fn a_language_is_kept_and_leads_back_to_a_page_of_ours_alone() {
    let pages = Pages::demo("127.0.0.1").await;
    let chosen = pages.post("/language", &[HOST], "language=es&back=/p/demo/users%3Fr=7d").await;
    assert_eq!((chosen.status, chosen.header("location")), (303, "/p/demo/users?r=7d"));
    assert!(chosen.header("set-cookie").starts_with("rapport_language=es; Path=/"), "{}", chosen.header("set-cookie"));
    for back in ["//evil.example", "https://evil.example", "/language", "/\\evil.example"] {
        let chosen = pages.post("/language", &[HOST], &format!("language=es&back={back}")).await;
        assert_eq!(chosen.header("location"), "/", "{back}");
    }
    let odd = pages.post("/language", &[HOST], "language=%3Cscript%3E;x").await;
    assert!(odd.header("set-cookie").starts_with("rapport_language=en;"), "{}", odd.header("set-cookie"));
    let foreign = pages.post("/language", &[HOST, ("origin", "http://evil.example")], "language=es").await;
    assert_eq!(foreign.status, 403);
}

#[tokio::test]
async fn a_page_is_in_the_persons_language_else_the_projects_else_the_browsers() {
    let pages = Pages::demo("127.0.0.1").await;
    let accepting = [HOST, ("accept-language", "fr, pt-BR;q=0.8")];
    assert_eq!(language(&pages.get("/p/demo/metrics", &accepting).await), "pt");
    let change = json!({"language": "it"}).as_object().unwrap().clone();
    pages.control.change_settings("demo", change).await.unwrap();
    assert_eq!(language(&pages.get("/p/demo/metrics", &accepting).await), "it");
    let choosing = [HOST, ("accept-language", "pt"), ("cookie", "rapport_language=es")];
    assert_eq!(language(&pages.get("/p/demo/metrics", &choosing).await), "es");
    let refused = pages.get("/p/nothing/overview", &choosing).await;
    assert_eq!((refused.status, language(&refused)), (404, "es"));
    assert!(refused.body.contains("Aquí no hay nada"), "{}", refused.body);
    let hidden = pages.get("/p/nothing/overview", &accepting).await;
    assert_eq!(language(&hidden), "pt", "a project's language is not told to who is refused");
}

/// A page as who chose a language sees it.
async fn in_language(pages: &Pages, cookie: &str, path: &str, language: &str) -> Page {
    let cookie = format!("{cookie}; rapport_language={language}");
    pages.get(path, &[HOST, ("cookie", cookie.as_str())]).await
}

/// A page says nothing in another language that it says in English.
async fn says_no_english(pages: &Pages, cookie: &str, path: &str) {
    let said = async |language: &str| {
        let page = in_language(pages, cookie, path, language).await;
        visible(&page.body).into_iter().filter(|text| is_prose(text)).collect::<BTreeSet<String>>()
    };
    let english = said("en").await;
    assert!(english.len() > 1, "{path}: {english:?}");
    for language in ["es", "it", "pt"] {
        let both: Vec<String> = said(language).await.intersection(&english).cloned().collect();
        assert!(both.is_empty(), "{path} in {language} says in English: {both:?}");
    }
}

#[tokio::test]
async fn doors_and_settings_are_in_the_language_of_who_stands_at_them() {
    let pages = Pages::closed().await;
    let cookie = member(&pages, "owner@shop.example", (Some("shop"), MemberRole::Owner)).await;
    let invited = pages.control.invite("ana@shop.example", (Some("shop"), MemberRole::Analyst), now()).await.unwrap();
    let link = invited.link(&Tokens::new(SECRET.into()), now());
    for path in ["/sign-in", "/account", "/p/shop/settings", "/p/shop/nothing", "/join/over", link.as_str()] {
        says_no_english(&pages, &cookie, path).await;
    }
}

#[tokio::test]
async fn pages_of_administrators_and_of_links_are_in_the_language_of_who_looks() {
    let pages = Pages::closed().await;
    let administrator = member(&pages, "ana@x.example", (None, MemberRole::Owner)).await;
    for path in ["/admin", "/s/none", "/p/shop/overview/nothing.svg"] {
        for language in ["en", "es", "it", "pt"] {
            let page = in_language(&pages, &administrator, path, language).await;
            assert_eq!(self::language(&page), language, "{path}");
        }
        says_no_english(&pages, &administrator, path).await;
    }
}

#[tokio::test]
async fn a_shared_page_is_in_the_projects_language_unless_who_looks_chose_another() {
    let pages = Pages::closed().await;
    let change = json!({"language": "it"}).as_object().unwrap().clone();
    pages.control.change_settings("shop", change).await.unwrap();
    let shown: Shown =
        serde_json::from_value(json!({"page": "overview", "range": "7d", "environment": "production"})).unwrap();
    let share = pages.control.share("shop", shown, (now(), SHARE_LASTS)).await.unwrap();
    let link = share.link(&Tokens::new(SECRET.into()));
    let page = pages.get(&link, &[HOST, ("accept-language", "pt")]).await;
    assert_eq!((page.status, language(&page)), (200, "it"), "{}", page.body);
    let chosen = pages.get(&link, &[HOST, ("cookie", "rapport_language=es")]).await;
    assert!(language(&chosen) == "es" && chosen.body.contains("Ir a las cifras"), "{}", chosen.body);
    let nothing = pages.get("/s/none", &[HOST, ("accept-language", "pt")]).await;
    assert_eq!(
        (nothing.status, language(&nothing)),
        (404, "pt"),
        "a project's language is not told to who has no link"
    );
}

/// Whether a text is neither a name nor a word that languages share.
fn is_prose(text: &str) -> bool {
    let shared = [
        "Shop",
        "shop",
        "Rapport",
        "Chatbot",
        "Bot",
        "CSAT",
        "browser",
        "ingest",
        "read",
        "write",
        "admin",
        "Password",
        "no",
        "E-mail",
        "UTC",
        "English",
        "Español",
        "Italiano",
        "Português",
        "Chats",
        "demo",
    ];
    let is_shared = |word: &str| shared.contains(&word) || word.contains(['@', '/']) || word.ends_with(".example");
    let mut words = text.split([' ', '·']).map(|word| word.trim_matches([',', '.', ':']));
    words.any(|word| word.chars().filter(|letter| letter.is_alphabetic()).count() > 1 && !is_shared(word))
}
