//! Tables of studies as Parquet.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow_schema::{ArrowError, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::{Table, Unit, Value};

/// Digits of sums of money, as in `customers.parquet`.
const DIGITS: u8 = 38;
const DECIMALS: i8 = 4;

pub(super) fn write(table: &Table, path: &Path) -> io::Result<()> {
    let columns: Vec<ArrayRef> = (0..table.columns.len())
        .map(|place| array(table, place))
        .collect::<Result<_, _>>()
        .map_err(io::Error::other)?;
    let fields = table.columns.iter().zip(&columns);
    let fields: Vec<Field> = fields
        .map(|(column, array)| Field::new(column.key.as_ref(), array.data_type().clone(), true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(io::Error::other)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("patron".to_owned())
        .build();
    let writer = ArrowWriter::try_new(File::create(path)?, schema, Some(properties));
    let mut writer = writer.map_err(io::Error::other)?;
    writer.write(&batch).map_err(io::Error::other)?;
    writer.close().map_err(io::Error::other)?;
    Ok(())
}

fn array(table: &Table, place: usize) -> Result<ArrayRef, ArrowError> {
    let unit = table
        .columns
        .get(place)
        .map_or(Unit::Text, |column| column.unit);
    let cells = || table.rows.iter().map(|row| row.get(place));
    Ok(match unit {
        Unit::Text => Arc::new(
            cells()
                .map(|cell| cell.filter(|cell| **cell != Value::None).map(Value::exact))
                .collect::<StringArray>(),
        ),
        Unit::Count => Arc::new(
            cells()
                .map(|cell| match cell {
                    Some(Value::Count(count)) => Some(*count),
                    _ => None,
                })
                .collect::<Int64Array>(),
        ),
        Unit::Money => Arc::new(
            cells()
                .map(|cell| match cell {
                    Some(Value::Money(money)) => Some(money.0),
                    _ => None,
                })
                .collect::<Decimal128Array>()
                .with_precision_and_scale(DIGITS, DECIMALS)?,
        ),
        Unit::Number | Unit::Share | Unit::Days => Arc::new(
            cells()
                .map(|cell| match cell {
                    Some(Value::Number(number)) => Some(*number),
                    Some(Value::Count(count)) => Some(*count as f64),
                    _ => None,
                })
                .collect::<Float64Array>(),
        ),
        Unit::Day => Arc::new(
            cells()
                .map(|cell| match cell {
                    Some(Value::Day(day)) => Some(day.0),
                    _ => None,
                })
                .collect::<Date32Array>(),
        ),
    })
}
