//! Small random streams of events for the exactly-once tests: few conversations, many copies, arbitrary event times.

use event::{Defaults, Timestamp, from_json};

/// A small, fast, seeded generator (splitmix64): tests need repeatability, not quality.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def1))
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound.max(1)
    }

    /// True in `percent` of cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// An encoded event with its partition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Partition key.
    pub key: String,
    /// Avro in Confluent framing.
    pub value: Vec<u8>,
}

/// The event number `id` of a stream: what it says is a function of the number and the seed alone, so that a copy is equal.
pub fn event(seed: u64, id: u64, time_ms: i64) -> Encoded {
    event_received(seed, id, Some(time_ms), time_ms)
}

/// The same, received at another time than its own; without a time of its own, each copy has that of its arrival.
pub fn event_received(seed: u64, id: u64, time_ms: Option<i64>, received_ms: i64) -> Encoded {
    let timestamp = time_ms.map_or_else(String::new, |ms| format!(r#""timestamp":{ms},"#));
    let mut random = Random::new(seed ^ id.wrapping_mul(7919));
    let conversation = random.below(5);
    let (kind, data) = match random.below(12) {
        0 => ("conversation.started", r#"{"language":"es"}"#.to_owned()),
        1 => ("ui.clicked", r#"{"click_type":"link","title":"Help"}"#.to_owned()),
        2 => ("handoff.requested", "{}".to_owned()),
        3 => ("conversation.ended", "{}".to_owned()),
        4 => ("user.identified", "{}".to_owned()),
        5 if id.is_multiple_of(2) => ("conversation.deleted", r#"{"mode":"soft"}"#.to_owned()),
        5 => ("conversation.updated", r#"{"set":{"tags":["test"]}}"#.to_owned()),
        number => {
            let role = ["user", "bot", "agent"][(number % 3) as usize];
            ("message.created", format!(r#"{{"message_id":"m{id}","role":"{role}","text":"hello {id}"}}"#))
        }
    };
    let json = format!(
        r#"{{"event_id":"e{id}","event":"{kind}",{timestamp}"conversation_id":"c{conversation}",
            "user_id":"u{}","anonymous_id":"a","historical":true,"data":{data}}}"#,
        random.below(3)
    );
    encode("p", json.as_bytes(), received_ms)
}

/// Validates and encodes a native JSON event as the gateway would.
pub fn encode(project: &str, json: &[u8], received_ms: i64) -> Encoded {
    let defaults = Defaults::new(project, Timestamp(received_ms * 1000));
    let parsed = from_json(json, &defaults).expect("the stream makes valid events");
    let mut value = Vec::new();
    parsed.event.encode(&mut value);
    Encoded { key: parsed.event.partition_key(), value }
}

/// A typical message of about 400 bytes as native JSON: eight events a conversation, one of three roles, a device and a page.
pub fn typical(id: u64, time_ms: i64) -> Encoded {
    let mut random = Random::new(id);
    let (conversation, turn) = (id / 8, id % 8);
    let role = ["user", "bot", "agent"][(turn % 3) as usize];
    let json = format!(
        r#"{{"event_id":"{:016x}-{id:016x}","event":"message.created","timestamp":{},"sequence":{turn},
            "conversation_id":"conversation-{conversation}","user_id":"user-{}","channel":"web",
            "context":{{"browser":"firefox","device":{{"type":"desktop"}},"page":{{"url":"https://shop.example/help"}}}},
            "data":{{"message_id":"message-{id}","role":"{role}","content_type":"text","language":"en",
            "text":"Could you tell me where order number {} is, please? It was to come last week."}}}}"#,
        random.draw(),
        time_ms + i64::try_from(id % 60_000).expect("small"),
        conversation % 5_000,
        random.below(1_000_000)
    );
    encode("bench", json.as_bytes(), time_ms + 60_000)
}
