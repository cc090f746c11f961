//! What the Kafka journal costs a record: appends and reads of events of the usual size, by the clock and by processor time.
//!
//! `cargo bench -p journal --bench kafka [-- RECORDS]` starts three brokers on this machine. They take processors too, so the
//! rates by the clock are those of everything together; the processor time is this process's alone.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails as tests do")]

// The testkit depends on this crate, so its file is taken instead.
#[path = "../../testkit/src/kafka.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is public where it lives")]
mod brokers;

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use journal::{
    Journal, NewRecord, ReadLimit, Topic,
    kafka::{KafkaJournal, Options},
};

use brokers::{Brokers, unique};

/// An event of the usual size, encoded.
const EVENT_BYTES: usize = 254;
/// Records of one append.
const BATCH: usize = 500;
/// Appends under way at once.
const APPENDS: usize = 16;
/// As the worker reads.
const READ: ReadLimit = ReadLimit { records: 4_000, bytes: 8 << 20 };

/// Processor time of this process so far.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    // Linux counts in hundredths of a second.
    Duration::from_millis(ticks * 10)
}

/// Bytes of memory that this process has at present.
fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

struct Stopwatch(Instant, Duration);

impl Stopwatch {
    fn start() -> Stopwatch {
        Stopwatch(Instant::now(), processor_time())
    }

    fn report(&self, what: &str, records: usize) {
        let (wall, processor) = (self.0.elapsed().as_secs_f64(), (processor_time() - self.1).as_secs_f64());
        println!(
            "{what}: {records} records, {:.0}/s by the clock, {:.0} a second of processor time",
            records as f64 / wall,
            records as f64 / processor
        );
    }
}

/// Bytes that compress about as well as events do: words, and numbers that differ.
fn value(number: usize) -> Vec<u8> {
    let mut value =
        format!("{number:020};message.created;user;web;es;{:016x};", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    while value.len() < EVENT_BYTES {
        value.push_str("could you tell me where my order is? ");
    }
    value.truncate(EVENT_BYTES);
    value.into_bytes()
}

#[tokio::main]
async fn main() {
    let records = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(1_000_000_usize);
    let brokers = Brokers::alone();
    let options = Options { topic_prefix: unique("bench"), ..Options::new(brokers.addresses()) };
    let journal = Arc::new(KafkaJournal::connect(options.clone()).await.unwrap());

    let watch = Stopwatch::start();
    let writers: Vec<_> = (0..APPENDS)
        .map(|writer| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move {
                for batch in (writer..records / BATCH).step_by(APPENDS) {
                    let numbers = batch * BATCH..(batch + 1) * BATCH;
                    let records = numbers.map(|number| NewRecord {
                        key: format!("project/c-{}", number / 20).into(),
                        value: value(number).into(),
                        headers: Vec::new(),
                    });
                    journal.append(Topic::Events, records.collect()).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let records = records / BATCH * BATCH;
    watch.report("append", records);

    drop(journal);
    let reader = KafkaJournal::connect(options).await.unwrap();
    let before = resident();
    let watch = Stopwatch::start();
    let mut next = vec![0_u64; usize::from(reader.partitions(Topic::Events))];
    let mut read = 0;
    while read < records {
        for partition in 0..reader.partitions(Topic::Events) {
            let next = &mut next[usize::from(partition)];
            let found = reader.read(Topic::Events, partition, *next, READ).await.unwrap();
            if let Some(last) = found.last() {
                *next = last.offset + 1;
            }
            read += found.len();
        }
    }
    watch.report("read", records);
    println!("memory of reading: {} MiB more than before", resident().saturating_sub(before) >> 20);
}
