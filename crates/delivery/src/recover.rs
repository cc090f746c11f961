//! Where a new owner of a partition begins: facts in, decision out.

use crate::AppendTime;

/// What is known of a partition when it is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResumeFacts {
    /// Next offset of the group's commit, if there is one.
    pub committed: Option<u64>,
    /// Sealed position in that commit's metadata, if it is there and readable.
    pub committed_sealed: Option<u64>,
    /// Sealed position that the warehouse remembers, if any.
    pub warehouse_sealed: Option<u64>,
    /// First offset the log holds.
    pub log_first: u64,
}

/// The positions a new owner works from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resume {
    /// Everything before it is durable in the warehouse; rows are written again from here on.
    pub sealed: u64,
    /// What was committed (flushed, not proved).
    pub commit: u64,
}

/// s = the metadata's, else the warehouse's, else the log's start, and never more than the commit. A commit is never taken for
/// s: a lost acknowledged insert before it would be lost for good (rule A).
pub fn resume(facts: ResumeFacts) -> Resume {
    let sealed = facts.committed_sealed.or(facts.warehouse_sealed).unwrap_or(facts.log_first);
    let commit = facts.committed.unwrap_or(sealed);
    Resume { sealed: sealed.min(commit), commit }
}

/// What is known of the log around the stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StretchFacts {
    /// T, from `Settings::stretch_time` of the record that the stretch is for.
    pub time: AppendTime,
    /// First offset with append time ≥ T (the record itself is one, so there is one).
    pub first_at_time: u64,
    /// First offset the log holds, and its append time.
    pub log_first: u64,
    /// Append time of that record.
    pub log_first_time: AppendTime,
    /// Append time before which the log may have forgotten records: now − retention.
    pub forgotten_before: AppendTime,
}

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// First offset of the stretch.
    pub offset: u64,
    /// Memory is complete from this append time on.
    pub floor: AppendTime,
}

/// The partition must not be worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Retention has cut the stretch: a truncated sum would overwrite a right one (R10). `rapport rebuild` is the way on.
    StretchGone {
        /// Append time the stretch would have to begin at.
        needed_from: AppendTime,
        /// Append time the log begins at.
        log_begins: AppendTime,
    },
    /// Records that were never proved in the warehouse are gone from the log.
    UnsealedGone {
        /// Position proved.
        sealed: u64,
        /// First offset held.
        log_first: u64,
    },
}

/// Decides where the stretch begins, or that it cannot be had. Truncation is only possible where T is older than the retention
/// and the log begins after its first offset ever; the clock decides only to refuse.
pub fn stretch_start(facts: StretchFacts, resume: Resume) -> Result<Start, Refusal> {
    if facts.log_first > resume.sealed {
        return Err(Refusal::UnsealedGone { sealed: resume.sealed, log_first: facts.log_first });
    }
    let may_be_cut = facts.time < facts.forgotten_before && facts.log_first > 0 && facts.log_first_time >= facts.time;
    if may_be_cut {
        return Err(Refusal::StretchGone { needed_from: facts.time, log_begins: facts.log_first_time });
    }
    Ok(Start { offset: facts.first_at_time.min(resume.sealed), floor: facts.time })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(committed: Option<u64>, metadata: Option<u64>, warehouse: Option<u64>) -> ResumeFacts {
        ResumeFacts { committed, committed_sealed: metadata, warehouse_sealed: warehouse, log_first: 3 }
    }

    #[test]
    fn the_sealed_position_comes_from_the_metadata_then_the_warehouse_then_the_start_of_the_log() {
        let table = [
            (facts(Some(90), Some(40), Some(60)), Resume { sealed: 40, commit: 90 }),
            (facts(Some(90), None, Some(60)), Resume { sealed: 60, commit: 90 }),
            (facts(Some(90), None, None), Resume { sealed: 3, commit: 90 }),
            (facts(None, None, Some(60)), Resume { sealed: 60, commit: 60 }),
            (facts(None, None, None), Resume { sealed: 3, commit: 3 }),
        ];
        for (given, expected) in table {
            assert_eq!(resume(given), expected, "{given:?}");
        }
    }

    #[test]
    fn the_sealed_position_is_never_more_than_the_commit() {
        assert_eq!(resume(facts(Some(50), None, Some(60))), Resume { sealed: 50, commit: 50 });
    }

    fn stretch(log_first: u64, log_first_time: i64) -> StretchFacts {
        StretchFacts {
            time: AppendTime(100),
            first_at_time: 7,
            log_first,
            log_first_time: AppendTime(log_first_time),
            forgotten_before: AppendTime(150),
        }
    }

    /// H6: a truncated sum with a greater version would replace a right one.
    #[test]
    fn a_stretch_cut_by_retention_is_refused() {
        let resume = Resume { sealed: 9, commit: 9 };
        let refusal = Refusal::StretchGone { needed_from: AppendTime(100), log_begins: AppendTime(120) };
        assert_eq!(stretch_start(stretch(5, 120), resume), Err(refusal));
        assert_eq!(stretch_start(stretch(5, 90), resume), Ok(Start { offset: 7, floor: AppendTime(100) }));
        assert_eq!(stretch_start(stretch(0, 120), resume), Ok(Start { offset: 7, floor: AppendTime(100) }));
    }

    #[test]
    fn unsealed_records_that_are_gone_are_refused() {
        let resume = Resume { sealed: 2, commit: 9 };
        assert_eq!(stretch_start(stretch(5, 90), resume), Err(Refusal::UnsealedGone { sealed: 2, log_first: 5 }));
    }
}
