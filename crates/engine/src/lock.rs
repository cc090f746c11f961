//! One process for one data directory, said before the engine would fail without a message.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Error;

/// Held for as long as the process uses the directory; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Locks `directory`, waiting up to `wait` for a process that is still leaving it.
    pub(crate) fn take(directory: &Path, wait: Duration) -> Result<Self, Error> {
        let open_failed = |error: std::io::Error| Error::Open { path: directory.into(), reason: error.to_string() };
        let path = directory.join("engine.lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(open_failed)?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(error)) => return Err(open_failed(error)),
                Err(TryLockError::WouldBlock) if start.elapsed() >= wait => {
                    return Err(Error::Locked { path: directory.into(), waited: wait });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}
