//! A segment of the spool: an embedded journal in a directory of its own, so that the disk has its room back when it is drained.
//!
//! A segment counts from when its mark is there, and no longer when the mark is gone: a crash in the middle of making it or of
//! taking it away leaves a directory without one, in which nothing is that anybody was promised.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use journal::{
    Error,
    embedded::{EmbeddedJournal, Options},
};

/// The mark's name.
const MARK: &str = "ready";

/// Where a segment lies.
pub(super) fn directory(root: &Path, number: u64) -> PathBuf {
    root.join(format!("{number:08}"))
}

/// Makes a segment. When this returns, what is appended to it outlives a crash of the machine.
///
/// # Errors
/// `Error::Full` if it cannot be made: most likely the disk has no room for it.
pub(super) fn begin(root: &Path, number: u64, options: Options) -> Result<EmbeddedJournal, Error> {
    let directory = directory(root, number);
    let make = || {
        let log = EmbeddedJournal::open(&directory, options).map_err(io::Error::other)?;
        sync(&directory)?;
        File::create_new(directory.join(MARK))?.sync_all()?;
        sync(&directory)?;
        sync(root)?;
        io::Result::Ok(log)
    };
    make().map_err(|error| {
        if let Err(left) = remove(&directory) {
            tracing::warn!(error = %left, directory = %directory.display(), "what was begun of a segment could not be removed");
        }
        Error::Full(format!("the spool cannot begin the segment {}: {error}", directory.display()))
    })
}

/// Takes a segment away, or what is left of one; at once as far as a later start is concerned.
///
/// # Errors
/// When the directory cannot be changed.
pub(super) fn remove(directory: &Path) -> io::Result<()> {
    let gone_is_fine = |outcome: io::Result<()>| match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    };
    gone_is_fine(fs::remove_file(directory.join(MARK)))?;
    gone_is_fine(sync(directory))?;
    gone_is_fine(fs::remove_dir_all(directory))
}

/// The segments that an earlier process left, oldest first, each with its bytes on the disk. Directories without a mark go.
///
/// # Errors
/// When the directory cannot be read or changed.
pub(super) fn left_over(root: &Path) -> io::Result<Vec<(u64, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if entry.path().join(MARK).try_exists()? {
            found.push((number, disk_bytes(&entry.path())?));
        } else {
            remove(&entry.path())?;
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Whether an earlier process left segments.
pub(super) fn is_any_left(root: &Path) -> bool {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().join(MARK)).any(|mark| mark.exists())
}

/// What a directory's files take of the disk.
fn disk_bytes(directory: &Path) -> io::Result<u64> {
    /// Bytes of a block, whatever the file system's own blocks are.
    const BLOCK: u64 = 512;
    let mut bytes = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { disk_bytes(&entry.path())? } else { metadata.blocks() * BLOCK };
    }
    Ok(bytes)
}

/// Makes the names in a directory durable.
fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_counts_from_its_mark_until_its_mark_is_gone() {
        let root = tempfile::tempdir().unwrap();
        for number in [12, 3] {
            drop(begin(root.path(), number, Options::default()).unwrap());
        }
        // One whose making was cut off, and one whose removal was.
        fs::create_dir_all(directory(root.path(), 13).join("store")).unwrap();
        fs::remove_file(directory(root.path(), 3).join(MARK)).unwrap();
        let left = left_over(root.path()).unwrap();
        assert_eq!(left.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [12]);
        assert!(left[0].1 > 0 && is_any_left(root.path()));
        assert!(!directory(root.path(), 13).exists() && !directory(root.path(), 3).exists());
        remove(&directory(root.path(), 12)).unwrap();
        assert!(!is_any_left(root.path()) && left_over(root.path()).unwrap().is_empty());
        remove(&directory(root.path(), 12)).unwrap();
    }

    #[test]
    fn a_segment_that_cannot_be_made_is_a_full_spool_and_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let options = Options { event_partitions: 0, ..Options::default() };
        assert_eq!(begin(root.path(), 1, options).unwrap_err().code(), "journal_full");
        assert!(!directory(root.path(), 1).exists());
    }
}
