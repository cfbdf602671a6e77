//! Rows that another engine hands over: understood in one place, read in many, and what reading came to put together again.

use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use patron_import::{Format, ImportOptions, RowReader, Understanding, understand_table};
use sha2::{Digest, Sha256};

use super::batches::{Batches, row_hashes, sample_rows};
use super::{BlockRead, Collector, FileRead, QUERY, RejectedSink, SourceError};
use crate::grouping::{PARTITIONS, PartitionStore, Record, decode};

/// The cells of some rows, as recognition wants them.
pub(crate) type Sample = Vec<Vec<Option<String>>>;

/// Returns the rows of a batch for recognition.
pub(crate) fn sample_of(batch: &RecordBatch) -> Sample {
    sample_rows(batch)
}

/// Understands a table by its headers and its first rows.
pub(crate) fn understand(
    headers: &[String],
    sample: &[Vec<Option<String>>],
    options: &ImportOptions,
) -> Result<Understanding, SourceError> {
    Ok(understand_table(
        QUERY,
        Format::Query,
        headers,
        sample,
        options,
        None,
    )?)
}

/// Returns the places of the columns that are read, ascending.
pub(crate) fn columns_read(understanding: &Understanding) -> Vec<usize> {
    Batches::new(QUERY, understanding).wanted().to_vec()
}

/// Reads rows of one table, a batch at a time.
#[derive(Debug)]
pub(crate) struct HandedRows {
    understanding: Arc<Understanding>,
    reader: RowReader,
}

/// What one batch came to.
pub(crate) struct HandedRead {
    /// All but its facts.
    pub(crate) block: BlockRead,
    /// The sum of the hashes of its rows: the same in whatever order they came.
    pub(crate) hashes: u128,
}

impl HandedRows {
    pub(crate) fn new(understanding: Arc<Understanding>, options: Arc<ImportOptions>) -> Self {
        let reader = RowReader::new(Arc::clone(&understanding), options, 0);
        Self {
            understanding,
            reader,
        }
    }

    /// Reads a batch of the columns of [`columns_read`], and calls `take` with each fact.
    pub(crate) fn read(
        &mut self,
        batch: &RecordBatch,
        rows_before: u64,
        mut take: impl FnMut(&Record<'_>),
    ) -> Result<HandedRead, SourceError> {
        let hashes = row_hashes(batch)
            .into_iter()
            .fold(0_u128, |sum, hash| sum.wrapping_add(hash.into()));
        // A batch is small: its facts go nowhere but through memory.
        let store = PartitionStore::new(u64::MAX, std::path::PathBuf::new());
        let mut block = BlockRead::default();
        let mut scatter = store.scatter();
        Batches::new(QUERY, &self.understanding).read(
            batch,
            &mut self.reader,
            (0, rows_before),
            (&mut block, &mut scatter),
        )?;
        scatter.finish()?;
        for partition in 0..PARTITIONS {
            store.with_partition(partition, true, |segments| {
                decode(segments)?.iter().for_each(&mut take);
                Ok(())
            })?;
        }
        Ok(HandedRead { block, hashes })
    }
}

/// Puts together what the batches of a table came to, in the order of its rows.
pub(crate) fn put_together(
    blocks: Vec<BlockRead>,
    hashes: u128,
    understanding: Arc<Understanding>,
    options: &ImportOptions,
    rejected: &mut dyn RejectedSink,
) -> Result<FileRead, SourceError> {
    let mut digest = Sha256::new();
    for header in &understanding.headers {
        digest.update((header.len() as u64).to_le_bytes());
        digest.update(header);
    }
    digest.update(hashes.to_le_bytes());
    let mut collector = Collector::new(Path::new(QUERY), options, rejected).with_digest(digest);
    for (index, block) in (0_u64..).zip(blocks) {
        collector.take(index, Ok(block));
    }
    collector.finish_digest(understanding)
}
