//! One random schedule: a journal, a warehouse, workers that come and go, and what the figures must be in the end.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use delivery::Settings;
use event::Event;
use journal::{Commit, Journal, NewRecord, ReadLimit, Topic};
use testkit::{
    Fault, Faults, MemoryJournal, MemoryOptions, MemoryWarehouse, Operation, Planned, Random, RawKey, is_flag,
    is_identity, is_request, stream,
};
use warehouse::{ConversationKey, RawRow, StateRow};
use worker::{Deps, Error, Options, Status};

use crate::decisions::Decided;
use crate::figures::{expected_figures, figures};
use crate::seams::{Tokens, Without, journal_without, sink_without};

const SETTINGS: Settings = Settings { segment_ms: 10_000, horizon_ms: 25_000, grace_ms: 3_000 };
pub(crate) const GROUP: &str = "simulated";
const START_MS: i64 = 1_700_000_000_000;
/// The journal's clock is never further behind the producers': the seal allows for no more.
const CLOCK_LAG_MS: i64 = 5 * 60_000;
/// A quarter of the schedules have a journal that forgets.
const RETENTION_MS: i64 = 80_000;

/// A schedule in the making.
pub(crate) struct World {
    pub(crate) random: Random,
    seed: u64,
    without: Option<Without>,
    pub(crate) journal: MemoryJournal,
    /// Partitions of the events topic.
    pub(crate) partitions: u16,
    /// The warehouse keeps what it acknowledges.
    pub(crate) lossless: bool,
    pub(crate) warehouse: Arc<MemoryWarehouse>,
    tokens: Tokens,
    /// The clock of producers and workers; the journal's own falls behind it at every step back.
    wall_ms: Arc<AtomicI64>,
    retention_ms: Option<i64>,
    /// The event time of each event; None for those that have that of their arrival.
    times: Vec<Option<i64>>,
    /// Each event as the journal took it first. A later copy may have an earlier append time, if the clock stepped back, but
    /// then it does not count (R1): of those that count the first is the smallest.
    taken: BTreeMap<String, Vec<u8>>,
    /// What the journal took that is no event.
    nonsense: BTreeSet<(String, u16, u64)>,
    /// What each worker says of itself.
    statuses: RefCell<Vec<Status>>,
    /// How chats are cut, and when that is decided anew: by numbers of its own, so that the rest of a schedule stays as it is.
    decided: Decided,
    deciding: Random,
    /// Retention cut what a worker needed, and the worker said so.
    refused: bool,
}

impl World {
    pub(crate) fn new(seed: u64, without: Option<Without>) -> World {
        World::with_partitions(seed, without, 2)
    }

    pub(crate) fn with_partitions(seed: u64, without: Option<Without>, partitions: u16) -> World {
        // In a third of the schedules a stretch takes longer to read than the worker waits between two tries to seal.
        let read_ms = if seed % 3 == 2 { 300 } else { 0 };
        let options = MemoryOptions { event_partitions: partitions, start_ms: START_MS, read_ms };
        World {
            random: Random::new(seed),
            seed,
            without,
            journal: MemoryJournal::new(options),
            partitions,
            lossless: false,
            // In others the proof of a seal takes so long that much happens beside it.
            warehouse: Arc::new(MemoryWarehouse::slow(if seed % 4 == 2 { 150 } else { 0 })),
            tokens: Arc::default(),
            wall_ms: Arc::new(AtomicI64::new(START_MS)),
            retention_ms: (seed % 4 == 3).then_some(RETENTION_MS),
            times: Vec::new(),
            taken: BTreeMap::new(),
            nonsense: BTreeSet::new(),
            statuses: RefCell::default(),
            decided: Decided::default(),
            deciding: Random::new(!seed),
            refused: false,
        }
    }

    fn deps(&self) -> Deps {
        self.deps_on(self.journal.clone())
    }

    /// What a worker is given that sees the journal like this.
    pub(crate) fn deps_on(&self, journal: MemoryJournal) -> Deps {
        let wall = Arc::clone(&self.wall_ms);
        let known = self.without != Some(Without::Retention);
        let status = Status::default();
        self.statuses.borrow_mut().push(status.clone());
        Deps {
            journal: journal_without(self.without, journal),
            sink: sink_without(self.without, Arc::clone(&self.warehouse), Arc::clone(&self.tokens)),
            registry: None,
            erasures: None,
            idle: self.decided.seen("p"),
            clock: Arc::new(move || wall.load(Ordering::Relaxed)),
            options: Options {
                settings: SETTINGS,
                group: GROUP.to_owned(),
                flush_rows: 7,
                flush_bytes: 900,
                read: ReadLimit { records: if self.seed % 3 == 2 { 1 } else { 5 }, bytes: 1 << 20 },
                idle_seal_after: Duration::from_secs(3),
                retention_ms: self.retention_ms.filter(|_| known),
                takeovers_at_once: 1 + (self.seed % 2) as usize,
                resident_events: if self.seed % 2 == 1 { 2 } else { 100_000 },
                ..Options::default()
            },
            status,
        }
    }

    /// The journal keeps everything.
    pub(crate) fn forgets_nothing(&mut self) {
        self.retention_ms = None;
    }

    fn number(&mut self, below: u64) -> i64 {
        i64::try_from(self.random.below(below)).expect("small")
    }

    fn pass_ms(&self, by_ms: i64) {
        self.wall_ms.fetch_add(by_ms, Ordering::Relaxed);
        self.journal.advance_ms(by_ms);
    }

    /// Appends a few events: new ones, late ones, and copies of any earlier one, while the append clock moves, also back.
    pub(crate) async fn produce(&mut self) {
        let pauses_up_to_ms = [0, 1_000, 6_000][self.random.below(3) as usize];
        for _ in 0..self.random.below(12) {
            if pauses_up_to_ms > 0 {
                tokio::time::sleep(Duration::from_millis(self.random.below(pauses_up_to_ms))).await;
            }
            let step = self.number(4_000);
            self.pass_ms(step);
            // Not so far that the journal's clock runs behind the gateway's for more than clocks may differ.
            let behind_ms = self.wall_ms.load(Ordering::Relaxed) - self.journal.now_ms();
            if self.random.chance(if self.seed % 5 >= 3 { 20 } else { 4 }) && behind_ms < 200_000 {
                let back = self.number(40_000);
                let lag = self.wall_ms.load(Ordering::Relaxed) - self.journal.now_ms();
                if lag + back < CLOCK_LAG_MS {
                    self.journal.advance_ms(-back);
                }
            }
            if self.deciding.chance(3) {
                let seconds = 30 + u32::try_from(self.deciding.below(300)).expect("small");
                self.decided.decide(seconds);
            }
            if self.random.chance(5) {
                self.append_nonsense().await;
                continue;
            }
            let is_copy = !self.times.is_empty() && self.random.chance(35);
            let id = if is_copy { self.random.below(self.times.len() as u64) } else { self.new_event() };
            self.append(id).await;
        }
    }

    /// An event that happened long ago, or just now, or that does not know when.
    fn new_event(&mut self) -> u64 {
        let id = self.times.len() as u64;
        let now = self.wall_ms.load(Ordering::Relaxed);
        self.times.push(match self.random.below(6) {
            0 => None,
            1 | 2 => Some(now),
            _ => Some(START_MS - i64::try_from(id % 40).expect("small") * 45_000),
        });
        id
    }

    async fn append(&mut self, id: u64) {
        let time = self.times[usize::try_from(id).expect("small")];
        let now = self.wall_ms.load(Ordering::Relaxed);
        let stream::Encoded { key, value } = stream::event_received(self.seed, id, time, now);
        let record = NewRecord { key: key.into(), value: value.clone().into(), headers: Vec::new() };
        self.journal.append(Topic::Events, vec![record]).await.expect("no fault is planned for appends");
        self.taken.entry(format!("e{id}")).or_insert(value);
    }

    /// Appends what is no event: a letter that will be dead.
    async fn append_nonsense(&mut self) {
        let key = format!("{}", self.random.below(5)).into_bytes();
        let record = NewRecord { key: key.into(), value: "letter".into(), headers: Vec::new() };
        let appended = self.journal.append(Topic::Events, vec![record]).await.expect("no fault is planned for appends");
        self.nonsense.extend(appended.iter().map(|at| (Topic::Events.name().to_owned(), at.partition, at.offset)));
    }

    pub(crate) fn plan_faults(&mut self, deadly: bool) {
        let count = self.random.below(5);
        let faults = (0..count).map(|_| {
            let after = self.random.below(40);
            let at = match self.random.below(6) {
                0 => Some(Operation::Flush),
                1 => Some(Operation::States),
                2 => Some(Operation::Correct),
                _ => None,
            };
            let fault = match self.random.below(if deadly { 8 } else { 4 }) {
                0 => Fault::Refuse,
                1 => Fault::LoseAnswer,
                2 | 3 if self.acknowledged_is_there() => Fault::Refuse,
                2 => Fault::LoseRows,
                3 => Fault::LoseTable(u8::try_from(self.random.below(7)).expect("small")),
                4 => Fault::HangBefore,
                5 => Fault::HangBetween,
                6 => Fault::HangThenDone,
                _ => Fault::HangAfter,
            };
            Planned { after, at, fault }
        });
        let faults: Vec<_> = faults.collect();
        self.warehouse.plan(faults);
        let mut commits = || u32::from(self.random.chance(10));
        let (commit_ambiguous_lost, commit_ambiguous_taken) = (commits(), commits());
        self.journal.set_faults(Faults { commit_ambiguous_lost, commit_ambiguous_taken, ..Faults::default() });
    }

    /// In a sixth of the schedules no acknowledged insert is lost.
    fn acknowledged_is_there(&self) -> bool {
        self.lossless || self.seed.is_multiple_of(6)
    }

    pub(crate) fn reset_commits(&mut self) {
        let partition = self.random.below(u64::from(self.partitions)) as u16;
        let held = self.journal.records(Topic::Events)[usize::from(partition)].last().map_or(0, |last| last.offset + 1);
        let next_offset = self.random.below(held + 1);
        let metadata =
            if self.random.chance(50) { String::new() } else { self.random.below(next_offset + 1).to_string() };
        let trusted = metadata.parse().is_ok_and(|sealed: u64| sealed <= self.sealed(partition));
        // Where nobody remembers a sealed position, the start of the log is one: not so if the log has forgotten its start.
        let remembered = self.retention_ms.is_none() || self.sealed(partition) > 0;
        if (metadata.is_empty() && remembered) || trusted {
            self.journal.force_commit(GROUP, Topic::Events, partition, Some(Commit { next_offset, metadata }));
        }
    }

    /// While nobody works, time passes, and the journal forgets what is older than its retention. Not where no worker ever
    /// committed: a log that was cut before anyone saw it cannot be told from one that a new installation finds.
    async fn rest(&mut self) {
        let Some(retention_ms) = self.retention_ms else { return };
        let slept = if self.random.chance(10) { 200_000 } else { self.number(15_000) };
        self.pass_ms(slept);
        let forgotten_before = self.journal.now_ms() - retention_ms;
        for (partition, records) in (0..).zip(self.journal.records(Topic::Events)) {
            let kept = records.iter().find(|record| record.append_time_ms >= forgotten_before);
            let end = records.last().map_or(0, |last| last.offset + 1);
            let committed = self.journal.committed(GROUP, Topic::Events, partition).await.expect("no fault is planned");
            if committed.is_none() {
                continue;
            }
            self.journal.cut(Topic::Events, partition, kept.map_or(end, |record| record.offset));
        }
    }

    fn sealed(&self, partition: u16) -> u64 {
        self.warehouse.tables().sealed.get(&partition).copied().unwrap_or(0)
    }

    /// One incarnation: one worker, sometimes two, killed at a hang, at some instant, or shut down.
    pub(crate) async fn incarnation(&mut self) {
        self.plan_faults(true);
        let doubled = self.random.chance(25);
        let lives_ms = self.random.below(9_000);
        let graceful = self.random.chance(20);
        let shutdown = move || async move {
            let millis = if graceful { lives_ms / 2 } else { 1_000_000_000 };
            tokio::time::sleep(Duration::from_millis(millis)).await;
        };
        let work = || Box::pin(worker::run(self.deps(), shutdown()));
        let (first, second) = (work(), work());
        let warehouse = Arc::clone(&self.warehouse);
        let produce = async {
            self.produce().await;
            tokio::time::sleep(Duration::from_millis(lives_ms)).await;
        };
        let ended = tokio::select! {
            biased;
            () = warehouse.hung() => Ok(()),
            () = produce => Ok(()),
            outcome = first => outcome,
            outcome = second, if doubled => outcome,
        };
        self.ended(ended);
    }

    /// Whether a worker says that it leaves a partition as it is.
    fn leaves_a_partition(&self) -> bool {
        let statuses = self.statuses.borrow();
        statuses.iter().any(|status| status.partitions().values().any(|known| known.refused.is_some()))
    }

    /// A worker ends only when it is told to, or because retention cut what it needs of every partition.
    fn ended(&mut self, outcome: Result<(), Error>) {
        match outcome {
            Ok(()) if self.leaves_a_partition() => {
                assert!(self.retention_ms.is_some(), "a partition is refused, and nothing was forgotten");
                self.refused = true;
            }
            Ok(()) => {}
            Err(Error::Refused { .. }) if self.retention_ms.is_some() => self.refused = true,
            Err(error) => panic!("the worker stopped: {error:?}"),
        }
    }

    /// Puts another journal in the place of the one that the warehouse was filled from: an empty one, or one of other records.
    pub(crate) async fn exchange_journal(&mut self, empty: bool) {
        let (now, records) = (self.journal.now_ms(), self.journal.records(Topic::Events));
        self.journal = MemoryJournal::new(MemoryOptions { event_partitions: 2, start_ms: now, read_ms: 0 });
        for record in records.into_iter().flatten().filter(|_| !empty) {
            let value = [record.value.as_ref(), b"other"].concat().into();
            let other = NewRecord { key: record.key, value, headers: record.headers };
            self.journal.append(Topic::Events, vec![other]).await.expect("no fault is planned for appends");
        }
    }

    /// Runs a worker for ten seconds; how it ended, if it did.
    pub(crate) async fn ten_seconds(&self) -> Option<Result<(), Error>> {
        self.warehouse.plan([]);
        let worker = worker::run(self.deps(), std::future::pending());
        tokio::time::timeout(Duration::from_secs(10), worker).await.ok()
    }

    /// Runs one worker, with faults that it has to mend in its own life, until everything is sealed.
    pub(crate) async fn settle(&mut self) {
        self.plan_faults(false);
        self.produce().await;
        let ends = self.ends(Topic::Events).await;
        let all_sealed = async {
            while !(self.leaves_a_partition() || self.is_sealed_to(&ends).await && self.is_cut_as_decided()) {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let ended = tokio::select! {
            biased;
            () = all_sealed => Ok(()),
            outcome = worker::run(self.deps(), std::future::pending()) => outcome,
            () = tokio::time::sleep(Duration::from_secs(3_600)) => panic!("never sealed"),
        };
        self.ended(ended);
    }

    /// Whether all conversations are folded by what was decided last.
    pub(crate) fn is_cut_as_decided(&self) -> bool {
        let edition = self.decided.now().edition();
        self.warehouse.tables().states.values().all(|row| !row.is_cut_before(edition))
    }

    /// The next offset of each partition.
    pub(crate) async fn ends(&self, topic: Topic) -> Vec<u64> {
        let mut ends = Vec::new();
        for partition in 0..self.journal.partitions(topic) {
            ends.push(self.journal.offsets(topic, partition).await.expect("no fault is planned").next);
        }
        ends
    }

    /// Whether a new owner would find every partition proved to its end. The warehouse's own note of it may be lost.
    pub(crate) async fn is_sealed_to(&self, ends: &[u64]) -> bool {
        for (partition, end) in (0..).zip(ends) {
            let committed = self.journal.committed(GROUP, Topic::Events, partition).await.expect("no fault is planned");
            let noted =
                committed.and_then(|commit| commit.metadata.parse().ok()).unwrap_or_else(|| self.sealed(partition));
            if noted < *end {
                return false;
            }
        }
        true
    }

    /// Compares every table with the set of events that the journal ever took.
    pub(crate) fn check(&self) {
        let tables = self.warehouse.tables();
        let counted: BTreeSet<&String> = tables.raw.keys().map(|key| &key.2).collect();
        assert_eq!(counted, self.taken.keys().collect(), "raw events");
        let (counts, minutes) = figures(&tables);
        let (expected_counts, expected_minutes) = expected_figures(self.taken.values());
        assert_eq!(counts, expected_counts, "message counts");
        assert_eq!(minutes, expected_minutes, "minute counts");
        let called_for =
            |kind: fn(&RawRow) -> bool| tables.raw.iter().filter(move |(_, row)| kind(row)).map(|(key, _)| key);
        assert_eq!(tables.requests.iter().collect::<Vec<_>>(), called_for(is_request).collect::<Vec<_>>(), "requests");
        assert_eq!(tables.identities.iter().collect::<Vec<_>>(), called_for(is_identity).collect::<Vec<_>>(), "links");
        assert_eq!(tables.flags.iter().collect::<Vec<_>>(), called_for(is_flag).collect::<Vec<_>>(), "flags");
        let key = |key: &RawKey| ConversationKey { project: key.0.clone(), conversation_id: key.1.clone() };
        let keys: BTreeSet<ConversationKey> = tables.raw.keys().map(key).collect();
        let facts = tables.facts(&keys.into_iter().collect::<Vec<_>>());
        let times: BTreeMap<&str, i64> = facts.iter().map(|fact| (fact.event_id.as_str(), fact.event_time)).collect();
        let expected: BTreeMap<&str, i64> =
            self.taken.iter().map(|(id, taken)| (id.as_str(), decode(taken).time.0)).collect();
        assert_eq!(times, expected, "facts");
        let states: Vec<StateRow> = tables.states.values().cloned().collect();
        assert_eq!(states, StateRow::fold_all(&facts, |_| self.decided.now()), "conversations");
    }

    /// Compares the dead letters, which are read back as all rows are.
    fn check_dead_letters(&self) {
        let held: BTreeSet<_> = self.warehouse.tables().dead_letters.into_keys().collect();
        assert_eq!(held, self.nonsense, "dead letters");
    }
}

pub(crate) fn decode(value: &[u8]) -> Event<'_> {
    Event::decode(value).expect("the stream makes valid events")
}

/// How a schedule went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Every figure was right at rest.
    Right,
    /// The journal had forgotten what a worker needed, and the worker refused; nothing was compared.
    Refused,
    /// A figure was wrong, or the worker never came to rest.
    Wrong(String),
}

/// Runs the schedule of a seed, with a rule left out or none.
pub(crate) fn schedule(seed: u64, without: Option<Without>) -> Outcome {
    outcome_of(run(seed, without))
}

/// How a schedule goes.
pub(crate) fn outcome_of(run: impl Future<Output = World>) -> Outcome {
    let run = std::panic::AssertUnwindSafe(|| in_virtual_time(run));
    match std::panic::catch_unwind(run) {
        Ok(world) if world.refused => Outcome::Refused,
        Ok(_) => Outcome::Right,
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Outcome::Wrong(said.unwrap_or("a panic").to_owned())
        }
    }
}

async fn run(seed: u64, without: Option<Without>) -> World {
    let mut world = World::new(seed, without);
    for _ in 0..4 + seed % 6 {
        world.incarnation().await;
        if world.refused {
            return world;
        }
        if world.random.chance(15) {
            world.reset_commits();
        }
        world.rest().await;
    }
    world.settle().await;
    if !world.refused {
        world.check();
        world.check_dead_letters();
    }
    world
}

pub(crate) fn in_virtual_time<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime of one thread can be made").block_on(run)
}
