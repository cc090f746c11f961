//! The seal: what is closed is read back, copies are taken out, derived rows are checked; only then does the sealed position
//! advance. Called when nothing is unflushed.

use delivery::Segment;
use journal::{Commit, Topic};
use warehouse::SealedRow;

use crate::derive::{Derive, Touched};
use crate::flush::{commit, persist};
use crate::{Deps, Error, PartitionFold, takeover};

/// Copies can only be among records that came later than the horizon after their event time, less the worst lag of the
/// journal's clock behind the gateway's (m). An event whose time is not its producer's own (missing, corrected, clamped) has
/// another time in each copy, so it is always looked up.
const CLOCK_LAG_MS: i64 = 5 * 60_000;

/// How a seal went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sealed {
    /// The position advanced.
    To(u64),
    /// Something was lacking and is on its way; try again later.
    NotYet,
    /// Acknowledged rows are gone: take the partition over and write them again.
    RowsLost,
}

/// Seals `segments` of a partition.
pub(crate) async fn seal(
    deps: &Deps,
    derive: &Derive,
    fold: &mut PartitionFold,
    segments: &[Segment],
) -> Result<Sealed, Error> {
    for segment in segments {
        match read_back(deps, fold, *segment).await? {
            true => crate::metrics::read_back(true),
            false => {
                crate::metrics::read_back(false);
                tracing::warn!(
                    partition = fold.id(),
                    segment = segment.start_seconds(),
                    "rows lack at the seal, writing them again"
                );
                return Ok(Sealed::RowsLost);
            }
        }
    }
    let mut settled = true;
    for segment in segments {
        settled &= settle(deps, derive, fold, *segment).await?;
    }
    if !settled {
        return Ok(Sealed::NotYet);
    }
    let sealed = fold.seal(segments);
    remember(deps, fold, sealed).await?;
    Ok(Sealed::To(sealed))
}

async fn read_back(deps: &Deps, fold: &PartitionFold, segment: Segment) -> Result<bool, Error> {
    let expected = fold.expected(segment);
    persist("read a segment back", || deps.sink.holds(&expected)).await
}

/// Takes copies out and has lacking derived rows made; true if there was nothing left to do.
async fn settle(deps: &Deps, derive: &Derive, fold: &PartitionFold, segment: Segment) -> Result<bool, Error> {
    let late_by_ms = deps.options.settings.horizon_ms - CLOCK_LAG_MS;
    let (partition, start) = (fold.id(), segment.start_seconds());
    let corrections = persist("correct copies", || deps.sink.correct(partition, start, late_by_ms)).await?;
    crate::metrics::corrections(corrections);
    let underived = persist("check conversations", || deps.sink.underived(partition, start)).await?;
    let done = corrections == 0 && underived.is_empty();
    if !underived.is_empty() {
        derive.send(Touched { conversations: underived, facts: Vec::new(), reach: Vec::new() });
    }
    Ok(done)
}

/// Remembers the sealed position in the warehouse and with the commit, and the last record before it.
async fn remember(deps: &Deps, fold: &PartitionFold, sealed: u64) -> Result<(), Error> {
    if let Some(last) = sealed.checked_sub(1) {
        takeover::remember(deps, fold.id(), last).await?;
    }
    let row = SealedRow { generation: deps.options.generation, partition: fold.id(), sealed_offset: sealed };
    persist("remember the sealed position", || deps.sink.write_sealed(std::slice::from_ref(&row))).await?;
    let done = Commit { next_offset: fold.frontier().next_offset(), metadata: sealed.to_string() };
    commit(deps, Topic::Events, fold.id(), &done).await
}
