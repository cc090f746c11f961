//! A flush: write the rows, publish progress, commit. Repeated as it is until it succeeds; an error leaves open what was
//! written, and rows are absolute.

use std::time::Duration;

use journal::{Commit, NewRecord, Topic};
use tokio::time::Instant;
use warehouse::{Batch, ConversationKey, ErrorClass, ProgressRow};

use crate::owners::{Owners, Tenure};
use crate::{Deps, Error};

/// How far a partition's rows reach when a flush is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) partition: u16,
    pub(crate) next_offset: u64,
    /// What is committed then: where a stretch is read again that was flushed before, still the end of that.
    pub(crate) commit: u64,
    pub(crate) sealed: u64,
    pub(crate) append_ms: i64,
    /// In which tenure it was folded.
    pub(crate) tenure: Option<Tenure>,
}

/// What is to be flushed.
#[derive(Debug)]
pub(crate) struct Flush {
    pub(crate) batch: Batch,
    /// Dead letters on their way to their topic.
    pub(crate) letters: Vec<NewRecord>,
    pub(crate) touched: Vec<ConversationKey>,
    pub(crate) reach: Vec<Reach>,
    pub(crate) records: u64,
    /// How long it took, once it is carried out.
    pub(crate) took: Duration,
}

/// Waits between tries: bounded, growing.
async fn pause(attempt: u32) {
    let wait = Duration::from_millis(50 << attempt.min(6));
    tokio::time::sleep(wait).await;
}

/// Asks the warehouse until it answers. What may be asked is safe to repeat: reads, and rows that are absolute.
pub(crate) async fn persist<T, Asked>(doing: &'static str, mut ask: impl FnMut() -> Asked) -> Result<T, Error>
where
    Asked: Future<Output = Result<T, warehouse::Error>>,
{
    let mut attempt = 0;
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => wait_out(error, doing, attempt).await?,
        }
        attempt += 1;
    }
}

/// Decides about a warehouse error: pass it on, or count it and wait.
async fn wait_out(error: warehouse::Error, doing: &'static str, attempt: u32) -> Result<(), Error> {
    if error.class() == ErrorClass::Fatal {
        return Err(error.into());
    }
    crate::metrics::warehouse_retry(error.code());
    if attempt.is_multiple_of(8) {
        tracing::warn!(%error, doing, attempt, "warehouse away, trying again");
    }
    pause(attempt).await;
    Ok(())
}

/// Carries the flush out; returns it for the derived rows.
pub(crate) async fn flush(deps: Deps, owners: Owners, mut flush: Flush) -> Result<Flush, Error> {
    let began = Instant::now();
    let look = match &deps.erasures {
        Some(erasures) => Some(erasures.look_and_redact(&mut flush.batch).await?),
        None => None,
    };
    let progress: Vec<ProgressRow> = flush.reach.iter().map(|reach| reach.progress(&deps, 0)).collect();
    persist("write a flush", || async {
        deps.sink.write(&flush.batch).await?;
        deps.sink.write_progress(&progress).await
    })
    .await?;
    drop(look);
    // Before the commit: what lies before it is in the topic, so that no later owner sends it again.
    let letters = std::mem::take(&mut flush.letters);
    if !letters.is_empty() {
        consult("keep dead letters", || deps.journal.append(Topic::DeadLetters, letters.clone())).await?;
    }
    for reach in &flush.reach {
        let done = Commit { next_offset: reach.commit, metadata: reach.sealed.to_string() };
        commit((&deps, &owners), (Topic::Events, reach.partition), reach.tenure, &done).await?;
    }
    flush.took = began.elapsed();
    crate::metrics::flush_seconds(flush.took.as_secs_f64());
    crate::metrics::records(flush.records);
    crate::metrics::rows("raw_events", flush.batch.raw.len());
    crate::metrics::rows("message_counts", flush.batch.counts.len());
    Ok(flush)
}

/// Asks the journal until it answers, unless the answer is that a person must mend something.
pub(crate) async fn consult<T, Asked>(doing: &'static str, mut ask: impl FnMut() -> Asked) -> Result<T, Error>
where
    Asked: Future<Output = Result<T, journal::Error>>,
{
    let mut attempt: u32 = 0;
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) if error.class() == journal::ErrorClass::Fatal => return Err(error.into()),
            Err(error) if attempt.is_multiple_of(8) => {
                tracing::warn!(%error, doing, attempt, "journal away, trying again");
            }
            Err(_) => {}
        }
        pause(attempt).await;
        attempt += 1;
    }
}

/// Commits how far a partition was done in a tenure, until the journal takes it or the tenure is over: the next owner, be it
/// this worker again, goes on from the last commit that was taken, and no older one may take its place.
pub(crate) async fn commit(
    (deps, owners): (&Deps, &Owners),
    (topic, partition): (Topic, u16),
    tenure: Option<Tenure>,
    done: &Commit,
) -> Result<(), Error> {
    let mut attempt = 0;
    while tenure.is_some() && owners.tenure(topic, partition) == tenure {
        match deps.journal.commit(&deps.options.group, topic, partition, done.clone()).await {
            Ok(()) => return Ok(()),
            Err(error) if error.class() == journal::ErrorClass::Fatal => return Err(error.into()),
            Err(error) => tracing::warn!(%error, topic = topic.name(), partition, "commit failed, trying again"),
        }
        pause(attempt).await;
        attempt += 1;
    }
    tracing::info!(topic = topic.name(), partition, "commit given up, the partition is another's");
    Ok(())
}

impl Reach {
    /// The row that publishes it; `derived` is 0 where that is not known.
    pub(crate) fn progress(&self, deps: &Deps, derived_offset: u64) -> ProgressRow {
        ProgressRow {
            generation: deps.options.generation,
            partition: self.partition,
            next_offset: self.next_offset,
            derived_offset,
            append_time: self.append_ms,
        }
    }
}
