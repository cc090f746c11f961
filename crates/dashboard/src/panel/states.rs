//! What a panel says when it has no figures.

use api::Told;
use chrono::{Datelike, Months, NaiveDate};
use maud::{Markup, html};
use warehouse::registry::Metric;

use super::{Drawn, Room};
use crate::{
    icon::icon,
    view::{RangeChoice, View},
    words::{Words, marked},
};

/// A state: what is so, why, and the ways out.
fn state(symbol: &str, head: &str, why: &Markup, ways: &[(String, String)]) -> Markup {
    html! {
        div .state {
            (icon(symbol))
            h3 { (head) }
            p { (why) }
            @if !ways.is_empty() { div .ways { @for (name, link) in ways { a .btn href=(link) { (name) } } } }
        }
    }
}

/// The question was not answered.
pub(crate) fn failed(room: Room<'_>, told: &Told) -> Markup {
    let here = |view: &View| view.link(&room.desk.project.id, room.page.id);
    let (view, words) = (&room.desk.view, room.words);
    if !room.leads_on() {
        return state("warn", words.did_not_load(), &html! { (words.load_in_a_minute()) }, &[]);
    }
    if matches!(told.code, "too_many_buckets" | "too_many_rows") {
        let week = View { range: RangeChoice::Preset("7d"), grain: "auto", ..view.clone() };
        let why = html! { (room.words.narrow()) };
        return state("warn", words.too_large(), &why, &[(words.show_last_7_days().to_owned(), here(&week))]);
    }
    let why = html! {
        (words.told_briefly(told)) " " (words.others_not_affected())
        @if let Some(id) = &told.id { (words.error_id()) code { (id) } "." }
    };
    state("warn", words.did_not_load(), &why, &[(words.try_again().to_owned(), here(view))])
}

/// There is nothing in the range: because of the filters, because of the range, or because nothing ever came.
///
/// # Errors
/// When that cannot be asked.
pub(crate) async fn empty(room: Room<'_>, metric: &'static Metric) -> Result<Drawn, Told> {
    let (desk, view, words) = (room.desk, &room.desk.view, room.words);
    let here = |view: &View| view.link(&desk.project.id, room.page.id);
    if !room.leads_on() {
        let body = state("calendar", words.nothing_in_range(), &html! { (words.no_figures()) }, &[]);
        return Ok(Drawn { body, note: String::new(), fresh_to: None });
    }
    let ever = desk.ever(metric).await?;
    let last = ever.rows.iter().rev().find(|row| row.cell.n > 0).and_then(|row| row.bucket);
    let body = match last {
        None => never(metric, words),
        Some(_) if !view.filters.is_empty() => {
            let clear = View { filters: Vec::new(), ..view.clone() };
            let why = html! { (words.without_filters()) };
            let head =
                if view.filters.len() == 1 { words.nothing_matches_filter() } else { words.nothing_matches_filters() };
            state("filter", head, &why, &[(words.clear_filters().to_owned(), here(&clear))])
        }
        Some(month) => {
            let (first, end) = month_of(month.date());
            let range = RangeChoice::days(first, end).unwrap_or_default();
            let why = html! { (words.last_was_in(words.month_year(first))) };
            let way = (words.show(words.month_year(first)), here(&View { range, ..view.clone() }));
            state("calendar", words.nothing_in_range(), &why, &[way])
        }
    };
    Ok(Drawn::of(body, &ever))
}

/// The first and last day of a month.
fn month_of(date: NaiveDate) -> (NaiveDate, NaiveDate) {
    let first = date.with_day(1).unwrap_or(date);
    let end = first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(date);
    (first, end)
}

/// Nothing that the metric counts ever came.
fn never(metric: &Metric, words: Words) -> Markup {
    let event = event_of(metric.id);
    html! {
        div .state {
            (icon("code"))
            h3 { (marked(words.no_event_yet(html! { code { (event) } }.into_string()))) }
            p { (marked(words.how_to_send(words.metric_name(metric), html! { code { "docs/producers.md" } }.into_string(), html! { a href="/asyncapi.json" { "/asyncapi.json" } }.into_string()))) }
        }
    }
}

/// The events that metrics begin with, by the start of their ids; the first that fits counts.
const EVENTS: [(&str, &str); 18] = [
    ("csat_response", "csat.requested"),
    ("csat", "csat.submitted"),
    ("conversation_feedback", "feedback.submitted"),
    ("workflow_thumbs", "feedback.submitted"),
    ("workflow", "workflow.started"),
    ("intents", "message.created"),
    ("clicks", "ui.clicked"),
    ("ctr", "ui.shown"),
    ("tool", "tool.call.completed"),
    ("tokens", "llm.call.completed"),
    ("llm", "llm.call.completed"),
    ("ttft", "llm.call.completed"),
    ("cost", "llm.call.completed"),
    ("closing", "conversation.closed"),
    ("cc_", "assignment.offered"),
    ("agent_conn", "agent.session.started"),
    ("opportunities", "conversation.initialized"),
    ("interaction", "conversation.initialized"),
];

/// The event that a metric begins with.
fn event_of(id: &str) -> &'static str {
    EVENTS.iter().find(|(start, _)| id.starts_with(start)).map_or("message.created", |(_, event)| event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_events_have_schemas_and_their_starts_are_those_of_metrics() {
        let schemas = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
        for (start, event) in EVENTS {
            assert!(schemas.join(format!("json/{event}.schema.json")).is_file(), "{event}");
            assert!(warehouse::registry::METRICS.iter().any(|metric| metric.id.starts_with(start)), "{start}");
        }
    }

    #[test]
    fn a_month_has_its_first_and_last_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(month_of(day("2024-02-10")), (day("2024-02-01"), day("2024-02-29")));
    }
}
