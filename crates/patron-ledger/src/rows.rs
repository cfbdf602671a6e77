//! Rows of a table: checked, sorted, dealt into buckets, put together.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow_ord::ord::make_comparator;
use arrow_schema::{ArrowError, SortOptions};
use arrow_select::concat::concat_batches;
use arrow_select::take::take;
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
    if values.null_count() == values.len() {
        return Ok(());
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

/// Puts batches of a table together and sorts their rows by person, time and key; rows alike in these keep their order.
pub(crate) fn sorted(table: Table, batches: &[RecordBatch]) -> Result<RecordBatch, LedgerError> {
    let together = match batches {
        [one] => one.clone(),
        several => {
            concat_batches(&table.schema(), several).map_err(|source| failed(table, source))?
        }
    };
    let places = order_of(table, &together)?;
    if places.is_sorted() {
        return Ok(together);
    }
    taken(table, &together, &UInt32Array::from(places))
}

/// Returns the places of rows in the table's order.
fn order_of(table: Table, rows: &RecordBatch) -> Result<Vec<u32>, LedgerError> {
    let options = SortOptions {
        descending: false,
        nulls_first: false,
    };
    let columns: Vec<_> = table
        .order()
        .iter()
        .filter_map(|name| rows.column_by_name(name))
        .collect();
    let comparators = columns
        .iter()
        .map(|values| make_comparator(values.as_ref(), values.as_ref(), options))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| failed(table, source))?;
    let heads = columns.first().map(|values| heads(values.as_ref()));
    let heads = heads.unwrap_or_else(|| vec![0; rows.num_rows()]);
    let mut places: Vec<(u64, u32)> = heads.into_iter().zip(0_u32..).collect();
    // Not the unstable sort: rows mostly come in some stretches that are in order, which this one finds.
    places.sort_by(|left, right| {
        let places = (left.1 as usize, right.1 as usize);
        let mut compared = comparators
            .iter()
            .map(|compare| compare(places.0, places.1));
        left.0.cmp(&right.0).then_with(|| {
            let told_apart = compared.find(|ordering| ordering.is_ne());
            told_apart.unwrap_or(left.1.cmp(&right.1))
        })
    });
    Ok(places.into_iter().map(|(_, place)| place).collect())
}

/// Returns numbers in the order of texts, equal where it takes more to tell: eight bytes behind what all have in common.
/// Looking at them first spares most comparisons of the texts.
fn heads(values: &dyn Array) -> Vec<u64> {
    let Some(texts) = values.as_string_opt::<i32>() else {
        return vec![0; values.len()];
    };
    let mut present = texts.iter().flatten().map(str::as_bytes);
    let first = present.next().unwrap_or_default();
    let common = present.fold(first.len(), |common, text| {
        let both = first.iter().take(common).zip(text);
        both.take_while(|(left, right)| left == right).count()
    });
    let head = |text: Option<&str>| {
        // Nothing comes last.
        let Some(text) = text else { return u64::MAX };
        let mut bytes = [0; 8];
        let rest = text.as_bytes().get(common..).unwrap_or_default();
        for (to, from) in bytes.iter_mut().zip(rest) {
            *to = *from;
        }
        u64::from_be_bytes(bytes)
    };
    texts.iter().map(head).collect()
}

/// Picks rows. Of columns without any value there is nothing to pick.
fn taken(
    table: Table,
    rows: &RecordBatch,
    places: &UInt32Array,
) -> Result<RecordBatch, LedgerError> {
    let column = |values: &ArrayRef| {
        if values.null_count() == values.len() {
            Ok(values.slice(0, places.len()))
        } else {
            take(values.as_ref(), places, None)
        }
    };
    let columns = rows.columns().iter().map(column);
    let columns = columns.collect::<Result<Vec<_>, _>>();
    columns
        .and_then(|columns| RecordBatch::try_new(rows.schema(), columns))
        .map_err(|source| failed(table, source))
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
        let part = if places.len() == rows.num_rows() {
            rows.clone()
        } else {
            taken(table, &rows, &UInt32Array::from(places))?
        };
        dealt.push((bucket, part));
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
