//! The rows that wait for the next flush.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use journal::NewRecord;
use warehouse::{ActivityRow, Batch, ConversationKey};

/// Rows of a flush in the making: what is merged in memory before it is written.
#[derive(Debug, Default)]
pub struct Rows {
    /// Rows that need no merging.
    pub batch: Batch,
    /// Dead letters on their way to their topic.
    pub letters: Vec<NewRecord>,
    activity: HashMap<u128, ActivityRow, FixedState>,
    touched: HashMap<u128, ConversationKey, FixedState>,
    /// Room to write the JSON of an event in.
    pub(crate) json: Vec<u8>,
    /// Records folded, whether they left rows or not.
    pub records: u64,
    /// Bytes of those records: what bounds the body of an insert.
    pub bytes: usize,
}

impl Rows {
    /// Number of raw rows.
    pub fn len(&self) -> usize {
        self.batch.raw.len() + self.batch.dead_letters.len()
    }

    /// Whether no record was folded since the last flush.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Merges a person's activity: the earliest wins.
    pub(crate) fn add_activity(&mut self, digest: u128, first: i64, row: impl FnOnce() -> ActivityRow) {
        let held = self.activity.entry(digest).or_insert_with(row);
        held.first = held.first.min(first);
    }

    /// Notes that a conversation is to be derived again.
    pub(crate) fn touch(&mut self, digest: u128, key: impl FnOnce() -> ConversationKey) {
        self.touched.entry(digest).or_insert_with(key);
    }

    /// The batch to write and the conversations to derive, in a stable order.
    pub fn take(&mut self) -> (Batch, Vec<ConversationKey>) {
        // The next batch is about as large: its rows are not moved as they become more.
        let next = Batch { raw: Vec::with_capacity(self.batch.raw.len()), ..Batch::default() };
        let mut batch = std::mem::replace(&mut self.batch, next);
        batch.activity = self.activity.drain().map(|(_, row)| row).collect();
        batch.activity.sort_unstable();
        let mut touched: Vec<ConversationKey> = self.touched.drain().map(|(_, key)| key).collect();
        touched.sort_unstable();
        self.records = 0;
        self.bytes = 0;
        (batch, touched)
    }
}
