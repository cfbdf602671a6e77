//! `customers.parquet`: zstd, row groups of 128 Ki customers.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use ::parquet::basic::{Compression, Encoding, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::ColumnPath;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use rayon::prelude::*;

use super::OutputError;
use super::columns::Columns;

const ROWS_PER_GROUP: usize = 128 * 1024;
const ROWS_PER_BATCH: usize = 16 * 1024;

/// Writes `count` customers. The bytes depend on the customers only: no clock, no machine, no thread count.
///
/// A row group's columns are encoded on all threads; one row group at a time is in memory.
///
/// # Errors
/// [`OutputError::Write`] and [`OutputError::Parquet`].
pub fn write_parquet(path: &Path, columns: &Columns<'_>, count: usize) -> Result<(), OutputError> {
    let mut file = ParquetTable::create(path, columns.schema(), properties(columns.schema()))?;
    file.append(columns, count)?;
    file.close()
}

/// A Parquet file that customers are written to, some at a time; those of one call begin a row group.
pub struct ParquetTable {
    path: PathBuf,
    writer: SerializedFileWriter<File>,
    groups: ArrowRowGroupWriterFactory,
    /// Row groups so far.
    number: usize,
}

impl std::fmt::Debug for ParquetTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetTable")
            .field("path", &self.path)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl ParquetTable {
    /// Begins a file for customers as of one day after another: ids of a row group ascend, so each is written as what it
    /// does not share with the one before.
    ///
    /// # Errors
    /// [`OutputError::Write`] and [`OutputError::Parquet`].
    pub fn by_month(path: &Path, schema: &SchemaRef) -> Result<Self, OutputError> {
        let id = ColumnPath::from("customer_id");
        let properties = properties(schema).set_column_encoding(id, Encoding::DELTA_BYTE_ARRAY);
        Self::create(path, schema, properties)
    }

    fn create(
        path: &Path,
        schema: &SchemaRef,
        properties: WriterPropertiesBuilder,
    ) -> Result<Self, OutputError> {
        let path = path.to_owned();
        let file = match File::create(&path) {
            Ok(file) => file,
            Err(source) => return Err(OutputError::Write { path, source }),
        };
        let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties.build()));
        match writer.and_then(ArrowWriter::into_serialized_writer) {
            Ok((writer, groups)) => Ok(Self {
                path,
                writer,
                groups,
                number: 0,
            }),
            Err(source) => Err(OutputError::Parquet { path, source }),
        }
    }

    /// Writes `count` customers.
    ///
    /// # Errors
    /// [`OutputError::Parquet`].
    pub fn append(&mut self, columns: &Columns<'_>, count: usize) -> Result<(), OutputError> {
        let written = self.write_groups(columns, count);
        written.map_err(|source| OutputError::Parquet {
            path: self.path.clone(),
            source,
        })
    }

    fn write_groups(&mut self, columns: &Columns<'_>, count: usize) -> Result<(), ParquetError> {
        for from in (0..count).step_by(ROWS_PER_GROUP) {
            let rows = from..(from + ROWS_PER_GROUP).min(count);
            let encoders = self.groups.create_column_writers(self.number)?;
            let encoded = encoders.into_par_iter().enumerate();
            let encoded = encoded
                .map(|(column, encoder)| encode(columns, column, rows.clone(), encoder))
                .collect::<Result<Vec<_>, _>>()?;
            let mut group = self.writer.next_row_group()?;
            for column in encoded {
                column.append_to_row_group(&mut group)?;
            }
            group.close()?;
            self.number += 1;
        }
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`OutputError::Parquet`].
    pub fn close(self) -> Result<(), OutputError> {
        match self.writer.close() {
            Ok(_) => Ok(()),
            Err(source) => Err(OutputError::Parquet {
                path: self.path,
                source,
            }),
        }
    }
}

/// Values that hardly repeat go without a dictionary: to make one that is given up in the end takes a quarter of the writing.
fn properties(schema: &Schema) -> WriterPropertiesBuilder {
    let builder = WriterProperties::builder()
        .set_created_by(format!("patron {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(ZstdLevel::default()));
    let unlike = schema.fields().iter().filter(|field| !repeats(field));
    let each = unlike.map(|field| ColumnPath::from(field.name().as_str()));
    each.fold(builder, |builder, path| {
        builder.set_column_dictionary_enabled(path, false)
    })
}

/// Whether many customers have the same in a column: not so ids and addresses, instants, sums of money and floats.
fn repeats(field: &Field) -> bool {
    let of_one = ["customer_id", "email", "phone", "name"];
    let unlike = matches!(
        field.data_type(),
        DataType::Timestamp(..) | DataType::Decimal128(..) | DataType::Float64
    );
    !unlike && !of_one.contains(&field.name().as_str())
}

/// Encodes some rows of one column, a batch at a time. No column is nested but for lists of one kind, so each has one leaf.
fn encode(
    columns: &Columns<'_>,
    column: usize,
    rows: Range<usize>,
    mut encoder: ArrowColumnWriter,
) -> Result<ArrowColumnChunk, ParquetError> {
    let field = columns.schema().field(column);
    for from in rows.clone().step_by(ROWS_PER_BATCH) {
        let batch = from..(from + ROWS_PER_BATCH).min(rows.end);
        let Some(array) = columns.array(column, batch) else {
            continue;
        };
        for leaf in compute_leaves(field, &array)? {
            encoder.write(&leaf)?;
        }
    }
    encoder.close()
}
