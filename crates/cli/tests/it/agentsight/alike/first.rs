//! The conversations as requests of 0.0.x: one an item.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    native::stamp,
    sdk::Sdk,
    story::{Item, Story, Took, What},
};

/// Each so many requests come twice, as after a time-out.
const AGAIN: usize = 5;

/// Tracks a conversation: its rows first, as the SDK does, then its items. Numbers that later requests name are kept with their entries.
pub(super) fn track(sdk: &Sdk<'_>, story: &Story) {
    let is_row = |item: &&Item| matches!(item.what, What::Opened | What::Started);
    let mut number = Value::Null;
    let (rows, items): (Vec<&Item>, Vec<&Item>) = story.items.iter().partition(is_row);
    for (at, item) in rows.into_iter().chain(items).enumerate() {
        let Some((path, body)) = request(sdk, story, item, &number) else { continue };
        let answer = sdk.post(path, &body);
        if at % AGAIN == 0 && path != "/api/attachments/" {
            assert_eq!(sdk.post(path, &body)["id"], answer["id"], "the same again is what it was: {body}");
        }
        number = if is_row(&item) { answer["id"].clone() } else { number };
        if let What::Message { id, .. } = &item.what {
            sdk.keep(id, &answer["id"]);
        }
    }
    sdk.keep(&story.id, &number);
}

fn request(sdk: &Sdk<'_>, story: &Story, item: &Item, number: &Value) -> Option<(&'static str, Value)> {
    let (path, more) = match &item.what {
        What::Opened | What::Started => return Some(("/api/conversations/", row(story, item))),
        What::Message { id, role } => {
            let sender = sender(role);
            ("/api/track/", json!({"content": id, "sender": sender}))
        }
        What::Click { title } => ("/api/buttons/", json!({"button_event": "menu", "label": title, "value": title})),
        What::Tool { name, has_failed, took } => ("/api/action_logs/", action(name, *has_failed, took)),
        What::Tokens { totals: [prompt, completion], .. } => {
            let totals = json!({"prompt_tokens": prompt, "completion_tokens": completion,
                "total_tokens": prompt + completion, "embedding_tokens": 0});
            ("/api/action_logs/", json!({"action_name": "token_usage", "metadata": totals}))
        }
        What::File { message, mime, bytes } => {
            let file = json!({"filename": "attached", "mime_type": mime, "data": STANDARD.encode(bytes)});
            let named = number.as_i64().map_or("None".to_owned(), |number| number.to_string());
            let body = json!({"timestamp": stamp(item.at), "attachments": [file], "message": sdk.kept(message),
                "conversation": named, "conversation_id": story.id, "sender": "end_user", "metadata": {}});
            return Some(("/api/attachments/", body));
        }
        _ => return None,
    };
    let mut body =
        json!({"timestamp": stamp(item.at), "conversation_id": story.id, "conversation": number, "metadata": {}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Some((path, body))
}

fn row(story: &Story, item: &Item) -> Value {
    let about = &story.about;
    json!({
        "timestamp": stamp(item.at), "conversation_id": story.id, "customer_id": story.customer,
        "customer_ip_address": about.address, "device": about.device, "source": about.source, "language": about.language,
        "name": null, "environment": story.environment, "metadata": null, "is_used": item.what == What::Started,
    })
}

fn action(name: &str, has_failed: bool, took: &Took) -> Value {
    let mut body = json!({"action_name": name});
    match took {
        Took::Unsaid => {}
        Took::Ms(ms) => body["duration_ms"] = json!(ms),
        Took::FromTo(from, to) => (body["started_at"], body["ended_at"]) = (json!(stamp(*from)), json!(stamp(*to))),
    }
    if has_failed {
        body["error_msg"] = json!("it failed");
    }
    body
}

/// What the manager and feedback do.
pub(super) fn ask(sdk: &Sdk<'_>, story: &Story) {
    for item in &story.items {
        match &item.what {
            What::Opinion { rating, comment } => {
                let body = json!({"conversation_id": story.id, "sentiment": rating, "comment": comment,
                    "timestamp": stamp(item.at)});
                let answer = sdk.post("/api/conversation-feedbacks/", &body);
                assert_eq!(sdk.post("/api/conversation-feedbacks/", &body)["id"], answer["id"], "as after a time-out");
            }
            What::Updated { device, language } => {
                let number = sdk.number(&story.id);
                sdk.patch(
                    &format!("/api/conversations/{number}/update/"),
                    &json!({"device": device, "language": language}),
                );
            }
            What::Deleted => sdk.delete(&format!("/api/conversations/{}/delete/", sdk.number(&story.id))),
            _ => {}
        }
    }
}

/// Who a role is for the SDKs.
pub(super) fn sender(role: &str) -> &str {
    match role {
        "user" => "end_user",
        "bot" => "agent",
        other => other,
    }
}
