//! Conversations as AgentSight exports them, as native events: the rows that its lists give back with their transcripts.

use event::Timestamp;
use serde_json::{Value, json};

use crate::{
    lenient,
    write::{
        draft::{Draft, data},
        items::{rateable, role_of},
    },
};

/// The native events of a conversation of an export, or what is wrong with it. Imported again they are the same events.
///
/// # Errors
/// When the row names no conversation.
pub fn exported(row: &Value, now: Timestamp) -> Result<Vec<Value>, &'static str> {
    let conversation = lenient::id(row.get("conversation_id")).ok_or("a conversation needs a conversation_id")?;
    let environment = lenient::short(row.get("environment")).unwrap_or_else(|| "production".to_owned());
    let maker = Maker { conversation, environment };
    let mut drafts = vec![maker.conversation(row)];
    let list = |name: &str| row.get(name).and_then(Value::as_array).into_iter().flatten();
    for message in list("messages") {
        maker.message(message, &mut drafts);
    }
    drafts.extend(list("feedbacks").map(|feedback| maker.feedback(feedback, None)));
    if row.get("is_marked") == Some(&Value::Bool(true)) {
        let set = data([("set", Some(json!({"is_marked": true})))]);
        drafts.push(maker.draft("conversation.updated", "marked", row.get("ended_at").or(row.get("started_at")), set));
    }
    if row.get("is_deleted") == Some(&Value::Bool(true)) {
        let soft = data([("mode", Some("soft".into()))]);
        drafts.push(maker.draft(
            "conversation.deleted",
            "deleted",
            row.get("deleted_at").or(row.get("started_at")),
            soft,
        ));
    }
    Ok(drafts.into_iter().map(|draft| draft.into_json(now)).collect())
}

struct Maker {
    conversation: String,
    environment: String,
}

impl Maker {
    /// An event; `name` is what tells it from the others of its conversation.
    fn draft(
        &self,
        event: &'static str,
        name: &str,
        at: Option<&Value>,
        data: serde_json::Map<String, Value>,
    ) -> Draft {
        Draft {
            event,
            event_id: format!("export-{name}"),
            conversation: Some(self.conversation.clone()),
            at: lenient::time(at),
            environment: Some(self.environment.clone()),
            data,
            ..Draft::default()
        }
    }

    fn conversation(&self, row: &Value) -> Draft {
        let is_used = row.get("is_used").and_then(Value::as_bool).unwrap_or(true);
        let event = if is_used { "conversation.started" } else { "conversation.initialized" };
        let text = |name: &str| lenient::short(row.get(name));
        let address = lenient::address(row.get("customer_ip_address"));
        let country = row.get("geo_location").and_then(|geo| lenient::short(geo.get("country")));
        let members = data([
            ("name", text("name").map(Value::from)),
            ("device", text("device").map(Value::from)),
            ("language", text("language").map(Value::from)),
            ("source", text("source").map(Value::from)),
            ("country", country.map(Value::from)),
            ("customer_id", text("customer_id").map(Value::from)),
            ("customer_ip_address", address.clone().map(Value::from)),
            ("metadata", lenient::object(row.get("metadata")).map(Value::Object)),
        ]);
        let draft = self.draft(event, "conversation", row.get("started_at"), members);
        Draft { user_id: text("customer_id"), channel: text("source"), ip: address, ..draft }
    }

    /// A message, or what a message stands for: a call of an action, a button, files.
    fn message(&self, message: &Value, drafts: &mut Vec<Draft>) {
        let id = lenient::id(message.get("id")).unwrap_or_default();
        let at = message.get("timestamp");
        let list = |name: &str| message.get(name).and_then(Value::as_array).into_iter().flatten().enumerate();
        let action = lenient::short(message.get("action_name"));
        let button = message.get("button").filter(|button| button.is_object());
        let has_files = list("attachments").next().is_some();
        let content = lenient::text(message.get("content")).map(lenient::long);
        let is_holder = has_files && content.as_deref() == Some("[Attachments]");
        for (number, log) in list("action_logs") {
            let name = action.clone().unwrap_or_else(|| "unknown".to_owned());
            drafts.push(self.draft("tool.call.completed", &format!("{id}-log-{number}"), at, call(name, log)));
        }
        if let Some(button) = button {
            let text = |name: &str| lenient::text(button.get(name)).map(|text| lenient::long(text).into());
            let members = data([
                ("click_type", Some("quick_reply".into())),
                ("title", Some(text("label").unwrap_or_else(|| "".into()))),
                ("group", lenient::short(button.get("button_event")).map(Value::from)),
                ("value", text("value")),
            ]);
            drafts.push(self.draft("ui.clicked", &format!("{id}-button"), at, members));
        }
        let role = lenient::text(message.get("sender")).and_then(|sender| role_of(&sender));
        if let Some(role) = role.filter(|_| action.is_none() && button.is_none() && !is_holder) {
            let mut members = data([
                ("message_id", Some(format!("export-{id}").into())),
                ("role", Some(role.into())),
                ("text", content.map(Value::from)),
                ("metadata", lenient::object(message.get("metadata")).map(Value::Object)),
            ]);
            members.extend(rateable(role));
            drafts.push(self.draft("message.created", &id, at, members));
        }
        if let Some(vote) = message.get("feedback").filter(|vote| vote.is_object()) {
            drafts.push(self.feedback(vote, Some(format!("export-{id}"))));
        }
        for (number, file) in list("attachments") {
            let name = format!("{id}-file-{number}");
            let members = data([
                ("attachment_id", Some(name.clone().into())),
                ("message_id", (!is_holder).then(|| format!("export-{id}").into())),
                ("holder", is_holder.then(|| format!("export-{id}").into())),
                ("sender", lenient::short(message.get("sender")).map(Value::from)),
                ("filename", lenient::short(file.get("filename")).map(Value::from)),
                ("mime", lenient::short(file.get("mime_type")).map(Value::from)),
                ("size_bytes", file.get("size_bytes").and_then(Value::as_i64).map(Value::from)),
                ("url", lenient::text(file.get("file_url")).map(Value::from)),
            ]);
            drafts.push(self.draft("attachment.added", &name, at, members));
        }
    }

    /// Feedback of a message, or of the conversation.
    fn feedback(&self, feedback: &Value, message: Option<String>) -> Draft {
        let id = lenient::id(feedback.get("id")).unwrap_or_default();
        let source = lenient::short(feedback.get("source")).unwrap_or_else(|| "customer".to_owned());
        let comment = lenient::text(feedback.get("comment"));
        let members = data([
            ("target", Some(if message.is_some() { "message" } else { "conversation" }.into())),
            ("message_id", message.map(Value::from)),
            ("rating", Some(lenient::short(feedback.get("sentiment")).unwrap_or_else(|| "neutral".to_owned()).into())),
            ("comment", comment.map(|text| lenient::clamp(text, event::limits::COMMENT_CHARS).into())),
            ("source", Some(source.into())),
            ("metadata", lenient::object(feedback.get("metadata")).map(Value::Object)),
        ]);
        self.draft("feedback.submitted", &format!("feedback-{id}"), feedback.get("created_at"), members)
    }
}

fn call(name: String, log: &Value) -> serde_json::Map<String, Value> {
    let stamp = |name: &str| lenient::time(log.get(name)).map(|at| at.to_rfc3339().into());
    let error = lenient::text(log.get("error_message")).map(lenient::long);
    data([
        ("tool_name", Some(name.into())),
        ("started_at", stamp("started_at")),
        ("ended_at", stamp("ended_at")),
        ("duration_ms", log.get("duration_ms").and_then(Value::as_f64).map(Value::from)),
        ("status", Some(if error.is_some() { "error" } else { "ok" }.into())),
        ("error", error.map(Value::from)),
        ("arguments", lenient::document(log.get("tools_used"))),
        ("result", lenient::document(log.get("response"))),
        ("metadata", lenient::object(log.get("metadata")).map(Value::Object)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_of_an_export_becomes_the_events_that_its_calls_would_have_been() {
        let row = json!({
            "id": 7, "conversation_id": "c1", "environment": "production", "is_used": true, "started_at": "2026-01-02T03:04:05Z",
            "customer_id": "u1", "source": "web", "is_marked": true,
            "messages": [
                {"id": 1, "sender": "end_user", "content": "hi", "timestamp": "2026-01-02T03:04:06Z"},
                {"id": 2, "sender": "agent", "content": "Action find performed", "action_name": "find",
                 "action_logs": [{"duration_ms": 5, "error_message": "gone"}], "timestamp": "2026-01-02T03:04:07Z"},
                {"id": 4, "sender": "agent", "content": "hello", "timestamp": "2026-01-02T03:04:07.5Z",
                 "feedback": {"id": 8, "sentiment": "negative", "topic": "tone", "created_at": "2026-01-02T03:05:00Z"}},
                {"id": 3, "sender": "end_user", "content": "[Attachments]", "timestamp": "2026-01-02T03:04:08Z",
                 "attachments": [{"filename": "a.png", "mime_type": "image/png", "size_bytes": 3}]},
            ],
            "feedbacks": [{"id": 9, "sentiment": "positive", "created_at": "2026-01-02T03:05:00Z"}],
        });
        let now = Timestamp::parse_rfc3339("2026-03-01T00:00:00Z").unwrap();
        let events = exported(&row, now).unwrap();
        let types: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
        let expected = [
            "conversation.started",
            "message.created",
            "tool.call.completed",
            "message.created",
            "feedback.submitted",
            "attachment.added",
            "feedback.submitted",
            "conversation.updated",
        ];
        assert_eq!(types, expected);
        assert!(events.iter().all(|event| event["historical"] == true && event["conversation_id"] == "c1"));
        assert_eq!(events[2]["data"]["status"], "error");
        assert_eq!(
            (&events[1]["data"]["feedback_enabled"], &events[3]["data"]["feedback_enabled"]),
            (&Value::Null, &json!(true))
        );
        assert_eq!(
            (&events[4]["data"]["message_id"], &events[4]["data"]["target"]),
            (&json!("export-4"), &json!("message"))
        );
        assert_eq!(exported(&row, now).unwrap(), events, "the same when it is imported again");
        for event in &events {
            let bytes = event.to_string().into_bytes();
            let accepted = event::from_json(&bytes, &event::Defaults::new("shop", now));
            assert!(accepted.is_ok(), "{event}: {accepted:?}");
        }
        assert!(exported(&json!({"id": 1}), now).is_err());
    }
}
