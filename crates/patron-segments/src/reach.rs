//! Names that nobody can have: conditions that contradict themselves, or that earlier ones leave nobody to.
//!
//! Where conditions compare columns with numbers and do nothing else with them, all values between two such numbers are
//! alike: one of each kind, combined with every cell, stands for all customers there can be. Columns are combined freely,
//! so a combination may be one that no customer has: what is reported is certain, something may go unnoticed.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{ArrowError, Field, Schema};

use crate::cells::{self, Cell};
use crate::compiled::mark;
use crate::condition::{Columns, Condition, Kind};
use crate::profile::profile_schema;

/// The most combinations tried; more are not worth the wait.
const MOST_ROWS: usize = 500_000;

/// Values that a column can have: at least, at most, and whether it may be empty.
const RANGES: [(&str, f64, f64, bool); 19] = [
    ("recency_days", 0.0, f64::INFINITY, false),
    ("days_first_to_last", 0.0, f64::INFINITY, false),
    ("age_days", 0.0, f64::INFINITY, false),
    ("orders", 1.0, f64::INFINITY, false),
    ("purchase_days", 1.0, f64::INFINITY, false),
    ("repeat_purchases", 0.0, f64::INFINITY, false),
    ("orders_window", 0.0, f64::INFINITY, false),
    ("orders_prior_window", 0.0, f64::INFINITY, false),
    ("average_order_value", 0.0, f64::INFINITY, false),
    ("last_order_value", 0.0, f64::INFINITY, false),
    ("mean_days_between_orders", 0.0, f64::INFINITY, true),
    ("gap_variation", 0.0, f64::INFINITY, true),
    ("probability_alive", 0.0, 1.0, true),
    ("expected_purchases", 0.0, f64::INFINITY, true),
    ("expected_order_value", 0.0, f64::INFINITY, true),
    ("clv", 0.0, f64::INFINITY, true),
    ("clv_low", 0.0, f64::INFINITY, true),
    ("clv_high", 0.0, f64::INFINITY, true),
    ("clv_lifetime", 0.0, f64::INFINITY, true),
];

type Points = Vec<Option<f64>>;

/// Returns the bits of the conditions that are the first to be met by nobody; nothing if there is too much to try.
///
/// All conditions are ones that compare; cells hold every combination of the scores and keys that they read.
pub(crate) fn never_first(
    conditions: &[(u64, Condition)],
    tried: &[&str],
    cells: &[Cell],
    bins: [u8; 3],
) -> Result<Option<u64>, ArrowError> {
    let axes = axes(conditions, tried);
    let combinations = axes
        .iter()
        .try_fold(cells.len(), |product, (_, points)| {
            product.checked_mul(points.len())
        })
        .filter(|&combinations| combinations <= MOST_ROWS);
    let Some(combinations) = combinations else {
        return Ok(None);
    };
    let batch = combined(cells, bins, &axes, combinations)?;
    let mut members = vec![0; batch.num_rows()];
    if mark(conditions, &mut Columns::new(&batch), &mut members).is_err() {
        // A number left its range: the check of cells says where.
        return Ok(None);
    }
    let all = conditions.iter().fold(0, |bits, (bit, _)| bits | bit);
    let first = members
        .iter()
        .fold(0, |bits, members| bits | (members & members.wrapping_neg()));
    Ok(Some(all & !first))
}

/// One value of each kind, for every column that is compared with numbers.
fn axes(conditions: &[(u64, Condition)], tried: &[&str]) -> Vec<(String, Points)> {
    let mut compared: BTreeMap<&str, (Kind, Vec<f64>)> = BTreeMap::new();
    for (_, condition) in conditions {
        for (name, kind, number) in condition.breakpoints(tried).into_iter().flatten() {
            let entry = compared.entry(name).or_insert((kind, Vec::new()));
            entry.1.push(number);
        }
        // A column that is only asked whether it is empty has no number.
        for name in condition.columns().filter(|name| !tried.contains(name)) {
            compared.entry(name).or_insert((Kind::Float, vec![0.0]));
        }
    }
    compared
        .into_iter()
        .map(|(name, (kind, numbers))| (name.to_owned(), points(name, kind, numbers)))
        .collect()
}

fn points(name: &str, kind: Kind, mut numbers: Vec<f64>) -> Points {
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    let mut values = Vec::new();
    for pair in numbers.windows(2) {
        if let [low, high] = pair {
            values.push(low.midpoint(*high));
        }
    }
    for &number in &numbers {
        values.extend([number - 1.0, number, number + 1.0]);
    }
    if kind == Kind::Integer {
        values = values.iter().map(|value| value.floor()).collect();
    }
    let known = RANGES.iter().find(|(known, ..)| *known == name);
    let (least, most, may_be_empty) = known
        .map_or((f64::NEG_INFINITY, f64::INFINITY, true), |range| {
            (range.1, range.2, range.3)
        });
    values.retain(|value| (least..=most).contains(value));
    values.extend([least, most].into_iter().filter(|end| end.is_finite()));
    values.sort_by(f64::total_cmp);
    values.dedup();
    let empty = may_be_empty.then_some(None);
    values.into_iter().map(Some).chain(empty).collect()
}

/// Every cell with every combination of values.
fn combined(
    cells: &[Cell],
    bins: [u8; 3],
    axes: &[(String, Points)],
    combinations: usize,
) -> Result<RecordBatch, ArrowError> {
    let per_cell = combinations.checked_div(cells.len()).unwrap_or(0);
    let repeated: Vec<Cell> = cells
        .iter()
        .flat_map(|cell| std::iter::repeat_n(*cell, per_cell))
        .collect();
    let batch = cells::batch(&repeated, bins)?;
    let schema = profile_schema();
    let mut fields: Vec<Arc<Field>> = batch.schema().fields().to_vec();
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    let mut stride = 1;
    for (name, points) in axes {
        let value = |row: usize| points.get(row / stride % points.len()).copied().flatten();
        let floats: Float64Array = (0..repeated.len()).map(value).collect();
        let field = schema.field_with_name(name)?;
        columns.push(cast(&floats, field.data_type())?);
        fields.push(Arc::new(field.clone()));
        stride *= points.len();
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}
