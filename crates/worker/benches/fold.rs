//! Worker throughput: from records in a journal to encoded rows on their way to a server that reads and drops them.
//!
//!     cargo bench -p worker [-- EVENTS RUNS [embedded | Kafka]]
//!
//! Prints events per CPU-second of each run, from the embedded journal and from three Kafka brokers that are started for it, or
//! from one of the two: CPU time of the whole process, the Kafka client's threads among it, less that of the dropping server's
//! thread.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use delivery::{AppendTime, Frontier, Settings};
use journal::embedded::{EmbeddedJournal, Options};
use journal::kafka::{self, KafkaJournal};
use journal::{Journal, NewRecord, ReadLimit, Topic};
use rustix::time::{ClockId, clock_gettime};
use testkit::kafka::{Brokers, unique};
use testkit::stream;
use tokio::runtime::Runtime;
use warehouse::{Client, Sink};
use worker::{Applied, PartitionFold, Rows};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FLUSH_ROWS: usize = 50_000;

fn cpu_ns(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// Reads requests to their ends, answers each with success, and publishes the CPU time it takes.
fn drop_everything(listener: &TcpListener, spent_ns: &Arc<AtomicU64>) {
    while let Ok((connection, _)) = listener.accept() {
        let spent_ns = Arc::clone(spent_ns);
        std::thread::spawn(move || {
            let mut before = cpu_ns(ClockId::ThreadCPUTime);
            while answer(&connection).is_some() {
                let now = cpu_ns(ClockId::ThreadCPUTime);
                spent_ns.fetch_add(now - before, Ordering::Relaxed);
                before = now;
            }
        });
    }
}

/// One request with a chunked body; None when the client is gone.
fn answer(mut connection: &TcpStream) -> Option<()> {
    let mut buffer = vec![0; 1 << 20];
    let mut tail = Vec::new();
    while !tail.ends_with(b"0\r\n\r\n") {
        let read = connection.read(&mut buffer).ok().filter(|read| *read > 0)?;
        tail.extend_from_slice(&buffer[read.saturating_sub(8)..read]);
        tail.drain(..tail.len().saturating_sub(8));
    }
    connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok()
}

async fn fill(journal: &dyn Journal, events: u64) {
    let now_ms = 1_795_000_000_000;
    for start in (0..events).step_by(2_000) {
        let records = (start..(start + 2_000).min(events)).map(|id| {
            let stream::Encoded { key, value } = stream::typical(id, now_ms);
            NewRecord { key: key.into(), value: value.into(), headers: Vec::new() }
        });
        journal.append(Topic::Events, records.collect()).await.expect("the journal takes records");
    }
}

/// Folds everything the journal has and writes it; returns the number of raw rows.
async fn work(journal: &dyn Journal, client: &Client) -> usize {
    let limit = ReadLimit { records: 4_000, bytes: 8 << 20 };
    let mut written = 0;
    let mut rows = Rows::default();
    for partition in 0..journal.partitions(Topic::Events) {
        let frontier = Frontier::new(Settings::default(), AppendTime(0), 0, 0);
        let mut fold = PartitionFold::new(partition, Settings::default(), frontier);
        let end = journal.offsets(Topic::Events, partition).await.expect("the journal is there").next;
        let mut from = 0;
        while from < end {
            let records = journal.read(Topic::Events, partition, from, limit).await.expect("the journal can be read");
            let Some(last) = records.last() else {
                let mut seen = vec![u64::MAX; usize::from(journal.partitions(Topic::Events))];
                seen[usize::from(partition)] = from;
                journal.wait_beyond(Topic::Events, seen).await;
                continue;
            };
            from = last.offset + 1;
            for record in &records {
                assert_eq!(fold.apply(record, &mut rows), Applied::Folded);
            }
            if rows.len() >= FLUSH_ROWS {
                written += write(&mut rows, &mut fold, client).await;
            }
        }
        written += write(&mut rows, &mut fold, client).await;
    }
    written
}

async fn write(rows: &mut Rows, fold: &mut PartitionFold, client: &Client) -> usize {
    let (mut batch, _touched) = rows.take();
    fold.take_changed(&mut batch);
    client.write(&batch).await.expect("the server answers with success");
    batch.raw.len()
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (events, runs) = (arguments.next().unwrap_or(500_000), arguments.next().unwrap_or(5));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let dropped_ns = Arc::new(AtomicU64::new(0));
    let published = Arc::clone(&dropped_ns);
    std::thread::spawn(move || drop_everything(&listener, &published));
    let client = Client::connect(&url, "default", "");
    let bench = Bench { events, runs, client, dropped_ns };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");

    let named = |name: &str| std::env::args().any(|argument| argument == name);
    if named("embedded") || !named("Kafka") {
        bench.embedded(&runtime);
    }
    if named("Kafka") || !named("embedded") {
        bench.kafka(&runtime);
    }
}

/// What is measured by.
struct Bench {
    events: u64,
    runs: u64,
    client: Client,
    dropped_ns: Arc<AtomicU64>,
}

impl Bench {
    fn embedded(&self, runtime: &Runtime) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let journal = EmbeddedJournal::open(directory.path(), Options { reserve_bytes: 0, ..Options::default() });
        let journal: Arc<dyn Journal> = Arc::new(journal.expect("a new directory"));
        runtime.block_on(fill(&*journal, self.events));
        self.measure("embedded", runtime, || Arc::clone(&journal));
    }

    fn kafka(&self, runtime: &Runtime) {
        let brokers = Brokers::alone();
        let options = kafka::Options { topic_prefix: unique("fold"), ..kafka::Options::new(brokers.addresses()) };
        let connect = || -> Arc<dyn Journal> {
            Arc::new(runtime.block_on(KafkaJournal::connect(options.clone())).expect("the brokers answer"))
        };
        runtime.block_on(fill(&*connect(), self.events));
        self.measure("Kafka", runtime, connect);
    }

    /// Runs over a journal that is opened anew each time, so that nothing of it was read ahead.
    fn measure(&self, name: &str, runtime: &Runtime, open: impl Fn() -> Arc<dyn Journal>) {
        for run in 1..=self.runs {
            let journal = open();
            let (began, dropped) = (cpu_ns(ClockId::ProcessCPUTime), self.dropped_ns.load(Ordering::Relaxed));
            let written = runtime.block_on(work(&*journal, &self.client));
            let dropped = self.dropped_ns.load(Ordering::Relaxed) - dropped;
            let spent = cpu_ns(ClockId::ProcessCPUTime) - began - dropped;
            assert_eq!(written as u64, self.events, "every event is written once");
            let rate = written as f64 / (spent as f64 / 1e9);
            println!(
                "{name}, run {run}: {written} events, {:.3} CPU-s, {rate:.0} events per CPU-second",
                spent as f64 / 1e9
            );
        }
    }
}
