//! A position in a partition, and what was fetched from there on.

use std::time::Instant;

use rdkafka::error::KafkaError;

use super::{queue::Queue, record::Copier};
use crate::{ReadLimit, Record};

/// What a cursor had.
#[derive(Debug)]
pub(super) enum Taken {
    /// At least one record.
    Records(Vec<Record>),
    /// Nothing is fetched at present.
    Nothing {
        /// The brokers said that there is no record from the position up to here.
        known_empty_to: u64,
    },
    /// There is no cursor at that position.
    Absent,
}

pub(super) struct Cursor {
    queue: Queue,
    copier: Copier,
    /// The next offset to give out.
    next: u64,
    /// Fetched, not given out.
    peeked: Option<Record>,
    /// The end of the log when the cursor was put here.
    end_at_first: u64,
    /// Whether any record came.
    is_fresh: bool,
    /// The brokers said at this offset that there is nothing more, though the log was longer: what remained was no records
    /// (the marks of transactions).
    known_empty_to: u64,
    pub(super) touched: Instant,
}

impl Cursor {
    pub(super) fn new(queue: Queue, next: u64, end: u64) -> Cursor {
        Cursor {
            queue,
            copier: Copier::default(),
            next,
            peeked: None,
            end_at_first: end,
            is_fresh: true,
            known_empty_to: 0,
            touched: Instant::now(),
        }
    }

    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Gives out records, and goes on behind them. Fails if the library gave up on the partition.
    pub(super) fn take(&mut self, limit: ReadLimit) -> Result<Taken, KafkaError> {
        self.touched = Instant::now();
        let mut records: Vec<Record> = Vec::new();
        let mut bytes = 0_usize;
        while let Some(record) = self.fetched(records.is_empty())? {
            let more = record.key.len() + record.value.len();
            if !records.is_empty() && (records.len() >= limit.records || bytes + more > limit.bytes) {
                self.peeked = Some(record);
                break;
            }
            bytes += more;
            self.next = record.offset + 1;
            records.push(record);
        }
        Ok(if records.is_empty() { self.nothing() } else { Taken::Records(records) })
    }

    /// Shows the next record, and stays where it is.
    pub(super) fn peek(&mut self) -> Result<Taken, KafkaError> {
        self.touched = Instant::now();
        self.peeked = self.fetched(true)?;
        Ok(self.peeked.as_ref().map_or_else(|| self.nothing(), |record| Taken::Records(vec![record.clone()])))
    }

    fn nothing(&self) -> Taken {
        Taken::Nothing { known_empty_to: self.known_empty_to }
    }

    /// The next record that is fetched already. An error is kept back (false) while there are records to give out first.
    fn fetched(&mut self, may_fail: bool) -> Result<Option<Record>, KafkaError> {
        if let Some(record) = self.peeked.take() {
            return Ok(Some(record));
        }
        while let Some(message) = self.queue.next() {
            match message.error() {
                None => {
                    let Ok(offset) = u64::try_from(message.offset()) else { continue };
                    if offset < self.next {
                        continue;
                    }
                    self.is_fresh = false;
                    return Ok(Some(self.copier.copy(&message, offset)));
                }
                Some(KafkaError::PartitionEOF(_)) => {
                    if self.is_fresh {
                        self.known_empty_to = self.end_at_first;
                    }
                }
                Some(error) if may_fail => return Err(error),
                // The partition is given up; the next read finds nothing, and has a cursor placed anew.
                Some(_) => return Ok(None),
            }
        }
        Ok(None)
    }
}
