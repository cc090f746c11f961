//! Whatever the fold yields, against the independent oracle: the golden week and generated streams, folded in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
    time::Duration,
};

use event::{Defaults, Event, Text, Timestamp};
use rollup::{ConversationState, Detail, Fact, IdleTimeouts, Kind, Order, contribution, fold};
use serde::Deserialize;
use serde_json::Value;

use crate::figures::Folded;

#[derive(Deserialize)]
struct Stream {
    name: String,
    events: Vec<Value>,
    /// Whom each key as sent stands for.
    people: BTreeMap<String, String>,
    ranges: Vec<Judged>,
}

#[derive(Deserialize)]
struct Judged {
    from_us: i64,
    to_us: i64,
    figures: BTreeMap<String, Value>,
}

/// An event with the texts that the fold reads.
struct Kept {
    event: Event<'static>,
    data: String,
    context: String,
}

fn text<'e>(field: &'e Option<Text<'_>>) -> &'e str {
    field.as_deref().unwrap_or_default()
}

impl Kept {
    fn read(json: &Value) -> Kept {
        let mut key = Defaults::new("shop", Timestamp::parse_rfc3339("2026-06-01T00:00:00Z").unwrap());
        key.horizon = Duration::from_secs(365 * 86_400);
        let event = event::from_json(json.to_string().as_bytes(), &key).unwrap_or_else(|e| panic!("{e}: {json}")).event;
        let (mut data, mut context) = (Vec::new(), Vec::new());
        event.data.write_json(&mut data);
        event.context.write_json(&mut context);
        Kept { event, data: String::from_utf8(data).unwrap(), context: String::from_utf8(context).unwrap() }
    }

    fn fact(&self) -> Fact<'_> {
        let Kept { event, data, context } = self;
        let (time_us, sequence) = (event.time.0, event.sequence.unwrap_or(0));
        Fact {
            order: Order { time_us, sequence, event_id: &event.event_id },
            kind: Kind::of(event.data.name(), contribution(event).message.map(|message| message.role)),
            user_id: text(&event.user_id),
            anonymous_id: text(&event.anonymous_id),
            session_id: text(&event.session_id),
            channel: text(&event.channel),
            bot_id: text(&event.bot_id),
            flag: rollup::flag(event),
            detail: Detail::from_json(data, context),
        }
    }
}

/// The conversations that count, by id.
fn conversations(events: &[Value]) -> BTreeMap<String, ConversationState> {
    let mut once: BTreeMap<String, BTreeMap<String, Kept>> = BTreeMap::new();
    for kept in events.iter().map(Kept::read).filter(|kept| kept.event.environment == "production") {
        let Some(conversation) = kept.event.conversation_id.as_deref().map(str::to_owned) else { continue };
        once.entry(conversation).or_default().entry(kept.event.event_id.to_string()).or_insert(kept);
    }
    let folded = once
        .into_iter()
        .map(|(id, kept)| (id, fold(kept.values().map(Kept::fact).collect(), &IdleTimeouts::default()).unwrap()));
    folded.filter(|(_, state)| state.ineligible.is_none()).collect()
}

/// The streams, from the oracle's own program.
fn streams() -> Vec<Stream> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/oracle.py");
    let output = Command::new("python3").arg(program).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Figures that statements make: of local time, of minutes, of an agent's intervals, of what belongs to no conversation.
fn is_made_by_a_statement(figure: &str) -> bool {
    let others = [
        "peak_rpm",
        "peak_minute_local",
        "heatmap",
        "engagement_by_hour",
        "agent_busy_minutes",
        "agent_connection_hours",
    ];
    figure.ends_with("_daily") || others.contains(&figure)
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= 1e-9 * a.abs().max(1.0)),
    }
}

#[test]
fn what_is_folded_comes_to_the_oracles_figures() {
    let mut wrong = Vec::new();
    for Stream { name, events, people, ranges } in streams() {
        let states = conversations(&events);
        for Judged { from_us, to_us, figures } in ranges {
            let folded = Folded { states: &states, people: &people, from_us, to_us }.figures();
            for (figure, value) in &folded {
                let wanted = &figures[*figure];
                if !same(wanted, value) {
                    wrong.push(format!("{name} from {from_us}: {figure} is {value}, the oracle says {wanted}"));
                }
            }
            let all: BTreeSet<&str> = folded.iter().map(|(figure, _)| *figure).collect();
            let left_out: Vec<&String> = figures
                .keys()
                .filter(|figure| !all.contains(figure.as_str()) && !is_made_by_a_statement(figure))
                .collect();
            assert!(left_out.is_empty(), "not compared: {left_out:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
