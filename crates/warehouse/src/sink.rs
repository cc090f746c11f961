//! The `Sink`: what a worker asks of the warehouse. Rows are absolute, so every write may be repeated.

use std::{fmt, future::Future, pin::Pin};

use crate::rows::{
    AnchorRow, Batch, ConversationKey, CountKey, FactRow, Generation, MinuteKey, ProgressRow, SealedRow,
};
use crate::state_row::version_floor;
use crate::{Client, Error, StateRow};

/// A boxed future, so that the port can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a worker believes the warehouse holds of one segment of one partition: the evidence for a seal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SegmentRows {
    /// Partition.
    pub partition: u16,
    /// Start of the segment, seconds.
    pub segment: u32,
    /// End of the segment, milliseconds.
    pub ends_ms: i64,
    /// The worker has folded up to here. Rows beyond it are another life's, and no evidence for or against.
    pub next_offset: u64,
    /// Number of the records that count.
    pub rows: u64,
    /// Exclusive or of `offset_hash` over their offsets.
    pub digest: u64,
    /// Number of its dead letters.
    pub letters: u64,
    /// Exclusive or of `offset_hash` over their offsets.
    pub letters_digest: u64,
    /// Versions of its rows of `message_counts`.
    pub counts: Vec<(CountKey, u64)>,
    /// Versions of its rows of `minute_counts`.
    pub minutes: Vec<(MinuteKey, u64)>,
}

/// The warehouse as a worker sees it.
pub trait Sink: fmt::Debug + Send + Sync + 'static {
    /// Writes the rows of a flush: sets and lattices before counters. An error leaves open which are in.
    fn write<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Result<(), Error>>;
    /// Writes derived rows.
    fn write_states<'a>(&'a self, rows: &'a [StateRow]) -> BoxFuture<'a, Result<(), Error>>;
    /// Publishes how far the figures reach.
    fn write_progress<'a>(&'a self, rows: &'a [ProgressRow]) -> BoxFuture<'a, Result<(), Error>>;
    /// Remembers sealed positions.
    fn write_sealed<'a>(&'a self, rows: &'a [SealedRow]) -> BoxFuture<'a, Result<(), Error>>;
    /// Remembers records that prove the journal's incarnation.
    fn write_anchors<'a>(&'a self, rows: &'a [AnchorRow]) -> BoxFuture<'a, Result<(), Error>>;
    /// Those of the conversations that have a derived row.
    fn derived<'a>(&'a self, keys: &'a [ConversationKey]) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>>;
    /// The distinct events of conversations (the smallest (append time, partition, offset) of each identity), grouped by conversation.
    fn facts<'a>(&'a self, keys: &'a [ConversationKey]) -> BoxFuture<'a, Result<Vec<FactRow>, Error>>;
    /// Whether every row that belongs to the segment is there: raw rows and dead letters by offset, counters at their version or greater, and
    /// the rows of the other sets and lattices that its raw rows call for.
    fn holds<'a>(&'a self, rows: &'a SegmentRows) -> BoxFuture<'a, Result<bool, Error>>;
    /// Finds copies among the segment's identities that counted more than once and takes all but the smallest out of the counters;
    /// `late_by_ms`: only records with append time − event time beyond it can be copies. Returns how many corrections were
    /// lacking and written: the segment is settled when none was.
    fn correct<'a>(&'a self, partition: u16, segment: u32, late_by_ms: i64) -> BoxFuture<'a, Result<u64, Error>>;
    /// Conversations with a record in the segment whose derived row is behind a fold of the raw rows. Of the partition's own
    /// rows those before `next_offset` are looked at: later ones may still be on their way to their derived rows.
    /// `editions` are those of projects that decided how their chats are cut.
    fn underived<'a>(
        &'a self,
        rows: &'a SegmentRows,
        editions: &'a [(String, u16)],
    ) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>>;
    /// Conversations of a project after an id, in order, at most `limit`, whose derived row is of an earlier edition.
    fn cut_before<'a>(
        &'a self,
        project: (&'a str, u16),
        after: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>>;
    /// Whether all conversations are known to be derived by the present definition.
    fn is_derived(&self, generation: u32) -> BoxFuture<'_, Result<bool, Error>>;
    /// Remembers that they are.
    fn write_derived(&self, generation: u32) -> BoxFuture<'_, Result<(), Error>>;
    /// The conversations that raw rows name after a key, in order, at most `limit`.
    fn conversations_after<'a>(
        &'a self,
        after: &'a ConversationKey,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>>;
    /// The remembered sealed position of a partition.
    fn sealed(&self, generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<u64>, Error>>;
    /// How far the figures of a partition reach: evidence of which journal they came from, never a place to start from.
    fn reached(&self, generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<u64>, Error>>;
    /// The latest remembered record of a partition.
    fn anchor(&self, generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<AnchorRow>, Error>>;
    /// What the generation was made with; `wanted` is remembered if there is nothing yet.
    fn generation<'a>(&'a self, wanted: &'a Generation) -> BoxFuture<'a, Result<Generation, Error>>;
}

impl Sink for Client {
    fn write<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            tokio::try_join!(
                self.insert_rows("raw_events", &batch.raw),
                self.insert_rows("person_activity", &batch.activity),
                self.insert_rows("identity_events", &batch.identities),
                self.insert_rows("requests", &batch.requests),
                self.insert_rows("conversation_flags", &batch.flags),
                self.insert_rows("dead_letters", &batch.dead_letters),
            )?;
            tokio::try_join!(
                self.insert_rows("message_counts", &batch.counts),
                self.insert_rows("minute_counts", &batch.minutes),
            )?;
            Ok(())
        })
    }

    fn write_states<'a>(&'a self, rows: &'a [StateRow]) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.insert_rows("conversation_states", rows))
    }

    fn write_progress<'a>(&'a self, rows: &'a [ProgressRow]) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.insert_rows("progress", rows))
    }

    fn write_sealed<'a>(&'a self, rows: &'a [SealedRow]) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.insert_rows("sealed", rows))
    }

    fn write_anchors<'a>(&'a self, rows: &'a [AnchorRow]) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.insert_rows("journal_anchors", rows))
    }

    fn facts<'a>(&'a self, keys: &'a [ConversationKey]) -> BoxFuture<'a, Result<Vec<FactRow>, Error>> {
        Box::pin(self.read_facts(keys))
    }

    fn derived<'a>(&'a self, keys: &'a [ConversationKey]) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>> {
        Box::pin(self.read_derived(keys))
    }

    fn holds<'a>(&'a self, rows: &'a SegmentRows) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.read_back(rows))
    }

    fn correct<'a>(&'a self, partition: u16, segment: u32, late_by_ms: i64) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(self.correct_copies(partition, segment, late_by_ms))
    }

    fn underived<'a>(
        &'a self,
        rows: &'a SegmentRows,
        editions: &'a [(String, u16)],
    ) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>> {
        Box::pin(self.read_underived(rows, editions))
    }

    fn cut_before<'a>(
        &'a self,
        (project, edition): (&'a str, u16),
        after: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>> {
        Box::pin(async move {
            let sql = "SELECT DISTINCT project, conversation_id FROM (\
                       SELECT project, conversation_id FROM conversation_states \
                       WHERE project = {project:String} AND conversation_id > {after:String} \
                       GROUP BY project, environment, conversation_id HAVING max(version) < {floor:UInt64}) \
                       ORDER BY conversation_id LIMIT {limit:UInt64}";
            let query = self.clickhouse().query(sql).param("project", project).param("after", after);
            Ok(query.param("floor", version_floor(edition)).param("limit", limit as u64).fetch_all().await?)
        })
    }

    fn is_derived(&self, generation: u32) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async move {
            let sql = "SELECT count() FROM derivations WHERE generation = {generation:UInt32} AND definition = {definition:UInt16}";
            let query =
                self.clickhouse().query(sql).param("generation", generation).param("definition", rollup::DEFINITION);
            Ok(query.fetch_one::<u64>().await? > 0)
        })
    }

    fn write_derived(&self, generation: u32) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let sql = "INSERT INTO derivations SELECT {generation:UInt32}, {definition:UInt16}";
            let query =
                self.clickhouse().query(sql).param("generation", generation).param("definition", rollup::DEFINITION);
            Ok(query.execute().await?)
        })
    }

    fn conversations_after<'a>(
        &'a self,
        after: &'a ConversationKey,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ConversationKey>, Error>> {
        Box::pin(async move {
            let sql = "SELECT DISTINCT project, conversation_id FROM raw_events \
                       WHERE conversation_id != '' AND (project, conversation_id) > ({project:String}, {conversation:String}) \
                       ORDER BY project, conversation_id LIMIT {limit:UInt64}";
            let query = self.clickhouse().query(sql);
            let query = query.param("project", &after.project).param("conversation", &after.conversation_id);
            Ok(query.param("limit", limit as u64).fetch_all().await?)
        })
    }

    fn sealed(&self, generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(async move {
            let sql = "SELECT max(sealed_offset) FROM sealed WHERE generation = {generation:UInt32} \
                       AND partition = {partition:UInt16} HAVING count() > 0";
            let query = self.clickhouse().query(sql).param("generation", generation).param("partition", partition);
            Ok(query.fetch_optional().await?)
        })
    }

    fn reached(&self, generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(async move {
            let sql = "SELECT max(next_offset) FROM progress WHERE generation = {generation:UInt32} \
                       AND partition = {partition:UInt16} HAVING count() > 0";
            let query = self.clickhouse().query(sql).param("generation", generation).param("partition", partition);
            Ok(query.fetch_optional().await?)
        })
    }

    fn anchor(&self, generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<AnchorRow>, Error>> {
        Box::pin(async move {
            let sql = "SELECT ?fields FROM journal_anchors WHERE generation = {generation:UInt32} \
                       AND partition = {partition:UInt16} ORDER BY offset DESC LIMIT 1";
            let query = self.clickhouse().query(sql).param("generation", generation).param("partition", partition);
            Ok(query.fetch_optional().await?)
        })
    }

    fn generation<'a>(&'a self, wanted: &'a Generation) -> BoxFuture<'a, Result<Generation, Error>> {
        Box::pin(async move {
            let sql = "SELECT ?fields FROM generations WHERE generation = {generation:UInt32} LIMIT 1";
            let query = self.clickhouse().query(sql).param("generation", wanted.generation);
            if let Some(found) = query.fetch_optional().await? {
                return Ok(found);
            }
            self.insert_rows("generations", std::slice::from_ref(wanted)).await?;
            Ok(wanted.clone())
        })
    }
}
