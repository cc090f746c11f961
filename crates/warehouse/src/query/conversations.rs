//! Conversations one by one: a list of those that meet conditions, and one by its id.

use clickhouse::{Row, query::Query};
use rollup::Settings;
use serde::Deserialize;

use super::{
    Condition, Error, Range,
    conditions::{in_range, is_open},
    run::{decided, limited},
};
use crate::{
    Client,
    registry::{Filter, INELIGIBLE, INTERNAL, OURS, renamed},
};

/// Which conversations are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Listing<'a> {
    /// Project id.
    pub project: &'a str,
    /// Environment.
    pub environment: &'a str,
    /// Range of the first use.
    pub range: Range,
    /// What the project decides: names of channels and sources, and who its own people are.
    pub settings: &'a Settings,
    /// The present, microseconds: it decides what is open.
    pub now_us: i64,
    /// Whether tests are wanted, which are in no figure, in place of what counts.
    pub tests: bool,
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
    pub locale: String,
    pub country: String,
    pub city: String,
    pub bot: String,
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
fn columns(settings: &Settings) -> String {
    let said = |role: &str| {
        format!(
            "toUInt64(arraySum(arrayMap((r, n) -> if(r = '{role}', n, 0), messages.role, messages.n))) AS messages_{role}"
        )
    };
    let names = |list: &str| format!("arrayDistinct(arrayMap(name -> toString(name), {list}))");
    let rated = |rating: &str| format!("toUInt64(countEqual(ratings.rating, '{rating}')) AS {rating}");
    let plain =
        ["channel", "source", "device", "browser", "os", "language", "locale", "country", "city", "bot", "page"];
    let has_aliases = !settings.source_aliases.is_empty();
    let shown = |name: &str| match name {
        "channel" | "source" if has_aliases => renamed(name),
        _ => format!("toString({name}) AS {name}"),
    };
    let plain: Vec<String> = plain.into_iter().map(shown).collect();
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

/// A page of conversations, the newest first, and whether there are more. Fails with `Warehouse`.
pub async fn conversations(client: &Client, listing: &Listing<'_>) -> Result<(Vec<Conversation>, bool), Error> {
    let filters = listing.filters.iter().enumerate().map(|(i, filter)| filter.condition(i));
    let conditions = listing.conditions.iter().enumerate().map(|(i, condition)| condition.sql(i));
    let after = listing.after.map(|_| {
        "(toUnixTimestamp64Micro(assumeNotNull(first_use)), conversation_id) < ({after_us:Int64}, {after_id:String})".to_owned()
    });
    let kept: Vec<String> =
        filters.chain(conditions).chain(after).map(|condition| format!(" AND {condition}")).collect();
    let sql = format!(
        "SELECT {} FROM conversation_states FINAL WHERE {} AND isNotNull(first_use) AND {}{} \
         ORDER BY first_use DESC, conversation_id DESC LIMIT {}",
        columns(listing.settings),
        shown(if listing.tests { TEST } else { COUNTS }, listing.settings),
        in_range(),
        kept.concat(),
        listing.limit + 1
    );
    let mut query = asked(client, &sql, (listing.project, listing.environment), (listing.settings, listing.now_us))
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

/// A conversation by its id, used or not; None if there is none, it was deleted, or is of someone of whom only counts stay. Fails with `Warehouse`.
pub async fn conversation(
    client: &Client,
    (project, environment, id): (&str, &str, &str),
    (settings, now_us): (&Settings, i64),
) -> Result<Option<Conversation>, Error> {
    let sql = format!(
        "SELECT {} FROM conversation_states FINAL WHERE {} AND conversation_id = {{id:String}} LIMIT 1",
        columns(settings),
        shown("deleted != 1", settings)
    );
    let query = asked(client, &sql, (project, environment), (settings, now_us)).param("id", id);
    Ok(query.fetch_optional().await.map_err(crate::Error::from)?)
}

/// A conversation that is a test, as folded.
const TEST: &str = "deleted = 2";
/// One that counts.
const COUNTS: &str = "deleted = 0";

/// Conversations that count and may be shown.
pub(super) fn counting(settings: &Settings) -> String {
    shown(COUNTS, settings)
}

/// Conversations of a kind that may be shown: neither deleted since they were folded nor of someone of whom only counts stay.
fn shown(kind: &str, settings: &Settings) -> String {
    let gone = if kind == COUNTS {
        INELIGIBLE.to_owned()
    } else {
        format!("(SELECT conversation_id FROM conversation_flags WHERE {OURS} AND flag = 'deleted')")
    };
    let is_internal = kind == COUNTS && !settings.internal_users.is_empty();
    let own = if is_internal { format!(" AND conversation_id NOT IN {INTERNAL}") } else { String::new() };
    format!("{OURS} AND {kind} AND erased < 2 AND conversation_id != '' AND conversation_id NOT IN {gone}{own}")
}

fn asked(
    client: &Client,
    sql: &str,
    (project, environment): (&str, &str),
    (settings, now_us): (&Settings, i64),
) -> Query {
    let query = limited(client, sql).param("project", project).param("env", environment);
    decided(query, settings).param("now_us", now_us)
}
