//! A conversation as clients see it, made of its events.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use warehouse::query::stored::{BY_NUMBER, Stored};

use crate::{
    app::{App, Caller},
    files,
    ids::Ids,
    page::Address,
    read::{
        entries::{self, Entry},
        feedbacks::{self, Feedback},
        instant, parsed,
        said::Said,
        tickets::{self, Ticket},
        usage::{self, Usage},
    },
    write::place::Place,
};

/// A turn's outcome: whether it is complete, and why it is not.
pub(crate) type Turns = HashMap<String, (bool, Option<String>)>;

/// A conversation.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) id: i64,
    pub(crate) place: Place,
    pub(crate) said: Said,
    pub(crate) entries: Vec<Entry>,
    pub(crate) feedbacks: Vec<Feedback>,
    pub(crate) tickets: Vec<Ticket>,
    usage: Vec<Usage>,
    started_us: i64,
    ended_us: i64,
    is_used: bool,
    deleted_us: Option<i64>,
    geo: Value,
}

/// An event with what it says.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    pub(crate) event: &'a Stored,
    pub(crate) data: Value,
}

/// Events that say something about a conversation, but are no part of what happened in it.
const ABOUT: &[&str] = &[
    "conversation.updated",
    "conversation.deleted",
    "feedback.submitted",
    "feedback.updated",
    "feedback.deleted",
    "ticket.created",
    "ticket.updated",
    "ticket.deleted",
    "message.updated",
    "message.deleted",
];

impl View {
    /// Of a conversation's events, in the order in which they arrived; there is at least one. Attachments that came with a number
    /// alone are among the `loose` events.
    pub(crate) fn of(ids: Ids, caller: &Caller, events: &[Stored], loose: &[Stored]) -> View {
        let told: Vec<Told<'_>> = events.iter().map(|event| Told { event, data: parsed(&event.data) }).collect();
        let first = events.iter().min_by_key(|event| event.us).expect("a conversation has an event");
        let place = Place { conversation: first.conversation_id.clone(), environment: first.environment.clone() };
        let (mut said, mut geo) = (Said::default(), Value::Null);
        for told in &told {
            said.take(told.event, &told.data);
            if geo.is_null() {
                geo = whereabouts(&told.event.context);
            }
        }
        if let (Value::Object(geo), address) = (&mut geo, said.value("customer_ip_address")) {
            geo.insert("ip_address".to_owned(), address);
        }
        let happened = || events.iter().filter(|event| !ABOUT.contains(&event.event.as_str()));
        let ended_us = happened().map(|event| event.us).max().unwrap_or(first.us);
        let is_used = happened().any(|event| event.event != "conversation.initialized");
        let turns = turns(&told);
        let mut entries = entries::entries(ids, caller, &told, &turns);
        entries::attach(ids, caller, (&place.conversation, &mut entries), loose, BY_NUMBER);
        let is_used = is_used || !entries.is_empty();
        let feedbacks = feedbacks::fold(events);
        for feedback in feedbacks.iter().filter(|feedback| feedback.kind == "message") {
            let voted = entries.iter_mut().find(|entry| Some(&entry.reference) == feedback.message.as_ref());
            if let Some(entry) = voted {
                entry.row["feedback"] = feedback.row(ids, caller);
            }
        }
        View {
            id: ids.conversation(caller.project_id(), &place.conversation, &place.environment),
            feedbacks,
            tickets: tickets::fold(events),
            usage: usage::fold(&told, &turns),
            started_us: first.us,
            deleted_us: events.iter().find(|event| event.event == "conversation.deleted").map(|event| event.us),
            place,
            said,
            entries,
            ended_us,
            is_used,
            geo,
        }
    }

    /// The row of it without its transcript.
    pub(crate) fn lean(&self, app: &App, caller: &Caller) -> Map<String, Value> {
        let of_it = self.feedbacks.iter().filter(|feedback| feedback.kind == "conversation").count();
        let value = |name: &str| self.said.value(name);
        let row = json!({
            "id": self.id, "agent": caller.agent(app.ids), "conversation_id": self.place.conversation, "name": value("name"),
            "customer_id": value("customer_id"), "customer_ip_address": value("customer_ip_address"), "device": value("device"),
            "source": value("source"), "language": value("language"), "environment": self.place.environment,
            "environment_id": app.ids.of("e", caller.project_id(), &self.place.environment), "metadata": value("metadata"),
            "started_at": instant(self.started_us), "ended_at": instant(self.ended_us), "message_count": self.entries.len(),
            "feedback_count": of_it, "is_marked": self.said.is_marked(), "is_used": self.is_used,
            "is_deleted": self.deleted_us.is_some(), "deleted_at": self.deleted_us.map_or(Value::Null, instant),
            "geo_location": self.geo,
        });
        let Value::Object(row) = row else { unreachable!("an object was written") };
        row
    }

    /// The same with transcript and feedback.
    pub(crate) fn full(&self, app: &App, caller: &Caller, address: &Address) -> Map<String, Value> {
        let mut row = self.lean(app, caller);
        let of_it = self.feedbacks.iter().filter(|feedback| feedback.kind == "conversation");
        let feedbacks: Vec<Value> = of_it.map(|feedback| feedback.row(app.ids, caller)).collect();
        let messages: Vec<Value> = self.entries.iter().map(|entry| self.message(app, caller, entry, address)).collect();
        row.insert("messages".to_owned(), messages.into());
        row.insert("feedbacks".to_owned(), feedbacks.into());
        row
    }

    /// Everything of it.
    pub(crate) fn detail(&self, app: &App, caller: &Caller, address: &Address) -> Value {
        let mut row = self.full(app, caller, address);
        row.insert("tickets".to_owned(), self.ticket_rows(app, caller).into());
        let prices = &caller.project.settings;
        row.insert("token_usage".to_owned(), usage::totals(&self.usage, prices));
        Value::Object(row)
    }

    /// The tickets about it, as they stand in it.
    pub(crate) fn ticket_rows(&self, app: &App, caller: &Caller) -> Vec<Value> {
        self.tickets.iter().map(|ticket| ticket.nested(app, caller)).collect()
    }

    /// An entry of the transcript.
    pub(crate) fn message(&self, app: &App, caller: &Caller, entry: &Entry, address: &Address) -> Value {
        let mut row = entry.row.clone();
        row["id"] = entry.id.into();
        row["conversation"] = self.id.into();
        row["timestamp"] = instant(entry.us);
        row["attachments"] = self.files(app, caller, entry, address).into();
        row
    }

    /// The attachments of an entry.
    pub(crate) fn files(&self, app: &App, caller: &Caller, entry: &Entry, address: &Address) -> Vec<Value> {
        let row = |file: &entries::File| {
            json!({
                "id": file.id, "message": entry.id, "type": files::class(&file.mime), "filename": file.filename,
                "mime_type": file.mime, "size_bytes": file.size,
                "file_url": file.name.as_ref().map_or_else(
                    || file.url.clone().map_or(Value::Null, Value::from),
                    |name| app.deps.files.url(address, caller.project_id(), name, (&file.filename, &file.mime)).into(),
                ),
            })
        };
        entry.files.iter().map(row).collect()
    }
}

/// Country and city, as the gateway looked them up.
fn whereabouts(context: &str) -> Value {
    let context = parsed(context);
    let of = |name: &str| context.get(name).cloned().unwrap_or(Value::Null);
    let (country, city) = (of("country"), of("city"));
    if country.is_null() && city.is_null() {
        return Value::Null;
    }
    json!({"ip_address": null, "city": city, "country": country, "timezone_name": of("timezone")})
}

/// What became of the turns.
pub(crate) fn turns(told: &[Told<'_>]) -> Turns {
    let completed = told.iter().filter(|told| told.event.event == "turn.completed");
    let turn = |told: &Told<'_>| {
        let text = |name: &str| told.data.get(name).and_then(Value::as_str).map(str::to_owned);
        let complete = told.data.get("complete").and_then(Value::as_bool).unwrap_or(true);
        Some((text("turn_id")?, (complete, text("reason"))))
    };
    completed.filter_map(turn).collect()
}
