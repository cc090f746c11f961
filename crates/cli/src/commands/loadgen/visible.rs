//! From acknowledgement to figure: a single event in a minute of its own, and the query that shows it.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::{demo::Random, http::Client};

/// Shortest pause between two questions: the precision of what is measured, until a tenth of the wait so far is more. A question costs
/// the server as much as hundreds of events, so more of them would lengthen the wait.
const POLL: Duration = Duration::from_millis(50);
/// Pause between two probes.
const PAUSE: Duration = Duration::from_millis(300);
/// A probe that is not visible after this long is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// Probes until the load is over; the delays, in order.
///
/// # Errors
/// When a probe is refused or does not become visible within a minute.
pub(super) fn probe(writer: &Client, reader: &Client, over: &AtomicBool) -> anyhow::Result<Vec<Duration>> {
    let mut random = Random::new(Utc::now().timestamp_micros() as u64, "probe", 0);
    let mut delays = Vec::new();
    while !over.load(Ordering::Relaxed) {
        delays.push(one(writer, reader, &mut random)?);
        thread::sleep(PAUSE);
    }
    Ok(delays)
}

fn one(writer: &Client, reader: &Client, random: &mut Random) -> anyhow::Result<Duration> {
    // A minute between one and six days ago: inside the horizon of late events, away from the load's own minutes.
    let minute = Utc::now().timestamp() / 60 - random.between(1_440, 8_640);
    let from = DateTime::from_timestamp(minute * 60, 0).context("a minute of this week is a time")?;
    let before = messages(reader, from)?;
    let event = json!({
        "event_id": random.uuid(),
        "event": "message.created",
        "timestamp": rfc3339(from + TimeDelta::seconds(30)),
        "conversation_id": format!("probe-{}", random.uuid()),
        "data": {"message_id": random.uuid(), "role": "user", "text": "probe"},
    });
    let answer = writer.batch(event.to_string().as_bytes())?;
    anyhow::ensure!(answer.accepted == 1, "the server rejected a probe: {:?}", answer.rejected);
    let acknowledged = Instant::now();
    while messages(reader, from)? <= before {
        anyhow::ensure!(acknowledged.elapsed() < PATIENCE, "a probe was not visible after {PATIENCE:?}");
        thread::sleep(POLL.max(acknowledged.elapsed() / 10));
    }
    Ok(acknowledged.elapsed())
}

/// Messages of one minute.
fn messages(reader: &Client, from: DateTime<Utc>) -> anyhow::Result<u64> {
    let (from, to) = (rfc3339(from), rfc3339(from + TimeDelta::minutes(1)));
    let answer: Value = reader.get(
        "/api/v1/query",
        &[("metric", "messages_total"), ("from", &from), ("to", &to), ("tz", "UTC"), ("cmp", "off")],
    )?;
    answer["results"][0]["total"]["value"].as_u64().context("the answer has no total")
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
