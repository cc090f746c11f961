//! The storage crate behind the embedded journal, and what lies where in it.
//!
//! One keyspace per partition holds its batches by base offset: keys only rise there, so that compaction moves tables instead
//! of rewriting them. The keyspace `meta` holds partition counts, first offsets, the time index and the commits.

use std::{
    fs::{self, File},
    path::Path,
};

use bytes::Bytes;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::times::Entry;
use crate::{Commit, Topic};

/// Bounds of what the store keeps in memory and replays at a start.
const LOG_BYTES: u64 = 128 << 20;
const MEMTABLE_BYTES: u64 = 16 << 20;
const CACHE_BYTES: u64 = 32 << 20;
const WORKERS: usize = 2;

/// A partition of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) topic: Topic,
    pub(super) partition: u16,
}

/// The opened database.
pub(super) struct Store {
    database: Database,
    meta: Keyspace,
    logs: [Vec<Keyspace>; Topic::ALL.len()],
}

/// Changes that become durable together or not at all.
pub(super) struct Change<'a> {
    store: &'a Store,
    batch: fjall::OwnedWriteBatch,
}

/// The storage crate's answer.
pub(super) type Outcome<T> = Result<T, fjall::Error>;

fn database(dir: &Path) -> Outcome<Database> {
    let builder = Database::builder(dir).journal_compression(fjall::CompressionType::None);
    builder.max_journaling_size(LOG_BYTES).cache_size(CACHE_BYTES).worker_threads(WORKERS).open()
}

/// Creates the database beside its place and moves it there: one whose making is cut off cannot be opened again.
fn create(dir: &Path) -> Outcome<()> {
    let unfinished = dir.with_extension("unfinished");
    if unfinished.try_exists()? {
        fs::remove_dir_all(&unfinished)?;
    }
    drop(database(&unfinished)?);
    File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, dir)?;
    if let Some(parent) = dir.parent() {
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

impl Store {
    /// Opens the database in `dir`, or creates it. Partition counts are looked up or written by the caller.
    pub(super) fn open(dir: &Path) -> Outcome<Store> {
        if !dir.try_exists()? {
            create(dir)?;
        }
        let database = database(dir)?;
        let meta = database.keyspace("meta", keyspace_options)?;
        Ok(Store { database, meta, logs: [const { Vec::new() }; Topic::ALL.len()] })
    }

    /// The stored partition count of a topic.
    pub(super) fn partitions(&self, topic: Topic) -> Outcome<Option<u16>> {
        let stored = self.meta.get(count_key(topic))?;
        Ok(stored.and_then(|bytes| bytes.as_ref().try_into().ok()).map(u16::from_be_bytes))
    }

    /// Opens the keyspaces of a topic's partitions.
    pub(super) fn open_topic(&mut self, topic: Topic, partitions: u16) -> Outcome<()> {
        let logs = (0..partitions)
            .map(|partition| self.database.keyspace(&format!("{}.{partition}", topic.name()), keyspace_options))
            .collect::<Outcome<Vec<_>>>()?;
        self.logs[topic as usize] = logs;
        Ok(())
    }

    fn log(&self, slot: Slot) -> &Keyspace {
        &self.logs[slot.topic as usize][usize::from(slot.partition)]
    }

    /// The batches from the one that holds `offset` on: (base, stored value).
    pub(super) fn batches(&self, slot: Slot, offset: u64) -> impl Iterator<Item = Outcome<(u64, Bytes)>> + use<> {
        let log = self.log(slot);
        let holding = log.range(..=offset.to_be_bytes()).next_back();
        let behind = log.range((offset.saturating_add(1)).to_be_bytes()..);
        holding.into_iter().chain(behind).map(|entry| {
            let (key, value) = entry.into_inner()?;
            let base = key.as_ref().try_into().map(u64::from_be_bytes).map_err(|_| fjall::Error::Unrecoverable)?;
            Ok((base, value.into()))
        })
    }

    /// The last batch of a partition.
    pub(super) fn last_batch(&self, slot: Slot) -> Outcome<Option<(u64, Bytes)>> {
        self.batches(slot, u64::MAX).next().transpose()
    }

    /// The first offset as retention left it.
    pub(super) fn first(&self, slot: Slot) -> Outcome<Option<u64>> {
        let stored = self.meta.get(slot_key(b'f', slot))?;
        Ok(stored.and_then(|bytes| bytes.as_ref().try_into().ok()).map(u64::from_be_bytes))
    }

    /// The time index of a partition, in order.
    pub(super) fn times(&self, slot: Slot) -> Outcome<Vec<Entry>> {
        self.meta
            .prefix(slot_key(b't', slot))
            .map(|entry| {
                let (key, value) = entry.into_inner()?;
                let base = key.last_chunk::<8>().copied().ok_or(fjall::Error::Unrecoverable)?;
                let before = value.first_chunk::<8>().copied().ok_or(fjall::Error::Unrecoverable)?;
                Ok(Entry { base: u64::from_be_bytes(base), before: i64::from_be_bytes(before) })
            })
            .collect()
    }

    /// A group's last commit.
    pub(super) fn committed(&self, group: &str, slot: Slot) -> Outcome<Option<Commit>> {
        let Some(stored) = self.meta.get(commit_key(group, slot))? else { return Ok(None) };
        let (next, metadata) = stored.split_first_chunk::<8>().ok_or(fjall::Error::Unrecoverable)?;
        let metadata = String::from_utf8(metadata.to_vec()).map_err(|_| fjall::Error::Unrecoverable)?;
        Ok(Some(Commit { next_offset: u64::from_be_bytes(*next), metadata }))
    }

    /// Begins a change that is durable when it is committed.
    pub(super) fn change(&self) -> Change<'_> {
        Change { store: self, batch: self.database.batch().durability(Some(PersistMode::SyncData)) }
    }
}

impl Change<'_> {
    pub(super) fn set_partitions(&mut self, topic: Topic, partitions: u16) {
        self.batch.insert(&self.store.meta, count_key(topic), partitions.to_be_bytes());
    }

    pub(super) fn append(&mut self, slot: Slot, base: u64, stored: Bytes) {
        self.batch.insert(self.store.log(slot), base.to_be_bytes(), stored);
    }

    pub(super) fn index(&mut self, slot: Slot, entry: Entry) {
        self.batch.insert(&self.store.meta, time_key(slot, entry.base), entry.before.to_be_bytes());
    }

    pub(super) fn set_commit(&mut self, group: &str, slot: Slot, commit: &Commit) {
        let mut value = commit.next_offset.to_be_bytes().to_vec();
        value.extend_from_slice(commit.metadata.as_bytes());
        self.batch.insert(&self.store.meta, commit_key(group, slot), value);
    }

    pub(super) fn remove_batch(&mut self, slot: Slot, base: u64) {
        self.batch.remove(self.store.log(slot), base.to_be_bytes());
    }

    pub(super) fn remove_time(&mut self, slot: Slot, base: u64) {
        self.batch.remove(&self.store.meta, time_key(slot, base));
    }

    pub(super) fn set_first(&mut self, slot: Slot, first: u64) {
        self.batch.insert(&self.store.meta, slot_key(b'f', slot), first.to_be_bytes());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// Writes and fsyncs the change.
    pub(super) fn commit(self) -> Outcome<()> {
        self.batch.commit()
    }
}

fn keyspace_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .max_memtable_size(MEMTABLE_BYTES)
        .data_block_compression_policy(fjall::config::CompressionPolicy::all(fjall::CompressionType::Lz4))
}

fn count_key(topic: Topic) -> Vec<u8> {
    [b"p", topic.name().as_bytes()].concat()
}

fn slot_key(kind: u8, slot: Slot) -> Vec<u8> {
    [&[kind], slot.topic.name().as_bytes(), &[0], &slot.partition.to_be_bytes()].concat()
}

fn time_key(slot: Slot, base: u64) -> Vec<u8> {
    [slot_key(b't', slot).as_slice(), &base.to_be_bytes()].concat()
}

fn commit_key(group: &str, slot: Slot) -> Vec<u8> {
    [slot_key(b'c', slot).as_slice(), group.as_bytes()].concat()
}
