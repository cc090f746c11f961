//! What a worker owns: taken over beside the folding, refused by itself, and what it says of it.

use std::sync::mpsc::TryRecvError;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use journal::{
    Appended, Change, Commit, Journal, Member, NewRecord, Offsets, ReadLimit, Record, Revoked, Topic, TopicPartition,
};
use testkit::{Fault, MemoryJournal, MemoryOptions, MemoryWarehouse, Operation, Planned, stream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use warehouse::BoxFuture;
use worker::{Deps, Error, Options, Status};

const START_MS: i64 = 1_700_000_000_000;
const EVENTS: u64 = 40;

/// A journal whose group decides what the test says, that never answers what was committed of one partition, and that writes
/// down what is committed.
#[derive(Debug)]
struct Staged {
    journal: MemoryJournal,
    changes: Mutex<Option<UnboundedReceiver<Change>>>,
    silent: Option<u16>,
    commits: Commits,
}

/// Commits of partitions of the events, in their order.
type Commits = Arc<Mutex<Vec<(u16, u64)>>>;

#[derive(Debug)]
struct Told(UnboundedReceiver<Change>);

impl Member for Told {
    fn change(&mut self) -> BoxFuture<'_, Change> {
        Box::pin(async {
            match self.0.recv().await {
                Some(change) => change,
                None => std::future::pending().await,
            }
        })
    }
}

impl Journal for Staged {
    fn partitions(&self, topic: Topic) -> u16 {
        self.journal.partitions(topic)
    }

    fn append(&self, topic: Topic, records: Vec<NewRecord>) -> BoxFuture<'_, Result<Vec<Appended>, journal::Error>> {
        self.journal.append(topic, records)
    }

    fn read(
        &self,
        topic: Topic,
        partition: u16,
        from: u64,
        limit: ReadLimit,
    ) -> BoxFuture<'_, Result<Vec<Record>, journal::Error>> {
        self.journal.read(topic, partition, from, limit)
    }

    fn wait_beyond(&self, topic: Topic, seen: Vec<u64>) -> BoxFuture<'_, ()> {
        self.journal.wait_beyond(topic, seen)
    }

    fn offsets(&self, topic: Topic, partition: u16) -> BoxFuture<'_, Result<Offsets, journal::Error>> {
        self.journal.offsets(topic, partition)
    }

    fn offset_for_time(
        &self,
        topic: Topic,
        partition: u16,
        at_ms: i64,
    ) -> BoxFuture<'_, Result<Option<u64>, journal::Error>> {
        self.journal.offset_for_time(topic, partition, at_ms)
    }

    fn commit(
        &self,
        group: &str,
        topic: Topic,
        partition: u16,
        commit: Commit,
    ) -> BoxFuture<'_, Result<(), journal::Error>> {
        if topic == Topic::Events {
            self.commits.lock().expect("no holder panics").push((partition, commit.next_offset));
        }
        self.journal.commit(group, topic, partition, commit)
    }

    fn committed(
        &self,
        group: &str,
        topic: Topic,
        partition: u16,
    ) -> BoxFuture<'_, Result<Option<Commit>, journal::Error>> {
        if topic == Topic::Events && self.silent == Some(partition) {
            return Box::pin(std::future::pending());
        }
        self.journal.committed(group, topic, partition)
    }

    fn join(&self, _group: &str, _topics: &[Topic]) -> Result<Box<dyn Member>, journal::Error> {
        let changes = self.changes.lock().expect("no holder panics").take().expect("it joins once");
        Ok(Box::new(Told(changes)))
    }
}

/// A journal of two partitions with events in both, and a warehouse.
struct Stage {
    journal: MemoryJournal,
    warehouse: Arc<MemoryWarehouse>,
    status: Status,
    commits: Commits,
    options: Options,
}

/// A worker in a group.
struct Staffed {
    group: UnboundedSender<Change>,
    task: JoinHandle<Result<(), Error>>,
}

impl Stage {
    async fn new() -> Stage {
        let options = MemoryOptions { event_partitions: 2, start_ms: START_MS, read_ms: 0 };
        let stage = Stage {
            journal: MemoryJournal::new(options),
            warehouse: Arc::default(),
            status: Status::default(),
            commits: Commits::default(),
            options: Options { idle_seal_after: Duration::from_secs(3), ..Options::default() },
        };
        for id in 0..EVENTS {
            stage.journal.advance_ms(100);
            stage.append(id).await;
        }
        assert!(stage.ends().iter().all(|end| *end > 8), "both partitions have events");
        stage
    }

    async fn append(&self, id: u64) {
        let stream::Encoded { key, value } = stream::event(3, id, START_MS);
        let record = NewRecord { key: key.into(), value: value.into(), headers: Vec::new() };
        self.journal.append(Topic::Events, vec![record]).await.expect("no fault is planned");
    }

    fn ends(&self) -> Vec<u64> {
        let last = |records: Vec<Record>| records.last().map_or(0, |record| record.offset + 1);
        self.journal.records(Topic::Events).into_iter().map(last).collect()
    }

    fn group(&self) -> String {
        Options::default().group
    }

    fn deps(&self, journal: Arc<dyn Journal>) -> Deps {
        Deps {
            journal,
            sink: Arc::clone(&self.warehouse) as Arc<dyn warehouse::Sink>,
            clock: Arc::new(|| START_MS),
            options: self.options.clone(),
            status: self.status.clone(),
            registry: None,
            erasures: None,
            idle: worker::Idle::default(),
        }
    }

    /// A worker without others.
    fn sole(&self) -> JoinHandle<Result<(), Error>> {
        tokio::spawn(worker::run(self.deps(Arc::new(self.journal.clone())), std::future::pending()))
    }

    /// A worker in a group that the test is, with both partitions.
    fn member(&self, silent: Option<u16>) -> Staffed {
        let (group, changes) = unbounded_channel();
        let (changes, commits) = (Mutex::new(Some(changes)), Arc::clone(&self.commits));
        let journal = Staged { journal: self.journal.clone(), changes, silent, commits };
        let task = tokio::spawn(worker::run(self.deps(Arc::new(journal)), std::future::pending()));
        group.send(Change::Given(events([0, 1]))).expect("the worker listens");
        Staffed { group, task }
    }

    async fn committed(&self, partition: u16) -> u64 {
        let commit =
            self.journal.committed(&self.group(), Topic::Events, partition).await.expect("no fault is planned");
        commit.map_or(0, |commit| commit.next_offset)
    }

    fn refused(&self) -> Vec<u16> {
        let partitions = self.status.partitions().into_iter();
        partitions.filter(|(_, known)| known.refused.is_some()).map(|(partition, _)| partition).collect()
    }

    /// Retention takes records that no worker has read.
    fn forget_unread(&self, partition: u16) {
        let commit = Commit { next_offset: 1, metadata: "1".to_owned() };
        self.journal.force_commit(&self.group(), Topic::Events, partition, Some(commit));
        self.journal.cut(Topic::Events, partition, 3);
    }

    /// What a person can do about it: give them up.
    fn give_up_unread(&self, partition: u16) {
        let commit = Commit { next_offset: 3, metadata: "3".to_owned() };
        self.journal.force_commit(&self.group(), Topic::Events, partition, Some(commit));
    }
}

fn events<const N: usize>(partitions: [u16; N]) -> Vec<TopicPartition> {
    partitions.map(|partition| TopicPartition { topic: Topic::Events, partition }).to_vec()
}

async fn seconds(count: u64) {
    tokio::time::sleep(Duration::from_secs(count)).await;
}

#[tokio::test(start_paused = true)]
async fn while_a_partition_is_taken_over_the_others_go_on_and_it_can_be_let_go() {
    let stage = Stage::new().await;
    let staffed = stage.member(Some(0));
    seconds(3).await;
    assert_eq!(stage.committed(1).await, stage.ends()[1], "the other partition is worked on");
    assert_eq!(stage.committed(0).await, 0);
    let (revoked, is_done) = Revoked::channel();
    staffed.group.send(Change::Taken(events([0]), revoked)).unwrap();
    seconds(1).await;
    assert_eq!(is_done.try_recv(), Err(TryRecvError::Disconnected), "it is let go");
    assert_eq!(stage.status.partitions().into_keys().collect::<Vec<_>>(), [1]);
    staffed.group.send(Change::Given(events([0]))).unwrap();
    staffed.group.send(Change::Lost(events([0, 1]))).unwrap();
    seconds(1).await;
    assert!(stage.status.partitions().is_empty() && !staffed.task.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_is_refused_leaves_the_others_alone_and_is_tried_again() {
    let stage = Stage::new().await;
    stage.forget_unread(0);
    let staffed = stage.member(None);
    seconds(3).await;
    let reason = stage.status.partitions()[&0].refused.clone().expect("it is refused");
    assert!(reason.contains("partition 0") && reason.contains("UnsealedGone"), "{reason}");
    assert_eq!((stage.refused(), stage.committed(1).await), (vec![0], stage.ends()[1]));

    stage.give_up_unread(0);
    seconds(70).await;
    assert_eq!((stage.refused(), stage.committed(0).await), (vec![], stage.ends()[0]), "it was tried again");

    staffed.group.send(Change::Lost(events([0]))).unwrap();
    stage.forget_unread(0);
    staffed.group.send(Change::Given(events([0]))).unwrap();
    seconds(1).await;
    assert_eq!(stage.refused(), [0]);
    stage.give_up_unread(0);
    staffed.group.send(Change::Lost(events([0]))).unwrap();
    staffed.group.send(Change::Given(events([0]))).unwrap();
    seconds(3).await;
    assert_eq!((stage.refused(), stage.committed(0).await), (vec![], stage.ends()[0]), "it was given anew");
    assert!(!staffed.task.is_finished());
}

#[tokio::test(start_paused = true)]
async fn in_a_group_a_worker_goes_on_when_everything_is_refused_and_alone_it_ends_with_the_reason() {
    let stage = Stage::new().await;
    stage.forget_unread(0);
    stage.forget_unread(1);
    let staffed = stage.member(None);
    seconds(200).await;
    assert_eq!(stage.refused(), [0, 1]);
    assert!(!staffed.task.is_finished(), "others may be given what it cannot work on");
    staffed.task.abort();
    let ended = stage.sole().await.unwrap();
    assert!(matches!(ended, Err(Error::Refused { .. })), "{ended:?}");

    stage.give_up_unread(1);
    let sole = stage.sole();
    seconds(3).await;
    assert!(!sole.is_finished(), "a partition is left to work on");
    assert_eq!((stage.refused(), stage.committed(1).await), (vec![0], stage.ends()[1]));
}

#[tokio::test(start_paused = true)]
async fn one_damaged_partition_of_a_journal_that_is_proved_by_others_is_refused_by_itself() {
    let mut stage = Stage::new().await;
    let sole = stage.sole();
    seconds(30).await;
    sole.abort();
    let sealed = stage.warehouse.tables().sealed;
    assert_eq!(sealed.values().copied().collect::<Vec<_>>(), stage.ends(), "everything is sealed");

    let records = stage.journal.records(Topic::Events);
    let options = MemoryOptions { event_partitions: 2, start_ms: START_MS, read_ms: 0 };
    stage.journal = MemoryJournal::new(options);
    for (partition, record) in
        (0..).zip(records).flat_map(|(partition, all)| all.into_iter().map(move |one| (partition, one)))
    {
        stage.journal.set_now_ms(record.append_time_ms);
        let value = if partition == 0 { [record.value.as_ref(), b"other"].concat().into() } else { record.value };
        let record = NewRecord { key: record.key, value, headers: record.headers };
        stage.journal.append(Topic::Events, vec![record]).await.unwrap();
    }
    let sole = stage.sole();
    seconds(3).await;
    assert!(!sole.is_finished());
    assert_eq!(stage.refused(), [0]);
}

#[tokio::test(start_paused = true)]
async fn who_reads_a_stretch_again_takes_no_commit_back() {
    let mut stage = Stage::new().await;
    stage.options.flush_rows = 1;
    stage.options.read.records = 1;
    let first = stage.member(None);
    seconds(2).await;
    first.task.abort();
    assert_eq!((stage.committed(0).await, stage.committed(1).await), (stage.ends()[0], stage.ends()[1]));
    assert!(stage.warehouse.tables().sealed.is_empty(), "all of it is folded again");

    std::mem::take(&mut *stage.commits.lock().unwrap());
    let _second = stage.member(None);
    seconds(2).await;
    let commits = stage.commits.lock().unwrap().clone();
    assert!(commits.len() as u64 > EVENTS / 2, "{} commits while it is", commits.len());
    for (partition, commit) in commits {
        assert_eq!(commit, stage.ends()[usize::from(partition)], "partition {partition}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_status_says_how_far_commits_are_and_since_when_the_oldest_record_waits() {
    let stage = Stage::new().await;
    let begin_ms: Vec<i64> = stage.journal.records(Topic::Events).iter().map(|all| all[0].append_time_ms).collect();
    let away = |after| Planned { after, at: Some(Operation::Flush), fault: Fault::Refuse };
    stage.warehouse.plan((0..10_000).map(away));
    let _staffed = stage.member(None);
    seconds(5).await;
    for (partition, known) in stage.status.partitions() {
        let waits_since = begin_ms[usize::from(partition)];
        assert_eq!((known.committed, known.oldest_ms), (Some(0), Some(waits_since)), "partition {partition}");
    }
    stage.warehouse.plan([]);
    seconds(5).await;
    for (partition, known) in stage.status.partitions() {
        let end = stage.ends()[usize::from(partition)];
        assert_eq!((known.committed, known.oldest_ms), (Some(end), None), "partition {partition}");
    }
}
