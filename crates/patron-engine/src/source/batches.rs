//! Arrow record batches, of a Parquet file or of a query, given to patron-import's reader row by row.

use arrow_array::RecordBatch;
use patron_import::{ROW_HASH_SEED, RowBatch, RowReader, Understanding, UsedColumn, hash_cell};

use super::SourceError;
use super::columns::Column;
pub(super) use super::columns::sample_rows;

/// The columns of one source that are read.
#[derive(Debug)]
pub(super) struct Batches<'a> {
    file: &'a str,
    understanding: &'a Understanding,
    wanted: Vec<usize>,
}

impl<'a> Batches<'a> {
    pub(super) fn new(file: &'a str, understanding: &'a Understanding) -> Self {
        let used = understanding.columns.iter().map(|column| column.index);
        let mut wanted: Vec<usize> = used.collect();
        wanted.extend(&understanding.hashed_columns);
        wanted.sort_unstable();
        wanted.dedup();
        Self {
            file,
            understanding,
            wanted,
        }
    }

    /// Places of the columns that a batch must have, ascending.
    pub(super) fn wanted(&self) -> &[usize] {
        &self.wanted
    }

    /// Reads the rows of a batch that has the [`Self::wanted`] columns and no other.
    pub(super) fn read(
        &self,
        batch: &RecordBatch,
        reader: &mut RowReader,
        rows_before: u64,
        facts: &mut RowBatch,
    ) -> Result<(), SourceError> {
        let used = self.understanding.columns.iter().enumerate();
        let used = used
            .map(|(slot, used)| self.of_slot(batch, slot, used))
            .collect::<Result<Vec<_>, _>>()?;
        let hashed = self.understanding.hashed_columns.iter();
        let hashed = hashed
            .map(|&index| Ok(Column::telling(batch, self.place(index)?)))
            .collect::<Result<Vec<_>, SourceError>>()?;
        let row_seed = self.understanding.row_seed();
        let mut cells = Vec::with_capacity(used.len());
        for row in 0..batch.num_rows() {
            let hash = hashed
                .iter()
                .fold(row_seed, |hash, column| hash_cell(hash, &column.cell(row)));
            cells.clear();
            cells.extend(used.iter().map(|column| column.cell(row)));
            reader.read_row(rows_before + row as u64 + 1, &cells, hash, facts);
        }
        Ok(())
    }

    fn place(&self, index: usize) -> Result<usize, SourceError> {
        let place = self.wanted.binary_search(&index);
        place.map_err(|_| SourceError::Thread)
    }

    /// A column that is only kept may have any type; one that numbers depend on may not.
    fn of_slot(
        &self,
        batch: &RecordBatch,
        slot: usize,
        used: &UsedColumn,
    ) -> Result<Column, SourceError> {
        let place = self.place(used.index)?;
        let column = if self.understanding.is_only_detail(slot) {
            Column::kept(batch, place)
        } else {
            Column::of(batch, place)
        };
        let name = || self.understanding.headers.get(used.index).cloned();
        column.map_err(|found| SourceError::ColumnType {
            file: self.file.to_owned(),
            column: name().unwrap_or_default(),
            found,
        })
    }
}

/// Returns a hash of every row of a batch, over all of its columns.
pub(super) fn row_hashes(batch: &RecordBatch) -> Vec<u64> {
    let columns: Vec<Column> = (0..batch.num_columns())
        .map(|place| Column::telling(batch, place))
        .collect();
    let hash = |row: usize| {
        let cells = columns.iter().map(|column| column.cell(row));
        cells.fold(ROW_HASH_SEED, |hash, cell| hash_cell(hash, &cell))
    };
    (0..batch.num_rows()).map(hash).collect()
}
