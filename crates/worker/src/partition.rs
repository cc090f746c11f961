//! A partition's memory: identities, open counters and the frontier. All of it is rebuilt from a stretch of the journal.

use std::collections::{BTreeMap, HashMap};

use delivery::{AppendTime, Context, Frontier, Identity, Segment, Settings, Sighting};
use event::Schemas;
use foldhash::fast::FixedState;
use journal::Record;
use rollup::Role;
use warehouse::{Batch, CountKey, CountRow, MinuteKey, MinuteRow, SegmentRows, offset_hash};

use crate::batch::Rows;
use crate::letter::Letter;
use crate::pipeline::{self, At, Counted, Outcome};
use crate::symbols::{Symbol, Symbols};

/// Which fold made a row: precedes the offset in `ver`, so that a corrected fold wins over an older one's rows.
const FOLD: u64 = 2;
const FOLD_SHIFT: u32 = 52;

/// Key of a counter within its segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct CountCell {
    project: Symbol,
    environment: Symbol,
    bucket: u32,
    role: Role,
    content_type: Symbol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct MinuteCell {
    project: Symbol,
    environment: Symbol,
    minute: u32,
}

/// A sum over a segment's records so far, and the last of them that changed it.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    messages: u64,
    last_offset: u64,
    dirty: bool,
}

impl Sum {
    fn ver(self) -> u64 {
        (FOLD << FOLD_SHIFT) | self.last_offset
    }
}

#[derive(Debug, Default)]
struct OpenSegment {
    /// Number of the records that count, and what their offsets come to.
    rows: u64,
    digest: u64,
    counts: HashMap<CountCell, Sum, FixedState>,
    minutes: HashMap<MinuteCell, Sum, FixedState>,
    /// Number of dead letters, and what their offsets come to.
    letters: u64,
    letters_digest: u64,
}

/// What a record led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It is folded.
    Folded,
    /// Memory does not reach far enough back to judge it: take the partition over at it (R3).
    OutOfReach,
}

/// The memory of one partition.
#[derive(Debug)]
pub struct PartitionFold {
    id: u16,
    settings: Settings,
    context: Context,
    frontier: Frontier,
    segments: BTreeMap<Segment, OpenSegment>,
    symbols: Symbols,
    /// Rows are written for records from here on; before it, they are proved.
    output_from: u64,
    /// Dead letters go to their topic for records from here on: those before are there.
    letters_from: u64,
    schemas: Schemas,
    last_append_ms: i64,
}

impl PartitionFold {
    /// Memory before the first record of a stretch.
    pub fn new(id: u16, settings: Settings, frontier: Frontier) -> PartitionFold {
        let output_from = frontier.sealed_position();
        PartitionFold {
            id,
            settings,
            context: Context::default(),
            frontier,
            segments: BTreeMap::new(),
            symbols: Symbols::default(),
            output_from,
            letters_from: output_from,
            schemas: Schemas::default(),
            last_append_ms: 0,
        }
    }

    /// The same, where everything before `committed` was flushed, its dead letters to their topic among it.
    pub fn committed_to(mut self, committed: u64) -> PartitionFold {
        self.letters_from = committed;
        self
    }

    /// Reads later records by these schemas.
    pub fn read_by(&mut self, schemas: &Schemas) {
        self.schemas = schemas.clone();
    }

    /// Folds a record; its rows go into `rows` unless it lies before the sealed position.
    pub fn apply(&mut self, record: &Record, rows: &mut Rows) -> Applied {
        let at = AppendTime(record.append_time_ms);
        let (output, judged) = (record.offset >= self.output_from, self.frontier.can_judge(at));
        if output && !judged {
            return Applied::OutOfReach;
        }
        self.frontier.advance(record.offset, at);
        self.last_append_ms = record.append_time_ms;
        if output {
            rows.records += 1;
            rows.bytes += record.value.len();
        }
        match &mut pipeline::read(record, &self.schemas) {
            Outcome::Counts(counted) => {
                let sighting = self.context.sight(Identity(counted.identity()), at, &self.settings);
                // A record below reach is context for later ones alone: a sum over a segment whose own context is not in
                // memory would be another sum under an equal version.
                match sighting {
                    Sighting::First if judged => self.count(record, counted, output.then_some(rows)),
                    Sighting::First => {}
                    Sighting::Duplicate => crate::metrics::duplicate(),
                }
            }
            Outcome::DeadLetter(letter) if judged => self.keep(record, letter, output.then_some(rows)),
            Outcome::DeadLetter(_) => {}
        }
        Applied::Folded
    }

    /// Keeps a dead letter.
    fn keep(&mut self, record: &Record, letter: &Letter, rows: Option<&mut Rows>) {
        let segment = self.settings.segment_of(AppendTime(record.append_time_ms));
        let open = self.segments.entry(segment).or_default();
        open.letters += 1;
        open.letters_digest ^= offset_hash(record.offset);
        let Some(rows) = rows else { return };
        rows.batch.dead_letters.push(letter.row(self.id, record));
        if record.offset >= self.letters_from {
            rows.letters.push(letter.record(self.id, record));
            crate::metrics::dead_letter();
        }
    }

    fn count(&mut self, record: &Record, counted: &mut Counted<'_>, rows: Option<&mut Rows>) {
        let segment = self.settings.segment_of(AppendTime(record.append_time_ms));
        let open = self.segments.entry(segment).or_default();
        open.rows += 1;
        open.digest ^= offset_hash(record.offset);
        let adds = counted.contribution();
        if let Some(message) = &adds.message {
            let (project, environment) = (self.symbols.of(counted.project()), self.symbols.of(counted.environment()));
            let content_type = self.symbols.of(message.content_type);
            let cell = CountCell { project, environment, bucket: message.bucket_s, role: message.role, content_type };
            add(&mut open.counts, cell, record.offset);
            add(&mut open.minutes, MinuteCell { project, environment, minute: message.minute_s }, record.offset);
        }
        let notice = counted.notice();
        let Some(rows) = rows else {
            notice.into_iter().for_each(|letter| self.keep(record, &letter, None));
            return;
        };
        if !counted.has_key(&record.key) {
            crate::metrics::misrouted();
        }
        let at = At { partition: self.id, segment, record };
        counted.write(&adds, at, rows);
        let is_message = adds.message.is_some();
        let raw = counted.take_raw(at, is_message, &mut rows.json);
        rows.batch.flags.extend(raw.flag_row());
        rows.batch.raw.push(raw);
        notice.into_iter().for_each(|letter| self.keep(record, &letter, Some(rows)));
    }

    /// Puts the counters that changed since the last call into a batch, whole.
    pub fn take_changed(&mut self, batch: &mut Batch) {
        for (segment, open) in &mut self.segments {
            let at = Place { partition: self.id, segment: segment.start_seconds(), symbols: &self.symbols };
            let counts = changed(&mut open.counts);
            batch.counts.extend(counts.into_iter().map(|(cell, sum)| at.count_row(cell, sum)));
            let minutes = changed(&mut open.minutes);
            batch.minutes.extend(minutes.into_iter().map(|(cell, sum)| at.minute_row(cell, sum)));
        }
    }

    /// What the warehouse must hold of a segment.
    pub fn expected(&self, segment: Segment) -> SegmentRows {
        let mut expected = SegmentRows {
            partition: self.id,
            segment: segment.start_seconds(),
            ends_ms: (i64::from(segment.start_seconds()) * 1_000).saturating_add(self.settings.segment_ms),
            next_offset: self.frontier.next_offset(),
            ..Default::default()
        };
        let Some(open) = self.segments.get(&segment) else { return expected };
        let at = Place { partition: self.id, segment: segment.start_seconds(), symbols: &self.symbols };
        (expected.rows, expected.digest) = (open.rows, open.digest);
        (expected.letters, expected.letters_digest) = (open.letters, open.letters_digest);
        expected.counts = sorted(open.counts.iter().map(|(cell, sum)| (at.count_key(*cell), sum.ver())));
        expected.minutes = sorted(open.minutes.iter().map(|(cell, sum)| (at.minute_key(*cell), sum.ver())));
        expected
    }

    /// Whether no row has come to a segment since `expected` was noted of it.
    pub fn is_still(&self, segment: Segment, expected: &SegmentRows) -> bool {
        let held = self.segments.get(&segment).map_or((0, 0, 0), |open| (open.rows, open.digest, open.letters));
        held == (expected.rows, expected.digest, expected.letters)
    }

    /// Records that `segments` were read back whole as of `proved_to`; forgets what can no longer change. Returns the new sealed
    /// position.
    pub fn seal(&mut self, segments: &[Segment], proved_to: u64) -> u64 {
        let sealed = self.frontier.seal(segments, proved_to);
        if let Some(oldest) = self.frontier.evict() {
            self.context.forget_below(oldest, &self.settings);
            self.segments = self.segments.split_off(&oldest);
        }
        sealed
    }

    /// The frontier.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Partition number.
    pub fn id(&self) -> u16 {
        self.id
    }

    /// Append time of the last record folded, milliseconds.
    pub fn last_append_ms(&self) -> i64 {
        self.last_append_ms
    }

    /// Number of identities held.
    pub fn identities(&self) -> usize {
        self.context.len()
    }

    /// What later records of `segment` or after it can meet in memory: two folds that agree on it behave alike.
    pub fn snapshot(&self, segment: Segment) -> Snapshot {
        Snapshot {
            identities: self.context.relevant(segment, &self.settings),
            segments: self.segments.keys().filter(|key| **key >= segment).map(|key| self.expected(*key)).collect(),
            next_offset: self.frontier.next_offset(),
        }
    }
}

/// The part of a partition's memory that decides about records of a segment and all later ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Identities and their last append times, sorted.
    pub identities: Vec<(Identity, AppendTime)>,
    /// Open segments with their rows.
    pub segments: Vec<SegmentRows>,
    /// Next offset to read.
    pub next_offset: u64,
}

struct Place<'s> {
    partition: u16,
    segment: u32,
    symbols: &'s Symbols,
}

impl Place<'_> {
    fn count_key(&self, cell: CountCell) -> CountKey {
        CountKey {
            project: self.symbols.name(cell.project).to_owned(),
            environment: self.symbols.name(cell.environment).to_owned(),
            bucket: cell.bucket,
            role: cell.role.name().to_owned(),
            content_type: self.symbols.name(cell.content_type).to_owned(),
        }
    }

    fn count_row(&self, cell: CountCell, sum: Sum) -> CountRow {
        let CountKey { project, environment, bucket, role, content_type } = self.count_key(cell);
        let (partition, segment) = (self.partition, self.segment);
        let (messages, ver) = (sum.messages, sum.ver());
        CountRow { project, environment, bucket, role, content_type, partition, segment, messages, ver }
    }

    fn minute_key(&self, cell: MinuteCell) -> MinuteKey {
        MinuteKey {
            project: self.symbols.name(cell.project).to_owned(),
            environment: self.symbols.name(cell.environment).to_owned(),
            minute: cell.minute,
        }
    }

    fn minute_row(&self, cell: MinuteCell, sum: Sum) -> MinuteRow {
        let MinuteKey { project, environment, minute } = self.minute_key(cell);
        let (partition, segment) = (self.partition, self.segment);
        MinuteRow { project, environment, minute, partition, segment, messages: sum.messages, ver: sum.ver() }
    }
}

fn add<K: Eq + std::hash::Hash>(sums: &mut HashMap<K, Sum, FixedState>, key: K, offset: u64) {
    let sum = sums.entry(key).or_default();
    sum.messages += 1;
    sum.last_offset = offset;
    sum.dirty = true;
}

fn changed<K: Copy + Ord>(sums: &mut HashMap<K, Sum, FixedState>) -> Vec<(K, Sum)> {
    let dirty = sums.iter_mut().filter(|(_, sum)| sum.dirty);
    sorted(dirty.map(|(key, sum)| {
        sum.dirty = false;
        (*key, *sum)
    }))
}

fn sorted<K: Ord, V>(pairs: impl Iterator<Item = (K, V)>) -> Vec<(K, V)> {
    let mut pairs: Vec<(K, V)> = pairs.collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs
}
