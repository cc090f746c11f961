//! Which conversations meet conditions on what their clients said, a page of them.
//!
//! What was folded from a conversation says when it was, and what is in it; what clients said of it is taken from its own events:
//! the last `conversation.updated` that sets a value, else the first other event that gives it.

use clickhouse::Row as ClickHouseRow;
use serde::Deserialize;

use super::{Bound, HashKey, Hashed, all};
use crate::{
    Client,
    query::{Error, run::limited},
};

/// What a client said of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "members of data and of what conversation.updated sets")]
pub enum Field {
    Name,
    Device,
    Language,
    CustomerId,
    CustomerIpAddress,
}

impl Field {
    const ALL: [Field; 5] = [Field::Name, Field::Device, Field::Language, Field::CustomerId, Field::CustomerIpAddress];

    fn name(self) -> &'static str {
        match self {
            Field::Name => "name",
            Field::Device => "device",
            Field::Language => "language",
            Field::CustomerId => "customer_id",
            Field::CustomerIpAddress => "customer_ip_address",
        }
    }
}

/// What conversations are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is what it says")]
pub enum OrderBy {
    StartedAt,
    EndedAt,
    Number,
    CustomerId,
    Marked,
    Language,
}

/// An order.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// By what.
    pub by: OrderBy,
    /// The greatest first.
    pub descending: bool,
}

/// Part of a list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Entries before it.
    pub skip: usize,
    /// Most entries.
    pub limit: usize,
}

/// Which conversations are wanted: those that meet all conditions.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "a condition each; what is not plain is said")]
pub struct Listed {
    pub key: HashKey,
    pub order: Order,
    pub include_deleted: bool,
    pub environment: Option<String>,
    pub conversation_id: Option<String>,
    /// Values that have to be equal.
    pub equal: Vec<(Field, String)>,
    /// Texts that values have to contain, in whatever case.
    pub contain: Vec<(Field, String)>,
    pub is_marked: Option<bool>,
    /// Values in the metadata: a path, and the values as JSON of which it has one.
    pub metadata: Vec<(Vec<String>, Vec<String>)>,
    pub has_messages: Option<bool>,
    pub message_contains: Option<String>,
    /// In the name, the ids or a message.
    pub search: Option<String>,
    pub has_action: Option<bool>,
    /// Part of the name of a tool that was called.
    pub action_name: Option<String>,
    pub has_feedback: Option<bool>,
    pub feedback_sentiment: Option<String>,
    pub feedback_source: Option<String>,
    pub has_tickets: bool,
    /// Bounds of the first event, microseconds, both inclusive.
    pub started_from_us: Option<i64>,
    pub started_to_us: Option<i64>,
}

/// A conversation of the list.
#[derive(Debug, Clone, PartialEq, Eq, ClickHouseRow, Deserialize)]
pub struct Row {
    /// Its id.
    pub conversation_id: String,
}

/// How many conversations there are, and those of a page.
///
/// # Errors
/// `Warehouse`.
pub async fn listed(client: &Client, project: &str, wanted: &Listed, page: Page) -> Result<(u64, Vec<Row>), Error> {
    let mut bound = Bound::default();
    conditions(wanted, &mut bound);
    let source = format!("FROM ({}) WHERE erased < 2{}", rows(wanted, &mut bound), bound.sql());
    let ask = |sql: &str| bound.bind(limited(client, sql)).param("project", project);
    let counts: Vec<u64> = all(ask(&format!("SELECT count() {source}"))).await?;
    let count = counts.first().copied().unwrap_or(0);
    if count <= page.skip as u64 {
        return Ok((count, Vec::new()));
    }
    let sql = format!(
        "SELECT conversation_id {source} ORDER BY {} LIMIT {} OFFSET {}",
        order(wanted.order),
        page.limit,
        page.skip
    );
    Ok((count, all(ask(&sql)).await?))
}

fn order(order: Order) -> String {
    let column = match order.by {
        OrderBy::StartedAt => "started",
        OrderBy::EndedAt => "ended",
        OrderBy::Number => "number",
        OrderBy::CustomerId => "customer_id",
        OrderBy::Marked => "is_marked",
        OrderBy::Language => "language",
    };
    let direction = if order.descending { "DESC" } else { "ASC" };
    format!("{column} {direction}, number {direction}")
}

/// One row a conversation, with what conditions and orders speak of.
fn rows(wanted: &Listed, bound: &mut Bound) -> String {
    let one = match &wanted.conversation_id {
        Some(id) => format!(" AND conversation_id = {}", bound.text(id)),
        None => String::new(),
    };
    let folded = format!(
        "SELECT conversation_id, argMin(environment, first_event) AS env, min(first_event) AS started, max(last_event) AS ended, \
         max(deleted = 1) AS gone, max(erased) AS erased, argMin(person, first_event) AS person, {} + (env = 'development') AS number, \
         sum(length(messages) + length(tool_calls) + length(attachments)) AS entries, \
         groupUniqArrayArray(arrayMap(call -> call.tool, tool_calls)) AS tools \
         FROM (SELECT conversation_id, toString(environment) AS environment, first_event, last_event, deleted, erased, person, messages, \
         tool_calls, attachments FROM conversation_states FINAL WHERE project = {{project:String}} AND conversation_id != ''{one}) \
         GROUP BY conversation_id",
        wanted.key.sql(Hashed::Conversation)
    );
    if !needs_said(wanted) {
        return folded;
    }
    let texts: Vec<String> = Field::ALL.into_iter().map(|field| said(field.name(), "JSONExtractString")).collect();
    let said = format!(
        "SELECT conversation_id, {}, {}, {} FROM raw_events WHERE project = {{project:String}} AND erased < 2{one} AND event IN \
         ('conversation.initialized', 'conversation.started', 'conversation.updated') GROUP BY conversation_id",
        texts.join(", "),
        said("is_marked", "JSONExtractRaw"),
        said("metadata", "JSONExtractRaw"),
    );
    format!(
        "SELECT folded.conversation_id AS conversation_id, env, started, ended, gone, erased, number, entries, tools, name, device, \
         language, if(said_customer_id != '', said_customer_id, if(startsWith(person, 'u:'), substring(person, 3), '')) AS customer_id, \
         customer_ip_address, is_marked = 'true' AS is_marked, metadata \
         FROM ({folded}) AS folded LEFT JOIN ({}) AS said ON said.conversation_id = folded.conversation_id",
        said.replace(" AS customer_id", " AS said_customer_id")
    )
}

/// What was said last by an update, else first by another event.
fn said(name: &str, extract: &str) -> String {
    let update = "event = 'conversation.updated'";
    let (set, given) = (format!("{extract}(data, 'set', '{name}')"), format!("{extract}(data, '{name}')"));
    let place = "(append_time, partition, offset)";
    let is_set = format!("{update} AND JSONHas(data, 'set', '{name}')");
    format!(
        "if(countIf({is_set}) > 0, argMaxIf({set}, {place}, {is_set}), argMinIf({given}, {place}, NOT {update} AND {given} NOT IN ('', 'null'))) AS {name}"
    )
}

fn needs_said(wanted: &Listed) -> bool {
    !wanted.equal.is_empty()
        || !wanted.contain.is_empty()
        || !wanted.metadata.is_empty()
        || wanted.is_marked.is_some()
        || wanted.search.is_some()
        || matches!(wanted.order.by, OrderBy::CustomerId | OrderBy::Marked | OrderBy::Language)
}

fn conditions(wanted: &Listed, bound: &mut Bound) {
    if !wanted.include_deleted {
        bound.must("NOT gone".to_owned());
    }
    if let Some(environment) = &wanted.environment {
        let value = bound.text(environment);
        bound.must(format!("env = {value}"));
    }
    for (field, value) in &wanted.equal {
        let value = bound.text(value);
        bound.must(format!("{} = {value}", field.name()));
    }
    for (field, part) in &wanted.contain {
        let part = bound.text(part);
        bound.must(contains(field.name(), &part));
    }
    for (path, values) in &wanted.metadata {
        let path: Vec<String> = path.iter().map(|part| bound.text(part)).collect();
        let values: Vec<String> = values.iter().map(|value| bound.text(value)).collect();
        bound.must(format!("JSONExtractRaw(metadata, {}) IN ({})", path.join(", "), values.join(", ")));
    }
    if let Some(is_marked) = wanted.is_marked {
        bound.must(format!("is_marked = {is_marked}"));
    }
    if let Some(has) = wanted.has_messages {
        bound.must(format!("(entries > 0) = {has}"));
    }
    if let Some(has) = wanted.has_action {
        bound.must(format!("notEmpty(tools) = {has}"));
    }
    if let Some(name) = &wanted.action_name {
        let part = bound.text(name);
        bound.must(format!("arrayExists(tool -> {}, tools)", contains("tool", &part)));
    }
    if let Some(us) = wanted.started_from_us {
        let us = bound.number(us);
        bound.must(format!("toUnixTimestamp64Micro(started) >= {us}"));
    }
    if let Some(us) = wanted.started_to_us {
        let us = bound.number(us);
        bound.must(format!("toUnixTimestamp64Micro(started) <= {us}"));
    }
    of_events(wanted, bound);
}

/// Conditions on single events.
fn of_events(wanted: &Listed, bound: &mut Bound) {
    if let Some(part) = &wanted.message_contains {
        let part = bound.text(part);
        bound.must(format!("conversation_id IN {}", saying(&part)));
    }
    if let Some(part) = &wanted.search {
        let part = bound.text(part);
        let columns = ["name", "conversation_id", "customer_id"].map(|column| contains(column, &part));
        bound.must(format!("({} OR conversation_id IN {})", columns.join(" OR "), saying(&part)));
    }
    let rated = |condition: &str| format!("conversation_id IN {}", ratings(condition));
    match wanted.has_feedback {
        Some(true) => bound.must(rated("1")),
        Some(false) => bound.must(format!("NOT ({})", rated("1"))),
        None => {}
    }
    if let Some(sentiment) = &wanted.feedback_sentiment {
        let sentiment = bound.text(sentiment);
        bound.must(rated(&format!("rating = {sentiment}")));
    }
    if let Some(source) = &wanted.feedback_source {
        let source = bound.text(source);
        bound.must(rated(&format!("source = {source}")));
    }
    if wanted.has_tickets {
        bound.must(
            "conversation_id IN (SELECT conversation_id FROM raw_events WHERE project = {project:String} AND event IN \
             ('ticket.created', 'ticket.updated', 'ticket.deleted') GROUP BY conversation_id, JSONExtractString(data, 'ticket_id') \
             HAVING countIf(event = 'ticket.deleted') = 0)"
                .to_owned(),
        );
    }
}

fn contains(column: &str, part: &str) -> String {
    format!("positionCaseInsensitiveUTF8({column}, {part}) > 0")
}

/// Conversations with a message that contains a text.
fn saying(part: &str) -> String {
    format!(
        "(SELECT conversation_id FROM raw_events WHERE project = {{project:String}} AND event = 'message.created' AND erased = 0 AND {})",
        contains("text", part)
    )
}

/// Conversations with a rating of their own, as it is now, that meets a condition.
fn ratings(condition: &str) -> String {
    let place = "(append_time, partition, offset)";
    format!(
        "(SELECT conversation_id FROM (SELECT conversation_id, \
         if(event = 'feedback.submitted', event_id, JSONExtractString(data, 'feedback_id')) AS feedback, \
         argMaxIf(JSONExtractString(data, 'rating'), {place}, JSONHas(data, 'rating')) AS rating, \
         anyIf(JSONExtractString(data, 'source'), event = 'feedback.submitted') AS source, \
         anyIf(JSONExtractString(data, 'target'), event = 'feedback.submitted') AS target, \
         countIf(event = 'feedback.deleted') AS gone FROM raw_events WHERE project = {{project:String}} AND erased < 2 AND event IN \
         ('feedback.submitted', 'feedback.updated', 'feedback.deleted') GROUP BY conversation_id, feedback) \
         WHERE target = 'conversation' AND gone = 0 AND {condition})"
    )
}
