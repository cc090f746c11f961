//! Files of the data directory that only their owner may read.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use anyhow::Context;

/// Makes a directory that only its owner can enter, unless it is there already; directories above it are made as usual.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make_private_directory(path: &Path) -> anyhow::Result<()> {
    let make = || {
        if let Some(above) = path.parent() {
            fs::create_dir_all(above)?;
        }
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            made => made,
        }
    };
    make().with_context(|| format!("cannot make the directory {}", path.display()))
}

/// As `make_private_directory`, for a directory inside the data directory: one that others could enter is closed to them.
///
/// # Errors
/// When it can be neither made nor closed.
pub(crate) fn make_own_directory(path: &Path) -> anyhow::Result<()> {
    make_private_directory(path)?;
    let close = || {
        let is_open = fs::metadata(path)?.permissions().mode() & 0o077 != 0;
        if is_open { fs::set_permissions(path, fs::Permissions::from_mode(0o700)) } else { Ok(()) }
    };
    close().with_context(|| format!("cannot close the directory {} to other users", path.display()))
}

/// Writes a file that only its owner can read, whole or not at all, also when the machine stops in the middle.
///
/// # Errors
/// When the directory cannot be written.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let write = || {
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        // One that was left lying may have had another mode.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Reads a small text file, without the white space around it; None if there is none.
///
/// # Errors
/// When the file is there and cannot be read.
pub(crate) fn read_text(path: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_directory_of_our_own_is_closed_to_others_and_one_that_was_given_stays_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let (given, own) = (directory.path().join("above/given"), directory.path().join("above/given/own"));
        make_private_directory(&given).unwrap();
        assert_eq!(mode(&given), 0o700);
        fs::set_permissions(&given, fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(&own).unwrap();
        fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
        make_private_directory(&given).unwrap();
        make_own_directory(&own).unwrap();
        assert_eq!((mode(&given), mode(&own)), (0o755, 0o700));
        fs::write(directory.path().join("file"), "").unwrap();
        assert!(make_private_directory(&directory.path().join("file")).is_err());
    }

    #[test]
    fn a_private_file_is_readable_by_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        write_private(&path, b"one\n").unwrap();
        write_private(&path, b"two\n").unwrap();
        assert_eq!(read_text(&path).unwrap().as_deref(), Some("two"));
        assert_eq!(mode(&path), 0o600);
    }
}
