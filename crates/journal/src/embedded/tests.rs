//! Tests of the embedded journal on real files.

use std::sync::{
    Mutex,
    atomic::{AtomicI64, AtomicU64},
};

use bytes::Bytes;

use super::*;
use crate::{ErrorClass, conformance};

const ALL: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

/// A clock and a disk that a test sets.
#[derive(Clone)]
struct World {
    now: Arc<AtomicI64>,
    free: Arc<AtomicU64>,
}

impl World {
    fn new() -> World {
        World { now: Arc::new(AtomicI64::new(1_000_000)), free: Arc::new(AtomicU64::new(u64::MAX)) }
    }

    fn options(&self) -> Options {
        let (now, free) = (Arc::clone(&self.now), Arc::clone(&self.free));
        Options {
            clock: Arc::new(move || now.load(Ordering::SeqCst)),
            free_space: Arc::new(move |_| Ok(free.load(Ordering::SeqCst))),
            ..Options::default()
        }
    }

    fn set_clock(&self, ms: i64) {
        self.now.store(ms, Ordering::SeqCst);
    }
}

fn open(dir: &Path) -> EmbeddedJournal {
    EmbeddedJournal::open(dir, World::new().options()).unwrap()
}

fn record(value: impl Into<Bytes>) -> NewRecord {
    NewRecord { key: Bytes::new(), value: value.into(), headers: Vec::new() }
}

async fn append(journal: &EmbeddedJournal, value: impl Into<Bytes>) -> u64 {
    journal.append(Topic::Events, vec![record(value)]).await.unwrap()[0].offset
}

async fn values(journal: &EmbeddedJournal, from: u64) -> Vec<Bytes> {
    let records = journal.read(Topic::Events, 0, from, ALL).await.unwrap();
    records.into_iter().map(|record| record.value).collect()
}

/// The files as a crash would leave them.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.metadata().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn newest_log(dir: &Path) -> PathBuf {
    tail::logs(&dir.join("store")).unwrap().pop().unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_journal_keeps_the_promises_of_the_port() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    let journal: Arc<dyn Journal> = Arc::new(EmbeddedJournal::open(dir.path(), world.options()).unwrap());
    conformance::check_clock_steps(Arc::clone(&journal), |ms| world.set_clock(ms)).await;
    conformance::check_all(journal).await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart_and_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let crashed = tempfile::tempdir().unwrap();
    let commit = Commit { next_offset: 2, metadata: "sealed".to_owned() };
    {
        let journal = open(dir.path());
        for n in 0..200_u8 {
            assert_eq!(append(&journal, vec![n]).await, u64::from(n));
        }
        journal.commit("g", Topic::Events, 0, commit.clone()).await.unwrap();
        copy(dir.path(), crashed.path());
    }
    for dir in [dir.path(), crashed.path()] {
        let journal = open(dir);
        assert_eq!(values(&journal, 0).await, (0..200_u8).map(|n| vec![n]).collect::<Vec<_>>());
        assert_eq!(journal.committed("g", Topic::Events, 0).await.unwrap(), Some(commit.clone()));
        assert_eq!(journal.offset_for_time(Topic::Events, 0, 1_000_000).await.unwrap(), Some(0));
        assert_eq!(append(&journal, "next").await, 200);
    }
}

#[tokio::test]
async fn a_last_write_torn_at_any_byte_is_cut_and_everything_before_it_survives() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    for n in 0..3_u8 {
        append(&journal, vec![n; 20]).await;
    }
    let log = newest_log(dir.path());
    let used = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let whole = used(&fs::read(&log).unwrap());
    append(&journal, vec![9; 20]).await;
    let bytes = fs::read(&log).unwrap()[..].to_vec();
    let torn = used(&bytes);
    let bytes = &bytes[..torn];
    drop(journal);

    let image = tempfile::tempdir().unwrap();
    copy(dir.path(), image.path());
    let image_log = newest_log(image.path());
    for at in whole..torn {
        // Cut short, followed by the zeros of a fresh file, and whole in length but wrong at one byte.
        let mut zeros = bytes[..at].to_vec();
        zeros.resize(torn + 4_096, 0);
        let mut flipped = bytes.to_vec();
        // The checksum does not cover the commit's sequence number (bytes 5 to 12); torn pages cannot change it alone.
        flipped[if (whole + 5..whole + 13).contains(&at) { whole } else { at }] ^= 0x10;
        for damaged in [bytes[..at].to_vec(), zeros, flipped] {
            let end = whole;
            match tail::verdict(&damaged) {
                tail::Verdict::Clean => assert_eq!(used(&damaged), end, "byte {at}"),
                verdict => assert_eq!(verdict, tail::Verdict::Torn { end, bytes: used(&damaged) - end }, "byte {at}"),
            }
            // Opening is slow beside judging: every byte is judged, every seventh opened.
            if (at - whole) % 7 == 0 {
                fs::write(&image_log, &damaged).unwrap();
                let journal = open(image.path());
                assert_eq!(values(&journal, 0).await, (0..3_u8).map(|n| vec![n; 20]).collect::<Vec<_>>(), "byte {at}");
                assert_eq!(append(&journal, "again").await, 3, "byte {at}");
                drop(journal);
                let journal = open(image.path());
                assert_eq!(values(&journal, 3).await, ["again"], "byte {at}");
                drop(journal);
            }
        }
    }
}

#[tokio::test]
async fn damage_ahead_of_acknowledged_records_refuses_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    for n in 0..3_u8 {
        append(&journal, vec![n; 40]).await;
    }
    drop(journal);
    let log = newest_log(dir.path());
    let mut bytes = fs::read(&log).unwrap();
    let at = bytes.windows(40).position(|window| window == [1; 40]).unwrap();
    bytes[at + 20] = 0;
    fs::write(&log, &bytes).unwrap();
    let error = EmbeddedJournal::open(dir.path(), Options::default()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Fatal);
    assert!(error.to_string().contains("damaged at byte"), "{error}");
    assert!(error.to_string().contains(&dir.path().display().to_string()), "{error}");
    assert_eq!(fs::read(&log).unwrap(), bytes, "nothing was changed");
}

#[test]
fn a_directory_in_use_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let error = EmbeddedJournal::open(dir.path(), Options::default()).unwrap_err();
    assert_eq!(error.code(), "journal_unusable");
    let message = error.to_string();
    assert!(message.contains("in use by another process") && message.contains("stop that process"), "{message}");
    assert!(message.contains(&dir.path().display().to_string()), "{message}");
    drop(journal);
    open(dir.path());
}

#[test]
fn another_partition_count_is_refused_and_says_both() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let error = EmbeddedJournal::open(dir.path(), Options { event_partitions: 5, ..Options::default() }).unwrap_err();
    assert!(error.to_string().contains("has 4 partitions") && error.to_string().contains("5 were asked"), "{error}");
    open(dir.path());
}

#[tokio::test]
async fn a_first_start_that_was_cut_off_leaves_nothing_in_the_way_of_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let unfinished = dir.path().join("store.unfinished");
    for file in ["lock", "0.jnl"] {
        std::fs::create_dir_all(&unfinished).unwrap();
        std::fs::write(unfinished.join(file), "half").unwrap();
    }
    let journal = open(dir.path());
    assert_eq!(append(&journal, "first").await, 0);
    assert!(!unfinished.exists());
}

#[test]
fn a_path_that_is_no_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    assert_eq!(EmbeddedJournal::open(&file, Options::default()).unwrap_err().class(), ErrorClass::Fatal);
}

#[tokio::test]
async fn a_full_disk_is_back_pressure_and_appends_work_again_when_there_is_space() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    let journal = EmbeddedJournal::open(dir.path(), Options { reserve_bytes: 100, ..world.options() }).unwrap();
    append(&journal, "before").await;
    journal.check().await.unwrap();
    world.free.store(99, Ordering::SeqCst);
    assert_eq!(journal.check().await.unwrap_err().code(), "journal_full", "it is known before anybody tries");
    let error = journal.append(Topic::Events, vec![record("no")]).await.unwrap_err();
    assert_eq!((error.code(), error.class()), ("journal_full", ErrorClass::Retry));
    assert_eq!(values(&journal, 0).await, ["before"], "reading goes on");
    journal.commit("g", Topic::Events, 0, Commit { next_offset: 1, metadata: String::new() }).await.unwrap();
    world.free.store(100, Ordering::SeqCst);
    assert_eq!(append(&journal, "after").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_bounded_in_bytes_and_drains() {
    let dir = tempfile::tempdir().unwrap();
    let gate = Arc::new(Mutex::new(()));
    let world = World::new();
    let clock: Clock = {
        let gate = Arc::clone(&gate);
        Arc::new(move || gate.lock().map_or(0, |_| 7))
    };
    let options = Options { queue_bytes: 10_000, clock, ..world.options() };
    let journal = Arc::new(EmbeddedJournal::open(dir.path(), options).unwrap());
    let mut tasks = Vec::new();
    {
        // The writer waits for its clock while callers go on asking.
        let _closed = gate.lock().unwrap();
        for _ in 0..50 {
            let journal = Arc::clone(&journal);
            tasks.push(tokio::spawn(async move { journal.append(Topic::Events, vec![record(vec![1; 990])]).await }));
        }
        let refused = tokio::task::block_in_place(|| {
            while tasks.iter().filter(|task| task.is_finished()).count() < 40 {
                thread::yield_now();
            }
            tasks.iter().filter(|task| task.is_finished()).count()
        });
        assert_eq!(refused, 40, "ten records of 1,000 bytes fit");
    }
    let mut taken = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => taken += 1,
            Err(error) => assert_eq!(error.code(), "journal_full"),
        }
    }
    assert_eq!(taken, 10);
    assert_eq!(append(&journal, vec![1; 50_000]).await, 10, "a record larger than the queue is taken when it is alone");
}

#[tokio::test]
async fn retention_drops_whole_old_batches_but_never_the_control_topic() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    let options = || Options { retention: Some(Duration::from_secs(100)), ..world.options() };
    let journal = EmbeddedJournal::open(dir.path(), options()).unwrap();
    for (second, value) in [(0, "a"), (50, "b"), (40, "c"), (120, "d")] {
        world.set_clock(second * 1_000);
        append(&journal, value).await;
        journal.append(Topic::Control, vec![record(value)]).await.unwrap();
    }
    world.set_clock(145_000);
    assert_eq!(journal.apply_retention().await.unwrap(), 1, "b is young enough and shields c");
    assert_eq!(journal.offsets(Topic::Events, 0).await.unwrap(), Offsets { first: 1, next: 4 });
    let gone = journal.read(Topic::Events, 0, 0, ALL).await.unwrap_err();
    assert!(matches!(gone, Error::OffsetGone { offset: 0, first: 1, .. }), "{gone}");
    world.set_clock(1_000_000);
    assert_eq!(journal.apply_retention().await.unwrap(), 3);
    drop(journal);
    let journal = EmbeddedJournal::open(dir.path(), options()).unwrap();
    assert_eq!(journal.offsets(Topic::Events, 0).await.unwrap(), Offsets { first: 4, next: 4 });
    assert_eq!(journal.offset_for_time(Topic::Events, 0, 0).await.unwrap(), None);
    assert_eq!(append(&journal, "e").await, 4, "offsets are never given again");
    assert_eq!(journal.offset_for_time(Topic::Events, 0, 0).await.unwrap(), Some(4));
    assert_eq!(journal.offsets(Topic::Control, 0).await.unwrap(), Offsets { first: 0, next: 4 });
}

#[tokio::test]
async fn retention_spares_what_a_consumer_has_not_finished_with_its_context() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    let needs: Needs = Arc::new(|_, commit| commit.metadata.parse().unwrap_or(0));
    let hold = Hold { group: "worker".to_owned(), needs, context: Duration::from_secs(10) };
    let options = Options { retention: Some(Duration::from_secs(100)), hold: Some(hold), ..world.options() };
    let journal = EmbeddedJournal::open(dir.path(), options).unwrap();
    for second in [0, 10, 20, 25, 30, 40] {
        world.set_clock(second * 1_000);
        append(&journal, "v").await;
        journal.append(Topic::DeadLetters, vec![record("v")]).await.unwrap();
    }
    world.set_clock(1_000_000);
    assert_eq!(journal.apply_retention().await.unwrap(), 0, "before its first commit everything is needed");
    let commit = async |topic, next_offset, metadata: &str| {
        journal.commit("worker", topic, 0, Commit { next_offset, metadata: metadata.to_owned() }).await.unwrap();
        journal.apply_retention().await.unwrap();
        journal.offsets(topic, 0).await.unwrap().first
    };
    assert_eq!(commit(Topic::Events, 6, "none yet").await, 0, "what was read is not what is finished");
    assert_eq!(commit(Topic::Events, 6, "4").await, 1, "needed from 30 s, context from 20 s, evidence at 10 s");
    assert_eq!(commit(Topic::Events, 6, "5").await, 3, "needed from 40 s, context from 30 s, evidence at 25 s");
    assert_eq!(commit(Topic::Events, 6, "6").await, 5, "finished to the end, and one batch as evidence");
    assert_eq!(journal.offsets(Topic::DeadLetters, 0).await.unwrap().first, 0, "each topic by its own commit");
}

#[tokio::test]
async fn a_held_log_is_cut_as_fast_as_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    let hold = Hold {
        group: "g".to_owned(),
        needs: Arc::new(|_, commit| commit.next_offset),
        context: Duration::from_secs(1),
    };
    let options = Options { retention: Some(Duration::from_secs(100)), hold: Some(hold), ..world.options() };
    let journal = EmbeddedJournal::open(dir.path(), options).unwrap();
    // More batches than one change drops.
    for _ in 0..1_100 {
        append(&journal, "v").await;
    }
    journal.commit("g", Topic::Events, 0, Commit { next_offset: 1_100, metadata: String::new() }).await.unwrap();
    world.set_clock(10_000_000);
    assert_eq!(journal.apply_retention().await.unwrap(), 1_099);
}

#[tokio::test]
async fn look_ups_by_time_stay_exact_over_many_batches_retention_and_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    let options = || Options { retention: Some(Duration::from_millis(500)), ..world.options() };
    let mut journal = EmbeddedJournal::open(dir.path(), options()).unwrap();
    let mut times = Vec::new();
    for n in 0..700_i64 {
        // Rises, with a step back now and then.
        let time = if n % 13 == 5 { n - 40 } else { n };
        world.set_clock(time);
        append(&journal, "v").await;
        times.push(time);
        if n == 400 {
            drop(journal);
            journal = EmbeddedJournal::open(dir.path(), options()).unwrap();
        }
    }
    world.set_clock(800);
    journal.apply_retention().await.unwrap();
    let first = journal.offsets(Topic::Events, 0).await.unwrap().first as usize;
    assert!(first > 100, "something was dropped: {first}");
    for at in -50..720 {
        let expected = times[first..].iter().position(|time| *time >= at).map(|index| (index + first) as u64);
        assert_eq!(journal.offset_for_time(Topic::Events, 0, at).await.unwrap(), expected, "at {at}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_follow_a_busy_writer_without_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Arc::new(open(dir.path()));
    let reader = tokio::spawn({
        let journal = Arc::clone(&journal);
        async move {
            let mut next = 0;
            while next < 2_000 {
                journal.wait_beyond(Topic::Events, vec![next, u64::MAX, u64::MAX, u64::MAX]).await;
                for record in
                    journal.read(Topic::Events, 0, next, ReadLimit { records: 37, bytes: 1 << 20 }).await.unwrap()
                {
                    assert_eq!(record.offset, next);
                    next += 1;
                }
            }
        }
    });
    for n in 0..200_u32 {
        let records = (0..10).map(|_| record(n.to_be_bytes().to_vec())).collect();
        journal.append(Topic::Events, records).await.unwrap();
    }
    tokio::time::timeout(Duration::from_secs(30), reader).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_record_that_cannot_be_stored_is_refused_before_it_is_queued() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let long_name = NewRecord { headers: vec![("n".repeat(70_000), Bytes::new())], ..NewRecord::default() };
    let error = journal.append(Topic::Events, vec![record("good"), long_name]).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Fatal);
    assert_eq!(journal.offsets(Topic::Events, 0).await.unwrap().next, 0, "none of the call is in");
}
