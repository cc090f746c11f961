//! While the journal is away batches wait on this disk, and reach it in order, each event once.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, http::StatusCode};
use bytes::Bytes;
use gateway::{Intake, Options, Spool, SpoolOptions, Taken};
use http_body_util::BodyExt as _;
use journal::{NewRecord, Record, Topic, position::Position};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{
    moody::{Mode, Moody, RECORD_MAX},
    server::{SECRET, Server, message},
};

/// No test waits longer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a journal may take here.
const SOON: Duration = Duration::from_millis(30);

/// A journal, and a directory in which the spools of one process after the other lie.
struct World {
    journal: Arc<Moody>,
    directory: tempfile::TempDir,
    options: SpoolOptions,
}

impl World {
    fn new() -> World {
        World { journal: Moody::new(1), directory: tempfile::tempdir().unwrap(), options: options(1 << 30) }
    }

    fn spool(&self) -> PathBuf {
        self.directory.path().join("spool")
    }

    /// An intake, as a process has it after its start. Nobody drains yet.
    fn intake(&self) -> Arc<Intake> {
        let spool = Spool::open(self.spool(), self.options.clone()).unwrap();
        Arc::new(Intake::with_spool(self.journal.clone(), spool, SOON))
    }

    /// The segments that are there.
    fn segments(&self) -> usize {
        std::fs::read_dir(self.spool()).unwrap().count()
    }
}

fn options(max_bytes: u64) -> SpoolOptions {
    let mut options = SpoolOptions::new(max_bytes);
    options.store.reserve_bytes = 0;
    options
}

/// A drain that runs until this is dropped, as a process does.
struct Draining(tokio::task::JoinHandle<()>);

impl Draining {
    fn of(intake: &Arc<Intake>) -> Draining {
        let intake = intake.clone();
        Draining(tokio::spawn(async move { intake.drain().await }))
    }

    /// Ends it where it stands, and waits until it holds nothing.
    async fn abort(mut self) {
        self.0.abort();
        (&mut self.0).await.unwrap_err();
    }
}

impl Drop for Draining {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn record(value: impl Into<Bytes>) -> NewRecord {
    let value = value.into();
    NewRecord { key: value.clone(), value, headers: Vec::new() }
}

fn records(values: &[&'static str]) -> Vec<NewRecord> {
    values.iter().map(|value| record(*value)).collect()
}

/// Waits until nothing is in the spool.
async fn until_direct(intake: &Intake) -> Position {
    let direct = async {
        loop {
            if let Taken::Appended(position) = intake.append(Vec::new(), Vec::new()).await.unwrap() {
                return position;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, direct).await.unwrap()
}

/// Where a dead letter says that it comes from.
fn source(record: &Record) -> [String; 3] {
    ["source_topic", "source_partition", "source_offset"].map(|name| {
        let (_, value) = record.headers.iter().find(|(header, _)| header == name).unwrap();
        String::from_utf8(value.to_vec()).unwrap()
    })
}

/// Waits until the disk has its room back.
async fn until_empty(world: &World) {
    let empty = async {
        while world.segments() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, empty).await.unwrap();
}

#[tokio::test]
async fn a_batch_that_comes_while_the_journal_is_away_waits_on_the_disk_and_goes_in_later() {
    let world = World::new();
    let (intake, journal) = (world.intake(), world.journal.clone());
    let server = Server::through(intake, journal.clone(), world.directory, Options::default(), None).await;
    journal.set(Mode::Away);
    let (status, answer) = server.post(json!([message("a"), {"event_id": "bad"}]).to_string()).await;
    assert_eq!(status, StatusCode::MULTI_STATUS, "{answer}");
    assert_eq!((&answer["accepted"], &answer["spooled"], &answer["position"]), (&json!(1), &json!(true), &Value::Null));
    let (status, answer) = server.post(json!([message("b")]).to_string()).await;
    assert_eq!((status, &answer["spooled"]), (StatusCode::OK, &json!(true)));
    assert_eq!(server.post("hello").await.0, StatusCode::BAD_REQUEST);
    assert!(server.events().await.is_empty() && server.dead_letters().await.is_empty());

    journal.set(Mode::Takes);
    let (_, answer) = server.post(json!([message("c")]).to_string()).await;
    assert_eq!(answer["spooled"], true, "what comes now goes behind what waits");
    let _draining = Draining::of(&server.intake);
    until_direct(&server.intake).await;
    let (_, answer) = server.post(json!([message("d")]).to_string()).await;
    assert_eq!(answer["spooled"], false, "{answer}");
    let position = Position::decode(answer["position"].as_str().unwrap(), SECRET).unwrap();
    assert_eq!(position.0.values().sum::<u64>(), 4, "one conversation, so one partition: {position:?}");
    let events = journal.inner.records(Topic::Events).concat();
    let ids: Vec<_> =
        events.iter().map(|record| event::Event::decode(&record.value).unwrap().event_id.into_owned()).collect();
    assert_eq!(ids, ["a", "b", "c", "d"]);
    let letters = server.dead_letters().await;
    assert_eq!(
        letters.iter().map(|(headers, _)| &headers["reason"]).collect::<Vec<_>>(),
        ["missing_field", "malformed_body"]
    );
}

#[tokio::test]
async fn what_is_spooled_goes_in_in_order_over_many_segments_and_leaves_nothing_on_the_disk() {
    let mut world = World::new();
    // Segments of 2 KiB.
    world.options = options(16 << 10);
    world.journal.set(Mode::Away);
    let intake = world.intake();
    let mut sent = Vec::new();
    for batch in 0..50 {
        let values: Vec<String> = (0..5).map(|n| format!("{batch:02}-{n}")).collect();
        let batch = values.iter().map(|value| NewRecord { key: "k".into(), ..record(value.clone()) }).collect();
        assert_eq!(intake.append(batch, Vec::new()).await.unwrap(), Taken::Spooled);
        sent.extend(values);
    }
    assert!(world.segments() > 3, "{}", world.segments());
    world.journal.set(Mode::Takes);
    let _draining = Draining::of(&intake);
    until_direct(&intake).await;
    assert_eq!(world.journal.values(Topic::Events), sent);
    until_empty(&world).await;
}

#[tokio::test]
async fn a_journal_that_does_not_answer_is_waited_for_once_and_no_longer_than_it_may_take() {
    let world = World::new();
    world.journal.set(Mode::Silent);
    let intake = world.intake();
    let begun = tokio::time::Instant::now();
    assert_eq!(intake.append(records(&["a"]), Vec::new()).await.unwrap(), Taken::Spooled);
    assert!(begun.elapsed() >= SOON);
    // The journal would answer now, but what comes goes behind what waits, without asking it.
    world.journal.set(Mode::Takes);
    assert_eq!(intake.append(records(&["b"]), Vec::new()).await.unwrap(), Taken::Spooled);
    assert!(world.journal.values(Topic::Events).is_empty());
    let _draining = Draining::of(&intake);
    until_direct(&intake).await;
    assert_eq!(world.journal.once(Topic::Events), ["a", "b"]);
}

#[tokio::test]
async fn copies_of_a_dead_letter_say_that_they_are_one_however_they_came_to_the_topic() {
    let world = World::new();
    let intake = world.intake();
    let draining = Draining::of(&intake);
    // One is in at once; the other is in without an answer, so it is spooled, drained without an answer, and drained again.
    intake.append(Vec::new(), records(&["direct"])).await.unwrap();
    world.journal.set(Mode::AmbiguousTaken);
    assert_eq!(intake.append(Vec::new(), records(&["twice"])).await.unwrap(), Taken::Spooled);
    while world.journal.values(Topic::DeadLetters).len() < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.journal.set(Mode::Takes);
    until_direct(&intake).await;
    intake.append(Vec::new(), records(&["other", "other"])).await.unwrap();
    until_empty(&world).await;
    draining.abort().await;
    let letters = world.journal.inner.records(Topic::DeadLetters).concat();
    let of = |value: &str| letters.iter().filter(|letter| letter.value == value).map(source).collect::<Vec<_>>();
    let twice = of("twice");
    assert!(twice.len() >= 3 && twice.iter().all(|source| *source == twice[0]), "{twice:?}");
    assert!(twice[0][0].starts_with("spool/") && twice[0][1] == "0", "{twice:?}");
    // Two that read the same and were sent twice are two.
    let all: BTreeSet<_> = letters.iter().map(source).collect();
    assert_eq!(all.len(), 4, "{all:?}");

    // Another process does not take the same numbers.
    drop(intake);
    world.intake().append(Vec::new(), records(&["later"])).await.unwrap();
    let later = source(world.journal.inner.records(Topic::DeadLetters).concat().last().unwrap());
    assert!(!all.contains(&later), "{later:?}");
}

#[tokio::test]
async fn a_full_spool_refuses_what_comes_and_loses_nothing_of_what_it_took() {
    let mut world = World::new();
    world.options = options(20_000);
    let (intake, journal) = (world.intake(), world.journal.clone());
    let server = Server::through(intake, journal.clone(), world.directory, Options::default(), None).await;
    journal.set(Mode::Away);
    let mut taken = Vec::new();
    let refused = loop {
        let id = format!("id-{:04}", taken.len());
        let request = server.request().body(Body::from(json!([message(&id)]).to_string())).unwrap();
        let response = server.router.clone().oneshot(request).await.unwrap();
        if response.status() != StatusCode::OK {
            break response;
        }
        taken.push(id);
    };
    assert_eq!(refused.status().as_u16(), 503);
    assert_eq!(refused.headers()["retry-after"], "2");
    let body: Value = serde_json::from_slice(&refused.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!(body["error"]["code"], "journal_full");
    assert!(taken.len() > 10, "{}", taken.len());
    assert_eq!(server.intake.check().await.unwrap_err().code(), "journal_full");

    journal.set(Mode::Takes);
    let draining = Draining::of(&server.intake);
    until_direct(&server.intake).await;
    assert_eq!(server.event_ids().await, taken);
    assert_eq!(server.post(json!([message("z")]).to_string()).await.0, StatusCode::OK);
    assert_eq!(server.intake.check().await.unwrap(), None);
    drop(draining);
}

#[tokio::test]
async fn a_disk_without_room_refuses_what_comes() {
    let mut world = World::new();
    world.options.store.reserve_bytes = 1_000;
    world.options.store.free_space = Arc::new(|_| Ok(999));
    world.journal.set(Mode::Away);
    let intake = world.intake();
    assert_eq!(intake.append(records(&["a"]), Vec::new()).await.unwrap_err().code(), "journal_full");
    assert_eq!(intake.check().await.unwrap_err().code(), "journal_full");
    world.journal.set(Mode::Takes);
    assert!(matches!(intake.append(records(&["a"]), Vec::new()).await.unwrap(), Taken::Appended(_)));
    assert_eq!((world.segments(), intake.check().await.unwrap()), (0, None));
}

#[tokio::test]
async fn a_record_that_the_journal_never_takes_is_refused_also_while_others_wait() {
    let world = World::new();
    let intake = world.intake();
    let too_large = || vec![record("small"), record(vec![b'x'; RECORD_MAX + 1])];
    for mode in [Mode::Takes, Mode::Away] {
        world.journal.set(mode);
        assert_eq!(intake.append(too_large(), Vec::new()).await.unwrap_err().code(), "journal_unusable");
    }
    assert_eq!(intake.append(records(&["a"]), Vec::new()).await.unwrap(), Taken::Spooled);
    assert_eq!(intake.append(too_large(), Vec::new()).await.unwrap_err().code(), "journal_unusable");
    assert!(intake.append(Vec::new(), too_large()).await.is_err());
    world.journal.set(Mode::Takes);
    let _draining = Draining::of(&intake);
    until_direct(&intake).await;
    assert_eq!(world.journal.values(Topic::Events), ["a"]);
}

#[tokio::test]
async fn a_process_that_ends_between_an_append_and_its_note_appends_the_same_again_before_anything_else() {
    let world = World::new();
    world.journal.set(Mode::Away);
    let mut intake = world.intake();
    intake.append(records(&["a", "b"]), records(&["bad"])).await.unwrap();
    // In each life the drain gets as far as an append that is in and not noted, or that is not in, and the process ends there.
    let lives = [Mode::SilentTaken, Mode::Silent, Mode::AmbiguousTaken, Mode::SilentTaken];
    for (mode, value) in lives.into_iter().zip(["c", "d", "e", "f"]) {
        world.journal.set(mode);
        let attempts = world.journal.attempts.load(Ordering::Relaxed);
        let draining = Draining::of(&intake);
        while world.journal.attempts.load(Ordering::Relaxed) == attempts {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(intake.append(records(&[value]), Vec::new()).await.unwrap(), Taken::Spooled, "nothing overtakes");
        draining.abort().await;
        drop(Arc::into_inner(intake).expect("nothing of the process is left"));
        intake = world.intake();
    }
    world.journal.set(Mode::Takes);
    let _draining = Draining::of(&intake);
    until_direct(&intake).await;
    intake.append(records(&["z"]), Vec::new()).await.unwrap();
    assert_eq!(world.journal.once(Topic::Events), ["a", "b", "c", "d", "e", "f", "z"]);
    let copies = world.journal.values(Topic::Events).iter().filter(|value| *value == "a").count();
    assert!(copies >= 3, "{copies}: no append was lost between the journal and the note");
    let letters: BTreeSet<_> = world.journal.inner.records(Topic::DeadLetters).concat().iter().map(source).collect();
    assert_eq!(letters.len(), 1);
}

#[tokio::test]
async fn who_hangs_up_while_a_segment_is_made_leaves_nothing_behind() {
    let world = World::new();
    world.journal.set(Mode::Away);
    let intake = world.intake();
    for _ in 0..20 {
        let append = intake.append(records(&["gone"]), Vec::new());
        tokio::time::timeout(Duration::from_micros(300), append).await.ok();
    }
    intake.append(records(&["a"]), Vec::new()).await.unwrap();
    assert_eq!(world.segments(), 1);
    world.journal.set(Mode::Takes);
    let _draining = Draining::of(&intake);
    until_direct(&intake).await;
    assert_eq!(world.journal.once(Topic::Events).last().unwrap(), "a");
    until_empty(&world).await;
}

#[tokio::test]
async fn a_damaged_spool_refuses_the_start() {
    let world = World::new();
    world.journal.set(Mode::Away);
    let intake = world.intake();
    for value in ["a", "b", "c"] {
        intake.append(records(&[value]), Vec::new()).await.unwrap();
    }
    drop(intake);
    let store = world.spool().join("00000001/store");
    let log = std::fs::read_dir(store).unwrap().map(|entry| entry.unwrap().path());
    let log = log.filter(|path| path.extension().is_some_and(|name| name == "jnl")).max().unwrap();
    let mut bytes = std::fs::read(&log).unwrap();
    let at = bytes.windows(15).position(|window| window == b"rapport.events.").unwrap_or(60);
    bytes[at] ^= 0xff;
    std::fs::write(&log, bytes).unwrap();
    let error = Spool::open(world.spool(), world.options.clone()).unwrap_err();
    assert!(error.code() == "journal_unusable" && error.to_string().contains("damaged"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_acknowledged_event_is_in_the_journal_and_covered_by_later_positions_whatever_the_journal_does() {
    use Mode::{AmbiguousLost, AmbiguousTaken, Away, Silent, SilentTaken, Takes};
    let mut world = World::new();
    world.journal = Moody::new(4);
    world.options = options(1 << 20);
    let intake = world.intake();
    let _draining = Draining::of(&intake);
    let acknowledged: Arc<Mutex<Vec<String>>> = Arc::default();
    let stop = Arc::new(AtomicBool::new(false));
    // Batches that went to the journal, and to the spool.
    let counts: Arc<[AtomicUsize; 2]> = Arc::default();
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (intake, acknowledged) = (intake.clone(), acknowledged.clone());
            let (stop, counts) = (stop.clone(), counts.clone());
            tokio::spawn(async move {
                let mut positions = Vec::new();
                for batch in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let ids: Vec<String> = (0..3).map(|n| format!("{writer}-{batch}-{n}")).collect();
                    let records = ids.iter().map(|id| record(id.clone())).collect();
                    let before = acknowledged.lock().unwrap().len();
                    let taken = intake.append(records, Vec::new()).await.unwrap();
                    counts[usize::from(taken == Taken::Spooled)].fetch_add(1, Ordering::Relaxed);
                    if let Taken::Appended(position) = taken {
                        positions.push((before, position));
                    }
                    acknowledged.lock().unwrap().extend(ids);
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                positions
            })
        })
        .collect();
    let ten_more = async |which: usize| {
        let target = counts[which].load(Ordering::Relaxed) + 10;
        while counts[which].load(Ordering::Relaxed) < target {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    for mode in [Away, AmbiguousLost, AmbiguousTaken, Silent, SilentTaken].repeat(4) {
        world.journal.set(mode);
        tokio::time::timeout(PATIENCE, ten_more(1)).await.unwrap();
        world.journal.set(Takes);
        // The writers go on meanwhile: there is always something behind what was drained last.
        tokio::time::timeout(PATIENCE, ten_more(0)).await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let mut positions = Vec::new();
    for writer in writers {
        positions.extend(writer.await.unwrap());
    }
    until_direct(&intake).await;
    let mut first_place = BTreeMap::new();
    for (partition, records) in world.journal.inner.records(Topic::Events).into_iter().enumerate() {
        for record in records {
            let id = String::from_utf8(record.value.to_vec()).unwrap();
            first_place.entry(id).or_insert((partition as u16, record.offset));
        }
    }
    let acknowledged = acknowledged.lock().unwrap().clone();
    for (before, position) in positions {
        for id in &acknowledged[..before] {
            let (partition, offset) = first_place[id];
            assert!(position.0.get(&partition).is_some_and(|next| *next > offset), "{id} is not covered");
        }
    }
    assert!(acknowledged.iter().all(|id| first_place.contains_key(id)));
}
