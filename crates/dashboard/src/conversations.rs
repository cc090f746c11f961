//! The list of conversations.

use api::Parameters;
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    desk::{Desk, instant, pair},
    explain::conversation_link,
    icon::icon,
    refused::Refused,
    router::Visit,
    words::{Say, Words},
    write::person,
};

/// Saved views: a name, and the parameters that make it.
const SAVED: [(Say, &[(&str, &str)]); 6] = [
    (Words::all, &[]),
    (Words::open, &[("state", "open")]),
    (Words::closed, &[("state", "closed")]),
    (Words::needs_support, &[("needs_support", "true")]),
    (Words::marked, &[("marked", "true")]),
    (Words::test, &[("state", "test")]),
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
    let mut shell = visit.shell("conversations", visit.words.conversations());
    shell.fresh_to = instant(&answer["fresh_to"]);
    Ok(shell.around(&body(visit, &answer)))
}

fn body(visit: &Visit, answer: &Value) -> Markup {
    let (desk, view, words) = (&visit.desk, &visit.desk.view, visit.words);
    let here = |view: &crate::view::View| view.link(&desk.project.id, "conversations");
    let all = answer["conversations"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        nav .tabs aria-label=(words.saved_views()) {
            @for (name, parameters) in SAVED {
                @let bare = OWN.iter().fold(view.clone(), |view, name| view.with(name, None));
                @let saved = parameters.iter().fold(bare, |view, (name, value)| view.with(name, Some(value)));
                a aria-current=[is_saved(desk, parameters).then_some("true")] href=(here(&saved)) { (name(words)) }
            }
        }
        form .search role="search" method="get" action=(here(&crate::view::View::default())) {
            @for (name, value) in view.with("q", None).with("cursor", None).pairs() { input type="hidden" name=(name) value=(value); }
            label { span .vh { (words.text_of_message()) } input type="search" name="q" minlength="2" maxlength="200" placeholder=(words.text_of_message()) value=[view.own("q")]; }
            button .btn type="submit" { (words.search()) }
        }
        section .panel aria-label=(words.conversations()) {
            @if all.is_empty() {
                div .state { (icon("filter")) h3 { (words.no_conversation_matches()) } p { (words.nothing_began()) } div .ways { a .btn href=(here(&view.elsewhere())) { (words.show_all()) } } }
            } @else { (table(visit, all)) }
            p .ways {
                @if view.own("cursor").is_some() { a .btn href=(here(&view.with("cursor", None))) { (words.newest()) } }
                @if let Some(next) = answer["next_cursor"].as_str() { a .btn href=(here(&view.with("cursor", Some(next)))) { (words.older()) (icon("right")) } }
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
    let words = visit.words;
    html! {
        div .tw tabindex="0" { table .t .list {
            thead { tr {
                th scope="col" { (words.started()) } th scope="col" { (words.conversation()) } th scope="col" { (words.dimension_of("channel")) } th scope="col" { (words.dimension_of("language")) }
                th scope="col" { (words.dimension_of("intent")) } th scope="col" { (words.dimension_of("outcome")) } th scope="col" .num { (words.messages()) } th scope="col" .num { (words.csat()) } th scope="col" .num { (words.thumbs()) }
            } }
            tbody {
                @for one in all {
                    @let id = one["id"].as_str().unwrap_or_default();
                    @let person = person(one["person"].as_str().unwrap_or_default());
                    tr {
                        td .nowrap { @if let Some(at) = instant(&one["started_at"]) { (words.day(at.date_naive())) " " (at.format("%H:%M")) } }
                        th scope="row" { a href=(conversation_link(&visit.desk, id)) { (short(id, 28)) } @if !person.is_empty() { br; span .mut { (short(person, 28)) } } }
                        td { (words.named("channel", one["channel"].as_str().unwrap_or_default())) }
                        td { (words.named("language", one["language"].as_str().unwrap_or_default())) }
                        td { (short(one["intents"][0].as_str().unwrap_or("–"), 24)) }
                        td { (outcome(one, words)) }
                        td .num { (messages(one)) }
                        td .num { @match one["csat"]["score"].as_f64() { Some(score) => (words.number(score, 0)), None => "–" } }
                        td .num .nowrap { (thumbs(one, words)) }
                    }
                }
            }
        } }
    }
}

fn messages(one: &Value) -> u64 {
    ["user", "bot", "agent"].iter().filter_map(|role| one["messages"][*role].as_u64()).sum()
}

fn thumbs(one: &Value, words: Words) -> Markup {
    let of = |name: &str| one["feedback"][name].as_u64().unwrap_or_default();
    html! { @if of("positive") + of("negative") == 0 { "–" } @else { (words.thumbs_up_down(of("positive"), of("negative"))) } }
}

/// What became of a conversation, in a word.
pub(crate) fn outcome(one: &Value, words: Words) -> Markup {
    let (leg, open) = (one["legs"]["last"].as_str().unwrap_or_default(), one["state"] == "open");
    let (class, word) = match leg {
        "handled" => ("b", words.outcome_handled()),
        "missed" => ("x", words.outcome_missed()),
        "rerouted" => ("", words.outcome_rerouted()),
        "pending" => ("w", words.outcome_waiting()),
        _ if open => ("a", words.outcome_open()),
        _ => ("", words.outcome_bot()),
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
