//! Events that are ready to send: the demo's conversations as text, in which only ids and times are filled in.

use chrono::{DateTime, Days, NaiveDate, SecondsFormat, Utc};
use serde_json::Value;

use crate::demo::{self, Random};

/// Days of demo traffic that each connection repeats with new ids; about 30,000 events.
const DAYS: u64 = 10;
/// Length of a UUID in text.
const ID: usize = 36;
/// Length of `2026-03-29T10:00:00.000Z`.
const TIME: usize = 24;

/// An event as text, with the places where its ids and its time stand.
struct Template {
    text: Vec<u8>,
    /// Ids that tell this round of the conversation from the last one.
    ids: Vec<usize>,
    time: usize,
}

/// An endless stream of events; another connection's never share a conversation with it.
pub(super) struct Traffic {
    templates: Vec<Template>,
    next: usize,
    /// Distinguishes this run and round: what each id begins with.
    prefix: [u8; 8],
    random: Random,
}

impl Traffic {
    pub(super) fn new(seed: u64, connection: u64) -> Self {
        let first = NaiveDate::default() + Days::new(18_000 + connection * DAYS);
        let mut events: Vec<_> = (0..DAYS).flat_map(|day| demo::begun_on(seed, first + Days::new(day))).collect();
        events.retain(|event| event.json["conversation_id"].is_string());
        events.sort_by_key(|event| event.at);
        let templates = events.into_iter().map(|event| template(event.json)).collect();
        let mut random = Random::new(Utc::now().timestamp_micros() as u64, "loadgen", connection as i64);
        let prefix = prefix(&mut random);
        Self { templates, next: 0, prefix, random }
    }

    /// Replaces `body` with the next events, which happen now.
    pub(super) fn fill(&mut self, body: &mut Vec<u8>, events: usize) {
        let now = text_of(Utc::now());
        body.clear();
        for _ in 0..events {
            if self.next == self.templates.len() {
                self.next = 0;
                self.prefix = prefix(&mut self.random);
            }
            let template = &self.templates[self.next];
            self.next += 1;
            let begin = body.len();
            body.extend_from_slice(&template.text);
            body.push(b'\n');
            for at in &template.ids {
                body[begin + at..begin + at + self.prefix.len()].copy_from_slice(&self.prefix);
            }
            body[begin + template.time..begin + template.time + TIME].copy_from_slice(now.as_bytes());
        }
    }
}

/// The time in the form whose length is [`TIME`].
fn text_of(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn prefix(random: &mut Random) -> [u8; 8] {
    let text = format!("{:08x}", random.next() as u32);
    text.as_bytes().try_into().expect("eight digits")
}

/// Every id of an event that must be new in each round is a UUID; a thread's long-lived id is replaced by one.
fn template(mut event: Value) -> Template {
    if let Some(fields) = event.as_object_mut() {
        fields.remove("historical");
    }
    let conversation = event["conversation_id"].as_str().unwrap_or_default();
    if conversation.len() != ID {
        let number = conversation.bytes().fold(7_i64, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        event["conversation_id"] = Random::new(0, "thread", number).uuid().into();
    }
    let mut marked = vec![event["event_id"].to_string(), event["conversation_id"].to_string()];
    for field in ["message_id", "assignment_id", "new_assignment_id", "survey_id", "call_id"] {
        if event["data"][field].as_str().is_some_and(|id| id.len() == ID) {
            marked.push(event["data"][field].to_string());
        }
    }
    let time = event["timestamp"].to_string();
    let text = event.to_string();
    let place = |quoted: &String| text.find(quoted.as_str()).map(|at| at + 1);
    Template {
        ids: marked.iter().filter_map(place).collect(),
        time: place(&time).expect("every demo event has a time"),
        text: text.into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_event_is_valid_json_with_its_own_id_and_the_present_time() {
        let mut traffic = Traffic::new(1, 0);
        let count = traffic.templates.len() * 2;
        let mut body = Vec::new();
        traffic.fill(&mut body, count);
        let events: Vec<Value> = body
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        let ids: BTreeSet<_> = events.iter().map(|event| event["event_id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), count);
        let today = text_of(Utc::now());
        assert!(events.iter().all(|event| event["timestamp"].as_str().unwrap()[..10] == today[..10]));
        assert!(events.iter().all(|event| event.get("historical").is_none()));
    }
}
