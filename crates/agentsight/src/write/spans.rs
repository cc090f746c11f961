//! A span as native events: what it means, and itself, so that it can be read back as it was.

use bytes::Bytes;
use event::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    lenient,
    write::{
        draft::{Draft, data},
        items::{rateable, role_of},
        place::Place,
    },
};

/// Most bytes of a span that is kept whole: an event holds 1 MiB, and a turn's messages are events of their own.
const WHOLE_BYTES: usize = 600 << 10;
/// Most messages of a turn: OpenTelemetry's limit of a span's events, well above it.
const MESSAGES: usize = 1_000;
/// How the events of spans are called. One of a span is the same when it is sent again, so that it counts once.
pub(crate) const PREFIX: &str = "span-";
/// The event of a span that has no meaning here.
pub(crate) const OTHER: &str = "agentsight.span";

/// A span of which events can be made.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) id: String,
    pub(crate) started_at: Option<Timestamp>,
    kind: String,
    members: Value,
    /// As it is kept.
    whole: Bytes,
}

impl Span {
    /// Reads a span; the error says why it cannot be used.
    pub(crate) fn read(bytes: &Bytes) -> Result<Span, String> {
        let mut members: Value = serde_json::from_slice(bytes).map_err(|error| format!("no JSON: {error}"))?;
        let id = lenient::id(members.get("span_id")).filter(|id| id.len() <= 64);
        let id = id.ok_or("a span needs a span_id of at most 64 characters")?;
        let mut whole = bytes.clone();
        if bytes.len() > WHOLE_BYTES || lenient::depth(&members) > 24 {
            // What it means remains; what it is made of would not fit an event.
            for name in ["otel", "resource"] {
                members[name] = Value::Null;
            }
            shorten(&mut members);
            whole = members.to_string().into();
        }
        let kind = lenient::short(members.get("kind")).unwrap_or_else(|| "unknown".to_owned());
        Ok(Span { id, started_at: lenient::time(members.get("started_at")), kind, members, whole })
    }

    fn attribute(&self, name: &str) -> Option<&Value> {
        self.members.get("attributes")?.get(format!("agentsight.{name}"))
    }

    fn text(&self, name: &str) -> Option<String> {
        lenient::text(self.attribute(name)).map(lenient::long)
    }

    fn short(&self, name: &str) -> Option<String> {
        lenient::short(self.attribute(name))
    }

    /// An attribute that is JSON in a text; as it is where it is not.
    fn json(&self, name: &str) -> Option<Value> {
        let text = self.text(name)?;
        let parsed = serde_json::from_str::<Value>(&text).ok();
        parsed.and_then(|value| lenient::document(Some(&value))).or(Some(Value::String(text)))
    }

    fn metadata(&self) -> Option<Value> {
        self.json("metadata").filter(Value::is_object)
    }

    fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn stamp(&self, name: &str) -> Option<Value> {
        lenient::time(self.member(name)).map(|at| at.to_rfc3339().into())
    }

    fn duration_ms(&self) -> Option<Value> {
        self.member("duration_ms").and_then(Value::as_f64).map(Value::from)
    }

    fn turn(&self) -> Option<Value> {
        self.short("turn.id").map(Value::from)
    }

    fn has_failed(&self) -> bool {
        self.member("status").and_then(Value::as_str) == Some("error")
    }
}

/// Cuts the texts of attributes and events that are very long, and leaves out what is very deep.
fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > 16 << 10 => {
            let end = text.floor_char_boundary(16 << 10);
            text.truncate(end);
        }
        Value::Array(items) => {
            items.truncate(256);
            items.iter_mut().for_each(shorten);
        }
        Value::Object(members) => {
            for (_, member) in members.iter_mut() {
                if lenient::depth(member) > 16 {
                    *member = Value::Null;
                } else {
                    shorten(member);
                }
            }
        }
        _ => {}
    }
}

/// Adds the events of a span.
pub(crate) fn drafts(place: &Place, customer: Option<&str>, span: &Span, drafts: &mut Vec<Draft>) {
    let user = span.short("conversation.customer_id").or_else(|| customer.map(str::to_owned));
    let made = |event: &'static str, suffix: &str, members: Map<String, Value>| Draft {
        event,
        event_id: format!("{PREFIX}{}{suffix}", span.id),
        conversation: Some(place.conversation.clone()),
        at: span.started_at,
        environment: Some(place.environment.clone()),
        user_id: user.clone(),
        data: members,
        ..Draft::default()
    };
    let (event, members) = match span.kind.as_str() {
        "turn" => ("turn.completed", turn(span)),
        "tool" | "task" => ("tool.call.completed", tool(span)),
        "llm" => ("llm.call.completed", model(span)),
        "button" => ("ui.clicked", button(span)),
        "conversation" if span.member("name").and_then(Value::as_str) == Some("conversation_opened") => {
            ("conversation.initialized", Map::new())
        }
        "conversation" => ("conversation.updated", data([("set", Some(json!({})))])),
        _ => (OTHER, Map::new()),
    };
    let is_complete = members.get("complete") == Some(&Value::Bool(true));
    drafts.push(Draft { span: Some(span.whole.clone()), ..made(event, "", members) });
    if span.kind == "turn" && is_complete {
        for (number, (at, message)) in messages(span).into_iter().enumerate() {
            let mut draft = made("message.created", &format!("-{number}"), message);
            draft.data.insert("message_id".to_owned(), draft.event_id.clone().into());
            // Messages of one instant are in the order in which they were said.
            drafts.push(Draft { at: at.or(draft.at), sequence: Some(number), ..draft });
        }
    }
}

fn turn(span: &Span) -> Map<String, Value> {
    let complete = span.attribute("turn.complete").and_then(Value::as_bool).unwrap_or(true);
    data([
        ("turn_id", Some(span.id.clone().into())),
        ("complete", Some(complete.into())),
        ("reason", span.short("turn.incomplete_reason").filter(|_| !complete).map(Value::from)),
    ])
}

/// The messages of a turn. How long it took stands with the agent's last one.
fn messages(span: &Span) -> Vec<(Option<Timestamp>, Map<String, Value>)> {
    let events = span.member("events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let said = events.iter().filter(|event| event.get("name").and_then(Value::as_str) == Some("agentsight.message"));
    let mut messages: Vec<(Option<Timestamp>, Map<String, Value>)> = said
        .take(MESSAGES)
        .filter_map(|event| {
            let of = |name: &str| lenient::text(event.get("attributes")?.get(format!("agentsight.message.{name}")));
            let role = role_of(&of("sender")?)?;
            let metadata = of("metadata").and_then(|text| serde_json::from_str::<Value>(&text).ok());
            let mut members = data([
                ("role", Some(role.into())),
                ("text", of("content").map(|text| lenient::long(text).into())),
                ("turn_id", Some(span.id.clone().into())),
                ("metadata", lenient::object(metadata.as_ref()).map(Value::Object)),
            ]);
            members.extend(rateable(role));
            Some((lenient::time(event.get("timestamp")), members))
        })
        .collect();
    let last = messages.iter_mut().rev().find(|(_, members)| members.get("role") == Some(&json!("bot")));
    if let (Some((_, members)), Some(duration)) = (last, span.duration_ms())
        && let Value::Object(metadata) = members.entry("metadata").or_insert_with(|| json!({}))
    {
        metadata.entry("latency_ms").or_insert(duration);
    }
    messages
}

fn tool(span: &Span) -> Map<String, Value> {
    let error = span.text("tool.error");
    let failed = error.is_some() || span.has_failed();
    let name = span.short("tool.name").or_else(|| lenient::short(span.member("name")));
    data([
        ("tool_name", Some(name.unwrap_or_else(|| "unknown".to_owned()).into())),
        ("call_id", Some(span.id.clone().into())),
        ("started_at", span.stamp("started_at")),
        ("ended_at", span.stamp("ended_at")),
        ("duration_ms", span.duration_ms()),
        ("status", Some(if failed { "error" } else { "ok" }.into())),
        ("error", error.map(Value::from)),
        ("arguments", span.json("tool.arguments")),
        ("result", span.text("tool.response").map(Value::from)),
        ("turn_id", span.turn()),
    ])
}

fn model(span: &Span) -> Map<String, Value> {
    let attributes = span.member("attributes");
    let of = |name: &str| attributes.and_then(|attributes| attributes.get(name));
    let count = |name: &str| of(name).and_then(Value::as_i64).map(Value::from);
    // Counts of a call that reported none are unknown, not zero.
    let is_reported = of("agentsight.llm.usage_reported") != Some(&Value::Bool(false));
    let failed = span.has_failed() || of("agentsight.llm.error").is_some();
    data([
        ("call_id", Some(span.id.clone().into())),
        ("model", lenient::short(of("gen_ai.request.model")).map(Value::from)),
        ("provider", lenient::short(of("gen_ai.system")).map(Value::from)),
        ("operation", lenient::short(of("gen_ai.operation.name")).map(Value::from)),
        ("input_tokens", count("gen_ai.usage.input_tokens").filter(|_| is_reported)),
        ("output_tokens", count("gen_ai.usage.output_tokens").filter(|_| is_reported)),
        ("cache_read_tokens", count("agentsight.llm.cache_read_tokens")),
        ("cache_write_tokens", count("agentsight.llm.cache_write_tokens")),
        ("reasoning_tokens", count("agentsight.llm.reasoning_tokens")),
        ("embedding_tokens", count("agentsight.llm.embedding_tokens")),
        ("audio_input_tokens", count("agentsight.llm.audio_input_tokens")),
        ("audio_output_tokens", count("agentsight.llm.audio_output_tokens")),
        ("duration_ms", span.duration_ms()),
        ("status", Some(if failed { "error" } else { "ok" }.into())),
        ("turn_id", span.turn()),
        ("usage_reported", (!is_reported).then_some(Value::Bool(false))),
        ("ended_at", span.stamp("ended_at")),
    ])
}

fn button(span: &Span) -> Map<String, Value> {
    let label = span.text("button.label").or_else(|| lenient::text(span.member("name")));
    data([
        ("click_type", Some("quick_reply".into())),
        ("title", Some(label.unwrap_or_default().into())),
        ("group", span.short("button.event").map(Value::from)),
        ("value", span.text("button.value").map(Value::from)),
        ("metadata", span.metadata()),
    ])
}
