//! What a ledger says of nobody in particular: products and spend on advertising. Of each the newest version holds.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use patron_core::{Day, MoneySum};
use patron_ledger::{At, Ledger, ScanRequest, Table};

use super::records::{day, instant, number, text, whole};
use crate::workspace::WorkspaceError;

/// An article as the list of products has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Product {
    /// Of what kind; empty where the list does not say.
    pub category: String,
    /// What one unit costs, in ten-thousandths.
    pub unit_cost: Option<i64>,
}

/// The list of products, by code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Products(BTreeMap<String, Product>);

/// What advertising was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// To win customers.
    Acquisition,
    /// To keep them.
    Retention,
    /// Neither, or nobody says.
    Other,
}

/// Spend on advertising of a day, or of a month at its first day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// The day.
    pub day: Day,
    /// Where.
    pub channel: String,
    /// What for.
    pub purpose: Purpose,
    /// How much.
    pub amount: MoneySum,
}

impl Products {
    pub(super) fn read(ledger: &Ledger, at: At) -> Result<Self, WorkspaceError> {
        let mut newest: BTreeMap<String, (Age, Product)> = BTreeMap::new();
        each(ledger, at, Table::Products, |batch, row| {
            let Some(code) = text(batch, "product_id", row) else {
                return;
            };
            let product = Product {
                category: text(batch, "category", row).unwrap_or_default().to_owned(),
                unit_cost: number(batch, "unit_cost", row),
            };
            keep_newest(&mut newest, code.to_owned(), age(batch, row), product);
        })?;
        let products = newest.into_iter();
        Ok(Self(
            products
                .map(|(code, (_, product))| (code, product))
                .collect(),
        ))
    }

    /// Returns what the list says of an article.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Product> {
        self.0.get(code)
    }
}

impl Purpose {
    fn of(text: &str) -> Self {
        match text.trim().to_lowercase().as_str() {
            "acquisition" | "acquire" | "prospecting" | "拉新" | "获客" => Self::Acquisition,
            "retention" | "retain" | "retargeting" | "留存" | "复购" => Self::Retention,
            _ => Self::Other,
        }
    }
}

pub(super) fn spend(ledger: &Ledger, at: At) -> Result<Vec<Spend>, WorkspaceError> {
    let mut newest = BTreeMap::new();
    each(ledger, at, Table::Spend, |batch, row| {
        let word = |name| text(batch, name, row).unwrap_or_default().to_owned();
        let Some(days) = day(batch, "date", row) else {
            return;
        };
        let purpose = Purpose::of(&word("purpose"));
        let key = (Day(days), word("channel"), purpose, word("campaign"));
        let amount = number(batch, "amount", row).unwrap_or(0);
        keep_newest(&mut newest, key, age(batch, row), amount);
    })?;
    let spend = newest.into_iter();
    Ok(spend
        .map(|((day, channel, purpose, _), (_, amount))| Spend {
            day,
            channel,
            purpose,
            amount: MoneySum(i128::from(amount)),
        })
        .collect())
}

/// When a version was made, and by which import it came: the larger, the newer.
type Age = (Option<i64>, i64);

fn age(batch: &RecordBatch, row: usize) -> Age {
    let import = whole(batch, "import_id", row).unwrap_or(0);
    (instant(batch, "version_at", row), import)
}

fn keep_newest<K: Ord, V>(newest: &mut BTreeMap<K, (Age, V)>, key: K, age: Age, value: V) {
    let known = newest.get(&key).map(|(known, _)| *known);
    if known.is_none_or(|known| known <= age) {
        newest.insert(key, (age, value));
    }
}

fn each(
    ledger: &Ledger,
    at: At,
    table: Table,
    mut take: impl FnMut(&RecordBatch, usize),
) -> Result<(), WorkspaceError> {
    for batch in ledger.scan(&ScanRequest::new(table).at(at))? {
        let batch = batch?;
        (0..batch.num_rows()).for_each(|row| take(&batch, row));
    }
    Ok(())
}
