//! A conversation's timeline: every event of it once, in order.

use clickhouse::Row;
use serde::Deserialize;

use super::{Error, run::limited};
use crate::{Client, registry::OURS};

/// Most bytes of one page, unless a single event is larger.
pub const TIMELINE_BYTES_MAX: usize = 4 << 20;

/// An event of a conversation.
#[derive(Debug, Clone, PartialEq, Row, Deserialize)]
pub struct Moment {
    /// Its id.
    pub event_id: String,
    /// Its type.
    pub event: String,
    /// Event time, microseconds.
    pub us: i64,
    /// The client's counter.
    pub sequence: i64,
    /// Of a message: who wrote it, as sent.
    pub role: String,
    /// Of a message: its text.
    pub text: String,
    /// User id as sent.
    pub user_id: String,
    /// Anonymous id as sent.
    pub anonymous_id: String,
    /// What the event says, JSON.
    pub data: String,
    /// Its metadata, JSON or ''.
    pub metadata: String,
}

impl Moment {
    fn bytes(&self) -> usize {
        self.text.len() + self.data.len() + self.metadata.len() + 256
    }
}

/// Where an event stands in a timeline: time (microseconds), sequence, id (D-03).
pub type Place = (i64, i64, String);

/// At most `limit` events of a conversation after a place, and whether there are more. Of copies the first that arrived counts.
/// Fails with `Warehouse`.
pub async fn timeline(
    client: &Client,
    (project, environment, conversation): (&str, &str, &str),
    (after, limit): (Option<&Place>, usize),
) -> Result<(Vec<Moment>, bool), Error> {
    // Places first, of narrow columns: texts and data are read of the page's events alone.
    let kept = if after.is_some() {
        "WHERE (us, sequence, event_id) > ({after_us:Int64}, {after_sequence:Int64}, {after_id:String})"
    } else {
        ""
    };
    let ours = format!("{OURS} AND conversation_id = {{conversation:String}}");
    let sql = format!(
        "SELECT event_id, tupleElement(first, 1) AS event, tupleElement(first, 2) AS us, tupleElement(first, 3) AS sequence, \
         tupleElement(first, 4) AS role, tupleElement(first, 5) AS text, tupleElement(first, 6) AS user_id, \
         tupleElement(first, 7) AS anonymous_id, tupleElement(first, 8) AS data, tupleElement(first, 9) AS metadata FROM (\
         SELECT event_id, argMin((toString(event), toUnixTimestamp64Micro(event_time), raw_events.sequence, toString(role), text, \
         user_id, anonymous_id, data, metadata), (append_time, partition, offset)) AS first FROM raw_events \
         WHERE {ours} AND event_id IN (SELECT event_id FROM (\
         SELECT event_id, tupleElement(at, 1) AS us, tupleElement(at, 2) AS sequence FROM (\
         SELECT event_id, argMin((toUnixTimestamp64Micro(event_time), raw_events.sequence), (append_time, partition, offset)) AS at \
         FROM raw_events WHERE {ours} GROUP BY event_id)) {kept} ORDER BY us, sequence, event_id LIMIT {}) GROUP BY event_id) \
         ORDER BY us, sequence, event_id",
        limit + 1
    );
    let mut query =
        limited(client, &sql).param("project", project).param("env", environment).param("conversation", conversation);
    if let Some((us, sequence, id)) = after {
        query = query.param("after_us", us).param("after_sequence", sequence).param("after_id", id);
    }
    let mut rows = query.fetch::<Moment>().map_err(crate::Error::from)?;
    let (mut page, mut bytes) = (Vec::new(), 0);
    while let Some(moment) = rows.next().await.map_err(crate::Error::from)? {
        bytes += moment.bytes();
        if page.len() == limit || (bytes > TIMELINE_BYTES_MAX && !page.is_empty()) {
            return Ok((page, true));
        }
        page.push(moment);
    }
    Ok((page, false))
}
