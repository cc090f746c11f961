//! What AgentSight's SDKs send, ready to be sent: the demo's conversations as their requests.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::traffic::{ID, TIME, Template};
use crate::demo::DemoEvent;

/// Calls of 0.0.x, one an item.
pub(super) fn calls(events: &[DemoEvent]) -> Vec<Template> {
    events.iter().filter_map(|event| call(&event.json)).collect()
}

fn call(event: &Value) -> Option<Template> {
    let data = &event["data"];
    let (path, mut body) = match event["event"].as_str()? {
        "conversation.started" => (
            "/api/conversations/",
            json!({
                "customer_id": event["user_id"], "customer_ip_address": null, "device": data["device"],
                "source": event["channel"], "language": data["language"], "name": null, "environment": "production",
                "is_used": true,
            }),
        ),
        "message.created" => (
            "/api/track/",
            json!({"content": data["text"].as_str().filter(|text| !text.is_empty())?, "sender": sender(data)?}),
        ),
        "tool.call.completed" => {
            ("/api/action_logs/", json!({"action_name": data["tool_name"], "duration_ms": data["duration_ms"]}))
        }
        "ui.clicked" => {
            ("/api/buttons/", json!({"button_event": "menu", "label": data["title"], "value": data["title"]}))
        }
        _ => return None,
    };
    if path != "/api/conversations/" {
        (body["conversation"], body["metadata"]) = (Value::Null, json!({}));
    }
    let (id, time) = (event["conversation_id"].as_str()?, event["timestamp"].as_str()?);
    (body["conversation_id"], body["timestamp"]) = (id.into(), time.into());
    Some(Template::new(path, body.to_string(), &[(id, ID)], (time, TIME)))
}

/// Blocks of 0.1.x: a turn each, of what the customer said and the answer, with a model's call in it.
pub(super) fn turns(events: &[DemoEvent]) -> Vec<Template> {
    let mut asked: HashMap<&str, &Value> = HashMap::new();
    let mut turns = Vec::new();
    for event in events.iter().map(|event| &event.json).filter(|event| event["event"] == "message.created") {
        let Some(conversation) = event["conversation_id"].as_str() else { continue };
        match sender(&event["data"]) {
            Some("end_user") => {
                asked.insert(conversation, event);
            }
            Some(_) => {
                let question = asked.remove(conversation);
                turns.extend(question.and_then(|question| turn(turns.len(), question, event)));
            }
            None => {}
        }
    }
    turns
}

fn turn(number: usize, question: &Value, answer: &Value) -> Option<Template> {
    let (id, time) = (question["conversation_id"].as_str()?, question["timestamp"].as_str()?);
    let [turn, call] = [2 * number, 2 * number + 1].map(|number| format!("{number:016x}"));
    let message = |event: &Value| {
        let data = &event["data"];
        json!({"name": "agentsight.message", "timestamp": time, "attributes": {
            "agentsight.message.sender": sender(data), "agentsight.message.content": data["text"],
        }})
    };
    let span = |own: &str, parent: Value, kind: &str, attributes: Value, events: Value| {
        json!({
            "span_id": own, "trace_id": "0".repeat(32), "parent_span_id": parent, "kind": kind, "name": kind,
            "started_at": time, "ended_at": time, "duration_ms": 1.0, "status": "ok", "attributes": attributes,
            "events": events, "otel": {"span_kind": "INTERNAL", "trace_flags": 3},
        })
    };
    let turns = json!({"agentsight.conversation.id": id, "agentsight.turn.id": turn, "agentsight.turn.complete": true});
    let calls = json!({
        "agentsight.conversation.id": id, "agentsight.turn.id": turn, "gen_ai.system": "openai", "gen_ai.request.model": "large",
        "gen_ai.usage.input_tokens": 700, "gen_ai.usage.output_tokens": 80,
    });
    let spans = [
        span(&turn, Value::Null, "turn", turns, json!([message(question), message(answer)])),
        span(&call, json!(turn), "llm", calls, json!([])),
    ];
    let block = json!({"conversation_id": id, "source": "web", "device": "desktop", "language": "es", "spans": spans});
    let marked = [(id, ID), (turn.as_str(), turn.len()), (call.as_str(), call.len())];
    Some(Template::new("/api/ingest/", block.to_string(), &marked, (time, TIME)))
}

/// Who a message is from, as the SDKs say it; they know no human agents.
fn sender(data: &Value) -> Option<&'static str> {
    match data["role"].as_str()? {
        "user" => Some("end_user"),
        "bot" => Some("agent"),
        _ => None,
    }
}
