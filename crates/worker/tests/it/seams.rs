//! Rules of the exactly-once design, left out at the seams of the worker: a sink or a journal that undoes what the rule does.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use journal::{Appended, Commit, Journal, Member, NewRecord, Offsets, ReadLimit, Record, Topic};
use testkit::{MemoryJournal, MemoryWarehouse};
use warehouse::{
    AnchorRow, Batch, BoxFuture, ConversationKey, FactRow, Generation, ProgressRow, SealedRow, SegmentRows, Sink,
    StateRow,
};

/// The rule that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Without {
    /// R7: the warehouse says that it holds whatever it is asked for.
    ReadBack,
    /// R8: rows that were acknowledged before are swallowed.
    RefusalOfTokens,
    /// R9: the journal finds the start of a stretch one horizon and a segment too late.
    Stretch,
    /// R10: the worker does not know that the journal forgets.
    Retention,
    /// A: the commit's own offset is taken for the sealed position.
    SealedPosition,
    /// B: copies are left in the counters.
    Corrections,
    /// B: a correction counts as done when it was sent.
    CorrectionsReadBack,
    /// C: no conversation is ever found behind.
    DerivedRows,
    /// Conversations are not folded anew when their project decides anew.
    FoldedAnew,
}

/// Rows that the warehouse acknowledged.
pub(crate) type Tokens = Arc<Mutex<HashSet<String>>>;

pub(crate) fn sink_without(without: Option<Without>, sink: Arc<MemoryWarehouse>, tokens: Tokens) -> Arc<dyn Sink> {
    match without {
        None => sink,
        Some(without) => Arc::new(SinkWithout { without, sink, tokens }),
    }
}

pub(crate) fn journal_without(without: Option<Without>, journal: MemoryJournal) -> Arc<dyn Journal> {
    match without {
        None => Arc::new(journal),
        Some(without) => Arc::new(JournalWithout { without, journal }),
    }
}

#[derive(Debug)]
struct SinkWithout {
    without: Without,
    sink: Arc<MemoryWarehouse>,
    /// Rows that were acknowledged.
    tokens: Tokens,
}

impl SinkWithout {
    /// Takes out the rows that were acknowledged before: what is written again carries its old token.
    fn swallow<R: std::fmt::Debug>(&self, rows: &mut Vec<R>) {
        let tokens = self.tokens.lock().expect("no holder panics");
        rows.retain(|row| !tokens.contains(&format!("{row:?}")));
    }

    fn remember<R: std::fmt::Debug>(&self, rows: &[R]) {
        self.tokens.lock().expect("no holder panics").extend(rows.iter().map(|row| format!("{row:?}")));
    }

    async fn write_with_tokens(&self, batch: &Batch) -> Result<(), warehouse::Error> {
        let mut rest = batch.clone();
        self.swallow(&mut rest.raw);
        self.swallow(&mut rest.counts);
        self.swallow(&mut rest.minutes);
        self.swallow(&mut rest.activity);
        self.sink.write(&rest).await?;
        self.remember(&batch.raw);
        self.remember(&batch.counts);
        self.remember(&batch.minutes);
        self.remember(&batch.activity);
        Ok(())
    }

    async fn write_states_with_tokens(&self, rows: &[StateRow]) -> Result<(), warehouse::Error> {
        let mut rest = rows.to_vec();
        self.swallow(&mut rest);
        self.sink.write_states(&rest).await?;
        self.remember(rows);
        Ok(())
    }
}

impl Sink for SinkWithout {
    fn write<'a>(&'a self, batch: &'a Batch) -> BoxFuture<'a, Result<(), warehouse::Error>> {
        match self.without {
            Without::RefusalOfTokens => Box::pin(self.write_with_tokens(batch)),
            _ => self.sink.write(batch),
        }
    }

    fn write_states<'a>(&'a self, rows: &'a [StateRow]) -> BoxFuture<'a, Result<(), warehouse::Error>> {
        match self.without {
            Without::RefusalOfTokens => Box::pin(self.write_states_with_tokens(rows)),
            _ => self.sink.write_states(rows),
        }
    }

    fn write_progress<'a>(&'a self, rows: &'a [ProgressRow]) -> BoxFuture<'a, Result<(), warehouse::Error>> {
        self.sink.write_progress(rows)
    }

    fn write_sealed<'a>(&'a self, rows: &'a [SealedRow]) -> BoxFuture<'a, Result<(), warehouse::Error>> {
        self.sink.write_sealed(rows)
    }

    fn write_anchors<'a>(&'a self, rows: &'a [AnchorRow]) -> BoxFuture<'a, Result<(), warehouse::Error>> {
        self.sink.write_anchors(rows)
    }

    fn derived<'a>(
        &'a self,
        keys: &'a [ConversationKey],
    ) -> BoxFuture<'a, Result<Vec<ConversationKey>, warehouse::Error>> {
        self.sink.derived(keys)
    }

    fn facts<'a>(&'a self, keys: &'a [ConversationKey]) -> BoxFuture<'a, Result<Vec<FactRow>, warehouse::Error>> {
        Sink::facts(self.sink.as_ref(), keys)
    }

    fn is_derived(&self, generation: u32) -> BoxFuture<'_, Result<bool, warehouse::Error>> {
        self.sink.is_derived(generation)
    }

    fn write_derived(&self, generation: u32) -> BoxFuture<'_, Result<(), warehouse::Error>> {
        self.sink.write_derived(generation)
    }

    fn conversations_after<'a>(
        &'a self,
        after: &'a ConversationKey,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ConversationKey>, warehouse::Error>> {
        self.sink.conversations_after(after, limit)
    }

    fn holds<'a>(&'a self, rows: &'a SegmentRows) -> BoxFuture<'a, Result<bool, warehouse::Error>> {
        Box::pin(async move { Ok(self.sink.holds(rows).await? || self.without == Without::ReadBack) })
    }

    fn correct<'a>(
        &'a self,
        partition: u16,
        segment: u32,
        late_by_ms: i64,
    ) -> BoxFuture<'a, Result<u64, warehouse::Error>> {
        Box::pin(async move {
            if self.without == Without::Corrections {
                return Ok(0);
            }
            let corrections = self.sink.correct(partition, segment, late_by_ms).await?;
            Ok(if self.without == Without::CorrectionsReadBack { 0 } else { corrections })
        })
    }

    fn underived<'a>(
        &'a self,
        rows: &'a SegmentRows,
        editions: &'a [(String, u16)],
    ) -> BoxFuture<'a, Result<Vec<ConversationKey>, warehouse::Error>> {
        match self.without {
            Without::DerivedRows => Box::pin(async { Ok(Vec::new()) }),
            _ => self.sink.underived(rows, editions),
        }
    }

    fn cut_before<'a>(
        &'a self,
        project: (&'a str, u16),
        after: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<ConversationKey>, warehouse::Error>> {
        match self.without {
            Without::FoldedAnew => Box::pin(async { Ok(Vec::new()) }),
            _ => self.sink.cut_before(project, after, limit),
        }
    }

    fn sealed(&self, generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<u64>, warehouse::Error>> {
        self.sink.sealed(generation, partition)
    }

    fn reached(&self, generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<u64>, warehouse::Error>> {
        self.sink.reached(generation, partition)
    }

    fn anchor(&self, generation: u32, partition: u16) -> BoxFuture<'_, Result<Option<AnchorRow>, warehouse::Error>> {
        self.sink.anchor(generation, partition)
    }

    fn generation<'a>(&'a self, wanted: &'a Generation) -> BoxFuture<'a, Result<Generation, warehouse::Error>> {
        self.sink.generation(wanted)
    }
}

#[derive(Debug)]
struct JournalWithout {
    without: Without,
    journal: MemoryJournal,
}

impl Journal for JournalWithout {
    fn partitions(&self, topic: Topic) -> u16 {
        self.journal.partitions(topic)
    }

    fn append(&self, topic: Topic, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Appended>, journal::Error>> {
        self.journal.append(topic, records)
    }

    fn read(
        &self,
        topic: Topic,
        partition: u16,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<Record>, journal::Error>> {
        self.journal.read(topic, partition, from, limit)
    }

    fn wait_beyond(&self, topic: Topic, seen: Vec<u64>) -> BoxFuture<'_, ()> {
        self.journal.wait_beyond(topic, seen)
    }

    fn offsets(&self, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Offsets, journal::Error>> {
        self.journal.offsets(topic, partition)
    }

    fn offset_for_time(
        &self,
        topic: Topic,
        partition: u16,
        at_ms: i64,
    ) -> BoxFuture<'_, Result<Option<u64>, journal::Error>> {
        let late = if self.without == Without::Stretch { 35_000 } else { 0 };
        self.journal.offset_for_time(topic, partition, at_ms + late)
    }

    fn commit(
        &self,
        group: &str,
        topic: Topic,
        partition: u16,
        mut commit: Commit,
    ) -> BoxFuture<'_, Result<(), journal::Error>> {
        if self.without == Without::SealedPosition && topic == Topic::Events {
            commit.metadata = commit.next_offset.to_string();
        }
        self.journal.commit(group, topic, partition, commit)
    }

    fn committed(
        &self,
        group: &str,
        topic: Topic,
        partition: u16,
    ) -> BoxFuture<'_, Result<Option<Commit>, journal::Error>> {
        self.journal.committed(group, topic, partition)
    }
    fn join(&self, group: &str, topics: &[Topic]) -> Result<Box<dyn Member>, journal::Error> {
        self.journal.join(group, topics)
    }
}
