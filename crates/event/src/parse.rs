//! Native JSON to events: what is required, what is corrected, what is refused.

use std::{borrow::Cow, net::IpAddr, time::Duration};

use crate::{
    ClockFlag, Context, Data, Event, Invalid, Text, Timestamp, Warning,
    error::Code,
    json::{Extra, Json},
    kind::{Bool, Id, Int, Object, Str, Time, at_most, optional, present, required},
    limits, salvage, time,
};

/// What the key and the moment say about an event, beside its own text.
#[derive(Debug, Clone)]
pub struct Defaults<'a> {
    /// The key's project: events can not name another.
    pub project_id: Text<'a>,
    /// The key's AI agent, which goes before the event's own.
    pub bot_id: Option<Text<'a>>,
    /// The environment of events that name none.
    pub environment: Text<'a>,
    /// The environment of all events, whatever they name: a development key writes development only.
    pub environment_forced: Option<Text<'a>>,
    /// When the event arrived.
    pub received_at: Timestamp,
    /// The age beyond which an event must say `historical`.
    pub horizon: Duration,
}

impl<'a> Defaults<'a> {
    /// Defaults of a production key without an AI agent, with a horizon of seven days.
    #[must_use]
    pub fn new(project_id: impl Into<Text<'a>>, received_at: Timestamp) -> Self {
        Self {
            project_id: project_id.into(),
            bot_id: None,
            environment: Cow::Borrowed("production"),
            environment_forced: None,
            received_at,
            horizon: Duration::from_micros(limits::HORIZON_US as u64),
        }
    }
}

/// An accepted event, and what is to be known about it but not kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed<'a> {
    /// The event.
    pub event: Event<'a>,
    /// The client's address, to be looked up and dropped.
    pub ip: Option<IpAddr>,
    /// What its producer should know.
    pub warnings: Vec<Warning>,
}

impl Parsed<'_> {
    /// The same, with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> Parsed<'static> {
        Parsed { event: self.event.into_owned(), ip: self.ip, warnings: self.warnings }
    }
}

/// Reads one native JSON event, with texts of its own.
///
/// # Errors
/// When the event is not acceptable; the code says in which way.
pub fn from_json(bytes: &[u8], defaults: &Defaults<'_>) -> Result<Parsed<'static>, Invalid> {
    parse(bytes, defaults).map(Parsed::into_owned)
}

/// Reads one native JSON event, borrowing its texts from `bytes` where they have no escapes.
///
/// # Errors
/// When the event is not acceptable; the code says in which way.
pub fn parse<'a>(bytes: &'a [u8], defaults: &Defaults<'a>) -> Result<Parsed<'a>, Invalid> {
    read(bytes)
        .and_then(|fields| fields.accept(defaults))
        .map_err(|error| Invalid { event_id: salvage::event_id(bytes), ..error })
}

/// Reads JSON of the journal, which names its project. What the clock rules decided stands in it if a gateway wrote it.
pub(crate) fn parse_trusted(bytes: &[u8], appended_at: Timestamp) -> Result<Event<'_>, Invalid> {
    read(bytes)
        .and_then(|fields| fields.take(appended_at))
        .map_err(|error| Invalid { event_id: salvage::event_id(bytes), ..error })
}

/// The envelope as it stands in the text.
#[derive(Default)]
pub(crate) struct Fields<'a> {
    pub(crate) event_id: Option<Text<'a>>,
    pub(crate) event: Option<Text<'a>>,
    pub(crate) schema_version: Option<i64>,
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) received_at: Option<Timestamp>,
    pub(crate) clock: ClockFlag,
    pub(crate) sequence: Option<i64>,
    pub(crate) historical: Option<bool>,
    pub(crate) project_id: Option<Text<'a>>,
    pub(crate) bot_id: Option<Text<'a>>,
    pub(crate) environment: Option<Text<'a>>,
    pub(crate) conversation_id: Option<Text<'a>>,
    pub(crate) session_id: Option<Text<'a>>,
    pub(crate) user_id: Option<Text<'a>>,
    pub(crate) anonymous_id: Option<Text<'a>>,
    pub(crate) channel: Option<Text<'a>>,
    pub(crate) context: Context<'a>,
    pub(crate) ip: Option<IpAddr>,
    pub(crate) metadata: Option<Text<'a>>,
    pub(crate) data: Option<&'a str>,
    pub(crate) extra: Option<Text<'a>>,
}

fn read(bytes: &[u8]) -> Result<Fields<'_>, Invalid> {
    if bytes.len() > limits::EVENT_BYTES {
        let message = format!("the event has {} bytes, of {} allowed: send less", bytes.len(), limits::EVENT_BYTES);
        return Err(Invalid::new(Code::TooLarge, message));
    }
    let text = simdutf8::compat::from_utf8(bytes).map_err(|error| {
        Invalid::new(Code::InvalidUtf8, format!("byte {} is not UTF-8: send the text in UTF-8", error.valid_up_to()))
    })?;
    let mut json = Json::new(text);
    if !matches!(json.peek(), None | Some(b'{')) {
        json.raw()?;
        return Err(Invalid::new(Code::NotAnObject, "an event is a JSON object"));
    }
    let mut fields = Fields::default();
    let mut extra = Extra::default();
    json.object(|json, key| fields.member(key, json, &mut extra))?;
    json.end()?;
    fields.extra = extra.finish();
    Ok(fields)
}

impl<'a> Fields<'a> {
    fn member(&mut self, key: &str, json: &mut Json<'a>, extra: &mut Extra) -> Result<(), Invalid> {
        match key {
            "event_id" => self.event_id = required::<Id>(json)?,
            "event" => self.event = event_type(json)?,
            "schema_version" => self.schema_version = optional::<Int>(json)?,
            "timestamp" => self.timestamp = optional::<Time>(json)?,
            "sent_at" => self.sent_at = optional::<Time>(json)?,
            "received_at" => self.received_at = received_at(json)?,
            "clock" => self.clock = clock(json)?,
            "sequence" => self.sequence = optional::<Int>(json)?,
            "historical" => self.historical = optional::<Bool>(json)?,
            "project_id" => self.project_id = optional::<Id>(json)?,
            "bot_id" => self.bot_id = optional::<Id>(json)?,
            "environment" => self.environment = optional::<Id>(json)?,
            "conversation_id" => self.conversation_id = optional::<Id>(json)?,
            "session_id" => self.session_id = optional::<Id>(json)?,
            "user_id" => self.user_id = optional::<Id>(json)?,
            "anonymous_id" => self.anonymous_id = optional::<Id>(json)?,
            "channel" => self.channel = optional::<Id>(json)?,
            "context" if !json.null()? => (self.context, self.ip) = Context::parse(json)?,
            "context" => (self.context, self.ip) = (Context::default(), None),
            "metadata" => self.metadata = metadata(json)?,
            "data" => self.data = if json.null()? { None } else { Some(json.raw()?) },
            _ => extra.keep(key, json)?,
        }
        Ok(())
    }

    /// Applies the key and the clock rules.
    fn accept(mut self, defaults: &Defaults<'a>) -> Result<Parsed<'a>, Invalid> {
        let received_at = defaults.received_at;
        let (time, clock) = time::settle(self.timestamp, self.sent_at, received_at);
        let horizon_us = i64::try_from(defaults.horizon.as_micros()).unwrap_or(i64::MAX);
        if self.historical != Some(true) && time.0 < received_at.0.saturating_sub(horizon_us) {
            return Err(time::too_old(horizon_us));
        }
        let own = self.environment.take();
        let forced = defaults.environment_forced.clone();
        let environment = forced.or(own).unwrap_or_else(|| defaults.environment.clone());
        let ip = self.ip;
        let (mut event, known) = self.into_event(defaults.project_id.clone(), environment, time)?;
        event.received_at = Some(received_at);
        event.clock = clock;
        event.bot_id = defaults.bot_id.clone().or(event.bot_id);
        let mut warnings = Vec::new();
        if !known {
            warnings.push(Warning::UnknownType);
        }
        match clock {
            ClockFlag::None => (),
            ClockFlag::Skewed => warnings.push(Warning::ClockSkew),
            ClockFlag::Missing => warnings.push(Warning::TimeMissing),
        }
        Ok(Parsed { event, ip, warnings })
    }

    /// Takes what the journal says as it is; without a time, the event has that of its arrival there.
    pub(crate) fn take(mut self, appended_at: Timestamp) -> Result<Event<'a>, Invalid> {
        let clock = if self.timestamp.is_none() { ClockFlag::Missing } else { self.clock };
        let time = self.timestamp.unwrap_or(appended_at);
        let project_id = present(self.project_id.take(), "project_id")?;
        let environment = self.environment.take().unwrap_or(Cow::Borrowed("production"));
        let received_at = self.received_at;
        let (mut event, _) = self.into_event(project_id, environment, time)?;
        (event.received_at, event.clock) = (received_at, clock);
        Ok(event)
    }

    /// The event, and whether its type is known.
    fn into_event(
        self,
        project_id: Text<'a>,
        environment: Text<'a>,
        time: Timestamp,
    ) -> Result<(Event<'a>, bool), Invalid> {
        let name = present(self.event, "event")?;
        // The envelope is the first level; data without members is data.
        let data = Data::parse(name, &mut Json::inside(self.data.unwrap_or("{}"), 1)).map_err(|e| e.within("data"))?;
        let schema_version = self.schema_version.map_or(Ok(1), version)?;
        let known = !matches!(data, Data::Unknown { .. });
        let event = Event {
            event_id: present(self.event_id, "event_id")?,
            schema_version,
            time,
            sent_at: self.sent_at,
            received_at: None,
            clock: ClockFlag::None,
            sequence: self.sequence,
            historical: self.historical.unwrap_or(false),
            project_id,
            bot_id: self.bot_id,
            environment,
            conversation_id: self.conversation_id,
            session_id: self.session_id,
            user_id: self.user_id,
            anonymous_id: self.anonymous_id,
            channel: self.channel,
            context: self.context,
            metadata: self.metadata,
            extra: self.extra,
            data,
        };
        Ok((event, known))
    }
}

/// The version of an event's type.
pub(crate) fn version(number: i64) -> Result<i32, Invalid> {
    i32::try_from(number)
        .ok()
        .filter(|version| *version >= 1)
        .ok_or_else(|| Invalid::new(Code::OutOfRange, "a version is a whole number from 1 on").within("schema_version"))
}

fn event_type<'a>(json: &mut Json<'a>) -> Result<Option<Text<'a>>, Invalid> {
    let event = optional::<Str>(json)?.filter(|event| !event.is_empty());
    event.map(|event| at_most(event, limits::ID_CHARS)).transpose()
}

/// Ours to say: whatever a producer writes there does not matter, only the journal's own is read.
fn received_at(json: &mut Json<'_>) -> Result<Option<Timestamp>, Invalid> {
    let text = json.raw()?;
    Ok(optional::<Time>(&mut Json::new(text)).unwrap_or(None))
}

fn clock(json: &mut Json<'_>) -> Result<ClockFlag, Invalid> {
    Ok(match json.raw()? {
        "\"skewed\"" => ClockFlag::Skewed,
        "\"missing\"" => ClockFlag::Missing,
        _ => ClockFlag::None,
    })
}

fn metadata<'a>(json: &mut Json<'a>) -> Result<Option<Text<'a>>, Invalid> {
    optional::<Object>(json)?.map(metadata_text).transpose()
}

/// The text of `metadata`, if it is a JSON object within the limits.
pub(crate) fn metadata_text(text: Text<'_>) -> Result<Text<'_>, Invalid> {
    let mut keys = 0_usize;
    let mut json = Json::inside(&text, 1);
    json.object(|json, _| {
        keys += 1;
        json.raw().map(|_| ())
    })?;
    json.end()?;
    if keys > limits::METADATA_KEYS || text.len() > limits::METADATA_BYTES {
        let message = format!(
            "metadata has {keys} keys and {} bytes, of {} and {} allowed: send less",
            text.len(),
            limits::METADATA_KEYS,
            limits::METADATA_BYTES
        );
        return Err(Invalid::new(Code::MetadataTooLarge, message));
    }
    Ok(text)
}
