//! What was read is kept now and then, so that reading which was stopped goes on from there.
//!
//! At such a moment no thread holds anything: all facts are in files of the folder, as many bytes of each as the record says,
//! and the record, which is replaced as a whole, says which blocks of which file they are. What came later is cut off.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::{BlockRead, RejectedSink, SourceError};
use crate::grouping::{GroupingError, PartitionStore};

/// The record's file: a folder that has it can be gone on from.
pub const RECORD: &str = "read.json";
/// Form of the record.
const VERSION: u32 = 1;

/// Where what was read is kept, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeping {
    /// The folder, which must last longer than this process.
    pub folder: PathBuf,
    /// What was asked for: only the very same goes on from it.
    pub fingerprint: String,
    /// Bytes of input after which what was read is kept.
    pub every_bytes: u64,
}

impl Keeping {
    /// Tells whether a folder has what was read for the same request.
    #[must_use]
    pub fn is_for(folder: &Path, fingerprint: &str) -> bool {
        read_record(folder).is_some_and(|record| record.fingerprint == fingerprint)
    }

    /// Returns the marks of the sink for rows set aside when the record was made.
    #[must_use]
    pub fn marks(&self) -> Vec<(String, u64)> {
        self.record().map(|record| record.marks).unwrap_or_default()
    }

    /// Returns how many bytes of input need not be read again.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.record().map_or(0, |record| record.bytes_read)
    }

    fn record(&self) -> Option<Record> {
        read_record(&self.folder).filter(|record| record.fingerprint == self.fingerprint)
    }
}

fn read_record(folder: &Path) -> Option<Record> {
    let bytes = fs::read(folder.join(RECORD)).ok()?;
    let record: Record = serde_json::from_slice(&bytes).ok()?;
    (record.version == VERSION).then_some(record)
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    version: u32,
    fingerprint: String,
    bytes_read: u64,
    /// Files that were read to their end.
    whole: Vec<Whole>,
    /// How far the next one was read.
    part: Option<Part>,
    marks: Vec<(String, u64)>,
    /// Bytes of each partition: of facts, and of entries of lists.
    stores: [Vec<u64>; 2],
}

/// A file that was read to its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Whole {
    pub(super) total: BlockRead,
    pub(super) sha256: [u8; 32],
    pub(super) bytes: u64,
}

/// The beginning of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(super) blocks: u64,
    pub(super) total: BlockRead,
}

/// What was read of a file by whoever was stopped.
#[derive(Debug, Default)]
pub(crate) enum Begun {
    /// Nothing.
    #[default]
    Nothing,
    /// Its beginning.
    Part(Box<Part>),
    /// All of it.
    Whole(Box<Whole>),
}

/// What was read so far, and since the last record.
#[derive(Debug)]
pub(crate) struct Journal {
    keeping: Keeping,
    record: Mutex<Record>,
    /// Bytes read at the last record.
    at_last: Mutex<u64>,
}

impl Journal {
    pub(crate) fn new(keeping: &Keeping) -> Self {
        let record = keeping.record().unwrap_or_default();
        let record = Record {
            version: VERSION,
            fingerprint: keeping.fingerprint.clone(),
            ..record
        };
        Self {
            keeping: keeping.clone(),
            at_last: Mutex::new(record.bytes_read),
            record: Mutex::new(record),
        }
    }

    /// Makes the two stores, with the facts that are in the folder.
    ///
    /// # Errors
    /// [`GroupingError::Spill`].
    pub(crate) fn stores(&self, budgets: [u64; 2]) -> Result<[PartitionStore; 2], GroupingError> {
        let lengths = self.record().stores.clone();
        let [facts, lists] = lengths;
        let folder = &self.keeping.folder;
        let [of_facts, of_lists] = budgets;
        Ok([
            PartitionStore::kept(of_facts, folder, "facts", &facts)?,
            PartitionStore::kept(of_lists, folder, "lists", &lists)?,
        ])
    }

    /// Returns what was read of a file.
    pub(super) fn begun(&self, file: u32) -> Begun {
        let record = self.record();
        if let Some(whole) = record.whole.get(file as usize) {
            return Begun::Whole(Box::new(whole.clone()));
        }
        match &record.part {
            Some(part) if record.whole.len() == file as usize => {
                Begun::Part(Box::new(part.clone()))
            }
            _ => Begun::Nothing,
        }
    }

    /// Bytes of input up to which may be read before what was read is kept.
    pub(super) fn next_stop(&self) -> u64 {
        self.last().saturating_add(self.keeping.every_bytes)
    }

    /// Keeps what was read, up to within a file.
    pub(super) fn keep_part(
        &self,
        part: Part,
        bytes_read: u64,
        rejected: &mut dyn RejectedSink,
        stores: [&PartitionStore; 2],
    ) -> Result<(), SourceError> {
        self.record().part = Some(part);
        self.write(bytes_read, rejected, stores)
    }

    /// Notes that a file was read to its end, and keeps it where enough was read since the last time.
    pub(super) fn keep_whole(
        &self,
        whole: Whole,
        bytes_read: u64,
        rejected: &mut dyn RejectedSink,
        stores: [&PartitionStore; 2],
    ) -> Result<(), SourceError> {
        {
            let mut record = self.record();
            record.whole.push(whole);
            record.part = None;
        }
        if bytes_read < self.next_stop() {
            return Ok(());
        }
        self.write(bytes_read, rejected, stores)
    }

    fn write(
        &self,
        bytes_read: u64,
        rejected: &mut dyn RejectedSink,
        stores: [&PartitionStore; 2],
    ) -> Result<(), SourceError> {
        let [facts, lists] = stores;
        let lengths = [facts.keep()?, lists.keep()?];
        let marks = rejected.mark().map_err(SourceError::Rejected)?;
        let mut record = self.record();
        record.stores = lengths;
        record.marks = marks;
        record.bytes_read = bytes_read;
        let bytes = serde_json::to_vec(&*record).unwrap_or_default();
        let failed = |source| {
            SourceError::from(GroupingError::Spill {
                folder: self.keeping.folder.clone(),
                source,
            })
        };
        // A place of its own in the folder, and moved when it is whole.
        let mut file = tempfile::NamedTempFile::new_in(&self.keeping.folder).map_err(failed)?;
        file.write_all(&bytes).map_err(failed)?;
        file.as_file().sync_data().map_err(failed)?;
        let place = self.keeping.folder.join(RECORD);
        file.persist(place).map_err(|error| failed(error.error))?;
        *self.at_last.lock().unwrap_or_else(PoisonError::into_inner) = bytes_read;
        Ok(())
    }

    fn last(&self) -> u64 {
        *self.at_last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
