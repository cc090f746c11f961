//! The one thread that writes: it takes all requests that wait, makes one durable change of them, and answers them.
//!
//! So many small appends share an fsync, and offsets need no other lock. Every change is fsynced before the next one begins;
//! the check of the log's tail at a start relies on that.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, atomic::Ordering, mpsc},
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::{
    batch::{self, Builder},
    retention,
    state::Shared,
    store::Slot,
    times::Entry,
};
use crate::{Appended, Commit, Error, NewRecord, Topic, partition_of};

/// Most bytes of one group of requests (one request may be larger).
const GROUP_BYTES: usize = 8 << 20;
/// A stored value is closed when it has this many bytes, so that a reader of a few records does not load much more.
const VALUE_BYTES: usize = 1 << 20;
/// How often retention is looked at, in time of the machine.
const RETENTION_INTERVAL: Duration = Duration::from_secs(10);

pub(super) type Reply<T> = oneshot::Sender<Result<T, Error>>;

/// What callers ask of the writer.
pub(super) enum Request {
    Append {
        topic: Topic,
        records: Vec<NewRecord>,
        bytes: usize,
        reply: Reply<Vec<Appended>>,
    },
    Commit {
        group: String,
        slot: Slot,
        commit: Commit,
        bytes: usize,
        reply: Reply<()>,
    },
    /// Applies retention now; answers how many batches were dropped.
    Retain {
        reply: Reply<usize>,
    },
}

impl Request {
    fn bytes(&self) -> usize {
        match self {
            Request::Append { bytes, .. } | Request::Commit { bytes, .. } => *bytes,
            Request::Retain { .. } => 0,
        }
    }
}

/// A stored value about to be written.
struct Pending {
    slot: Slot,
    base: u64,
    count: u32,
    bytes: usize,
    index: Option<Entry>,
}

/// An append that was given its offsets.
struct Placed {
    appended: Vec<Appended>,
    reply: Reply<Vec<Appended>>,
}

/// The bytes of the queue that a group takes up; free again when this is dropped.
struct Room {
    shared: Arc<Shared>,
    bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.shared.queued.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

/// Runs until every sender is gone; answers everything that was asked before.
pub(super) fn run(shared: &Arc<Shared>, requests: &mpsc::Receiver<Request>) {
    let mut retained = Instant::now();
    loop {
        let first = match requests.recv_timeout(RETENTION_INTERVAL) {
            Ok(request) => Some(request),
            Err(mpsc::RecvTimeoutError::Timeout) => None,
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        };
        let mut group = Vec::new();
        let mut bytes = 0;
        let mut waiting = first;
        while let Some(request) = waiting {
            bytes += request.bytes();
            group.push(request);
            waiting = if bytes < GROUP_BYTES { requests.try_recv().ok() } else { None };
        }
        if !group.is_empty() {
            Group::default().serve(shared, group, Room { shared: Arc::clone(shared), bytes });
        }
        if retained.elapsed() >= RETENTION_INTERVAL {
            retained = Instant::now();
            if let Err(error) = retention::apply(shared) {
                tracing::warn!(%error, "old records could not be dropped; trying again later");
            }
        }
    }
}

/// One group of requests on its way to the disk.
#[derive(Default)]
struct Group {
    append_time_ms: i64,
    open: BTreeMap<Slot, (u64, Builder)>,
    next: BTreeMap<Slot, u64>,
    values: Vec<(Slot, u64, Builder)>,
    placed: Vec<Placed>,
    commits: Vec<(String, Slot, Commit)>,
    commit_replies: Vec<Reply<()>>,
}

impl Group {
    fn serve(mut self, shared: &Arc<Shared>, requests: Vec<Request>, room: Room) {
        // Offsets are given from what the store holds, so it has to be open before.
        if shared.is_closed()
            && let Err(error) = shared.reopen()
        {
            refuse(requests, &error.to_string());
            return;
        }
        self.append_time_ms = (shared.options.clock)();
        let full = shared.lacks_space();
        let mut retain = Vec::new();
        for request in requests {
            match request {
                Request::Append { reply, .. } if full.is_some() => {
                    let _ = reply.send(Err(Error::Full(full.clone().unwrap_or_default())));
                }
                Request::Append { topic, records, reply, .. } => self.place(shared, topic, &records, reply),
                Request::Commit { group, slot, commit, reply, .. } => {
                    self.commits.push((group, slot, commit));
                    self.commit_replies.push(reply);
                }
                Request::Retain { reply } => retain.push(reply),
            }
        }
        self.values.extend(std::mem::take(&mut self.open).into_iter().map(|(slot, (base, open))| (slot, base, open)));
        if !(self.values.is_empty() && self.commits.is_empty()) {
            self.write(shared, room);
        }
        for reply in retain {
            let _ = reply.send(retention::apply(shared));
        }
    }

    /// Gives every record its partition and offset, and puts it into a value.
    fn place(&mut self, shared: &Shared, topic: Topic, records: &[NewRecord], reply: Reply<Vec<Appended>>) {
        let partitions = shared.partitions(topic);
        let mut appended = Vec::with_capacity(records.len());
        for record in records {
            let slot = Slot { topic, partition: partition_of(&record.key, partitions) };
            let next = self.next.entry(slot).or_insert_with(|| shared.offsets(slot).next);
            let offset = *next;
            *next += 1;
            let time = self.append_time_ms;
            let (_, open) = self.open.entry(slot).or_insert_with(|| (offset, Builder::new(time, 0)));
            open.push(record);
            if open.len() >= VALUE_BYTES
                && let Some((base, full)) = self.open.remove(&slot)
            {
                self.values.push((slot, base, full));
            }
            appended.push(Appended { partition: slot.partition, offset });
        }
        self.placed.push(Placed { appended, reply });
    }

    /// Writes the group as one durable change, tells the readers, and answers.
    fn write(self, shared: &Arc<Shared>, room: Room) {
        let mut pending = Vec::with_capacity(self.values.len());
        let mut written = Vec::with_capacity(self.values.len());
        let mut last: Option<Slot> = None;
        let mut values = self.values;
        values.sort_by_key(|(slot, base, _)| (*slot, *base));
        for (slot, base, builder) in values {
            let (count, bytes) = (builder.count(), builder.len());
            // At most one entry of the time index a partition and group: all values of a group have one append time.
            let index = if last == Some(slot) { None } else { shared.partition(slot).times.due(base) };
            last = Some(slot);
            pending.push(Pending { slot, base, count, bytes, index });
            written.push(builder.finish().into());
        }
        let outcome = attempt(shared, &pending, &written, &self.commits);
        if let Ok(written) = &outcome {
            let mut topics = Vec::new();
            for value in &pending {
                if matches!(written, Written::Now) {
                    let mut partition = shared.partition(value.slot);
                    partition.next = value.base + u64::from(value.count);
                    partition.times.note(value.index, self.append_time_ms, value.bytes);
                }
                topics.push(value.slot.topic);
            }
            topics.dedup();
            for topic in topics {
                shared.news[topic as usize].send_replace(());
            }
        }
        // Whoever has an answer finds the room of its request free.
        drop(room);
        // A caller that no longer waits has gone; its records are in.
        for placed in self.placed {
            let _ = placed.reply.send(outcome.clone().map(|_| placed.appended).map_err(Into::into));
        }
        for reply in self.commit_replies {
            let _ = reply.send(outcome.clone().map(|_| ()).map_err(Into::into));
        }
    }
}

/// Why a group was not written, or may not have been.
#[derive(Debug, Clone)]
enum Failure {
    Full(String),
    Away(String),
    Ambiguous(String),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Full(why) => Error::Full(why),
            Failure::Away(why) => Error::Away(why),
            Failure::Ambiguous(why) => Error::Ambiguous(why),
        }
    }
}

/// How a group came to be in the store.
#[derive(Debug, Clone, Copy)]
enum Written {
    /// Just so.
    Now,
    /// The write failed, but it was found when the store was opened again; where partitions stand was learned from it then.
    FoundAfterReopening,
}

/// Writes the change. If the store fails, it is opened again, which shows whether the change is in it.
fn attempt(
    shared: &Shared,
    pending: &[Pending],
    written: &[Bytes],
    commits: &[(String, Slot, Commit)],
) -> Result<Written, Failure> {
    let try_once = || {
        shared.write(|store| {
            let mut change = store.change();
            for (value, stored) in pending.iter().zip(written) {
                change.append(value.slot, value.base, stored.clone());
                if let Some(entry) = value.index {
                    change.index(value.slot, entry);
                }
            }
            for (group, slot, commit) in commits {
                change.set_commit(group, *slot, commit);
            }
            change.commit()
        })
    };
    let Err(error) = try_once() else { return Ok(Written::Now) };
    tracing::warn!(%error, "the journal's store failed; opening it again");
    shared.reopen().map_err(|reopening| Failure::Ambiguous(format!("{error}, and then: {reopening}")))?;
    if !matches!(error, fjall::Error::Poisoned) {
        return settle(shared, pending, commits, &error);
    }
    // Refused before anything was written, by a store that had failed in the background before.
    try_once().map(|()| Written::Now).map_err(|error| Failure::Ambiguous(error.to_string()))
}

/// After a failed write and a good start: looks whether the change is there. It is there as a whole or not at all.
fn settle(
    shared: &Shared,
    pending: &[Pending],
    commits: &[(String, Slot, Commit)],
    error: &fjall::Error,
) -> Result<Written, Failure> {
    let is_in = match (pending.first(), commits.last()) {
        (Some(value), _) => shared.offsets(value.slot).next > value.base,
        (None, Some((group, slot, commit))) => {
            let held = shared.with_store(|store| store.committed(group, *slot));
            held.is_ok_and(|held| held.as_ref() == Some(commit))
        }
        (None, None) => true,
    };
    if is_in {
        Ok(Written::FoundAfterReopening)
    } else if is_out_of_space(error) {
        Err(Failure::Full(format!("the disk of {} is full", shared.dir.display())))
    } else {
        Err(Failure::Away(error.to_string()))
    }
}

/// Answers that nothing could be done.
fn refuse(requests: Vec<Request>, why: &str) {
    let away = || Error::Away(why.to_owned());
    for request in requests {
        // A caller that no longer waits needs no answer.
        match request {
            Request::Append { reply, .. } => drop(reply.send(Err(away()))),
            Request::Commit { reply, .. } => drop(reply.send(Err(away()))),
            Request::Retain { reply } => drop(reply.send(Err(away()))),
        }
    }
}

fn is_out_of_space(error: &fjall::Error) -> bool {
    let error = match error {
        fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) => error,
        _ => return false,
    };
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

impl Shared {
    /// What an append would meet now.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.is_closed() {
            return Err(Error::Away("its store failed and is opened again at the next append".to_owned()));
        }
        self.lacks_space().map_or(Ok(()), |why| Err(Error::Full(why)))
    }

    /// Why no record can be taken now for lack of space on the disk.
    fn lacks_space(&self) -> Option<String> {
        match (self.options.free_space)(&self.dir) {
            Ok(free) if free < self.options.reserve_bytes => Some(format!(
                "{free} bytes are free on the disk of {}, and {} are kept in reserve; free some space",
                self.dir.display(),
                self.options.reserve_bytes
            )),
            Ok(_) => None,
            Err(error) => {
                // Not knowing is no reason to refuse: a full disk shows when it is written to.
                tracing::debug!(%error, "free space is not known");
                None
            }
        }
    }
}

/// Whether a record can be stored, checked before it is queued.
pub(super) fn check(records: &[NewRecord]) -> Result<usize, Error> {
    if let Some(record) = records.iter().find(|record| !batch::fits(record)) {
        return Err(Error::Unusable(format!(
            "a record of {} bytes is larger than the {} bytes that the journal takes",
            batch::encoded_len(record),
            super::RECORD_BYTES_MAX
        )));
    }
    Ok(records.iter().map(batch::encoded_len).sum())
}
