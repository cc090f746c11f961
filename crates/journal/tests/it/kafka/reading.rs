//! Readers at several places, at a log that lost its beginning, and at one that ends in marks of transactions.

use std::{sync::Arc, time::Duration};

use crate::brokers::Brokers;
use journal::{Error, ErrorClass, Journal, ReadLimit, Topic, kafka::KafkaJournal};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions},
    client::DefaultClientContext,
    producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer},
};
use tokio::time::{sleep, timeout};

use super::{ALL, all_from, connect, options, record};

/// Appends records 0 to `count` to the control topic.
async fn fill(journal: &KafkaJournal, count: u32) {
    for numbers in (0..count).collect::<Vec<_>>().chunks(1_000) {
        let records = numbers.iter().map(|number| record("k", number.to_be_bytes())).collect();
        journal.append(Topic::Control, records).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_at_different_places_all_read_everything_in_order() {
    let brokers = Brokers::shared();
    let journal = Arc::new(connect(&options(&brokers)).await);
    let count = 20_000;
    fill(&journal, count).await;
    let readers: Vec<_> = [0, 1, 5_000, 5_000, 19_999, 12_345]
        .into_iter()
        .map(|from| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move {
                let mut next = from;
                let limit = ReadLimit { records: 700, bytes: 1 << 20 };
                loop {
                    let records = journal.read(Topic::Control, 0, next, limit).await.unwrap();
                    if records.is_empty() {
                        return next;
                    }
                    for record in records {
                        assert_eq!(record.offset, next);
                        assert_eq!(record.value, u32::try_from(next).unwrap().to_be_bytes().as_slice());
                        next += 1;
                    }
                }
            })
        })
        .collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), u64::from(count));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_does_not_move_who_reads_in_order() {
    let brokers = Brokers::shared();
    let journal = connect(&options(&brokers)).await;
    fill(&journal, 1_000).await;
    let one = ReadLimit { records: 1, bytes: 1 << 20 };
    let mut next = 0;
    while next < 1_000 {
        let records = journal.read(Topic::Control, 0, next, ReadLimit { records: 100, bytes: 1 << 20 }).await.unwrap();
        next = records.last().unwrap().offset + 1;
        for offset in [0, 999, next.min(999)] {
            let found = journal.read(Topic::Control, 0, offset, one).await.unwrap();
            assert_eq!(found[0].offset, offset);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_dropped_is_gone_and_the_log_says_where_it_begins() {
    let brokers = Brokers::shared();
    let options = options(&brokers);
    let journal = connect(&options).await;
    fill(&journal, 100).await;
    // A reader that is on its way stands below what is dropped.
    let limit = ReadLimit { records: 10, bytes: 1 << 20 };
    assert_eq!(journal.read(Topic::Control, 0, 0, limit).await.unwrap().len(), 10);

    let name = format!("{}rapport.control.v1", options.topic_prefix);
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", brokers.addresses()).create().unwrap();
    let mut dropped = TopicPartitionList::new();
    dropped.add_partition_offset(&name, 0, Offset::Offset(60)).unwrap();
    admin.delete_records(&dropped, &AdminOptions::new()).await.unwrap();

    let other = connect(&options).await;
    for (journal, from) in [(&journal, 0), (&other, 59)] {
        let error = journal.read(Topic::Control, 0, from, ALL).await.unwrap_err();
        assert!(matches!(error, Error::OffsetGone { first: 60, .. }), "{error:?}");
        assert_eq!(error.class(), ErrorClass::Fatal);
    }
    assert_eq!(other.offsets(Topic::Control, 0).await.unwrap().first, 60);
    assert_eq!(all_from(&other, Topic::Control, 0, 60).await.len(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_record_at_the_end_of_a_log_holds_nobody_up() {
    let brokers = Brokers::shared();
    let options = options(&brokers);
    let journal = connect(&options).await;
    let name = format!("{}rapport.control.v1", options.topic_prefix);
    let producer: ThreadedProducer<DefaultProducerContext> = ClientConfig::new()
        .set("bootstrap.servers", brokers.addresses())
        .set("transactional.id", &options.topic_prefix)
        .create()
        .unwrap();
    let patience = Duration::from_secs(30);
    tokio::task::spawn_blocking(move || {
        producer.init_transactions(patience).unwrap();
        for (value, commits) in [("in", true), ("out", false), ("also in", true)] {
            producer.begin_transaction().unwrap();
            producer.send(BaseRecord::<[u8], str>::to(&name).partition(0).payload(value)).map_err(|(e, _)| e).unwrap();
            if commits {
                producer.commit_transaction(patience).unwrap();
            } else {
                producer.flush(patience).unwrap();
                producer.abort_transaction(patience).unwrap();
            }
        }
    })
    .await
    .unwrap();

    // Three records and a mark after each: brokers write a mark some time after they promised it.
    let marked = 6;
    let written = async {
        while journal.offsets(Topic::Control, 0).await.unwrap().next < marked {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(patience, written).await.unwrap();
    let read = timeout(patience, all_from(&journal, Topic::Control, 0, 0)).await.unwrap();
    let values: Vec<&[u8]> = read.iter().map(|record| record.value.as_ref()).collect();
    assert_eq!(values, [b"in".as_slice(), b"also in"], "what a transaction took back is not read");
    let next = read.last().unwrap().offset + 1;
    assert_eq!(next, marked - 1, "the log ends in a mark");
    let wait = journal.wait_beyond(Topic::Control, vec![next]);
    assert!(timeout(Duration::from_secs(1), wait).await.is_err(), "a mark is no news");
    journal.append(Topic::Control, vec![record("k", "after")]).await.unwrap();
    timeout(patience, journal.wait_beyond(Topic::Control, vec![next])).await.unwrap();
    assert_eq!(journal.read(Topic::Control, 0, next, ALL).await.unwrap()[0].value, "after");
}

#[tokio::test(flavor = "multi_thread")]
async fn news_of_another_process_end_a_wait_and_are_there_to_read() {
    let brokers = Brokers::shared();
    let options = options(&brokers);
    let (journal, other) = (connect(&options).await, connect(&options).await);
    let mut next = 0;
    for number in 0..20_u32 {
        let wait = journal.wait_beyond(Topic::Control, vec![next]);
        let (_, places) = tokio::join!(
            async { timeout(Duration::from_secs(30), wait).await.unwrap() },
            other.append(Topic::Control, vec![record("k", number.to_be_bytes())])
        );
        places.unwrap();
        let read = journal.read(Topic::Control, 0, next, ALL).await.unwrap();
        assert_eq!(read[0].value, number.to_be_bytes().as_slice());
        next = read[0].offset + 1;
    }
    // Who does not care about a partition is never woken by it.
    let wait = journal.wait_beyond(Topic::Control, vec![u64::MAX]);
    assert!(timeout(Duration::from_millis(500), wait).await.is_err());
}
