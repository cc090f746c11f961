//! A connection to ClickHouse.

use std::{sync::Arc, time::Duration};

use clickhouse::Row;
use serde::Serialize;

use crate::{
    Error,
    writes::{WriteFailure, Writes},
};

/// The database everything is in.
const DATABASE: &str = "rapport";

/// Bounds of an insert: to hand over a chunk, and until the server has answered.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
const END_TIMEOUT: Duration = Duration::from_secs(120);

/// A client of the warehouse; clones share its connections.
#[derive(Clone)]
pub struct Client {
    inner: clickhouse::Client,
    /// For inserts: rows are not compared with the table column by column. The tables are this program's own, at the version
    /// that `migrate` asserts, and the comparison costs as much as the writing.
    writer: clickhouse::Client,
    /// Without a database, for making it.
    bare: clickhouse::Client,
    url: String,
    writes: Arc<Writes>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for the ClickHouse at `url`; nothing is sent yet. An empty password means none.
    pub fn connect(url: &str, user: &str, password: &str) -> Client {
        let mut bare = clickhouse::Client::default().with_url(url).with_user(user);
        if !password.is_empty() {
            bare = bare.with_password(password);
        }
        // An insert is one block, so that it is in whole or not at all; no asynchronous inserts, no deduplication tokens:
        // what counts as done is read back (docs/adr/0001-delivery.md). The embedded engine has these settings anyway.
        let inner = bare
            .clone()
            .with_database(DATABASE)
            .with_setting("async_insert", "0")
            .with_setting("insert_deduplicate", "0")
            .with_setting("max_insert_block_size", "10000000")
            .with_setting("min_insert_block_size_rows", "10000000")
            .with_setting("min_insert_block_size_bytes", "4000000000")
            .with_setting("input_format_parallel_parsing", "0")
            .with_setting("optimize_on_insert", "0")
            .with_setting("do_not_merge_across_partitions_select_final", "1");
        let writer = inner.clone().with_validation(false);
        Client { inner, writer, bare, url: url.to_owned(), writes: Arc::default() }
    }

    /// The official client, in the database of Rapport.
    pub fn clickhouse(&self) -> &clickhouse::Client {
        &self.inner
    }

    /// Where the server is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks the server for a sign of life.
    pub async fn ping(&self) -> Result<(), Error> {
        self.bare.query("SELECT 1").fetch_one::<u8>().await?;
        Ok(())
    }

    /// Makes the database if it is not there.
    pub(crate) async fn create_database(&self) -> Result<(), Error> {
        Ok(self.bare.query(&format!("CREATE DATABASE IF NOT EXISTS {DATABASE}")).execute().await?)
    }

    /// Inserts rows in one block. An error leaves open whether they are in.
    pub(crate) async fn insert_rows<T>(&self, table: &str, rows: &[T]) -> Result<(), Error>
    where
        T: Serialize + for<'a> Row<Value<'a> = T> + Sync,
    {
        if rows.is_empty() {
            return Ok(());
        }
        let outcome = self.try_insert_rows(table, rows).await;
        self.writes.note(table, &outcome);
        outcome
    }

    /// The inserts that fail at present, and for how long the oldest has.
    pub fn failing_writes(&self) -> Option<WriteFailure> {
        self.writes.longest_failing()
    }

    async fn try_insert_rows<T>(&self, table: &str, rows: &[T]) -> Result<(), Error>
    where
        T: Serialize + for<'a> Row<Value<'a> = T> + Sync,
    {
        let mut insert = self.writer.insert::<T>(table).await?.with_timeouts(Some(SEND_TIMEOUT), Some(END_TIMEOUT));
        for row in rows {
            insert.write(row).await?;
        }
        Ok(insert.end().await?)
    }
}
