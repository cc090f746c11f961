//! The dead-letter topic into its table: each letter once, by (topic, partition, offset).

use std::time::Duration;

use journal::{Commit, ReadLimit, Record, Topic};
use warehouse::{Batch, DeadLetterRow};

use crate::flush::{commit, consult, persist};
use crate::letter::SOURCE;
use crate::owners::{Owners, Tenure};
use crate::{Deps, Error};

const LIMIT: ReadLimit = ReadLimit { records: 1_000, bytes: 16 << 20 };

/// Longest wait before looking again, should a wake-up be missed.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Copies the dead letters of the partitions that are owned into the warehouse, for ever.
pub(crate) async fn run(deps: Deps, owners: Owners) -> Result<(), Error> {
    let mut changes = owners.changes();
    // Next offset by partition, and in which tenure; for one that is another's, nothing is news.
    let mut next = vec![u64::MAX; usize::from(deps.journal.partitions(Topic::DeadLetters))];
    let mut tenures = vec![None; next.len()];
    loop {
        changes.mark_known();
        let mut copied = false;
        for ((partition, from), known) in (0..).zip(&mut next).zip(&mut tenures) {
            let tenure = owners.tenure(Topic::DeadLetters, partition);
            if tenure.is_none() {
                (*from, *known) = (u64::MAX, None);
                continue;
            }
            if *known != tenure {
                *from = first_to_copy(&deps, partition).await?;
                *known = tenure;
            }
            let read = || deps.journal.read(Topic::DeadLetters, partition, *from, LIMIT);
            let records = match consult("read dead letters", read).await {
                // Retention was quicker: what is left of the log is copied.
                Err(Error::Journal(journal::Error::OffsetGone { .. })) => {
                    *known = None;
                    continue;
                }
                records => records?,
            };
            if let Some(last) = records.last() {
                copied = true;
                *from = last.offset + 1;
                copy((&deps, &owners), partition, tenure, &records).await?;
            }
        }
        if !copied {
            tokio::select! {
                () = deps.journal.wait_beyond(Topic::DeadLetters, next.clone()) => {}
                () = changes.next() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }
}

/// Where the last owner stopped, or what is left of the log after it.
async fn first_to_copy(deps: &Deps, partition: u16) -> Result<u64, Error> {
    let (journal, topic) = (&deps.journal, Topic::DeadLetters);
    let committed = consult("look the commit up", || journal.committed(&deps.options.group, topic, partition)).await?;
    let held = consult("look the log up", || journal.offsets(topic, partition)).await?;
    Ok(committed.map_or(held.first, |commit| commit.next_offset).max(held.first))
}

async fn copy(
    (deps, owners): (&Deps, &Owners),
    partition: u16,
    tenure: Option<Tenure>,
    records: &[Record],
) -> Result<(), Error> {
    let dead_letters = records.iter().filter_map(|record| row(partition, record)).collect();
    let mut batch = Batch { dead_letters, ..Default::default() };
    let _look = match &deps.erasures {
        Some(erasures) => Some(erasures.look_and_redact(&mut batch).await?),
        None => None,
    };
    persist("copy dead letters", || deps.sink.write(&batch)).await?;
    let next_offset = records.last().map_or(0, |record| record.offset + 1);
    let done = Commit { next_offset, metadata: String::new() };
    commit((deps, owners), (Topic::DeadLetters, partition), tenure, &done).await
}

/// The row of a letter, by where it comes from: the topic, partition and offset that its headers name, else its own. None for
/// a record of the events topic, whose row was written by the owner of its partition.
fn row(partition: u16, record: &Record) -> Option<DeadLetterRow> {
    let header = |name: &str| {
        let found = record.headers.iter().find(|(key, _)| key == name);
        found.map_or_else(String::new, |(_, value)| String::from_utf8_lossy(value).into_owned())
    };
    let [topic, in_partition, offset] = SOURCE.map(header);
    if topic == Topic::Events.name() {
        return None;
    }
    let (topic, partition, offset) = match (in_partition.parse(), offset.parse()) {
        (Ok(partition), Ok(offset)) if !topic.is_empty() => (topic, partition, offset),
        _ => (Topic::DeadLetters.name().to_owned(), partition, record.offset),
    };
    Some(DeadLetterRow {
        topic,
        partition,
        offset,
        append_time: record.append_time_ms,
        project: header("project"),
        reason: header("reason"),
        message: header("message"),
        event_id: header("event_id"),
        value: record.value.to_vec(),
    })
}
