//! The administrator's key and the root of every derived secret: from the environment, or made once and kept.

use std::path::Path;

use anyhow::Context;
use control::PlainKey;

use super::directory;
use crate::files;

/// Bytes of randomness in the secret.
const SECRET_BYTES: usize = 32;

/// What the process derives its trust from. Not printable.
pub(super) struct Secrets {
    pub(super) admin_key: String,
    pub(super) secret: String,
}

/// Reads the secrets, and makes those that are missing.
///
/// # Errors
/// When the directory cannot be read or written, or the system has no randomness.
pub(super) fn secrets(directory: &Path) -> anyhow::Result<Secrets> {
    let admin_key = match directory::admin_key_of_environment() {
        Some(key) => key,
        None => kept(&directory::admin_key_file(directory), || Ok(PlainKey::random()?.reveal().to_owned()))?,
    };
    let secret = match directory::secret_of_environment() {
        Some(secret) => secret,
        None => kept(&directory::secret_file(directory), random_secret)?,
    };
    Ok(Secrets { admin_key, secret })
}

fn random_secret() -> anyhow::Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).context("the system gives no random numbers")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn kept(path: &Path, make: impl FnOnce() -> anyhow::Result<String>) -> anyhow::Result<String> {
    if let Some(text) = files::read_text(path)?.filter(|text| !text.is_empty()) {
        return Ok(text);
    }
    let text = make()?;
    files::write_private(path, format!("{text}\n").as_bytes())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_made_once_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let first = secrets(directory.path()).unwrap();
        let second = secrets(directory.path()).unwrap();
        assert_eq!((&first.admin_key, &first.secret), (&second.admin_key, &second.secret));
        assert!(PlainKey::is_well_formed(&first.admin_key));
        assert_eq!(first.secret.len(), 64);
    }
}
