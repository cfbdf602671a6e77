//! Arrow record batches, of a Parquet file or of a query, given to patron-import's reader row by row; hashes of rows are made
//! column by column.

use arrow_array::RecordBatch;
use patron_import::{ROW_HASH_SEED, RowReader, Understanding, UsedColumn};

use super::columns::Column;
pub(super) use super::columns::sample_rows;
use super::plain::Scattered;
use super::{BlockRead, SourceError};
use crate::grouping::Scatter;

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

    /// Reads the rows of a batch that has the [`Self::wanted`] columns and no other, and hands their facts to the partitions.
    pub(super) fn read(
        &self,
        batch: &RecordBatch,
        reader: &mut RowReader,
        (index, rows_before): (u64, u64),
        (read, scatter): (&mut BlockRead, &mut Scatter<'_>),
    ) -> Result<(), SourceError> {
        let used = self.understanding.columns.iter().enumerate();
        let used = used
            .map(|(slot, used)| self.of_slot(batch, slot, used))
            .collect::<Result<Vec<_>, _>>()?;
        let mut hashes = vec![self.understanding.row_seed(); batch.num_rows()];
        for &index in &self.understanding.hashed_columns {
            let slots = self.understanding.columns.iter().zip(&used);
            let mut same = slots.filter(|(slot, _)| slot.index == index);
            match same.find_map(|(_, column)| column.as_telling()) {
                Some(column) => column.chain(&mut hashes),
                None => Column::telling(batch, self.place(index)?).chain(&mut hashes),
            }
        }
        let mut facts = reader.new_batch(index);
        let mut orders = Scattered::new(facts.file, read, scatter);
        let mut cells = Vec::with_capacity(used.len());
        for ((row, line), hash) in (0..).zip(rows_before + 1..).zip(hashes) {
            cells.clear();
            cells.extend(used.iter().map(|column| column.cell(row)));
            reader.read_row((line, hash), &cells, &mut facts, &mut orders);
        }
        orders.finish()?;
        read.absorb(facts, self.understanding, scatter)?;
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
    let mut hashes = vec![ROW_HASH_SEED; batch.num_rows()];
    for place in 0..batch.num_columns() {
        Column::telling(batch, place).chain(&mut hashes);
    }
    hashes
}
