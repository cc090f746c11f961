//! Files that the store of attachments has to give up.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use crate::{Client, Error};

/// Files that are told at a time.
const FILES_AT_ONCE: usize = 1_000;

/// A file that an event of an erased person named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table `erased_files`, documented in the migration")]
pub struct ErasedFile {
    pub project: String,
    pub environment: String,
    pub conversation_id: String,
    pub event_id: String,
    pub file: String,
}

/// A row of `erased_files`.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs, reason = "columns of the table of the same name, documented in the migration")]
pub struct FileToForget {
    pub project: String,
    pub environment: String,
    pub conversation_id: String,
    pub event_id: String,
    pub file: String,
    version: u64,
}

/// How many files a request found.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct FilesOfRequest {
    /// Its environment.
    pub environment: String,
    /// The conversation of the event that asked, '' without one.
    pub conversation_id: String,
    /// Its id.
    pub event_id: String,
    /// Files that the store has no more.
    pub gone: u64,
    /// Files that it still has.
    pub left: u64,
}

impl Client {
    /// Remembers files that have to go, before the events that name them say no more which they are.
    pub async fn write_erased_files(&self, files: &[ErasedFile]) -> Result<(), Error> {
        self.insert_rows("erased_files", files).await
    }

    /// Files that have to go and that nobody has said to be gone, of all projects, so many at a time.
    pub async fn files_to_forget(&self) -> Result<Vec<FileToForget>, Error> {
        let sql = format!("SELECT ?fields FROM erased_files FINAL WHERE version % 2 = 0 LIMIT {FILES_AT_ONCE}");
        Ok(self.clickhouse().query(&sql).fetch_all().await?)
    }

    /// Says that the store has files no more. What was written of one of them since stays to be done.
    pub async fn write_forgotten(&self, files: &[FileToForget]) -> Result<(), Error> {
        let gone = |file: &FileToForget| FileToForget { version: file.version | 1, ..file.clone() };
        self.insert_rows("erased_files", &files.iter().map(gone).collect::<Vec<_>>()).await
    }

    /// The files of a project's requests.
    pub async fn files_of_requests(&self, project: &str) -> Result<Vec<FilesOfRequest>, Error> {
        let sql = "SELECT environment, conversation_id, event_id, countIf(version % 2 = 1) AS gone, countIf(version % 2 = 0) AS left \
                   FROM erased_files FINAL WHERE project = {project:String} GROUP BY environment, conversation_id, event_id";
        Ok(self.clickhouse().query(sql).param("project", project).fetch_all().await?)
    }
}
