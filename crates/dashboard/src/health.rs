//! Whether the figures can be relied on now: what the process says of its parts, how far they are behind, what arrives, and what could
//! not be taken, with how to mend it. What has no source is not here.

use api::{Parameters, Told};
use chrono::{DateTime, Duration, Timelike as _, Utc};
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    desk::{Wish, instant, pair},
    icon::icon,
    panel::metric,
    router::Visit,
    shell::Shell,
    words::{Words, marked},
};

/// Minutes of arrivals that are drawn.
pub(crate) const MINUTES: i64 = 60;
/// Figures that are a minute behind are called late, as the banner of every page does.
const LATE_S: f64 = 60.0;

/// The page.
pub(crate) async fn page(visit: &Visit) -> Markup {
    let desk = &visit.desk;
    let environment = vec![pair("env", desk.view.environment.as_str())];
    let mut range: Parameters = vec![pair("r", desk.view.range.to_string())];
    range.extend(desk.view.tz.map(|tz| pair("tz", tz.name())));
    let asking = async {
        let fresh = async |id| desk.figure(Wish::of(metric(id))).await.map(|figure| figure.fresh_to);
        tokio::join!(
            desk.questions.ready(),
            async { desk.questions.live(&desk.reader, environment).await.map_err(|error| error.told()) },
            async { desk.questions.dead_letters(&desk.reader, range).await.map_err(|error| error.told()) },
            fresh("messages_total"),
            fresh("conversations_started"),
        )
    };
    let (ready, live, refused, counted, folded) = desk.gathering(Box::pin(asking)).await;
    let body = html! {
        div .grid {
            section .w12 aria-label=(visit.words.how_far()) { (tiles(visit, &live)) }
            section .panel .w8 aria-labelledby="t-ingest" { (ingest(visit, &live)) }
            section .panel .w4 aria-labelledby="t-parts" { (parts(visit, &ready)) (freshness(visit, &counted, &folded)) }
            section .panel .w12 aria-labelledby="t-letters" { (letters(visit, &refused)) }
        }
    };
    let fresh_to = live.as_ref().ok().and_then(|live| instant(&live["fresh_to"]));
    Shell { fresh_to, ..visit.shell("health", visit.words.health()) }.around(&body)
}

/// What stands where the API did not answer.
pub(crate) fn failed(told: &Told, words: Words) -> Markup {
    html! { div .state role="alert" { (icon("warn")) h3 { (words.did_not_load()) } p { (words.told(told)) @if let Some(id) = &told.id { (words.error_id()) code { (id) } "." } } } }
}

/// A tile without a drawing.
pub(crate) fn tile(label: &str, value: &Markup, says: &Markup) -> Markup {
    html! { div .kpi .flat { span .kl { (label) } span .kv { (value) } span .kd { (says) } } }
}

/// A count as people write it.
fn count(visit: &Visit, value: &Value) -> String {
    visit.words.count(value.as_f64().unwrap_or_default())
}

fn tiles(visit: &Visit, live: &Result<Value, Told>) -> Markup {
    let live = match live {
        Ok(live) => live,
        Err(told) => return html! { div .panel { (failed(told, visit.words)) } },
    };
    let (behind, arrivals, words) = (&live["behind"], &live["arrivals"], visit.words);
    let seconds = behind["seconds"].as_f64().unwrap_or_default();
    let late = arrivals["late"].as_f64().unwrap_or_default();
    let all = arrivals["events"].as_f64().unwrap_or_default();
    let share = if all > 0.0 { visit.words.percent(late / all, 1) } else { "–".into() };
    html! {
        div .kpis {
            (tile(words.behind_in_time(), &html! { (visit.words.duration(seconds)) }, &html! { @if seconds > LATE_S { span .d .dn { (icon("warn")) (words.late()) } } @else { span .d .up { (icon("check")) (words.up_to_date()) } } }))
            (tile(words.behind_in_records(), &html! { (count(visit, &behind["records"])) }, &html! { (words.of_the_journal()) }))
            (tile(words.arrived_last_hour(), &html! { (visit.words.count(all)) " " small { (words.n_events()) } }, &html! { (words.a_minute(words.number(all / 60.0, 1))) }))
            (tile(words.arrived_late(), &html! { (visit.words.count(late)) " " small { (words.n_events()) } }, &html! { (words.came_late(share)) }))
        }
    }
}

fn ingest(visit: &Visit, live: &Result<Value, Told>) -> Markup {
    html! {
        div .ph { div { h2 #t-ingest { (visit.words.what_arrives()) } p { (visit.words.by_minute_of_arrival()) } } }
        @match live {
            Err(told) => (failed(told, visit.words)),
            Ok(live) => {
                (minutes(visit, &live["arrivals"]["minutes"], visit.desk.now, visit.words.events_arrived()))
                (clocks(visit, &live["arrivals"]))
            }
        }
    }
}

/// Events that did not say when they happened, or by a clock that was wrong.
fn clocks(visit: &Visit, arrivals: &Value) -> Markup {
    let words = visit.words;
    let rows = [
        ("without_time", words.without_time(), words.without_time_mend()),
        ("clock_corrected", words.wrong_clock(), words.wrong_clock_mend()),
        ("late", words.late_by_15(), words.late_by_15_mend()),
    ];
    html! {
        table .t .c .clocks { tbody { @for (name, says, mend) in rows {
            tr .oth[arrivals[name] == 0] { th scope="row" { (says) br; span .mut { (code_spans(mend)) } } td .num { (count(visit, &arrivals[name])) } }
        } } }
    }
}

/// Bars of the last hour by minute; minutes in which nothing came have none.
pub(crate) fn minutes(visit: &Visit, minutes: &Value, now: DateTime<Utc>, title: &str) -> Markup {
    let last = now.with_second(0).and_then(|now| now.with_nanosecond(0)).unwrap_or(now);
    let minutes = minutes.as_array().map(Vec::as_slice).unwrap_or_default();
    let value = |at: DateTime<Utc>| {
        let found = minutes.iter().find(|one| instant(&one["minute"]).is_some_and(|minute| minute == at));
        found.and_then(|one| one["events"].as_f64()).unwrap_or(0.0)
    };
    let starts: Vec<DateTime<Utc>> = (0..MINUTES).rev().map(|back| last - Duration::minutes(back)).collect();
    let points: Vec<chart::Point> = starts
        .iter()
        .map(|at| chart::Point {
            value: Some(value(*at)),
            state: if *at == last { chart::State::Partial } else { chart::State::Final },
        })
        .collect();
    hour(visit, &starts, &points, title)
}

/// A band over the minutes of an hour.
pub(crate) fn hour(visit: &Visit, starts: &[DateTime<Utc>], points: &[chart::Point], title: &str) -> Markup {
    let local: Vec<_> = starts.iter().map(|at| at.with_timezone(&visit.desk.range.tz).naive_local()).collect();
    let slots = chart::slots(&local, visit.desk.project.settings.week_start, visit.words.0);
    let write = |value: f64| visit.words.count(value);
    let sum: f64 = points.iter().filter_map(|point| point.value).sum();
    let band = chart::Band {
        title: "",
        kind: chart::Kind::Bars,
        points,
        before: &[],
        height: 120.0,
        is_whole: true,
        is_time: false,
        locale: visit.words.0,
        write: &write,
        end: visit.words.this_minute(),
        before_end: "",
    };
    let summary = visit.words.by_minute(title, visit.words.count(sum));
    let data = chart::Chart { bands: &[band], slots: &slots, markers: &[], summary: &summary };
    html! { div .gut .right { (chart::chart(&data)) } }
}

fn parts(visit: &Visit, ready: &service::health::Report) -> Markup {
    let words = visit.words;
    html! {
        div .ph { div { h2 #t-parts { (words.the_parts()) } p { @if ready.ready { (words.everything_is_there()) } @else { (words.something_missing()) } } } }
        ul .checks { @for (name, says) in &ready.checks {
            @let is_ok = says == "ok" || says.starts_with("ok: ");
            li .bad[!is_ok] { (icon(if is_ok { "check" } else { "warn" })) div { p { (words.part_name(name).unwrap_or(name)) } @if says != "ok" { p .mut lang="en" { (says) } } } }
        } }
        @if !ready.facts.is_empty() {
            dl .facts .told { @for (name, value) in &ready.facts { dt { (words.fact_name(name).map_or_else(|| name.replace('_', " "), str::to_owned)) } dd { (visit.words.number(*value, usize::from(value.fract() != 0.0))) } } }
        }
    }
}

type Fresh = Result<Option<DateTime<chrono::FixedOffset>>, Told>;

fn freshness(visit: &Visit, counted: &Fresh, folded: &Fresh) -> Markup {
    let words = visit.words;
    let kinds = [(words.messages(), counted), (words.conversations_chats_legs(), folded)];
    html! {
        h2 .sub .apart { (words.complete()) }
        dl .facts .told { @for (says, fresh) in kinds {
            dt { (says) }
            dd { @match fresh {
                Ok(Some(at)) => time datetime=(at.to_rfc3339()) { (at.with_timezone(&visit.desk.range.tz).format("%H:%M:%S")) },
                Ok(None) => "–",
                Err(told) => (words.told_briefly(told)),
            } }
        } }
    }
}

fn letters(visit: &Visit, refused: &Result<Value, Told>) -> Markup {
    let words = visit.words;
    html! {
        div .ph { div { h2 #t-letters { (words.what_was_refused()) } p { (words.refused_scope()) } } }
        @match refused {
            Err(told) if told.code == "member_may_not" => {
                div .state { (icon("lock")) h3 { (words.not_for_role()) } p { (words.letters_are_for()) } }
            }
            Err(told) => (failed(told, words)),
            Ok(answer) => {
                @let reasons = answer["reasons"].as_array().map(Vec::as_slice).unwrap_or_default();
                @if reasons.is_empty() {
                    div .state { (icon("check")) h3 { (words.nothing_refused()) } p { (words.refused_is_named()) } }
                } @else {
                    div .tw tabindex="0" { table .t {
                        thead { tr { th scope="col" { (words.reason()) } th scope="col" { (words.how_to_mend()) } th scope="col" { (words.the_latest()) } th scope="col" .num { (words.letters()) } } }
                        tbody { @for one in reasons { (letter(visit, one)) } }
                    } }
                    p .note { (marked(words.send_again(html! { code { "event_id" } }.into_string()))) }
                }
            }
        }
    }
}

fn letter(visit: &Visit, one: &Value) -> Markup {
    let reason = one["reason"].as_str().unwrap_or_default();
    let latest = instant(&one["latest_at"]).map(|at| at.with_timezone(&visit.desk.range.tz));
    html! {
        tr {
            th scope="row" { code { (reason) } }
            td .mend { @match visit.words.mend(reason) { Some(says) => (code_spans(says)), None => (visit.words.message_says()) } }
            td .mend {
                @if let Some(at) = latest { (visit.words.day(at.date_naive())) " " (at.format("%H:%M")) }
                @if let Some(id) = one["event_id"].as_str() { ", " code .break { (id) } }
                br; span .mut lang="en" { (one["message"].as_str().unwrap_or_default()) }
            }
            td .num data-reason=(reason) data-value=[one["count"].as_u64()] { (count(visit, &one["count"])) }
        }
    }
}

/// A text in which what stands between backticks is code.
fn code_spans(text: &str) -> Markup {
    html! { @for (at, part) in text.split('`').enumerate() { @if at % 2 == 1 { code { (part) } } @else { (part) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stands_between_backticks_and_nothing_is_markup() {
        assert_eq!(code_spans("send `<b>` now").into_string(), "send <code>&lt;b&gt;</code> now");
    }

    #[test]
    fn every_reason_of_an_event_can_be_mended() {
        for code in event::Code::ALL {
            assert!(Words(chart::Locale::En).mend(code.as_str()).is_some(), "{code}");
        }
    }
}
