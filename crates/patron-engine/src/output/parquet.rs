//! `customers.parquet`: zstd, row groups of 128 Ki customers.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::schema::types::ColumnPath;
use arrow_schema::{DataType, Field, Schema};
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
    let file = File::create(path).map_err(|source| OutputError::Write {
        path: path.to_owned(),
        source,
    })?;
    write_groups(file, columns, count).map_err(|source| OutputError::Parquet {
        path: path.to_owned(),
        source,
    })
}

fn write_groups(file: File, columns: &Columns<'_>, count: usize) -> Result<(), ParquetError> {
    let properties = properties(columns.schema());
    let writer = ArrowWriter::try_new(file, Arc::clone(columns.schema()), Some(properties))?;
    let (mut writer, groups) = writer.into_serialized_writer()?;
    for (number, from) in (0..count).step_by(ROWS_PER_GROUP).enumerate() {
        let rows = from..(from + ROWS_PER_GROUP).min(count);
        let encoders = groups.create_column_writers(number)?;
        let encoded = encoders.into_par_iter().enumerate();
        let encoded = encoded
            .map(|(column, encoder)| encode(columns, column, rows.clone(), encoder))
            .collect::<Result<Vec<_>, _>>()?;
        let mut group = writer.next_row_group()?;
        for column in encoded {
            column.append_to_row_group(&mut group)?;
        }
        group.close()?;
    }
    writer.close()?;
    Ok(())
}

/// Values that hardly repeat go without a dictionary: to make one that is given up in the end takes a quarter of the writing.
fn properties(schema: &Schema) -> WriterProperties {
    let builder = WriterProperties::builder()
        .set_created_by(format!("patron {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(ZstdLevel::default()));
    let unlike = schema.fields().iter().filter(|field| !repeats(field));
    let each = unlike.map(|field| ColumnPath::from(field.name().as_str()));
    let builder = each.fold(builder, |builder, path| {
        builder.set_column_dictionary_enabled(path, false)
    });
    builder.build()
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
