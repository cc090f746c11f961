//! From the events in the warehouse to what clients read.

pub(crate) mod conversations;
pub(crate) mod entries;
pub(crate) mod feedbacks;
pub(crate) mod keys;
pub(crate) mod me;
pub(crate) mod said;
pub(crate) mod spans;
pub(crate) mod tickets;
pub(crate) mod tools;
pub(crate) mod usage;
pub(crate) mod view;

use serde_json::Value;
use warehouse::query::stored::{self, BY_NUMBER, Hashed, Stored};

use crate::{
    app::{App, Caller},
    error::Refusal,
    write::place::Place,
};

use self::view::View;

/// An instant, as clients read it.
pub(crate) fn instant(us: i64) -> Value {
    event::Timestamp(us.max(0)).to_rfc3339().into()
}

/// What an event keeps as JSON; null where there is nothing.
pub(crate) fn parsed(json: &str) -> Value {
    if json.is_empty() { Value::Null } else { serde_json::from_str(json).unwrap_or(Value::Null) }
}

/// Conversations as they are now, in the order of their ids; those without events are left out.
pub(crate) async fn views(app: &App, caller: &Caller, ids: &[String]) -> Result<Vec<View>, Refusal> {
    let (warehouse, project) = (&app.deps.warehouse, caller.project_id());
    let events = stored::of_conversations(warehouse, project, ids).await?;
    let loose = if events.is_empty() { Vec::new() } else { stored::loose(warehouse, project, BY_NUMBER).await? };
    let mut views: Vec<View> = events
        .chunk_by(|a: &Stored, b: &Stored| a.conversation_id == b.conversation_id)
        .map(|events| View::of(app.ids, caller, events, &loose))
        .collect();
    let place = |view: &View| ids.iter().position(|id| *id == view.place.conversation);
    views.sort_by_key(place);
    for view in &views {
        app.remember(caller, &view.place.conversation, &view.place.environment);
        for entry in &view.entries {
            let place = (view.place.conversation.as_str(), view.place.environment.as_str());
            app.remember_entry(caller, place, &entry.reference);
        }
    }
    Ok(views)
}

/// The conversation of an id, if there is one.
pub(crate) async fn named(app: &App, caller: &Caller, id: &str) -> Result<Option<Place>, Refusal> {
    let _turn = app.turn(caller).await?;
    Ok(views(app, caller, &[id.to_owned()]).await?.pop().map(|view| view.place))
}

/// The conversation of a number; a soft-deleted one, too.
pub(crate) async fn conversation_of(app: &App, caller: &Caller, number: i64) -> Result<Place, Refusal> {
    if let Some(found) = app.memory.find(caller.project_id(), number & !1) {
        return Ok(Place { conversation: found.conversation, environment: found.environment });
    }
    let _turn = app.turn(caller).await?;
    Ok(view_of(app, caller, number).await?.place)
}

/// The conversation of a number as it is now; whoever calls has a turn.
pub(crate) async fn view_of(app: &App, caller: &Caller, number: i64) -> Result<View, Refusal> {
    let unknown = || Refusal::not_found(format!("Conversation {number} not found"));
    let id = id_of(app, caller, number).await?.ok_or_else(unknown)?;
    views(app, caller, &[id]).await?.pop().ok_or_else(unknown)
}

/// The id of the conversation of a number, if there is one.
async fn id_of(app: &App, caller: &Caller, number: i64) -> Result<Option<String>, Refusal> {
    if let Some(found) = app.memory.find(caller.project_id(), number & !1) {
        return Ok(Some(found.conversation));
    }
    Ok(look_up(app, caller, Hashed::Conversation, number).await?.map(|found| found.0))
}

/// The conversation and the entry of its transcript of a number.
pub(crate) async fn entry(app: &App, caller: &Caller, number: i64) -> Result<Option<(Place, String)>, Refusal> {
    if let Some(found) = app.memory.find(caller.project_id(), number).filter(|found| !found.reference.is_empty()) {
        let place = Place { conversation: found.conversation, environment: found.environment };
        return Ok(Some((place, found.reference)));
    }
    let _turn = app.turn(caller).await?;
    let Some((conversation, _)) = look_up(app, caller, Hashed::Message, number).await? else { return Ok(None) };
    let Some(view) = views(app, caller, &[conversation]).await?.pop() else { return Ok(None) };
    let found = view.entries.iter().find(|entry| entry.id == number);
    Ok(found.map(|entry| (view.place.clone(), entry.reference.clone())))
}

/// Conversation and event of a number.
pub(crate) async fn look_up(
    app: &App,
    caller: &Caller,
    hashed: Hashed,
    number: i64,
) -> Result<Option<(String, String)>, Refusal> {
    Ok(stored::find(&app.deps.warehouse, caller.project_id(), (app.ids.key(), hashed, number)).await?)
}

/// The conversation that a list is kept to, by number or id. `Err(())` where there is none, so that the list is empty.
pub(crate) async fn kept_to(
    app: &App,
    caller: &Caller,
    params: &crate::page::Params,
) -> Result<Result<Option<String>, ()>, Refusal> {
    if let Some(id) = params.text("conversation_id") {
        return Ok(Ok(Some(id)));
    }
    let Some(number) = params.number("conversation") else { return Ok(Ok(None)) };
    Ok(id_of(app, caller, number).await?.map(Some).ok_or(()))
}

/// The environment that a list is kept to, by either name of the parameter.
pub(crate) fn environment(app: &App, caller: &Caller, params: &crate::page::Params) -> Result<Option<String>, Refusal> {
    let Some(text) = params.text("env").or_else(|| params.text("environment")) else { return Ok(None) };
    app.environment_named(caller, &text).map(Some).map_err(|why| Refusal::field("env", why))
}
