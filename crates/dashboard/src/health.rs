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
};

/// Minutes of arrivals that are drawn.
pub(crate) const MINUTES: i64 = 60;
/// Figures that are a minute behind are called late, as the banner of every page does.
const LATE_S: f64 = 60.0;

/// What is wrong with a letter, and how its producer mends it, by the code of the reason.
const MENDS: [(&str, &str); 23] = [
    ("malformed_json", "Send JSON: a trailing comma or an unescaped quote is the usual cause."),
    ("malformed_body", "Send an array of events, or an object with `events`, as JSON."),
    ("not_a_batch", "Send an array of events, or an object with `events`."),
    ("not_an_object", "Make each event a JSON object."),
    ("missing_field", "Add the field that the message names; the schema of the event says which ones it needs."),
    ("wrong_type", "Send the field that the message names in the type that the schema says."),
    ("out_of_range", "Keep the number within what the message says."),
    ("too_long", "Shorten the field that the message names."),
    ("too_deep", "Nest `data` and `metadata` less deeply."),
    ("too_large", "Split the event, or send attachments by their address."),
    ("metadata_too_large", "Send fewer or shorter values as metadata."),
    ("bad_timestamp", "Write times as RFC 3339 with a zone: 2026-03-25T10:00:00Z."),
    ("too_old", "Set `historical` to true on events of the past, or import them with `rapport import`."),
    ("clock_skew", "Set the clock of the producer's machine, or send `sent_at` with each batch."),
    ("invalid_utf8", "Encode texts as UTF-8."),
    ("nul_character", "Take the NUL characters out of texts."),
    ("empty_id", "Give each event an `event_id` of its own that stays the same when it is sent again."),
    ("unknown_type", "Check the name of the event against the schemas; a newer server may know it."),
    ("malformed_avro", "Write the record with the schema that it names."),
    ("unknown_schema", "Register the schema, or write with one of those in `schemas/avro`."),
    ("unknown_format", "Write JSON, CloudEvents or Avro as the documents for producers say."),
    ("empty_record", "Do not write records without a value to the events topic."),
    ("not_allowed", "Use a key whose role and bot may send this event."),
];

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
            section .w12 aria-label="How far the figures are" { (tiles(visit, &live)) }
            section .panel .w8 aria-labelledby="t-ingest" { (ingest(visit, &live)) }
            section .panel .w4 aria-labelledby="t-parts" { (parts(visit, &ready)) (freshness(visit, &counted, &folded)) }
            section .panel .w12 aria-labelledby="t-letters" { (letters(visit, &refused)) }
        }
    };
    let fresh_to = live.as_ref().ok().and_then(|live| instant(&live["fresh_to"]));
    Shell { fresh_to, ..visit.shell("health", "Health") }.around(&body)
}

/// What stands where the API did not answer.
pub(crate) fn failed(told: &Told) -> Markup {
    html! { div .state role="alert" { (icon("warn")) h3 { "This panel did not load" } p { (told.message) ". " (told.hint) "." @if let Some(id) = &told.id { " Error " code { (id) } "." } } } }
}

/// A tile without a drawing.
pub(crate) fn tile(label: &str, value: &Markup, says: &Markup) -> Markup {
    html! { div .kpi .flat { span .kl { (label) } span .kv { (value) } span .kd { (says) } } }
}

/// A count as people write it.
fn count(visit: &Visit, value: &Value) -> String {
    visit.locale.count(value.as_f64().unwrap_or_default())
}

fn tiles(visit: &Visit, live: &Result<Value, Told>) -> Markup {
    let live = match live {
        Ok(live) => live,
        Err(told) => return html! { div .panel { (failed(told)) } },
    };
    let (behind, arrivals) = (&live["behind"], &live["arrivals"]);
    let seconds = behind["seconds"].as_f64().unwrap_or_default();
    let late = arrivals["late"].as_f64().unwrap_or_default();
    let all = arrivals["events"].as_f64().unwrap_or_default();
    let share = if all > 0.0 { visit.locale.percent(late / all, 1) } else { "–".into() };
    html! {
        div .kpis {
            (tile("Behind, in time", &html! { (visit.locale.duration(seconds)) }, &html! { @if seconds > LATE_S { span .d .dn { (icon("warn")) "late" } } @else { span .d .up { (icon("check")) "up to date" } } }))
            (tile("Behind, in records", &html! { (count(visit, &behind["records"])) }, &html! { "of the journal, all projects together" }))
            (tile("Arrived, last 60 minutes", &html! { (visit.locale.count(all)) " " small { "events" } }, &html! { (visit.locale.number(all / 60.0, 1)) " a minute" }))
            (tile("Arrived late", &html! { (visit.locale.count(late)) " " small { "events" } }, &html! { (share) " came more than 15 minutes after they happened" }))
        }
    }
}

fn ingest(visit: &Visit, live: &Result<Value, Told>) -> Markup {
    html! {
        div .ph { div { h2 #t-ingest { "What arrives" } p { "Events of this environment by the minute of their arrival, each once" } } }
        @match live {
            Err(told) => (failed(told)),
            Ok(live) => {
                (minutes(visit, &live["arrivals"]["minutes"], visit.desk.now, "Events arrived"))
                (clocks(visit, &live["arrivals"]))
            }
        }
    }
}

/// Events that did not say when they happened, or by a clock that was wrong.
fn clocks(visit: &Visit, arrivals: &Value) -> Markup {
    let rows = [
        ("without_time", "Without a time", "their arrival is taken for it: send `timestamp`"),
        (
            "clock_corrected",
            "By a clock that is wrong",
            "the time was corrected: set the clock, or send `sent_at` with each batch",
        ),
        ("late", "More than 15 minutes late", "imports of the past are among them; they count where they happened"),
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
    let slots = chart::slots(&local, visit.desk.project.settings.week_start, visit.locale);
    let write = |value: f64| visit.locale.count(value);
    let sum: f64 = points.iter().filter_map(|point| point.value).sum();
    let band = chart::Band {
        title: "",
        kind: chart::Kind::Bars,
        points,
        before: &[],
        height: 120.0,
        is_whole: true,
        is_time: false,
        write: &write,
        end: "this minute",
        before_end: "",
    };
    let summary = format!("{title}, by minute over an hour: {} in all.", visit.locale.count(sum));
    let data = chart::Chart { bands: &[band], slots: &slots, markers: &[], summary: &summary };
    html! { div .gut .right { (chart::chart(&data)) } }
}

fn parts(visit: &Visit, ready: &service::health::Report) -> Markup {
    html! {
        div .ph { div { h2 #t-parts { "The parts" } p { @if ready.ready { "Everything that this server needs is there." } @else { "Something is missing." } } } }
        ul .checks { @for (name, says) in &ready.checks {
            @let is_ok = says == "ok" || says.starts_with("ok: ");
            li .bad[!is_ok] { (icon(if is_ok { "check" } else { "warn" })) div { p { (name) } @if says != "ok" { p .mut { (says) } } } }
        } }
        @if !ready.facts.is_empty() {
            dl .facts .told { @for (name, value) in &ready.facts { dt { (name.replace('_', " ")) } dd { (visit.locale.number(*value, usize::from(value.fract() != 0.0))) } } }
        }
    }
}

type Fresh = Result<Option<DateTime<chrono::FixedOffset>>, Told>;

fn freshness(visit: &Visit, counted: &Fresh, folded: &Fresh) -> Markup {
    let kinds = [("Messages", counted), ("Conversations, chats, legs", folded)];
    html! {
        h2 .sub .apart { "Complete to" }
        dl .facts .told { @for (says, fresh) in kinds {
            dt { (says) }
            dd { @match fresh {
                Ok(Some(at)) => time datetime=(at.to_rfc3339()) { (at.with_timezone(&visit.desk.range.tz).format("%H:%M:%S")) },
                Ok(None) => "–",
                Err(told) => (told.message),
            } }
        } }
    }
}

fn letters(visit: &Visit, refused: &Result<Value, Told>) -> Markup {
    html! {
        div .ph { div { h2 #t-letters { "What could not be taken" } p { "Dead letters of the project that arrived in the range, by reason; each is kept for 30 days" } } }
        @match refused {
            Err(told) if told.code == "member_may_not" => {
                div .state { (icon("lock")) h3 { "Not for your role" } p { "Dead letters quote what was sent. Owners, analysts and agents of the project read them." } }
            }
            Err(told) => (failed(told)),
            Ok(answer) => {
                @let reasons = answer["reasons"].as_array().map(Vec::as_slice).unwrap_or_default();
                @if reasons.is_empty() {
                    div .state { (icon("check")) h3 { "Nothing was refused in this range" } p { "An event that cannot be taken is named in the answer to its batch, and would be counted here." } }
                } @else {
                    div .tw tabindex="0" { table .t {
                        thead { tr { th scope="col" { "Reason" } th scope="col" { "How to mend it" } th scope="col" { "The latest" } th scope="col" .num { "Letters" } } }
                        tbody { @for one in reasons { (letter(visit, one)) } }
                    } }
                    p .note { "Send what was mended again with the same " code { "event_id" } ": an event that is already in counts once." }
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
            td .mend { @match mend(reason) { Some(says) => (code_spans(says)), None => "Its message says what is wrong." } }
            td .mend {
                @if let Some(at) = latest { (visit.locale.day(at.date_naive())) " " (at.format("%H:%M")) }
                @if let Some(id) = one["event_id"].as_str() { ", " code .break { (id) } }
                br; span .mut { (one["message"].as_str().unwrap_or_default()) }
            }
            td .num data-reason=(reason) data-value=[one["count"].as_u64()] { (count(visit, &one["count"])) }
        }
    }
}

fn mend(reason: &str) -> Option<&'static str> {
    MENDS.iter().find(|(known, _)| *known == reason).map(|(_, says)| *says)
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
            assert!(mend(code.as_str()).is_some(), "{code}");
        }
    }
}
