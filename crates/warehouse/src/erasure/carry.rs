//! The statements of an erasure. Each may be repeated: it does what is left to do.

use clickhouse::{Row, query::Query};
use serde::Deserialize;

use super::{ErasedConversation, ErasedId, ErasureRequest, Key, Mode};
use crate::query::pieces;
use crate::registry::OURS;
use crate::rows::RawRow;
use crate::{Client, Error};

/// Requests that are carried out at a time.
const REQUESTS_AT_ONCE: usize = 100;

#[derive(Debug, Row, Deserialize)]
struct Asked {
    project: String,
    environment: String,
    conversation_id: String,
    event_id: String,
    user_id: String,
}

#[derive(Debug, Row, Deserialize)]
struct Said {
    us: i64,
    data: String,
}

/// Events that name one of `users` or `anonymous`.
const NAMING: &str = "(user_id IN {users:Array(String)} OR anonymous_id IN {anonymous:Array(String)} \
     OR event IN ('user.merged', 'user.erasure_requested') AND hasAny([JSONExtractString(data, 'from_user_id'), \
     JSONExtractString(data, 'into_user_id'), JSONExtractString(data, 'user_id')], {users:Array(String)}))";

impl Client {
    /// A number that grows with everything that is known of who is erased.
    pub async fn erased_extent(&self) -> Result<u64, Error> {
        let sql = "SELECT toUInt64(sum(extent)) FROM (\
                   SELECT max(mode) AS extent FROM erased_ids GROUP BY project, environment, pseudonym UNION ALL \
                   SELECT max(mode) AS extent FROM erased_conversations GROUP BY project, environment, conversation_id)";
        Ok(self.clickhouse().query(sql).fetch_one().await?)
    }

    /// Erased ids and conversations, of all projects.
    pub async fn erased(&self) -> Result<(Vec<ErasedId>, Vec<ErasedConversation>), Error> {
        let ids = "SELECT project, environment, pseudonym, max(mode) AS mode FROM erased_ids \
                   GROUP BY project, environment, pseudonym";
        let conversations = "SELECT project, environment, conversation_id, max(mode) AS mode FROM erased_conversations \
                             GROUP BY project, environment, conversation_id";
        Ok(tokio::try_join!(
            self.clickhouse().query(ids).fetch_all(),
            self.clickhouse().query(conversations).fetch_all()
        )?)
    }

    /// Remembers erased ids.
    pub async fn write_erased_ids(&self, rows: &[ErasedId]) -> Result<(), Error> {
        self.insert_rows("erased_ids", rows).await
    }

    /// Remembers conversations of erased persons.
    pub async fn write_erased_conversations(&self, rows: &[ErasedConversation]) -> Result<(), Error> {
        self.insert_rows("erased_conversations", rows).await
    }

    /// Requests without a receipt, of all projects or of one.
    pub async fn erasure_requests(&self, project: Option<&str>) -> Result<Vec<ErasureRequest>, Error> {
        let sql = format!(
            "SELECT asked.project AS project, asked.environment AS environment, asked.conversation_id AS conversation_id, \
             asked.event_id AS event_id, user_id FROM (\
             SELECT project, environment, conversation_id, event_id, argMin(into_user, (segment, partition)) AS user_id \
             FROM identity_events WHERE event = 'user.erasure_requested' AND ({{all:Bool}} OR project = {{project:String}}) \
             GROUP BY project, environment, conversation_id, event_id) AS asked \
             LEFT ANTI JOIN (SELECT project, environment, conversation_id, event_id FROM erasures) AS done \
             USING (project, environment, conversation_id, event_id) \
             ORDER BY project, environment, event_id LIMIT {REQUESTS_AT_ONCE}"
        );
        let query = self.clickhouse().query(&sql).param("all", project.is_none());
        let asked: Vec<Asked> = query.param("project", project.unwrap_or_default()).fetch_all().await?;
        let mut requests = Vec::new();
        for asked in asked {
            requests.extend(self.erasure_request(asked).await?);
        }
        Ok(requests)
    }

    /// What the event itself says; None while it is not there.
    async fn erasure_request(&self, asked: Asked) -> Result<Option<ErasureRequest>, Error> {
        let Asked { project, environment, conversation_id, event_id, user_id } = asked;
        let sql = format!(
            "SELECT toUnixTimestamp64Micro(event_time) AS us, data FROM raw_events WHERE {OURS} \
             AND conversation_id = {{conversation:String}} AND event_id = {{event:String}} \
             ORDER BY append_time, partition, offset LIMIT 1"
        );
        let query = self.of_scope(&sql, &project, &environment);
        let query = query.param("conversation", &conversation_id).param("event", &event_id);
        let Some(Said { us, data }) = query.fetch_optional().await? else { return Ok(None) };
        let data: serde_json::Value = serde_json::from_str(&data).unwrap_or_default();
        let said = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        let (mode, request_id) = (Mode::of_request(&said("mode")), said("request_id"));
        let requested_us = us;
        Ok(Some(ErasureRequest {
            project,
            environment,
            conversation_id,
            event_id,
            user_id,
            mode,
            request_id,
            requested_us,
        }))
    }

    /// The conversations of which an event names one of these.
    pub async fn conversations_naming(
        &self,
        (project, environment): (&str, &str),
        keys: &[Key<'_>],
    ) -> Result<Vec<String>, Error> {
        let sql = format!(
            "SELECT DISTINCT conversation_id FROM raw_events WHERE {OURS} AND conversation_id != '' \
             AND (user_id IN {{users:Array(String)}} OR anonymous_id IN {{anonymous:Array(String)}}) ORDER BY conversation_id"
        );
        let mut found = Vec::new();
        for keys in of_a_parameter(keys) {
            let query = naming(self.of_scope(&sql, project, environment), &keys);
            found.extend(query.fetch_all::<String>().await?);
        }
        Ok(found)
    }

    /// Rows of conversations that are not redacted in a mode yet.
    pub async fn unredacted(
        &self,
        (project, environment): (&str, &str),
        conversations: &[String],
        mode: u8,
    ) -> Result<Vec<RawRow>, Error> {
        let sql = format!(
            "SELECT ?fields FROM raw_events WHERE {OURS} AND erased < {{mode:UInt8}} \
             AND conversation_id IN {{conversations:Array(String)}}"
        );
        let mut rows = Vec::new();
        for conversations in pieces(conversations, |id| id.len()) {
            let query = self.of_scope(&sql, project, environment).param("mode", mode);
            rows.extend(query.param("conversations", &conversations).fetch_all::<RawRow>().await?);
        }
        Ok(rows)
    }

    /// Rows that name one of these and are not redacted in a mode yet, in conversations or not.
    pub async fn unredacted_naming(
        &self,
        (project, environment): (&str, &str),
        keys: &[Key<'_>],
        mode: u8,
    ) -> Result<Vec<RawRow>, Error> {
        let sql = format!("SELECT ?fields FROM raw_events WHERE {OURS} AND erased < {{mode:UInt8}} AND {NAMING}");
        let mut rows = Vec::new();
        for keys in of_a_parameter(keys) {
            let query = naming(self.of_scope(&sql, project, environment), &keys).param("mode", mode);
            rows.extend(query.fetch_all::<RawRow>().await?);
        }
        Ok(rows)
    }

    /// Writes redacted rows beside those that they replace.
    pub async fn write_redacted(&self, rows: &[RawRow]) -> Result<(), Error> {
        self.insert_rows("raw_events", rows).await
    }

    /// Removes raw rows beside which one lies that is redacted in a mode: nothing is removed that has no other.
    pub async fn remove_replaced(&self, (project, environment): (&str, &str), mode: u8) -> Result<(), Error> {
        let sql = format!(
            "ALTER TABLE raw_events DELETE WHERE {OURS} AND erased < {{mode:UInt8}} \
             AND (conversation_id, event_id, partition, segment) IN (\
             SELECT conversation_id, event_id, partition, segment FROM raw_events WHERE {OURS} AND erased >= {{mode:UInt8}})"
        );
        mutate(self.of_scope(&sql, project, environment).param("mode", mode)).await
    }

    /// Removes rows of conversations that a later fold replaced, and that may say what it does not.
    pub async fn remove_stale_states(&self, (project, environment): (&str, &str)) -> Result<(), Error> {
        let erased = format!("conversation_id IN (SELECT conversation_id FROM erased_conversations WHERE {OURS})");
        let sql = format!(
            "ALTER TABLE conversation_states DELETE WHERE {OURS} AND {erased} AND (conversation_id, version) NOT IN (\
             SELECT conversation_id, max(version) FROM conversation_states WHERE {OURS} AND {erased} GROUP BY conversation_id)"
        );
        mutate(self.of_scope(&sql, project, environment)).await
    }

    pub(super) fn of_scope(&self, sql: &str, project: &str, environment: &str) -> Query {
        self.clickhouse().query(sql).param("project", project).param("env", environment)
    }
}

/// Carries a change of rows out, and waits until it is done.
pub(super) async fn mutate(query: Query) -> Result<(), Error> {
    Ok(query.with_setting("mutations_sync", "1").execute().await?)
}

/// Keys in pieces that fit a parameter.
fn of_a_parameter<'k>(keys: &[Key<'k>]) -> Vec<Vec<Key<'k>>> {
    pieces(keys.iter().copied(), |key| key.id().len())
}

/// The statement with the keys that it asks for.
fn naming(query: Query, keys: &[Key<'_>]) -> Query {
    let of = |letter: char| keys.iter().filter(|key| key.letter() == letter).map(|key| key.id()).collect::<Vec<_>>();
    query.param("users", of('u')).param("anonymous", of('a'))
}
