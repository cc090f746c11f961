//! One process a data directory.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
};

use anyhow::Context;
use rustix::fs::{FlockOperation, flock};

use crate::files;

/// Holds the directory until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// What came of asking for the lock.
#[derive(Debug)]
pub(crate) enum Attempt {
    Taken(Lock),
    /// Another process has it: this one, if it has said so.
    Held {
        pid: Option<u32>,
    },
}

/// Makes the directory if it is missing and tries to lock it.
///
/// # Errors
/// When the directory cannot be made or written.
pub(crate) fn try_lock(directory: &Path) -> anyhow::Result<Attempt> {
    files::make_private_directory(directory)?;
    let path = directory.join("lock");
    let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = open().with_context(|| format!("cannot open {}", path.display()))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())?;
            Ok(Attempt::Taken(Lock { _file: file }))
        }
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            Ok(Attempt::Held { pid: text.trim().parse().ok() })
        }
        Err(error) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_locked_once_and_free_again_when_the_lock_is_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let Attempt::Taken(lock) = try_lock(directory.path()).unwrap() else { panic!("a new directory is free") };
        let Attempt::Held { pid } = try_lock(directory.path()).unwrap() else { panic!("it is held") };
        assert_eq!(pid, Some(std::process::id()));
        drop(lock);
        assert!(matches!(try_lock(directory.path()).unwrap(), Attempt::Taken(_)));
    }
}
