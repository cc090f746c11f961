//! The conversations as spans of 0.1.x, in batches.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::{
    first::sender,
    native::stamp,
    sdk::Sdk,
    story::{Item, Story, Took, What},
};

/// Tracks a conversation: a turn is what the customer says in a row and all until they speak again. Children are sent before their
/// turns, as where a turn is split over payloads, and all of it twice.
pub(super) fn track(sdk: &Sdk<'_>, story: &Story) {
    let mut spans = Spans { story, made: Vec::new() };
    let mut turn: Vec<&Item> = Vec::new();
    let mut work: Vec<&Item> = Vec::new();
    for item in &story.items {
        match &item.what {
            What::Message { role, .. } => {
                let is_answered = turn.iter().any(|said| !is_user(said));
                if *role == "user" && is_answered {
                    spans.turn(&std::mem::take(&mut turn), &std::mem::take(&mut work));
                }
                turn.push(item);
            }
            What::Tool { .. } | What::Model { .. } if !turn.is_empty() => work.push(item),
            What::Tool { .. } | What::Model { .. } => spans.work(item, None),
            What::Opened => spans.add("conversation", "conversation_opened", (item.at, 0), json!({})),
            What::Click { title } => {
                let own = json!({"agentsight.button.event": "menu", "agentsight.button.label": title,
                    "agentsight.button.value": title, "agentsight.metadata": "{}"});
                spans.add("button", title, (item.at, 0), own);
            }
            _ => {}
        }
    }
    spans.turn(&turn, &work);
    let (turns, children): (Vec<Value>, Vec<Value>) = spans.made.into_iter().partition(|span| span["kind"] == "turn");
    for spans in [&children, &turns, &children, &turns] {
        if !spans.is_empty() {
            sdk.post("/api/ingest/", &batch(story, json!(story.about.device), json!(story.about.language), spans));
        }
    }
    changed(sdk, story);
}

fn is_user(item: &Item) -> bool {
    matches!(item.what, What::Message { role: "user", .. })
}

/// A payload of one block.
fn batch(story: &Story, device: Value, language: Value, spans: &[Value]) -> Value {
    let mut block = json!({
        "conversation_id": story.id, "customer_id": story.customer, "customer_ip_address": story.about.address,
        "device": device, "source": story.about.source, "language": language, "environment": story.environment,
    });
    block.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let mut spans = spans.to_vec();
    spans.sort_by_key(|span| span["started_at"].to_string());
    block["spans"] = json!(spans);
    json!({"sdk": {"name": "agentsight-python", "version": "0.1.4"}, "conversations": [block]})
}

/// What becomes known of the conversation later.
fn changed(sdk: &Sdk<'_>, story: &Story) {
    for (number, item) in story.items.iter().enumerate() {
        if let What::Updated { device, language } = &item.what {
            let mut spans = Spans { story, made: Vec::new() };
            spans.add("conversation", "metadata_updated", (item.at, 0), json!({}));
            spans.made[0]["span_id"] = json!(span_id(&story.id, 10_000 + number));
            sdk.post("/api/ingest/", &batch(story, json!(device), json!(language), &spans.made));
        }
    }
}

/// Spans in the making.
struct Spans<'s> {
    story: &'s Story,
    made: Vec<Value>,
}

impl Spans<'_> {
    /// A turn with what was done in it; nothing of no messages.
    fn turn(&mut self, said: &[&Item], work: &[&Item]) {
        let (Some(first), Some(last)) = (said.first(), said.last()) else { return };
        let events: Vec<Value> = said.iter().filter_map(|item| message(item)).collect();
        let ms = (last.at - first.at).num_milliseconds();
        self.add("turn", "handle", (first.at, ms), json!({"agentsight.turn.complete": true}));
        let turn = self.made.last_mut().unwrap();
        turn["events"] = json!(events);
        let id = turn["span_id"].clone();
        turn["attributes"]["agentsight.turn.id"] = id.clone();
        work.iter().for_each(|item| self.work(item, Some(&id)));
    }

    /// A call of a tool or model.
    fn work(&mut self, item: &Item, turn: Option<&Value>) {
        match &item.what {
            What::Tool { name, has_failed, took: Took::Ms(ms) } => {
                let mut own = json!({"agentsight.tool.name": name, "agentsight.tool.response": "done"});
                if *has_failed {
                    own["agentsight.tool.error"] = json!("it failed");
                }
                self.add("tool", name, (item.at, *ms), own);
            }
            What::Model { call } => {
                self.add("llm", "chat", (item.at, call["duration_ms"].as_i64().unwrap()), model(call));
            }
            other => panic!("{other:?} is no work of 0.1.x"),
        }
        if let Some(turn) = turn {
            let span = self.made.last_mut().unwrap();
            span["attributes"]["agentsight.turn.id"] = turn.clone();
            span["parent_span_id"] = turn.clone();
        }
    }

    fn add(&mut self, kind: &str, name: &str, (at, ms): (DateTime<Utc>, i64), own: Value) {
        let number = self.made.len();
        let mut attributes = json!({"agentsight.conversation.id": self.story.id, "agentsight.span.kind": kind});
        if let Some(customer) = &self.story.customer {
            attributes["agentsight.conversation.customer_id"] = json!(customer);
        }
        attributes.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        self.made.push(json!({
            "span_id": span_id(&self.story.id, number), "trace_id": "0".repeat(32), "parent_span_id": null, "kind": kind,
            "name": name, "started_at": stamp(at), "ended_at": stamp(at + Duration::milliseconds(ms)),
            "duration_ms": ms as f64, "status": "ok", "attributes": attributes, "events": [],
            "otel": {"span_kind": "INTERNAL", "trace_flags": 3},
        }));
    }
}

fn message(item: &Item) -> Option<Value> {
    let What::Message { id, role } = &item.what else { return None };
    let attributes = json!({"agentsight.message.sender": sender(role), "agentsight.message.content": id});
    Some(json!({"name": "agentsight.message", "timestamp": stamp(item.at), "attributes": attributes}))
}

fn model(call: &Value) -> Value {
    let mut own = json!({
        "gen_ai.system": "unknown", "gen_ai.request.model": call["model"], "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": call["input_tokens"], "gen_ai.usage.output_tokens": call["output_tokens"],
    });
    for name in ["cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "embedding_tokens"] {
        if call[name].is_i64() {
            own[format!("agentsight.llm.{name}")] = call[name].clone();
        }
    }
    own
}

/// 16 digits that no other span has.
fn span_id(conversation: &str, number: usize) -> String {
    let hash = conversation
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{:016x}", hash.wrapping_add(number as u64))
}

/// Uploads, feedback and management.
pub(super) fn ask(sdk: &Sdk<'_>, story: &Story) {
    let needs = |item: &Item| !item.what.is_told() && !matches!(item.what, What::Updated { .. });
    if !story.items.iter().any(needs) {
        return;
    }
    let row = sdk.row(&story.id);
    let number = row["id"].as_i64().unwrap();
    let entry = |message: &str| {
        let rows = row["messages"].as_array().unwrap();
        let found = rows.iter().find(|row| row["content"] == message);
        found.unwrap_or_else(|| panic!("{message} is not in {row}"))["id"].clone()
    };
    for item in &story.items {
        match &item.what {
            What::File { message, mime, bytes } => {
                let file = json!({"filename": "attached", "mime_type": mime, "data": STANDARD.encode(bytes)});
                let body = json!({"conversation": number.to_string(), "timestamp": stamp(item.at), "mode": "base64",
                    "sender": "end_user", "metadata": {}, "attachments": [file], "message": entry(message).to_string()});
                sdk.post("/api/attachments/", &body);
            }
            What::Opinion { rating, comment } => {
                let body =
                    json!({"kind": "conversation", "conversation": number, "sentiment": rating, "comment": comment});
                sdk.post("/api/feedbacks/", &body);
            }
            What::Vote { message, rating, comment } => {
                let body =
                    json!({"kind": "message", "message": entry(message), "sentiment": rating, "comment": comment});
                sdk.post("/api/feedbacks/", &body);
            }
            What::Deleted => sdk.delete(&format!("/api/conversations/{number}/")),
            _ => {}
        }
    }
}
