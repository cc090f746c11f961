//! How fast the engine takes rows and answers small queries over HTTP, with the official crate:
//! `cargo run --release -p engine --example speed`. It starts its own engine in a temporary directory.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use clickhouse::{Client, Compression, Row};
use engine::{Options, Supervisor, SupervisorOptions};
use serde::Serialize;

/// About the shape of an event: twelve columns.
#[derive(Row, Serialize)]
struct Event {
    project: u32,
    time: u64,
    id: u64,
    conversation: u64,
    kind: u8,
    channel: u8,
    user: u64,
    bot: u8,
    value: f64,
    country: String,
    text: String,
    position: u64,
}

const COLUMNS: &str = "project UInt32, time UInt64, id UInt64, conversation UInt64, kind UInt8, channel UInt8, user UInt64, \
                       bot UInt8, value Float64, country LowCardinality(String), text String, position UInt64";
/// How long each figure is measured.
const SPAN: Duration = Duration::from_secs(4);

fn event(id: u64) -> Event {
    let mixed = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Event {
        project: 1,
        time: 1_700_000_000_000 + id,
        id: mixed,
        conversation: id / 12,
        kind: u8::try_from(id % 9).unwrap_or_default(),
        channel: u8::try_from(id % 5).unwrap_or_default(),
        user: mixed % 100_000,
        bot: u8::try_from(id % 2).unwrap_or_default(),
        value: 0.5,
        country: ["DE", "FR", "US", "BR"][usize::try_from(id % 4).unwrap_or_default()].to_owned(),
        text: format!("text of message {id}"),
        position: id,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(directory) = std::env::args_os().nth(1) {
        let options = Options::new(directory.into(), ([127, 0, 0, 1], 0).into(), engine::find_library()?);
        engine::run_blocking(options, |_| {});
    }
    let directory = tempfile::tempdir()?;
    let arguments = vec![directory.path().into()];
    let engine = Supervisor::spawn(Path::new(&std::env::current_exe()?), arguments, SupervisorOptions::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(&engine.url()))?;
    engine.stop();
    Ok(())
}

async fn measure(url: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut output = std::io::stdout();
    for (name, compression) in [("LZ4", Compression::Lz4), ("plain", Compression::None)] {
        let client = Client::default().with_url(url).with_compression(compression);
        for (rows, writers) in [(1_000, 1), (10_000, 1), (10_000, 2), (100_000, 1), (100_000, 2)] {
            client.query("DROP TABLE IF EXISTS t").execute().await?;
            let create =
                format!("CREATE TABLE t ({COLUMNS}) ENGINE = MergeTree ORDER BY (project, conversation, time)");
            client.query(&create).execute().await?;
            let start = Instant::now();
            let tasks: Vec<_> = (0..writers).map(|_| tokio::spawn(write(client.clone(), rows))).collect();
            let mut inserts: Vec<Duration> = Vec::new();
            for task in tasks {
                inserts.extend(task.await??);
            }
            let rate = inserts.len() as f64 / start.elapsed().as_secs_f64();
            let [p50, p99] = quantiles(&mut inserts);
            let per_second = rate * rows as f64;
            writeln!(
                output,
                "{name} inserts of {rows} rows, {writers} at a time: {rate:.1}/s, {per_second:.0} rows/s, p50 {p50:?} p99 {p99:?}"
            )?;
        }
    }
    let client = Client::default().with_url(url);
    for (name, sql) in [
        ("SELECT 1", "SELECT toUInt64(1)"),
        ("one conversation of the table", "SELECT count() FROM t WHERE project = 1 AND conversation = 77"),
    ] {
        let mut times = Vec::new();
        for _ in 0..500 {
            let start = Instant::now();
            client.query(sql).fetch_one::<u64>().await?;
            times.push(start.elapsed());
        }
        let [p50, p99] = quantiles(&mut times);
        writeln!(output, "{name}: p50 {p50:?} p99 {p99:?}")?;
    }
    Ok(())
}

async fn write(client: Client, rows: u64) -> Result<Vec<Duration>, clickhouse::error::Error> {
    let begin = Instant::now();
    let (mut times, mut next) = (Vec::new(), 0);
    while begin.elapsed() < SPAN {
        let start = Instant::now();
        let mut insert = client.insert::<Event>("t").await?;
        for id in next..next + rows {
            insert.write(&event(id)).await?;
        }
        insert.end().await?;
        next += rows;
        times.push(start.elapsed());
    }
    Ok(times)
}

fn quantiles(times: &mut [Duration]) -> [Duration; 2] {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    [at(50), at(99)]
}
