//! Feedback as it is now, from what was submitted, changed and deleted.

use std::{collections::BTreeMap, sync::Arc};

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
    ids::Ids,
    page::{Page, Params},
    read::{
        self, instant, parsed,
        tickets::{self, STATUSES, Ticket},
    },
    write::{changes::number, draft::Draft, feedbacks::may_list, place::Place},
};

const TYPES: [&str; 3] = ["feedback.submitted", "feedback.updated", "feedback.deleted"];

/// Feedback.
#[derive(Debug, Clone)]
pub(crate) struct Feedback {
    pub(crate) event_id: String,
    pub(crate) kind: String,
    pub(crate) conversation: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) environment: String,
    pub(crate) sentiment: String,
    pub(crate) comment: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) reason: Option<String>,
    source: String,
    metadata: Value,
    created_us: i64,
    is_deleted: bool,
}

/// Feedback of events, in the order in which they arrived, without what was deleted.
pub(crate) fn fold(events: &[Stored]) -> Vec<Feedback> {
    let mut feedbacks: Vec<Feedback> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for event in events.iter().filter(|event| TYPES.contains(&event.event.as_str())) {
        let data = parsed(&event.data);
        let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if event.event != "feedback.submitted" {
            let own = places.get(&text("feedback_id")).and_then(|at| feedbacks.get_mut(*at));
            match own {
                Some(own) if event.event == "feedback.deleted" => own.is_deleted = true,
                Some(own) => own.take(data.as_object().unwrap_or(&Map::new())),
                None => {}
            }
            continue;
        }
        let mut new = Feedback::of(event, &data);
        // One vote a message: another changes it.
        let is_same = |held: &Feedback| {
            new.kind == "message"
                && !held.is_deleted
                && held.kind == "message"
                && held.message == new.message
                && held.conversation == new.conversation
        };
        match feedbacks.iter().position(is_same) {
            Some(at) => {
                feedbacks[at].take(data.as_object().unwrap_or(&Map::new()));
                places.insert(new.event_id, at);
            }
            None => {
                places.insert(new.event_id.clone(), feedbacks.len());
                new.is_deleted = new.sentiment == "withdrawn";
                feedbacks.push(new);
            }
        }
    }
    feedbacks.retain(|feedback| !feedback.is_deleted);
    feedbacks
}

impl Feedback {
    fn of(event: &Stored, data: &Value) -> Feedback {
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let text = |name: &str| data.get(name).and_then(Value::as_str).and_then(said);
        let mut feedback = Feedback {
            event_id: event.event_id.clone(),
            kind: text("target").unwrap_or_else(|| "message".to_owned()),
            conversation: said(&event.conversation_id),
            message: text("message_id"),
            environment: event.environment.clone(),
            sentiment: String::new(),
            comment: None,
            topic: None,
            reason: None,
            source: text("source").unwrap_or_else(|| "customer".to_owned()),
            metadata: Value::Null,
            created_us: event.us,
            is_deleted: false,
        };
        feedback.take(data.as_object().unwrap_or(&Map::new()));
        feedback
    }

    /// Takes the members that were sent.
    fn take(&mut self, data: &Map<String, Value>) {
        let text = |name: &str| data.get(name).map(|value| value.as_str().unwrap_or_default().to_owned());
        let said = |text: String| Some(text).filter(|text| !text.is_empty());
        if let Some(rating) = text("rating") {
            self.is_deleted = rating == "withdrawn";
            self.sentiment = rating;
        }
        for (own, name) in [(&mut self.comment, "comment"), (&mut self.topic, "topic"), (&mut self.reason, "reason")] {
            if let Some(text) = text(name) {
                *own = said(text);
            }
        }
        if let Some(metadata) = data.get("metadata") {
            self.metadata = metadata.clone();
        }
    }

    pub(crate) fn id(&self, ids: Ids, caller: &Caller) -> i64 {
        ids.of("f", caller.project_id(), &self.event_id)
    }

    fn conversation_number(&self, ids: Ids, caller: &Caller) -> Option<i64> {
        let conversation = self.conversation.as_deref()?;
        Some(ids.conversation(caller.project_id(), conversation, &self.environment))
    }

    fn message_number(&self, ids: Ids, caller: &Caller) -> Option<i64> {
        Some(ids.message(caller.project_id(), self.conversation.as_deref()?, self.message.as_deref()?))
    }

    pub(crate) fn row(&self, ids: Ids, caller: &Caller) -> Value {
        json!({
            "id": self.id(ids, caller), "kind": self.kind, "agent": caller.agent(ids),
            "conversation": self.conversation_number(ids, caller), "conversation_id": self.conversation,
            "message": self.message_number(ids, caller), "user": null, "environment": self.environment,
            "environment_id": ids.of("e", caller.project_id(), &self.environment), "sentiment": self.sentiment, "category": null,
            "comment": self.comment, "topic": self.topic, "reason": self.reason, "source": self.source,
            "metadata": self.metadata, "created_at": instant(self.created_us),
        })
    }

    /// The row inside a ticket.
    pub(crate) fn nested(&self, ids: Ids, caller: &Caller) -> Value {
        json!({
            "id": self.id(ids, caller), "kind": self.kind, "sentiment": self.sentiment, "comment": self.comment,
            "created_at": instant(self.created_us),
        })
    }

    /// The event of a change of it.
    pub(crate) fn change(&self, event: &'static str, event_id: String, mut members: Map<String, Value>) -> Draft {
        members.insert("feedback_id".to_owned(), self.event_id.clone().into());
        Draft {
            event,
            event_id,
            conversation: self.conversation.clone(),
            environment: Some(self.environment.clone()),
            data: members,
            ..Draft::default()
        }
    }
}

/// All feedback of a project, or of a conversation.
pub(crate) async fn all(app: &App, caller: &Caller, conversation: Option<&str>) -> Result<Vec<Feedback>, Refusal> {
    Ok(fold(&stored::of_types(&app.deps.warehouse, caller.project_id(), &TYPES, conversation).await?))
}

/// Feedback by its number.
pub(crate) async fn find(app: &App, caller: &Caller, id: i64) -> Result<Feedback, Refusal> {
    let _turn = app.turn(caller).await?;
    let found = all(app, caller, None).await?.into_iter().find(|feedback| feedback.id(app.ids, caller) == id);
    found.ok_or_else(|| Refusal::not_found(format!("Feedback {id} not found")))
}

/// The vote of a message, if there is one.
pub(crate) async fn vote_of(
    app: &App,
    caller: &Caller,
    place: Option<&Place>,
    message: &str,
) -> Result<Option<Feedback>, Refusal> {
    let Some(place) = place else { return Ok(None) };
    let _turn = app.turn(caller).await?;
    let feedbacks = all(app, caller, Some(&place.conversation)).await?;
    Ok(feedbacks.into_iter().find(|held| held.kind == "message" && held.message.as_deref() == Some(message)))
}

/// The row of feedback that is about to be stored; of a changed vote the vote's own.
pub(crate) fn row_of_draft(app: &App, caller: &Caller, draft: &Draft, held: Option<&Feedback>) -> Value {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let event = Stored {
        conversation_id: text(&draft.conversation),
        event_id: draft.event_id.clone(),
        environment: text(&draft.environment),
        event: draft.event.to_owned(),
        us: draft.at.unwrap_or_else(crate::app::now).0,
        sequence: 0,
        append_time: 0,
        partition: 0,
        offset: 0,
        user_id: String::new(),
        role: String::new(),
        message_id: String::new(),
        text: String::new(),
        data: String::new(),
        context: String::new(),
        metadata: String::new(),
        extra: String::new(),
    };
    match held {
        Some(held) => updated_row(app, caller, held.clone(), &draft.data),
        None => Feedback::of(&event, &Value::Object(draft.data.clone())).row(app.ids, caller),
    }
}

/// The row of feedback after a change.
pub(crate) fn updated_row(app: &App, caller: &Caller, mut held: Feedback, members: &Map<String, Value>) -> Value {
    held.take(members);
    held.row(app.ids, caller)
}

/// What a list of feedback is kept to.
struct Kept {
    params: Params,
    environment: Option<String>,
    with_tickets: bool,
}

impl Kept {
    fn of(app: &App, caller: &Caller, params: Params) -> Result<Kept, Refusal> {
        may_list(params.raw("kind"))?;
        let with_tickets = params.strict_flag("include_tickets")?.unwrap_or(false);
        if !with_tickets {
            for name in ["has_ticket", "ticket_status"] {
                if params.raw(name).is_some() {
                    return Err(Refusal::field(name, "Only with include_tickets=true."));
                }
            }
        }
        let environment = read::environment(app, caller, &params)?;
        Ok(Kept { params, environment, with_tickets })
    }

    fn holds(&self, ids: Ids, caller: &Caller, feedback: &Feedback) -> bool {
        let params = &self.params;
        let comment = feedback.comment.as_deref().unwrap_or_default();
        let is = |name: &str, own: Option<&str>| params.text(name).is_none_or(|wanted| Some(wanted.as_str()) == own);
        let contains =
            |name: &str| params.text(name).is_none_or(|part| comment.to_lowercase().contains(&part.to_lowercase()));
        let is_number = |name: &str, own: Option<i64>| params.number(name).is_none_or(|wanted| Some(wanted) == own);
        let message = feedback.message_number(ids, caller);
        is("kind", Some(&feedback.kind))
            && is("sentiment", Some(&feedback.sentiment))
            && is("topic", feedback.topic.as_deref())
            && is("reason", feedback.reason.as_deref())
            && is("category", None)
            && is("user", None)
            && is("conversation_id", feedback.conversation.as_deref())
            && params.number("conversation").is_none_or(|wanted| {
                feedback.conversation_number(ids, caller).is_some_and(|own| own & !1 == wanted & !1)
            })
            && is_number("message", message)
            && is_number("agent", Some(caller.agent(ids)))
            && self.environment.as_ref().is_none_or(|wanted| *wanted == feedback.environment)
            && params.flag("has_comment").is_none_or(|wanted| wanted != comment.is_empty())
            && contains("comment_contains")
            && contains("search")
            && params.us("created_at_after").is_none_or(|us| feedback.created_us >= us)
            && params.us("created_at_before").is_none_or(|us| feedback.created_us <= us)
    }
}

/// `GET /api/feedbacks/`
pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let params = Params::of(&uri);
    let kept = Kept::of(&app, &caller, params.clone())?;
    let _turn = app.turn(&caller).await?;
    let mut feedbacks = all(&app, &caller, params.text("conversation_id").as_deref()).await?;
    feedbacks.retain(|feedback| kept.holds(app.ids, &caller, feedback));
    let mut counts = json!({"all": feedbacks.len()});
    let tickets = if kept.with_tickets { tickets::by_feedback(&app, &caller).await? } else { BTreeMap::new() };
    if kept.with_tickets {
        let own: Vec<&Ticket> = feedbacks.iter().filter_map(|feedback| tickets.get(&feedback.event_id)).collect();
        counts["tickets"] = own.len().into();
        let closed = |ticket: &&&Ticket| matches!(ticket.status.as_str(), "done" | "closed");
        counts["open_tickets"] = (own.len() - own.iter().filter(closed).count()).into();
        for status in STATUSES {
            counts[*status] = own.iter().filter(|ticket| ticket.status == *status).count().into();
        }
        let statuses = params.all("ticket_status");
        let wanted = params.flag("has_ticket").unwrap_or(true);
        feedbacks.retain(|feedback| {
            let ticket = tickets.get(&feedback.event_id);
            ticket.is_some() == wanted
                && (statuses.is_empty() || ticket.is_some_and(|ticket| statuses.contains(&ticket.status)))
        });
    }
    order(&mut feedbacks, &params, app.ids, &caller);
    let page = Page::of(&params);
    let count = feedbacks.len();
    let shown = page.cut(feedbacks);
    let rows = shown.iter().map(|feedback| {
        let mut row = feedback.row(app.ids, &caller);
        if kept.with_tickets {
            row["ticket"] = tickets.get(&feedback.event_id).map_or(Value::Null, |ticket| ticket.nested(&app, &caller));
        }
        row
    });
    let mut envelope = page.envelope(count, rows.collect(), &app.address(&headers, &uri))?;
    envelope["counts"] = counts;
    Ok(Json(envelope))
}

fn order(feedbacks: &mut [Feedback], params: &Params, ids: Ids, caller: &Caller) {
    let (by, descending) = params.ordering().unwrap_or_else(|| ("created_at".to_owned(), true));
    match by.as_str() {
        "id" => feedbacks.sort_by_key(|feedback| feedback.id(ids, caller)),
        "kind" => feedbacks.sort_by(|a, b| a.kind.cmp(&b.kind)),
        "sentiment" => feedbacks.sort_by(|a, b| a.sentiment.cmp(&b.sentiment)),
        _ => feedbacks.sort_by_key(|feedback| feedback.created_us),
    }
    if descending {
        feedbacks.reverse();
    }
}

/// `GET /api/feedbacks/{id}/`
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let feedback = find(&app, &caller, number(&id)?).await?;
    let tickets = tickets::by_feedback(&app, &caller).await?;
    let mut row = feedback.row(app.ids, &caller);
    row["ticket"] = tickets.get(&feedback.event_id).map_or(Value::Null, |ticket| ticket.nested(&app, &caller));
    Ok(Json(row))
}
