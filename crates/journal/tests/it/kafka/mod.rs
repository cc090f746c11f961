//! The Kafka journal on three brokers of this machine.

mod faults;
mod groups;
mod reading;
mod topics;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::brokers::{Brokers, unique};
use journal::{
    Appended, Journal, NewRecord, ReadLimit, Record, Topic, conformance,
    kafka::{KafkaJournal, Options},
};

const ALL: ReadLimit = ReadLimit { records: 10_000, bytes: 8 << 20 };

/// Options of an installation of its own.
fn options(brokers: &Brokers) -> Options {
    Options {
        topic_prefix: unique("test"),
        event_partitions: 4,
        session_timeout: Duration::from_secs(6),
        ..Options::new(brokers.addresses())
    }
}

async fn connect(options: &Options) -> KafkaJournal {
    KafkaJournal::connect(options.clone()).await.unwrap()
}

fn record(key: &str, value: impl Into<Vec<u8>>) -> NewRecord {
    NewRecord { key: key.to_owned().into(), value: value.into().into(), headers: Vec::new() }
}

/// Everything a partition holds from `from` on.
async fn all_from(journal: &KafkaJournal, topic: Topic, partition: u16, from: u64) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let next = records.last().map_or(from, |record| record.offset + 1);
        let more = journal.read(topic, partition, next, ALL).await.unwrap();
        if more.is_empty() {
            return records;
        }
        records.extend(more);
    }
}

/// Checks that every record acknowledged is where the answer said.
async fn assert_held(journal: &KafkaJournal, acknowledged: &BTreeMap<(u16, u64), Vec<u8>>) {
    let mut held = BTreeMap::new();
    for partition in 0..journal.partitions(Topic::Events) {
        for found in all_from(journal, Topic::Events, partition, 0).await {
            held.insert((partition, found.offset), found.value.to_vec());
        }
    }
    for (place, value) in acknowledged {
        assert_eq!(held.get(place), Some(value), "acknowledged at {place:?}");
    }
}

fn at(place: Appended) -> (u16, u64) {
    (place.partition, place.offset)
}

#[tokio::test(flavor = "multi_thread")]
async fn kafka_keeps_every_promise_of_the_port() {
    let brokers = Brokers::shared();
    let journal = connect(&options(&brokers)).await;
    conformance::check_all(Arc::new(journal)).await;
}
