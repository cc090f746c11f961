//! `POST /api/attachments/`: files, as base64 in JSON or as a form. The bytes go to the store of files, and an event says where they belong.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use event::Timestamp;
use serde_json::{Value, json};
use warehouse::query::stored::BY_NUMBER;

use crate::{
    app::{App, Caller, Need, object_of},
    error::Refusal,
    files::{self, Kept},
    lenient,
    page::Address,
    write::{
        draft::{Draft, Item, data, item_id},
        place::{Place, place},
    },
};

/// Bounds of a request: bytes of it all and of a file, and how many files.
const REQUEST_BYTES: usize = 40 << 20;
const FILE_BYTES: usize = 25 << 20;
const FILES: usize = 10;

/// A file as it was sent.
#[derive(Debug)]
struct File {
    filename: String,
    mime: Option<String>,
    bytes: Bytes,
}

/// A request, whichever way it came.
#[derive(Debug)]
struct Upload {
    fields: Value,
    files: Vec<File>,
    /// Whether it comes from a client that waits for the answer and names the message as a text.
    is_checked: bool,
}

/// What files are attached to.
#[derive(Debug, Default)]
struct Target {
    place: Option<Place>,
    /// The entry of the transcript.
    message: Option<String>,
    /// Numbers that this process knows nothing of.
    conversation_number: Option<i64>,
    message_number: Option<i64>,
}

impl Target {
    fn conversation(&self) -> Option<&str> {
        self.place.as_ref().map(|place| place.conversation.as_str())
    }

    /// The beginning of the name of what is known by a number alone.
    fn by_number(&self) -> Option<String> {
        let of_message = self.message_number.map(|number| format!("m{number}:"));
        of_message.or_else(|| self.conversation_number.map(|number| format!("c{}:", number & !1)))
    }
}

pub(crate) async fn upload(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    uri: Uri,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let caller = app.caller(&headers, Need::Write)?;
    let boundary = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| multer::parse_boundary(value).ok());
    let received = app.received(&caller, request, REQUEST_BYTES).await?;
    let upload = match boundary {
        Some(boundary) => form(received.bytes.clone(), boundary).await?,
        None => json_upload(&received.bytes)?,
    };
    check(&upload.files)?;
    let target = target(&app, &caller, &upload).await?;
    let owner = target.conversation().map_or_else(|| target.by_number().unwrap_or_default(), str::to_owned);
    let mut kept = Vec::with_capacity(upload.files.len());
    for file in &upload.files {
        let mime = files::mime_of(&file.filename, file.mime.as_deref(), &file.bytes);
        let owner = (caller.project_id(), owner.as_str());
        kept.push(app.deps.files.keep(owner, file.bytes.clone(), mime).await.map_err(|error| {
            tracing::error!(%error, "an attachment could not be stored");
            Refusal::from(api::Error::Overloaded)
        })?);
    }
    let drafts = drafts(&caller, &upload, &target, &kept);
    let rows = rows(&app, &caller, &drafts, &app.address(&headers, &uri));
    app.store(&caller, drafts).await?;
    Ok((StatusCode::CREATED, Json(json!({"attachments": rows}))))
}

fn json_upload(bytes: &Bytes) -> Result<Upload, Refusal> {
    let mut fields = object_of(bytes)?;
    let sent = fields.get_mut("attachments").map(Value::take);
    let Some(Value::Array(items)) = sent else { return Err(Refusal::error("No attachments were sent.")) };
    let mut files = Vec::with_capacity(items.len().min(FILES + 1));
    for (index, item) in items.iter().enumerate() {
        let text = item.get("data").and_then(Value::as_str).unwrap_or_default();
        let broken = || Refusal::error(format!("Attachment {index} is not valid base64."));
        let bytes = STANDARD.decode(text.trim()).map_err(|_| broken())?;
        let mime = lenient::short(item.get("mime_type")).or_else(|| lenient::short(item.get("content_type")));
        let filename = lenient::short(item.get("filename"));
        let filename = filename.unwrap_or_else(|| format!("attachment_{index}"));
        files.push(File { filename, mime, bytes: bytes.into() });
    }
    let is_checked = fields.get("message").is_some_and(Value::is_string);
    Ok(Upload { fields, files, is_checked })
}

async fn form(bytes: Bytes, boundary: String) -> Result<Upload, Refusal> {
    let broken = |error: multer::Error| Refusal::error(format!("The form cannot be read: {error}"));
    let mut parts = multer::Multipart::new(Body::from(bytes).into_data_stream(), boundary);
    let (mut fields, mut files) = (serde_json::Map::new(), Vec::new());
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(|name| name.replace("%22", "\"")) {
            Some(filename) => {
                let mime = part.content_type().map(ToString::to_string);
                files.push(File { filename, mime, bytes: part.bytes().await.map_err(broken)? });
            }
            None => {
                let text = part.bytes().await.map_err(broken)?;
                let text = String::from_utf8_lossy(&text).into_owned();
                let value = if name == "metadata" { serde_json::from_str(&text).ok() } else { None };
                fields.insert(name, value.unwrap_or(Value::String(text)));
            }
        }
    }
    Ok(Upload { fields: Value::Object(fields), files, is_checked: false })
}

fn check(files: &[File]) -> Result<(), Refusal> {
    if files.is_empty() {
        return Err(Refusal::error("No attachments were sent."));
    }
    let too_large = |text: String| Refusal::detail(StatusCode::PAYLOAD_TOO_LARGE, text);
    if files.len() > FILES {
        return Err(too_large(format!("{} files were sent, of at most {FILES}.", files.len())));
    }
    match files.iter().find(|file| file.bytes.len() > FILE_BYTES) {
        Some(file) => {
            Err(too_large(format!("{} has {} bytes, of at most {FILE_BYTES}.", file.filename, file.bytes.len())))
        }
        None => Ok(()),
    }
}

/// What the files belong to: a message before a conversation's number, and that before its id.
async fn target(app: &App, caller: &Caller, upload: &Upload) -> Result<Target, Refusal> {
    let fields = &upload.fields;
    let conversation = lenient::number(fields.get("conversation"));
    let mut target = Target { place: place(app, caller, fields), ..Target::default() };
    if let Some(number) = lenient::number(fields.get("message")) {
        match message(app, caller, number, upload.is_checked).await? {
            Some((place, reference)) => {
                let own = app.ids.conversation(caller.project_id(), &place.conversation, "");
                if upload.is_checked && conversation.is_some_and(|conversation| conversation & !1 != own) {
                    return Err(not_found(number));
                }
                (target.place, target.message) = (Some(place), Some(reference));
            }
            None => target.message_number = Some(number),
        }
    }
    if target.place.is_none() {
        target.conversation_number = conversation;
        if target.message_number.is_none() && conversation.is_none() {
            return Err(Refusal::error(
                "Neither message, conversation nor conversation_id says where these attachments belong.",
            ));
        }
    }
    Ok(target)
}

fn not_found(message: i64) -> Refusal {
    Refusal::not_found(format!("Message {message} not found"))
}

/// The message of a number: remembered, or looked up for a client that waits to hear whether it is there.
async fn message(
    app: &App,
    caller: &Caller,
    number: i64,
    is_checked: bool,
) -> Result<Option<(Place, String)>, Refusal> {
    if let Some(found) = app.memory.find(caller.project_id(), number) {
        let place = Place { conversation: found.conversation, environment: found.environment };
        return Ok(Some((place, found.reference)));
    }
    if !is_checked {
        return Ok(None);
    }
    match crate::read::entry(app, caller, number).await {
        Ok(Some((place, reference))) => Ok(Some((place, reference))),
        Ok(None) => Err(not_found(number)),
        // Nobody can say whether it is there: kept by its number.
        Err(error) if error.is_later() => Ok(None),
        Err(error) => Err(error),
    }
}

fn drafts(caller: &Caller, upload: &Upload, target: &Target, kept: &[Kept]) -> Vec<Draft> {
    let fields = &upload.fields;
    let at = lenient::time(fields.get("timestamp"));
    let sender = lenient::text(fields.get("sender")).filter(|sender| crate::write::items::role_of(sender).is_some());
    let sender = sender.unwrap_or_else(|| "end_user".to_owned());
    let metadata = lenient::object(fields.get("metadata")).map(Value::Object);
    let (by_number, conversation) = (target.by_number(), target.conversation().map(str::to_owned));
    let named = conversation.clone().or_else(|| by_number.clone()).unwrap_or_default();
    let holder =
        event_id(caller, &named, at, ("holder", kept.iter().map(|file| file.sha256.as_str()).collect::<String>()));
    let draft = |(index, (file, kept)): (usize, (&File, &Kept))| {
        let own = event_id(
            caller,
            &named,
            at,
            (&file.filename, format!("{index}/{}/{}", kept.sha256, target.message.as_deref().unwrap_or_default())),
        );
        let is_loose = target.place.is_none() || target.message_number.is_some();
        let id = if is_loose { format!("{BY_NUMBER}{}{own}", by_number.as_deref().unwrap_or_default()) } else { own };
        let holder = (target.message.is_none() && target.message_number.is_none()).then(|| holder.clone().into());
        Draft {
            event: "attachment.added",
            data: data([
                ("attachment_id", Some(id.clone().into())),
                ("message_id", target.message.clone().map(Value::from)),
                ("filename", Some(file.filename.clone().into())),
                ("mime", Some(kept.mime.clone().into())),
                ("size_bytes", Some(kept.size.into())),
                ("sha256", Some(kept.sha256.clone().into())),
                ("file", Some(kept.name.clone().into())),
                ("holder", holder),
                ("sender", Some(sender.clone().into())),
                ("metadata", metadata.clone()),
            ]),
            event_id: id,
            conversation: if is_loose { None } else { conversation.clone() },
            at,
            environment: target.place.as_ref().map(|place| place.environment.clone()),
            ..Draft::default()
        }
    };
    upload.files.iter().zip(kept).enumerate().map(draft).collect()
}

fn event_id(caller: &Caller, conversation: &str, at: Option<Timestamp>, (name, content): (&str, String)) -> String {
    let item = Item { conversation, at, name, content: content.as_bytes() };
    item_id(caller.project_id(), "/api/attachments/", &item)
}

fn rows(app: &App, caller: &Caller, drafts: &[Draft], address: &Address) -> Vec<Value> {
    let row = |draft: &Draft| {
        let text = |name: &str| draft.data.get(name).and_then(Value::as_str).unwrap_or_default();
        let reference = draft.data.get("message_id").or_else(|| draft.data.get("holder")).and_then(Value::as_str);
        let message = draft.conversation.as_deref().zip(reference).map(|(conversation, reference)| {
            let environment = draft.environment.as_deref().unwrap_or_default();
            app.remember_entry(caller, (conversation, environment), reference)
        });
        json!({
            "id": app.ids.of("x", caller.project_id(), &draft.event_id), "message": message, "type": files::class(text("mime")),
            "filename": text("filename"), "mime_type": text("mime"), "size_bytes": draft.data.get("size_bytes"),
            "file_url": app.deps.files.url(address, caller.project_id(), text("file"), (text("filename"), text("mime"))),
        })
    };
    drafts.iter().map(row).collect()
}
