//! Reading whole files to write them anew.

use std::sync::Arc;

use arrow_array::{BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;

use crate::catalogue::files::CatalogueFile;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::rows::failed;
use crate::scan::without_deleted;
use crate::storage::read::FileReader;
use crate::tables::Table;

impl Ledger {
    /// Reads all columns of a file, without the rows at `deleted` (ascending), and keeps the rows that `keep` says.
    pub(crate) fn read_whole(
        &self,
        file: &CatalogueFile,
        deleted: Vec<i64>,
        mut keep: impl FnMut(&RecordBatch) -> Option<BooleanArray>,
    ) -> Result<Vec<RecordBatch>, LedgerError> {
        let table = file.table;
        let schema = table.schema();
        let columns: Vec<usize> = (0..schema.fields().len()).collect();
        let mut part = self.part(file, deleted);
        let mut reader = FileReader::open(&part.file, table, &columns, schema)?;
        let mut batches = Vec::new();
        while let Some(batch) = reader.next_batch()? {
            let batch = without_deleted(table, batch, &mut part)?;
            let batch = match keep(&batch) {
                None => batch,
                Some(keep) => {
                    filter_record_batch(&batch, &keep).map_err(|source| failed(table, source))?
                }
            };
            if batch.num_rows() > 0 {
                batches.push(batch);
            }
        }
        Ok(batches)
    }

    /// Reads some columns of all rows of a file, deleted ones included, and returns the places of rows that are wanted.
    pub(crate) fn places_where(
        &self,
        file: &CatalogueFile,
        columns: &[&str],
        wanted: impl Fn(&RecordBatch) -> BooleanArray,
    ) -> Result<Vec<i64>, LedgerError> {
        let schema = file.table.schema();
        let places = columns.iter().map(|column| schema.index_of(column));
        let mut places: Vec<usize> = places
            .collect::<Result<_, _>>()
            .map_err(|source| failed(file.table, source))?;
        places.sort_unstable();
        let picked = schema
            .project(&places)
            .map_err(|source| failed(file.table, source))?;
        let part = self.part(file, Vec::new());
        let mut reader = FileReader::open(&part.file, file.table, &places, Arc::new(picked))?;
        let (mut places, mut from) = (Vec::new(), 0_i64);
        while let Some(batch) = reader.next_batch()? {
            for wanted in &wanted(&batch) {
                if wanted == Some(true) {
                    places.push(from);
                }
                from += 1;
            }
        }
        Ok(places)
    }
}

/// Returns the rows in batches.
pub(crate) fn rows_in(batches: &[RecordBatch]) -> u64 {
    batches.iter().map(|batch| batch.num_rows() as u64).sum()
}

/// Returns the tables with rows of persons.
pub(crate) fn tables_with_persons() -> impl Iterator<Item = Table> {
    Table::ALL.into_iter().filter(|table| table.has_persons())
}
