//! Conversations one by one: a list of those that meet conditions, and one by its id.

use clickhouse::{Row, query::Query};
use serde::Deserialize;

use super::{Error, Range, run::EXECUTION_S_MAX};
use crate::{
    Client,
    registry::{DELETED, Filter, OURS},
};

/// What can become of a leg.
pub const OUTCOMES: &[&str] = &["handled", "missed", "rerouted", "pending"];
/// How long a conversation counts as open after its last use (D-12), as an expression over its channel, seconds.
const IDLE_S: &str = "if(channel IN ('whatsapp', 'sms', 'social'), 86400, 1800)";
/// Longest of them.
const IDLE_S_MAX: i64 = 86_400;

/// How the ratings of a conversation's messages lean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaning {
    /// More positive than negative ones.
    MorePositive,
    /// More negative than positive ones.
    MoreNegative,
    /// Positive and no negative ones.
    OnlyPositive,
    /// Negative and no positive ones.
    OnlyNegative,
    /// Any rating, also of the conversation as a whole.
    Any,
}

impl Leaning {
    /// The leanings by their names in questions.
    pub const ALL: &[(&str, Leaning)] = &[
        ("more_positive", Leaning::MorePositive),
        ("more_negative", Leaning::MoreNegative),
        ("only_positive", Leaning::OnlyPositive),
        ("only_negative", Leaning::OnlyNegative),
        ("any", Leaning::Any),
    ];
}

/// A condition on conversations beside those on their dimensions.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Somebody may go on with it (true) or it is over.
    Open(bool),
    /// A vote from one score to another, both included, on the scale from 1 to 5, rounded down.
    Csat(u8, u8),
    /// A vote with a comment.
    CsatComment,
    /// Ratings that lean so.
    Feedback(Leaning),
    /// One of these workflows was seen.
    Workflow(Vec<String>),
    /// One of these is the primary intent of a message.
    Intent(Vec<String>),
    /// A leg came to one of these.
    Outcome(Vec<String>),
    /// One of these tools was called.
    Tool(Vec<String>),
    /// An event's metadata says this at a path.
    Metadata(Vec<String>, String),
    /// A message contains this, in any case.
    Text(String),
    /// A human was asked for last, and no leg accepted and no close came since.
    NeedsSupport,
    /// It is marked (true) or not.
    Marked(bool),
    /// It is tagged as a test (true) or not.
    Test(bool),
}

/// Which conversations are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Listing<'a> {
    /// Project id.
    pub project: &'a str,
    /// Environment.
    pub environment: &'a str,
    /// Range of the first use.
    pub range: Range,
    /// The present, microseconds: it decides what is open.
    pub now_us: i64,
    /// Conditions on dimensions of conversations.
    pub filters: &'a [Filter],
    /// Further conditions.
    pub conditions: &'a [Condition],
    /// First use (microseconds) and id of the last one shown.
    pub after: Option<&'a (i64, String)>,
    /// Most conversations.
    pub limit: usize,
}

/// A conversation in a few words. Times are microseconds.
#[derive(Debug, Clone, PartialEq, Row, Deserialize)]
#[allow(missing_docs, reason = "columns of conversation_states, documented in the migration, and what is said here")]
pub struct Conversation {
    pub conversation_id: String,
    pub started_us: Option<i64>,
    pub last_used_us: Option<i64>,
    pub person: String,
    pub channel: String,
    pub source: String,
    pub device: String,
    pub browser: String,
    pub os: String,
    pub language: String,
    pub country: String,
    pub city: String,
    pub page: String,
    /// Whether somebody may go on with it.
    pub open: u8,
    pub messages_user: u64,
    pub messages_bot: u64,
    pub messages_agent: u64,
    /// Counted chats.
    pub chats_n: u64,
    pub legs_n: u64,
    /// What became of the leg that opened last; '' without legs.
    pub last_leg: String,
    /// Score of the last vote.
    pub csat: Option<f64>,
    pub csat_commented: u8,
    /// Ratings of messages by what they are.
    pub positive: u64,
    pub neutral: u64,
    pub negative: u64,
    /// The most frequent first.
    pub intents_top: Vec<String>,
    pub workflows_seen: Vec<String>,
    pub tools: Vec<String>,
    /// Whether a human was asked for.
    pub handoff: u8,
}

/// Most intents, workflows and tools that a conversation is told with.
const NAMES_MAX: usize = 20;

/// The columns of `Conversation`.
fn columns() -> String {
    let said = |role: &str| {
        format!("toUInt64(arraySum(arrayMap((r, n) -> if(r = '{role}', n, 0), messages.role, messages.n))) AS messages_{role}")
    };
    let names = |list: &str| format!("arrayDistinct(arrayMap(name -> toString(name), {list}))");
    let rated = |rating: &str| format!("toUInt64(countEqual(ratings.rating, '{rating}')) AS {rating}");
    let plain = ["channel", "source", "device", "browser", "os", "language", "country", "city", "page"];
    let plain: Vec<String> = plain.iter().map(|name| format!("toString({name}) AS {name}")).collect();
    [
        "conversation_id, toUnixTimestamp64Micro(first_use) AS started_us, toUnixTimestamp64Micro(last_use) AS last_used_us, person"
            .into(),
        plain.join(", "),
        format!("toUInt8({}) AS open", is_open()),
        said("user"),
        said("bot"),
        said("agent"),
        "toUInt64(countEqual(chats.counted, 1)) AS chats_n, toUInt64(length(legs.id)) AS legs_n".into(),
        "arrayElement(arrayReverseSort((state, at) -> at, arrayMap(state -> toString(state), legs.state), legs.opened), 1) AS last_leg"
            .into(),
        "tupleElement(arrayElement(arrayReverseSort(vote -> assumeNotNull(tupleElement(vote, 1)), \
         arrayFilter(vote -> isNotNull(tupleElement(vote, 1)), arrayZip(surveys.voted, surveys.score))), 1), 2) AS csat"
            .into(),
        "toUInt8(has(surveys.commented, 1)) AS csat_commented".into(),
        rated("positive"),
        rated("neutral"),
        rated("negative"),
        format!(
            "arraySlice(arrayReverseSort(name -> countEqual(intents.name, name), {}), 1, {NAMES_MAX}) AS intents_top",
            names("intents.name")
        ),
        format!("arraySlice(arraySort({}), 1, {NAMES_MAX}) AS workflows_seen", names("workflows.workflow")),
        format!("arraySlice(arraySort({}), 1, {NAMES_MAX}) AS tools", names("tool_calls.tool")),
        "toUInt8(isNotNull(handoff_at)) AS handoff".into(),
    ]
    .join(", ")
}

/// A leg is open in it, or it was used so lately that its chat is not over, neither closed nor ended since.
fn is_open() -> String {
    let ended = format!(
        "SELECT conversation_id FROM raw_events WHERE {OURS} AND conversation_id != '' \
         AND event_time >= fromUnixTimestamp64Micro({{now_us:Int64}} - {}, 'UTC') \
         AND (event IN ('conversation.ended', 'conversation.started') OR is_message = 1) GROUP BY conversation_id \
         HAVING maxIf(event_time, event = 'conversation.ended') >= maxIf(event_time, event != 'conversation.ended')",
        IDLE_S_MAX * 1_000_000
    );
    format!(
        "(has(chats.open, 1) OR (ifNull(toUnixTimestamp64Micro(last_use) > {{now_us:Int64}} - {IDLE_S} * 1000000, 0) \
         AND NOT arrayExists(at -> ifNull(at >= last_use, 0), closes.at) AND conversation_id NOT IN ({ended})))"
    )
}

impl Condition {
    /// The condition in SQL; its values are parameters that begin with `c_{i}`.
    fn sql(&self, i: usize) -> String {
        let one_of = |column: &str| format!("hasAny(arrayMap(name -> toString(name), {column}), {{c_{i}:Array(String)}})");
        let not = |is: &bool| if *is { "" } else { "NOT " };
        match self {
            Condition::Open(open) => format!("{}{}", not(open), is_open()),
            Condition::Csat(..) => format!(
                "arrayExists(score -> ifNull(floor(score) BETWEEN {{c_{i}_low:UInt8}} AND {{c_{i}_high:UInt8}}, 0), surveys.score)"
            ),
            Condition::CsatComment => {
                "arrayExists((commented, score) -> commented = 1 AND isNotNull(score), surveys.commented, surveys.score)".into()
            }
            Condition::Feedback(leaning) => leans(*leaning).into(),
            Condition::Workflow(_) => format!("({} OR {})", one_of("workflows.workflow"), one_of("messages.workflow")),
            Condition::Intent(_) => one_of("intents.name"),
            Condition::Outcome(_) => one_of("legs.state"),
            Condition::Tool(_) => one_of("tool_calls.tool"),
            Condition::Metadata(path, _) => metadata(i, path.len()),
            Condition::Text(_) => {
                of_events(&format!("is_message = 1 AND positionCaseInsensitiveUTF8(text, {{c_{i}:String}}) > 0"))
            }
            Condition::NeedsSupport => needs_support(),
            Condition::Marked(marked) => {
                format!("{}{}", not(marked), last_set("is_marked", "JSONExtractBool(data, 'set', 'is_marked')"))
            }
            Condition::Test(test) => {
                format!("{}{}", not(test), last_set("tags", "has(JSONExtract(data, 'set', 'tags', 'Array(String)'), 'test')"))
            }
        }
    }

    fn bind(&self, query: Query, i: usize) -> Query {
        let name = format!("c_{i}");
        match self {
            Condition::Csat(low, high) => query.param(&format!("{name}_low"), low).param(&format!("{name}_high"), high),
            Condition::Workflow(names) | Condition::Intent(names) | Condition::Outcome(names) | Condition::Tool(names) => {
                query.param(&name, names)
            }
            Condition::Text(text) => query.param(&name, text),
            Condition::Metadata(path, value) => {
                let keys = path.iter().enumerate();
                let query = keys.fold(query, |query, (at, key)| query.param(&format!("{name}_{at}"), key));
                query.param(&name, value)
            }
            _ => query,
        }
    }
}

fn leans(leaning: Leaning) -> &'static str {
    match leaning {
        Leaning::MorePositive => "arraySum(chats.positive) > arraySum(chats.negative)",
        Leaning::MoreNegative => "arraySum(chats.negative) > arraySum(chats.positive)",
        Leaning::OnlyPositive => "arraySum(chats.positive) > 0 AND arraySum(chats.negative) = 0",
        Leaning::OnlyNegative => "arraySum(chats.negative) > 0 AND arraySum(chats.positive) = 0",
        Leaning::Any => {
            "arrayExists(rating -> rating IN ('positive', 'neutral', 'negative'), arrayConcat(\
             arrayMap(rating -> toString(rating), ratings.rating), arrayMap(rating -> toString(rating), opinions.rating)))"
        }
    }
}

/// Conversations of the range of which an event meets a condition.
fn of_events(condition: &str) -> String {
    format!(
        "conversation_id IN (SELECT conversation_id FROM raw_events WHERE {OURS} AND conversation_id IN (\
         SELECT conversation_id FROM conversation_states WHERE {OURS} AND {}) AND {condition})",
        in_range()
    )
}

fn in_range() -> &'static str {
    "first_use >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') AND first_use < fromUnixTimestamp64Micro({to:Int64}, 'UTC')"
}

/// What events carry as metadata, and what updates set: a text as it is, anything else as JSON writes it.
fn metadata(i: usize, depth: usize) -> String {
    let keys: Vec<String> = (0..depth).map(|at| format!("{{c_{i}_{at}:String}}")).collect();
    let keys = keys.join(", ");
    let says = |json: &str| {
        format!("if(JSONType({json}, {keys}) = 'String', JSONExtractString({json}, {keys}), JSONExtractRaw({json}, {keys})) = {{c_{i}:String}}")
    };
    of_events(&format!(
        "({} OR (event = 'conversation.updated' AND {}))",
        says("metadata"),
        says("JSONExtractRaw(data, 'set', 'metadata')")
    ))
}

fn needs_support() -> String {
    let asked = "arrayFilter((at, trigger) -> trigger != '', requests.at, requests.trigger)";
    format!(
        "(notEmpty({asked}) AND NOT arrayExists(at -> ifNull(at >= arrayMax({asked}), 0), legs.accepted) \
         AND NOT arrayExists(at -> at >= arrayMax({asked}), closes.at))"
    )
}

/// Conversations of which the last update that sets a property sets it so: this is not folded.
fn last_set(property: &str, value: &str) -> String {
    format!(
        "(conversation_id IN (SELECT conversation_id FROM raw_events WHERE {OURS} AND event = 'conversation.updated' \
         AND JSONHas(data, 'set', '{property}') GROUP BY conversation_id \
         HAVING argMax({value}, (event_time, sequence, event_id)) = 1))"
    )
}

/// A page of conversations, the newest first, and whether there are more. Fails with `Warehouse`.
pub async fn conversations(client: &Client, listing: &Listing<'_>) -> Result<(Vec<Conversation>, bool), Error> {
    let filters = listing.filters.iter().enumerate().map(|(i, filter)| filter.condition(i));
    let conditions = listing.conditions.iter().enumerate().map(|(i, condition)| condition.sql(i));
    let after = listing.after.map(|_| {
        "(toUnixTimestamp64Micro(assumeNotNull(first_use)), conversation_id) < ({after_us:Int64}, {after_id:String})".to_owned()
    });
    let kept: Vec<String> = filters.chain(conditions).chain(after).map(|condition| format!(" AND {condition}")).collect();
    let sql = format!(
        "SELECT {} FROM conversation_states FINAL WHERE {} AND isNotNull(first_use) AND {}{} \
         ORDER BY first_use DESC, conversation_id DESC LIMIT {}",
        columns(),
        counting(),
        in_range(),
        kept.concat(),
        listing.limit + 1
    );
    let mut query = asked(client, &sql, (listing.project, listing.environment), listing.now_us)
        .param("from", listing.range.from_us)
        .param("to", listing.range.to_us);
    for (i, filter) in listing.filters.iter().enumerate() {
        query = query.param(&format!("f_{i}"), &filter.values);
    }
    for (i, condition) in listing.conditions.iter().enumerate() {
        query = condition.bind(query, i);
    }
    if let Some((us, id)) = listing.after {
        query = query.param("after_us", us).param("after_id", id);
    }
    let mut rows: Vec<Conversation> = query.fetch_all().await.map_err(crate::Error::from)?;
    let has_more = rows.len() > listing.limit;
    rows.truncate(listing.limit);
    Ok((rows, has_more))
}

/// A conversation by its id, used or not; None if there is none, or it was deleted. Fails with `Warehouse`.
pub async fn conversation(
    client: &Client,
    (project, environment, id): (&str, &str, &str),
    now_us: i64,
) -> Result<Option<Conversation>, Error> {
    let sql = format!(
        "SELECT {} FROM conversation_states FINAL WHERE {} AND conversation_id = {{id:String}} LIMIT 1",
        columns(),
        counting()
    );
    let query = asked(client, &sql, (project, environment), now_us).param("id", id);
    Ok(query.fetch_optional().await.map_err(crate::Error::from)?)
}

fn counting() -> String {
    format!("{OURS} AND deleted = 0 AND conversation_id != '' AND conversation_id NOT IN {DELETED}")
}

fn asked(client: &Client, sql: &str, (project, environment): (&str, &str), now_us: i64) -> Query {
    let query = client.clickhouse().query_raw(sql).param("project", project).param("env", environment);
    query.param("now_us", now_us).with_setting("max_execution_time", EXECUTION_S_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_never_stand_in_the_statement() {
        let evil = || "'; DROP TABLE raw_events".to_owned();
        let all = [
            Condition::Workflow(vec![evil()]),
            Condition::Intent(vec![evil()]),
            Condition::Outcome(vec![evil()]),
            Condition::Tool(vec![evil()]),
            Condition::Metadata(vec![evil(), evil()], evil()),
            Condition::Text(evil()),
        ];
        for (i, condition) in all.iter().enumerate() {
            let sql = condition.sql(i);
            assert!(!sql.contains("DROP") && sql.contains(&format!("{{c_{i}")), "{sql}");
        }
    }

    #[test]
    fn every_condition_on_events_is_kept_to_the_project_and_the_environment() {
        let conditions = [
            Condition::Open(true),
            Condition::Metadata(vec!["a".into()], "b".into()),
            Condition::Text("t".into()),
            Condition::Marked(true),
            Condition::Test(false),
        ];
        for condition in conditions {
            let sql = condition.sql(0);
            assert_eq!(sql.matches(" FROM ").count(), sql.matches(OURS).count(), "{sql}");
        }
    }
}
