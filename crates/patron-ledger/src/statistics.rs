//! Smallest and largest values of columns, by which files are passed over without being opened.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, RecordBatch};
use patron_core::Instant;

use crate::tables::{Column, ColumnKind, Table};
use crate::text_form;

/// Longer texts have no place in the catalogue; a file without bounds is never passed over.
const LONGEST_BOUND_BYTES: usize = 128;

/// What is known of one column of some rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnStatistics {
    /// The column's id in the catalogue: its place, from 1.
    pub(crate) column_id: i64,
    pub(crate) value_count: i64,
    pub(crate) null_count: i64,
    /// Smallest and largest value as text, if there is any value and it may be told.
    pub(crate) bounds: Option<(String, String)>,
    /// Compressed bytes in the file.
    pub(crate) bytes: i64,
}

/// Computes the statistics of all columns of a table's rows.
pub(crate) fn of_rows(table: Table, rows: &RecordBatch) -> Vec<ColumnStatistics> {
    let columns = table.columns().zip(rows.columns()).zip(1_i64..);
    columns
        .map(|((column, values), column_id)| {
            let null_count = count(values.null_count());
            ColumnStatistics {
                column_id,
                value_count: count(values.len()) - null_count,
                null_count,
                bounds: bounds(column, values.as_ref()),
                bytes: 0,
            }
        })
        .collect()
}

/// Returns the smaller and the larger of two bounds of a column.
pub(crate) fn widened(
    kind: ColumnKind,
    left: (String, String),
    right: (String, String),
) -> (String, String) {
    let least = if compare(kind, &left.0, &right.0) == Ordering::Greater {
        right.0
    } else {
        left.0
    };
    let greatest = if compare(kind, &left.1, &right.1) == Ordering::Less {
        right.1
    } else {
        left.1
    };
    (least, greatest)
}

/// Compares two values of a column by their texts.
pub(crate) fn compare(kind: ColumnKind, left: &str, right: &str) -> Ordering {
    match kind {
        // Texts by their bytes, as DuckDB does; instants, dates and truth sort as their texts within years 1 to 9999.
        ColumnKind::Text | ColumnKind::Date | ColumnKind::Boolean => left.cmp(right),
        ColumnKind::Instant => text_form::parse_instant(left).cmp(&text_form::parse_instant(right)),
        ColumnKind::Integer | ColumnKind::BigInteger => {
            left.parse::<i64>().ok().cmp(&right.parse::<i64>().ok())
        }
        ColumnKind::Decimal => text_form::parse_decimal(left).cmp(&text_form::parse_decimal(right)),
    }
}

fn bounds(column: &Column, values: &dyn Array) -> Option<(String, String)> {
    if column.personal || values.null_count() == values.len() {
        return None;
    }
    match column.kind {
        ColumnKind::Text => {
            let (least, greatest) = ends(values.as_string::<i32>().iter().flatten())?;
            let fits = |text: &str| text.len() <= LONGEST_BOUND_BYTES && !text.contains('\0');
            (fits(least) && fits(greatest)).then(|| (least.to_owned(), greatest.to_owned()))
        }
        ColumnKind::Integer => {
            let (least, greatest) = ends(values.as_primitive::<Int32Type>().iter().flatten())?;
            Some((least.to_string(), greatest.to_string()))
        }
        ColumnKind::BigInteger => {
            let (least, greatest) = ends(values.as_primitive::<Int64Type>().iter().flatten())?;
            Some((least.to_string(), greatest.to_string()))
        }
        ColumnKind::Decimal => {
            let (least, greatest) = ends(values.as_primitive::<Decimal128Type>().iter().flatten())?;
            Some((text_form::decimal(least), text_form::decimal(greatest)))
        }
        ColumnKind::Instant => {
            let values = values.as_primitive::<TimestampMicrosecondType>();
            let (least, greatest) = ends(values.iter().flatten())?;
            let text = |micros| text_form::instant(Instant(micros));
            Some((text(least)?, text(greatest)?))
        }
        ColumnKind::Date => {
            let (least, greatest) = ends(values.as_primitive::<Date32Type>().iter().flatten())?;
            Some((text_form::date(least)?, text_form::date(greatest)?))
        }
        ColumnKind::Boolean => {
            let (least, greatest) = ends(values.as_boolean().iter().flatten())?;
            let text = |truth| String::from(if truth { "1" } else { "0" });
            Some((text(least), text(greatest)))
        }
    }
}

fn ends<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<(T, T)> {
    values.fold(None, |ends, value| match ends {
        None => Some((value, value)),
        Some((least, greatest)) => Some((value.min(least), value.max(greatest))),
    })
}

/// Returns a number of rows or bytes as the catalogue has it. Neither ever exceeds what a disk holds.
pub(crate) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
