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
    words::marked,
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
        Err(told) => {
            vec![("now", refused(visit, told)), ("minutes", html! {}), ("agents", html! {}), ("latest", html! {})]
        }
    }
}

fn refused(visit: &Visit, told: &Told) -> Markup {
    html! { section .panel aria-label=(visit.words.live()) { (failed(told, visit.words)) } }
}

fn count(visit: &Visit, value: &Value) -> String {
    visit.words.count(value.as_f64().unwrap_or_default())
}

fn tiles(visit: &Visit, live: &Value) -> Markup {
    let (open, waiting, words) = (&live["conversations"]["open"], &live["waiting"], visit.words);
    let longest = waiting["longest_s"].as_f64();
    let agents: u64 = live["agents"].as_array().into_iter().flatten().filter_map(|one| one["count"].as_u64()).sum();
    #[allow(clippy::cast_precision_loss, reason = "agents are few")]
    let agents = visit.words.count(agents as f64);
    html! {
        section aria-label=(words.now()) { div .kpis {
            (tile(words.open_conversations(), &html! { span data-live-value="open" { (count(visit, open)) } }, &html! { (words.used_in_7_days()) }))
            (tile(words.waiting_for_agent(), &html! { span data-live-value="waiting" { (count(visit, &waiting["count"])) } }, &html! { (words.offered_not_accepted()) }))
            (tile(words.longest_wait(), &html! { @match longest { Some(seconds) => (visit.words.duration(seconds.floor())), None => "–" } }, &html! { @if longest.is_none() { (words.nobody_waits()) } @else { (words.since_offered()) } }))
            (tile(words.agents_logged_in(), &html! { (agents) }, &html! { (words.with_sign_of_life()) }))
        } }
    }
}

fn messages(visit: &Visit, now: &Now) -> Markup {
    let (rows, words) = (&now.messages.rows, visit.words);
    // The rows are in UTC, whatever the zone of the page is.
    let starts: Vec<DateTime<Utc>> = rows.iter().filter_map(|row| row.bucket).map(|bucket| bucket.and_utc()).collect();
    let points: Vec<chart::Point> =
        rows.iter().map(|row| chart::Point { value: row.cell.value, state: row.state }).collect();
    let current = starts.iter().position(|at| *at == now_minute(visit)).and_then(|at| rows[at].cell.value);
    html! {
        section .panel aria-labelledby="t-minutes" {
            div .ph { div { h2 #t-minutes { (words.messages_a_minute()) } p { (words.last_minutes(MINUTES)) } } }
            p .figure data-live-value="messages" { (visit.words.count(now.messages.total.value.unwrap_or_default())) " " small { (words.in_an_hour()) @if let Some(current) = current { (words.this_minute_too(words.count(current))) } } }
            (hour(visit, &starts, &points, words.messages()))
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
    let words = visit.words;
    let told = |status: &str| words.status_name(status).map_or_else(|| words.dimension_of(status), str::to_owned);
    html! {
        section .panel aria-labelledby="t-agents" {
            div .ph { div { h2 #t-agents { (words.agents()) } p { (words.by_status()) } } }
            @if rows.is_empty() {
                div .state { (icon("info")) h3 { (words.no_agent()) } p { (marked(words.agent_is(html! { code { "agent.session.started" } }.into_string()))) } }
            } @else {
                table .t .c { tbody { @for (status, n) in rows { tr {
                    th scope="row" { @if status.is_empty() { (words.not_told()) } @else { (told(status)) } }
                    td .barcol { (chart::bar(n / most, "b1")) }
                    td .num { (visit.words.count(n)) }
                } } } }
            }
        }
    }
}

fn latest(visit: &Visit, events: &Value) -> Markup {
    let (events, words) = (events.as_array().map(Vec::as_slice).unwrap_or_default(), visit.words);
    html! {
        section .panel aria-labelledby="t-latest" {
            div .ph { div { h2 #t-latest { (words.latest_events()) } p { (words.never_what_was_said()) } } }
            @if events.is_empty() {
                div .state { (icon("info")) h3 { (words.nothing_arrived()) } p { (words.event_shows_here()) } }
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
    let role = one["role"].as_str().map(|role| visit.words.named("role", role));
    let channel = one["channel"].as_str().map(|channel| visit.words.named("channel", channel));
    role.into_iter().chain(channel).collect::<Vec<_>>().join(" · ")
}
