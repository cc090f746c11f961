//! One conversation: who had it when, what was said, and what is known of it. What people wrote is text and never markup.

use chart::{Lane, Lanes, Mark, Span};
use chrono::{DateTime, FixedOffset, NaiveDate};
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    conversations::outcome,
    desk::{Desk, instant, pair},
    icon::icon,
    refused::Refused,
    router::Visit,
    words::Words,
    write::person,
};

/// Events of a page.
const EVENTS: &str = "400";

/// The page.
pub(crate) async fn page(visit: &Visit, id: &str) -> Result<Markup, Refused> {
    let desk = &visit.desk;
    let mut parameters = desk.place();
    parameters.push(pair("limit", EVENTS));
    if let Some(cursor) = desk.view.own("cursor") {
        parameters.push(pair("cursor", cursor));
    }
    let answer = desk.questions.conversation(&desk.reader, id, parameters).await?;
    let events: Vec<Event<'_>> =
        answer["timeline"].as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(Event::read).collect();
    let mut shell = visit.shell("conversations", visit.words.conversation());
    shell.has_range = false;
    shell.fresh_to = instant(&answer["fresh_to"]);
    Ok(shell.around(&body(visit, &answer, &events)))
}

/// An event of the timeline.
struct Event<'a> {
    at: DateTime<FixedOffset>,
    kind: &'a str,
    role: &'a str,
    text: &'a str,
    data: &'a Value,
}

impl<'a> Event<'a> {
    fn read(value: &'a Value) -> Option<Event<'a>> {
        let text = |name: &str| value[name].as_str().unwrap_or_default();
        let at = instant(&value["time"])?;
        Some(Event { at, kind: text("event"), role: text("role"), text: text("text"), data: &value["data"] })
    }

    fn said(&self, name: &str) -> &'a str {
        self.data[name].as_str().unwrap_or_default()
    }
}

fn body(visit: &Visit, answer: &Value, events: &[Event<'_>]) -> Markup {
    let (one, words) = (&answer["conversation"], visit.words);
    let id = one["id"].as_str().unwrap_or_default();
    html! {
        p .crumb { a href=(back(&visit.desk)) { (words.conversations()) } " / " span .mono { (id) } }
        p .tags {
            (outcome(one, words))
            @for name in ["channel", "language", "country", "device"] {
                @let value = one[name].as_str().unwrap_or_default();
                @if !value.is_empty() && value != "unknown" { span .tag { (visit.words.named(name, value)) } }
            }
        }
        div .grid {
            @if events.len() > 1 { (who(words, events)) }
            section .panel .w8 .log aria-label=(words.transcript()) {
                (transcript(visit.words, events))
                @if let Some(next) = answer["next_cursor"].as_str() {
                    p .ways { a .btn href={"?" (visit.desk.view.with("cursor", Some(next)).query())} { (words.later_events()) (icon("right")) } }
                }
            }
            div .w4 .stack { (facts(visit.words, one, events)) (tokens(visit.words, events)) (metadata(words, answer)) }
        }
    }
}

fn back(desk: &Desk) -> String {
    desk.view.elsewhere().link(&desk.project.id, "conversations")
}

/// Seconds between two instants.
fn seconds(from: DateTime<FixedOffset>, to: DateTime<FixedOffset>) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "a conversation lasts less than a billion seconds")]
    let seconds = (to - from).num_milliseconds() as f64 / 1_000.0;
    seconds
}

/// The lanes: user, bot, queue and agent.
fn who(words: Words, events: &[Event<'_>]) -> Markup {
    let (first, last) = (events[0].at, events[events.len() - 1].at);
    let whole = seconds(first, last).max(1.0);
    let share = |at: DateTime<FixedOffset>| (seconds(first, at) / whole).clamp(0.0, 1.0);
    let marks = |role: &str| -> Vec<Mark> {
        let of = events.iter().filter(|event| event.kind == "message.created" && event.role == role);
        of.map(|event| Mark { at: share(event.at), class: "full", title: event.at.format("%H:%M:%S").to_string() })
            .collect()
    };
    let mut user = marks("user");
    let clicks = events.iter().filter(|event| event.kind == "ui.clicked");
    user.extend(clicks.map(|event| Mark {
        at: share(event.at),
        class: "open",
        title: words.click_at(event.at.format("%H:%M:%S")),
    }));
    let accepted = events.iter().find(|event| event.kind == "assignment.accepted").map(|event| event.at);
    let queued = events
        .iter()
        .find(|event| matches!(event.kind, "queue.entered" | "assignment.offered" | "handoff.requested"))
        .map(|event| event.at);
    let span = |from: DateTime<FixedOffset>, to: DateTime<FixedOffset>, label: &dyn Fn(String) -> String| Span {
        from: share(from),
        to: share(to),
        label: label(words.duration(seconds(from, to))),
    };
    let bots: Vec<_> =
        events.iter().filter(|event| event.kind == "message.created" && event.role == "bot").map(|e| e.at).collect();
    let bot = bots.first().zip(bots.last()).map(|(from, to)| span(*from, *to, &|time| time));
    let closed = events
        .iter()
        .rev()
        .find(|event| matches!(event.kind, "assignment.ended" | "conversation.closed"))
        .map(|e| e.at);
    let served = accepted
        .map(|from| span(from, closed.filter(|closed| *closed > from).unwrap_or(last), &|time| words.with_agent(time)));
    let waited = queued.map(|from| {
        span(from, accepted.filter(|accepted| *accepted > from).unwrap_or(last), &|time| words.waiting(time))
    });
    let lanes = [
        Lane { name: words.user().into(), class: "user", spans: Vec::new(), marks: user },
        Lane { name: words.bot().into(), class: "bot", spans: bot.into_iter().collect(), marks: Vec::new() },
        Lane { name: words.queue().into(), class: "queue", spans: waited.into_iter().collect(), marks: Vec::new() },
        Lane {
            name: words.agent().into(),
            class: "agent",
            marks: if served.is_some() { Vec::new() } else { marks("agent") },
            spans: served.into_iter().collect(),
        },
    ];
    let format = if whole > 86_400.0 { "%d.%m. %H:%M" } else { "%H:%M:%S" };
    let tick = |at: f64| {
        #[allow(clippy::cast_possible_truncation, reason = "within the conversation")]
        let moved = chrono::Duration::milliseconds((whole * at * 1_000.0) as i64);
        (at, (first + moved).format(format).to_string())
    };
    let ticks = [tick(0.0), tick(0.25), tick(0.5), tick(0.75), tick(1.0)];
    let summary = words.from_until(first.format("%H:%M:%S"), last.format("%H:%M:%S"));
    html! {
        section .panel .w12 aria-labelledby="who" {
            div .ph { div { h2 #who { (words.who_had_it()) } p { (words.circles()) } } }
            div .lanes-gut { (chart::lanes(&Lanes { lanes: &lanes, ticks: &ticks, summary: &summary })) }
        }
    }
}

fn transcript(words: Words, events: &[Event<'_>]) -> Markup {
    let mut day: Option<NaiveDate> = None;
    html! {
        ol .lines {
            @for event in events {
                @let date = event.at.date_naive();
                @if day.replace(date) != Some(date) { li .day { h3 { (words.weekday(chrono::Datelike::weekday(&date))) ", " (words.date(date)) } } }
                (line(words, event, events))
            }
        }
    }
}

fn line(words: Words, event: &Event<'_>, events: &[Event<'_>]) -> Markup {
    if event.kind == "message.created" {
        let (class, name) = match event.role {
            "user" => ("user", words.user()),
            "bot" => ("bot", words.bot()),
            "agent" => ("agent", words.agent()),
            other => ("other", other),
        };
        return html! {
            li .line .{"is-" (class)} {
                time datetime=(event.at.to_rfc3339()) { (event.at.format("%H:%M:%S")) }
                span .who { (name) }
                div .said dir="auto" {
                    @if event.text.is_empty() { p .mut { (words.no_text()) } } @else { p { (event.text) } }
                    (buttons(words, event, events))
                    (attachments(words, event))
                }
            }
        };
    }
    let (head, detail) = told(words, event);
    html! {
        li .line .event {
            time datetime=(event.at.to_rfc3339()) { (event.at.format("%H:%M:%S")) }
            span .who {}
            div .said {
                @if event.data.as_object().is_some_and(|data| !data.is_empty()) {
                    details { summary { (head) @if !detail.is_empty() { " " b { (detail) } } } pre { (pretty(event.data)) } }
                } @else { p { (head) @if !detail.is_empty() { " " b { (detail) } } } }
            }
        }
    }
}

/// The buttons of a message, and which of them was clicked when.
fn buttons(words: Words, event: &Event<'_>, events: &[Event<'_>]) -> Markup {
    let all = event.data["buttons"].as_array().map(Vec::as_slice).unwrap_or_default();
    let title = |button: &Value| {
        let text = ["title", "text", "label"].iter().find_map(|name| button[*name].as_str());
        text.or_else(|| button.as_str()).unwrap_or_default().to_owned()
    };
    let clicked = |name: &str| {
        events.iter().find(|other| other.kind == "ui.clicked" && other.at >= event.at && other.said("title") == name)
    };
    html! {
        @if !all.is_empty() {
            p .buttons {
                @for button in all {
                    @let name = title(button);
                    @match clicked(&name) {
                        Some(click) => span .button .on { (icon("check")) (name) " " small { (words.clicked_at(click.at.format("%H:%M:%S"))) } },
                        None => span .button { (name) },
                    }
                }
            }
        }
    }
}

fn attachments(words: Words, event: &Event<'_>) -> Markup {
    let all = event.data["attachments"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        @if !all.is_empty() {
            p .buttons { @for file in all {
                span .file { b { (file["name"].as_str().unwrap_or(words.file())) } " " small { (file["content_type"].as_str().or(file["kind"].as_str()).unwrap_or_default()) } }
            } }
        }
    }
}

/// An event in words, with what matters most of it.
fn told<'a>(words: Words, event: &Event<'a>) -> (String, &'a str) {
    let (head, field) = match event.kind {
        "conversation.initialized" => (words.event_initialised(), "page_url"),
        "conversation.started" => (words.event_started(), "channel"),
        "conversation.ended" => (words.event_ended(), "reason"),
        "conversation.closed" => (words.event_closed(), "reason"),
        "conversation.reopened" => (words.event_reopened(), "reason"),
        "handoff.requested" => (words.event_handoff(), "trigger"),
        "queue.entered" => (words.event_queued(), "queue"),
        "assignment.offered" => (words.event_offered(), "agent_id"),
        "assignment.accepted" => (words.event_accepted(), "agent_id"),
        "assignment.missed" => (words.event_missed(), "reason"),
        "assignment.ended" => (words.event_leg_ended(), "reason"),
        "assignment.transferred" => (words.event_transferred(), "reason"),
        "widget.opened" => (words.event_widget(), ""),
        "user.identified" => (words.event_identified(), ""),
        "workflow.started" => (words.event_workflow(), "workflow_id"),
        "fallback.triggered" => (words.event_fallback(), "reason"),
        "intent.detected" => (words.event_intent(), "intent"),
        "tool.call.completed" => (words.event_tool(), "tool_name"),
        "llm.call.completed" => (words.event_model(), "model"),
        "ui.clicked" => (words.event_clicked(), "title"),
        "ui.shown" => (words.event_shown(), "title"),
        "csat.requested" => (words.event_survey_sent(), ""),
        "csat.submitted" => (words.event_survey_answered(), "comment"),
        "feedback.submitted" => (words.event_rated(), "rating"),
        other => return (other.to_owned(), ""),
    };
    (head.to_owned(), if field.is_empty() { "" } else { event.said(field) })
}

/// JSON on lines of its own.
fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn facts(words: Words, one: &Value, events: &[Event<'_>]) -> Markup {
    let text = |name: &str| one[name].as_str().unwrap_or_default();
    let (first, last) = (instant(&one["started_at"]), instant(&one["last_used_at"]));
    let of = |role: &str| one["messages"][role].as_u64().unwrap_or_default();
    let list = |name: &str| -> String {
        let all = one[name].as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
    };
    let known = |name: &str| {
        let value = text(name);
        if value.is_empty() { String::new() } else { words.named(name, value) }
    };
    let rows = [
        (words.messages(), words.messages_by_role(of("user"), of("bot"), of("agent"))),
        (words.chats(), one["chats"].as_u64().unwrap_or_default().to_string()),
        (words.legs(), one["legs"]["count"].as_u64().unwrap_or_default().to_string()),
        (words.intents(), list("intents")),
        (words.workflows(), list("workflows")),
        (words.tools(), list("tools")),
        (words.user(), person(text("person")).to_owned()),
        (words.dimension_name("country").unwrap_or_default(), words.named("country", text("country"))),
        (words.dimension_name("city").unwrap_or_default(), words.named("city", text("city"))),
        (words.dimension_name("browser").unwrap_or_default(), known("browser")),
        (words.dimension_name("page").unwrap_or_default(), known("page")),
    ];
    html! {
        section .panel aria-labelledby="facts" {
            h2 .sub #facts { (words.facts()) }
            dl .facts {
                @if let Some((first, last)) = first.zip(last) { dt { (words.duration_head()) } dd { (words.first_to_last_use(words.duration(seconds(first, last)))) } }
                @for (name, value) in &rows { @if !value.is_empty() { dt { (name) } dd { (value) } } }
                @if let Some(score) = one["csat"]["score"].as_f64() { dt { (words.csat()) } dd { (words.of_five(words.number(score, 0))) } }
                dt { (words.events()) } dd { (words.on_this_page(events.len())) }
            }
        }
    }
}

/// Calls of language models with their tokens.
fn tokens(words: Words, events: &[Event<'_>]) -> Markup {
    let calls: Vec<&Event<'_>> = events.iter().filter(|event| event.kind == "llm.call.completed").collect();
    let number = |event: &Event<'_>, name: &str| event.data[name].as_f64();
    let told = |value: Option<f64>| value.map_or_else(|| words.not_reported().to_owned(), |value| words.count(value));
    let sum = |name: &str| words.count(calls.iter().filter_map(|event| number(event, name)).sum());
    html! {
        @if !calls.is_empty() {
            section .panel aria-labelledby="tokens" {
                h2 .sub #tokens { (words.tokens()) }
                table .t .c {
                    thead { tr { th scope="col" { (words.call()) } th scope="col" .num { (words.read()) } th scope="col" .num { (words.written()) } } }
                    tbody { @for call in &calls { tr { th scope="row" { (call.at.format("%H:%M:%S")) } td .num { (told(number(call, "input_tokens"))) } td .num { (told(number(call, "output_tokens"))) } } } }
                    tfoot { tr { th scope="row" { (words.total()) } td .num { (sum("input_tokens")) } td .num { (sum("output_tokens")) } } }
                }
            }
        }
    }
}

/// The metadata of all events together.
fn metadata(words: Words, answer: &Value) -> Markup {
    let all = answer["timeline"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut fields: Vec<(&String, &Value)> = Vec::new();
    for (name, value) in all.iter().filter_map(|event| event["metadata"].as_object()).flatten() {
        if !fields.iter().any(|(known, _)| *known == name) {
            fields.push((name, value));
        }
    }
    html! {
        @if !fields.is_empty() {
            section .panel aria-labelledby="metadata" {
                h2 .sub #metadata { (words.metadata()) }
                pre { @for (name, value) in &fields { (name) "  " (value.to_string()) "\n" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EN: Words = Words(chart::Locale::En);

    /// What people write to break out of a page.
    const HOSTILE: [&str; 6] = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</p></li></ol><h1>owned",
        "<svg/onload=alert(1)>",
        "javascript:alert(1)",
        "\u{202e}<b>&lt;",
    ];

    fn message(text: &str) -> Value {
        json!({"event": "message.created", "time": "2026-03-30T10:41:03+02:00", "role": "user", "text": text,
               "data": {"buttons": [{"title": text}], "attachments": [{"name": text, "content_type": text}]}})
    }

    fn event(kind: &str, text: &str) -> Value {
        json!({"event": kind, "time": "2026-03-30T10:41:04+02:00", "data": {"title": text, "reason": text, text: text}})
    }

    #[test]
    fn what_people_wrote_is_never_markup() {
        for text in HOSTILE {
            let values =
                [message(text), event("ui.clicked", text), event("conversation.closed", text), event(text, text)];
            let events: Vec<Event<'_>> = values.iter().filter_map(Event::read).collect();
            assert_eq!(events.len(), 4);
            let drawn = transcript(EN, &events).into_string() + &who(EN, &events).into_string();
            let metadata = metadata(EN, &json!({"timeline": [{"metadata": {text: text}}]})).into_string();
            for page in [drawn, metadata] {
                for tag in ["<script", "<img", "<h1", "<svg/", "<b>&amp;lt;", "onerror=alert(1)>\""] {
                    assert!(!page.contains(tag), "{text}: {page}");
                }
                assert!(!page.contains("href=\"javascript"), "{text}: {page}");
            }
        }
    }

    #[test]
    fn a_clicked_button_is_told_from_those_that_were_not() {
        let sent = json!({"event": "message.created", "time": "2026-03-30T10:41:03+02:00", "role": "bot", "text": "?",
                          "data": {"buttons": [{"title": "Yes"}, {"title": "No"}]}});
        let values = [sent, event("ui.clicked", "Yes")];
        let events: Vec<Event<'_>> = values.iter().filter_map(Event::read).collect();
        let drawn = transcript(EN, &events).into_string();
        assert_eq!((drawn.matches("button on").count(), drawn.matches("class=\"button\"").count()), (1, 1), "{drawn}");
    }
}
