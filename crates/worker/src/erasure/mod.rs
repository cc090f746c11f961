//! Persons who asked to be forgotten: nothing of them is written or folded, and what was there before is replaced.
//!
//! What is known of who is erased stands in the warehouse and is read again when it is older than a few seconds, before each flush and
//! each fold. It decides what a row says, never whether there is one, and no count: everything that exactly-once rests on is untouched.

mod carry_out;
mod task;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, RwLock, RwLockReadGuard};
use tokio::time::Instant;
use warehouse::erasure::{Erased, ErasedConversation, ErasedFile};
use warehouse::query::stored::HashKey;
use warehouse::{Batch, Client, FactRow};

use crate::Error;
use crate::flush::persist;

pub(crate) use task::run;

/// How old knowledge of who is erased may be when rows are written by it.
const KNOWN_FOR: Duration = Duration::from_secs(5);

/// Who is erased, and where that is carried out. Clones share it.
#[derive(Clone)]
pub struct Erasures {
    client: Client,
    secret: Arc<[u8]>,
    numbers: HashKey,
    known: Arc<Mutex<Known>>,
    /// Held for reading from the look at who is erased until the rows that were made by it are written.
    writing: Arc<RwLock<()>>,
    news: Arc<Notify>,
}

struct Known {
    erased: Arc<Erased>,
    extent: u64,
    read_at: Option<Instant>,
    /// Counts what became known: memory of before is not to be used after.
    edition: u64,
    /// Conversations that came to light by an event, whose other events may have been written before.
    found: Vec<ErasedConversation>,
}

impl std::fmt::Debug for Erasures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Erasures").field("client", &self.client).finish_non_exhaustive()
    }
}

/// What is known of who is erased, for rows that are being written.
#[derive(Debug)]
pub(crate) struct Look<'e> {
    pub(crate) erased: Arc<Erased>,
    pub(crate) edition: u64,
    _writing: RwLockReadGuard<'e, ()>,
}

impl Erasures {
    /// What stands for persons in a warehouse is derived from the installation's secret, which must stay the same. `numbers` is the key
    /// of the numbers by which some events name their conversation.
    pub fn new(client: Client, secret: &[u8], numbers: HashKey) -> Erasures {
        let erased = Arc::new(Erased::new(secret, Vec::new(), Vec::new()));
        let known = Known { erased, extent: 0, read_at: None, edition: 0, found: Vec::new() };
        Erasures {
            client,
            secret: secret.into(),
            numbers,
            known: Arc::new(Mutex::new(known)),
            writing: Arc::default(),
            news: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // It is whole after any panic: every change is one assignment.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at who is erased. Rows that were made by it may be written as long as the look lasts.
    pub(crate) async fn look(&self) -> Result<Look<'_>, Error> {
        let writing = self.writing.read().await;
        if self.lock().read_at.is_none_or(|at| at.elapsed() >= KNOWN_FOR) {
            self.read_again().await?;
        }
        let known = self.lock();
        Ok(Look { erased: Arc::clone(&known.erased), edition: known.edition, _writing: writing })
    }

    /// Reads who is erased, if that has changed.
    async fn read_again(&self) -> Result<(), Error> {
        let now = Instant::now();
        let extent = persist("look who is erased", || self.client.erased_extent()).await?;
        if self.lock().extent != extent {
            let (ids, conversations) = persist("read who is erased", || self.client.erased()).await?;
            let erased = Arc::new(Erased::new(&self.secret, ids, conversations));
            let mut known = self.lock();
            (known.erased, known.extent) = (erased, extent);
            known.edition += 1;
        }
        self.lock().read_at = Some(now);
        Ok(())
    }

    /// Reads who is erased, and waits until nothing is being written any more by those who did not know.
    async fn settle(&self) -> Result<(), Error> {
        self.read_again().await?;
        drop(self.writing.write().await);
        Ok(())
    }

    /// Takes out of a batch what may not be written. Conversations that turn out to be of someone erased are remembered before that.
    pub(crate) async fn look_and_redact(&self, batch: &mut Batch) -> Result<Look<'_>, Error> {
        let mut look = self.look().await?;
        let found = look.erased.newly_erased(batch);
        if !found.is_empty() {
            self.remember(&found).await?;
            self.read_again().await?;
            let mut known = self.lock();
            known.found.extend(found.iter().cloned());
            (look.erased, look.edition) = (Arc::clone(&known.erased), known.edition);
        }
        if !found.is_empty() || batch.identities.iter().any(|row| row.event == "user.erasure_requested") {
            self.news.notify_one();
        }
        self.remember_files(&look.erased.files(&batch.raw, ("", ""))).await?;
        look.erased.redact(batch);
        Ok(look)
    }

    /// Remembers what the store of attachments has to give up: once they are redacted, events do not say it any more.
    async fn remember_files(&self, files: &[ErasedFile]) -> Result<(), Error> {
        if files.is_empty() {
            return Ok(());
        }
        persist("remember files of erased persons", || self.client.write_erased_files(files)).await
    }

    /// Conversations that came to light since the last time.
    fn take_found(&self) -> Vec<ErasedConversation> {
        std::mem::take(&mut self.lock().found)
    }

    async fn remember(&self, conversations: &[ErasedConversation]) -> Result<(), Error> {
        persist("remember erased conversations", || self.client.write_erased_conversations(conversations)).await
    }
}

impl Look<'_> {
    /// Takes out of what conversations are folded from what may not be shown.
    pub(crate) fn redact_facts<'f>(&self, facts: impl IntoIterator<Item = &'f mut FactRow>) {
        if !self.erased.is_empty() {
            facts.into_iter().for_each(|fact| self.erased.redact_fact(fact));
        }
    }
}
