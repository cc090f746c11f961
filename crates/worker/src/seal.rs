//! The seal: what is closed is read back, copies are taken out, derived rows are checked; only then does the sealed position
//! advance. What segments should hold is noted when a flush begins and proved after it, beside the folding of later records.

use delivery::{Segment, Settings};
use journal::{Commit, Topic};
use warehouse::{SealedRow, SegmentRows};

use crate::derive::{Derive, Touched};
use crate::flush::{commit, persist};
use crate::owners::Owners;
use crate::{Deps, Error, PartitionFold, takeover};

/// Copies can only be among records that came later than the horizon after their event time, less the worst lag of the
/// journal's clock behind the gateway's (m). An event whose time is not its producer's own (missing, corrected, clamped) has
/// another time in each copy, so it is always looked up.
const CLOCK_LAG_MS: i64 = 5 * 60_000;

/// How much later than its event a record must have come to be a copy that counted again.
pub(crate) fn late_by_ms(settings: &Settings) -> i64 {
    settings.horizon_ms - CLOCK_LAG_MS
}

/// What some segments of a partition should hold, noted when everything folded was on its way to the warehouse.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) partition: u16,
    /// Everything before it was folded.
    pub(crate) next_offset: u64,
    /// Which takeover's memory noted it.
    pub(crate) takeover: u64,
    segments: Vec<(Segment, SegmentRows)>,
}

/// What a proof found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Everything is there.
    Whole,
    /// Something was lacking and is on its way; try again later.
    NotYet,
    /// Acknowledged rows are gone: take the partition over and write them again.
    RowsLost,
}

impl Claim {
    /// Notes what `segments` should hold.
    pub(crate) fn note(fold: &PartitionFold, takeover: u64, segments: Vec<Segment>) -> Claim {
        Claim {
            partition: fold.id(),
            next_offset: fold.frontier().next_offset(),
            takeover,
            segments: segments.into_iter().map(|segment| (segment, fold.expected(segment))).collect(),
        }
    }

    /// Whether memory has taken no row into the segments since.
    pub(crate) fn holds_of(&self, fold: &PartitionFold) -> bool {
        self.segments.iter().all(|(segment, expected)| fold.is_still(*segment, expected))
    }

    /// Seals what was proved; returns the sealed position.
    pub(crate) fn seal(&self, fold: &mut PartitionFold) -> u64 {
        let segments: Vec<Segment> = self.segments.iter().map(|(segment, _)| *segment).collect();
        fold.seal(&segments, self.next_offset)
    }
}

/// Compares the claim with the warehouse, once the derived rows reach as far. Everything it claims must be flushed.
pub(crate) async fn prove(deps: Deps, derive: Derive, claim: Claim) -> Result<(Claim, Proof), Error> {
    for (_, expected) in &claim.segments {
        let whole = persist("read a segment back", || deps.sink.holds(expected)).await?;
        crate::metrics::read_back(whole);
        if !whole {
            let Claim { partition, .. } = claim;
            tracing::warn!(partition, segment = expected.segment, "rows lack at the seal, writing them again");
            return Ok((claim, Proof::RowsLost));
        }
    }
    derive.reaches(claim.partition, claim.next_offset).await;
    let mut settled = true;
    for (_, expected) in &claim.segments {
        settled &= settle(&deps, &derive, expected).await?;
    }
    Ok((claim, if settled { Proof::Whole } else { Proof::NotYet }))
}

/// Takes copies out and has lacking derived rows made; true if there was nothing left to do.
async fn settle(deps: &Deps, derive: &Derive, expected: &SegmentRows) -> Result<bool, Error> {
    let late_by_ms = late_by_ms(&deps.options.settings);
    let (partition, start) = (expected.partition, expected.segment);
    let corrections = persist("correct copies", || deps.sink.correct(partition, start, late_by_ms)).await?;
    crate::metrics::corrections(corrections);
    let editions = deps.idle.look().await?.editions();
    let underived = persist("check conversations", || deps.sink.underived(expected, &editions)).await?;
    let done = corrections == 0 && underived.is_empty();
    if !underived.is_empty() {
        derive.send(Touched { conversations: underived, facts: Vec::new(), reach: Vec::new() });
    }
    Ok(done)
}

/// Remembers the sealed position of a partition in the warehouse and with the commit, and the last record before it. With it
/// comes the next offset as far as flushes are done.
pub(crate) async fn remember(
    deps: &Deps,
    owners: &Owners,
    partition: u16,
    (sealed, flushed): (u64, u64),
) -> Result<(), Error> {
    if let Some(last) = sealed.checked_sub(1) {
        takeover::remember(deps, partition, last).await?;
    }
    let row = SealedRow { generation: deps.options.generation, partition, sealed_offset: sealed };
    persist("remember the sealed position", || deps.sink.write_sealed(std::slice::from_ref(&row))).await?;
    let done = Commit { next_offset: flushed, metadata: sealed.to_string() };
    let tenure = owners.tenure(Topic::Events, partition);
    commit((deps, owners), (Topic::Events, partition), tenure, &done).await
}
