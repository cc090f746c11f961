//! CloudEvents 1.0 in binary mode: the envelope stands in headers (`ce_…`), the record's value is `data`.

use std::borrow::Cow;

use crate::{
    Event, Invalid, Text, Timestamp,
    error::Code,
    json::Json,
    kind::{Id, Kind, at_most},
    limits,
    parse::Fields,
    record::text,
};

/// The header that makes a record a CloudEvent.
pub(crate) const ID: &str = "ce_id";
/// What a source begins with; the project follows.
const SOURCE: &str = "/projects/";
/// What a type ends with; before it stand a reversed domain and the event's type.
const VERSION: &str = ".v1";

/// Reads an event from its headers and its data.
///
/// # Errors
/// When it is not acceptable; the code says in which way, and where.
pub(crate) fn read<'a>(
    data: &'a [u8],
    header: &impl Fn(&str) -> Option<&'a [u8]>,
    appended_at: Timestamp,
) -> Result<Event<'a>, Invalid> {
    let event_id = attribute(header, ID)?;
    let known = event_id.as_deref().map(str::to_owned);
    let event = fields(data, header, event_id).and_then(|fields| fields.take(appended_at));
    event.map_err(|error| Invalid { event_id: known, ..error })
}

fn fields<'a>(
    data: &'a [u8],
    header: &impl Fn(&str) -> Option<&'a [u8]>,
    event_id: Option<Text<'a>>,
) -> Result<Fields<'a>, Invalid> {
    let id = |name: &str| attribute(header, name);
    let time = |name: &str| header(name).map(|value| instant(name, value)).transpose();
    Ok(Fields {
        event_id,
        event: id("ce_type")?.map(event_type).transpose()?,
        timestamp: time("ce_time")?,
        sent_at: time("ce_sentat")?,
        sequence: number(header)?,
        historical: historical(header)?,
        project_id: id("ce_source")?.map(project).transpose()?,
        bot_id: id("ce_botid")?,
        environment: id("ce_environment")?,
        conversation_id: id("ce_subject")?,
        session_id: id("ce_sessionid")?,
        user_id: id("ce_userid")?,
        anonymous_id: id("ce_anonymousid")?,
        channel: id("ce_channel")?,
        data: if data.is_empty() { None } else { Some(object(data)?) },
        ..Fields::default()
    })
}

/// The text of an attribute that is an id or a short name; what is empty is absent.
fn attribute<'a>(header: &impl Fn(&str) -> Option<&'a [u8]>, name: &str) -> Result<Option<Text<'a>>, Invalid> {
    let Some(value) = header(name) else { return Ok(None) };
    let text = text(name, value).and_then(|text| at_most(text, limits::ID_CHARS).map_err(|e| e.within(name)))?;
    Ok((!Id::says_nothing(&text)).then_some(text))
}

/// `message.created` of `com.example.message.created.v1`.
fn event_type(name: Text<'_>) -> Result<Text<'_>, Invalid> {
    let wrong = || {
        let message = "a type is a reversed domain, the event's type and .v1, as com.example.message.created.v1";
        Invalid::new(Code::UnknownFormat, message).within("ce_type")
    };
    let Cow::Borrowed(name) = name else { return Err(wrong()) };
    let name = name.strip_suffix(VERSION).ok_or_else(wrong)?;
    let known = crate::EVENTS.iter().find(|known| name == **known || ends_with_part(name, known));
    if let Some(known) = known {
        return Ok(Cow::Borrowed(known));
    }
    // Of a type that is not known, the first two parts are taken for the domain.
    let parts = name.splitn(3, '.').nth(2).filter(|rest| !rest.is_empty());
    Ok(Cow::Borrowed(parts.unwrap_or(name)))
}

fn ends_with_part(name: &str, part: &str) -> bool {
    name.strip_suffix(part).is_some_and(|domain| domain.ends_with('.'))
}

fn project(source: Text<'_>) -> Result<Text<'_>, Invalid> {
    match source {
        Cow::Borrowed(source) if source.len() > SOURCE.len() && source.starts_with(SOURCE) => {
            Ok(Cow::Borrowed(&source[SOURCE.len()..]))
        }
        _ => {
            let message = "a source names its project, as /projects/shop";
            Err(Invalid::new(Code::UnknownFormat, message).within("ce_source"))
        }
    }
}

fn instant(name: &str, value: &[u8]) -> Result<Timestamp, Invalid> {
    let time = text(name, value)?;
    let message = "no time between 1970 and 2199: write RFC 3339 with an offset, as 2026-03-23T09:00:00Z";
    Timestamp::parse_rfc3339(&time).ok_or_else(|| Invalid::new(Code::BadTimestamp, message).within(name))
}

fn number<'a>(header: &impl Fn(&str) -> Option<&'a [u8]>) -> Result<Option<i64>, Invalid> {
    const NAME: &str = "ce_sequence";
    let Some(value) = header(NAME) else { return Ok(None) };
    let wrong = |_| Invalid::new(Code::WrongType, "a whole number belongs here").within(NAME);
    text(NAME, value)?.parse().map(Some).map_err(wrong)
}

fn historical<'a>(header: &impl Fn(&str) -> Option<&'a [u8]>) -> Result<Option<bool>, Invalid> {
    const NAME: &str = "ce_historical";
    match header(NAME) {
        None => Ok(None),
        Some(b"true") => Ok(Some(true)),
        Some(b"false") => Ok(Some(false)),
        Some(_) => Err(Invalid::new(Code::WrongType, "true or false belongs here").within(NAME)),
    }
}

fn object(data: &[u8]) -> Result<&str, Invalid> {
    if data.len() > limits::EVENT_BYTES {
        let message = format!("the data has {} bytes, of {} allowed: send less", data.len(), limits::EVENT_BYTES);
        return Err(Invalid::new(Code::TooLarge, message).within("data"));
    }
    let text = std::str::from_utf8(data)
        .map_err(|_| Invalid::new(Code::InvalidUtf8, "the data is not UTF-8: send the text in UTF-8").within("data"))?;
    let mut json = Json::inside(text, 1);
    let read = json.raw().and_then(|object| json.end().map(|()| object));
    read.map_err(|error| error.within("data"))
}
