//! The envelope: what every event carries, whatever its type; and how an event crosses the journal.

use serde_json::{Value, json};

use crate::{
    ClockFlag, Context, Data, Family, Invalid, Text, Timestamp,
    avro::{self, Reader},
    json::{Members, write_integer, write_string},
    kind::{Bool, Id, Int, Kind, Object, Str, Time, own, read_optional, read_required},
    parse,
    record::FRAMED,
    schema::{self, Names, Properties, optional_field, required_field},
};

/// One event, its texts borrowed from where it was read where that is possible.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<'a> {
    /// The producer's id of the event.
    pub event_id: Text<'a>,
    /// Version of the event's type.
    pub schema_version: i32,
    /// When it happened: the time that counts, after the clock rules.
    pub time: Timestamp,
    /// When the producer sent it, by its own clock.
    pub sent_at: Option<Timestamp>,
    /// When it arrived.
    pub received_at: Option<Timestamp>,
    /// What was wrong with the producer's clock.
    pub clock: ClockFlag,
    /// Order among events of the same time; absent counts as 0.
    pub sequence: Option<i64>,
    /// Whether it may be older than the horizon.
    pub historical: bool,
    /// The project.
    pub project_id: Text<'a>,
    /// The AI agent.
    pub bot_id: Option<Text<'a>>,
    /// The environment, as `production`.
    pub environment: Text<'a>,
    /// The conversation.
    pub conversation_id: Option<Text<'a>>,
    /// The chat, where the producer names it.
    pub session_id: Option<Text<'a>>,
    /// The person, once known.
    pub user_id: Option<Text<'a>>,
    /// The person's device or browser.
    pub anonymous_id: Option<Text<'a>>,
    /// The channel, as `web`.
    pub channel: Option<Text<'a>>,
    /// Where it comes from.
    pub context: Context<'a>,
    /// What else the producer says: the text of a JSON object.
    pub metadata: Option<Text<'a>>,
    /// Fields of the envelope that this version does not know: the text of a JSON object.
    pub extra: Option<Text<'a>>,
    /// What it says, by its type.
    pub data: Data<'a>,
}

const PRODUCTION: &str = "production";

impl<'a> Event<'a> {
    /// Appends the event in Confluent framing, under the built-in id of its family's schema.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(FRAMED);
        out.extend_from_slice(&self.data.family().schema_id().to_be_bytes());
        avro::write_text(&self.event_id, out);
        avro::write_long(self.schema_version.into(), out);
        avro::write_long(self.time.0, out);
        avro::write_option(self.sent_at.as_ref(), out, |t, out| avro::write_long(t.0, out));
        avro::write_option(self.received_at.as_ref(), out, |t, out| avro::write_long(t.0, out));
        avro::write_long(self.clock as i64, out);
        avro::write_option(self.sequence.as_ref(), out, |n, out| avro::write_long(*n, out));
        out.push(u8::from(self.historical));
        avro::write_text(&self.project_id, out);
        write_text(self.bot_id.as_ref(), out);
        avro::write_text(&self.environment, out);
        write_text(self.conversation_id.as_ref(), out);
        write_text(self.session_id.as_ref(), out);
        write_text(self.user_id.as_ref(), out);
        write_text(self.anonymous_id.as_ref(), out);
        write_text(self.channel.as_ref(), out);
        if self.context.is_empty() {
            out.push(0);
        } else {
            out.push(2);
            self.context.write_avro(out);
        }
        write_text(self.metadata.as_ref(), out);
        write_text(self.extra.as_ref(), out);
        self.data.write_avro(out);
    }

    /// Reads the body of a record that follows a family's built-in schema.
    pub(crate) fn decode_body(family: Family, body: &'a [u8]) -> Result<Self, Invalid> {
        let mut reader = Reader::new(body);
        let event_id = read_required::<Id>(&mut reader, "event_id")?;
        match Self::read_avro(event_id.clone(), family, &mut reader) {
            Ok(event) => Ok(event),
            Err(error) => Err(Invalid { event_id: Some(event_id.into_owned()), ..error }),
        }
    }

    fn read_avro(event_id: Text<'a>, family: Family, reader: &mut Reader<'a>) -> Result<Self, Invalid> {
        Ok(Self {
            event_id,
            schema_version: parse::version(reader.long()?)?,
            time: Time::read(reader).map_err(|error| error.within("timestamp"))?,
            sent_at: reader.option(Time::read)?,
            received_at: reader.option(Time::read)?,
            clock: ClockFlag::from_index(reader.long()?).ok_or_else(|| avro::malformed("an unknown clock flag"))?,
            sequence: reader.option(Reader::long)?,
            historical: reader.boolean()?,
            project_id: read_required::<Id>(reader, "project_id")?,
            bot_id: read_optional::<Id>(reader)?,
            environment: read_required::<Id>(reader, "environment")?,
            conversation_id: read_optional::<Id>(reader)?,
            session_id: read_optional::<Id>(reader)?,
            user_id: read_optional::<Id>(reader)?,
            anonymous_id: read_optional::<Id>(reader)?,
            channel: read_optional::<Id>(reader)?,
            context: reader.option(Context::read_avro)?.unwrap_or_default(),
            metadata: read_optional::<Str>(reader)?.map(parse::metadata_text).transpose()?,
            extra: read_optional::<Object>(reader)?,
            data: {
                let data = Data::read_avro(family, reader).map_err(|error| error.within("data"))?;
                reader.end()?;
                data
            },
        })
    }

    /// Appends the event as one native JSON object, with its project and what the clock rules decided.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let mut members = Members::open(out);
        members.text("event_id", Some(&self.event_id));
        write_string(self.data.name(), members.key("event"));
        if self.schema_version != 1 {
            write_integer(self.schema_version.into(), members.key("schema_version"));
        }
        Time::write_json(&self.time, members.key("timestamp"));
        if let Some(sent_at) = &self.sent_at {
            Time::write_json(sent_at, members.key("sent_at"));
        }
        if let Some(received_at) = &self.received_at {
            Time::write_json(received_at, members.key("received_at"));
        }
        if self.clock != ClockFlag::None {
            write_string(self.clock.as_str(), members.key("clock"));
        }
        if let Some(sequence) = self.sequence {
            write_integer(sequence, members.key("sequence"));
        }
        if self.historical {
            Bool::write_json(&true, members.key("historical"));
        }
        members.text("project_id", Some(&self.project_id));
        members.text("bot_id", self.bot_id.as_ref());
        members.text("environment", Some(&self.environment));
        members.text("conversation_id", self.conversation_id.as_ref());
        members.text("session_id", self.session_id.as_ref());
        members.text("user_id", self.user_id.as_ref());
        members.text("anonymous_id", self.anonymous_id.as_ref());
        members.text("channel", self.channel.as_ref());
        if !self.context.is_empty() {
            self.context.write_json(members.key("context"));
        }
        members.json("metadata", self.metadata.as_deref());
        self.data.write_json(members.key("data"));
        members.spread(self.extra.as_deref());
        members.close();
    }

    /// The same, with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> Event<'static> {
        Event {
            event_id: own(self.event_id),
            schema_version: self.schema_version,
            time: self.time,
            sent_at: self.sent_at,
            received_at: self.received_at,
            clock: self.clock,
            sequence: self.sequence,
            historical: self.historical,
            project_id: own(self.project_id),
            bot_id: self.bot_id.map(own),
            environment: own(self.environment),
            conversation_id: self.conversation_id.map(own),
            session_id: self.session_id.map(own),
            user_id: self.user_id.map(own),
            anonymous_id: self.anonymous_id.map(own),
            channel: self.channel.map(own),
            context: self.context.into_owned(),
            metadata: self.metadata.map(own),
            extra: self.extra.map(own),
            data: self.data.into_owned(),
        }
    }
}

fn write_text(text: Option<&Text<'_>>, out: &mut Vec<u8>) {
    avro::write_option(text, out, |text, out| avro::write_text(text, out));
}

/// The Avro schema of a family's events: field by field what [`Event::encode`] writes.
pub(crate) fn avro_schema(family: Family) -> Value {
    let names = &mut Names::default();
    let time = || Time::avro_schema(&mut Names::default());
    let with_default = |name: &str, about: &str, schema: Value, default: Value| json!({"name": name, "doc": about, "type": schema, "default": default});
    let text = |name: &str, about: &str| optional_field(name, about, json!("string"));
    let clock = json!({"type": "enum", "name": "ClockFlag", "symbols": ClockFlag::SYMBOLS, "default": "none"});
    let fields = vec![
        required_field("event_id", "The producer's id of the event.", json!("string")),
        with_default("schema_version", "Version of the event's type.", json!("int"), json!(1)),
        required_field("timestamp", "When it happened.", time()),
        optional_field("sent_at", "When the producer sent it, by its own clock.", time()),
        optional_field("received_at", "When it arrived.", time()),
        with_default("clock", "What was wrong with the producer's clock.", clock, json!("none")),
        optional_field("sequence", "Order among events of the same time; absent counts as 0.", json!("long")),
        with_default("historical", "Whether it may be older than the horizon.", json!("boolean"), json!(false)),
        required_field("project_id", "The project.", json!("string")),
        text("bot_id", "The AI agent."),
        with_default("environment", "The environment.", json!("string"), json!(PRODUCTION)),
        text("conversation_id", "The conversation."),
        text("session_id", "The chat, where the producer names it."),
        text("user_id", "The person, once known."),
        text("anonymous_id", "The person's device or browser."),
        text("channel", "The channel, as web."),
        optional_field("context", "Where it comes from.", Context::avro_schema(names)),
        text("metadata", "What else the producer says, as JSON."),
        text("extra", "Fields that the schema does not know, as JSON."),
        required_field("data", "What it says, by its type.", Value::Array(family.avro_branches(names))),
    ];
    json!({"type": "record", "name": schema::record_name(family), "namespace": schema::NAMESPACE, "fields": fields})
}

/// The JSON Schema of one type's events.
pub(crate) fn json_schema(event: &str, data: Value) -> Value {
    let mut properties = Properties::default();
    let about = data["description"].clone();
    properties.kind::<Id>("event_id", "An id of your own, the same when the event is sent again.", false);
    properties.add("event", "The type.", false, json!({"const": event}));
    let version = json!({"type": "integer", "minimum": 1, "maximum": i32::MAX});
    properties.add("schema_version", "Version of the type; 1 if absent.", true, version);
    properties.kind::<Time>("timestamp", "When it happened; the arrival if absent.", true);
    properties.kind::<Time>("sent_at", "When you sent it: a wrong clock is corrected by it.", true);
    properties.kind::<Int>("sequence", "Order among events of the same time.", true);
    properties.kind::<Bool>("historical", "Needed for what is older than seven days.", true);
    properties.kind::<Id>("project_id", "Ignored: the key tells the project.", true);
    properties.kind::<Id>("bot_id", "The AI agent; the key's if absent.", true);
    properties.kind::<Id>("environment", "The environment; the key's if absent.", true);
    properties.kind::<Id>("conversation_id", "The conversation.", true);
    properties.kind::<Id>("session_id", "The chat, where you know it.", true);
    properties.kind::<Id>("user_id", "The person, once known.", true);
    properties.kind::<Id>("anonymous_id", "The person's device or browser.", true);
    properties.kind::<Id>("channel", "The channel, as web.", true);
    properties.add("context", "Where it comes from.", true, Context::json_schema());
    properties.kind::<Object>("metadata", "What else you want to say: at most 64 keys and 16 KiB.", true);
    let needed = data.get("required").is_some();
    properties.add("data", "What it says.", !needed, data);
    let mut schema = properties.into_schema(about.as_str().unwrap_or_default());
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!(event);
    schema
}
