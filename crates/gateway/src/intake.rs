//! The one door to the journal: what a request brings is in the journal or in the spool when it is answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use journal::{Error, ErrorClass, Journal, NewRecord, Topic, position::Position};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    acknowledged::Acknowledged,
    metrics,
    spool::{self, Batch, Spool, Waiting},
};

/// How many times as long the drain waits for an answer: what it appends is larger, and trying again costs copies.
const DRAIN_PATIENCE: u32 = 20;

/// Where a batch is now. In either case it is on a disk, and will be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// In the journal; the position covers it and everything that was acknowledged here before.
    Appended(Position),
    /// It, or something that was acknowledged before, is still only in the spool: no position covers that yet.
    Spooled,
}

/// Takes events and dead letters for the journal.
#[derive(Debug)]
pub struct Intake {
    journal: Arc<dyn Journal>,
    acknowledged: Acknowledged,
    spooling: Option<Spooling>,
}

#[derive(Debug)]
struct Spooling {
    spool: Arc<Spool>,
    /// How long the journal may take before a batch goes to the spool.
    patience: Duration,
    letters: Letters,
}

/// Numbers dead letters, so that copies of one can be told from others, in whatever way they reach the topic.
#[derive(Debug)]
struct Letters {
    source: Bytes,
    next: AtomicU64,
}

impl Letters {
    fn new() -> Letters {
        Letters { source: format!("spool/{}", Uuid::new_v4()).into(), next: AtomicU64::new(0) }
    }

    fn number(&self, letter: &mut NewRecord) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        letter.headers.extend([
            ("source_topic".to_owned(), self.source.clone()),
            ("source_partition".to_owned(), Bytes::from_static(b"0")),
            ("source_offset".to_owned(), number.to_string().into()),
        ]);
    }
}

impl Intake {
    /// An intake that refuses what the journal refuses.
    pub fn new(journal: Arc<dyn Journal>) -> Intake {
        Intake { journal, acknowledged: Acknowledged::default(), spooling: None }
    }

    /// An intake that spools what the journal does not take within `patience`. Somebody has to run [`Intake::drain`].
    pub fn with_spool(journal: Arc<dyn Journal>, spool: Spool, patience: Duration) -> Intake {
        let spooling = Spooling { spool: Arc::new(spool), patience, letters: Letters::new() };
        Intake { journal, acknowledged: Acknowledged::default(), spooling: Some(spooling) }
    }

    /// Whether it has a spool.
    pub fn has_spool(&self) -> bool {
        self.spooling.is_some()
    }

    /// Takes events, then dead letters; returns when all are durable. After the events, because a producer that is told to send
    /// again sends the events again, which count once; dead letters that were stored before a failed append would be there twice.
    ///
    /// # Errors
    /// When the journal refuses the records themselves; when it is away, and there is no spool or no room in it. A part may be
    /// in all the same.
    pub async fn append(&self, events: Vec<NewRecord>, dead_letters: Vec<NewRecord>) -> Result<Taken, Error> {
        let mut batch = Batch { events, dead_letters };
        let Some(Spooling { spool, patience, letters }) = &self.spooling else {
            self.append_to_journal(&mut batch, None).await?;
            return Ok(Taken::Appended(self.acknowledged.position()));
        };
        batch.dead_letters.iter_mut().for_each(|letter| letters.number(letter));
        let mut why = None;
        if !spool.is_active() {
            match self.append_to_journal(&mut batch, Some(*patience)).await {
                Ok(()) => {}
                Err(error) if error.class() == ErrorClass::Fatal => return Err(error),
                Err(error) => why = Some(error),
            }
        }
        if batch.is_empty() {
            // In this order: what was in the spool is in the position before the spool is empty.
            let has_all = !spool.is_active();
            return Ok(if has_all { Taken::Appended(self.acknowledged.position()) } else { Taken::Spooled });
        }
        // What the journal will never take must not stand in the way of what comes behind it.
        for (topic, records) in [(Topic::Events, &batch.events), (Topic::DeadLetters, &batch.dead_letters)] {
            self.journal.accepts(topic, records)?;
        }
        spool.append(batch, why.as_ref()).await?;
        Ok(Taken::Spooled)
    }

    /// Appends to the journal; what it took is taken out of the batch.
    async fn append_to_journal(&self, batch: &mut Batch, patience: Option<Duration>) -> Result<(), Error> {
        let deadline = patience.map(|patience| Instant::now() + patience);
        let Batch { events, dead_letters } = batch;
        for (topic, records) in [(Topic::Events, events), (Topic::DeadLetters, dead_letters)] {
            if records.is_empty() {
                continue;
            }
            let places = match deadline {
                None => self.journal.append(topic, std::mem::take(records)).await?,
                Some(deadline) => {
                    let append = self.journal.append(topic, records.clone());
                    let late = |_| Error::Ambiguous("it did not answer in time".to_owned());
                    tokio::time::timeout_at(deadline, append).await.map_err(late)??
                }
            };
            records.clear();
            if topic == Topic::Events {
                self.acknowledged.note(&places);
            }
        }
        Ok(())
    }

    /// Drains the spool whenever something is in it, for ever; without a spool it only waits. Dropping it is safe at any point.
    pub async fn drain(&self) {
        match &self.spooling {
            Some(Spooling { spool, patience, .. }) => {
                spool::drain(spool, &*self.journal, &self.acknowledged, DRAIN_PATIENCE * *patience).await;
            }
            None => std::future::pending().await,
        }
    }

    /// Whether a batch would be taken now, and what waits in the spool if it would go there.
    ///
    /// # Errors
    /// The error that a batch would get.
    pub async fn check(&self) -> Result<Option<Waiting>, Error> {
        let journal = self.journal.check().await;
        let Some(Spooling { spool, .. }) = &self.spooling else { return journal.map(|()| None) };
        let waiting = spool.waiting();
        metrics::SPOOL_BYTES.set(waiting.bytes as f64);
        metrics::SPOOL_AGE.set(waiting.oldest.as_secs_f64());
        match journal {
            Err(error) if error.class() == ErrorClass::Fatal => Err(error),
            Ok(()) if !spool.is_active() => Ok(None),
            _ => spool.check().map(|()| Some(waiting)),
        }
    }
}
