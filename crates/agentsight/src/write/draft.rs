//! Native events as these routes write them.

use bytes::Bytes;
use event::{Origin, Timestamp, derived_event_id};
use serde_json::{Map, Value, json};

/// Events that are older than this when they arrive say so, or they would be refused: what clients say of the time counts. Below the
/// horizon, because some time passes until it is judged.
const HISTORICAL_US: i64 = event::limits::HORIZON_US - 3_600_000_000;

/// A native event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) event: &'static str,
    pub(crate) event_id: String,
    pub(crate) conversation: Option<String>,
    /// None for the arrival.
    pub(crate) at: Option<Timestamp>,
    /// Its place among events of the same instant; absent is 0.
    pub(crate) sequence: Option<usize>,
    pub(crate) environment: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) channel: Option<String>,
    /// The client's address, to be looked up.
    pub(crate) ip: Option<String>,
    pub(crate) data: Map<String, Value>,
    /// The span that it was made of, as JSON.
    pub(crate) span: Option<Bytes>,
}

impl Draft {
    /// Adds the event to a text of JSON. The span that it was made of goes in as it was sent: it is most of it.
    pub(crate) fn write(mut self, now: Timestamp, text: &mut Vec<u8>) {
        let span = self.span.take();
        serde_json::to_writer(&mut *text, &self.into_json(now)).expect("values are always JSON");
        if let Some(span) = span {
            text.pop();
            text.extend_from_slice(b",\"agentsight\":{\"span\":");
            text.extend_from_slice(&span);
            text.extend_from_slice(b"}}");
        }
    }

    /// The event without the span that it was made of.
    pub(crate) fn into_json(self, now: Timestamp) -> Value {
        let mut members = Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                members.insert(name.to_owned(), value);
            }
        };
        let at = self.at.unwrap_or(now);
        set("event_id", Some(self.event_id.into()));
        set("event", Some(self.event.into()));
        set("timestamp", Some(at.to_rfc3339().into()));
        set("sequence", self.sequence.map(Value::from));
        set("historical", (at.0 < now.0 - HISTORICAL_US).then_some(Value::Bool(true)));
        set("environment", self.environment.map(Value::from));
        set("conversation_id", self.conversation.map(Value::from));
        set("user_id", self.user_id.map(Value::from));
        set("channel", self.channel.map(Value::from));
        set("context", self.ip.map(|ip| json!({"ip": ip})));
        set("data", Some(Value::Object(self.data)));
        Value::Object(members)
    }
}

/// The id of an item whose client gives none: the same when it is sent again.
pub(crate) fn item_id(project: &str, endpoint: &str, item: &Item<'_>) -> String {
    derived_event_id(&Origin {
        project,
        endpoint,
        conversation_id: item.conversation,
        timestamp: item.at.unwrap_or_default(),
        sender_or_name: item.name,
        content: item.content,
    })
    .to_string()
}

/// What tells an item from others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'a> {
    pub(crate) conversation: &'a str,
    pub(crate) at: Option<Timestamp>,
    pub(crate) name: &'a str,
    pub(crate) content: &'a [u8],
}

/// Data of an event: members that say something.
pub(crate) fn data<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    let said = members.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value)));
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_stands_in_its_event_as_it_was_sent() {
        let span = Bytes::from_static(br#"{"a": 1.50, "b":[ ]}"#);
        let draft = Draft { event: "turn.completed", span: Some(span.clone()), ..Draft::default() };
        let mut text = b"[".to_vec();
        draft.write(Timestamp(0), &mut text);
        text.push(b']');
        let events: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(events[0]["agentsight"]["span"], serde_json::from_slice::<Value>(&span).unwrap());
        assert_eq!(events[0]["event"], "turn.completed");
        assert!(text.windows(span.len()).any(|part| part == span));
    }
}
