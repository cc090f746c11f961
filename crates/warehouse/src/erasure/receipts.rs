//! Receipts: what was asked for, and what was done.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use crate::{Client, Error};

/// Most receipts that are told, the latest first.
pub const RECEIPTS_MAX: usize = 1_000;

/// A row of `erasures`: a request that was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct Receipt {
    pub project: String,
    pub environment: String,
    pub conversation_id: String,
    pub event_id: String,
    pub request_id: String,
    pub mode: u8,
    pub requested_at: i64,
    pub done_at: i64,
    pub conversations: u64,
    pub rows: u64,
}

impl Client {
    /// Writes a receipt.
    pub async fn write_receipt(&self, receipt: &Receipt) -> Result<(), Error> {
        self.insert_rows("erasures", std::slice::from_ref(receipt)).await
    }
}

/// The receipts of a project, the latest first, at most [`RECEIPTS_MAX`]. Fails with what the warehouse says.
pub async fn receipts(client: &Client, project: &str) -> Result<Vec<Receipt>, Error> {
    let sql = format!(
        "SELECT ?fields FROM erasures FINAL WHERE project = {{project:String}} ORDER BY done_at DESC, event_id LIMIT {RECEIPTS_MAX}"
    );
    Ok(client.clickhouse().query(&sql).param("project", project).fetch_all().await?)
}
