//! Records that were read before, such as those of a ledger, on their way into partitions.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::grouping::{GroupingError, PartitionStore, Record, Scatter};
use crate::source::Seen;

/// Where records go: each thread that has some asks for a feed of its own.
#[derive(Debug)]
pub struct Feeds<'a> {
    store: &'a PartitionStore,
    /// What the facts of each file are.
    seen: Mutex<Vec<Seen>>,
}

impl<'a> Feeds<'a> {
    pub(crate) fn new(store: &'a PartitionStore, files: usize) -> Self {
        Self {
            store,
            seen: Mutex::new(vec![Seen::default(); files]),
        }
    }

    /// Returns what the facts of each file are.
    pub(crate) fn into_seen(self) -> Vec<Seen> {
        self.seen
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
    /// Calls `give` with a feed, and keeps what it was given.
    ///
    /// # Errors
    /// Those of `give`; [`GroupingError::Spill`].
    pub fn feed<E: From<GroupingError>>(
        &self,
        give: impl FnOnce(&mut Feed<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let files = self.seen().len();
        let mut feed = Feed {
            scatter: self.store.scatter(),
            seen: vec![Seen::default(); files],
        };
        give(&mut feed)?;
        let Feed { scatter, seen } = feed;
        scatter.finish()?;
        for (all, seen) in self.seen().iter_mut().zip(&seen) {
            all.merge(seen);
        }
        Ok(())
    }

    fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the records of one thread go, one after another.
#[derive(Debug)]
pub struct Feed<'a> {
    scatter: Scatter<'a>,
    seen: Vec<Seen>,
}

impl Feed<'_> {
    /// Takes a record.
    ///
    /// # Errors
    /// [`GroupingError::Spill`].
    pub fn take(&mut self, record: &Record<'_>) -> Result<(), GroupingError> {
        if let Some(seen) = self.seen.get_mut(record.file as usize) {
            seen.see(record);
        }
        self.scatter.push(record)
    }
}
