//! The list of conversations.

use api::Parameters;
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    desk::{Desk, instant, pair},
    explain::conversation_link,
    icon::icon,
    router::{Refused, Visit},
    write::{named, person},
};

/// Saved views: a name, and the parameters that make it.
const SAVED: [(&str, &[(&str, &str)]); 6] = [
    ("All", &[]),
    ("Open", &[("state", "open")]),
    ("Closed", &[("state", "closed")]),
    ("Needs support", &[("needs_support", "true")]),
    ("Marked", &[("marked", "true")]),
    ("Test", &[("state", "test")]),
];
/// Parameters of the list itself.
const OWN: [&str; 12] = [
    "state",
    "csat",
    "csat_comment",
    "feedback",
    "workflow",
    "intent",
    "outcome",
    "tool",
    "q",
    "needs_support",
    "marked",
    "cursor",
];

/// The page.
pub(crate) async fn page(visit: &Visit) -> Result<Markup, Refused> {
    let desk = &visit.desk;
    let mut parameters: Parameters = vec![pair("r", desk.view.range.to_string()), pair("limit", "50")];
    parameters.extend(desk.place());
    parameters.extend(desk.view.filters.iter().map(|filter| pair("f", filter.to_string())));
    parameters.extend(OWN.iter().filter_map(|name| Some(pair(name, desk.view.own(name)?))));
    let answer = desk.questions.conversations(&desk.reader, parameters).await?;
    let mut shell = visit.shell("conversations", "Conversations");
    shell.fresh_to = instant(&answer["fresh_to"]);
    Ok(shell.around(&body(visit, &answer)))
}

fn body(visit: &Visit, answer: &Value) -> Markup {
    let (desk, view) = (&visit.desk, &visit.desk.view);
    let here = |view: &crate::view::View| view.link(&desk.project.id, "conversations");
    let all = answer["conversations"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        nav .tabs aria-label="Saved views" {
            @for (name, parameters) in SAVED {
                @let bare = OWN.iter().fold(view.clone(), |view, name| view.with(name, None));
                @let saved = parameters.iter().fold(bare, |view, (name, value)| view.with(name, Some(value)));
                a aria-current=[is_saved(desk, parameters).then_some("true")] href=(here(&saved)) { (name) }
            }
        }
        form .search role="search" method="get" action=(here(&crate::view::View::default())) {
            @for (name, value) in view.with("q", None).with("cursor", None).pairs() { input type="hidden" name=(name) value=(value); }
            label { span .vh { "Text of a message" } input type="search" name="q" minlength="2" maxlength="200" placeholder="Text of a message" value=[view.own("q")]; }
            button .btn type="submit" { "Search" }
        }
        section .panel aria-label="Conversations" {
            @if all.is_empty() {
                div .state { (icon("filter")) h3 { "No conversation matches" } p { "Nothing began in this range that fits the view, the filters and the text." } div .ways { a .btn href=(here(&view.elsewhere())) { "Show all" } } }
            } @else { (table(visit, all)) }
            p .ways {
                @if view.own("cursor").is_some() { a .btn href=(here(&view.with("cursor", None))) { "Newest" } }
                @if let Some(next) = answer["next_cursor"].as_str() { a .btn href=(here(&view.with("cursor", Some(next)))) { "Older" (icon("right")) } }
            }
        }
    }
}

/// Whether the list is that of a saved view.
fn is_saved(desk: &Desk, parameters: &[(&str, &str)]) -> bool {
    ["state", "needs_support", "marked"].iter().all(|name| {
        let wanted = parameters.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
        desk.view.own(name) == wanted
    })
}

fn table(visit: &Visit, all: &[Value]) -> Markup {
    let locale = visit.locale;
    html! {
        div .tw tabindex="0" { table .t .list {
            thead { tr {
                th scope="col" { "Started" } th scope="col" { "Conversation" } th scope="col" { "Channel" } th scope="col" { "Language" }
                th scope="col" { "Intent" } th scope="col" { "Outcome" } th scope="col" .num { "Messages" } th scope="col" .num { "CSAT" } th scope="col" .num { "Thumbs" }
            } }
            tbody {
                @for one in all {
                    @let id = one["id"].as_str().unwrap_or_default();
                    @let person = person(one["person"].as_str().unwrap_or_default());
                    tr {
                        td .nowrap { @if let Some(at) = instant(&one["started_at"]) { (locale.day(at.date_naive())) " " (at.format("%H:%M")) } }
                        th scope="row" { a href=(conversation_link(&visit.desk, id)) { (short(id, 28)) } @if !person.is_empty() { br; span .mut { (short(person, 28)) } } }
                        td { (named("channel", one["channel"].as_str().unwrap_or_default(), locale)) }
                        td { (named("language", one["language"].as_str().unwrap_or_default(), locale)) }
                        td { (short(one["intents"][0].as_str().unwrap_or("–"), 24)) }
                        td { (outcome(one)) }
                        td .num { (messages(one)) }
                        td .num { @match one["csat"]["score"].as_f64() { Some(score) => (locale.number(score, 0)), None => "–" } }
                        td .num .nowrap { (thumbs(one)) }
                    }
                }
            }
        } }
    }
}

fn messages(one: &Value) -> u64 {
    ["user", "bot", "agent"].iter().filter_map(|role| one["messages"][*role].as_u64()).sum()
}

fn thumbs(one: &Value) -> Markup {
    let of = |name: &str| one["feedback"][name].as_u64().unwrap_or_default();
    html! { @if of("positive") + of("negative") == 0 { "–" } @else { (of("positive")) " up, " (of("negative")) " down" } }
}

/// What became of a conversation, in a word.
pub(crate) fn outcome(one: &Value) -> Markup {
    let (leg, open) = (one["legs"]["last"].as_str().unwrap_or_default(), one["state"] == "open");
    let (class, word) = match leg {
        "handled" => ("b", "Handled"),
        "missed" => ("x", "Missed"),
        "rerouted" => ("", "Rerouted"),
        "pending" => ("w", "Waiting"),
        _ if open => ("a", "Open"),
        _ => ("", "Bot alone"),
    };
    html! { span .tag .(class) { (word) } }
}

/// A text cut to so many characters.
pub(crate) fn short(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    text.chars().take(chars - 1).chain(['…']).collect()
}
