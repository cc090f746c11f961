//! `GET /api/v1/conversations` and `GET /api/v1/conversations/{id}`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::HeaderMap,
};
use chrono_tz::Tz;
use serde_json::{Value, json};
use warehouse::query::{self, Conversation, Listing, Moment, Place, local_rfc3339, zone};

use crate::{
    Error,
    asked::{Asked, Pairs, Reach, counted, fresh_to, turn},
    figures::{number, told},
    params::{CONVERSATION, CONVERSATIONS, cursor_of, environment, paged, placed, positions, wanted},
    router::App,
};

/// Conversations of a page.
const LIMIT: usize = 50;
const LIMIT_MAX: usize = 200;
/// Events of a page of a timeline.
const EVENTS: usize = 200;
const EVENTS_MAX: usize = 1_000;

/// `GET /api/v1/conversations`.
pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap, pairs: Pairs) -> Result<Json<Value>, Error> {
    counted("conversations", listed(&app, Asked::read(&app, &headers, pairs, CONVERSATIONS))).await.map(Json)
}

pub(crate) async fn listed(app: &App, asked: Result<Asked, Error>) -> Result<Value, Error> {
    let asked = asked?;
    let wanted = wanted(&asked.sent, &asked.project, asked.now)?;
    let after = placed::<1>(&asked.sent)?.map(|([us], id)| (us, id));
    let listing = Listing {
        project: &asked.project.id,
        environment: &wanted.environment,
        range: wanted.range,
        settings: &asked.project.settings,
        now_us: asked.now.timestamp_micros(),
        filters: &wanted.filters,
        conditions: &wanted.conditions,
        tests: wanted.tests,
        after: after.as_ref(),
        limit: paged(&asked.sent, LIMIT, LIMIT_MAX)?,
    };
    let reach = Reach::of(app, &asked, &wanted.positions).await?;
    let _turn = turn(app).await?;
    let fresh_ms = reach.wait(app, true).await?;
    let (conversations, has_more) = query::conversations(&app.deps.warehouse, &listing).await?;
    let last = conversations.last().filter(|_| has_more);
    let next_cursor = last.map(|row| cursor_of(&[row.started_us.unwrap_or_default()], &row.conversation_id));
    Ok(json!({
        "range": told(&wanted.range),
        "conversations": conversations.iter().map(|row| described(row, wanted.range.tz)).collect::<Vec<_>>(),
        "next_cursor": next_cursor, "fresh_to": fresh_to(fresh_ms),
    }))
}

/// `GET /api/v1/conversations/{id}`.
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
    pairs: Pairs,
) -> Result<Json<Value>, Error> {
    let asked = Asked::read(&app, &headers, pairs, CONVERSATION);
    let id = id.map(|Path(id)| id).map_err(|_| Error::NoRoute);
    counted("conversation", shown(&app, asked, id)).await.map(Json)
}

pub(crate) async fn shown(app: &App, asked: Result<Asked, Error>, id: Result<String, Error>) -> Result<Value, Error> {
    let asked = asked?;
    let id = id?;
    let environment = environment(&asked.sent)?;
    let tz = asked.sent.one("tz").map_or(Ok(asked.project.timezone), zone)?;
    let limit = paged(&asked.sent, EVENTS, EVENTS_MAX)?;
    let after: Option<Place> = placed::<2>(&asked.sent)?.map(|([us, sequence], id)| (us, sequence, id));
    let reach = Reach::of(app, &asked, &positions(&asked.sent)?).await?;
    let _turn = turn(app).await?;
    let fresh_ms = reach.wait(app, true).await?;
    let which = (asked.project.id.as_str(), environment.as_str(), id.as_str());
    let present = (&*asked.project.settings, asked.now.timestamp_micros());
    let found = query::conversation(&app.deps.warehouse, which, present).await?;
    let conversation = found.ok_or_else(|| Error::NoConversation(id.chars().take(80).collect()))?;
    let (events, has_more) = query::timeline(&app.deps.warehouse, which, (after.as_ref(), limit)).await?;
    let last = events.last().filter(|_| has_more);
    Ok(json!({
        "conversation": described(&conversation, tz),
        "timeline": events.iter().map(|event| moment(event, tz)).collect::<Vec<_>>(),
        "next_cursor": last.map(|event| cursor_of(&[event.us, event.sequence], &event.event_id)),
        "fresh_to": fresh_to(fresh_ms),
    }))
}

/// A text, or null where nothing was said.
fn said(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn described(row: &Conversation, tz: Tz) -> Value {
    let local = |us: Option<i64>| us.map(|us| local_rfc3339(us, tz));
    json!({
        "id": row.conversation_id, "state": if row.open == 1 { "open" } else { "closed" },
        "started_at": local(row.started_us), "last_used_at": local(row.last_used_us), "person": said(&row.person),
        "channel": row.channel, "source": row.source, "device": row.device, "browser": row.browser, "os": row.os,
        "language": row.language, "locale": row.locale, "country": row.country, "city": row.city, "bot": row.bot, "page": said(&row.page),
        "messages": {"user": row.messages_user, "bot": row.messages_bot, "agent": row.messages_agent},
        "chats": row.chats_n, "legs": {"count": row.legs_n, "last": said(&row.last_leg)},
        "csat": {"score": number(row.csat), "commented": row.csat_commented == 1},
        "feedback": {"positive": row.positive, "neutral": row.neutral, "negative": row.negative},
        "intents": row.intents_top, "workflows": row.workflows_seen, "tools": row.tools, "handoff": row.handoff == 1,
    })
}

fn moment(event: &Moment, tz: Tz) -> Value {
    json!({
        "event_id": event.event_id, "event": event.event, "time": local_rfc3339(event.us, tz), "sequence": event.sequence,
        "role": said(&event.role), "text": said(&event.text), "user_id": said(&event.user_id),
        "anonymous_id": said(&event.anonymous_id), "data": parsed(&event.data), "metadata": parsed(&event.metadata),
    })
}

/// What events keep as JSON, or null where there is nothing.
fn parsed(json: &str) -> Value {
    said(json).map_or(Value::Null, |json| serde_json::from_str(json).unwrap_or_else(|_| json.into()))
}
