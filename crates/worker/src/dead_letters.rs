//! The dead-letter topic into its table: each letter once, by (topic, partition, offset).

use std::time::Duration;

use journal::{Commit, ReadLimit, Record, Topic};
use warehouse::{Batch, DeadLetterRow};

use crate::flush::{commit, persist};
use crate::{Deps, Error};

const LIMIT: ReadLimit = ReadLimit { records: 1_000, bytes: 16 << 20 };

/// Longest wait before looking again, should a wake-up be missed.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Copies dead letters into the warehouse for ever.
pub(crate) async fn run(deps: Deps) -> Result<(), Error> {
    let partitions = deps.journal.partitions(Topic::DeadLetters);
    let mut next = Vec::new();
    for partition in 0..partitions {
        let committed = deps.journal.committed(&deps.options.group, Topic::DeadLetters, partition).await?;
        let held = deps.journal.offsets(Topic::DeadLetters, partition).await?;
        next.push(committed.map_or(held.first, |commit| commit.next_offset).max(held.first));
    }
    loop {
        let mut copied = false;
        for partition in 0..partitions {
            let from = &mut next[usize::from(partition)];
            let records = deps.journal.read(Topic::DeadLetters, partition, *from, LIMIT).await?;
            if let Some(last) = records.last() {
                copied = true;
                *from = last.offset + 1;
                copy(&deps, partition, &records).await?;
            }
        }
        if !copied {
            let wait = deps.journal.wait_beyond(Topic::DeadLetters, next.clone());
            let _woken_or_late = tokio::time::timeout(LOOK_AGAIN, wait).await;
        }
    }
}

async fn copy(deps: &Deps, partition: u16, records: &[Record]) -> Result<(), Error> {
    let dead_letters = records.iter().map(|record| row(partition, record)).collect();
    let batch = Batch { dead_letters, ..Default::default() };
    persist("copy dead letters", || deps.sink.write(&batch)).await?;
    let next_offset = records.last().map_or(0, |record| record.offset + 1);
    commit(deps, Topic::DeadLetters, partition, &Commit { next_offset, metadata: String::new() }).await
}

fn row(partition: u16, record: &Record) -> DeadLetterRow {
    let header = |name: &str| {
        let found = record.headers.iter().find(|(key, _)| key == name);
        found.map_or_else(String::new, |(_, value)| String::from_utf8_lossy(value).into_owned())
    };
    DeadLetterRow {
        topic: Topic::DeadLetters.name().to_owned(),
        partition,
        offset: record.offset,
        append_time: record.append_time_ms,
        project: header("project"),
        reason: header("reason"),
        message: header("message"),
        event_id: header("event_id"),
        value: record.value.to_vec(),
    }
}
