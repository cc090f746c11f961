//! Groups: who owns what, and whose commits are good.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::brokers::Brokers;
use journal::{
    Commit, ErrorClass, Journal, Topic,
    kafka::{Change, Membership, TopicPartition},
};
use tokio::time::timeout;

use super::{connect, options};

/// The process that is a member until it is killed.
const MEMBER: &str = env!("CARGO_BIN_EXE_journal-member");

const PATIENCE: Duration = Duration::from_secs(40);

/// Takes changes into account until a member owns so many partitions; what is taken is let go at once.
async fn settle(member: &mut Membership, owned: &mut BTreeSet<TopicPartition>, count: usize) {
    let settled = async {
        while owned.len() != count {
            apply(member.change().await, owned);
        }
    };
    timeout(PATIENCE, settled).await.unwrap();
}

fn apply(change: Change, owned: &mut BTreeSet<TopicPartition>) {
    match change {
        Change::Given(partitions) => {
            for partition in partitions {
                assert!(owned.insert(partition), "given twice");
            }
        }
        Change::Taken(partitions, revoked) => {
            for partition in partitions {
                assert!(owned.remove(&partition), "taken without being given");
            }
            revoked.done();
        }
        Change::Lost(partitions) => panic!("nobody was silent: {partitions:?}"),
    }
}

fn commit(next_offset: u64) -> Commit {
    Commit { next_offset, metadata: format!("s={next_offset}") }
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_shared_out_move_when_members_come_and_go_and_only_members_commit() {
    let brokers = Brokers::shared();
    let options = options(&brokers);
    let group = format!("{}workers", options.topic_prefix);
    let (first, second) = (connect(&options).await, connect(&options).await);
    let mut one = first.join(&group, &[Topic::Events]).unwrap();
    assert!(first.join(&group, &[Topic::Events]).is_err(), "one membership a process");
    let (mut ones, mut others) = (BTreeSet::new(), BTreeSet::new());
    settle(&mut one, &mut ones, 4).await;

    first.commit(&group, Topic::Events, 0, commit(5)).await.unwrap();
    let outsider = second.commit(&group, Topic::Events, 0, commit(9)).await.unwrap_err();
    assert_eq!(outsider.class(), ErrorClass::Retry, "{outsider}");
    assert_eq!(second.committed(&group, Topic::Events, 0).await.unwrap(), Some(commit(5)));

    let mut other = second.join(&group, &[Topic::Events]).unwrap();
    tokio::join!(settle(&mut one, &mut ones, 2), settle(&mut other, &mut others, 2));
    assert!(ones.is_disjoint(&others), "{ones:?} {others:?}");
    for (journal, owned) in [(&first, &ones), (&second, &others)] {
        for at in owned {
            journal.commit(&group, at.topic, at.partition, commit(7)).await.unwrap();
        }
    }

    tokio::task::spawn_blocking(move || drop(other)).await.unwrap();
    settle(&mut one, &mut ones, 4).await;
    for partition in 0..4 {
        assert_eq!(first.committed(&group, Topic::Events, partition).await.unwrap(), Some(commit(7)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_moves_is_still_good_for_commits_until_it_is_let_go() {
    let brokers = Brokers::shared();
    let options = options(&brokers);
    let group = format!("{}workers", options.topic_prefix);
    let (first, second) = (connect(&options).await, connect(&options).await);
    let mut one = first.join(&group, &[Topic::Events]).unwrap();
    let mut ones = BTreeSet::new();
    settle(&mut one, &mut ones, 4).await;
    let mut other = second.join(&group, &[Topic::Events]).unwrap();
    let Change::Taken(taken, revoked) = timeout(PATIENCE, one.change()).await.unwrap() else {
        panic!("the other member gets a part");
    };
    assert_eq!(taken.len(), 2);
    assert!(other.try_change().is_none(), "the other one does not have them yet");
    for at in &taken {
        first.commit(&group, at.topic, at.partition, commit(3)).await.unwrap();
    }
    revoked.done();
    let mut others = BTreeSet::new();
    settle(&mut other, &mut others, 2).await;
    assert_eq!(others, taken.iter().copied().collect());
    for at in &taken {
        assert_eq!(second.committed(&group, at.topic, at.partition).await.unwrap(), Some(commit(3)));
    }
}

/// A child that does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Killed {
    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_frozen_for_longer_than_its_session_has_lost_its_partitions_and_hears_so() {
    let brokers = Brokers::shared();
    let options = options(&brokers);
    let group = format!("{}workers", options.topic_prefix);
    let journal = connect(&options).await;
    let mut child = Command::new(MEMBER);
    child.args([brokers.addresses(), &options.topic_prefix, &group]);
    let mut frozen = Killed(child.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let (said, hear) = mpsc::channel();
    let out = BufReader::new(frozen.0.stdout.take().unwrap());
    thread::spawn(move || out.lines().map_while(Result::ok).for_each(|line| drop(said.send(line))));
    let next = || hear.recv_timeout(PATIENCE).unwrap();
    assert_eq!(next(), "given 4 committed");

    frozen.signal("-STOP");
    let mut membership = journal.join(&group, &[Topic::Events]).unwrap();
    let mut owned = BTreeSet::new();
    settle(&mut membership, &mut owned, 4).await;
    journal.commit(&group, Topic::Events, 0, commit(8)).await.unwrap();

    frozen.signal("-CONT");
    assert_eq!(next(), "lost 4 journal_away", "it hears of its loss, and its commit is refused");
    assert_eq!(journal.committed(&group, Topic::Events, 0).await.unwrap(), Some(commit(8)));
    settle(&mut membership, &mut owned, 2).await;
    assert!(next().starts_with("given 2"), "it is a member again");
}
