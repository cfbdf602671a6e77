//! All records of a partition at once, or, where it is large, of a piece of it.

use crate::gather::Gathered;
use crate::grouping::{GroupingError, PartitionStore, Record, decode};

impl Gathered {
    /// Calls `work` with all records of one of the [`PARTITIONS`](crate::PARTITIONS); a customer's are in one partition.
    ///
    /// # Errors
    /// [`GroupingError`] if records on disk cannot be read.
    pub fn with_records<T>(
        &self,
        partition: usize,
        work: impl FnOnce(Vec<Record<'_>>) -> T,
    ) -> Result<T, GroupingError> {
        self.work_on(&self.store, partition, work)
    }

    fn work_on<T>(
        &self,
        store: &PartitionStore,
        partition: usize,
        work: impl FnOnce(Vec<Record<'_>>) -> T,
    ) -> Result<T, GroupingError> {
        store.with_partition(partition, false, |segments| {
            let mut records = decode(segments)?;
            self.retain_own(&mut records);
            Ok(work(records))
        })
    }

    /// Returns how many bytes the records of a partition are, as they are kept.
    #[must_use]
    pub fn bytes_of(&self, partition: usize) -> u64 {
        self.store.bytes_of(partition)
    }

    /// Deals a partition out to as many pieces; a customer's records are in one of them, in the same one whoever's
    /// partition of that number it is.
    ///
    /// # Errors
    /// [`GroupingError`] if records on disk cannot be read or written.
    pub fn dealt(&self, partition: usize, pieces: usize) -> Result<Pieces<'_>, GroupingError> {
        let is_whole = pieces <= 1;
        Ok(Pieces {
            gathered: self,
            partition,
            dealt: if is_whole {
                None
            } else {
                Some(self.store.dealt(partition, pieces)?)
            },
        })
    }
}

/// A partition piece by piece: large ones are not in memory as a whole.
#[derive(Debug)]
pub struct Pieces<'a> {
    gathered: &'a Gathered,
    partition: usize,
    /// Nothing if the partition is its only piece.
    dealt: Option<PartitionStore>,
}

impl Pieces<'_> {
    /// Calls `work` with all records of one piece.
    ///
    /// # Errors
    /// [`GroupingError`] if records on disk cannot be read.
    pub fn with_records<T>(
        &self,
        piece: usize,
        work: impl FnOnce(Vec<Record<'_>>) -> T,
    ) -> Result<T, GroupingError> {
        match &self.dealt {
            None => self.gathered.with_records(self.partition, work),
            Some(dealt) => self.gathered.work_on(dealt, piece, work),
        }
    }
}
