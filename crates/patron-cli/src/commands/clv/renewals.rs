//! What `patron clv predict` tells of customers who renew: its columns, in all forms.

use patron_analytics::clv::{ContractPrediction, ContractPredictions, ContractRow, Contracts};
use serde_json::Value;

use super::chosen::{Chosen, Named};
use super::{csv, exact};
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::words::{count, decimal};

/// Rows that are shown as a table.
const SHOWN: usize = 20;

/// A number that is told of a row.
#[derive(Debug, Clone, Copy)]
struct Column {
    name: &'static str,
    is_bound: bool,
    value: fn(&ContractRow, &ContractPrediction) -> Option<f64>,
}

impl Named for Column {
    fn name(&self) -> &'static str {
        self.name
    }

    fn is_bound(&self) -> bool {
        self.is_bound
    }
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

/// The columns that are asked for.
#[derive(Debug)]
pub(super) struct Columns(Chosen<Column>);

impl Columns {
    /// Takes the names asked for, all without any; without intervals none of their bounds.
    pub(super) fn of(names: &[String], intervals: bool) -> Result<Self, Failure> {
        Chosen::of(&COLUMNS, names, intervals).map(Self)
    }

    pub(super) fn csv(&self, contracts: &Contracts, told: &ContractPredictions) -> String {
        let rows = each(contracts, told).map(|(row, told)| {
            let id = self.0.with_id.then(|| row.id.clone()).into_iter();
            let numbers = self.0.numbers.iter();
            let numbers =
                numbers.map(|column| (column.value)(row, told).map_or(String::new(), exact));
            id.chain(numbers).collect()
        });
        csv(&self.0.header(), rows.collect())
    }

    pub(super) fn objects(&self, contracts: &Contracts, told: &ContractPredictions) -> Vec<Value> {
        let rows = each(contracts, told);
        rows.map(|(row, told)| self.0.object(&row.id, |column| (column.value)(row, told)))
            .collect()
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
