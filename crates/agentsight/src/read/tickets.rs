//! Tickets as they are now, from what was created, changed and deleted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, Uri},
};
use serde_json::{Map, Value, json};
use warehouse::query::stored::{self, Stored};

use crate::{
    app::{App, Caller, Need},
    error::Refusal,
    page::{Page, Params},
    read::{
        self,
        feedbacks::{self, Feedback},
        instant, parsed,
        view::View,
    },
    write::{changes::number, draft::Draft},
};

/// The states and priorities that a ticket can have, the lowest first.
pub(crate) const STATUSES: &[&str] = &["backlog", "open", "in_progress", "in_review", "done", "closed"];
pub(crate) const PRIORITIES: &[&str] = &["low", "medium", "high"];

const TYPES: [&str; 3] = ["ticket.created", "ticket.updated", "ticket.deleted"];

/// A ticket.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ticket {
    pub(crate) id: String,
    pub(crate) conversation: Option<String>,
    /// The environment of its events.
    pub(crate) stamped: String,
    pub(crate) status: String,
    title: String,
    priority: String,
    tags: Vec<String>,
    /// The environment that it was created for.
    environment: String,
    feedback: Option<String>,
    comments: Vec<Comment>,
    created_us: i64,
    updated_us: i64,
    is_deleted: bool,
}

/// What somebody wrote about a ticket.
#[derive(Debug, Clone)]
struct Comment {
    event_id: String,
    author: String,
    body: String,
    us: i64,
}

/// A change of a ticket.
struct Change<'a> {
    event: &'a str,
    event_id: &'a str,
    us: i64,
    data: &'a Map<String, Value>,
}

/// Tickets of events, in the order in which they arrived, without what was deleted.
pub(crate) fn fold(events: &[Stored]) -> Vec<Ticket> {
    let mut tickets: Vec<Ticket> = Vec::new();
    for event in events.iter().filter(|event| TYPES.contains(&event.event.as_str())) {
        let Value::Object(data) = parsed(&event.data) else { continue };
        let id = data.get("ticket_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let at = tickets.iter().position(|ticket| ticket.id == id);
        let at = at.unwrap_or_else(|| {
            let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            tickets.push(Ticket {
                id,
                conversation: said(&event.conversation_id),
                stamped: event.environment.clone(),
                environment: event.environment.clone(),
                created_us: event.us,
                status: "open".to_owned(),
                priority: "medium".to_owned(),
                ..Ticket::default()
            });
            tickets.len() - 1
        });
        tickets[at].take(&Change { event: &event.event, event_id: &event.event_id, us: event.us, data: &data });
    }
    tickets.retain(|ticket| !ticket.is_deleted);
    tickets
}

impl Ticket {
    /// The ticket that an event creates.
    pub(crate) fn of_draft(draft: &Draft) -> Ticket {
        let text = |name: &str| draft.data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let us = draft.at.unwrap_or_else(crate::app::now).0;
        let mut ticket = Ticket {
            id: text("ticket_id"),
            conversation: draft.conversation.clone(),
            stamped: draft.environment.clone().unwrap_or_default(),
            created_us: us,
            ..Ticket::default()
        };
        ticket.take_draft(draft);
        ticket
    }

    /// Takes a change that is about to be stored.
    pub(crate) fn take_draft(&mut self, draft: &Draft) {
        let us = draft.at.unwrap_or_else(crate::app::now).0;
        self.take(&Change { event: draft.event, event_id: &draft.event_id, us, data: &draft.data });
    }

    fn take(&mut self, change: &Change<'_>) {
        let text = |name: &str| change.data.get(name).and_then(Value::as_str).map(str::to_owned);
        let fields = [
            (&mut self.title, "subject"),
            (&mut self.status, "status"),
            (&mut self.priority, "priority"),
            (&mut self.environment, "environment"),
        ];
        for (own, name) in fields {
            if let Some(text) = text(name) {
                *own = text;
            }
        }
        if let Some(tags) = change.data.get("tags").and_then(Value::as_array) {
            self.tags = tags.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        self.feedback = text("feedback").or_else(|| self.feedback.take());
        if let Some(body) = text("comment") {
            let author = text("author").unwrap_or_default();
            self.comments.push(Comment { event_id: change.event_id.to_owned(), author, body, us: change.us });
        }
        self.updated_us = change.us;
        self.is_deleted |= change.event == "ticket.deleted";
    }

    fn number(&self, app: &App, caller: &Caller) -> i64 {
        app.ids.of("t", caller.project_id(), &self.id)
    }

    /// Its comments, the oldest first.
    pub(crate) fn comments(&self, app: &App, caller: &Caller) -> Vec<Value> {
        let row = |comment: &Comment| {
            json!({
                "id": app.ids.of("k", caller.project_id(), &comment.event_id), "author": comment.author, "role": "agent",
                "body": comment.body, "created_at": instant(comment.us),
            })
        };
        self.comments.iter().map(row).collect()
    }

    /// Its row inside a conversation, or beside feedback.
    pub(crate) fn nested(&self, app: &App, caller: &Caller) -> Value {
        json!({
            "id": self.number(app, caller), "title": self.title, "status": self.status, "priority": self.priority,
            "tags": self.tags, "created_at": instant(self.created_us), "updated_at": instant(self.updated_us),
            "comments": self.comments(app, caller),
        })
    }

    fn row(&self, app: &App, caller: &Caller, view: Option<&View>, feedback: Option<&Feedback>) -> Value {
        let environment_id = |slug: &str| app.ids.of("e", caller.project_id(), slug);
        let conversation = view.map(|view| {
            json!({
                "id": view.id, "conversation_id": view.place.conversation, "name": view.said.value("name"),
                "environment": view.place.environment, "environment_id": environment_id(&view.place.environment),
            })
        });
        let mut row = self.nested(app, caller);
        row["agent"] = caller.agent(app.ids).into();
        row["environment"] = self.environment.clone().into();
        row["environment_id"] = environment_id(&self.environment).into();
        row["conversation"] = conversation.unwrap_or(Value::Null);
        row["feedback"] = feedback.map_or(Value::Null, |feedback| feedback.nested(app.ids, caller));
        row["comments_count"] = self.comments.len().into();
        row
    }
}

async fn all(app: &App, caller: &Caller) -> Result<Vec<Ticket>, Refusal> {
    Ok(fold(&stored::of_types(&app.deps.warehouse, caller.project_id(), &TYPES, None).await?))
}

/// The tickets that are about feedback, by its event; of several the newest.
pub(crate) async fn by_feedback(app: &App, caller: &Caller) -> Result<BTreeMap<String, Ticket>, Refusal> {
    let tickets = all(app, caller).await?.into_iter();
    Ok(tickets.filter_map(|ticket| Some((ticket.feedback.clone()?, ticket))).collect())
}

/// A ticket by its number.
pub(crate) async fn find(app: &App, caller: &Caller, id: i64) -> Result<Ticket, Refusal> {
    let _turn = app.turn(caller).await?;
    let found = all(app, caller).await?.into_iter().find(|ticket| ticket.number(app, caller) == id);
    found.ok_or_else(|| Refusal::not_found(format!("Ticket {id} not found")))
}

/// The rows of tickets, with the conversations and the feedback that they are about.
pub(crate) async fn rows(app: &App, caller: &Caller, tickets: Vec<Ticket>) -> Result<Vec<Value>, Refusal> {
    let ids: BTreeSet<String> = tickets.iter().filter_map(|ticket| ticket.conversation.clone()).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let views = if ids.is_empty() { Vec::new() } else { read::views(app, caller, &ids).await? };
    let has_feedback = tickets.iter().any(|ticket| ticket.feedback.is_some());
    let feedbacks = if has_feedback { feedbacks::all(app, caller, None).await? } else { Vec::new() };
    let row = |ticket: &Ticket| {
        let view = views.iter().find(|view| Some(&view.place.conversation) == ticket.conversation.as_ref());
        let feedback = feedbacks.iter().find(|feedback| Some(&feedback.event_id) == ticket.feedback.as_ref());
        ticket.row(app, caller, view, feedback)
    };
    Ok(tickets.iter().map(row).collect())
}

fn holds(app: &App, caller: &Caller, params: &Params, ticket: &Ticket) -> bool {
    let statuses = params.all("status");
    let tags: Vec<String> = params.text("tags").map_or_else(Vec::new, |tags| {
        tags.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect()
    });
    let number = ticket.conversation.as_deref().map(|id| app.ids.conversation(caller.project_id(), id, ""));
    (statuses.is_empty() || statuses.contains(&ticket.status))
        && params.text("priority").is_none_or(|priority| priority == ticket.priority)
        && params.text("conversation_id").is_none_or(|id| Some(&id) == ticket.conversation.as_ref())
        && params.number("conversation").is_none_or(|wanted| Some(wanted & !1) == number)
        && params.flag("has_conversation").is_none_or(|has| has == ticket.conversation.is_some())
        && params.flag("has_feedback").is_none_or(|has| has == ticket.feedback.is_some())
        && params.text("search").is_none_or(|part| ticket.title.to_lowercase().contains(&part.to_lowercase()))
        && (tags.is_empty() || ticket.tags.iter().any(|tag| tags.contains(tag)))
        && params.us("created_at_after").is_none_or(|us| ticket.created_us >= us)
        && params.us("created_at_before").is_none_or(|us| ticket.created_us <= us)
        && params.us("updated_at_after").is_none_or(|us| ticket.updated_us >= us)
        && params.us("updated_at_before").is_none_or(|us| ticket.updated_us <= us)
}

/// `GET /api/tickets/`
pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let params = Params::of(&uri);
    let address = app.address(&headers, &uri);
    let _turn = app.turn(&caller).await?;
    let mut tickets = all(&app, &caller).await?;
    tickets.retain(|ticket| holds(&app, &caller, &params, ticket));
    let (by, descending) = params.ordering().unwrap_or_else(|| ("created_at".to_owned(), true));
    let rank = |known: &[&str], own: &str| known.iter().position(|name| *name == own);
    match by.as_str() {
        "updated_at" => tickets.sort_by_key(|ticket| ticket.updated_us),
        "priority" => tickets.sort_by_key(|ticket| rank(PRIORITIES, &ticket.priority)),
        "status" => tickets.sort_by_key(|ticket| rank(STATUSES, &ticket.status)),
        "title" => tickets.sort_by(|a, b| a.title.cmp(&b.title)),
        _ => tickets.sort_by_key(|ticket| ticket.created_us),
    }
    if descending {
        tickets.reverse();
    }
    let (page, count) = (Page::of(&params), tickets.len());
    let rows = rows(&app, &caller, page.cut(tickets)).await?;
    page.envelope(count, rows, &address).map(Json)
}

/// `GET /api/tickets/{id}/`
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let ticket = find(&app, &caller, number(&id)?).await?;
    Ok(Json(rows(&app, &caller, vec![ticket]).await?.pop().unwrap_or_default()))
}

/// `GET /api/tickets/{id}/comments/`
pub(crate) async fn comments(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    uri: Uri,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let ticket = find(&app, &caller, number(&id)?).await?;
    let comments = ticket.comments(&app, &caller);
    let page = Page::of(&Params::of(&uri));
    let count = comments.len();
    page.envelope(count, page.cut(comments), &app.address(&headers, &uri)).map(Json)
}
