//! Spans of AgentSight's clients: events that carry the span that they came from.

use super::{Bound, COLUMNS, ONCE, Page, Stored, all};
use crate::{
    Client,
    query::{Error, run::limited},
};

/// Which spans are wanted: those that meet all conditions.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "a condition each; what is not plain is said")]
pub struct Spans {
    pub conversation_id: Option<String>,
    pub environment: Option<String>,
    /// Members of the span that have to be equal.
    pub equal: Vec<(&'static str, String)>,
    /// Bounds of the beginning, microseconds, both inclusive.
    pub started_from_us: Option<i64>,
    pub started_to_us: Option<i64>,
    /// A member of the span to order by, in place of its beginning.
    pub order_by: Option<&'static str>,
    pub ascending: bool,
}

/// How many spans there are, and the events of those of a page.
///
/// # Errors
/// `Warehouse`.
pub async fn spans(client: &Client, project: &str, wanted: &Spans, page: Page) -> Result<(u64, Vec<Stored>), Error> {
    let mut bound = Bound::default();
    if let Some(id) = &wanted.conversation_id {
        let id = bound.text(id);
        bound.must(format!("conversation_id = {id}"));
    }
    if let Some(environment) = &wanted.environment {
        let environment = bound.text(environment);
        bound.must(format!("environment = {environment}"));
    }
    for (name, value) in &wanted.equal {
        let value = bound.text(value);
        bound.must(format!("{} = {value}", member(name)));
    }
    let started = "toUnixTimestamp64Micro(event_time)";
    for (us, sign) in [(wanted.started_from_us, ">="), (wanted.started_to_us, "<=")] {
        if let Some(us) = us {
            let us = bound.number(us);
            bound.must(format!("{started} {sign} {us}"));
        }
    }
    let source = format!(
        "FROM raw_events WHERE project = {{project:String}} AND startsWith(event_id, 'span-') AND position(extra, '\"span\"') > 0 \
         AND erased = 0{}",
        bound.sql()
    );
    let ask = |sql: &str| bound.bind(limited(client, sql)).param("project", project);
    let counts: Vec<u64> = all(ask(&format!("SELECT uniqExact((conversation_id, event_id)) {source}"))).await?;
    let count = counts.first().copied().unwrap_or(0);
    if count <= page.skip as u64 {
        return Ok((count, Vec::new()));
    }
    let by = match wanted.order_by {
        Some("duration_ms") => "JSONExtractFloat(extra, 'agentsight', 'span', 'duration_ms')".to_owned(),
        Some(name) => format!("JSONExtractString(extra, 'agentsight', 'span', '{name}')"),
        None => "us".to_owned(),
    };
    let direction = if wanted.ascending { "ASC" } else { "DESC" };
    let sql = format!(
        "SELECT * FROM (SELECT {COLUMNS} {source} {ONCE}) ORDER BY {by} {direction}, conversation_id {direction}, event_id {direction} \
         LIMIT {} OFFSET {}",
        page.limit, page.skip
    );
    Ok((count, all(ask(&sql)).await?))
}

fn member(name: &str) -> String {
    format!("JSONExtractString(extra, 'agentsight', 'span', '{name}')")
}
