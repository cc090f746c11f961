//! Conversations: lists, one by its number, the number of an id, and the attachments of one.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, Uri},
};
use serde_json::{Value, json};
use warehouse::query::stored::{self, Field, Listed, Order, OrderBy};

use crate::{
    app::{App, Caller, Need},
    error::Refusal,
    page::{Page, Params},
    read::{self, view::View},
    write::changes::number,
};

/// `GET /api/conversations/`
pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let params = Params::of(&uri);
    let (page, address) = (Page::of(&params), app.address(&headers, &uri));
    let wanted = listed(&app, &caller, &params)?;
    let _turn = app.turn(&caller).await?;
    let (count, rows) = stored::listed(&app.deps.warehouse, caller.project_id(), &wanted, page.part()).await?;
    let ids: Vec<String> = rows.into_iter().map(|row| row.conversation_id).collect();
    let views = read::views(&app, &caller, &ids).await?;
    let is_full = params.flag("full").unwrap_or(true);
    let row = |view: &View| {
        let mut row = if is_full { view.full(&app, &caller, &address) } else { view.lean(&app, &caller) };
        if wanted.has_tickets {
            row.insert("tickets".to_owned(), view.ticket_rows(&app, &caller).into());
        }
        Value::Object(row)
    };
    let rows = views.iter().map(row).collect();
    page.envelope(usize::try_from(count).unwrap_or(usize::MAX), rows, &address).map(Json)
}

/// What a list is kept to. Parameters that nobody knows say nothing.
fn listed(app: &App, caller: &Caller, params: &Params) -> Result<Listed, Refusal> {
    let equal = [
        (Field::CustomerId, "customer_id"),
        (Field::CustomerIpAddress, "customer_ip_address"),
        (Field::Device, "device"),
        (Field::Language, "language"),
    ];
    let contain =
        [(Field::CustomerId, "customer_id__icontains"), (Field::Name, "name"), (Field::Name, "name__icontains")];
    let of = |fields: &[(Field, &str)]| -> Vec<(Field, String)> {
        fields.iter().filter_map(|(field, name)| Some((*field, params.text(name)?))).collect()
    };
    Ok(Listed {
        key: app.ids.key(),
        order: order(params),
        include_deleted: params.flag("include_deleted").unwrap_or(false),
        environment: read::environment(app, caller, params)?,
        conversation_id: params.text("conversation_id"),
        equal: of(&equal),
        contain: of(&contain),
        is_marked: params.flag("is_marked"),
        metadata: metadata(params),
        has_messages: params.flag("has_messages"),
        message_contains: params.text("message_contains"),
        search: params.text("search"),
        has_action: params.flag("has_action"),
        action_name: params.text("action_name"),
        has_feedback: params.flag("has_feedback"),
        feedback_sentiment: params.text("feedback_sentiment"),
        feedback_source: params.text("feedback_source"),
        has_tickets: params.strict_flag("include_tickets")?.unwrap_or(false),
        started_from_us: params.us("started_at_after"),
        started_to_us: params.us("started_at_before"),
    })
}

fn order(params: &Params) -> Order {
    let newest = Order { by: OrderBy::StartedAt, descending: true };
    let Some((name, descending)) = params.ordering() else { return newest };
    let by = match name.as_str() {
        "started_at" => OrderBy::StartedAt,
        "ended_at" => OrderBy::EndedAt,
        "id" => OrderBy::Number,
        "customer_id" => OrderBy::CustomerId,
        "is_marked" => OrderBy::Marked,
        "language" => OrderBy::Language,
        _ => return newest,
    };
    Order { by, descending }
}

/// `key:value,path.to.key:value`, and one key with its value. What looks like a number, a truth value or null may be one or the text that
/// is written so, as an id in hexadecimal digits with one `e` among them is.
fn metadata(params: &Params) -> Vec<(Vec<String>, Vec<String>)> {
    let text = params.text("metadata").unwrap_or_default();
    let pairs = text.split(',').filter_map(|pair| pair.split_once(':'));
    let mut conditions: Vec<(String, String)> =
        pairs.map(|(path, value)| (path.trim().to_owned(), value.trim().to_owned())).collect();
    conditions.extend(params.text("metadata_key").zip(params.text("metadata_value")));
    let condition = |(path, value): (String, String)| {
        let typed = serde_json::from_str::<Value>(&value).ok().filter(|value| !value.is_object() && !value.is_array());
        let forms = [Some(Value::String(value)), typed].into_iter().flatten().map(|form| form.to_string());
        (path.split('.').map(str::to_owned).collect(), forms.collect())
    };
    conditions.into_iter().map(condition).collect()
}

/// The conversation of a number, whether or not it was deleted.
async fn view(app: &App, caller: &Caller, id: &str) -> Result<View, Refusal> {
    let id = number(id)?;
    let _turn = app.turn(caller).await?;
    read::view_of(app, caller, id).await
}

/// `GET /api/conversations/{id}/`
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    uri: Uri,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let view = view(&app, &caller, &id).await?;
    Ok(Json(view.detail(&app, &caller, &app.address(&headers, &uri))))
}

/// `GET /api/conversations/lookup/`: soft-deleted ones are found, too.
pub(crate) async fn lookup(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let id = Params::of(&uri).text("conversation_id");
    let id = id.ok_or_else(|| Refusal::field("conversation_id", "This field is required."))?;
    let place = read::named(&app, &caller, &id).await?;
    let place = place.ok_or_else(|| Refusal::not_found("Conversation not found."))?;
    let number = app.ids.conversation(caller.project_id(), &place.conversation, &place.environment);
    Ok(Json(json!({"id": number, "conversation_id": place.conversation})))
}

/// `GET /api/conversations/{id}/attachments/`, in the shapes of both generations.
pub(crate) async fn attachments(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    uri: Uri,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let address = app.address(&headers, &uri);
    let view = view(&app, &caller, &id).await?;
    let (mut messages, mut all) = (Vec::new(), Vec::new());
    for entry in view.entries.iter().filter(|entry| !entry.files.is_empty()) {
        let files = view.files(&app, &caller, entry, &address);
        all.extend(files.iter().cloned());
        messages.push(json!({
            "message_id": entry.id, "sender": entry.row["sender"], "timestamp": read::instant(entry.us), "attachments": files,
        }));
    }
    Ok(Json(json!({
        "conversation_id": view.place.conversation, "conversation": view.id, "total_attachments": all.len(),
        "attachment_count": all.len(), "messages": messages, "attachments": all,
    })))
}

/// `GET /api/track/{id}/`: an entry of a transcript.
pub(crate) async fn message(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    uri: Uri,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let caller = app.caller(&headers, Need::Read)?;
    let id = number(&id)?;
    let unknown = || Refusal::not_found(format!("Message {id} not found"));
    let (place, reference) = read::entry(&app, &caller, id).await?.ok_or_else(unknown)?;
    let _turn = app.turn(&caller).await?;
    let view = read::views(&app, &caller, &[place.conversation]).await?.pop().ok_or_else(unknown)?;
    let entry = view.entries.iter().find(|entry| entry.reference == reference).ok_or_else(unknown)?;
    let address = app.address(&headers, &uri);
    Ok(Json(view.message(&app, &caller, entry, &address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_metadata_is_the_text_or_what_it_looks_like() {
        let uri: Uri = "/api/conversations/?metadata=run:400574e8,deep.n:7,pack:blue".parse().unwrap();
        let wanted = metadata(&Params::of(&uri));
        let forms = |at: usize| wanted[at].1.iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(forms(0), [r#""400574e8""#, "40057400000000.0"]);
        assert_eq!((wanted[1].0.join("/"), forms(1)), ("deep/n".to_owned(), vec![r#""7""#, "7"]));
        assert_eq!(forms(2), [r#""blue""#]);
    }
}
