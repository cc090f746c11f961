//! From a record to what it means: an event that counts, with the rows it leaves, or a dead letter.

use bytes::BufMut as _;
use delivery::Segment;
use event::{ClockFlag, Data, Event, Schemas, Text, Timestamp, Written};
use journal::Record;
use rollup::{Contribution, contribution};
use smol_str::SmolStr;
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

/// Longest list of texts that a digest is made of without an allocation, bytes.
const DIGEST_BYTES: usize = 256;

/// A digest of several texts, each with its length, so that no two lists share one.
fn digest<const N: usize>(parts: [&str; N], number: i64) -> u128 {
    let length = parts.iter().map(|part| part.len() + 4).sum::<usize>() + 8;
    if length > DIGEST_BYTES {
        return digest_in(&mut vec![0; length], parts, number);
    }
    digest_in(&mut [0; DIGEST_BYTES][..length], parts, number)
}

fn digest_in<const N: usize>(bytes: &mut [u8], parts: [&str; N], number: i64) -> u128 {
    let mut rest = &mut *bytes;
    for part in parts {
        rest.put_u32_le(part.len() as u32);
        rest.put_slice(part.as_bytes());
    }
    rest.put_i64_le(number);
    cityhash_rs::cityhash_102_128(bytes)
}

impl Counted<'_> {
    /// Digest of what makes the event itself: (project, conversation or '', event_id).
    pub(crate) fn identity(&self) -> u128 {
        digest([&self.event.project_id, self.conversation_id(), &self.event.event_id], 0)
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
            rows.touch(digest([self.project(), conversation], 0), || ConversationKey {
                project: self.project().to_owned(),
                conversation_id: conversation.to_owned(),
            });
        }
    }

    /// The event's raw row, into which the text of a message goes; `json` is room to write in.
    pub(crate) fn take_raw(&mut self, at: At<'_>, is_message: bool, json: &mut Vec<u8>) -> RawRow {
        raw_row(&mut self.event, at, is_message, json)
    }

    fn write_activity(&self, adds: &Contribution<'_>, rows: &mut Rows) {
        let Some(activity) = &adds.activity else { return };
        let conversation = self.conversation_id();
        let key =
            digest([self.project(), self.environment(), &activity.person, conversation], i64::from(activity.bucket_s));
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

fn raw_row(event: &mut Event<'_>, at: At<'_>, is_message: bool, json: &mut Vec<u8>) -> RawRow {
    let flag = rollup::flag(event).map_or(SmolStr::default(), |flag| SmolStr::new_static(flag.name()));
    let message = split_message(&mut event.data);
    RawRow {
        partition: at.partition,
        segment: at.segment.start_seconds(),
        offset: at.record.offset,
        append_time: at.record.append_time_ms,
        event: event.data.name().into(),
        event_time: event.time.0,
        clock: if event.clock == ClockFlag::None { SmolStr::default() } else { event.clock.as_str().into() },
        sequence: event.sequence.unwrap_or(0),
        role: message.role,
        is_message: u8::from(is_message),
        content_type: message.content_type,
        message_id: message.message_id,
        text: message.text,
        data: written_json(json, |out| event.data.write_json(out)),
        context: context_json(event, json),
        project: event.project_id.as_ref().into(),
        conversation_id: own(event.conversation_id.as_ref()),
        event_id: event.event_id.as_ref().into(),
        environment: event.environment.as_ref().into(),
        user_id: own(event.user_id.as_ref()),
        anonymous_id: own(event.anonymous_id.as_ref()),
        session_id: own(event.session_id.as_ref()),
        channel: own(event.channel.as_ref()),
        bot_id: own(event.bot_id.as_ref()),
        metadata: own(event.metadata.as_ref()),
        extra: own(event.extra.as_ref()),
        flag,
        erased: 0,
    }
}

#[derive(Default)]
struct MessageColumns {
    role: SmolStr,
    content_type: SmolStr,
    message_id: SmolStr,
    text: SmolStr,
}

/// The columns that messages have; the text is taken out of the data, where it would only lie twice.
fn split_message(data: &mut Data<'_>) -> MessageColumns {
    let Data::MessageCreated(message) = data else { return MessageColumns::default() };
    MessageColumns {
        role: message.role.as_str().into(),
        content_type: message.content_type.as_ref().map_or(SmolStr::default(), |kind| kind.as_str().into()),
        message_id: message.message_id.as_ref().into(),
        text: own(message.text.take().as_ref()),
    }
}

fn context_json(event: &Event<'_>, json: &mut Vec<u8>) -> SmolStr {
    let context = written_json(json, |out| event.context.write_json(out));
    if context == "{}" { SmolStr::default() } else { context }
}

/// What is written, in memory of just its size; `json` is the room that it is written in.
fn written_json(json: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> SmolStr {
    json.clear();
    write(json);
    str::from_utf8(json).expect("JSON is written from texts").into()
}

fn own(text: Option<&Text<'_>>) -> SmolStr {
    text.map_or(SmolStr::default(), |text| text.as_ref().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The longest list that needs no allocation, and the shortest that does.
    #[test]
    fn a_digest_is_of_the_texts_and_their_lengths_however_long_they_are() {
        for length in [0, 1, 239, 240, 241, 5_000] {
            let (long, last) = ("x".repeat(length), "y");
            let lengths = [length as u32, 1].map(u32::to_le_bytes);
            let bytes =
                [&lengths[0][..], long.as_bytes(), &lengths[1][..], last.as_bytes(), &7_i64.to_le_bytes()].concat();
            assert_eq!(digest([&long, last], 7), cityhash_rs::cityhash_102_128(&bytes), "{length}");
        }
    }
}
