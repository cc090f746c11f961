//! A disk that is really full: a small file system in memory, where this process may mount one.

use std::{fs, path::Path};

use journal::{
    Commit, ErrorClass, Journal, Topic,
    embedded::{EmbeddedJournal, Options},
};

use crate::{held, options, pattern::record, small_disk::SmallDisk};

const RECORD: usize = 200_000;

async fn append(journal: &EmbeddedJournal, number: u64) -> Result<((u16, u64), u64), journal::Error> {
    let place = journal.append(Topic::Events, vec![record(number, RECORD)]).await?[0];
    Ok(((place.partition, place.offset), number))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_without_room_is_back_pressure_that_loses_nothing_and_passes() {
    let Some(disk) = SmallDisk::mount(160) else { return };
    let journal = EmbeddedJournal::open(disk.path().join("journal"), options()).unwrap();
    let mut acknowledged = std::collections::BTreeMap::new();
    for number in 0..50 {
        acknowledged.extend([append(&journal, number).await.unwrap()]);
    }
    let ballast = disk.fill(2_000_000);
    let mut refused = 0;
    for number in 50..200 {
        match append(&journal, number).await {
            Ok(place) => acknowledged.extend([place]),
            Err(error) => {
                assert_eq!((error.code(), error.class()), ("journal_full", ErrorClass::Retry), "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused >= 100, "{refused} appends met the full disk");
    assert_eq!(held(&journal, RECORD).await, acknowledged, "what was acknowledged can be read while the disk is full");

    fs::remove_file(ballast).unwrap();
    acknowledged.extend([append(&journal, 1_000).await.unwrap()]);
    let commit = Commit { next_offset: 1, metadata: "1".to_owned() };
    journal.commit("g", Topic::Events, 0, commit.clone()).await.unwrap();
    drop(journal);
    let journal = EmbeddedJournal::open(disk.path().join("journal"), options()).unwrap();
    assert_eq!(held(&journal, RECORD).await, acknowledged, "after a start too, and nothing of what was refused");
    assert_eq!(journal.committed("g", Topic::Events, 0).await.unwrap(), Some(commit));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_on_a_full_disk_finds_everything_and_takes_records_once_there_is_room() {
    let Some(disk) = SmallDisk::mount(160) else { return };
    let mut acknowledged = std::collections::BTreeMap::new();
    let journal = EmbeddedJournal::open(disk.path().join("journal"), options()).unwrap();
    for number in 0..50 {
        acknowledged.extend([append(&journal, number).await.unwrap()]);
    }
    drop(journal);
    let ballast = disk.fill(0);
    match open(&disk.path().join("journal")) {
        Ok(journal) => {
            assert_eq!(held(&journal, RECORD).await, acknowledged);
            assert_eq!(append(&journal, 50).await.unwrap_err().class(), ErrorClass::Retry);
        }
        // A start that needs room may be refused, in words; it must not harm what is there.
        Err(error) => assert!(error.to_string().contains("cannot be opened"), "{error}"),
    }
    fs::remove_file(ballast).unwrap();
    let journal = open(&disk.path().join("journal")).unwrap();
    acknowledged.extend([append(&journal, 51).await.unwrap()]);
    assert_eq!(held(&journal, RECORD).await, acknowledged);
}

fn open(dir: &Path) -> Result<EmbeddedJournal, journal::Error> {
    EmbeddedJournal::open(dir, Options { reserve_bytes: 1 << 20, ..options() })
}
