//! Dead letters: records of the events topic that are no events, with the reason. Each goes to its table with the flush of its
//! partition, and to the dead-letter topic with headers, where it can be looked at, corrected and replayed.

use bytes::Bytes;
use event::Invalid;
use journal::{NewRecord, Record, Topic};
use warehouse::DeadLetterRow;

/// Most bytes of a letter's body in the topic; what is longer is cut, and a header says how long it was.
const BODY_MAX: usize = 1 << 20;
/// Most bytes of the message's header.
const MESSAGE_MAX: usize = 1_000;
/// Most bytes of the record's own headers, which go with it as far as there is room.
const HEADERS_MAX: usize = 32 << 10;

/// Headers that say where a letter comes from: together they are what makes two letters the same one.
pub(crate) const SOURCE: [&str; 3] = ["source_topic", "source_partition", "source_offset"];

/// Why a record is dead.
#[derive(Debug)]
pub(crate) struct Letter {
    reason: &'static str,
    message: String,
    event_id: String,
    project: String,
}

impl From<Invalid> for Letter {
    fn from(invalid: Invalid) -> Letter {
        Letter {
            reason: invalid.code.as_str(),
            message: invalid.to_string(),
            event_id: invalid.event_id.unwrap_or_default(),
            project: String::new(),
        }
    }
}

impl Letter {
    /// A record without a key: nothing says which partition it belongs to.
    pub(crate) fn without_key() -> Letter {
        Letter {
            reason: "missing_key",
            message: "the record has no key: send project_id/conversation_id as the key (see the producers' page)"
                .to_owned(),
            event_id: String::new(),
            project: String::new(),
        }
    }

    /// An event of a type that is not in the catalogue: kept as it is, and told of.
    pub(crate) fn of_unknown_type(project: &str, event_id: &str, name: &str) -> Letter {
        Letter {
            reason: event::Warning::UnknownType.as_str(),
            message: format!("the type {name} is not in the catalogue: the event is kept, and in no figure"),
            event_id: event_id.to_owned(),
            project: project.to_owned(),
        }
    }

    /// The row of the letter, by where its record lies.
    pub(crate) fn row(&self, partition: u16, record: &Record) -> DeadLetterRow {
        DeadLetterRow {
            topic: Topic::Events.name().to_owned(),
            partition,
            offset: record.offset,
            append_time: record.append_time_ms,
            project: self.project.clone(),
            reason: self.reason.to_owned(),
            message: self.message.clone(),
            event_id: self.event_id.clone(),
            value: record.value.to_vec(),
        }
    }

    /// The letter as a record of the dead-letter topic: the original bytes and headers, and why.
    pub(crate) fn record(&self, partition: u16, record: &Record) -> NewRecord {
        let text = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let [topic, in_partition, offset] = SOURCE.map(str::to_owned);
        let mut headers = vec![
            ("reason".to_owned(), Bytes::from_static(self.reason.as_bytes())),
            ("message".to_owned(), text(&self.message[..self.message.floor_char_boundary(MESSAGE_MAX)])),
            (topic, Bytes::from_static(Topic::Events.name().as_bytes())),
            (in_partition, partition.to_string().into()),
            (offset, record.offset.to_string().into()),
        ];
        for (name, value) in [("project", &self.project), ("event_id", &self.event_id)] {
            if !value.is_empty() {
                headers.push((name.to_owned(), text(value)));
            }
        }
        let mut value = record.value.clone();
        if value.len() > BODY_MAX {
            headers.push(("truncated_from".to_owned(), value.len().to_string().into()));
            value.truncate(BODY_MAX);
        }
        let mut room = HEADERS_MAX;
        for (name, value) in &record.headers {
            let size = name.len() + value.len();
            if size <= room {
                room -= size;
                headers.push((name.clone(), value.clone()));
            }
        }
        let mut key = record.key.clone();
        key.truncate(MESSAGE_MAX);
        NewRecord { key, value, headers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_names_its_source_and_stays_within_what_the_topic_takes() {
        let record = Record {
            offset: 7,
            append_time_ms: 1,
            key: Bytes::from(vec![b'k'; 100_000]),
            value: Bytes::from(vec![b'v'; 2 << 20]),
            headers: vec![
                ("large".to_owned(), Bytes::from(vec![0; 1 << 20])),
                ("traceparent".to_owned(), Bytes::from_static(b"00-1")),
            ],
        };
        let written = Letter::without_key().record(3, &record);
        let header = |name: &str| written.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.clone());
        assert_eq!(
            SOURCE.map(|name| header(name).unwrap()),
            ["rapport.events.v1", "3", "7"].map(|text| Bytes::from_static(text.as_bytes()))
        );
        assert_eq!(header("reason").unwrap(), "missing_key");
        assert_eq!(header("truncated_from").unwrap(), (2 << 20).to_string());
        assert_eq!(header("traceparent").unwrap(), "00-1");
        assert_eq!(header("large"), None);
        assert_eq!((written.value.len(), written.key.len()), (BODY_MAX, MESSAGE_MAX));
    }
}
