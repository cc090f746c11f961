//! Random schedules of a group: one to four workers that join, leave in peace, die noticed or not, are declared lost and hear of
//! it later, while the warehouse misbehaves as in the other schedules. At rest every figure must be that of the set of events
//! the journal took. Where the warehouse keeps what it acknowledges (every second schedule), what the workers say can be read
//! must be there at any time, and every dead letter in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use journal::{Journal, NewRecord, Record, Topic};
use testkit::{GroupOptions, MemoryGroup};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use worker::Error;

use crate::seams::Without;
use crate::world::{GROUP, Outcome, World, decode, outcome_of};

/// More workers than some topics have partitions.
const WORKERS_MAX: usize = 4;
const PARTITIONS: u16 = 3;

struct Member {
    id: u64,
    shutdown: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), Error>>,
    /// It may wait for an answer of the warehouse that never comes.
    doomed: bool,
}

struct Schedule {
    world: World,
    group: MemoryGroup,
    refuses_commits: bool,
    members: Vec<Member>,
    letters: u64,
}

impl Schedule {
    fn new(seed: u64, without: Option<Without>) -> Schedule {
        let mut world = World::with_partitions(seed, without, PARTITIONS);
        world.forgets_nothing();
        world.lossless = seed.is_multiple_of(2);
        let refuses_commits = seed % 4 < 2;
        // Longer than a worker takes to let go, or to take everything over: who is lost whenever it is asked never gets anywhere.
        let let_go_within = Duration::from_secs(if world.random.chance(50) { 5 } else { 15 });
        let group = MemoryGroup::new(GroupOptions { refuses_commits, let_go_within });
        Schedule { world, group, refuses_commits, members: Vec::new(), letters: 0 }
    }

    fn join(&mut self) {
        let (journal, id) = self.world.journal.member_of(&self.group);
        let (shutdown, told) = oneshot::channel();
        let told = async move {
            // Dropped unsaid only when the worker is killed.
            let _told = told.await;
        };
        let task = tokio::spawn(worker::run(self.world.deps_on(journal), told));
        self.members.push(Member { id, shutdown: Some(shutdown), task, doomed: false });
    }

    fn any(&mut self) -> Option<usize> {
        let count = self.members.len();
        (count > 0).then(|| self.world.random.below(count as u64) as usize)
    }

    /// Something happens to the group.
    async fn happen(&mut self) {
        match self.world.random.below(10) {
            0..=3 if self.members.len() < WORKERS_MAX => self.join(),
            4 => {
                // In peace; it takes its time.
                if let Some(shutdown) = self.any().and_then(|at| self.members[at].shutdown.take()) {
                    let _ended = shutdown.send(());
                }
            }
            5 | 6 => {
                if let Some(at) = self.any() {
                    let member = self.members.swap_remove(at);
                    self.kill(member).await;
                }
            }
            7 | 8 => {
                if let Some(at) = self.any() {
                    self.group.lose(self.members[at].id);
                }
            }
            _ => {
                for id in self.group.lost() {
                    if self.world.random.chance(70) {
                        self.group.thaw(id);
                    }
                }
            }
        }
    }

    async fn kill(&mut self, Member { id, task, .. }: Member) {
        if self.world.random.chance(50) {
            self.group.silence(id, Duration::from_millis(self.world.random.below(4_000)));
        }
        task.abort();
        match task.await {
            Ok(ended) => ended.unwrap_or_else(|error| panic!("the worker stopped: {error:?}")),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_killed) => {}
        }
    }

    /// Takes note of who has ended: only who was told to.
    async fn reap(&mut self) {
        let mut index = 0;
        while index < self.members.len() {
            if !self.members[index].task.is_finished() {
                index += 1;
                continue;
            }
            let member = self.members.swap_remove(index);
            match member.task.await {
                Ok(ended) => ended.unwrap_or_else(|error| panic!("the worker stopped: {error:?}")),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
            assert!(member.shutdown.is_none(), "a worker ended that nobody told to");
        }
    }

    /// Whoever works while an operation hangs may be the one that waits for it.
    async fn notice_hung(&mut self) {
        if tokio::time::timeout(Duration::ZERO, self.world.warehouse.hung()).await.is_ok() {
            self.members.iter_mut().for_each(|member| member.doomed = true);
        }
    }

    /// Time passes, while what can be read is looked at.
    async fn pass(&mut self, mut millis: u64) {
        while millis > 0 {
            let step = millis.min(200);
            tokio::time::sleep(Duration::from_millis(step)).await;
            millis -= step;
            self.notice_hung().await;
            self.reap().await;
            if self.world.lossless {
                self.check_readable();
            }
        }
    }

    /// What cannot be understood, in the topic of events, and what the gateway did not accept.
    async fn produce_letters(&mut self) {
        for _ in 0..self.world.random.below(3) {
            let topic = if self.world.random.chance(50) { Topic::Events } else { Topic::DeadLetters };
            self.letters += 1;
            let value = format!("letter {}", self.letters);
            let record = NewRecord { key: value.clone().into(), value: value.into(), headers: Vec::new() };
            self.world.journal.append(topic, vec![record]).await.expect("no fault is planned for appends");
        }
    }

    async fn run(&mut self) {
        for _ in 0..6 + self.world.random.below(10) {
            self.happen().await;
            if self.world.random.chance(40) {
                let deadly = self.world.random.chance(50);
                self.world.plan_faults(deadly);
            }
            self.world.produce().await;
            self.produce_letters().await;
            let millis = self.world.random.below(4_000);
            self.pass(millis).await;
            // Who may hang is killed, sooner or later.
            while let Some(at) = self.members.iter().position(|member| member.doomed) {
                if self.world.random.chance(40) {
                    break;
                }
                let member = self.members.swap_remove(at);
                self.kill(member).await;
            }
        }
        self.settle().await;
    }

    /// Everybody who may hang is gone, everybody hears what the group decided, and those who are left come to rest.
    async fn settle(&mut self) {
        self.world.plan_faults(false);
        self.notice_hung().await;
        while let Some(at) = self.members.iter().position(|member| member.doomed || member.shutdown.is_none()) {
            let member = self.members.swap_remove(at);
            self.kill(member).await;
        }
        if self.members.is_empty() {
            self.join();
        }
        self.world.produce().await;
        self.produce_letters().await;
        self.pass(1_000).await;
        self.group.lost().into_iter().for_each(|id| self.group.thaw(id));
        if !self.refuses_commits {
            // The last commit may be one of a member that was lost: only who comes next finds that.
            self.pass(60_000).await;
            while let Some(member) = self.members.pop() {
                self.kill(member).await;
            }
            self.join();
        }
        let ends = (self.world.ends(Topic::Events).await, self.world.ends(Topic::DeadLetters).await);
        let mut waited = 0;
        while !self.rests(&ends).await {
            assert!(waited < 3_600, "never at rest: {}", self.restless(&ends).await);
            self.pass(1_000).await;
            waited += 1;
        }
        self.pass(10_000).await;
        while let Some(member) = self.members.pop() {
            self.kill(member).await;
        }
    }

    async fn rests(&self, (events, letters): &(Vec<u64>, Vec<u64>)) -> bool {
        let mut copied = true;
        for (partition, end) in (0..).zip(letters) {
            let committed = self.world.journal.committed(GROUP, Topic::DeadLetters, partition).await;
            copied &= committed.expect("no fault is planned").map_or(0, |commit| commit.next_offset) >= *end;
        }
        copied && self.world.is_cut_as_decided() && self.world.is_sealed_to(events).await
    }

    /// How far everything is, where it does not come to rest.
    async fn restless(&self, ends: &(Vec<u64>, Vec<u64>)) -> String {
        let mut commits = Vec::new();
        for (topic, partition) in [(Topic::Events, 0), (Topic::Events, 1), (Topic::Events, 2), (Topic::DeadLetters, 0)]
        {
            commits.push(self.world.journal.committed(GROUP, topic, partition).await.expect("no fault is planned"));
        }
        format!("commits {commits:?} of {ends:?}")
    }

    /// What progress says can be read is there: raw rows as far as flushes are done, derived rows as far as they reach.
    fn check_readable(&self) {
        let tables = self.world.warehouse.tables();
        let raw: BTreeSet<&str> = tables.raw.keys().map(|key| key.2.as_str()).collect();
        let mut derived: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (partition, records) in (0..).zip(self.world.journal.records(Topic::Events)) {
            let reach = tables.progress.get(&partition).copied().unwrap_or_default();
            for record in records.iter().filter(|record| !record.value.starts_with(b"letter")) {
                let event = decode(&record.value);
                let id: &str = &event.event_id;
                assert!(record.offset >= reach.0 || raw.contains(id), "{id} should be readable");
                if let Some(conversation) = event.conversation_id.filter(|_| record.offset < reach.1) {
                    derived.entry(conversation.to_string()).or_default().insert(id.to_owned());
                }
            }
        }
        let mut held: BTreeMap<&str, u64> = BTreeMap::new();
        for ((_, conversation, _), row) in &tables.states {
            *held.entry(conversation).or_default() += row.version & ((1 << 48) - 1);
        }
        for (conversation, ids) in derived {
            let events = held.get(conversation.as_str()).copied().unwrap_or(0);
            let wanted = ids.len() as u64;
            assert!(events >= wanted, "conversation {conversation} is derived of {events} events, not of {wanted}");
        }
    }

    fn check(&self) {
        self.world.check();
        let key = |topic: Topic, partition: u16, record: &Record| (topic.name().to_owned(), partition, record.offset);
        let (mut of_gateways, mut of_workers) = (BTreeSet::new(), BTreeSet::new());
        for (partition, records) in (0..).zip(self.world.journal.records(Topic::DeadLetters)) {
            let (own, others): (Vec<_>, Vec<_>) = records.iter().partition(|record| record.headers.is_empty());
            of_gateways.extend(own.iter().map(|record| key(Topic::DeadLetters, partition, record)));
            of_workers.extend(others.iter().map(|record| source(record)));
        }
        let mut expected = BTreeSet::new();
        for (partition, records) in (0..).zip(self.world.journal.records(Topic::Events)) {
            let letters = records.iter().filter(|record| record.value.starts_with(b"letter"));
            expected.extend(letters.map(|record| key(Topic::Events, partition, record)));
        }
        assert_eq!(of_workers, expected, "letters of workers in the topic");
        let held: BTreeSet<_> = self.world.warehouse.tables().dead_letters.into_keys().collect();
        let (copied, own): (BTreeSet<_>, BTreeSet<_>) =
            held.into_iter().partition(|(topic, ..)| topic == Topic::DeadLetters.name());
        assert_eq!(own, expected, "letters of workers in the table");
        assert!(copied.is_subset(&of_gateways), "dead letters from nowhere");
        // What is copied is not read back: a row that was acknowledged and lost is lost.
        assert!(!self.world.lossless || copied == of_gateways, "dead letters: {copied:?}, not {of_gateways:?}");
    }
}

/// Where a letter of a worker comes from, by its headers.
fn source(letter: &Record) -> (String, u16, u64) {
    let header = |name: &str| {
        let (_, value) = letter.headers.iter().find(|(held, _)| held == name).expect("a letter names its source");
        std::str::from_utf8(value).expect("a text").to_owned()
    };
    let number = |name: &str| header(name).parse::<u64>().expect("a number");
    (header("source_topic"), number("source_partition") as u16, number("source_offset"))
}

/// Runs a group's schedule, with a rule left out or none.
fn schedule(seed: u64, without: Option<Without>) -> Outcome {
    outcome_of(async move {
        let mut schedule = Schedule::new(seed, without);
        schedule.run().await;
        schedule.check();
        schedule.world
    })
}

fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let first = number("SIMULATION_SEED").unwrap_or(0);
    first..first + number("SIMULATIONS").unwrap_or(100)
}

#[test]
fn nothing_is_lost_or_doubled_whatever_happens_to_the_group() {
    for seed in seeds() {
        if let Outcome::Wrong(what) = schedule(seed, None) {
            panic!("schedule {seed} of a group: {what}");
        }
    }
}
