//! Schemas of producers that a registry keeps: asked for beside the folding, once for each id.
//!
//! A partition whose next record needs a schema that is not known yet waits for it; the others go on. The registry's answer
//! is remembered for the worker's life, since an id means one schema for ever.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use event::{SchemaId, Schemas};
use journal::{BoxFuture, Record};
use tokio::task::JoinSet;

use crate::pipeline::written;

/// Pause before a registry that did not answer is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Keeps producers' schemas.
pub trait Registry: fmt::Debug + Send + Sync + 'static {
    /// The text of a schema; None if there is none with this id.
    ///
    /// # Errors
    /// Why there was no answer; it is asked again.
    fn schema(&self, id: SchemaId) -> BoxFuture<'_, Result<Option<String>, String>>;
}

/// What is known of schemas, and what is being asked.
#[derive(Debug)]
pub(crate) struct Asking {
    registry: Option<Arc<dyn Registry>>,
    known: Schemas,
    asked: BTreeSet<SchemaId>,
    answers: JoinSet<(SchemaId, Option<String>)>,
}

impl Asking {
    /// Nothing is known but what is built in.
    pub(crate) fn new(registry: Option<Arc<dyn Registry>>) -> Asking {
        let known = if registry.is_some() { Schemas::of_registry() } else { Schemas::default() };
        Asking { registry, known, asked: BTreeSet::new(), answers: JoinSet::new() }
    }

    /// What is known by now.
    pub(crate) fn known(&self) -> &Schemas {
        &self.known
    }

    /// How many of the records can be read by what is known; the schema of the next one is asked for.
    pub(crate) fn readable(&mut self, records: &[Record]) -> usize {
        let Some(registry) = &self.registry else { return records.len() };
        while let Some(answer) = self.answers.try_join_next() {
            learn(&mut self.known, answer);
        }
        for (place, record) in records.iter().enumerate() {
            let Some(id) = written(record).lacks(&self.known) else { continue };
            if self.asked.insert(id) {
                self.answers.spawn(ask(Arc::clone(registry), id));
            }
            return place;
        }
        records.len()
    }

    /// Resolves when there is an answer; never while nothing is asked.
    pub(crate) async fn answered(&mut self) {
        match self.answers.join_next().await {
            Some(answer) => learn(&mut self.known, answer),
            None => std::future::pending().await,
        }
    }
}

fn learn(known: &mut Schemas, answer: Result<(SchemaId, Option<String>), tokio::task::JoinError>) {
    match answer {
        Ok((id, text)) => known.learn(id, text.as_deref()),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

async fn ask(registry: Arc<dyn Registry>, id: SchemaId) -> (SchemaId, Option<String>) {
    let mut attempt: u32 = 0;
    loop {
        match registry.schema(id).await {
            Ok(text) => return (id, text),
            Err(reason) if attempt.is_multiple_of(10) => {
                tracing::warn!(%id, reason, "the schema registry did not answer: records of this schema wait");
            }
            Err(_) => {}
        }
        attempt += 1;
        tokio::time::sleep(ASK_AGAIN).await;
    }
}
