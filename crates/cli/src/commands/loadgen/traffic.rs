//! Events that are ready to send: the demo's conversations as text, in which only ids and times are filled in.
//! They are native, or as AgentSight's SDKs send them.

use chrono::{DateTime, Days, NaiveDate, SecondsFormat, Utc};
use serde_json::Value;

use super::sdk;
use crate::{
    args::Shape,
    demo::{self, DemoEvent, Random},
};

/// Days of demo traffic that each connection repeats with new ids; about 30,000 events.
const DAYS: u64 = 10;
/// Length of a UUID in text.
pub(super) const ID: usize = 36;
/// Length of `2026-03-29T10:00:00.000Z`.
pub(super) const TIME: usize = 24;

/// An event as text, with the places where its ids and its times stand.
pub(super) struct Template {
    /// Where it is sent to.
    path: &'static str,
    text: Vec<u8>,
    /// Ids that tell this round of the conversation from the last one.
    ids: Vec<usize>,
    times: Vec<usize>,
}

impl Template {
    /// A text whose ids (with their lengths) and time are filled in wherever they stand.
    pub(super) fn new(path: &'static str, text: String, ids: &[(&str, usize)], time: (&str, usize)) -> Template {
        let places = |(marked, length): (&str, usize)| -> Vec<usize> {
            assert_eq!(marked.len(), length, "{marked} is replaced in place");
            text.match_indices(marked).map(|(at, _)| at).collect()
        };
        let times = places(time);
        Template { path, ids: ids.iter().flat_map(|id| places(*id)).collect(), times, text: text.into_bytes() }
    }
}

/// How events stand in a body.
struct Frame {
    before: &'static [u8],
    between: &'static [u8],
    after: &'static [u8],
}

impl Frame {
    fn of(shape: Shape) -> Frame {
        match shape {
            Shape::Native => Frame { before: b"", between: b"\n", after: b"\n" },
            Shape::First => Frame { before: b"", between: b"", after: b"" },
            Shape::Second => Frame {
                before: br#"{"sdk":{"name":"agentsight-python","version":"0.1.4"},"conversations":["#,
                between: b",",
                after: b"]}",
            },
        }
    }
}

/// An endless stream of events; another connection's never share a conversation with it.
pub(super) struct Traffic {
    templates: Vec<Template>,
    frame: Frame,
    next: usize,
    /// Distinguishes this run and round: what each id begins with.
    prefix: [u8; 8],
    random: Random,
}

impl Traffic {
    pub(super) fn new(shape: Shape, seed: u64, connection: u64) -> Self {
        let first = NaiveDate::default() + Days::new(18_000 + connection * DAYS);
        let mut events: Vec<_> = (0..DAYS).flat_map(|day| demo::begun_on(seed, first + Days::new(day))).collect();
        events.retain(|event| event.json["conversation_id"].is_string());
        events.sort_by_key(|event| event.at);
        events.iter_mut().for_each(|event| lengthen(&mut event.json));
        let templates = match shape {
            Shape::Native => events.iter().map(native).collect(),
            Shape::First => sdk::calls(&events),
            Shape::Second => sdk::turns(&events),
        };
        let mut random = Random::new(Utc::now().timestamp_micros() as u64, "loadgen", connection as i64);
        let prefix = prefix(&mut random);
        Self { templates, frame: Frame::of(shape), next: 0, prefix, random }
    }

    /// Replaces `body` with the next events, which happen now; where they are to be sent.
    pub(super) fn fill(&mut self, body: &mut Vec<u8>, events: usize) -> &'static str {
        let now = text_of(Utc::now());
        let mut path = "";
        body.clear();
        body.extend_from_slice(self.frame.before);
        for number in 0..events {
            if self.next == self.templates.len() {
                self.next = 0;
                self.prefix = prefix(&mut self.random);
            }
            if number > 0 {
                body.extend_from_slice(self.frame.between);
            }
            let template = &self.templates[self.next];
            self.next += 1;
            path = template.path;
            let begin = body.len();
            body.extend_from_slice(&template.text);
            for at in &template.ids {
                body[begin + at..begin + at + self.prefix.len()].copy_from_slice(&self.prefix);
            }
            for at in &template.times {
                body[begin + at..begin + at + TIME].copy_from_slice(now.as_bytes());
            }
        }
        body.extend_from_slice(self.frame.after);
        path
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

/// Gives a thread's long-lived id the length of the others.
fn lengthen(event: &mut Value) {
    let conversation = event["conversation_id"].as_str().unwrap_or_default();
    if conversation.len() != ID {
        let number = conversation.bytes().fold(7_i64, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        event["conversation_id"] = Random::new(0, "thread", number).uuid().into();
    }
}

/// Every id of an event that must be new in each round is a UUID.
fn native(event: &DemoEvent) -> Template {
    let mut event = event.json.clone();
    if let Some(fields) = event.as_object_mut() {
        fields.remove("historical");
    }
    let ids =
        ["message_id", "assignment_id", "new_assignment_id", "survey_id", "call_id"].map(|name| &event["data"][name]);
    let own = [&event["event_id"], &event["conversation_id"]];
    let marked = own.into_iter().chain(ids).filter_map(|id| id.as_str()).filter(|id| id.len() == ID);
    let marked: Vec<(&str, usize)> = marked.map(|id| (id, ID)).collect();
    let time = event["timestamp"].as_str().expect("every demo event has a time");
    Template::new("/v1/batch", event.to_string(), &marked, (time, TIME))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_event_is_valid_json_with_its_own_id_and_the_present_time() {
        let mut traffic = Traffic::new(Shape::Native, 1, 0);
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

    #[test]
    fn what_the_sdks_send_is_valid_json_for_its_route() {
        let mut body = Vec::new();
        let mut calls = Traffic::new(Shape::First, 1, 0);
        let mut paths = BTreeSet::new();
        for _ in 0..calls.templates.len() {
            paths.insert(calls.fill(&mut body, 1));
            let call: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(call["conversation_id"].as_str().map(str::len), Some(ID), "{call}");
        }
        assert!(paths.len() == 4, "{paths:?}");
        let mut turns = Traffic::new(Shape::Second, 1, 0);
        let count = turns.templates.len() * 2;
        assert_eq!(turns.fill(&mut body, count), "/api/ingest/");
        let sent: Value = serde_json::from_slice(&body).unwrap();
        let spans =
            sent["conversations"].as_array().unwrap().iter().flat_map(|block| block["spans"].as_array().unwrap());
        let ids: BTreeSet<_> = spans.map(|span| span["span_id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 2 * count);
    }
}
