//! Records by schemas that a registry keeps: their partition waits for the answer, and nobody else does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use event::{Family, SchemaId, schema};
use journal::{BoxFuture, Journal, NewRecord, Topic, partition_of};
use testkit::{MemoryJournal, MemoryOptions, MemoryWarehouse, stream};
use worker::{Deps, Options, Registry, Status};

const START_MS: i64 = 1_700_000_000_000;
const EVENTS: u64 = 60;
const BUILT_IN: u32 = 2_000_000_000;
/// What this registry's ids are more than ours, less those of the built-in range.
const SHIFT: u32 = 40;
const NOWHERE: u32 = 7;

/// A registry that knows our schemas under ids of its own, and answers from a moment on.
#[derive(Debug, Default)]
struct Late {
    is_back: Mutex<bool>,
    asked: Mutex<BTreeMap<SchemaId, u32>>,
}

impl Registry for Late {
    fn schema(&self, id: SchemaId) -> BoxFuture<'_, Result<Option<String>, String>> {
        *self.asked.lock().expect("no holder panics").entry(id).or_default() += 1;
        let is_back = *self.is_back.lock().expect("no holder panics");
        Box::pin(async move {
            match id {
                _ if !is_back => Err("it is away".to_owned()),
                SchemaId::Number(id) => {
                    let family = Family::ALL.iter().find(|family| family.schema_id() - BUILT_IN + SHIFT == id);
                    Ok(family.map(|family| schema::avro(*family).to_string()))
                }
                SchemaId::Guid(_) => Ok(None),
            }
        })
    }
}

/// The record under the registry's id of the same schema.
fn under_its_id(value: &mut [u8]) {
    let id: [u8; 4] = value[1..5].try_into().expect("framing");
    value[1..5].copy_from_slice(&(u32::from_be_bytes(id) - BUILT_IN + SHIFT).to_be_bytes());
}

async fn append(journal: &MemoryJournal, key: Vec<u8>, value: Vec<u8>) {
    let record = NewRecord { key: key.into(), value: value.into(), headers: Vec::new() };
    journal.append(Topic::Events, vec![record]).await.expect("no fault is planned");
}

#[tokio::test(start_paused = true)]
async fn while_the_registry_is_away_the_partition_waits_and_the_others_go_on() {
    let options = MemoryOptions { event_partitions: 2, start_ms: START_MS, read_ms: 0 };
    let (journal, warehouse) = (MemoryJournal::new(options), Arc::new(MemoryWarehouse::default()));
    let mut of_partition = [0, 0];
    for id in 0..EVENTS {
        let stream::Encoded { key, mut value } = stream::event(3, id, START_MS);
        let partition = partition_of(key.as_bytes(), 2);
        // A few of the partition can be read before the first that cannot.
        if partition == 0 && of_partition[0] >= 3 {
            under_its_id(&mut value);
        }
        of_partition[usize::from(partition)] += 1;
        append(&journal, key.into_bytes(), value).await;
    }
    let nowhere = [&[0][..], &NOWHERE.to_be_bytes(), b"body"].concat();
    let key = journal.records(Topic::Events)[0][0].key.to_vec();
    append(&journal, key, nowhere).await;

    let registry = Arc::new(Late::default());
    let deps = Deps {
        journal: Arc::new(journal.clone()),
        sink: Arc::clone(&warehouse) as Arc<dyn warehouse::Sink>,
        clock: Arc::new(|| START_MS),
        options: Options::default(),
        status: Status::default(),
        erasures: None,
        idle: worker::Idle::default(),
        registry: Some(Arc::clone(&registry) as Arc<dyn Registry>),
    };
    let worker = tokio::spawn(worker::run(deps, std::future::pending()));
    let raw = || {
        let (mut counts, tables) = ([0, 0], warehouse.tables());
        tables.raw.values().for_each(|row| counts[usize::from(row.partition)] += 1);
        counts
    };
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(raw(), [3, of_partition[1]], "what can be read is read");
    assert!(warehouse.tables().dead_letters.is_empty(), "not knowing is no verdict");

    *registry.is_back.lock().expect("no holder panics") = true;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(raw(), of_partition);
    let letters: Vec<_> = warehouse.tables().dead_letters.into_keys().collect();
    assert_eq!(letters, [(Topic::Events.name().to_owned(), 0, of_partition[0])], "there is no such schema");
    assert!(!worker.is_finished());
    worker.abort();
    let asked = registry.asked.lock().expect("no holder panics").clone();
    let answered = asked.iter().filter(|(id, _)| **id == SchemaId::Number(NOWHERE)).map(|(_, times)| *times);
    assert_eq!(answered.collect::<Vec<_>>(), [1], "an answer is remembered: {asked:?}");
}
