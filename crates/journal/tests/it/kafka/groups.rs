//! Groups: who owns what, and whose commits are good.

use std::{collections::BTreeSet, time::Duration};

use journal::{
    Commit, ErrorClass, Journal, Topic,
    kafka::{Change, Membership, TopicPartition},
};
use testkit::kafka::Brokers;
use tokio::time::timeout;

use super::{connect, options};

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
