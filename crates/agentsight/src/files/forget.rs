//! The task that takes the files of erased persons out of the store: the worker says which, and never sees a store.

use std::{convert::Infallible, time::Duration};

use super::Files;

/// How often it is asked what has to go, and how long after a failure.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// Forgets files of erased persons, for ever. Several processes may do it at once; what cannot be done now is tried again.
pub async fn forget_files(files: Files, warehouse: warehouse::Client) -> Infallible {
    loop {
        if let Err(error) = round(&files, &warehouse).await {
            tracing::error!(%error, "files of erased persons are not deleted; trying again");
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// Forgets what has to go now. A file is said to be gone when it is.
async fn round(files: &Files, warehouse: &warehouse::Client) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    loop {
        let asked = warehouse.files_to_forget().await?;
        if asked.is_empty() {
            return Ok(());
        }
        for file in &asked {
            files.forget(&file.project, &file.file).await?;
        }
        warehouse.write_forgotten(&asked).await?;
        tracing::info!(files = asked.len(), "files of erased persons are deleted");
    }
}
