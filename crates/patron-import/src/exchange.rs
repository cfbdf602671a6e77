//! Amounts of several currencies in one: which rate holds on a day, and what was converted.
//!
//! Nothing is worked out that the rates do not say: none is inverted or made of two others.

use std::collections::BTreeMap;

use patron_core::Day;

use crate::cell::{ROW_HASH_SEED, hash_field};
use crate::rates::Rate;

/// Days that a rate may be older than the order that it is for: a weekend and the holidays around it.
pub const OLDEST_DAYS: i32 = 7;

/// Rates into one currency, by currency and day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    to: String,
    by_currency: BTreeMap<String, BTreeMap<i32, Rate>>,
}

impl Exchange {
    pub(crate) const fn new(
        to: String,
        by_currency: BTreeMap<String, BTreeMap<i32, Rate>>,
    ) -> Self {
        Self { to, by_currency }
    }

    /// Returns the currency that amounts are converted to.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }

    /// Returns the rate of a day, else the latest of the [`OLDEST_DAYS`] before; none if there is none.
    #[must_use]
    pub fn rate(&self, from: &str, day: Day) -> Option<Rate> {
        let days = self.by_currency.get(from)?;
        let near = days.range(day.0.saturating_sub(OLDEST_DAYS)..=day.0);
        near.last().map(|(_, rate)| *rate)
    }
}

/// What became of the rows of a file whose amounts are in other currencies than the shop's, by currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Exchanged {
    by_currency: BTreeMap<String, ExchangedRows>,
}

/// What became of the rows in one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ExchangedRows {
    /// Rows whose amounts were converted.
    pub converted: u64,
    /// Rows set aside because no rate is known.
    pub without_rate: u64,
    /// A fingerprint of the rates that were used, whatever the order of rows.
    pub rates: u64,
}

impl Exchanged {
    pub(crate) fn see(&mut self, from: &str, day: Day, rate: Option<Rate>) {
        let rows = match self.by_currency.get_mut(from) {
            Some(rows) => rows,
            None => self.by_currency.entry(from.to_owned()).or_default(),
        };
        match rate {
            Some(_) => rows.converted += 1,
            None => rows.without_rate += 1,
        }
        let used = rate.map_or_else(Vec::new, |rate| rate.to_bytes().to_vec());
        let hash = hash_field(ROW_HASH_SEED, &day.0.to_le_bytes());
        rows.rates = rows.rates.wrapping_add(hash_field(hash, &used));
    }

    /// Adds what became of other rows.
    pub fn merge(&mut self, other: &Self) {
        for (currency, more) in &other.by_currency {
            self.add(currency.clone(), *more);
        }
    }

    /// Adds what became of other rows in one currency.
    pub fn add(&mut self, currency: String, more: ExchangedRows) {
        let rows = self.by_currency.entry(currency).or_default();
        rows.converted += more.converted;
        rows.without_rate += more.without_rate;
        rows.rates = rows.rates.wrapping_add(more.rates);
    }

    /// Returns true if all amounts are in the shop's currency.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_currency.is_empty()
    }

    /// Returns what became of the rows, currency by currency.
    pub fn by_currency(&self) -> impl Iterator<Item = (&str, ExchangedRows)> {
        self.by_currency
            .iter()
            .map(|(currency, rows)| (currency.as_str(), *rows))
    }
}
