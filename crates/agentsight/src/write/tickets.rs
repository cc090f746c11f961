//! Tickets and their comments.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
    http::StatusCode,
};
use serde_json::{Map, Value};

use crate::{
    app::{App, Caller, Need},
    error::Refusal,
    ids::PRODUCTION,
    lenient,
    read::{
        self, feedbacks,
        tickets::{self, PRIORITIES, STATUSES, Ticket},
    },
    write::{
        changes::number,
        draft::{Draft, data},
        place::Place,
    },
};

type Answer = Result<(StatusCode, Json<Value>), Refusal>;

/// Longest title, in characters; most tags; longest comment.
const TITLE: usize = 255;
const TAGS: usize = 50;
const COMMENT: usize = event::limits::COMMENT_CHARS;

/// What a ticket is given: the members that were sent.
fn given(body: &Value) -> Result<Map<String, Value>, Refusal> {
    let mut given = Map::new();
    if body.get("title").is_some() {
        let title = lenient::text(body.get("title")).unwrap_or_default().trim().to_owned();
        if title.is_empty() || title.chars().count() > TITLE {
            return Err(Refusal::field("title", "A title has 1 to 255 characters."));
        }
        given.insert("subject".to_owned(), title.into());
    }
    for (name, known) in [("status", STATUSES), ("priority", PRIORITIES)] {
        let Some(text) = lenient::text(body.get(name)) else { continue };
        if !known.contains(&text.as_str()) {
            return Err(Refusal::field(name, format!("Must be one of {}.", known.join(", "))));
        }
        given.insert(name.to_owned(), text.into());
    }
    if let Some(sent) = body.get("tags").filter(|sent| !sent.is_null()) {
        let tags = sent.as_array().ok_or_else(|| Refusal::field("tags", "A list of texts is expected."))?;
        let tags: Vec<String> = tags.iter().filter_map(|tag| lenient::short(Some(tag))).take(TAGS).collect();
        given.insert("tags".to_owned(), tags.into());
    }
    Ok(given)
}

/// `POST /api/tickets/`
pub(crate) async fn create(State(app): State<Arc<App>>, request: Request) -> Answer {
    let caller = app.caller(request.headers(), Need::Write)?;
    let body = app.object(&caller, request).await?;
    let mut members = given(&body)?;
    if !members.contains_key("subject") {
        return Err(Refusal::field("title", "This field is required."));
    }
    members.entry("status").or_insert_with(|| "open".into());
    members.entry("priority").or_insert_with(|| "medium".into());
    let mut place = match lenient::number(body.get("conversation_id")) {
        Some(id) => Some(read::conversation_of(&app, &caller, id).await?),
        None => None,
    };
    if let Some(id) = lenient::number(body.get("feedback_id")) {
        let feedback = feedbacks::find(&app, &caller, id).await?;
        members.insert("feedback".to_owned(), feedback.event_id.clone().into());
        let own = |conversation: String| Place { conversation, environment: feedback.environment.clone() };
        place = place.or_else(|| feedback.conversation.clone().map(own));
    }
    let environment = match lenient::text(body.get("environment")) {
        Some(text) => app.environment_named(&caller, &text).map_err(|why| Refusal::field("environment", why))?,
        None => PRODUCTION.to_owned(),
    };
    members.insert("ticket_id".to_owned(), app.unique().into());
    members.insert("system".to_owned(), "agentsight".into());
    members.insert("environment".to_owned(), environment.clone().into());
    let draft = Draft {
        event: "ticket.created",
        event_id: app.unique(),
        environment: Some(place.as_ref().map_or(environment, |place| place.environment.clone())),
        conversation: place.map(|place| place.conversation),
        at: Some(crate::app::now()),
        data: members,
        ..Draft::default()
    };
    let ticket = Ticket::of_draft(&draft);
    app.store(&caller, vec![draft]).await?;
    let row = tickets::rows(&app, &caller, vec![ticket]).await?.pop();
    Ok((StatusCode::CREATED, Json(row.unwrap_or_default())))
}

/// `PATCH /api/tickets/{id}/`
pub(crate) async fn update(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(request.headers(), Need::Write)?;
    let body = app.object(&caller, request).await?;
    if body.get("environment").is_some() {
        return Err(Refusal::field("environment", "It cannot be changed."));
    }
    let members = given(&body)?;
    let mut ticket = tickets::find(&app, &caller, number(&id)?).await?;
    let draft = change(&app, &ticket, "ticket.updated", members);
    ticket.take_draft(&draft);
    app.store(&caller, vec![draft]).await?;
    Ok(Json(tickets::rows(&app, &caller, vec![ticket]).await?.pop().unwrap_or_default()))
}

/// `POST /api/tickets/{id}/comments/`
pub(crate) async fn comment(State(app): State<Arc<App>>, Path(id): Path<String>, request: Request) -> Answer {
    let caller = app.caller(request.headers(), Need::Write)?;
    let body = app.object(&caller, request).await?;
    let text = lenient::text(body.get("body")).filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| Refusal::field("body", "This field may not be blank."))?;
    let mut ticket = tickets::find(&app, &caller, number(&id)?).await?;
    let members =
        data([("comment", Some(lenient::clamp(text, COMMENT).into())), ("author", Some(author(&caller).into()))]);
    let draft = change(&app, &ticket, "ticket.updated", members);
    ticket.take_draft(&draft);
    app.store(&caller, vec![draft]).await?;
    let row = ticket.comments(&app, &caller).pop().unwrap_or_default();
    Ok((StatusCode::CREATED, Json(row)))
}

/// `DELETE /api/tickets/{id}/`
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let caller = app.caller(request.headers(), Need::Write)?;
    let ticket = tickets::find(&app, &caller, number(&id)?).await?;
    let draft = change(&app, &ticket, "ticket.deleted", Map::new());
    app.store(&caller, vec![draft]).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn change(app: &App, ticket: &Ticket, event: &'static str, mut members: Map<String, Value>) -> Draft {
    members.insert("ticket_id".to_owned(), ticket.id.clone().into());
    Draft {
        event,
        event_id: app.unique(),
        conversation: ticket.conversation.clone(),
        at: Some(crate::app::now()),
        environment: Some(ticket.stamped.clone()),
        data: members,
        ..Draft::default()
    }
}

/// Who writes with a key: its AI agent, else the key itself.
fn author(caller: &Caller) -> String {
    let own = || format!("key {}", caller.grant.key_id);
    caller.grant.bot_id.as_deref().map_or_else(own, str::to_owned)
}
