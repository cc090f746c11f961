//! The conversations as native events. Where an SDK cannot say what a native producer would, the rule stands here.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::story::{Item, Release, Story, Took, What};

/// The events of a conversation, in its order; `now` is the time of what has none of its own.
pub(super) fn events(story: &Story, now: DateTime<Utc>) -> Vec<Value> {
    let numbered = story.items.iter().enumerate();
    numbered.map(|(number, item)| event(story, (number, item), now)).collect()
}

fn event(story: &Story, (number, item): (usize, &Item), now: DateTime<Utc>) -> Value {
    let (kind, data) = said(story, &item.what);
    let at = if is_timed(story.release, &item.what) { item.at } else { now + Duration::microseconds(number as i64) };
    let mut event = json!({
        "event_id": format!("{}-{number}", story.id), "event": kind, "timestamp": stamp(at), "historical": true,
        "sequence": number, "environment": story.stamped(), "conversation_id": story.id, "data": data,
    });
    if names_customer(story.release, &item.what) {
        event["user_id"] = json!(story.customer);
    }
    if matches!(item.what, What::Opened | What::Started | What::Known) && says_about(story.release, &item.what) {
        event["channel"] = json!(story.about.source);
        event["context"] = json!({"ip": story.about.address});
    }
    event
}

/// Feedback and management of 0.1.x, and management of 0.0.x, come without a time: they happen when they arrive.
fn is_timed(release: Release, what: &What) -> bool {
    match what {
        What::Deleted | What::Vote { .. } => false,
        What::Opinion { .. } | What::Updated { .. } => {
            (release == Release::First) == matches!(what, What::Opinion { .. })
        }
        _ => true,
    }
}

/// 0.0.x names the customer with the conversation alone, 0.1.x with each span.
fn names_customer(release: Release, what: &What) -> bool {
    match release {
        Release::First => matches!(what, What::Opened | What::Started),
        Release::Second => what.is_told() || matches!(what, What::Updated { .. }),
    }
}

/// What is known of the conversation as a whole stands in the requests of 0.0.x that open and start it; in 0.1.x the spans say it, of
/// which the last one wins: that is an update.
fn says_about(release: Release, what: &What) -> bool {
    match release {
        Release::First => matches!(what, What::Opened | What::Started),
        Release::Second => *what == What::Known,
    }
}

/// Type and data.
fn said(story: &Story, what: &What) -> (&'static str, Value) {
    let about = || if says_about(story.release, what) { story.about.members() } else { json!({}) };
    match what {
        What::Opened => ("conversation.initialized", about()),
        What::Started => ("conversation.started", about()),
        What::Known => ("conversation.updated", json!({"set": about()})),
        // Whatever the bot says can be rated.
        What::Message { id, role: "bot" } => {
            ("message.created", json!({"message_id": id, "role": "bot", "text": id, "feedback_enabled": true}))
        }
        What::Message { id, role } => ("message.created", json!({"message_id": id, "role": role, "text": id})),
        // A button is a quick reply of which nobody knows where it leads.
        What::Click { title } => ("ui.clicked", json!({"click_type": "quick_reply", "title": title, "group": "menu"})),
        What::Tool { name, has_failed, took } => {
            let mut data = json!({"tool_name": name, "status": if *has_failed { "error" } else { "ok" }});
            match took {
                Took::Unsaid => {}
                Took::Ms(ms) => data["duration_ms"] = json!(ms),
                Took::FromTo(from, to) => {
                    (data["started_at"], data["ended_at"]) = (json!(stamp(*from)), json!(stamp(*to)));
                }
            }
            ("tool.call.completed", data)
        }
        // Counts of 0.0.x are the process's own in all: the first in a conversation does not say what was used there.
        What::Tokens { is_first: true, .. } => ("tool.call.completed", json!({"tool_name": "token_usage"})),
        What::Tokens { used: [input, output], .. } => (
            "tool.call.completed",
            json!({"tool_name": "token_usage", "prompt_tokens": input, "completion_tokens": output}),
        ),
        What::Model { call } => ("llm.call.completed", call.clone()),
        What::File { message, mime, bytes } => (
            "attachment.added",
            json!({"attachment_id": format!("file-{message}"), "message_id": message, "mime": mime, "size_bytes": bytes.len()}),
        ),
        What::Opinion { rating, comment } => (
            "feedback.submitted",
            json!({"target": "conversation", "rating": rating, "comment": comment, "source": "customer"}),
        ),
        What::Vote { message, rating, comment } => (
            "feedback.submitted",
            json!({"target": "message", "message_id": message, "rating": rating, "comment": comment, "source": "customer"}),
        ),
        What::Updated { device, language } => {
            ("conversation.updated", json!({"set": {"device": device, "language": language}}))
        }
        What::Deleted => ("conversation.deleted", json!({"mode": "soft"})),
    }
}

/// An instant, as both ways write it.
pub(super) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, false)
}
