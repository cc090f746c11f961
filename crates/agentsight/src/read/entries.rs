//! The entries of a transcript: what was said, and what stands for actions, buttons and files.

use serde_json::{Value, json};
use warehouse::query::stored::Stored;

use crate::{
    app::Caller,
    ids::Ids,
    read::{
        instant, parsed,
        view::{Told, Turns},
    },
    write::spans::PREFIX,
};

/// An entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    /// What its number is made of: the message's id, else the event's.
    pub(crate) reference: String,
    pub(crate) us: i64,
    pub(crate) files: Vec<File>,
    /// Its members, but for those that a view adds.
    pub(crate) row: Value,
}

/// An attachment.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) id: i64,
    pub(crate) filename: String,
    pub(crate) mime: String,
    pub(crate) size: Option<i64>,
    /// Its name in the store.
    pub(crate) name: Option<String>,
    pub(crate) url: Option<String>,
}

/// What entries are made with.
struct Maker<'a> {
    ids: Ids,
    caller: &'a Caller,
    entries: Vec<Entry>,
}

/// What stands where a file came alone.
const HOLDER: &str = "[Attachments]";

/// The entries of a conversation, in order.
pub(crate) fn entries(ids: Ids, caller: &Caller, told: &[Told<'_>], turns: &Turns) -> Vec<Entry> {
    let mut maker = Maker { ids, caller, entries: Vec::new() };
    for told in told {
        match told.event.event.as_str() {
            "message.created" => maker.message(told, turns),
            "tool.call.completed" => maker.action(told, turns),
            "ui.clicked" if !told.event.event_id.starts_with(PREFIX) => maker.button(told),
            _ => {}
        }
    }
    for told in told {
        match told.event.event.as_str() {
            "attachment.added" => maker.file(told.event, &told.data, None),
            "message.updated" => maker.edit(told),
            "message.deleted" => {
                maker.entries.retain(|entry| Some(entry.reference.as_str()) != text(&told.data, "message_id"))
            }
            _ => {}
        }
    }
    let mut entries = maker.entries;
    // Stable: entries of one moment stay as they arrived.
    entries.sort_by_key(|entry| entry.us);
    entries
}

/// Adds files that came with a number alone: of this conversation, or of one of its entries.
pub(crate) fn attach(
    ids: Ids,
    caller: &Caller,
    (conversation, entries): (&str, &mut Vec<Entry>),
    loose: &[Stored],
    begins: &str,
) {
    let own = ids.conversation(caller.project_id(), conversation, "");
    let before = entries.len();
    let mut maker = Maker { ids, caller, entries: std::mem::take(entries) };
    for event in loose.iter().filter(|event| event.event == "attachment.added") {
        let number = event.event_id.strip_prefix(begins).and_then(|rest| rest.split(':').next()).unwrap_or_default();
        let numbered = |kind: char| number.strip_prefix(kind).and_then(|number| number.parse::<i64>().ok());
        let data = parsed(&event.data);
        if let Some(message) = numbered('m') {
            let reference = maker.entries.iter().find(|entry| entry.id == message).map(|entry| entry.reference.clone());
            if let Some(reference) = reference {
                maker.file(event, &data, Some((conversation, &reference)));
            }
        } else if numbered('c') == Some(own) {
            let holder = text(&data, "holder").unwrap_or(&event.event_id).to_owned();
            maker.file(event, &data, Some((conversation, &holder)));
        }
    }
    *entries = maker.entries;
    if entries.len() > before {
        entries.sort_by_key(|entry| entry.us);
    }
}

fn text<'a>(data: &'a Value, name: &str) -> Option<&'a str> {
    data.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Who speaks, as clients call it.
fn sender(role: &str) -> &str {
    match role {
        "user" => "end_user",
        "bot" | "agent" => "agent",
        other => other,
    }
}

impl Maker<'_> {
    fn entry(&self, conversation: &str, reference: &str, us: i64) -> Entry {
        let id = self.ids.message(self.caller.project_id(), conversation, reference);
        let row = json!({
            "id": id, "conversation": null, "timestamp": null, "sender": "agent", "content": "", "action_name": null,
            "metadata": {}, "attachments": [], "action_logs": [], "button": null, "feedback": null,
        });
        Entry { id, reference: reference.to_owned(), us, files: Vec::new(), row }
    }

    fn message(&mut self, told: &Told<'_>, turns: &Turns) {
        let Told { event, data } = told;
        let turn = text(data, "turn_id").and_then(|turn| turns.get(turn));
        if turn.is_some_and(|(complete, _)| !complete) {
            return;
        }
        let mut entry = self.entry(&event.conversation_id, &event.message_id, event.us);
        entry.row["sender"] = sender(&event.role).into();
        entry.row["content"] = event.text.clone().into();
        let own = data.get("metadata").filter(|own| own.is_object()).cloned();
        let metadata = own.unwrap_or_else(|| parsed(&event.metadata));
        entry.row["metadata"] = if metadata.is_object() { metadata } else { json!({}) };
        for (index, file) in data.get("attachments").and_then(Value::as_array).into_iter().flatten().enumerate() {
            entry.files.push(self.file_of(&format!("{}/{index}", event.event_id), file));
        }
        self.entries.push(entry);
    }

    fn action(&mut self, told: &Told<'_>, turns: &Turns) {
        let Told { event, data } = told;
        if let Some(turn) = text(data, "turn_id") {
            let is_span = event.event_id.starts_with(PREFIX);
            match turns.get(turn) {
                Some((false, _)) => return,
                // What happened in a turn is shown when the turn is there.
                None if is_span => return,
                _ => {}
            }
        }
        let name = text(data, "tool_name").unwrap_or_default();
        let mut entry = self.entry(&event.conversation_id, &event.event_id, event.us);
        entry.row["content"] = format!("Action {name} performed").into();
        entry.row["action_name"] = name.into();
        entry.row["action_logs"] = json!([action_log(self.ids, self.caller, told, entry.id)]);
        self.entries.push(entry);
    }

    fn button(&mut self, told: &Told<'_>) {
        let Told { event, data } = told;
        let mut entry = self.entry(&event.conversation_id, &event.event_id, event.us);
        let of = |name: &str| data.get(name).cloned().unwrap_or(Value::Null);
        entry.row["sender"] = "end_user".into();
        entry.row["content"] = format!("Button clicked: {}", text(data, "title").unwrap_or_default()).into();
        entry.row["button"] = json!({
            "id": self.ids.of("b", self.caller.project_id(), &event.event_id), "button_event": of("group"), "label": of("title"),
            "value": of("value"), "metadata": of("metadata"),
        });
        self.entries.push(entry);
    }

    /// Adds a file to the entry that it belongs to, or to one that stands for files alone.
    fn file(&mut self, event: &Stored, data: &Value, place: Option<(&str, &str)>) {
        let (conversation, reference) = place.unwrap_or_else(|| {
            let reference = text(data, "message_id").or_else(|| text(data, "holder")).unwrap_or(&event.event_id);
            (&event.conversation_id, reference)
        });
        let file = self.file_of(&event.event_id, data);
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.reference == reference) {
            entry.files.push(file);
            return;
        }
        let mut entry = self.entry(conversation, reference, event.us);
        entry.row["sender"] = text(data, "sender").unwrap_or("end_user").into();
        entry.row["content"] = HOLDER.into();
        entry.row["metadata"] = data.get("metadata").cloned().unwrap_or_else(|| json!({}));
        entry.files.push(file);
        self.entries.push(entry);
    }

    fn file_of(&self, name: &str, data: &Value) -> File {
        let owned = |name: &str| text(data, name).map(str::to_owned);
        File {
            id: self.ids.of("x", self.caller.project_id(), name),
            filename: owned("filename").unwrap_or_else(|| "attachment".to_owned()),
            mime: owned("mime").unwrap_or_else(|| "application/octet-stream".to_owned()),
            size: data.get("size_bytes").and_then(Value::as_i64),
            name: owned("file").filter(|_| text(data, "url").is_none()),
            url: owned("url"),
        }
    }

    fn edit(&mut self, told: &Told<'_>) {
        let Some(reference) = text(&told.data, "message_id") else { return };
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.reference == reference) else { return };
        if let Some(metadata) = told.data.get("metadata") {
            entry.row["metadata"] = metadata.clone();
        }
        if let Some(text) = told.data.get("text") {
            entry.row["content"] = text.clone();
        }
    }
}

/// What is known of one call of a tool.
pub(crate) fn action_log(ids: Ids, caller: &Caller, told: &Told<'_>, message: i64) -> Value {
    let Told { event, data } = told;
    let of = |name: &str| data.get(name).cloned().unwrap_or(Value::Null);
    let stamp = |name: &str| text(data, name).and_then(crate::lenient::instant).map(|at| at.0);
    let between = || stamp("started_at").zip(stamp("ended_at")).filter(|(start, end)| end >= start);
    #[allow(clippy::cast_precision_loss, reason = "a call lasts less than 285 years")]
    let duration = of("duration_ms").as_f64().or_else(|| between().map(|(start, end)| (end - start) as f64 / 1_000.0));
    json!({
        "id": ids.of("l", caller.project_id(), &format!("{}\0{}", event.conversation_id, event.event_id)),
        "action": ids.of("a", caller.project_id(), text(data, "tool_name").unwrap_or_default()), "message": message,
        "started_at": stamp("started_at").map_or(Value::Null, instant), "ended_at": stamp("ended_at").map_or(Value::Null, instant),
        "duration_ms": duration, "tools_used": of("arguments"), "response": of("result"),
        "error_message": text(data, "error").unwrap_or_default(), "metadata": of("metadata"),
    })
}
