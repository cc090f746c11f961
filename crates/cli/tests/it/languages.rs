//! Every page in every language: what stands on it is nowhere still English.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
};

use serde_json::{Value, json};
use testkit::visible;

use crate::{
    figures::{golden, golden_pieces},
    server::{Directory, Visitor},
};

/// The golden week, which every page is asked for.
const WEEK: &str = "r=2026-03-23..2026-03-29";
/// Pages of a project, each in the states that say something else.
const PAGES: &[&str] = &[
    "overview",
    "overview?v=table",
    "overview?cmp=off",
    "overview?f=channel:isnot:web&f=language:is:xx",
    "overview?r=28x&tz=Mars/Olympus&cmp=mom&g=x&f=x&env=&v=cake",
    "live",
    "live?tv=1",
    "conversations",
    "conversations?q=zzzz",
    "users",
    "engagement",
    "chatbot",
    "handover",
    "feedback",
    "clicks",
    "contact-center",
    "contact-center?v=table",
    "agents",
    "cost",
    "explore",
    "explore?metric=cc_missed&by=reason&shape=bar",
    "explore?metric=messages_total&by=role&shape=line",
    "explore?metric=cc_wait_time&by=queue&shape=table",
    "explore?shape=heatmap&metric=users_active",
    "explore?shape=heatmap",
    "explore?metric=nonsense&shape=pie",
    "metrics",
    "health",
    "settings",
    "nothing",
    "conversations/nothing",
];
/// Metrics whose explanation has exclusions and identities of all kinds.
const EXPLAINED: &[&str] =
    &["messages_total", "users_active", "cc_total_conversations", "csat_avg", "intents_top", "peak_rpm", "nonsense"];
/// What is one text in all languages: names, signs, terms of the API, and words that a language took over.
const ALIKE: &[&str] = &[
    "Rapport",
    "CSV",
    "JSON",
    "Parquet",
    "SVG",
    "curl",
    "CSAT",
    "p50",
    "p90",
    "p95",
    "Chatbot",
    "Bot",
    "bot",
    "Fallback",
    "golden",
    // What the test itself asks for.
    "nonsense",
    "xx",
    "channel:isnot:email",
    "English",
    "Español",
    "Italiano",
    "Português",
    "Password",
    "json",
    "ms",
    "WhatsApp",
    "E-mail",
    "Web",
    "web",
    "App",
    "Chats",
    "chats",
    "Total",
    "bytes",
    "tokens",
    "Tokens",
    "Tablet",
    "Browser",
    "no",
    "EUR",
    "min",
    "browser",
    "ingest",
    "read",
    "write",
    "admin",
    "production",
    "A",
    "U",
    "Q",
    "S",
    "C",
];

#[test]
fn no_page_in_another_language_shows_an_english_text() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("golden");
    let piece = golden_pieces(&directory.data(), 1).remove(0);
    directory.succeed(&["import", piece.to_str().unwrap(), "--key", &key]);
    server.answered("/api/v1/query?metric=escalation_rate&r=7d", &key);
    let shared =
        json!({"page": "overview", "range": "7d", "filters": ["channel:isnot:email"], "may_change_range": true});
    let (status, share) = server.post("/api/v1/projects/golden/shares", &directory.admin_key(), &shared);
    assert_eq!(status, 201, "{share}");
    let visitor = Visitor::sign_in(&server, &directory.admin_key());
    let conversation =
        server.answered(&format!("/api/v1/conversations?{WEEK}"), &key)["conversations"][0]["id"].clone();

    let own = format!("conversations/{}", conversation.as_str().unwrap());
    let explained = EXPLAINED.iter().map(|metric| format!("explain?metric={metric}"));
    let project = PAGES.iter().map(|page| (*page).to_owned()).chain([own]).chain(explained);
    let addresses = project.map(|page| {
        let (name, query) = page.split_once('?').unwrap_or((page.as_str(), ""));
        let range = if query.contains("r=") { "" } else { WEEK };
        format!("/p/golden/{name}?{range}&{query}")
    });
    let link = share["link"].as_str().unwrap();
    let others = ["/account", "/sign-in", "/join/none", "/admin", "/admin?metric=cost&r=7d&f=x", "/s/none", link];
    let others = others.iter().map(|address| (*address).to_owned()).chain([format!("{link}?r={}", &WEEK[2..])]);
    let addresses: Vec<String> = addresses.chain(others).collect();

    let data = said_by_data();
    let mut wrong = BTreeSet::new();
    for address in &addresses {
        let english: HashSet<String> = visible(&visitor.speaking("en").get(address).1).into_iter().collect();
        assert!(!english.is_empty(), "{address}");
        for language in ["es", "it", "pt"] {
            let page = visitor.speaking(language).get(address).1;
            assert!(page.contains(&format!("<html lang=\"{language}\"")), "{address}");
            for text in visible(&page) {
                // A word of each language may be the same: such texts are short, and are looked at in the tables.
                if english.contains(&text) && is_prose(&text, &data) {
                    wrong.insert(format!("{language}: {text:?} at {address}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "English, or in ALIKE if it is right:\n{}",
        wrong.into_iter().collect::<Vec<_>>().join("\n")
    );
}

/// Whether a text has words that neither data nor names explain.
fn is_prose(text: &str, data: &HashSet<String>) -> bool {
    if ALIKE.contains(&text) || text.ends_with(".example") || data.contains(&text.to_lowercase()) {
        return false;
    }
    let is_name = |word: &str| word == "UTC" || word.contains(|letter: char| matches!(letter, '/' | '_' | '0'..='9'));
    let known = |word: &str| ALIKE.contains(&word) || data.contains(&word.to_lowercase()) || is_name(word);
    let words = text.split([' ', '\u{a0}', ',', '(', ')', ':', '·', '–', '\n', ';', '.', '“', '”']);
    words.filter(|word| word.chars().filter(|letter| letter.is_alphabetic()).count() > 1).any(|word| !known(word))
}

/// Every text of the golden events, whole and by its words, in lower case.
fn said_by_data() -> HashSet<String> {
    let mut said = HashSet::new();
    for line in fs::read_to_string(golden().join("events.jsonl")).unwrap().lines() {
        gather(&serde_json::from_str(line).unwrap(), &mut said);
    }
    said
}

fn gather(value: &Value, said: &mut HashSet<String>) {
    match value {
        Value::String(text) => {
            let text = text.to_lowercase();
            said.extend(text.split_whitespace().map(str::to_owned));
            said.insert(text);
        }
        Value::Array(all) => all.iter().for_each(|one| gather(one, said)),
        Value::Object(fields) => fields.values().for_each(|one| gather(one, said)),
        _ => {}
    }
}
