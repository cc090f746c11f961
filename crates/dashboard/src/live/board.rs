//! The parts of the page, each of which is sent again by itself.

use api::Told;
use chrono::{DateTime, Duration, Timelike as _, Utc};
use maud::{Markup, html};
use serde_json::Value;

use super::{Answer, Now};
use crate::{
    desk::instant,
    health::{MINUTES, failed, hour, tile},
    icon::icon,
    router::Visit,
    write::{dimension, named},
};

/// The parts by their names.
pub(super) fn parts(visit: &Visit, answer: &Answer) -> Vec<(&'static str, Markup)> {
    match answer.as_ref() {
        Ok(now) => vec![
            ("now", tiles(visit, &now.live)),
            ("minutes", messages(visit, now)),
            ("agents", agents(visit, &now.live["agents"])),
            ("latest", latest(visit, &now.live["events"])),
        ],
        Err(told) => vec![("now", refused(told)), ("minutes", html! {}), ("agents", html! {}), ("latest", html! {})],
    }
}

fn refused(told: &Told) -> Markup {
    html! { section .panel aria-label="Live" { (failed(told)) } }
}

fn count(visit: &Visit, value: &Value) -> String {
    visit.locale.count(value.as_f64().unwrap_or_default())
}

fn tiles(visit: &Visit, live: &Value) -> Markup {
    let (open, waiting) = (&live["conversations"]["open"], &live["waiting"]);
    let longest = waiting["longest_s"].as_f64();
    let agents: u64 = live["agents"].as_array().into_iter().flatten().filter_map(|one| one["count"].as_u64()).sum();
    #[allow(clippy::cast_precision_loss, reason = "agents are few")]
    let agents = visit.locale.count(agents as f64);
    html! {
        section aria-label="Now" { div .kpis {
            (tile("Open conversations", &html! { span data-live-value="open" { (count(visit, open)) } }, &html! { "of those used in the last 7 days" }))
            (tile("Waiting for an agent", &html! { span data-live-value="waiting" { (count(visit, &waiting["count"])) } }, &html! { "offered, not accepted yet" }))
            (tile("Longest wait", &html! { @match longest { Some(seconds) => (visit.locale.duration(seconds.floor())), None => "–" } }, &html! { @if longest.is_none() { "nobody waits" } @else { "since it was offered" } }))
            (tile("Agents logged in", &html! { (agents) }, &html! { "with a sign of life" }))
        } }
    }
}

fn messages(visit: &Visit, now: &Now) -> Markup {
    let rows = &now.messages.rows;
    // The rows are in UTC, whatever the zone of the page is.
    let starts: Vec<DateTime<Utc>> = rows.iter().filter_map(|row| row.bucket).map(|bucket| bucket.and_utc()).collect();
    let points: Vec<chart::Point> =
        rows.iter().map(|row| chart::Point { value: row.cell.value, state: row.state }).collect();
    let current = starts.iter().position(|at| *at == now_minute(visit)).and_then(|at| rows[at].cell.value);
    html! {
        section .panel aria-labelledby="t-minutes" {
            div .ph { div { h2 #t-minutes { "Messages a minute" } p { "The last " (MINUTES) " minutes, by when they were written" } } }
            p .figure data-live-value="messages" { (visit.locale.count(now.messages.total.value.unwrap_or_default())) " " small { "in an hour" @if let Some(current) = current { ", " (visit.locale.count(current)) " this minute" } } }
            (hour(visit, &starts, &points, "Messages"))
        }
    }
}

fn now_minute(visit: &Visit) -> DateTime<Utc> {
    let now = visit.desk.now;
    now - Duration::seconds(i64::from(now.second())) - Duration::nanoseconds(i64::from(now.nanosecond()))
}

fn agents(visit: &Visit, agents: &Value) -> Markup {
    let rows: Vec<(&str, f64)> = agents
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| (one["status"].as_str().unwrap_or_default(), one["count"].as_f64().unwrap_or_default()))
        .collect();
    let most = rows.iter().map(|(_, n)| *n).fold(1.0, f64::max);
    html! {
        section .panel aria-labelledby="t-agents" {
            div .ph { div { h2 #t-agents { "Agents" } p { "Logged in, by the status that they told last" } } }
            @if rows.is_empty() {
                div .state { (icon("info")) h3 { "No agent is logged in" } p { "An agent is, from " code { "agent.session.started" } " on, as long as there is a heartbeat every five minutes." } }
            } @else {
                table .t .c { tbody { @for (status, n) in rows { tr {
                    th scope="row" { @if status.is_empty() { "Not told" } @else { (dimension(status)) } }
                    td .barcol { (chart::bar(n / most, "b1")) }
                    td .num { (visit.locale.count(n)) }
                } } } }
            }
        }
    }
}

fn latest(visit: &Visit, events: &Value) -> Markup {
    let events = events.as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        section .panel aria-labelledby="t-latest" {
            div .ph { div { h2 #t-latest { "The latest events" } p { "What happened, never what was said, by when it arrived" } } }
            @if events.is_empty() {
                div .state { (icon("info")) h3 { "Nothing arrived in the last day" } p { "An event shows here a moment after it was sent." } }
            } @else {
                ol .ticker { @for one in events { li {
                    @if let Some(at) = instant(&one["arrived_at"]) { time datetime=(at.to_rfc3339()) { (at.with_timezone(&visit.desk.range.tz).format("%H:%M:%S")) } }
                    code { (one["event"].as_str().unwrap_or_default()) }
                    span .sec { (said(visit, one)) }
                } } }
            }
        }
    }
}

/// Who wrote, and by which channel, where an event says so.
fn said(visit: &Visit, one: &Value) -> String {
    let role = one["role"].as_str().map(dimension);
    let channel = one["channel"].as_str().map(|channel| named("channel", channel, visit.locale));
    role.into_iter().chain(channel).collect::<Vec<_>>().join(" · ")
}
