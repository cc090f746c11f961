//! Feedback: of a conversation, of a message (one vote), of the agent.

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
    lenient,
    read::{self, feedbacks},
    write::{
        changes::number,
        draft::{Draft, Item, data, item_id},
        place::Place,
    },
};

type Answer = Result<(StatusCode, Json<Value>), Refusal>;

/// Longest comment and slug, in characters.
const COMMENT: usize = event::limits::COMMENT_CHARS;
const SLUG: usize = 50;

fn sentiment(body: &Value) -> Result<String, Refusal> {
    let sentiment = lenient::text(body.get("sentiment")).unwrap_or_default();
    match sentiment.as_str() {
        "positive" | "neutral" | "negative" => Ok(sentiment),
        _ => Err(Refusal::field("sentiment", "Must be one of positive, neutral, negative.")),
    }
}

fn comment(body: &Value) -> Option<String> {
    lenient::text(body.get("comment")).map(|text| lenient::clamp(text, COMMENT))
}

fn slug(body: &Value, name: &str) -> Result<Option<String>, Refusal> {
    let text = lenient::text(body.get(name));
    match text {
        Some(text) if text.chars().count() > SLUG => {
            Err(Refusal::field(name, format!("At most {SLUG} characters are allowed.")))
        }
        text => Ok(text),
    }
}

/// The conversation that feedback names, which has to be there. While the warehouse is away, an id is believed.
async fn conversation(app: &App, caller: &Caller, body: &Value) -> Result<Place, Refusal> {
    let unknown = || Refusal::field("conversation_id", "This conversation does not exist.");
    if let Some(id) = lenient::id(body.get("conversation_id")) {
        let known = crate::write::place::place(app, caller, body);
        return match read::named(app, caller, &id).await {
            Ok(Some(place)) => Ok(place),
            Ok(None) => Err(unknown()),
            Err(error) if error.is_later() => known.ok_or(error),
            Err(error) => Err(error),
        };
    }
    let id = lenient::number(body.get("conversation"));
    let id = id.ok_or_else(|| Refusal::field("conversation", "Name a conversation or a conversation_id."))?;
    read::conversation_of(app, caller, id).await
}

/// `POST /api/conversation-feedbacks/`
pub(crate) async fn of_conversation(State(app): State<Arc<App>>, request: Request) -> Answer {
    let caller = app.caller(request.headers(), Need::Write)?;
    let mut body = app.object(&caller, request).await?;
    body["kind"] = "conversation".into();
    submit(&app, &caller, &body).await
}

/// `POST /api/feedbacks/`
pub(crate) async fn create(State(app): State<Arc<App>>, request: Request) -> Answer {
    let caller = app.caller(request.headers(), Need::Write)?;
    let body = app.object(&caller, request).await?;
    submit(&app, &caller, &body).await
}

async fn submit(app: &App, caller: &Caller, body: &Value) -> Answer {
    let sentiment = sentiment(body);
    let kind = lenient::text(body.get("kind")).unwrap_or_default();
    let derived = || Refusal::field("environment", "It is the conversation's: leave it out.");
    let (place, message) = match kind.as_str() {
        "conversation" if body.get("environment").is_some_and(|sent| !sent.is_null()) => return Err(derived()),
        "conversation" => (Some(conversation(app, caller, body).await?), None),
        "message" => {
            let id = lenient::number(body.get("message"));
            let id = id.ok_or_else(|| Refusal::field("message", "This field is required."))?;
            let missing = || Refusal::field("message", "This message does not exist.");
            let (place, reference) = read::entry(app, caller, id).await?.ok_or_else(missing)?;
            (Some(place), Some(reference))
        }
        "agent" => (None, None),
        "product" => {
            return Err(Refusal::detail(StatusCode::FORBIDDEN, "Feedback of kind product is not an API key's."));
        }
        _ => return Err(Refusal::field("kind", "Must be one of conversation, message, agent.")),
    };
    let environment = match (&place, lenient::text(body.get("environment"))) {
        (Some(place), _) => place.environment.clone(),
        (None, Some(text)) => app.environment_named(caller, &text).map_err(|why| Refusal::field("environment", why))?,
        (None, None) => caller.environment().to_owned(),
    };
    let sentiment = sentiment?;
    let sent = Sent { kind, place, message, environment: caller.settled(Some(&environment)).to_owned() };
    let held = match &sent.message {
        Some(reference) => feedbacks::vote_of(app, caller, sent.place.as_ref(), reference).await?,
        None => None,
    };
    let at = lenient::time(body.get("timestamp"));
    let (topic, reason) = (slug(body, "topic")?, slug(body, "reason")?);
    let mut given = data([
        ("rating", Some(sentiment.into())),
        ("comment", comment(body).map(Value::from)),
        ("topic", topic.map(Value::from)),
        ("reason", reason.map(Value::from)),
        ("metadata", lenient::object(body.get("metadata")).map(Value::Object)),
    ]);
    let draft = match &held {
        // One vote a message: again, it changes what is sent. A rating of the message counts anew, so that it is said as one.
        Some(held) => {
            for (name, value) in [("comment", &held.comment), ("topic", &held.topic), ("reason", &held.reason)] {
                if let Some(value) = value {
                    given.entry(name).or_insert_with(|| value.clone().into());
                }
            }
            given.insert("vote".to_owned(), held.event_id.clone().into());
            sent.draft(app.unique(), at, given)
        }
        None => sent.draft(sent.event_id(app, caller, at, &given), at, given),
    };
    let row = feedbacks::row_of_draft(app, caller, &draft, held.as_ref());
    app.store(caller, vec![draft]).await?;
    Ok((if held.is_some() { StatusCode::OK } else { StatusCode::CREATED }, Json(row)))
}

struct Sent {
    kind: String,
    place: Option<Place>,
    message: Option<String>,
    environment: String,
}

impl Sent {
    /// What says when it happened is the same when it is sent again, as after a time-out.
    fn event_id(&self, app: &App, caller: &Caller, at: Option<event::Timestamp>, given: &Map<String, Value>) -> String {
        let (Some(at), Some(place)) = (at, &self.place) else { return app.unique() };
        let content = Value::Object(given.clone()).to_string();
        let item =
            Item { conversation: &place.conversation, at: Some(at), name: &self.kind, content: content.as_bytes() };
        item_id(caller.project_id(), "/api/feedbacks/", &item)
    }

    fn draft(&self, event_id: String, at: Option<event::Timestamp>, given: Map<String, Value>) -> Draft {
        let mut members = given;
        members.insert("target".to_owned(), self.kind.clone().into());
        members.insert("source".to_owned(), "customer".into());
        if let Some(message) = &self.message {
            members.insert("message_id".to_owned(), message.clone().into());
        }
        Draft {
            event: "feedback.submitted",
            event_id,
            conversation: self.place.as_ref().map(|place| place.conversation.clone()),
            at,
            environment: Some(self.environment.clone()),
            data: members,
            ..Draft::default()
        }
    }
}

/// `PATCH /api/feedbacks/{id}/`
pub(crate) async fn update(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(request.headers(), Need::Write)?;
    let body = app.object(&caller, request).await?;
    let held = feedbacks::find(&app, &caller, number(&id)?).await?;
    let mut members = Map::new();
    if body.get("sentiment").is_some() {
        members.insert("rating".to_owned(), sentiment(&body)?.into());
    }
    if body.get("comment").is_some() {
        members.insert("comment".to_owned(), comment(&body).unwrap_or_default().into());
    }
    for name in ["topic", "reason"] {
        if body.get(name).is_none() {
            continue;
        }
        if held.kind != "message" {
            return Err(Refusal::field(name, "Only feedback of a message has it."));
        }
        members.insert(name.to_owned(), slug(&body, name)?.unwrap_or_default().into());
    }
    let draft = held.change("feedback.updated", app.unique(), members.clone());
    app.store(&caller, vec![draft]).await?;
    Ok(Json(feedbacks::updated_row(&app, &caller, held, &members)))
}

/// `DELETE /api/feedbacks/{id}/`
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, Refusal> {
    let caller = app.caller(request.headers(), Need::Write)?;
    let held = feedbacks::find(&app, &caller, number(&id)?).await?;
    let draft = held.change("feedback.deleted", app.unique(), Map::new());
    app.store(&caller, vec![draft]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why a list by kind may not be asked for.
pub(crate) fn may_list(kind: Option<&str>) -> Result<(), Refusal> {
    if kind == Some("product") {
        return Err(Refusal::detail(StatusCode::FORBIDDEN, "Feedback of kind product is not an API key's."));
    }
    Ok(())
}
