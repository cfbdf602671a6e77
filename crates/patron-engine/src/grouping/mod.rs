//! Bringing each customer's facts together: partitioned by a hash of the id, spilled to disk when memory is short, then
//! folded partition by partition in parallel.

pub(crate) mod bytes;
mod current;
mod fold_partition;
mod record;
mod rows;
mod store;
mod versions;
mod work;

use std::path::PathBuf;

use patron_core::{Coded, ErrorCode};
use patron_fold::FoldError;

pub use current::counting;
pub use fold_partition::Bought;
pub(crate) use fold_partition::{
    DayOutcomes, FoldedPartition, FoldedPerson, GroupingRules, KeptDays, RepeatedOrders,
    RowKindKey, Slot, decode, fold_partition, fold_people,
};
pub use record::{Contact, ContactFields, Record};
pub(crate) use rows::Rows;
pub use store::PARTITIONS;
pub(crate) use store::{PartitionStore, Scatter};

/// Why grouping fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GroupingError {
    /// A spill file cannot be written or read.
    #[error("cannot use `{folder}` for facts that do not fit in memory")]
    Spill {
        /// Where spill files go.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A partition's bytes are not what was written.
    #[error("facts that were set aside in memory or on disk came back damaged")]
    Damaged,
    /// A history cannot be folded.
    #[error("customer `{customer}` cannot be folded")]
    Fold {
        /// Whose history.
        customer: String,
        /// Why.
        #[source]
        source: FoldError,
    },
}

impl Coded for GroupingError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Spill { .. } => ErrorCode::StorageUnreachable,
            Self::Damaged => ErrorCode::Internal,
            Self::Fold { source, .. } => source.code(),
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Spill { .. } => "spill_failed",
            Self::Damaged => "spill_damaged",
            Self::Fold { source, .. } => source.key(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Spill { .. } => {
                Some("free some disk space there, write to another place with `--out`, or raise `--memory`".to_owned())
            }
            Self::Damaged | Self::Fold { .. } => None,
        }
    }
}
