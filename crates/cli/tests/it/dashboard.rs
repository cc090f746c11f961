//! The pages of a running server: their figures are the oracle's, and what they say is behind a figure comes to it.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    figures::{golden, golden_pieces},
    server::{Directory, Visitor},
};

/// The golden week, both days in it.
const WEEK: &str = "r=2026-03-23..2026-03-29";

/// Tiles of pages, and the oracle's figure that each has to show.
const TILES: &[(&str, &str, &str)] = &[
    ("overview", "messages_total", "messages_total"),
    ("overview", "conversations_started", "conversations_started"),
    ("overview", "users_active", "users_active"),
    ("overview", "users_new", "users_new"),
    ("overview", "escalation_rate", "escalation_rate"),
    ("overview", "csat_avg", "csat_avg"),
    ("overview", "cc_missed", "cc_missed"),
    ("users", "users_returning", "users_returning"),
    ("users", "users_identified", "users_identified"),
    ("engagement", "opportunities", "opportunities"),
    ("engagement", "interactions", "interactions"),
    ("engagement", "interaction_rate", "interaction_rate"),
    ("engagement", "page_abandonment", "page_abandonment"),
    ("feedback", "csat_votes", "csat_votes"),
    ("feedback", "csat_pct", "csat_pct_satisfied"),
    ("contact-center", "cc_total_conversations", "cc_total_conversations"),
    ("contact-center", "cc_handled", "cc_handled"),
    ("contact-center", "cc_conversation_time", "cc_conversation_time_avg_s"),
    ("contact-center", "cc_unique_users", "cc_unique_users"),
    ("cost", "tokens_input", "tokens_input"),
    ("cost", "tokens_output", "tokens_output"),
];
/// The pages.
const PAGES: &[&str] = &[
    "overview",
    "users",
    "engagement",
    "chatbot",
    "handover",
    "feedback",
    "clicks",
    "contact-center",
    "agents",
    "cost",
    "conversations",
    "metrics",
    "explore",
    "health",
    "live",
];

/// What an attribute after another one says.
fn attribute(page: &str, marked: &str, name: &str) -> Option<String> {
    let rest = page.split(marked).nth(1)?;
    let tag = rest.split('>').next()?;
    Some(tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()?.to_owned())
}

#[test]
fn the_first_administrator_joins_by_the_printed_link_and_a_restart_ends_no_session() {
    let directory = Directory::new();
    directory.succeed(&["project", "create", "shop"]);
    let printed = || directory.said().lines().find_map(|line| Some(format!("/join/{}", line.split_once("/join/")?.1)));
    let server = directory.start();
    let begun = Instant::now();
    let link = loop {
        if let Some(link) = printed() {
            break link;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "no link: {}", directory.said());
        std::thread::sleep(Duration::from_millis(20));
    };
    let form = [("email", "ana@shop.example"), ("password", "correct horse")];
    let visitor = Visitor::sending(&server, &link, &form);
    visitor.page("/p/shop/settings");
    assert_eq!(visitor.get(&link).0, 404, "it was taken");
    server.terminate();
    let server = directory.start();
    let visitor = visitor.at(&server);
    visitor.page("/p/shop/settings");
    Visitor::sending(&server, "/sign-in", &form).page("/p/shop/settings");
    assert_eq!(directory.said().matches("/join/").count(), 1, "there is an administrator: no further link is printed");
}

#[test]
fn every_tile_shows_the_oracles_figure_and_what_is_behind_it_comes_to_it() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("golden");
    let piece = golden_pieces(&directory.data(), 1).remove(0);
    directory.succeed(&["import", piece.to_str().unwrap(), "--key", &key]);
    let expected: Value = serde_json::from_slice(&fs::read(golden().join("expected.json")).unwrap()).unwrap();
    // The figures of this question hold all that was sent; pages show what is there when they are asked for.
    server.answered("/api/v1/query?metric=escalation_rate&r=7d", &key);
    let visitor = Visitor::sign_in(&server, &key);
    for (page, metric, figure) in TILES {
        let html = visitor.page(&format!("/p/golden/{page}?{WEEK}"));
        let shown = attribute(&html, &format!("data-metric=\"{metric}\""), "data-value");
        let shown: f64 = shown.unwrap_or_else(|| panic!("{page} has no tile of {metric}")).parse().unwrap();
        let wanted = expected[*figure].as_f64().unwrap();
        assert!((shown - wanted).abs() < 1e-4, "{page} {metric}: {shown}, the oracle says {wanted}");
        let explained = visitor.page(&format!("/p/golden/explain?{WEEK}&metric={metric}"));
        let value = attribute(&explained, "class=\"figure\"", "data-value").unwrap();
        assert_eq!(value.parse::<f64>().unwrap(), shown, "{metric} explained");
        let verdict = explained.split("Do they come to the figure?").nth(1).unwrap().split("</tr>").next().unwrap();
        assert!(verdict.contains(">yes<") || verdict.contains("yes</span>"), "{metric}: {verdict}");
        assert!(!explained.contains("(they come to"), "{metric}: an identity does not hold: {explained}");
        let explored = visitor.page(&format!("/p/golden/explore?{WEEK}&metric={metric}&shape=table"));
        let value = attribute(&explored, "class=\"figure\"", "data-value").unwrap();
        assert_eq!(value.parse::<f64>().unwrap(), shown, "{metric} explored");
    }
}

#[test]
fn every_page_is_whole_and_hostile_texts_are_never_markup() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("golden");
    let piece = golden_pieces(&directory.data(), 1).remove(0);
    directory.succeed(&["import", piece.to_str().unwrap(), "--key", &key]);
    let hostile = "</p><script>alert(1)</script><img src=x onerror=alert(1)>";
    let id = "c/<b>bold</b>?&#";
    let event = |name: &str, kind: &str, data: Value| {
        json!({"event_id": name, "event": kind, "conversation_id": id, "timestamp": "2026-03-24T10:00:00Z", "historical": true,
               "user_id": hostile, "metadata": {hostile: hostile}, "data": data})
    };
    let events = [
        event("h1", "message.created", json!({"message_id": "m1", "role": "user", "text": hostile})),
        event("h2", "tool.call.completed", json!({"tool_name": hostile, "status": "error"})),
    ];
    let file = directory.data().join("hostile.jsonl");
    fs::write(&file, events.map(|event| event.to_string()).join("\n")).unwrap();
    directory.succeed(&["import", file.to_str().unwrap(), "--key", &key]);
    server.answered("/api/v1/query?metric=escalation_rate&r=7d", &key);
    let visitor = Visitor::sign_in(&server, &key);
    let is_clean = |html: &str, path: &str| {
        assert!(!html.contains("did not load"), "{path}: {html}");
        for tag in ["<script>", "<img", "<b>bold", "unsafe"] {
            assert!(!html.contains(tag), "{path} has {tag}: {html}");
        }
    };
    for page in PAGES {
        for query in [WEEK.to_owned(), format!("{WEEK}&v=table"), format!("{WEEK}&cmp=off&g=hour"), "r=today".into()] {
            let path = format!("/p/golden/{page}?{query}");
            is_clean(&visitor.page(&path), &path);
        }
    }
    let list = visitor.page(&format!("/p/golden/conversations?{WEEK}"));
    let link = attribute(&list, "<th scope=\"row\"><a ", "href").unwrap();
    let found = list.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|link| link.contains("%3Cb%3E"));
    assert!(link.starts_with("/p/golden/conversations/") && found.is_some(), "{list}");
    let one = visitor.page(found.unwrap());
    is_clean(&one, "the conversation");
    assert!(one.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{one}");
    let (file, _) = visitor.get(&format!("/p/golden/export?metric=messages_total&{WEEK}&g=day&format=csv"));
    assert_eq!(file, 200);
}
