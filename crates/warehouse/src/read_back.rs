//! The proof of a seal: what a segment's rows should be, compared with what is there.

use std::collections::BTreeMap;

use clickhouse::Row;
use serde::Deserialize;

use crate::rows::{ConversationKey, CountKey, MinuteKey};
use crate::sink::SegmentRows;
use crate::state_row::{VERSION_ERASED_MAX, VERSION_EVENTS_MAX, VERSION_OF_EVENTS, version_floor};
use crate::{Client, Error};

#[derive(Debug, Row, Deserialize)]
struct Digest {
    rows: u64,
    digest: u64,
}

#[derive(Debug, Row, Deserialize)]
struct CountVersion {
    project: String,
    environment: String,
    bucket: u32,
    role: String,
    content_type: String,
    newest: u64,
}

#[derive(Debug, Row, Deserialize)]
struct MinuteVersion {
    project: String,
    environment: String,
    minute: u32,
    newest: u64,
}

/// The topic whose records a worker folds, as `dead_letters` names it.
const EVENTS_TOPIC: &str = "rapport.events.v1";

/// Rows of one segment of one partition.
const OF_SEGMENT: &str = "partition = {partition:UInt16} AND segment = fromUnixTimestamp({segment:UInt32})";

impl Client {
    fn of_segment(&self, sql: &str, partition: u16, segment: u32) -> clickhouse::query::Query {
        let sql = sql.replace("OF_SEGMENT", OF_SEGMENT);
        // A seal has time; what is being folded and asked meanwhile has not.
        let query = self.clickhouse().query(&sql).with_setting("max_threads", "1");
        query.param("partition", partition).param("segment", segment)
    }

    /// The same, where the statement looks no further than the worker has folded.
    fn of_folded(&self, sql: &str, expected: &SegmentRows) -> clickhouse::query::Query {
        let sql = sql.replace("FOLDED", "offset < {next_offset:UInt64}");
        self.of_segment(&sql, expected.partition, expected.segment).param("next_offset", expected.next_offset)
    }

    /// See `Sink::holds`.
    pub(crate) async fn read_back(&self, expected: &SegmentRows) -> Result<bool, Error> {
        let sql = "SELECT count() AS rows, groupBitXor(intHash64(offset)) AS digest \
                   FROM (SELECT DISTINCT offset FROM raw_events WHERE OF_SEGMENT AND FOLDED)";
        let found: Digest = self.of_folded(sql, expected).fetch_one().await?;
        let raw_is_whole = found.rows == expected.rows && found.digest == expected.digest;
        Ok(raw_is_whole
            && self.holds_letters(expected).await?
            && self.holds_counts(expected).await?
            && self.holds_minutes(expected).await?
            && self.lacking_from_raw(expected).await? == 0)
    }

    /// Nearly every segment has no dead letters, and then nothing is asked.
    async fn holds_letters(&self, expected: &SegmentRows) -> Result<bool, Error> {
        if expected.letters == 0 {
            return Ok(true);
        }
        let sql = "SELECT count() AS rows, groupBitXor(intHash64(offset)) AS digest \
                   FROM (SELECT DISTINCT offset FROM dead_letters WHERE topic = {topic:String} \
                         AND partition = {partition:UInt16} \
                         AND append_time >= fromUnixTimestamp64Milli({starts_ms:Int64}) \
                         AND append_time < fromUnixTimestamp64Milli({ends_ms:Int64}) AND FOLDED)";
        let query = self.of_folded(sql, expected).param("topic", EVENTS_TOPIC);
        let query = query.param("starts_ms", i64::from(expected.segment) * 1_000).param("ends_ms", expected.ends_ms);
        let found: Digest = query.fetch_one().await?;
        Ok(found.rows == expected.letters && found.digest == expected.letters_digest)
    }

    async fn holds_counts(&self, expected: &SegmentRows) -> Result<bool, Error> {
        let sql = "SELECT project, environment, bucket, role, content_type, max(ver) AS newest FROM message_counts \
                   WHERE OF_SEGMENT GROUP BY project, environment, bucket, role, content_type";
        let rows: Vec<CountVersion> = self.of_segment(sql, expected.partition, expected.segment).fetch_all().await?;
        let found: BTreeMap<CountKey, u64> = rows
            .into_iter()
            .map(|row| {
                let CountVersion { project, environment, bucket, role, content_type, newest } = row;
                (CountKey { project, environment, bucket, role, content_type }, newest)
            })
            .collect();
        Ok(expected.counts.iter().all(|(key, ver)| found.get(key).is_some_and(|newest| newest >= ver)))
    }

    async fn holds_minutes(&self, expected: &SegmentRows) -> Result<bool, Error> {
        let sql = "SELECT project, environment, minute, max(ver) AS newest FROM minute_counts \
                   WHERE OF_SEGMENT GROUP BY project, environment, minute";
        let rows: Vec<MinuteVersion> = self.of_segment(sql, expected.partition, expected.segment).fetch_all().await?;
        let found: BTreeMap<MinuteKey, u64> = rows
            .into_iter()
            .map(|MinuteVersion { project, environment, minute, newest }| {
                (MinuteKey { project, environment, minute }, newest)
            })
            .collect();
        Ok(expected.minutes.iter().all(|(key, ver)| found.get(key).is_some_and(|newest| newest >= ver)))
    }

    /// Rows of the smaller tables that the segment's raw rows (which are proved) call for and that are not there.
    async fn lacking_from_raw(&self, expected: &SegmentRows) -> Result<u64, Error> {
        let mut lacking = self.of_folded(LACKING_ACTIVITY, expected).fetch_one::<u64>().await?;
        for set in SETS {
            lacking += self.of_folded(&lacking_from_set(set), expected).fetch_one::<u64>().await?;
        }
        Ok(lacking)
    }

    /// See `Sink::correct`.
    pub(crate) async fn correct_copies(&self, partition: u16, segment: u32, late_by_ms: i64) -> Result<u64, Error> {
        let lacking = format!(
            "SELECT project, environment, conversation_id, event_id, partition, segment, event_time, role, content_type \
             FROM ({COPIES}) AS copies LEFT ANTI JOIN corrections USING (project, conversation_id, event_id, partition, segment) \
             WHERE is_message"
        );
        let count = format!("SELECT count() FROM ({lacking})");
        let query = self.of_segment(&count, partition, segment).param("late_by_ms", late_by_ms);
        let found: u64 = query.fetch_one().await?;
        if found > 0 {
            let insert = format!(
                "INSERT INTO corrections (project, environment, conversation_id, event_id, partition, segment, event_time, \
                 role, content_type) {lacking}"
            );
            self.of_segment(&insert, partition, segment).param("late_by_ms", late_by_ms).execute().await?;
        }
        Ok(found)
    }

    /// See `Sink::underived`.
    pub(crate) async fn read_underived(
        &self,
        rows: &SegmentRows,
        editions: &[(String, u16)],
    ) -> Result<Vec<ConversationKey>, Error> {
        let projects: Vec<&str> = editions.iter().map(|(project, _)| project.as_str()).collect();
        let floors: Vec<u64> = editions.iter().map(|(_, edition)| version_floor(*edition)).collect();
        let query = self.of_folded(UNDERIVED, rows).param("projects", projects).param("floors", floors);
        let query = query.param("floor", version_floor(0)).param("of_events", VERSION_OF_EVENTS);
        let query = query.param("erased_max", VERSION_ERASED_MAX).param("events_max", VERSION_EVENTS_MAX);
        Ok(query.fetch_all().await?)
    }
}

const LACKING_ACTIVITY: &str = "SELECT count() FROM (\
     SELECT project, environment, if(user_id != '', concat('u:', user_id), concat('a:', anonymous_id)) AS person, \
            conversation_id, toStartOfFifteenMinutes(toDateTime(event_time, 'UTC')) AS bucket, min(event_time) AS first \
     FROM raw_events WHERE OF_SEGMENT AND FOLDED AND flag != 'crawler' AND (is_message OR event IN ('conversation.started', 'ui.clicked')) \
       AND (user_id != '' OR anonymous_id != '') \
     GROUP BY project, environment, person, conversation_id, bucket) AS wanted \
     LEFT JOIN (SELECT project, environment, person, conversation_id, bucket, min(first) AS there FROM person_activity \
       WHERE (project, environment, person) IN (SELECT project, environment, \
         if(user_id != '', concat('u:', user_id), concat('a:', anonymous_id)) FROM raw_events WHERE OF_SEGMENT) \
       GROUP BY project, environment, person, conversation_id, bucket) AS held \
     USING (project, environment, person, conversation_id, bucket) \
     WHERE held.there > wanted.first OR toUnixTimestamp64Micro(held.there) = 0";

/// The sets beside the raw rows, and which raw rows call for a row of each.
const SETS: [(&str, &str); 3] = [
    ("requests", "flag != 'crawler' AND event IN ('handoff.requested', 'ticket.created')"),
    (
        "identity_events",
        "flag != 'crawler' AND (event IN ('user.merged', 'user.erasure_requested') \
         OR event = 'user.identified' AND user_id != '' AND anonymous_id != '')",
    ),
    ("conversation_flags", "flag != '' AND conversation_id != ''"),
];

/// How many rows of a set are lacking.
fn lacking_from_set((table, called_for): (&str, &str)) -> String {
    format!(
        "SELECT count() FROM (\
         SELECT project, environment, conversation_id, event_id, partition, segment FROM raw_events \
         WHERE OF_SEGMENT AND FOLDED AND {called_for}) AS wanted \
         LEFT ANTI JOIN (SELECT * FROM {table} WHERE OF_SEGMENT) AS held \
         USING (project, environment, conversation_id, event_id, partition, segment)"
    )
}

/// All raw rows but the smallest of each late identity of the segment, in every segment and partition. A row written twice is one row.
const COPIES: &str = "SELECT DISTINCT project, environment, conversation_id, event_id, partition, segment, event_time, role, \
       content_type, is_message, append_time, offset \
     FROM raw_events \
     WHERE (project, conversation_id, event_id) IN (SELECT project, conversation_id, event_id FROM raw_events \
       WHERE OF_SEGMENT AND (clock != '' \
         OR toUnixTimestamp64Milli(append_time) - toUnixTimestamp64Milli(toDateTime64(event_time, 3, 'UTC')) > {late_by_ms:Int64})) \
     ORDER BY project, conversation_id, event_id, append_time, partition, offset \
     LIMIT 1, 1000000 BY project, conversation_id, event_id";

const UNDERIVED: &str = "SELECT DISTINCT wanted.project AS project, wanted.conversation_id AS conversation_id FROM (\
     SELECT project, environment, conversation_id, uniqExact(event_id) AS events, \
       uniqExactIf(event_id, erased > 0) AS redacted FROM raw_events \
     WHERE conversation_id != '' AND (partition != {partition:UInt16} OR FOLDED) AND (project, conversation_id) IN (\
       SELECT project, conversation_id FROM raw_events WHERE OF_SEGMENT) \
     GROUP BY project, environment, conversation_id) AS wanted \
     LEFT JOIN (SELECT project, environment, conversation_id, max(version) AS version FROM conversation_states \
       WHERE (project, conversation_id) IN (SELECT project, conversation_id FROM raw_events WHERE OF_SEGMENT) \
       GROUP BY project, environment, conversation_id) AS held \
     USING (project, environment, conversation_id) \
     WHERE held.version < greatest({floor:UInt64}, {floors:Array(UInt64)}[indexOf({projects:Array(String)}, wanted.project)]) \
       OR bitAnd(held.version, {of_events:UInt64}) \
         < bitShiftLeft(least(wanted.redacted, {erased_max:UInt64}), 24) + least(wanted.events, {events_max:UInt64}) \
     SETTINGS optimize_aggregation_in_order = 1";

/// What stands for an offset in a digest: ClickHouse's function intHash64, which is MurmurHash3's finalizer over the value with
/// this seed (`SELECT intHash64(5)` shows it).
pub fn offset_hash(offset: u64) -> u64 {
    let mut x = offset ^ 0x4cf2_d2ba_ae6d_a887;
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 33;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

#[cfg(test)]
mod tests {
    use super::offset_hash;

    #[test]
    fn the_hash_is_the_servers() {
        assert_eq!(offset_hash(5), 15_228_578_409_069_794_350);
    }
}
