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

/// Reads the secrets; with a directory to keep them in, makes those that are missing.
///
/// # Errors
/// When the directory cannot be read or written, the system has no randomness, or a process without a directory was not given
/// both.
pub(super) fn secrets(directory: Option<&Path>) -> anyhow::Result<Secrets> {
    let Some(directory) = directory else {
        const MISSING: &str = "has to be set, and be the same for gateways, workers and APIs";
        let admin_key = directory::admin_key_of_environment().with_context(|| {
            format!("RAPPORT_ADMIN_KEY {MISSING}: the first administrator's key, ags_ with 32 hexadecimal digits, _ and 6 more")
        })?;
        let secret = directory::secret_of_environment().with_context(|| {
            format!("RAPPORT_SECRET {MISSING}: some 32 random characters, as of `openssl rand -hex 32`")
        })?;
        return Ok(Secrets { admin_key, secret });
    };
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
        let first = secrets(Some(directory.path())).unwrap();
        let second = secrets(Some(directory.path())).unwrap();
        assert_eq!((&first.admin_key, &first.secret), (&second.admin_key, &second.secret));
        assert!(PlainKey::is_well_formed(&first.admin_key));
        assert_eq!(first.secret.len(), 64);
    }
}
