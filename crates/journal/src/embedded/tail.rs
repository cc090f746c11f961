//! Looks at the storage crate's own log before that crate does, and cuts off what a crash left half-written at its end.
//!
//! fjall gives up a log at the first thing that it cannot parse, without a word, and refuses to open when a commit is whole in
//! length but wrong in content (pages of one write reach the disk in any order). So the two cases are told apart here:
//! a damaged *last* commit was never acknowledged, because every acknowledgement waits for an fsync behind it: it is cut, and said;
//! damage with a whole commit behind it hit what was acknowledged: the journal refuses to open rather than lose it silently.
//!
//! The format (fjall 3, which promises to keep it): a commit is `1 | items u32 | seqno u64`, then items
//! `2 | type u8 | compression u8 | keyspace u64 | key_len u16 | value_len u32 | stored_len u32 | key | value` or
//! `4 | keyspace u64`, then `3 | xxh3 of the items u64 | "FJL" 3`. A fresh file is filled up with zeros.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use bytes::Buf;
use xxhash_rust::xxh3::xxh3_64;

const TRAILER: [u8; 4] = *b"FJL\x03";

/// What a log file looks like.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Whole commits, then nothing.
    Clean,
    /// Whole commits up to `end`, then `bytes` of a commit that was never completed.
    Torn { end: usize, bytes: usize },
    /// Whole commits up to `end`, then damage, then a whole commit again.
    Damaged { end: usize },
}

/// A tail that was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) file: PathBuf,
    pub(super) at: usize,
    pub(super) bytes: usize,
}

/// Why a store may not be opened.
#[derive(Debug)]
pub(super) enum Refusal {
    Io(io::Error),
    Damaged { file: PathBuf, at: usize },
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Refusal::Io(error)
    }
}

/// Checks every log file of the store in `dir`, and cuts the torn end of the newest one.
pub(super) fn mend(dir: &Path) -> Result<Option<Cut>, Refusal> {
    let logs = logs(dir)?;
    for (index, (_, file)) in logs.iter().enumerate() {
        let is_newest = index + 1 == logs.len();
        match verdict(&fs::read(file)?) {
            Verdict::Clean => {}
            // A log is fsynced before the next one begins, so only the newest can have a torn end.
            Verdict::Torn { end, bytes } if is_newest => {
                let log = OpenOptions::new().write(true).open(file)?;
                log.set_len(end as u64)?;
                log.sync_all()?;
                return Ok(Some(Cut { file: file.clone(), at: end, bytes }));
            }
            Verdict::Torn { end, .. } | Verdict::Damaged { end } => {
                return Err(Refusal::Damaged { file: file.clone(), at: end });
            }
        }
    }
    Ok(None)
}

/// The log files in the order in which they were written.
pub(super) fn logs(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut logs = Vec::new();
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(logs),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let number = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".jnl"));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            logs.push((number, path));
        }
    }
    logs.sort();
    Ok(logs)
}

/// Judges the content of a log.
pub(super) fn verdict(log: &[u8]) -> Verdict {
    let mut end = 0;
    while let Some(length) = commit_len(&log[end..]) {
        end += length;
    }
    let used = log.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if used <= end {
        return Verdict::Clean;
    }
    // The torn commit may contain its own trailer; a whole commit behind any trailer means that it was not the last.
    let mut at = end;
    while let Some(found) = find(&log[at..used], &TRAILER) {
        at += found + TRAILER.len();
        if commit_len(&log[at..]).is_some() {
            return Verdict::Damaged { end };
        }
    }
    Verdict::Torn { end, bytes: used - end }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The length of the whole and right commit at the beginning of `bytes`, if there is one.
fn commit_len(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    if rest.try_get_u8().ok()? != 1 {
        return None;
    }
    let items = rest.try_get_u32_le().ok()?;
    rest.try_get_u64_le().ok()?;
    let body = rest;
    for _ in 0..items {
        match rest.try_get_u8().ok()? {
            2 => {
                rest.try_get_u16_le().ok()?;
                rest.try_get_u64_le().ok()?;
                let key = usize::from(rest.try_get_u16_le().ok()?);
                rest.try_get_u32_le().ok()?;
                let value = rest.try_get_u32_le().ok()? as usize;
                rest = rest.get(key + value..)?;
            }
            4 => {
                rest.try_get_u64_le().ok()?;
            }
            _ => return None,
        }
    }
    let body = &body[..body.len() - rest.len()];
    let whole = rest.try_get_u8().ok()? == 3 && rest.try_get_u64_le().ok()? == xxh3_64(body);
    let whole = whole && rest.get(..TRAILER.len())? == TRAILER;
    whole.then(|| bytes.len() - rest.len() + TRAILER.len())
}
