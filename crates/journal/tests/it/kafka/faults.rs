//! Records that are too large, a queue that is full, a broker that is killed.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::brokers::Brokers;
use journal::{
    ErrorClass, Journal, Topic,
    kafka::{KafkaJournal, Options},
};

use super::{ALL, assert_held, at, connect, options, record};

#[tokio::test(flavor = "multi_thread")]
async fn a_record_near_1_mib_passes_and_one_of_2_mib_is_refused_with_nothing_appended() {
    let brokers = Brokers::shared();
    let journal = connect(&options(&brokers)).await;
    // Bytes that do not compress.
    let noise = |bytes: usize| {
        let mut state = 7_u64;
        let mut byte = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..bytes).map(|_| byte()).collect::<Vec<u8>>()
    };
    let large = noise((1 << 20) - 100);
    let place = journal.append(Topic::Events, vec![record("large", large.clone())]).await.unwrap()[0];
    let before = journal.offsets(Topic::Events, place.partition).await.unwrap();
    let records = vec![record("large", "small"), record("large", noise(2 << 20))];
    let refused = journal.accepts(Topic::Events, &records).unwrap_err();
    assert_eq!(refused.code(), "journal_unusable", "{refused}");
    journal.accepts(Topic::Events, &records[..1]).unwrap();
    let error = journal.append(Topic::Events, records).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Fatal, "{error}");
    assert!(error.to_string().contains("larger than rapport.events.v1 takes"), "{error}");
    assert_eq!(journal.offsets(Topic::Events, place.partition).await.unwrap(), before, "nothing was appended");
    let read = journal.read(Topic::Events, place.partition, place.offset, ALL).await.unwrap();
    assert_eq!(read[0].value, large);
    journal.append(Topic::Events, vec![record("large", "after")]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_finds_the_queue_full_is_refused_as_a_whole_and_can_be_tried_again() {
    let brokers = Brokers::shared();
    let options = Options { queue_bytes: 100_000, linger: Duration::from_millis(500), ..options(&brokers) };
    let journal = connect(&options).await;
    let many = || vec![record("k", vec![1; 60_000])];
    let (first, second) = tokio::join!(journal.append(Topic::Control, many()), journal.append(Topic::Control, many()));
    assert_eq!(first.unwrap()[0].offset, 0);
    assert_eq!(second.unwrap_err().code(), "journal_full");
    assert_eq!(journal.append(Topic::Control, many()).await.unwrap()[0].offset, 1, "nothing of it was appended");
    let larger_than_the_queue = vec![record("k", vec![1; 200_000])];
    assert_eq!(journal.append(Topic::Control, larger_than_the_queue).await.unwrap()[0].offset, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_misplaced_when_a_broker_is_killed_during_appends() {
    let brokers = Brokers::alone();
    let options = options(&brokers);
    let journal = Arc::new(connect(&options).await);
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..8_u32)
        .map(|writer| {
            let (journal, stop, done) = (Arc::clone(&journal), Arc::clone(&stop), Arc::clone(&done));
            tokio::spawn(async move {
                let (mut acknowledged, mut failed, mut number) = (BTreeMap::new(), 0, 0_u32);
                while !stop.load(Ordering::Relaxed) {
                    let values: Vec<Vec<u8>> = (0..20)
                        .map(|n| [writer.to_be_bytes(), number.to_be_bytes(), u32::to_be_bytes(n)].concat())
                        .collect();
                    let records = values.iter().map(|value| record(&format!("c-{number}"), value.clone())).collect();
                    number += 1;
                    match journal.append(Topic::Events, records).await {
                        Ok(places) => acknowledged.extend(places.into_iter().map(at).zip(values)),
                        Err(error) => {
                            assert_ne!(error.class(), ErrorClass::Fatal, "{error}");
                            failed += 1;
                        }
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
                (acknowledged, failed)
            })
        })
        .collect();
    let wait_for = |appends: usize| {
        let done = Arc::clone(&done);
        async move {
            let (begun, target) = (Instant::now(), done.load(Ordering::Relaxed) + appends);
            while done.load(Ordering::Relaxed) < target {
                assert!(begun.elapsed() < Duration::from_secs(60), "appends go on");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    wait_for(200).await;
    brokers.kill(2);
    wait_for(1_000).await;
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = BTreeMap::new();
    let mut failed = 0;
    for writer in writers {
        let (theirs, their_failures) = writer.await.unwrap();
        let count = acknowledged.len() + theirs.len();
        acknowledged.extend(theirs);
        assert_eq!(acknowledged.len(), count, "no place was given twice");
        failed += their_failures;
    }
    assert!(acknowledged.len() >= 20 * 1_000, "{} acknowledged, {failed} appends failed", acknowledged.len());
    // While the broker is down, by who was there and by who comes new.
    assert_held(&journal, &acknowledged).await;
    assert_held(&connect(&options).await, &acknowledged).await;
    brokers.start();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_asks_hears_from_the_brokers_that_are_left_when_one_is_killed() {
    let brokers = Brokers::alone();
    let options = options(&brokers);
    let journal = connect(&options).await;
    let place = journal.append(Topic::Events, vec![record("k", "v")]).await.unwrap()[0];
    // From now on it believes to know who leads which partition; one of them is led by the broker that is killed.
    for partition in 0..options.event_partitions {
        journal.offsets(Topic::Events, partition).await.unwrap();
    }
    brokers.kill(2);
    // Longer than the others take to agree on new leaders.
    tokio::time::sleep(Duration::from_secs(12)).await;
    for partition in 0..options.event_partitions {
        let next = journal.offsets(Topic::Events, partition).await.unwrap().next;
        assert_eq!(next, u64::from(partition == place.partition));
        let found = journal.offset_for_time(Topic::Events, partition, 0).await.unwrap();
        assert_eq!(found, (partition == place.partition).then_some(0));
    }
    brokers.start();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_all_brokers_are_away_everything_fails_in_time_and_afterwards_all_goes_on() {
    let brokers = Brokers::alone();
    let options = Options {
        delivery_timeout: Duration::from_secs(4),
        request_timeout: Duration::from_secs(2),
        ..options(&brokers)
    };
    let journal = connect(&options).await;
    let place = journal.append(Topic::Control, vec![record("k", "before")]).await.unwrap()[0];
    (1..=3).for_each(|broker| brokers.kill(broker));

    let begun = Instant::now();
    let error = journal.append(Topic::Control, vec![record("k", "lost or not")]).await.unwrap_err();
    assert_ne!(error.class(), ErrorClass::Fatal, "{error}");
    assert!(journal.is_away(), "noticed within the time of an append");
    assert_eq!(journal.append(Topic::Control, vec![record("k", "refused")]).await.unwrap_err().code(), "journal_away");
    let unread = journal.read(Topic::Control, 0, place.offset, ALL).await.unwrap_err();
    assert_eq!(unread.code(), "journal_away");
    assert_eq!(journal.offsets(Topic::Control, 0).await.unwrap_err().code(), "journal_away");
    assert_eq!(journal.committed("group", Topic::Control, 0).await.unwrap_err().code(), "journal_away");
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());

    // Who starts meanwhile waits for the brokers.
    let late = tokio::spawn(KafkaJournal::connect(Options { start_timeout: Duration::from_secs(60), ..options }));
    tokio::task::block_in_place(|| brokers.start());
    let late = late.await.unwrap().unwrap();
    let begun = Instant::now();
    while let Err(error) = journal.append(Topic::Control, vec![record("k", "after")]).await {
        assert_ne!(error.class(), ErrorClass::Fatal, "{error}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{error}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let read = late.read(Topic::Control, 0, place.offset, ALL).await.unwrap();
    assert_eq!(read.first().unwrap().value, "before", "what was acknowledged is there");
    assert_eq!(read.last().unwrap().value, "after");
    assert!(read.iter().all(|record| record.value != "refused"), "what was refused is not");
}
