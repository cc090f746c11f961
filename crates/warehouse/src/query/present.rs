//! The present of a project: what is open, who waits, which agents are there, and what arrived lately. Bounded by time, so that it
//! costs the same however long a project has been running. And what could not be taken, over a range.

use clickhouse::{Row, RowOwned, RowRead};
use rollup::Settings;
use serde::Deserialize;

use super::{
    Error, Range,
    conditions::is_open,
    conversations::counting,
    run::{decided, limited},
};
use crate::{
    Client,
    registry::{INELIGIBLE, OURS, here, in_range},
};

/// Conversations that were used longer ago are not looked at.
const USED_DAYS: i64 = 7;
/// Minutes of arrivals.
pub const ARRIVAL_MINUTES: i64 = 60;
/// An event that arrives so long after it happened is late, microseconds: L of the delivery rules.
const LATE_US: i64 = 15 * 60 * 1_000_000;
/// Events that are told.
pub const RECENT_MAX: usize = 20;
const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;

/// Whose present is asked for, and when that is.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Project id.
    pub project: &'a str,
    /// Environment.
    pub environment: &'a str,
    /// What the project decides about its figures.
    pub settings: &'a Settings,
    /// The present, microseconds.
    pub now_us: i64,
}

/// Conversations that somebody may go on with.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize, Default)]
pub struct Open {
    /// How many, of those used in the last seven days.
    pub open: u64,
    /// Legs in them that nobody has accepted yet and nothing has ended.
    pub waiting: u64,
    /// When the first of these was opened, microseconds; 0 without any.
    pub waiting_since_us: i64,
}

/// Agents of one status.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct Agents {
    /// The status that they told last; '' if none since they came.
    pub status: String,
    /// How many are logged in.
    pub agents: u64,
}

/// What arrived within a minute.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct Arrived {
    /// The minute's start, seconds.
    pub minute_s: i64,
    /// Events, each once.
    pub events: u64,
    /// Of these: those that had happened more than 15 minutes before.
    pub late: u64,
    /// Those that did not say when they happened.
    pub timeless: u64,
    /// Those of which the clock was corrected.
    pub skewed: u64,
}

/// An event without what it says.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct Recent {
    /// When it arrived, milliseconds.
    pub arrived_ms: i64,
    /// Its type.
    pub event: String,
    /// Of a message: who wrote it.
    pub role: String,
    /// Its channel, as sent.
    pub channel: String,
}

/// The present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Open conversations and waiting legs.
    pub open: Open,
    /// Agents by status, most first.
    pub agents: Vec<Agents>,
    /// Minutes of the last hour in which anything arrived, in order.
    pub arrived: Vec<Arrived>,
    /// The latest events that are in no deleted, test or crawler's conversation, the newest first.
    pub recent: Vec<Recent>,
}

/// The present of a project.
///
/// # Errors
/// `Warehouse`.
pub async fn present(client: &Client, moment: Moment<'_>) -> Result<Present, Error> {
    let (open, agents, arrived, recent) = tokio::try_join!(
        rows::<Open>(client, moment, open(moment.settings)),
        rows(client, moment, agents()),
        rows(client, moment, arrived()),
        rows(client, moment, recent()),
    )?;
    Ok(Present { open: open.into_iter().next().unwrap_or_default(), agents, arrived, recent })
}

async fn rows<T: RowOwned + RowRead>(client: &Client, moment: Moment<'_>, sql: String) -> Result<Vec<T>, Error> {
    let query = limited(client, &sql).param("project", moment.project).param("env", moment.environment);
    let query = decided(query, moment.settings).param("now_us", moment.now_us);
    Ok(query.fetch_all().await.map_err(crate::Error::from)?)
}

/// The instant so many microseconds ago, as a time.
fn ago(us: i64) -> String {
    format!("fromUnixTimestamp64Micro({{now_us:Int64}} - {us}, 'UTC')")
}

fn open(settings: &Settings) -> String {
    let waits = |value: &str, other: &str| {
        format!("arrayMap((state, at) -> if(state = 'pending', {value}, {other}), legs.state, legs.opened)")
    };
    format!(
        "SELECT toUInt64(count()) AS open, toUInt64(sum(arraySum({}))) AS waiting, \
         toInt64(if(waiting = 0, 0, min(arrayMin(arrayPushBack({}, {{now_us:Int64}}))))) AS waiting_since_us \
         FROM conversation_states FINAL WHERE {} AND isNotNull(first_use) AND last_event >= {} AND {}",
        waits("1", "0"),
        waits("toUnixTimestamp64Micro(at)", "{now_us:Int64}"),
        counting(settings),
        ago(USED_DAYS * DAY_US),
        is_open(),
    )
}

fn agents() -> String {
    format!("SELECT status, toUInt64(count()) AS agents FROM ({}) GROUP BY status ORDER BY agents DESC, status", here())
}

/// Segments begin before what lies in them arrived: a day is more than any of them lasts, and keeps old partitions shut.
fn lately(us: i64) -> String {
    format!("segment >= {} AND append_time >= {}", ago(us + DAY_US), ago(us))
}

fn arrived() -> String {
    let one = "uniqExactIf(conversation_id, event_id";
    format!(
        "SELECT toInt64(toUnixTimestamp(toStartOfMinute(append_time))) AS minute_s, uniqExact(conversation_id, event_id) AS events, \
         {one}, clock = '' AND toUnixTimestamp64Milli(append_time) * 1000 - toUnixTimestamp64Micro(event_time) > {LATE_US}) AS late, \
         {one}, clock = 'missing') AS timeless, {one}, clock = 'skewed') AS skewed \
         FROM raw_events WHERE {OURS} AND {} GROUP BY minute_s ORDER BY minute_s",
        lately((ARRIVAL_MINUTES - 1) * 60_000_000)
    )
}

fn recent() -> String {
    format!(
        "SELECT toUnixTimestamp64Milli(append_time) AS arrived_ms, toString(event) AS event, toString(role) AS role, toString(channel) AS channel \
         FROM raw_events WHERE {OURS} AND {} AND erased < 2 AND conversation_id NOT IN {INELIGIBLE} \
         ORDER BY append_time DESC, partition, offset DESC LIMIT 1 BY conversation_id, event_id LIMIT {RECENT_MAX}",
        lately(DAY_US)
    )
}

/// Most reasons of dead letters that are told.
const REASONS_MAX: usize = 100;

/// What could not be taken for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct Letters {
    /// The code of the reason.
    pub reason: String,
    /// How many.
    pub letters: u64,
    /// When the latest arrived, milliseconds.
    pub latest_ms: i64,
    /// What was said of it to its producer.
    pub message: String,
    /// The event's id, where it could be read.
    pub event_id: String,
}

/// A project's dead letters of a range by reason, the most frequent first.
///
/// # Errors
/// `Warehouse`.
pub async fn dead_letters(client: &Client, project: &str, range: &Range) -> Result<Vec<Letters>, Error> {
    let sql = format!(
        "SELECT toString(reason) AS reason, uniqExact(topic, partition, offset) AS letters, \
         toUnixTimestamp64Milli(max(append_time)) AS latest_ms, argMax(message, (append_time, partition, offset)) AS message, \
         argMax(event_id, (append_time, partition, offset)) AS event_id FROM dead_letters \
         WHERE project = {{project:String}} AND {} GROUP BY reason ORDER BY letters DESC, reason LIMIT {REASONS_MAX}",
        in_range("append_time")
    );
    let query = limited(client, &sql).param("project", project).param("from", range.from_us).param("to", range.to_us);
    Ok(query.fetch_all().await.map_err(crate::Error::from)?)
}
