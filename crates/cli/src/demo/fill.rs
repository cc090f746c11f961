//! Sends the demo's history through the gateway, from where the last run stopped.

use std::{io::Write as _, path::PathBuf};

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};

use super::{History, calendar};
use crate::{files, http::Client};

/// Length of the demo's history, days.
const DAYS: i64 = 90;
/// Events a request.
const BATCH: usize = 1_000;

/// What to fill.
#[derive(Debug)]
pub(crate) struct Fill {
    pub(crate) client: Client,
    pub(crate) seed: u64,
    /// The end of the history: nothing later is sent.
    pub(crate) now: DateTime<Utc>,
    /// Remembers how far the history has been sent, so that a restart goes on there.
    pub(crate) progress_file: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Progress {
    seed: u64,
    until: DateTime<Utc>,
}

/// Sends what is missing and returns the number of events sent. Safe to break off and to repeat: the same event has the same
/// `event_id` each time.
///
/// # Errors
/// When the server refuses a batch or stays away, or the progress cannot be written.
pub(crate) fn fill(fill: &Fill, bar: &ProgressBar) -> anyhow::Result<u64> {
    let earliest = calendar::midnight(calendar::day_of(fill.now - Duration::days(DAYS)));
    let from = match read_progress(fill)? {
        Some(progress) if progress.seed == fill.seed => progress.until.max(earliest),
        _ => earliest,
    };
    bar.set_length((fill.now - from).num_hours().max(0) as u64);
    let mut sent = 0;
    for stretch in History::new(fill.seed, from, fill.now) {
        if stretch.until <= from {
            continue;
        }
        for events in stretch.events.chunks(BATCH) {
            let mut body = Vec::with_capacity(events.len() * 700);
            for event in events {
                serde_json::to_writer(&mut body, &event.json)?;
                body.write_all(b"\n")?;
            }
            let answer = fill.client.batch(&body)?;
            if let Some(rejected) = answer.rejected.first() {
                anyhow::bail!("the gateway rejected a demo event: {} {}", rejected.code, rejected.message);
            }
            sent += answer.accepted;
        }
        let progress = serde_json::to_vec(&Progress { seed: fill.seed, until: stretch.until })?;
        files::write_private(&fill.progress_file, &progress)?;
        bar.set_position((stretch.until - from).num_hours().max(0) as u64);
        bar.set_message(format!("{sent} events"));
    }
    Ok(sent)
}

fn read_progress(fill: &Fill) -> anyhow::Result<Option<Progress>> {
    match std::fs::read(&fill.progress_file) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", fill.progress_file.display())),
    }
}
