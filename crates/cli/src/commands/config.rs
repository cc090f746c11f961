//! `rapport config`.

use crate::{args::Config, settings, terminal};

/// Prints the configuration in force; secrets show only whether they are set.
///
/// # Errors
/// When the configuration cannot be used.
pub(crate) fn config(options: &Config) -> anyhow::Result<()> {
    let loaded = settings::load(options.config.as_deref())?;
    if options.json {
        terminal::line(serde_json::to_string_pretty(&loaded.config)?);
    } else {
        terminal::line(loaded.dump()?.trim_end());
    }
    Ok(())
}
