//! From a record to what it means: an event that counts, with the rows it leaves, or a dead letter.

use delivery::Segment;
use event::{ClockFlag, Data, Event, Schemas, Text, Timestamp, Written};
use journal::Record;
use rollup::{Contribution, contribution};
use warehouse::{ActivityRow, ConversationKey, IdentityRow, RawRow, RequestRow};

use crate::batch::Rows;
use crate::letter::Letter;

/// What a record is.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly every record is an event; a box would cost an allocation each")]
pub(crate) enum Outcome<'r> {
    /// An event, to be deduplicated and folded.
    Counts(Counted<'r>),
    /// Not an event that can be understood.
    DeadLetter(Letter),
}

/// An event on its way into the rows.
#[derive(Debug)]
pub(crate) struct Counted<'r> {
    event: Event<'r>,
}

/// A record as the vocabulary sees it.
pub(crate) fn written<'r>(record: &'r Record) -> Written<'r, impl Fn(&str) -> Option<&'r [u8]>> {
    let header = |name: &str| record.headers.iter().find(|(held, _)| held == name).map(|(_, value)| &**value);
    let appended_at = Timestamp(record.append_time_ms.saturating_mul(1_000));
    Written { value: &record.value, header, appended_at }
}

/// Reads a record. Bad input is an outcome, never an error.
pub(crate) fn read<'r>(record: &'r Record, schemas: &Schemas) -> Outcome<'r> {
    match written(record).read(schemas) {
        Ok(_) if record.key.is_empty() => Outcome::DeadLetter(Letter::without_key()),
        Ok(event) => Outcome::Counts(Counted { event }),
        Err(invalid) => Outcome::DeadLetter(invalid.into()),
    }
}

/// A digest of several texts, each with its length, so that no two lists share one.
fn digest(parts: &[&str], number: i64) -> u128 {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum::<usize>() + 8);
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes.extend_from_slice(&number.to_le_bytes());
    cityhash_rs::cityhash_102_128(&bytes)
}

impl Counted<'_> {
    /// Digest of what makes the event itself: (project, conversation or '', event_id).
    pub(crate) fn identity(&self) -> u128 {
        digest(&[&self.event.project_id, self.conversation_id(), &self.event.event_id], 0)
    }

    /// What is to be told of it though it counts: a type that no gateway has told of.
    pub(crate) fn notice(&self) -> Option<Letter> {
        let Data::Unknown { event: name, .. } = &self.event.data else { return None };
        self.event.is_direct().then(|| Letter::of_unknown_type(self.project(), &self.event.event_id, name))
    }

    /// Whether the record has the event's own key, so that its copies meet in one partition.
    pub(crate) fn has_key(&self, key: &[u8]) -> bool {
        self.event.has_key(key)
    }

    /// Project.
    pub(crate) fn project(&self) -> &str {
        &self.event.project_id
    }

    /// Environment.
    pub(crate) fn environment(&self) -> &str {
        &self.event.environment
    }

    /// What it adds by itself.
    pub(crate) fn contribution(&self) -> Contribution<'_> {
        contribution(&self.event)
    }

    fn conversation_id(&self) -> &str {
        self.event.conversation_id.as_deref().unwrap_or_default()
    }

    /// Puts the event's small rows into the batch.
    pub(crate) fn write(&self, adds: &Contribution<'_>, at: At<'_>, rows: &mut Rows) {
        self.write_activity(adds, rows);
        self.write_links(adds, at, rows);
        let conversation = self.conversation_id();
        if !conversation.is_empty() {
            rows.touch(digest(&[self.project(), conversation], 0), || ConversationKey {
                project: self.project().to_owned(),
                conversation_id: conversation.to_owned(),
            });
        }
    }

    /// The event's raw row.
    pub(crate) fn into_raw(self, at: At<'_>, is_message: bool) -> RawRow {
        raw_row(self.event, at, is_message)
    }

    fn write_activity(&self, adds: &Contribution<'_>, rows: &mut Rows) {
        let Some(activity) = &adds.activity else { return };
        let conversation = self.conversation_id();
        let key =
            digest(&[self.project(), self.environment(), &activity.person, conversation], i64::from(activity.bucket_s));
        rows.add_activity(key, self.event.time.0, || ActivityRow {
            project: self.project().to_owned(),
            environment: self.environment().to_owned(),
            person: activity.person.clone(),
            conversation_id: conversation.to_owned(),
            bucket: activity.bucket_s,
            first: self.event.time.0,
        });
    }

    fn write_links(&self, adds: &Contribution<'_>, at: At<'_>, rows: &mut Rows) {
        if let Some(link) = &adds.identity {
            rows.batch.identities.push(IdentityRow {
                project: self.project().to_owned(),
                environment: self.environment().to_owned(),
                conversation_id: self.conversation_id().to_owned(),
                event_id: self.event.event_id.clone().into_owned(),
                partition: at.partition,
                segment: at.segment.start_seconds(),
                event: self.event.data.name().to_owned(),
                event_time: self.event.time.0,
                sequence: self.event.sequence.unwrap_or(0),
                from_user: link.from_user.to_owned(),
                into_user: link.into_user.to_owned(),
                anonymous_id: link.anonymous_id.to_owned(),
            });
        }
        if let Some(request) = &adds.request {
            rows.batch.requests.push(RequestRow {
                project: self.project().to_owned(),
                environment: self.environment().to_owned(),
                conversation_id: self.conversation_id().to_owned(),
                event_id: self.event.event_id.clone().into_owned(),
                partition: at.partition,
                segment: at.segment.start_seconds(),
                event: self.event.data.name().to_owned(),
                event_time: self.event.time.0,
                person: request.person.clone(),
                trigger: request.trigger.to_owned(),
            });
        }
    }
}

/// Where a record lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'r> {
    /// Partition.
    pub(crate) partition: u16,
    /// Segment of its append time.
    pub(crate) segment: Segment,
    /// The record.
    pub(crate) record: &'r Record,
}

fn raw_row(mut event: Event<'_>, at: At<'_>, is_message: bool) -> RawRow {
    let flag = rollup::flag(&event).map_or_else(String::new, |flag| flag.name().to_owned());
    let message = split_message(&mut event.data);
    let mut data = Vec::with_capacity(128);
    event.data.write_json(&mut data);
    RawRow {
        partition: at.partition,
        segment: at.segment.start_seconds(),
        offset: at.record.offset,
        append_time: at.record.append_time_ms,
        event: event.data.name().to_owned(),
        event_time: event.time.0,
        clock: if event.clock == ClockFlag::None { String::new() } else { event.clock.as_str().to_owned() },
        sequence: event.sequence.unwrap_or(0),
        role: message.role,
        is_message: u8::from(is_message),
        content_type: message.content_type,
        message_id: message.message_id,
        text: message.text,
        data: json_text(data),
        context: context_json(&event),
        project: event.project_id.into_owned(),
        conversation_id: owned(event.conversation_id),
        event_id: event.event_id.into_owned(),
        environment: event.environment.into_owned(),
        user_id: owned(event.user_id),
        anonymous_id: owned(event.anonymous_id),
        session_id: owned(event.session_id),
        channel: owned(event.channel),
        bot_id: owned(event.bot_id),
        metadata: owned(event.metadata),
        extra: owned(event.extra),
        flag,
        erased: 0,
    }
}

#[derive(Default)]
struct MessageColumns {
    role: String,
    content_type: String,
    message_id: String,
    text: String,
}

/// The columns that messages have; the text is taken out of the data, where it would only lie twice.
fn split_message(data: &mut Data<'_>) -> MessageColumns {
    let Data::MessageCreated(message) = data else { return MessageColumns::default() };
    MessageColumns {
        role: message.role.as_str().to_owned(),
        content_type: message.content_type.as_ref().map_or_else(String::new, |kind| kind.as_str().to_owned()),
        message_id: message.message_id.clone().into_owned(),
        text: owned(message.text.take()),
    }
}

fn context_json(event: &Event<'_>) -> String {
    let mut context = Vec::new();
    event.context.write_json(&mut context);
    if context == b"{}" { String::new() } else { json_text(context) }
}

fn json_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("JSON is written from texts")
}

fn owned(text: Option<Text<'_>>) -> String {
    text.map_or_else(String::new, Text::into_owned)
}
