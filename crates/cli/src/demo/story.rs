//! One conversation while it is being told: its events, its clock, its ids.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::{
    people::{Channel, Identity, Person},
    random::Random,
};

/// An event of the demo.
#[derive(Debug, Clone)]
pub(crate) struct DemoEvent {
    pub(crate) at: DateTime<Utc>,
    /// The event in native JSON.
    pub(crate) json: Value,
}

/// A conversation in the making. `at` is its clock; whatever happens next happens then or later.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) random: Random,
    pub(crate) person: Person,
    pub(crate) at: DateTime<Utc>,
    pub(crate) conversation_id: String,
    pub(crate) environment: &'static str,
    /// The person has logged in, or was known from the start.
    pub(crate) logged_in: bool,
    /// Bot messages that can be rated.
    pub(crate) rateable: Vec<String>,
    pub(crate) events: Vec<DemoEvent>,
}

impl Story {
    pub(crate) fn new(mut random: Random, person: Person, at: DateTime<Utc>) -> Self {
        let conversation_id = if person.channel.keeps_one_thread() {
            format!("{}-{}", person.channel.name(), person.number)
        } else {
            random.uuid()
        };
        let environment = if random.percent(2) { "development" } else { "production" };
        let logged_in = person.identity == Identity::Known;
        Self { random, person, at, conversation_id, environment, logged_in, rateable: Vec::new(), events: Vec::new() }
    }

    /// Time passes: between the bounds, in milliseconds.
    pub(crate) fn wait(&mut self, low_ms: i64, high_ms: i64) {
        self.at += Duration::milliseconds(self.random.between(low_ms, high_ms));
    }

    /// Something happens in the conversation now. Null fields of `data` are left out.
    pub(crate) fn emit(&mut self, event: &str, data: Value) {
        let mut envelope = self.envelope(event, data);
        envelope.insert("conversation_id".into(), self.conversation_id.clone().into());
        envelope.insert("channel".into(), self.person.channel.name().into());
        envelope.insert("sequence".into(), (self.events.len() + 1).into());
        if self.logged_in {
            envelope.insert("user_id".into(), format!("customer-{}", self.person.number).into());
        }
        let on_a_device = matches!(self.person.channel, Channel::Web | Channel::App);
        if on_a_device && self.person.identity != Identity::Nobody {
            envelope.insert("anonymous_id".into(), format!("device-{}", self.person.number).into());
        }
        if on_a_device && matches!(event, "conversation.initialized" | "conversation.started") {
            let context = json!({"user_agent": self.person.user_agent, "locale": self.person.locale});
            envelope.insert("context".into(), context);
        }
        self.events.push(DemoEvent { at: self.at, json: Value::Object(envelope) });
    }

    /// Something happens outside any conversation: an agent logs in, say.
    pub(crate) fn emit_outside(&mut self, event: &str, data: Value) {
        let envelope = self.envelope(event, data);
        self.events.push(DemoEvent { at: self.at, json: Value::Object(envelope) });
    }

    fn envelope(&mut self, event: &str, data: Value) -> Map<String, Value> {
        let data = match data {
            Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
            _ => Map::new(),
        };
        let mut envelope = Map::new();
        envelope.insert("event_id".into(), self.random.uuid().into());
        envelope.insert("event".into(), event.into());
        envelope.insert("timestamp".into(), self.at.to_rfc3339_opts(SecondsFormat::Millis, true).into());
        envelope.insert("environment".into(), self.environment.into());
        envelope.insert("historical".into(), true.into());
        envelope.insert("data".into(), Value::Object(data));
        envelope
    }
}
