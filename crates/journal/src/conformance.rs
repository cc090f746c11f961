//! The suite that every adapter of the port passes. Checks count from where a partition stands, so that they may run one after
//! another on one journal; they assert, and their names say what is promised.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::time::timeout;

use crate::{Appended, BoxFuture, Commit, ErrorClass, Journal, NewRecord, ReadLimit, Record, Topic, partition_of};

/// Longer than any adapter may take for one step.
const PATIENCE: Duration = Duration::from_secs(30);
/// More than any check writes.
const ALL: ReadLimit = ReadLimit { records: 100_000, bytes: 64 << 20 };

/// One promise of the port.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// What is promised.
    pub name: &'static str,
    run: fn(Arc<dyn Journal>) -> BoxFuture<'static, ()>,
}

/// Every check that needs nothing but a journal.
pub const CHECKS: &[Check] = &[
    Check { name: "an empty append is no error", run: |j| Box::pin(empty_append(j)) },
    Check { name: "records come back as they went in", run: |j| Box::pin(round_trip(j)) },
    Check { name: "the partition is murmur2 of the key", run: |j| Box::pin(partitioning(j)) },
    Check { name: "records of one call keep their order in a partition", run: |j| Box::pin(order(j)) },
    Check { name: "concurrent appends all get their own offsets", run: |j| Box::pin(concurrency(j)) },
    Check { name: "a read stops at its limits but returns at least one record", run: |j| Box::pin(limits(j)) },
    Check { name: "a read at or beyond the end is empty", run: |j| Box::pin(end(j)) },
    Check { name: "offsets say where the next record goes", run: |j| Box::pin(offsets(j)) },
    Check { name: "append times lead to offsets", run: |j| Box::pin(times(j)) },
    Check { name: "waiting ends when a record comes", run: |j| Box::pin(waiting(j)) },
    Check { name: "a commit is kept by group, topic and partition", run: |j| Box::pin(commits(j)) },
    Check { name: "a partition that is not there is a fatal error", run: |j| Box::pin(unknown_partition(j)) },
    Check { name: "topics are apart from each other", run: |j| Box::pin(topics(j)) },
];

/// Runs every check on one journal, several partitions of events given.
///
/// # Panics
/// If the adapter breaks a promise; the message names it.
pub async fn check_all(journal: Arc<dyn Journal>) {
    for check in CHECKS {
        let run = tokio::spawn((check.run)(Arc::clone(&journal)));
        let outcome = timeout(PATIENCE * 2, run).await;
        assert!(matches!(outcome, Ok(Ok(()))), "broken promise: {}: {outcome:?}", check.name);
    }
}

/// Checks look-ups by time under a clock that steps backwards. `set_clock` sets the adapter's clock, in milliseconds.
///
/// # Panics
/// If a look-up differs from the definition.
pub async fn check_clock_steps(journal: Arc<dyn Journal>, set_clock: impl Fn(i64)) {
    let first = end_of(&*journal, Topic::Control, 0).await;
    let clock = [1_000, 3_000, 2_000, 2_000, 5_000, 1_500, 6_000];
    for time in clock {
        set_clock(time);
        append(&*journal, Topic::Control, vec![keyed(b"k", b"v")]).await;
    }
    let times: Vec<i64> =
        all(&*journal, Topic::Control, 0, first).await.into_iter().map(|record| record.append_time_ms).collect();
    assert_eq!(times, clock, "a record carries the time of the clock, also when it steps backwards");
    for at in (500..7_000).step_by(250) {
        let expected = times.iter().position(|time| *time >= at).map(|index| first + index as u64);
        let found = journal.offset_for_time(Topic::Control, 0, at).await.expect("the look-up works");
        // What came before this check may be younger than it.
        if found.is_none_or(|found| found >= first) {
            assert_eq!(found, expected, "first record at or after {at}");
        }
    }
}

fn keyed(key: &[u8], value: &[u8]) -> NewRecord {
    NewRecord { key: Bytes::copy_from_slice(key), value: Bytes::copy_from_slice(value), headers: Vec::new() }
}

async fn append(journal: &dyn Journal, topic: Topic, records: Vec<NewRecord>) -> Vec<Appended> {
    timeout(PATIENCE, journal.append(topic, records)).await.expect("an append ends").expect("an append succeeds")
}

async fn end_of(journal: &dyn Journal, topic: Topic, partition: u16) -> u64 {
    journal.offsets(topic, partition).await.expect("offsets are known").next
}

/// Everything from `from` to the end.
async fn all(journal: &dyn Journal, topic: Topic, partition: u16, from: u64) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let next = records.last().map_or(from, |record| record.offset + 1);
        let more = journal.read(topic, partition, next, ALL).await.expect("a read succeeds");
        if more.is_empty() {
            return records;
        }
        records.extend(more);
    }
}

async fn empty_append(journal: Arc<dyn Journal>) {
    assert!(append(&*journal, Topic::Events, Vec::new()).await.is_empty());
}

async fn round_trip(journal: Arc<dyn Journal>) {
    let headers = vec![("reason".to_owned(), Bytes::from_static(b"\xff\x00")), ("empty".to_owned(), Bytes::new())];
    let sent = [
        NewRecord { key: "p/c-1".into(), value: vec![7; 300_000].into(), headers },
        NewRecord { key: Bytes::new(), value: Bytes::new(), headers: Vec::new() },
        keyed("schlüssel".as_bytes(), "値".as_bytes()),
    ];
    let places = append(&*journal, Topic::DeadLetters, sent.to_vec()).await;
    assert_eq!(places.len(), sent.len());
    for (sent, place) in sent.iter().zip(places) {
        let one = ReadLimit { records: 1, bytes: 1 };
        let read = journal.read(Topic::DeadLetters, place.partition, place.offset, one).await.expect("a read succeeds");
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].offset, place.offset);
        assert_eq!((&read[0].key, &read[0].value, &read[0].headers), (&sent.key, &sent.value, &sent.headers));
    }
}

async fn partitioning(journal: Arc<dyn Journal>) {
    let partitions = journal.partitions(Topic::Events);
    let records: Vec<NewRecord> = (0..50).map(|n| keyed(format!("project/c-{n}").as_bytes(), b"v")).collect();
    let places = append(&*journal, Topic::Events, records.clone()).await;
    for (record, place) in records.iter().zip(places) {
        assert_eq!(place.partition, partition_of(&record.key, partitions));
    }
}

async fn order(journal: Arc<dyn Journal>) {
    let records: Vec<NewRecord> = (0..500_u32).map(|n| keyed(b"same", &n.to_be_bytes())).collect();
    let places = append(&*journal, Topic::Events, records).await;
    let read = all(&*journal, Topic::Events, places[0].partition, places[0].offset).await;
    let values: Vec<&[u8]> = read.iter().map(|record| record.value.as_ref()).collect();
    let expected: Vec<[u8; 4]> = (0..500_u32).map(u32::to_be_bytes).collect();
    assert_eq!(values, expected.iter().map(|value| value.as_slice()).collect::<Vec<_>>());
    assert!(read.windows(2).all(|pair| pair[0].offset < pair[1].offset), "offsets rise");
    assert_eq!(
        places.iter().map(|place| place.offset).collect::<Vec<_>>(),
        read.iter().map(|r| r.offset).collect::<Vec<_>>()
    );
}

async fn concurrency(journal: Arc<dyn Journal>) {
    let tasks: Vec<_> = (0..100_u32)
        .map(|n| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move {
                let value = n.to_be_bytes();
                (value, append(&*journal, Topic::Events, vec![keyed(format!("c-{n}").as_bytes(), &value)]).await[0])
            })
        })
        .collect();
    let mut seen = Vec::new();
    for task in tasks {
        let (value, place) = task.await.expect("the task ends");
        let one = ReadLimit { records: 1, bytes: 1 << 20 };
        let read = journal.read(Topic::Events, place.partition, place.offset, one).await.expect("a read succeeds");
        assert_eq!(read[0].value.as_ref(), value, "what is acknowledged can be read at its offset");
        seen.push((place.partition, place.offset));
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 100);
}

async fn limits(journal: Arc<dyn Journal>) {
    let places = append(&*journal, Topic::Control, (0..10).map(|_| keyed(b"k", &[1; 99])).collect()).await;
    let from = places[0].offset;
    let read = async |records, bytes| {
        let read = journal.read(Topic::Control, 0, from, ReadLimit { records, bytes }).await;
        read.expect("a read succeeds").len()
    };
    assert_eq!(read(3, 1 << 20).await, 3);
    assert_eq!(read(100, 100).await, 1);
    assert_eq!(read(100, 1).await, 1, "one record, however large");
    assert!((1..=2).contains(&read(100, 250).await));
}

async fn end(journal: Arc<dyn Journal>) {
    let end = end_of(&*journal, Topic::Control, 0).await;
    assert!(journal.read(Topic::Control, 0, end, ALL).await.expect("a read succeeds").is_empty());
}

async fn offsets(journal: Arc<dyn Journal>) {
    let before = journal.offsets(Topic::Control, 0).await.expect("offsets are known");
    let place = append(&*journal, Topic::Control, vec![keyed(b"k", b"v")]).await[0];
    let after = journal.offsets(Topic::Control, 0).await.expect("offsets are known");
    assert!(place.offset >= before.next);
    assert!(after.next > place.offset);
    assert_eq!(after.first, before.first);
}

async fn times(journal: Arc<dyn Journal>) {
    let place = append(&*journal, Topic::Control, vec![keyed(b"k", b"v")]).await[0];
    let read = all(&*journal, Topic::Control, 0, place.offset).await;
    let found = journal.offset_for_time(Topic::Control, 0, read[0].append_time_ms).await.expect("the look-up works");
    let found = found.expect("there is a record at its own time");
    assert!(found <= place.offset);
    let first = all(&*journal, Topic::Control, 0, found).await;
    assert!(first[0].append_time_ms >= read[0].append_time_ms);
    assert_eq!(journal.offset_for_time(Topic::Control, 0, i64::MAX).await.expect("the look-up works"), None);
    let begin = journal.offsets(Topic::Control, 0).await.expect("offsets are known").first;
    assert_eq!(journal.offset_for_time(Topic::Control, 0, i64::MIN).await.expect("the look-up works"), Some(begin));
}

async fn waiting(journal: Arc<dyn Journal>) {
    let partitions = journal.partitions(Topic::Events);
    let mut seen = Vec::new();
    for partition in 0..partitions {
        seen.push(end_of(&*journal, Topic::Events, partition).await);
    }
    let waiter = tokio::spawn({
        let (journal, seen) = (Arc::clone(&journal), seen.clone());
        async move { journal.wait_beyond(Topic::Events, seen).await }
    });
    append(&*journal, Topic::Events, vec![keyed(b"news", b"v")]).await;
    timeout(PATIENCE, waiter).await.expect("the wait ends").expect("the task ends");
    timeout(PATIENCE, journal.wait_beyond(Topic::Events, seen))
        .await
        .expect("what is there already ends a wait at once");
}

async fn commits(journal: Arc<dyn Journal>) {
    let commit = |next_offset, metadata: &str| Commit { next_offset, metadata: metadata.to_owned() };
    assert_eq!(journal.committed("nobody", Topic::Events, 0).await.expect("a look-up works"), None);
    journal.commit("workers", Topic::Events, 0, commit(5, "s=3")).await.expect("a commit works");
    journal.commit("workers", Topic::Events, 1, commit(6, "")).await.expect("a commit works");
    journal.commit("audit", Topic::Events, 0, commit(1, "ä")).await.expect("a commit works");
    journal.commit("workers", Topic::Events, 0, commit(4, "s=2")).await.expect("a commit may go back");
    let held =
        async |group, partition| journal.committed(group, Topic::Events, partition).await.expect("a look-up works");
    assert_eq!(held("workers", 0).await, Some(commit(4, "s=2")));
    assert_eq!(held("workers", 1).await, Some(commit(6, "")));
    assert_eq!(held("audit", 0).await, Some(commit(1, "ä")));
}

async fn unknown_partition(journal: Arc<dyn Journal>) {
    let beyond = journal.partitions(Topic::Events);
    let error = journal.offsets(Topic::Events, beyond).await.expect_err("there is no such partition");
    assert_eq!(error.class(), ErrorClass::Fatal);
    assert!(journal.read(Topic::Events, beyond, 0, ALL).await.is_err());
}

async fn topics(journal: Arc<dyn Journal>) {
    let before = end_of(&*journal, Topic::Control, 0).await;
    append(&*journal, Topic::DeadLetters, vec![keyed(b"k", b"v")]).await;
    assert_eq!(end_of(&*journal, Topic::Control, 0).await, before);
}
