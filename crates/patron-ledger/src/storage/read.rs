//! Data files read back: checked against what the catalogue says of them, then decoded column by column.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{RecordBatch, new_null_array};
use arrow_schema::{ArrowError, FieldRef, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};

use crate::error::LedgerError;
use crate::tables::Table;

/// Rows decoded at a time.
pub(crate) const ROWS_PER_BATCH: usize = 16 * 1024;

/// A data file, as the catalogue knows it.
#[derive(Debug, Clone)]
pub(crate) struct KnownFile {
    pub(crate) path: PathBuf,
    pub(crate) bytes: i64,
    pub(crate) rows: i64,
}

/// The rows of one data file, in batches.
#[derive(Debug)]
pub(crate) struct FileReader {
    path: PathBuf,
    schema: SchemaRef,
    /// How many of the columns asked for the file has; they come first.
    present: usize,
    reader: ParquetRecordBatchReader,
    left: i64,
}

impl FileReader {
    /// Opens a file to read the given columns (by place) of a table.
    pub(crate) fn open(
        file: &KnownFile,
        table: Table,
        columns: &[usize],
        schema: SchemaRef,
    ) -> Result<Self, LedgerError> {
        let path = &file.path;
        let damaged = |reason: String| LedgerError::FileDamaged {
            path: path.clone(),
            reason,
        };
        let handle = open_checked(path, file.bytes)?;
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(handle, options)
            .map_err(|source| damaged(source.to_string()))?;
        let rows = builder.metadata().file_metadata().num_rows();
        if rows != file.rows {
            return Err(damaged(format!(
                "it has {rows} rows instead of {}",
                file.rows
            )));
        }
        // A file of an older patron lacks the columns that were added since: they are empty.
        let found = builder.schema().fields();
        let known = table.columns().map(|column| column.name);
        let is_known = known
            .take(found.len())
            .eq(found.iter().map(|field| field.name()));
        if !is_known
            || table
                .columns()
                .skip(found.len())
                .any(|column| column.required)
        {
            return Err(damaged(format!(
                "its columns are not those of `{}`",
                table.name()
            )));
        }
        let there = columns.iter().copied().filter(|place| *place < found.len());
        let present = there.clone().count();
        let mask = ProjectionMask::leaves(builder.parquet_schema(), there);
        let reader = builder
            .with_projection(mask)
            .with_batch_size(ROWS_PER_BATCH)
            .build()
            .map_err(|source| damaged(source.to_string()))?;
        Ok(Self {
            path: path.clone(),
            schema,
            present,
            reader,
            left: file.rows,
        })
    }

    /// Returns the next rows, or nothing after the last.
    pub(crate) fn next_batch(&mut self) -> Result<Option<RecordBatch>, LedgerError> {
        let damaged = |path: &Path, reason: String| LedgerError::FileDamaged {
            path: path.to_owned(),
            reason,
        };
        match self.reader.next() {
            None if self.left != 0 => Err(damaged(
                &self.path,
                format!("{} rows are missing", self.left),
            )),
            None => Ok(None),
            Some(Err(source)) => Err(damaged(&self.path, source.to_string())),
            Some(Ok(batch)) => {
                self.left -= i64::try_from(batch.num_rows()).unwrap_or(i64::MAX);
                let schema = Arc::clone(&self.schema);
                let typed = if schema.fields().is_empty() {
                    Ok(batch)
                } else {
                    let lacking = schema.fields().iter().skip(self.present);
                    let empty =
                        |field: &FieldRef| new_null_array(field.data_type(), batch.num_rows());
                    let columns = batch.columns().iter().cloned();
                    let columns = columns.chain(lacking.map(empty)).collect();
                    RecordBatch::try_new(schema, columns)
                };
                typed
                    .map(Some)
                    .map_err(|source: ArrowError| damaged(&self.path, source.to_string()))
            }
        }
    }
}

/// Opens a file if it is there with as many bytes as the catalogue says.
fn open_checked(path: &Path, bytes: i64) -> Result<File, LedgerError> {
    let missing = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => LedgerError::FileMissing {
            path: path.to_owned(),
        },
        _ => LedgerError::io("read", path, source),
    };
    let file = File::open(path).map_err(missing)?;
    let found = file.metadata().map_err(missing)?.len();
    let expected = u64::try_from(bytes).unwrap_or(0);
    if found != expected {
        return Err(LedgerError::FileResized {
            path: path.to_owned(),
            expected,
            found,
        });
    }
    Ok(file)
}

/// Reads the length of the footer as the file states it.
pub(crate) fn stated_footer(path: &Path, bytes: i64) -> Result<i64, LedgerError> {
    let mut file = open_checked(path, bytes)?;
    let mut tail = [0_u8; 4];
    file.seek(SeekFrom::End(-8))
        .and_then(|_| file.read_exact(&mut tail))
        .map_err(|source| LedgerError::io("read", path, source))?;
    Ok(i64::from(u32::from_le_bytes(tail)))
}
