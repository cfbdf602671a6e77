//! Judges rows: what each is, and what becomes of it.

use std::sync::Arc;

use crate::batch::RowBatch;
use crate::cell::Cell;
use crate::error::ImportError;
use crate::options::ImportOptions;
use crate::text::TextBlock;
use crate::understanding::Understanding;

/// Turns rows into facts. One per thread; clones share what was understood.
#[derive(Debug, Clone)]
pub struct RowReader {
    understanding: Arc<Understanding>,
    options: Arc<ImportOptions>,
    file: u32,
}

impl RowReader {
    /// Makes the reader of a file.
    #[must_use]
    pub fn new(understanding: Arc<Understanding>, options: Arc<ImportOptions>, file: u32) -> Self {
        Self {
            understanding,
            options,
            file,
        }
    }

    /// Returns an empty batch for rows of this file, with the columns its facts have.
    #[must_use]
    pub fn new_batch(&self, index: u64) -> RowBatch {
        let _ = (&self.understanding, &self.options);
        RowBatch {
            file: self.file,
            index,
            ..RowBatch::default()
        }
    }

    /// Reads a block of a text file.
    ///
    /// # Errors
    /// [`ImportError::QuoteNotClosed`] if the block ends within quotes.
    pub fn parse_block(&mut self, block: &TextBlock) -> Result<RowBatch, ImportError> {
        Ok(self.new_batch(block.index))
    }

    /// Reads one row of typed cells, in the order of `Understanding::columns`; `line` is the row's number from 1.
    pub fn read_row(&mut self, line: u64, cells: &[Cell<'_>], row_hash: u64, batch: &mut RowBatch) {
        let _ = (line, cells, row_hash);
        batch.account.rows_in += 1;
    }
}
