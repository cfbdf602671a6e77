//! What `patron clv predict` tells of customers who renew: its columns, in all forms.

use patron_analytics::clv::{ContractPrediction, ContractPredictions, ContractRow, Contracts};
use serde_json::{Value, json};

use super::{csv, exact};
use crate::failure::{BadFlag, Failure};
use crate::output::{Output, table};
use crate::words::{count, decimal};

/// Rows that are shown as a table.
const SHOWN: usize = 20;

/// The first column; the others are numbers.
const CUSTOMER: &str = "customer_id";

/// A number that is told of a row.
#[derive(Debug, Clone, Copy)]
struct Column {
    name: &'static str,
    is_bound: bool,
    value: fn(&ContractRow, &ContractPrediction) -> Option<f64>,
}

const fn column(
    name: &'static str,
    value: fn(&ContractRow, &ContractPrediction) -> Option<f64>,
) -> Column {
    Column {
        name,
        is_bound: false,
        value,
    }
}

const fn bound(
    name: &'static str,
    value: fn(&ContractRow, &ContractPrediction) -> Option<f64>,
) -> Column {
    Column {
        name,
        is_bound: true,
        value,
    }
}

const COLUMNS: [Column; 17] = [
    column("renewals", |row, _| Some(f64::from(row.history.renewals()))),
    column("left", |row, _| {
        Some(f64::from(u8::from(row.history.left())))
    }),
    column("customers", |row, _| Some(row.customers as f64)),
    column("retention", |_, told| Some(told.retention)),
    bound("retention_low", |_, told| {
        Some(told.intervals?.retention.low)
    }),
    bound("retention_high", |_, told| {
        Some(told.intervals?.retention.high)
    }),
    column("probability_alive", |_, told| Some(told.probability_alive)),
    bound("probability_alive_low", |_, told| {
        Some(told.intervals?.probability_alive.low)
    }),
    bound("probability_alive_high", |_, told| {
        Some(told.intervals?.probability_alive.high)
    }),
    column("expected_renewals", |_, told| Some(told.expected_renewals)),
    bound("expected_renewals_low", |_, told| {
        Some(told.intervals?.expected_renewals.low)
    }),
    bound("expected_renewals_high", |_, told| {
        Some(told.intervals?.expected_renewals.high)
    }),
    bound("renewals_low", |_, told| {
        told.outcome.map(|[low, _]| low as f64)
    }),
    bound("renewals_high", |_, told| {
        told.outcome.map(|[_, high]| high as f64)
    }),
    column("discounted_renewals", |_, told| {
        Some(told.discounted_renewals)
    }),
    column("discounted_renewals_lifetime", |_, told| {
        told.discounted_renewals_lifetime
    }),
    column("median_renewal_of_leaving", |_, told| {
        told.median_renewal_of_leaving.map(f64::from)
    }),
];

/// The columns that are asked for, in their order.
#[derive(Debug)]
pub(super) struct Columns {
    with_id: bool,
    numbers: Vec<Column>,
}

impl Columns {
    /// Takes the names asked for, all without any; without intervals none of their bounds.
    pub(super) fn of(names: &[String], intervals: bool) -> Result<Self, Failure> {
        let known = || {
            COLUMNS
                .into_iter()
                .filter(|column| intervals || !column.is_bound)
        };
        for name in names {
            if name != CUSTOMER && !known().any(|column| column.name == name) {
                let all: Vec<&str> = known().map(|column| column.name).collect();
                return Err(Failure::of_command_line(BadFlag {
                    flag: "--columns".to_owned(),
                    value: name.clone(),
                    expected: format!("{CUSTOMER}, {}", all.join(", ")),
                }));
            }
        }
        let is_asked = |name: &str| names.is_empty() || names.iter().any(|asked| asked == name);
        Ok(Self {
            with_id: is_asked(CUSTOMER),
            numbers: known().filter(|column| is_asked(column.name)).collect(),
        })
    }

    pub(super) fn csv(&self, contracts: &Contracts, told: &ContractPredictions) -> String {
        let id = self.with_id.then_some(CUSTOMER).into_iter();
        let header = id.chain(self.numbers.iter().map(|column| column.name));
        let rows = each(contracts, told).map(|(row, told)| {
            let id = self.with_id.then(|| row.id.clone()).into_iter();
            let numbers = self.numbers.iter();
            let numbers =
                numbers.map(|column| (column.value)(row, told).map_or(String::new(), exact));
            id.chain(numbers).collect()
        });
        csv(&header.collect::<Vec<&str>>(), rows.collect())
    }

    pub(super) fn objects(&self, contracts: &Contracts, told: &ContractPredictions) -> Vec<Value> {
        let rows = each(contracts, told).map(|(row, told)| {
            let id = self.with_id.then(|| (CUSTOMER.to_owned(), json!(row.id)));
            let numbers = self.numbers.iter();
            let numbers =
                numbers.map(|column| (column.name.to_owned(), json!((column.value)(row, told))));
            Value::Object(id.into_iter().chain(numbers).collect())
        });
        rows.collect()
    }
}

fn each<'a>(
    contracts: &'a Contracts,
    told: &'a ContractPredictions,
) -> impl Iterator<Item = (&'a ContractRow, &'a ContractPrediction)> {
    contracts.rows.iter().zip(&told.told)
}

/// The rows with the most to come.
pub(super) fn show(
    contracts: &Contracts,
    told: &ContractPredictions,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut order: Vec<_> = each(contracts, told).collect();
    order.sort_by(|a, b| b.1.expected_renewals.total_cmp(&a.1.expected_renewals));
    let header = [
        "",
        "renewals",
        "customers",
        "retention",
        "P(there)",
        "expected renewals",
        "from",
        "to",
        "outcome",
    ];
    let rows = order.iter().take(SHOWN).map(|(row, told)| {
        let interval = told.intervals.map(|intervals| intervals.expected_renewals);
        let bound = |bound: Option<f64>| bound.map_or("-".to_owned(), |bound| decimal(bound, 2));
        let outcome = told.outcome;
        vec![
            row.id.clone(),
            row.history.renewals().to_string(),
            count(row.customers),
            decimal(told.retention, 3),
            decimal(told.probability_alive, 3),
            decimal(told.expected_renewals, 2),
            bound(interval.map(|interval| interval.low)),
            bound(interval.map(|interval| interval.high)),
            outcome.map_or("-".to_owned(), |[low, high]| format!("{low} to {high}")),
        ]
    });
    output.line(&table(&header, rows.collect()))?;
    let rest = order.len().saturating_sub(SHOWN);
    if rest > 0 {
        output.line(&format!(
            "and {} more: `--format csv` gives all",
            count(rest as u64)
        ))?;
    }
    Ok(())
}
