//! Reading what was written: waiting until the figures reach a position of the journal.

use std::{fmt, sync::Arc, time::Duration};

use journal::{Journal, Topic, position::Position};
use tokio::{sync::Mutex, time::Instant};
use warehouse::query::{self, Progress};

use crate::Error;

/// Longest wait of a question.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Shortest time between two looks at the progress, whoever asks.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// The last look at the progress: what of the journal the figures hold.
type Look = (Instant, Arc<Vec<Progress>>);

/// How far the figures are, shared by all questions that wait.
pub struct Feed {
    warehouse: warehouse::Client,
    journal: Arc<dyn Journal>,
    generation: u32,
    last: Mutex<Option<Look>>,
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl Feed {
    /// Looks at the figures of a generation of the tables.
    pub fn new(warehouse: warehouse::Client, journal: Arc<dyn Journal>, generation: u32) -> Feed {
        Feed { warehouse, journal, generation, last: Mutex::default() }
    }

    /// The progress as it was at `since` or later.
    async fn after(&self, since: Instant) -> Result<Arc<Vec<Progress>>, Error> {
        // Who comes while another looks waits here, and then mostly finds the answer.
        let mut last = self.last.lock().await;
        if let Some((at, progress)) = last.as_ref() {
            if *at >= since {
                return Ok(progress.clone());
            }
            tokio::time::sleep_until(*at + LOOK_EVERY).await;
        }
        let at = Instant::now();
        let progress = Arc::new(query::progress(&self.warehouse, self.generation).await?);
        *last = Some((at, progress.clone()));
        Ok(progress)
    }

    /// How far the figures reach, when `target` is in; `derived` if what is folded from conversations has to hold it, too.
    ///
    /// # Errors
    /// `NotYet` after ten seconds; `Query` when the warehouse is away.
    pub async fn until(&self, target: &Position, derived: bool) -> Result<Arc<Vec<Progress>>, Error> {
        let deadline = Instant::now() + WAIT_MAX;
        loop {
            let now = Instant::now();
            let look = tokio::time::timeout_at(deadline, self.after(now)).await;
            let progress = look.map_err(|_| Error::NotYet)??;
            if covers(&progress, target, derived) {
                return Ok(progress);
            }
            if Instant::now() >= deadline {
                return Err(Error::NotYet);
            }
        }
    }

    /// The end of every partition as it is now.
    ///
    /// # Errors
    /// `Journal` when it is away.
    pub async fn journal_end(&self) -> Result<Position, Error> {
        let mut end = Position::default();
        for partition in 0..self.journal.partitions(Topic::Events) {
            end.raise(partition, self.journal.offsets(Topic::Events, partition).await?.next);
        }
        Ok(end)
    }
}

/// Whether the figures hold everything before the target.
pub(crate) fn covers(progress: &[Progress], target: &Position, derived: bool) -> bool {
    let reached = progress.iter().map(|p| (p.partition, if derived { p.derived_offset } else { p.next_offset }));
    target.is_covered_by(&Position(reached.collect()))
}

/// Up to when the figures are complete, milliseconds: now when everything is in, else the newest append time taken in.
pub(crate) fn fresh_to_ms(progress: &[Progress], end: &Position, derived: bool, now_ms: i64) -> i64 {
    if covers(progress, end, derived) {
        return now_ms;
    }
    progress.iter().map(|p| p.append_time_ms).max().unwrap_or(0).min(now_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(partition: u16, next_offset: u64, derived_offset: u64) -> Progress {
        Progress { partition, next_offset, derived_offset, append_time_ms: 1_000 }
    }

    fn position<const N: usize>(entries: [(u16, u64); N]) -> Position {
        Position(entries.into())
    }

    #[test]
    fn a_target_is_reached_when_every_partition_is() {
        let held = [progress(0, 5, 3), progress(1, 7, 7)];
        assert!(covers(&held, &position([(0, 5), (1, 7)]), false));
        assert!(!covers(&held, &position([(0, 5), (1, 8)]), false));
        assert!(!covers(&held, &position([(0, 5)]), true));
        assert!(covers(&held, &position([(0, 3)]), true));
        assert!(!covers(&held, &position([(2, 1)]), false), "a partition that has no progress yet");
        assert!(covers(&held, &position([(2, 0)]), false), "nor anything to reach");
    }

    #[test]
    fn figures_are_fresh_to_now_only_when_everything_is_in() {
        let held = [progress(0, 5, 3)];
        assert_eq!(fresh_to_ms(&held, &position([(0, 5)]), false, 9_000), 9_000);
        assert_eq!(fresh_to_ms(&held, &position([(0, 5)]), true, 9_000), 1_000);
        assert_eq!(fresh_to_ms(&[], &position([(0, 5)]), true, 9_000), 0);
    }
}
