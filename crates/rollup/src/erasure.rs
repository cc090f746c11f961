//! What remains of the events of an erased person: what the figures are made of, and nothing that a person wrote or that says who
//! they are. What is not named here goes, also what later versions or other producers add.

use serde_json::{Map, Value};

use crate::eligibility::TEST_TAG;
use crate::page;

/// What stands where a text was of which only is known that it was there.
pub const ERASED_TEXT: &str = "[erased]";

/// Members of `data` that remain, where they are a text, a number or a truth value.
const KEPT: &[&str] = &[
    "action",
    "agent_id",
    "agent_session_id",
    "assignment_id",
    "attachment_id",
    "audio_input_tokens",
    "audio_output_tokens",
    "audio_tokens",
    "by",
    "cache_read_tokens",
    "cache_write_tokens",
    "call_id",
    "category",
    "click_type",
    "closed_by",
    "complete",
    "completion_tokens",
    "confidence",
    "content_type",
    "cost_reported",
    "country",
    "cumulative",
    "currency",
    "destination",
    "destination_type",
    "device",
    "duration_ms",
    "element_id",
    "embedding_tokens",
    "ended_at",
    "entry_point",
    "error_type",
    "evaluator",
    "feedback_enabled",
    "feedback_id",
    "final",
    "finish_reason",
    "from_agent_id",
    "hits",
    "initiator",
    "input_tokens",
    "intent",
    "kind",
    "language",
    "message_id",
    "method",
    "mime",
    "mode",
    "model",
    "new_assignment_id",
    "offer_id",
    "operation",
    "origin",
    "outcome",
    "output_tokens",
    "parent_id",
    "placement",
    "previous_close_at",
    "priority",
    "prompt_tokens",
    "provider",
    "queue",
    "rating",
    "reasoning_tokens",
    "reply_to",
    "request_id",
    "resolution",
    "role",
    "rule",
    "scale_max",
    "scale_min",
    "score",
    "size_bytes",
    "source",
    "started_at",
    "status",
    "success",
    "survey_id",
    "system",
    "target",
    "team",
    "ticket_id",
    "title",
    "to_agent_id",
    "to_team",
    "tool_name",
    "top_score",
    "total_tokens",
    "trigger",
    "ttft_ms",
    "turn_id",
    "type",
    "visibility",
    "widget_version",
    "workflow_id",
    "wrap_up_ms",
];

/// Members that remain in the data of some types alone: in others a person may have written them.
const KEPT_OF: &[(&str, &[&str])] = &[
    ("assignment.ended", &["reason"]),
    ("assignment.missed", &["reason"]),
    ("conversation.closed", &["reason"]),
    ("conversation.ended", &["reason"]),
    ("evaluation.recorded", &["label", "name"]),
    ("outcome.recorded", &["name", "value"]),
    ("queue.left", &["reason"]),
    ("turn.completed", &["reason"]),
    ("workflow.started", &["name"]),
];

/// Members that are objects, or lists of them, with what remains within.
const PARTS: &[(&str, &[&str])] = &[
    ("attachments", &["mime", "size_bytes", "type"]),
    ("elements", &["click_type", "destination", "destination_type", "element_id", "title"]),
    ("intent", &["confidence", "name"]),
    ("speech", &["end_ts", "interrupted", "start_ts"]),
    ("target", &["message_id"]),
];

/// Members that name users.
const USERS: &[&str] = &["from_user_id", "into_user_id", "user_id"];

/// The users that an event's `data` (JSON) names: those that were merged, or asked to be forgotten.
pub fn users_named(event: &str, data: &str) -> Vec<String> {
    if !matches!(event, "user.merged" | "user.erasure_requested") {
        return Vec::new();
    }
    let data = object(data);
    USERS.iter().filter_map(|name| data.get(*name)?.as_str().map(str::to_owned)).collect()
}

/// What remains of an event's `data` (JSON); `alias` says what stands for a user's id.
pub fn redacted_data(event: &str, data: &str, alias: &dyn Fn(&str) -> String) -> String {
    let own = KEPT_OF.iter().find(|(of, _)| *of == event).map_or(&[][..], |(_, names)| names);
    let mut kept = Map::new();
    for (name, value) in object(data) {
        let remains = match (name.as_str(), &value) {
            ("comment", Value::String(text)) if !text.is_empty() => Some(ERASED_TEXT.into()),
            ("set", Value::Object(set)) => Some(kept_of_set(set)),
            ("page_url", Value::String(url)) => Some(page::path(url).into()),
            (name, Value::String(id)) if USERS.contains(&name) => Some(alias(id).into()),
            (name, value) if is_plain(value) => (KEPT.contains(&name) || own.contains(&name)).then(|| value.clone()),
            (name, _) => PARTS.iter().find(|(part, _)| *part == name).map(|(_, names)| part(value.clone(), names)),
        };
        if let Some(remains) = remains {
            kept.insert(name, remains);
        }
    }
    Value::Object(kept).to_string()
}

/// What remains of an event's `context` (JSON, '' for none): device, system, browser and place.
pub fn redacted_context(context: &str) -> String {
    let mut held = object(context);
    held.retain(|name, value| match name.as_str() {
        "browser" | "country" | "city" => is_plain(value),
        "device" => true,
        _ => false,
    });
    if let Some(device) = held.get_mut("device") {
        *device = part(device.take(), &["os", "type"]);
    }
    if held.is_empty() { String::new() } else { Value::Object(held).to_string() }
}

/// What remains of what `conversation.updated` sets; of tags only those that a figure knows.
fn kept_of_set(set: &Map<String, Value>) -> Value {
    let mut kept = part(Value::Object(set.clone()), &["country", "device", "is_marked", "language", "source"]);
    if let Some(Value::Array(tags)) = set.get("tags") {
        kept["tags"] = tags.iter().filter(|tag| *tag == TEST_TAG).cloned().collect();
    }
    kept
}

fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

fn is_plain(value: &Value) -> bool {
    !matches!(value, Value::Object(_) | Value::Array(_))
}

fn part(value: Value, kept: &[&str]) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| part(item, kept)).collect(),
        Value::Object(mut members) => {
            members.retain(|name, value| kept.contains(&name.as_str()) && is_plain(value));
            Value::Object(members)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alias(id: &str) -> String {
        format!("alias of {id}")
    }

    fn check(event: &str, data: &str, remains: &str) {
        let redacted = redacted_data(event, data, &alias);
        let expected: Value = serde_json::from_str(remains).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&redacted).unwrap(), expected, "{event}");
    }

    #[test]
    fn nothing_remains_that_a_person_wrote() {
        check(
            "message.created",
            r#"{"message_id": "m", "role": "user", "parts": [{"text": "I am Jane"}], "intent": {"name": "refund", "of": "Jane"},
                "attachments": [{"type": "image", "filename": "jane.png", "url": "https://x/jane", "size_bytes": 7}], "new": "Jane"}"#,
            r#"{"message_id": "m", "role": "user", "intent": {"name": "refund"}, "attachments": [{"type": "image", "size_bytes": 7}]}"#,
        );
        check(
            "tool.call.completed",
            r#"{"tool_name": "find", "arguments": {"name": "Jane"}, "result": "Jane", "error": "no Jane", "duration_ms": 4}"#,
            r#"{"tool_name": "find", "duration_ms": 4}"#,
        );
        check(
            "conversation.updated",
            r#"{"set": {"name": "Jane", "customer_id": "jane", "language": "es", "metadata": {"a": 1}, "tags": ["Jane", "test"]}}"#,
            r#"{"set": {"language": "es", "tags": ["test"]}}"#,
        );
        check("user.identified", r#"{"traits": {"email": "jane@example.com"}}"#, "{}");
        check("retrieval.completed", r#"{"query": "Jane", "hits": 2}"#, r#"{"hits": 2}"#);
        check("ticket.created", r#"{"ticket_id": "t", "subject": "Jane"}"#, r#"{"ticket_id": "t"}"#);
        check("handoff.requested", r#"{"trigger": "direct", "reason": "I am Jane"}"#, r#"{"trigger": "direct"}"#);
        check("conversation.closed", r#"{"reason": "solved"}"#, r#"{"reason": "solved"}"#);
        check("message.created", "no JSON", "{}");
    }

    #[test]
    fn a_comment_was_there_a_page_is_its_path_and_users_have_other_names() {
        check("csat.submitted", r#"{"score": 4, "comment": "Jane"}"#, r#"{"score": 4, "comment": "[erased]"}"#);
        check("csat.submitted", r#"{"score": 4, "comment": ""}"#, r#"{"score": 4}"#);
        check(
            "conversation.initialized",
            r#"{"page_url": "https://shop.example/help?who=jane#x"}"#,
            r#"{"page_url": "/help"}"#,
        );
        let merged = r#"{"from_user_id": "a", "into_user_id": "b"}"#;
        check("user.merged", merged, r#"{"from_user_id": "alias of a", "into_user_id": "alias of b"}"#);
        assert_eq!(users_named("user.merged", merged), ["a", "b"]);
        assert!(users_named("message.created", r#"{"user_id": "a"}"#).is_empty());
    }

    #[test]
    fn a_context_keeps_device_and_place() {
        let context = r#"{"user_agent": "UA", "timezone": "Europe/Madrid", "page": {"url": "/jane"}, "browser": "Firefox",
            "device": {"type": "mobile", "os": "iOS", "id": "jane"}, "country": "ES", "jane": {"a": 1}}"#;
        let remains: Value = serde_json::from_str(&redacted_context(context)).unwrap();
        let expected =
            serde_json::json!({"browser": "Firefox", "device": {"type": "mobile", "os": "iOS"}, "country": "ES"});
        assert_eq!(remains, expected);
        assert_eq!(redacted_context(r#"{"user_agent": "UA"}"#), "");
        assert_eq!(redacted_context(""), "");
    }
}
