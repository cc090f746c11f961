//! Measures the embedded journal: `cargo run --release -p journal --example throughput -- [DIR]` (DIR on the disk in question).
//! Prints one line a measure and run. Records have 300 bytes, half of which repeat.

#![allow(clippy::print_stdout, reason = "a program that prints its result")]

use std::{error::Error, path::Path, sync::Arc, time::Instant};

use bytes::Bytes;
use journal::{
    Journal, NewRecord, ReadLimit, Topic,
    embedded::{EmbeddedJournal, Options},
};

type Done<T> = Result<T, Box<dyn Error>>;

const RECORD: usize = 300;
const BATCH: usize = 1_000;
const BATCHES: usize = 1_000;
const CALLERS: usize = 256;
const SINGLES: usize = 100;
const RUNS: usize = 5;

fn batch(seed: usize) -> Vec<NewRecord> {
    let mut state = (seed as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..BATCH)
        .map(|index| {
            let key = format!("project/conversation-{}", (seed * BATCH + index) % 5_000);
            let mut value = vec![b'v'; (RECORD - key.len()) / 2];
            value.resize_with(RECORD - key.len(), &mut next);
            NewRecord { key: key.into(), value: value.into(), headers: Vec::new() }
        })
        .collect()
}

fn say(measure: &str, value: f64) {
    println!("{measure}\t{value:.1}");
}

async fn measure(dir: &Path) -> Done<()> {
    let journal = Arc::new(EmbeddedJournal::open(dir, Options::default())?);
    let batches: Vec<_> = (0..16).map(batch).collect();
    let records = (BATCH * BATCHES) as f64;

    let started = Instant::now();
    for index in 0..BATCHES {
        journal.append(Topic::Events, batches[index % batches.len()].clone()).await?;
    }
    say("append, one caller, 1,000 records a call (K records/s)", records / started.elapsed().as_secs_f64() / 1e3);

    let started = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (journal, record) = (Arc::clone(&journal), batches[caller % batches.len()][caller].clone());
            tokio::spawn(async move {
                for _ in 0..SINGLES {
                    journal.append(Topic::Events, vec![record.clone()]).await?;
                }
                Ok::<(), journal::Error>(())
            })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    say(
        "append, 256 callers, 1 record a call (K records/s)",
        (CALLERS * SINGLES) as f64 / started.elapsed().as_secs_f64() / 1e3,
    );

    let single = vec![NewRecord { value: Bytes::from_static(&[7; RECORD]), ..NewRecord::default() }];
    let started = Instant::now();
    for _ in 0..SINGLES * 5 {
        journal.append(Topic::Events, single.clone()).await?;
    }
    say(
        "append, one caller, 1 record a call (ms a call)",
        started.elapsed().as_secs_f64() * 1e3 / (SINGLES * 5) as f64,
    );

    drop(journal);
    let started = Instant::now();
    let journal = EmbeddedJournal::open(dir, Options::default())?;
    say("open (ms)", started.elapsed().as_secs_f64() * 1e3);

    let started = Instant::now();
    let mut seen = 0_usize;
    for partition in 0..journal.partitions(Topic::Events) {
        let mut next = 0;
        loop {
            let read =
                journal.read(Topic::Events, partition, next, ReadLimit { records: 10_000, bytes: 4 << 20 }).await?;
            let Some(last) = read.last() else { break };
            next = last.offset + 1;
            seen += read.len();
        }
    }
    assert_eq!(seen, BATCH * BATCHES + CALLERS * SINGLES + SINGLES * 5, "a record was lost");
    say("read all (K records/s)", seen as f64 / started.elapsed().as_secs_f64() / 1e3);
    Ok(())
}

#[tokio::main]
async fn main() -> Done<()> {
    let root = std::env::args_os().nth(1).unwrap_or_else(|| ".".into());
    for _ in 0..RUNS {
        let dir = tempfile::tempdir_in(&root)?;
        measure(dir.path()).await?;
    }
    Ok(())
}
