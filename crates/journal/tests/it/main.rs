//! The embedded journal in processes that are killed, and on files and disks that cannot grow; the
//! Kafka journal on three brokers.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

// The testkit depends on this crate, so its files are taken instead.
#[path = "../../../testkit/src/kafka.rs"]
#[allow(unreachable_pub, reason = "it is public where it lives")]
mod brokers;
mod disk;
mod kafka;
mod pattern;
#[path = "../../../testkit/src/small_disk.rs"]
#[allow(unreachable_pub, reason = "it is public where it lives")]
mod small_disk;

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use journal::{
    Journal, ReadLimit, Topic,
    embedded::{EmbeddedJournal, Options},
};
use pattern::{RECORDS, record};

/// The process that appends until it is killed.
const APPENDER: &str = env!("CARGO_BIN_EXE_journal-appender");
const ALL: ReadLimit = ReadLimit { records: usize::MAX, bytes: 8 << 20 };

fn options() -> Options {
    Options { reserve_bytes: 0, ..Options::default() }
}

/// What an appender said before its end.
#[derive(Default)]
struct Said {
    /// Number by partition and offset.
    acknowledged: BTreeMap<(u16, u64), u64>,
    refused: Vec<String>,
}

/// Runs an appender in `dir` behind `shell`, and kills it with -9 after `lines` lines, if it lives that long.
fn run_appender(dir: &Path, shell: &str, bytes: usize, lines: usize) -> Said {
    let mut child = Command::new("sh")
        .args(["-c", &format!(r#"{shell} exec "$0" "$@""#), APPENDER])
        .arg(dir)
        .arg(bytes.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Said::default();
    for (count, line) in BufReader::new(child.stdout.take().unwrap()).lines().enumerate() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        // A line that the kill cut off says nothing.
        match words[..] {
            ["acknowledged", partition, offset, number] => {
                let place = (partition.parse().unwrap(), offset.parse().unwrap());
                if let Ok(number) = number.parse() {
                    said.acknowledged.insert(place, number);
                }
            }
            ["refused", code, _] => said.refused.push(code.to_owned()),
            _ => {}
        }
        if count == lines {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    said
}

/// Every record held, by partition and offset.
async fn held(journal: &EmbeddedJournal, bytes: usize) -> BTreeMap<(u16, u64), u64> {
    let mut held = BTreeMap::new();
    for partition in 0..journal.partitions(Topic::Events) {
        let mut next = 0;
        loop {
            let records = journal.read(Topic::Events, partition, next, ALL).await.unwrap();
            let Some(last) = records.last() else { break };
            next = last.offset + 1;
            for found in &records {
                let number = u64::from_le_bytes(*found.value.first_chunk().unwrap());
                assert_eq!(found.value, record(number, bytes).value, "a record changed");
                held.insert((partition, found.offset), number);
            }
        }
    }
    held
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_no_append_is_halved_by_kill_9_at_any_time() {
    for lines in [1, 10, 100, 333, 1_000, 4_000] {
        let dir = tempfile::tempdir().unwrap();
        let said = run_appender(dir.path(), "", 500, lines);
        let journal = EmbeddedJournal::open(dir.path(), options()).unwrap();
        let held = held(&journal, 500).await;
        for (place, number) in &said.acknowledged {
            assert_eq!(held.get(place), Some(number), "acknowledged at {place:?}, killed after {lines} lines");
        }
        let mut numbers: Vec<u64> = held.into_values().collect();
        numbers.sort_unstable();
        assert!(
            numbers.iter().copied().eq(0..numbers.len() as u64),
            "each record is there once, none is missing between"
        );
        assert_eq!(numbers.len() as u64 % RECORDS, 0, "an append is in as a whole or not at all");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_halfway_is_answered_truly_and_leaves_the_journal_usable() {
    const RECORD: usize = 30_000;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    // No file may grow beyond 65 MiB: the store's log, which begins with 64 MiB of zeros, meets that in the middle of a write.
    let limit = "trap '' XFSZ; ulimit -f 133120;";
    let run = tokio::task::spawn_blocking(move || run_appender(&path, limit, RECORD, usize::MAX));
    let said = tokio::time::timeout(Duration::from_secs(120), run).await.unwrap().unwrap();
    assert!(!said.refused.is_empty(), "the limit was met");
    assert!(said.refused.iter().all(|code| code == "journal_full"), "{:?}", said.refused);

    let journal = EmbeddedJournal::open(dir.path(), options()).unwrap();
    let held = held(&journal, RECORD).await;
    assert_eq!(held, said.acknowledged, "what was acknowledged is there, what was refused is not");
    let place = journal.append(Topic::Events, vec![record(0, RECORD)]).await.unwrap()[0];
    assert!(!held.contains_key(&(place.partition, place.offset)));
}
