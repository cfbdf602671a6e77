//! Rows of a table: checked, sorted, dealt into buckets, put together.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch, UInt32Array};
use arrow_ord::sort::{SortColumn, SortOptions, lexsort_to_indices};
use arrow_schema::ArrowError;
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use patron_core::Instant;

use crate::bucket::Bucket;
use crate::error::LedgerError;
use crate::tables::{Column, ColumnKind, Table};
use crate::text_form;

/// Returns the rows with the table's own schema, or says which column does not fit.
///
/// # Errors
/// [`LedgerError::RowsDiffer`], [`LedgerError::ValueMissing`], [`LedgerError::OutsideCalendar`].
pub(crate) fn checked(table: Table, rows: &RecordBatch) -> Result<RecordBatch, LedgerError> {
    let schema = table.schema();
    let given = rows.schema();
    let none = || "absent".to_owned();
    for (place, expected) in schema.fields().iter().enumerate() {
        let found = given.fields().get(place);
        let fits = found.is_some_and(|found| {
            found.name() == expected.name() && found.data_type() == expected.data_type()
        });
        if !fits {
            return Err(LedgerError::RowsDiffer {
                table: table.name(),
                column: expected.name().clone(),
                found: found.map_or_else(none, |found| {
                    format!("`{}` {}", found.name(), found.data_type())
                }),
                expected: format!("`{}` {}", expected.name(), expected.data_type()),
            });
        }
    }
    if let Some(extra) = given.fields().get(schema.fields().len()) {
        return Err(LedgerError::RowsDiffer {
            table: table.name(),
            column: extra.name().clone(),
            found: extra.data_type().to_string(),
            expected: none(),
        });
    }
    for (column, values) in table.columns().zip(rows.columns()) {
        check_values(table, column, values.as_ref())?;
    }
    RecordBatch::try_new(schema, rows.columns().to_vec()).map_err(|source| failed(table, source))
}

fn check_values(table: Table, column: &Column, values: &dyn Array) -> Result<(), LedgerError> {
    let count = values.null_count();
    if column.required && count > 0 {
        return Err(LedgerError::ValueMissing {
            table: table.name(),
            column: column.name,
            count,
        });
    }
    let inside = match column.kind {
        ColumnKind::Instant => {
            let values = values.as_primitive::<TimestampMicrosecondType>();
            let ends = [values.iter().flatten().min(), values.iter().flatten().max()];
            let mut ends = ends.into_iter().flatten();
            ends.all(|micros| text_form::instant(Instant(micros)).is_some())
        }
        ColumnKind::Date => {
            let values = values.as_primitive::<Date32Type>();
            let ends = [values.iter().flatten().min(), values.iter().flatten().max()];
            ends.into_iter()
                .flatten()
                .all(|days| text_form::date(days).is_some())
        }
        _ => true,
    };
    if inside {
        Ok(())
    } else {
        Err(LedgerError::OutsideCalendar {
            table: table.name(),
            column: column.name,
        })
    }
}

/// Puts batches of a table together and sorts their rows by person, time and key.
pub(crate) fn sorted(table: Table, batches: &[RecordBatch]) -> Result<RecordBatch, LedgerError> {
    let together =
        concat_batches(&table.schema(), batches).map_err(|source| failed(table, source))?;
    let columns: Vec<_> = table
        .order()
        .iter()
        .filter_map(|name| together.column_by_name(name))
        .map(|values| SortColumn {
            values: Arc::clone(values),
            options: Some(SortOptions {
                descending: false,
                nulls_first: false,
            }),
        })
        .collect();
    let order = lexsort_to_indices(&columns, None).map_err(|source| failed(table, source))?;
    take_record_batch(&together, &order).map_err(|source| failed(table, source))
}

/// Deals rows of persons into `count` buckets and keeps their order. Empty buckets are left out.
pub(crate) fn dealt(
    table: Table,
    rows: RecordBatch,
    count: u32,
) -> Result<Vec<(Bucket, RecordBatch)>, LedgerError> {
    let Some(persons) = rows.column_by_name("person_id").filter(|_| count > 1) else {
        return Ok(vec![(Bucket::ALL, rows)]);
    };
    let mut places: Vec<Vec<u32>> = vec![Vec::new(); usize::try_from(count).unwrap_or(1)];
    for (person, row) in persons.as_string::<i32>().iter().zip(0_u32..) {
        let bucket = usize::try_from(Bucket::of_person(person, count)).unwrap_or(0);
        if let Some(places) = places.get_mut(bucket) {
            places.push(row);
        }
    }
    let mut dealt = Vec::new();
    for (places, index) in places.into_iter().zip(0_u32..) {
        let (false, Some(bucket)) = (places.is_empty(), Bucket::new(index, count)) else {
            continue;
        };
        let part = take_record_batch(&rows, &UInt32Array::from(places));
        dealt.push((bucket, part.map_err(|source| failed(table, source))?));
    }
    Ok(dealt)
}

/// Names a failure of Arrow's kernels.
pub(crate) const fn failed(table: Table, source: ArrowError) -> LedgerError {
    LedgerError::Rows {
        table: table.name(),
        source,
    }
}
