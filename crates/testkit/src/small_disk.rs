//! A small disk that a test can fill: a file system in memory, where this process may mount one.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

/// A file system of its own, gone with this value.
#[derive(Debug)]
pub struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// A disk of so many MiB. None where mounting is not permitted, which is said on standard error.
    ///
    /// # Panics
    /// When this process may mount and cannot.
    pub fn mount(mib: u32) -> Option<SmallDisk> {
        let disk = SmallDisk(tempfile::tempdir().expect("a temporary directory"));
        let size = format!("size={mib}m");
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(disk.0.path()).output();
        let refused = match output {
            Ok(output) if output.status.success() => return Some(disk),
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(!rustix::process::geteuid().is_root() || is_contained(), "root can mount: {refused}");
        writeln!(std::io::stderr(), "skipped: a file system cannot be mounted here ({refused})").ok();
        None
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room that is left, but for some bytes, with one file. Removing it gives the room back.
    ///
    /// # Panics
    /// When the disk cannot be looked at.
    pub fn fill(&self, left: u64) -> PathBuf {
        let stat = rustix::fs::statvfs(self.0.path()).expect("the disk is mounted");
        let free = stat.f_bavail * stat.f_frsize;
        let ballast = self.0.path().join("ballast");
        let bytes = usize::try_from(free.saturating_sub(left)).expect("a small disk");
        // Somebody else may take the last bytes meanwhile: then it is full all the same.
        fs::write(&ballast, vec![1; bytes]).ok();
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
