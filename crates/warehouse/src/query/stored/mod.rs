//! Events as they are stored, for surfaces that give back to their clients what these sent: of whatever environment, whole, and
//! in the order in which they arrived.

mod listed;
mod spans;

pub use listed::{Field, Listed, Order, OrderBy, Page, Row as ListedRow, listed};
pub use spans::{Spans, spans};

use clickhouse::{Row, RowOwned, RowRead, query::Query};
use serde::{Deserialize, Serialize};

use super::{Error, pieces, run::limited};
use crate::Client;

/// Most events that are read for one answer, so that its memory is bounded.
pub const EVENTS_MAX: usize = 200_000;

/// An event that counts, with everything that was sent.
#[derive(Debug, Clone, PartialEq, Row, Deserialize)]
#[allow(missing_docs, reason = "columns of raw_events, documented in the migration")]
pub struct Stored {
    pub conversation_id: String,
    pub event_id: String,
    pub environment: String,
    pub event: String,
    /// Event time, microseconds.
    pub us: i64,
    pub sequence: i64,
    /// Milliseconds.
    pub append_time: i64,
    pub partition: u16,
    pub offset: u64,
    pub user_id: String,
    pub role: String,
    pub message_id: String,
    pub text: String,
    pub data: String,
    pub context: String,
    pub metadata: String,
    pub extra: String,
}

/// The columns of `Stored`.
const COLUMNS: &str = "conversation_id, event_id, environment, event, toUnixTimestamp64Micro(event_time) AS us, sequence, \
     toInt64(toUnixTimestamp64Milli(append_time)) AS append_time, partition, offset, user_id, role, message_id, text, data, context, \
     metadata, extra";

/// The same without what an event keeps of where it came from: a span is larger than all the rest.
fn narrow() -> String {
    COLUMNS.replace(" extra", " '' AS extra")
}

/// Of copies the first that arrived, and of two rows of one record the redacted one.
const ONCE: &str = "ORDER BY conversation_id, event_id, erased DESC, raw_events.append_time, partition, offset LIMIT 1 BY conversation_id, event_id";

/// How events without a conversation begin, which name it or a message by its number alone: `agentsight:c17:` or `agentsight:m17:`.
pub const BY_NUMBER: &str = "agentsight:";

/// The keys of the hash by which clients know things; see [`Hashed`].
#[derive(Debug, Clone, Copy)]
pub struct HashKey(pub u64, pub u64);

/// What numbers are made of: the first 63 bits of SipHash-2-4 over a kind and texts, joined by NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hashed {
    /// A conversation: the lowest bit says its environment and is no part of the hash.
    Conversation,
    /// An entry of a transcript.
    Message,
    /// A span, by its event.
    Span,
}

impl HashKey {
    /// The number of a thing, in SQL over `raw_events` or `conversation_states`.
    pub(crate) fn sql(self, hashed: Hashed) -> String {
        let (kind, mask, rest) = match hashed {
            Hashed::Conversation => ("c", "0x7ffffffffffffffe", ""),
            Hashed::Message => (
                "m",
                "0x7fffffffffffffff",
                ", '\\0', multiIf(event = 'message.created', message_id, event = 'attachment.added', \
                 JSONExtractString(data, 'holder'), event_id)",
            ),
            Hashed::Span => ("s", "0x7fffffffffffffff", ", '\\0', event_id"),
        };
        let HashKey(first, second) = self;
        format!(
            "toInt64(bitAnd(sipHash64Keyed((toUInt64({first}), toUInt64({second})), \
             concat('{kind}\\0', {{project:String}}, '\\0', conversation_id{rest})), {mask}))"
        )
    }
}

/// The events of conversations, in the order in which they arrived, conversation by conversation.
///
/// # Errors
/// `Warehouse`.
pub async fn of_conversations(client: &Client, project: &str, ids: &[String]) -> Result<Vec<Stored>, Error> {
    let mut events: Vec<Stored> = Vec::new();
    for piece in pieces(ids.iter().map(String::as_str), |id| id.len()) {
        let sql = format!(
            "SELECT {} FROM raw_events WHERE project = {{project:String}} AND conversation_id IN {{ids:Array(String)}} \
             AND erased < 2 {ONCE}",
            narrow()
        );
        let query = limited(client, &sql).param("project", project).param("ids", &piece);
        events.extend(all(query).await?);
    }
    events.sort_by(|a, b| (&a.conversation_id, arrival(a)).cmp(&(&b.conversation_id, arrival(b))));
    Ok(events)
}

/// The events of some types, of one conversation or of all of a project, in the order in which they arrived: of more than
/// [`EVENTS_MAX`] the newest.
///
/// # Errors
/// `Warehouse`.
pub async fn of_types(
    client: &Client,
    project: &str,
    types: &[&str],
    conversation: Option<&str>,
) -> Result<Vec<Stored>, Error> {
    let kept = if conversation.is_some() { " AND conversation_id = {conversation:String}" } else { "" };
    let sql = format!(
        "SELECT * FROM (SELECT {} FROM raw_events WHERE project = {{project:String}} AND event IN {{types:Array(String)}}{kept} \
         AND erased < 2 {ONCE}) ORDER BY us DESC LIMIT {EVENTS_MAX}",
        narrow()
    );
    let mut query = limited(client, &sql).param("project", project).param("types", types);
    if let Some(conversation) = conversation {
        query = query.param("conversation", conversation);
    }
    let mut events: Vec<Stored> = all(query).await?;
    events.sort_by_key(arrival);
    Ok(events)
}

/// Conversation and event (empty for a conversation's own number) that a number stands for. None if there is none.
///
/// # Errors
/// `Warehouse`.
pub async fn find(
    client: &Client,
    project: &str,
    (key, hashed, number): (HashKey, Hashed, i64),
) -> Result<Option<(String, String)>, Error> {
    let (number, from) = match hashed {
        Hashed::Conversation => (number & !1, "'' AS event_id FROM conversation_states WHERE conversation_id != ''"),
        Hashed::Message => (
            number,
            "event_id FROM raw_events WHERE event IN ('message.created', 'tool.call.completed', 'ui.clicked', 'attachment.added')",
        ),
        Hashed::Span => (number, "event_id FROM raw_events WHERE startsWith(event_id, 'span-')"),
    };
    let sql = format!(
        "SELECT conversation_id, {from} AND project = {{project:String}} AND {} = {{number:Int64}} LIMIT 1",
        key.sql(hashed)
    );
    let query = limited(client, &sql).param("project", project).param("number", number);
    Ok(all::<Found>(query).await?.pop().map(|found| (found.conversation_id, found.event_id)))
}

/// What a number stands for.
#[derive(Debug, Row, Deserialize)]
struct Found {
    conversation_id: String,
    event_id: String,
}

/// The names of all tools that were called.
///
/// # Errors
/// `Warehouse`.
pub async fn tools(client: &Client, project: &str) -> Result<Vec<String>, Error> {
    let sql = "SELECT DISTINCT JSONExtractString(data, 'tool_name') AS tool FROM raw_events WHERE project = {project:String} \
               AND event = 'tool.call.completed' AND erased < 2 ORDER BY tool";
    all(limited(client, sql).param("project", project)).await
}

/// Events without a conversation whose ids begin with a text: what came with a number alone, from whoever did not know what it
/// stands for.
///
/// # Errors
/// `Warehouse`.
pub async fn loose(client: &Client, project: &str, begins: &str) -> Result<Vec<Stored>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM raw_events WHERE project = {{project:String}} AND conversation_id = '' AND event_id >= {{begins:String}} \
         AND startsWith(event_id, {{begins:String}}) AND erased < 2 {ONCE}"
    );
    let query = limited(client, &sql).param("project", project).param("begins", begins);
    let mut events: Vec<Stored> = all(query).await?;
    events.sort_by_key(arrival);
    Ok(events)
}

async fn all<T: RowOwned + RowRead>(query: Query) -> Result<Vec<T>, Error> {
    Ok(query.fetch_all::<T>().await.map_err(crate::Error::from)?)
}

/// The place of an event among those of its partition.
fn arrival(event: &Stored) -> (i64, u16, u64) {
    (event.append_time, event.partition, event.offset)
}

/// A parameter of a statement that is put together from conditions.
#[derive(Debug, Clone, Default)]
struct Bound {
    conditions: Vec<String>,
    values: Vec<Value>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Number(i64),
}

impl Bound {
    /// The placeholder of a text.
    fn text(&mut self, value: &str) -> String {
        self.values.push(Value::Text(value.to_owned()));
        format!("{{p{}:String}}", self.values.len() - 1)
    }

    /// The placeholder of a whole number.
    fn number(&mut self, value: i64) -> String {
        self.values.push(Value::Number(value));
        format!("{{p{}:Int64}}", self.values.len() - 1)
    }

    fn must(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    /// All conditions, each after an `AND`.
    fn sql(&self) -> String {
        self.conditions.iter().map(|condition| format!(" AND {condition}")).collect()
    }

    fn bind(&self, mut query: Query) -> Query {
        for (index, value) in self.values.iter().enumerate() {
            query = query.param(&format!("p{index}"), value);
        }
        query
    }
}
