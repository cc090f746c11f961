//! Taking a partition over: at start, at a record memory does not reach, after a failed read-back. One recovery path.

use delivery::{AppendTime, Frontier, ResumeFacts, StretchFacts, resume, stretch_start};
use journal::{Commit, Offsets, ReadLimit, Record, Topic};
use warehouse::AnchorRow;

use crate::flush::{Reach, consult, persist};
use crate::{Deps, Error, PartitionFold, derive};

const ONE: ReadLimit = ReadLimit { records: 1, bytes: 1 };

/// A partition as its owner holds it.
#[derive(Debug)]
pub(crate) enum Owned {
    /// Nothing lies at or after the sealed position: there is nothing to rebuild until a record comes.
    AtEnd {
        /// Offset the next record will get.
        next_offset: u64,
    },
    /// Memory is being rebuilt, or live, from the fold's next read.
    Folding {
        /// Its memory.
        fold: Box<PartitionFold>,
        /// Next offset to read.
        next_offset: u64,
    },
}

impl Owned {
    /// Everything before it was sealed when the partition was taken over, or has been since.
    pub(crate) fn sealed(&self) -> u64 {
        match self {
            Owned::AtEnd { next_offset } => *next_offset,
            Owned::Folding { fold, .. } => fold.frontier().sealed_position(),
        }
    }

    /// Next offset as far as memory goes.
    pub(crate) fn folded_to(&self) -> u64 {
        match self {
            Owned::AtEnd { next_offset } => *next_offset,
            Owned::Folding { fold, .. } => fold.frontier().next_offset(),
        }
    }
}

/// A partition that was taken over.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) owned: Owned,
    /// Whether the record that the warehouse remembers is in the journal; it may remember none, or one that retention took.
    pub(crate) is_proved: bool,
    /// Next offset of the group's commit, within the log; where the log begins if there is none.
    pub(crate) committed: u64,
}

/// A record that memory does not reach.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutOfReach {
    /// Its offset.
    pub(crate) offset: u64,
    /// Where its stretch must begin.
    pub(crate) stretch: AppendTime,
}

/// Takes a partition over, at a record if one asked for it.
pub(crate) async fn take_over(deps: &Deps, partition: u16, at: Option<OutOfReach>) -> Result<Taken, Error> {
    let journal = &deps.journal;
    let held = consult("look the log up", || journal.offsets(Topic::Events, partition)).await?;
    let look_up = || journal.committed(&deps.options.group, Topic::Events, partition);
    let commit = consult("look the commit up", look_up).await?;
    let committed = commit.as_ref().map_or(held.first, |commit| commit.next_offset.clamp(held.first, held.next));
    deps.status.update(partition, |known| known.committed = Some(committed));
    let is_proved = prove_incarnation(deps, partition, held).await?;
    let owned = resume_at(deps, partition, (held, commit), at).await?;
    Ok(Taken { owned, is_proved, committed })
}

/// Finds where to begin.
async fn resume_at(
    deps: &Deps,
    partition: u16,
    (held, committed): (Offsets, Option<Commit>),
    at: Option<OutOfReach>,
) -> Result<Owned, Error> {
    let journal = &deps.journal;
    let facts = ResumeFacts {
        committed: committed.as_ref().map(|commit| commit.next_offset),
        committed_sealed: committed.as_ref().and_then(|commit| commit.metadata.parse().ok()),
        warehouse_sealed: persist("read the sealed position", || deps.sink.sealed(deps.options.generation, partition))
            .await?,
        log_first: held.first,
    };
    let resume = resume(facts);
    if resume.sealed >= held.next {
        let sealed = resume.sealed;
        let reach = Reach { partition, next_offset: sealed, commit: sealed, sealed, append_ms: 0, tenure: None };
        derive::publish(deps, std::iter::once(&reach)).await?;
        return Ok(Owned::AtEnd { next_offset: resume.sealed });
    }
    let settings = deps.options.settings;
    let refused = |refusal| Error::Refused { partition, refusal };
    if held.first > resume.sealed {
        return Err(refused(delivery::Refusal::UnsealedGone { sealed: resume.sealed, log_first: held.first }));
    }
    let unsealed = append_time(deps, partition, resume.sealed).await?;
    let own = settings.stretch_time(unsealed);
    let time = at.map_or(own, |at| at.stretch.min(own));
    let look_up = || journal.offset_for_time(Topic::Events, partition, time.0);
    let first_at_time = consult("look an offset up", look_up).await?;
    let facts = StretchFacts {
        time,
        first_at_time: first_at_time.unwrap_or(resume.sealed),
        log_first: held.first,
        log_first_time: append_time(deps, partition, held.first).await?,
        forgotten_before: AppendTime(deps.options.retention_ms.map_or(i64::MIN, |kept| (deps.clock)() - kept)),
    };
    let start = stretch_start(facts, resume).map_err(refused)?;
    let live_from = at.map_or(resume.sealed, |at| at.offset);
    let frontier = Frontier::new(settings, start.floor, resume.sealed, live_from);
    tracing::info!(
        partition,
        sealed = resume.sealed,
        commit = resume.commit,
        from = start.offset,
        "partition taken over"
    );
    let fold = Box::new(PartitionFold::new(partition, settings, frontier).committed_to(resume.commit));
    Ok(Owned::Folding { fold, next_offset: start.offset })
}

async fn append_time(deps: &Deps, partition: u16, from: u64) -> Result<AppendTime, Error> {
    let first = first_record(deps, partition, from).await?;
    Ok(AppendTime(first.map_or(i64::MAX, |record| record.append_time_ms)))
}

async fn first_record(deps: &Deps, partition: u16, from: u64) -> Result<Option<Record>, Error> {
    let records = consult("read", || deps.journal.read(Topic::Events, partition, from, ONE)).await?;
    Ok(records.into_iter().next())
}

/// Compares the record that the warehouse remembers with the one the journal holds at that offset; whether there was one to
/// compare.
async fn prove_incarnation(deps: &Deps, partition: u16, held: Offsets) -> Result<bool, Error> {
    let generation = deps.options.generation;
    let anchor = persist("read the remembered record", || deps.sink.anchor(generation, partition)).await?;
    let reached = persist("read how far the figures reach", || deps.sink.reached(generation, partition)).await?;
    let other = |reason: String| Error::OtherJournal { partition, reason };
    // Only durable records are read, so figures never reach beyond the journal they were made from.
    if let Some(reached) = reached.filter(|reached| *reached > held.next) {
        return Err(other(format!("it ends at offset {}, and the figures reach to {reached}", held.next)));
    }
    let Some(anchor) = anchor.filter(|anchor| anchor.offset >= held.first) else { return Ok(false) };
    let Some(record) = first_record(deps, partition, anchor.offset).await? else {
        return Err(other(format!("it ends before offset {}, which was committed", anchor.offset)));
    };
    let found = anchor_of(deps.options.generation, partition, &record);
    if found == anchor { Ok(true) } else { Err(other(format!("the record at offset {} differs", anchor.offset))) }
}

/// What is remembered of a record.
pub(crate) fn anchor_of(generation: u32, partition: u16, record: &Record) -> AnchorRow {
    let mut content = record.key.to_vec();
    content.extend_from_slice(&record.value);
    let crc = (cityhash_rs::cityhash_102_128(&content) & u128::from(u32::MAX)) as u32;
    AnchorRow { generation, partition, offset: record.offset, append_time: record.append_time_ms, crc }
}

/// Remembers the record at `offset`, if the journal still holds it: a seal that does not advance may come long after it.
pub(crate) async fn remember(deps: &Deps, partition: u16, offset: u64) -> Result<(), Error> {
    let record = match first_record(deps, partition, offset).await {
        Ok(Some(record)) => record,
        Ok(None) | Err(Error::Journal(journal::Error::OffsetGone { .. })) => return Ok(()),
        Err(error) => return Err(error),
    };
    let row = anchor_of(deps.options.generation, partition, &record);
    persist("remember a record", || deps.sink.write_anchors(std::slice::from_ref(&row))).await
}
