//! A disk that is really full: a small file system in memory, where this process may mount one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use journal::{
    Commit, ErrorClass, Journal, Topic,
    embedded::{EmbeddedJournal, Options},
};

use crate::{held, options, pattern::record};

/// A file system of its own, gone with this value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// None where mounting is not permitted, which is said.
    fn mount(mib: u32) -> Option<SmallDisk> {
        let disk = SmallDisk(tempfile::tempdir().unwrap());
        let size = format!("size={mib}m");
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(disk.0.path()).output();
        let refused = match output {
            Ok(output) if output.status.success() => return Some(disk),
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(!rustix::process::geteuid().is_root() || is_contained(), "root can mount: {refused}");
        eprintln!("skipped: a file system cannot be mounted here ({refused})");
        None
    }

    fn journal(&self) -> PathBuf {
        self.0.path().join("journal")
    }

    /// Takes all the room that is left, but for some bytes.
    fn fill(&self, left: u64) -> PathBuf {
        let stat = rustix::fs::statvfs(self.0.path()).unwrap();
        let free = stat.f_bavail * stat.f_frsize;
        let ballast = self.0.path().join("ballast");
        fs::write(&ballast, vec![1; usize::try_from(free.saturating_sub(left)).unwrap()]).unwrap();
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What was never mounted is not there to be taken away.
        Command::new("umount").arg("--lazy").arg(self.0.path()).output().ok();
    }
}

/// Whether this process lacks the right to mount although it is root, as in most containers.
fn is_contained() -> bool {
    const SYS_ADMIN: u32 = 21;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap_or_default();
    u64::from_str_radix(effective.trim(), 16).is_ok_and(|held| held & (1 << SYS_ADMIN) == 0)
}

const RECORD: usize = 200_000;

async fn append(journal: &EmbeddedJournal, number: u64) -> Result<((u16, u64), u64), journal::Error> {
    let place = journal.append(Topic::Events, vec![record(number, RECORD)]).await?[0];
    Ok(((place.partition, place.offset), number))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_without_room_is_back_pressure_that_loses_nothing_and_passes() {
    let Some(disk) = SmallDisk::mount(160) else { return };
    let journal = EmbeddedJournal::open(disk.journal(), options()).unwrap();
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
    let journal = EmbeddedJournal::open(disk.journal(), options()).unwrap();
    assert_eq!(held(&journal, RECORD).await, acknowledged, "after a start too, and nothing of what was refused");
    assert_eq!(journal.committed("g", Topic::Events, 0).await.unwrap(), Some(commit));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_on_a_full_disk_finds_everything_and_takes_records_once_there_is_room() {
    let Some(disk) = SmallDisk::mount(160) else { return };
    let mut acknowledged = std::collections::BTreeMap::new();
    let journal = EmbeddedJournal::open(disk.journal(), options()).unwrap();
    for number in 0..50 {
        acknowledged.extend([append(&journal, number).await.unwrap()]);
    }
    drop(journal);
    let ballast = disk.fill(0);
    match open(&disk.journal()) {
        Ok(journal) => {
            assert_eq!(held(&journal, RECORD).await, acknowledged);
            assert_eq!(append(&journal, 50).await.unwrap_err().class(), ErrorClass::Retry);
        }
        // A start that needs room may be refused, in words; it must not harm what is there.
        Err(error) => assert!(error.to_string().contains("cannot be opened"), "{error}"),
    }
    fs::remove_file(ballast).unwrap();
    let journal = open(&disk.journal()).unwrap();
    acknowledged.extend([append(&journal, 51).await.unwrap()]);
    assert_eq!(held(&journal, RECORD).await, acknowledged);
}

fn open(dir: &Path) -> Result<EmbeddedJournal, journal::Error> {
    EmbeddedJournal::open(dir, Options { reserve_bytes: 1 << 20, ..options() })
}
