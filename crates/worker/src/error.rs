//! Why a worker stops.

use delivery::Refusal;

/// Why a worker stops; everything that passes by itself is waited for instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The journal cannot be used.
    #[error("the worker cannot read the journal")]
    Journal(#[from] journal::Error),
    /// The warehouse cannot be used.
    #[error("the worker cannot use the warehouse")]
    Warehouse(#[from] warehouse::Error),
    /// A person cannot be erased.
    #[error("a person who asked to be forgotten cannot be erased: {0}")]
    Erasure(String),
    /// The tables were made with other constants.
    #[error(
        "the warehouse was filled with {found}, this worker is configured for {wanted}: set it back, or rebuild into a new generation"
    )]
    OtherGeneration {
        /// What the warehouse remembers.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// The journal is not the one that the warehouse was filled from.
    #[error(
        "partition {partition}: the journal is not the one this warehouse was filled from ({reason}); give the right data directory, or rebuild into a new generation"
    )]
    OtherJournal {
        /// Partition.
        partition: u16,
        /// How that shows.
        reason: String,
    },
    /// Retention cut what is needed.
    #[error(
        "partition {partition}: {refusal:?}: the log no longer holds what the figures rest on; rebuild into a new generation"
    )]
    Refused {
        /// Partition.
        partition: u16,
        /// The decision.
        refusal: Refusal,
    },
}

impl Error {
    /// Whether it is about one partition, so that the others can go on.
    pub(crate) fn is_of_one_partition(&self) -> bool {
        matches!(
            self,
            Error::OtherJournal { .. } | Error::Refused { .. } | Error::Journal(journal::Error::OffsetGone { .. })
        )
    }
}
