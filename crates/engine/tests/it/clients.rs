//! Official clients, unchanged: the Rust crate and the Python package.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clickhouse::error::Error;
use clickhouse::{Client, Compression, Row};
use serde::{Deserialize, Serialize};

use crate::support::{shared, unique};

#[derive(Clone, Debug, PartialEq, Row, Serialize, Deserialize)]
struct Reading {
    id: u64,
    name: String,
    values: Vec<f64>,
    note: Option<String>,
}

fn reading(id: u64) -> Reading {
    Reading {
        id,
        name: format!("name {id}\n\nDROP TABLE x;\t'"),
        values: vec![0.5; usize::try_from(id % 4).unwrap()],
        note: id.is_multiple_of(2).then(|| "noted".to_owned()),
    }
}

async fn table(client: &Client) -> String {
    let table = unique("crate");
    let columns = "id UInt64, name String, values Array(Float64), note Nullable(String)";
    client.query(&format!("CREATE TABLE {table} ({columns}) ENGINE = MergeTree ORDER BY id")).execute().await.unwrap();
    table
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_crate_inserts_and_selects_compressed_or_not() {
    for compression in [Compression::Lz4, Compression::None] {
        let client = Client::default().with_url(shared().url()).with_compression(compression);
        let table = table(&client).await;
        let rows: Vec<Reading> = (0..20_000).map(reading).collect();
        let mut insert = client.insert::<Reading>(&table).await.unwrap();
        for row in &rows {
            insert.write(row).await.unwrap();
        }
        insert.end().await.unwrap();
        let read = client.query(&format!("SELECT ?fields FROM {table} ORDER BY id")).fetch_all::<Reading>().await;
        assert_eq!(read.unwrap(), rows);
        let mut cursor = client.query(&format!("SELECT ?fields FROM {table} ORDER BY id")).fetch::<Reading>().unwrap();
        assert_eq!(cursor.next().await.unwrap(), Some(reading(0)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_crate_sends_parameters_options_and_databases() {
    let client = Client::default().with_url(shared().url());
    let sum: u64 = client
        .query("SELECT {left:UInt64} + length({right:String})")
        .param("left", 40)
        .param("right", "a\tb'")
        .fetch_one()
        .await
        .unwrap();
    assert_eq!(sum, 44);
    let threads: u64 = client
        .query("SELECT toUInt64(getSetting('max_threads'))")
        .with_setting("max_threads", "5")
        .fetch_one()
        .await
        .unwrap();
    assert_eq!(threads, 5);
    let name: String =
        client.clone().with_database("system").query("SELECT currentDatabase()").fetch_one().await.unwrap();
    assert_eq!(name, "system");
    let none: Vec<u64> = client.query("SELECT number FROM system.numbers LIMIT 0").fetch_all().await.unwrap();
    assert!(none.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_crate_reads_error_codes_also_late_ones() {
    let client = Client::default().with_url(shared().url());
    let message = |error: Error| match error {
        Error::BadResponse(message) => message,
        other => panic!("{other}"),
    };
    let error = client.query("SELECT * FROM nowhere").execute().await.expect_err("no such table");
    assert!(message(error).starts_with("Code: 60."));
    let late = client.query("SELECT number, throwIf(number = 400000) FROM numbers(500000)");
    let error = late.fetch_all::<(u64, u8)>().await.expect_err("it throws in its middle");
    assert!(message(error).starts_with("Code: 395."));
    let wrong = client.insert::<Reading>("nowhere").await;
    assert!(wrong.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_insert_inserts_nothing() {
    let client = Client::default().with_url(shared().url());
    let table = table(&client).await;
    let mut insert = client.insert::<Reading>(&table).await.unwrap();
    for id in 0..50_000 {
        insert.write(&reading(id)).await.unwrap();
    }
    drop(insert);
    let count: u64 = client.query(&format!("SELECT count() FROM {table}")).fetch_one().await.unwrap();
    assert_eq!(count, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_at_once_are_served() {
    let client = Client::default().with_url(shared().url());
    let table = table(&client).await;
    let tasks: Vec<_> = (0..24_u64)
        .map(|writer| {
            let (client, table) = (client.clone(), table.clone());
            tokio::spawn(async move {
                for batch in 0..5 {
                    let mut insert = client.insert::<Reading>(&table).await.unwrap();
                    for row in 0..100 {
                        insert.write(&reading(writer * 1000 + batch * 100 + row)).await.unwrap();
                    }
                    insert.end().await.unwrap();
                    let count = client.query(&format!("SELECT count() FROM {table}")).fetch_one::<u64>().await.unwrap();
                    assert!(count >= 100);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let counts = client.query(&format!("SELECT count(), uniqExact(id) FROM {table}")).fetch_one::<(u64, u64)>().await;
    assert_eq!(counts.unwrap(), (12_000, 12_000));
}

#[test]
fn the_official_python_client_connects_inserts_and_selects() {
    let python = python_with_client();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/client.py");
    let url = shared().url();
    let port = url.rsplit(':').next().unwrap();
    let output = run(Command::new(python).arg(script).arg(port).arg(unique("python")), Duration::from_secs(60));
    assert_eq!(output, "done\n");
}

/// The Python of an environment with the package, made once under the build directory.
fn python_with_client() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clickhouse-connect");
    let python = home.join("bin/python");
    let made = home.join("made");
    if !made.exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home), Duration::from_secs(60));
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "clickhouse-connect>=1,<2"];
        run(Command::new(&python).args(install), Duration::from_secs(240));
        std::fs::write(made, "").unwrap();
    }
    python
}

/// Runs a command to its end within `patience` and returns what it printed.
fn run(command: &mut Command, patience: Duration) -> String {
    let what = format!("{command:?}");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap_or_else(|error| {
        panic!("{what}: {error}; python3 with venv and a package index are needed for this test")
    });
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > patience {
            child.kill().unwrap();
            panic!("{what} was not done after {patience:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
