//! Conversations that AgentSight's SDKs can carry, made of a generated stream of native events: what only native events can say is
//! left out here, so that both ways say the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// The release that a conversation is sent by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Release {
    /// 0.0.x: an item a request.
    First,
    /// 0.1.x: spans.
    Second,
}

/// A conversation, and what is known of it as a whole: the customer stands there alone.
#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) id: String,
    pub(super) release: Release,
    pub(super) environment: String,
    pub(super) customer: Option<String>,
    pub(super) about: About,
    /// In the order of time, then of sending.
    pub(super) items: Vec<Item>,
}

/// What is said of a conversation.
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    pub(super) source: Option<String>,
    pub(super) device: Option<String>,
    pub(super) language: Option<String>,
    pub(super) address: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) at: DateTime<Utc>,
    pub(super) what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Opened,
    /// Of 0.0.x alone: in 0.1.x a conversation begins with its first message.
    Started,
    /// Of 0.1.x alone: what each span says of the conversation.
    Known,
    Message {
        id: String,
        role: &'static str,
    },
    Click {
        title: String,
    },
    Tool {
        name: String,
        has_failed: bool,
        took: Took,
    },
    /// Tokens of 0.0.x: used here since the last report, and by the process in all.
    Tokens {
        used: [i64; 2],
        totals: [i64; 2],
        is_first: bool,
    },
    /// A model call of 0.1.x: the members of native data.
    Model {
        call: Value,
    },
    File {
        message: String,
        mime: &'static str,
        bytes: &'static [u8],
    },
    Opinion {
        rating: String,
        comment: Option<String>,
    },
    /// A vote on a message, of 0.1.x alone.
    Vote {
        message: String,
        rating: String,
        comment: Option<String>,
    },
    Updated {
        device: String,
        language: String,
    },
    Deleted,
}

/// How long a tool took, as 0.0.x says it; of 0.1.x every span says it in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Took {
    Unsaid,
    Ms(i64),
    FromTo(DateTime<Utc>, DateTime<Utc>),
}

/// Addresses of some countries, and one of none.
const ADDRESSES: [&str; 4] = ["81.2.69.142", "8.8.8.8", "200.160.2.3", "192.168.0.9"];
const IMAGE: &[u8] = b"\x89PNG\r\n\x1a\n-";
const SOUND: &[u8] = b"ID3--";

/// The conversations of a stream, every second one for the second release; ids begin with `prefix`.
pub(super) fn stories(stream: &Path, prefix: &str) -> Vec<Story> {
    let text = std::fs::read_to_string(stream).unwrap();
    let mut of: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for event in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if let Some(conversation) = event["conversation_id"].as_str() {
            // A copy is sent again by the ways themselves.
            of.entry(conversation.to_owned()).or_default().insert(event["event_id"].to_string(), event);
        }
    }
    let stories = of.into_iter().enumerate().map(|(number, (id, events))| {
        let mut events: Vec<Value> = events.into_values().collect();
        events.sort_by_key(|event| (instant(&event["timestamp"]), event["sequence"].as_i64()));
        let release = if number % 2 == 0 { Release::First } else { Release::Second };
        story(format!("{prefix}{id}"), release, prefix, &events)
    });
    let mut stories: Vec<Story> = stories.filter(|story| story.items.iter().any(|item| item.what.is_told())).collect();
    add_totals(&mut stories);
    stories
}

fn story(id: String, release: Release, prefix: &str, events: &[Value]) -> Story {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let first = |pick: &dyn Fn(&Value) -> Option<String>| events.iter().find_map(pick);
    let start = events.iter().find(|event| event["event"] == "conversation.started").unwrap_or(&Value::Null);
    let country = start["data"]["country"].as_str().unwrap_or_default();
    let address = ADDRESSES.get(country.len() + usize::from(country > "M")).copied().or(Some(ADDRESSES[0]));
    let mut items: Vec<Item> = events.iter().flat_map(|event| items(event, release)).collect();
    let said: BTreeSet<String> = items.iter().filter_map(|item| item.what.message()).collect();
    items.retain(|item| !matches!(&item.what, What::Vote { message, .. } if !said.contains(message)));
    let begin = items.iter().position(|item| item.what.is_told()).filter(|_| release == Release::Second);
    if let Some(begin) = begin {
        items.insert(begin, Item { at: items[begin].at, what: What::Known });
    }
    Story {
        environment: first(&|event| text(&event["environment"])).unwrap(),
        customer: text(&events[0]["user_id"]).map(|user| format!("{prefix}{user}")),
        about: About {
            source: first(&|event| text(&event["channel"])),
            device: text(&start["data"]["device"]),
            language: text(&start["data"]["language"]),
            address: address.filter(|_| !country.is_empty()),
        },
        id,
        release,
        items,
    }
}

/// What an event comes to: nothing, where no SDK can say it.
fn items(event: &Value, release: Release) -> Vec<Item> {
    let (at, data) = (instant(&event["timestamp"]), &event["data"]);
    let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
    let is_first = release == Release::First;
    let comment = || data["comment"].as_str().map(str::to_owned);
    let says = matches!(data["rating"].as_str(), Some("positive" | "neutral" | "negative"));
    let what = match event["event"].as_str().unwrap() {
        "conversation.initialized" => vec![What::Opened],
        "conversation.started" if is_first => vec![What::Started],
        "message.created" => message(data),
        "ui.clicked" => vec![What::Click { title: text("title") }],
        "tool.call.completed" if data["tool_name"] == "token_usage" => {
            let used = ["prompt_tokens", "completion_tokens"].map(|name| data[name].as_i64().unwrap());
            if is_first { vec![What::Tokens { used, totals: [0; 2], is_first: false }] } else { vec![] }
        }
        "tool.call.completed" => {
            vec![What::Tool {
                name: text("tool_name"),
                has_failed: data["status"] == "error",
                took: took(data, release),
            }]
        }
        "llm.call.completed" if !is_first => vec![What::Model { call: data.clone() }],
        "feedback.submitted" if says && data["source"] == "customer" => match data["message_id"].as_str() {
            Some(_) if is_first => vec![],
            Some(message) => {
                vec![What::Vote { message: message.to_owned(), rating: text("rating"), comment: comment() }]
            }
            None => vec![What::Opinion { rating: text("rating"), comment: comment() }],
        },
        "conversation.updated" => {
            let set = |name: &str| data["set"][name].as_str().unwrap().to_owned();
            vec![What::Updated { device: set("device"), language: set("language") }]
        }
        "conversation.deleted" => vec![What::Deleted],
        _ => vec![],
    };
    what.into_iter().map(|what| Item { at, what }).collect()
}

/// A message of somebody whom the SDKs know, and the file that came with it.
fn message(data: &Value) -> Vec<What> {
    let id = data["message_id"].as_str().unwrap().to_owned();
    let role = match data["role"].as_str().unwrap() {
        "user" => "user",
        "bot" => "bot",
        "system" => "system",
        _ => return vec![],
    };
    let file = match data["content_type"].as_str() {
        Some("image") => Some(("image/png", IMAGE)),
        Some("audio") => Some(("audio/mpeg", SOUND)),
        _ => None,
    };
    let file = file.map(|(mime, bytes)| What::File { message: id.clone(), mime, bytes });
    [What::Message { id, role }].into_iter().chain(file).collect()
}

fn took(data: &Value, release: Release) -> Took {
    match (data["duration_ms"].as_i64(), release) {
        (Some(ms), _) => Took::Ms(ms),
        (None, Release::Second) => Took::Ms(7),
        (None, Release::First) if data["started_at"].is_string() => {
            Took::FromTo(instant(&data["started_at"]), instant(&data["ended_at"]))
        }
        (None, Release::First) => Took::Unsaid,
    }
}

/// One process of 0.0.x sends a conversation after the other, and its counts are never reset.
fn add_totals(stories: &mut [Story]) {
    let mut sum = [0; 2];
    for story in stories {
        let mut before = 0;
        for item in &mut story.items {
            if let What::Tokens { used, totals, is_first } = &mut item.what {
                sum = [sum[0] + used[0], sum[1] + used[1]];
                (*totals, *is_first) = (sum, before == 0);
                before += 1;
            }
        }
    }
}

/// A time as the stream has it.
fn instant(value: &Value) -> DateTime<Utc> {
    match value.as_i64() {
        Some(ms) => DateTime::from_timestamp_millis(ms).unwrap(),
        None => value.as_str().unwrap().parse().unwrap_or_else(|error| panic!("{value}: {error}")),
    }
}

impl What {
    /// The message that it is.
    fn message(&self) -> Option<String> {
        if let What::Message { id, .. } = self { Some(id.clone()) } else { None }
    }

    /// Whether it is tracked: the rest is asked for, or comes with what is.
    pub(super) fn is_told(&self) -> bool {
        use What::{Deleted, File, Opinion, Updated, Vote};
        !matches!(self, File { .. } | Opinion { .. } | Vote { .. } | Updated { .. } | Deleted)
    }
}

impl Story {
    /// The environment of its events: 0.0.x names one with the conversation alone.
    pub(super) fn stamped(&self) -> &str {
        let names = |item: &Item| matches!(item.what, What::Opened | What::Started | What::Known);
        if self.items.iter().any(names) { &self.environment } else { "production" }
    }
}

impl About {
    /// Native members.
    pub(super) fn members(&self) -> Value {
        json!({"source": self.source, "device": self.device, "language": self.language})
    }
}
