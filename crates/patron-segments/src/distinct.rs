//! The few distinct values of a text column, so that a condition is evaluated once per value and not once per row.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};

use crate::compiled::mark;
use crate::condition::{Columns, Condition, Kind};

/// Beyond this many, rows are evaluated one by one: it is no column of keys.
const MOST_VALUES: usize = 24;

/// Marks the rows that meet conditions which read this text column only; returns false, with nothing marked, where it
/// has too many distinct values or is not there.
pub(crate) fn mark_by_value(
    name: &str,
    conditions: &[(u64, Condition)],
    columns: &mut Columns<'_>,
    members: &mut [u64],
) -> bool {
    let Ok(column) = columns.get(name, Kind::Text) else {
        return false;
    };
    let Some((codes, values)) = encode(column.as_string::<i32>()) else {
        return false;
    };
    let values: ArrayRef = Arc::new(values);
    let Ok(batch) = RecordBatch::try_from_iter_with_nullable([(name, values, true)]) else {
        return false;
    };
    let mut of_values = vec![0; batch.num_rows()];
    if mark(conditions, &mut Columns::new(&batch), &mut of_values).is_err() {
        return false;
    }
    for (members, code) in members.iter_mut().zip(codes) {
        *members |= of_values.get(usize::from(code)).copied().unwrap_or(0);
    }
    true
}

/// Returns each row's place in the list of distinct values, and that list; null is a value.
fn encode(column: &StringArray) -> Option<(Vec<u8>, StringArray)> {
    let mut seen: Vec<Option<&str>> = Vec::new();
    let mut codes = Vec::with_capacity(column.len());
    for value in column {
        let known = seen.iter().position(|other| *other == value);
        let code = match known {
            Some(code) => code,
            None if seen.len() < MOST_VALUES => {
                seen.push(value);
                seen.len() - 1
            }
            None => return None,
        };
        codes.push(u8::try_from(code).ok()?);
    }
    Some((codes, StringArray::from(seen)))
}
