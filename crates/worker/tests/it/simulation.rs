//! G1 to G3 under faults: random schedules of crashes, doubled workers, lost acknowledgements and answers, clock steps,
//! resets of commits and late copies, run against the real worker in virtual time. At rest every figure must be that of the
//! set of events the journal ever took.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use delivery::Settings;
use event::Event;
use journal::{Commit, Journal, NewRecord, ReadLimit, Topic};
use testkit::{Fault, MemoryJournal, MemoryOptions, MemoryWarehouse, Random, Tables, stream};
use warehouse::{ConversationKey, CountKey, StateRow};
use worker::{Deps, Options};

const SETTINGS: Settings = Settings { segment_ms: 10_000, horizon_ms: 25_000, grace_ms: 3_000 };
const GROUP: &str = "simulated";

struct World {
    seed: u64,
    random: Random,
    journal: MemoryJournal,
    warehouse: Arc<MemoryWarehouse>,
    fresh: u64,
}

impl World {
    fn new(seed: u64) -> World {
        let options = MemoryOptions { event_partitions: 2, ..Default::default() };
        World {
            seed,
            random: Random::new(seed),
            journal: MemoryJournal::new(options),
            warehouse: Arc::default(),
            fresh: 0,
        }
    }

    fn deps(&self) -> Deps {
        let clock = self.journal.clone();
        Deps {
            journal: Arc::new(self.journal.clone()),
            sink: Arc::clone(&self.warehouse) as Arc<dyn warehouse::Sink>,
            clock: Arc::new(move || clock.now_ms()),
            options: Options {
                settings: SETTINGS,
                group: GROUP.to_owned(),
                flush_rows: 7,
                flush_bytes: 900,
                read: ReadLimit { records: 5, bytes: 1 << 20 },
                idle_seal_after: Duration::from_secs(3),
                ..Options::default()
            },
        }
    }

    /// Appends a few events: new ones, late ones, and copies of any earlier one, while the append clock moves, also back.
    async fn produce(&mut self) {
        for _ in 0..self.random.below(12) {
            let step = i64::try_from(self.random.below(4_000)).expect("small");
            self.journal.advance_ms(step);
            if self.random.chance(4) {
                self.journal.advance_ms(-i64::try_from(self.random.below(40_000)).expect("small"));
            }
            let copies = self.fresh > 0 && self.random.chance(35);
            let id = if copies { self.random.below(self.fresh) } else { self.fresh };
            self.fresh = self.fresh.max(id + 1);
            let time_ms = 1_700_000_000_000 - i64::try_from(id % 40).expect("small") * 45_000;
            let stream::Encoded { key, value } = stream::event(self.seed, id, time_ms);
            let record = NewRecord { key: key.into(), value: value.into(), headers: Vec::new() };
            self.journal.append(Topic::Events, vec![record]).await.expect("no fault is planned for appends");
        }
    }

    fn plan_faults(&mut self) {
        let kinds = [Fault::Refuse, Fault::LoseAnswer, Fault::LoseRows, Fault::HangBefore, Fault::HangAfter];
        let count = self.random.below(4);
        let faults =
            (0..count).map(|_| (self.random.below(40), kinds[self.random.below(5) as usize])).collect::<Vec<_>>();
        self.warehouse.plan(faults);
    }

    fn reset_commits(&mut self) {
        let partition = self.random.below(2) as u16;
        let held = self.journal.records(Topic::Events)[usize::from(partition)].len() as u64;
        let next_offset = self.random.below(held + 1);
        let metadata =
            if self.random.chance(50) { String::new() } else { self.random.below(next_offset + 1).to_string() };
        let trusted = metadata.parse().is_ok_and(|sealed: u64| sealed <= self.sealed(partition));
        if metadata.is_empty() || trusted {
            self.journal.force_commit(GROUP, Topic::Events, partition, Some(Commit { next_offset, metadata }));
        }
    }

    fn sealed(&self, partition: u16) -> u64 {
        self.warehouse.tables().sealed.get(&partition).copied().unwrap_or(0)
    }

    /// One incarnation: one worker, sometimes two, killed at a hang, at some instant, or shut down.
    async fn incarnation(&mut self) {
        self.plan_faults();
        let doubled = self.random.chance(25);
        let lives_ms = self.random.below(9_000);
        let graceful = self.random.chance(20);
        let shutdown = move || async move {
            let millis = if graceful { lives_ms / 2 } else { 1_000_000_000 };
            tokio::time::sleep(Duration::from_millis(millis)).await;
        };
        let (first, second) = (worker::run(self.deps(), shutdown()), worker::run(self.deps(), shutdown()));
        let warehouse = Arc::clone(&self.warehouse);
        let produce = async {
            self.produce().await;
            tokio::time::sleep(Duration::from_millis(lives_ms)).await;
        };
        tokio::select! {
            () = warehouse.hung() => {}
            () = produce => {}
            outcome = first => outcome.expect("the first worker ends only when told to"),
            outcome = second, if doubled => outcome.expect("the second worker ends only when told to"),
        }
    }

    /// Runs a worker without faults until everything is sealed.
    async fn settle(&self) {
        self.warehouse.plan([]);
        let deps = self.deps();
        let ends: Vec<u64> = self.journal.records(Topic::Events).iter().map(|records| records.len() as u64).collect();
        let all_sealed = async {
            while !self.is_sealed_to(&ends).await {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        tokio::select! {
            () = all_sealed => {}
            outcome = worker::run(deps, std::future::pending()) => panic!("seed {}: {outcome:?}", self.seed),
            () = tokio::time::sleep(Duration::from_secs(3_600)) => panic!("seed {}: never sealed", self.seed),
        }
    }

    /// Whether a new owner would find every partition proved to its end. The warehouse's own note of it may be lost.
    async fn is_sealed_to(&self, ends: &[u64]) -> bool {
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

    /// The distinct events that the journal ever took, by identity.
    fn taken(&self) -> BTreeMap<String, Vec<u8>> {
        let records = self.journal.records(Topic::Events).into_iter().flatten();
        let named = records.map(|record| {
            let id = Event::decode(&record.value).expect("the stream makes valid events").event_id.into_owned();
            (id, record.value.to_vec())
        });
        named.collect()
    }

    fn check(&self) {
        let (tables, taken) = (self.warehouse.tables(), self.taken());
        let counted: BTreeSet<String> = tables.raw.keys().map(|key| key.2.clone()).collect();
        assert_eq!(counted, taken.keys().cloned().collect(), "seed {}: raw events", self.seed);
        assert_eq!(counts(&tables), expected_counts(&taken), "seed {}: message counts", self.seed);
        let keys: BTreeSet<ConversationKey> = tables
            .raw
            .keys()
            .map(|key| ConversationKey { project: key.0.clone(), conversation_id: key.1.clone() })
            .collect();
        let facts = tables.facts(&keys.into_iter().collect::<Vec<_>>());
        assert_eq!(facts.len(), taken.len(), "seed {}: facts", self.seed);
        let states: Vec<StateRow> = tables.states.values().cloned().collect();
        assert_eq!(states, StateRow::fold_all(&facts), "seed {}: conversations", self.seed);
    }
}

/// The figure: counters less corrections.
fn counts(tables: &Tables) -> BTreeMap<(u32, String), i64> {
    let mut sums: BTreeMap<(u32, String), i64> = BTreeMap::new();
    for ((CountKey { bucket, role, .. }, _, _), (messages, _)) in &tables.counts {
        *sums.entry((*bucket, role.clone())).or_default() += i64::try_from(*messages).expect("small");
    }
    for key in &tables.corrections {
        let row = &tables.raw[key];
        *sums.entry((bucket(row.event_time), row.role.clone())).or_default() -= 1;
    }
    sums.retain(|_, messages| *messages != 0);
    sums
}

fn expected_counts(taken: &BTreeMap<String, Vec<u8>>) -> BTreeMap<(u32, String), i64> {
    let mut sums = BTreeMap::new();
    for value in taken.values() {
        let event = Event::decode(value).expect("the stream makes valid events");
        if let event::Data::MessageCreated(message) = &event.data {
            *sums.entry((bucket(event.time.0), message.role.as_str().to_owned())).or_default() += 1;
        }
    }
    sums
}

fn bucket(time_us: i64) -> u32 {
    u32::try_from(time_us.div_euclid(900_000_000) * 900).expect("a time of this century")
}

fn in_virtual_time(run: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime of one thread can be made").block_on(run);
}

async fn schedule(seed: u64) -> World {
    let mut world = World::new(seed);
    for _ in 0..3 + seed % 5 {
        world.incarnation().await;
        if world.random.chance(15) {
            world.reset_commits();
        }
    }
    world.settle().await;
    world
}

fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let first = number("SIMULATION_SEED").unwrap_or(0);
    first..first + number("SIMULATIONS").unwrap_or(1_000)
}

#[test]
fn nothing_is_lost_or_doubled_whatever_fails() {
    for seed in seeds() {
        in_virtual_time(async move { schedule(seed).await.check() });
    }
}

/// The negative control: one row lost or doubled behind the worker's back, once sealed, is seen by the check.
#[test]
fn a_single_lost_or_doubled_row_is_noticed() {
    type Plant = fn(&mut Tables);
    let plants: [Plant; 3] = [
        |tables| drop(tables.raw.pop_first()),
        |tables| tables.counts.values_mut().for_each(|held| held.0 += 1),
        |tables| drop(tables.states.pop_last()),
    ];
    for plant in plants {
        in_virtual_time(async move {
            let mut world = World::new(1);
            for _ in 0..3 {
                world.incarnation().await;
            }
            world.settle().await;
            world.check();
            world.warehouse.tamper(plant);
            let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.check()));
            assert!(checked.is_err(), "the check is blind");
        });
    }
}
