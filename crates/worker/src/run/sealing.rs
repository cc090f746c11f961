//! The worker's seals: what it claims, what is proved, what it remembers of it.

use std::time::Duration;

use tokio::time::Instant;

use super::{Joined, Worker, outcome};
use crate::Error;
use crate::seal::{Claim, Proof, prove, remember};
use crate::takeover::Owned;
use crate::takeovers::Cause;

/// Pause between two tries to seal what is not settled yet.
const SEAL_AGAIN: Duration = Duration::from_millis(500);

impl Worker {
    /// Notes what the first partition with something to seal should hold. Called where all rows folded are in a flush, begun or
    /// done; the proof follows that flush.
    pub(super) fn claim(&mut self) {
        if self.claimed.is_none() && self.proving.is_empty() {
            self.claimed = self.first_to_seal();
        }
    }

    /// Begins the proof of a claim when its flush is done.
    pub(super) fn start_proof(&mut self) {
        if !self.in_flight.is_empty() {
            return;
        }
        if let Some(claim) = self.claimed.take() {
            self.proving_of = claim.partition;
            self.proving.spawn(prove(self.deps.clone(), self.derive.clone(), claim));
        }
    }

    /// The claim of the first partition with something to seal now.
    fn first_to_seal(&self) -> Option<Claim> {
        let now = Instant::now();
        self.slots.values().filter(|slot| now >= slot.seal_not_before).find_map(|slot| {
            let Owned::Folding { fold, .. } = &slot.owned else { return None };
            let idle = slot.last_news.elapsed() >= self.deps.options.idle_seal_after;
            let segments = if idle { fold.frontier().unsealed() } else { fold.frontier().closed() };
            (!segments.is_empty()).then(|| Claim::note(fold, slot.takeover, segments))
        })
    }

    /// Seals what was proved, unless the partition has moved on since.
    pub(super) async fn proved(&mut self, done: Joined<(Claim, Proof)>) -> Result<(), Error> {
        let (claim, proof) = outcome(done)?;
        let partition = claim.partition;
        let Some(slot) = self.slots.get_mut(&partition) else { return Ok(()) };
        slot.seal_not_before = Instant::now() + SEAL_AGAIN;
        if slot.takeover != claim.takeover {
            return Ok(());
        }
        if proof == Proof::RowsLost {
            return self.take_over(claim.partition, Cause::RowsLost, None).await;
        }
        self.await_flush().await?;
        let Some(slot) = self.slots.get_mut(&partition) else { return Ok(()) };
        let Owned::Folding { fold, .. } = &mut slot.owned else { return Ok(()) };
        if proof == Proof::Whole && claim.holds_of(fold) {
            slot.seal_not_before = Instant::now();
            slot.is_remembered = false;
            let position = claim.seal(fold);
            tracing::debug!(partition, position, "sealed");
        }
        self.remember_seals().await
    }

    /// Remembers what was sealed; at the next step, if a change of the group comes in between. No flush is under way
    /// meanwhile, so that commits follow one another, each knowing what the last one knew.
    pub(super) async fn remember_seals(&mut self) -> Result<(), Error> {
        while let Some((partition, _)) = self.slots.iter().find(|(_, slot)| !slot.is_remembered) {
            let partition = *partition;
            self.await_flush().await?;
            let Some(slot) = self.slots.get_mut(&partition) else { continue };
            if let Owned::Folding { fold, .. } = &slot.owned {
                let sealed = fold.frontier().sealed_position();
                remember(&self.deps, &self.owners, partition, (sealed, slot.uncommitted.committed())).await?;
            }
            slot.is_remembered = true;
        }
        Ok(())
    }
}
