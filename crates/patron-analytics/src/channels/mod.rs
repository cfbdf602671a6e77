//! `patron channels`: what customers of each channel of acquisition are worth, what it cost to win them, and when that is
//! earned back.

mod book;
mod budget;
mod calibration;
mod tables;

use std::collections::BTreeMap;

use patron_core::{Day, MoneySum};
use patron_engine::Progress;

use crate::profit::{Basis, Totals, month_of};
use crate::run::RunError;
use crate::settings::Settings;
use crate::shop::{Purpose, Shop, Spend};
use crate::study::Study;

pub(crate) use book::UNKNOWN;
use book::{Book, Channels};

/// All channels as one; no channel of a shop is called so.
pub(crate) const ALL: &str = "(all)";

/// Spend by channel and month, to win customers and to keep them.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    pub(crate) acquisition: BTreeMap<String, BTreeMap<i32, MoneySum>>,
    retention: BTreeMap<String, MoneySum>,
}

impl Spent {
    pub(crate) fn new(spend: &[Spend]) -> Self {
        let mut spent = Self::default();
        for one in spend {
            let channel = one.channel.clone();
            match one.purpose {
                Purpose::Acquisition => {
                    let months = spent.acquisition.entry(channel).or_default();
                    *months.entry(month_of(one.day)).or_default() += one.amount;
                }
                Purpose::Retention => {
                    *spent.retention.entry(channel).or_default() += one.amount;
                }
                Purpose::Other => {}
            }
        }
        spent
    }

    /// What was spent to win customers of a channel, or of all.
    pub(crate) fn to_win(&self, channel: &str) -> Option<MoneySum> {
        let sum = |months: &BTreeMap<i32, MoneySum>| months.values().copied().sum();
        if channel == ALL {
            let all = self.acquisition.values().map(sum);
            return (!self.acquisition.is_empty()).then(|| all.sum());
        }
        self.acquisition.get(channel).map(sum)
    }

    /// The same to keep them.
    fn to_keep(&self, channel: &str) -> Option<MoneySum> {
        if channel == ALL {
            let all = self.retention.values().copied();
            return (!self.retention.is_empty()).then(|| all.sum());
        }
        self.retention.get(channel).copied()
    }
}

/// The last month that is known whole on a day.
pub(crate) fn last_whole_month(day: Day) -> i32 {
    let month = month_of(day);
    if month_of(day.plus_days(1)) == month {
        month - 1
    } else {
        month
    }
}

/// Works out what customers of each channel are worth, and what they cost.
///
/// # Errors
/// [`RunError`].
pub fn channels(shop: &Shop, flags: &Settings, progress: &dyn Progress) -> Result<Study, RunError> {
    let accountant = shop.accountant(flags)?;
    let then = shop.as_of().minus_months(shop.settings.horizon_months);
    // A model that knew less than a horizon itself says little of how far one can be trusted.
    let horizon = shop.settings.horizon_months;
    let profiles = shop.table.profiles.iter();
    let first = profiles.map(|profile| profile.first_day).min();
    let is_long = first.is_some_and(|first| first <= then.minus_months(horizon));
    let earlier = match &shop.valuation.values.expected {
        Some(_) if is_long => shop.foretold(then, progress)?,
        _ => None,
    };
    let books = shop.visit(progress, || Book {
        shop,
        accountant: &accountant,
        earlier: earlier.as_ref().map(|earlier| (earlier, then)),
        channels: Channels::new(),
    })?;
    let channels = book::merge(books);
    let mut all = Totals::default();
    channels
        .values()
        .for_each(|channel| all.add(&channel.totals()));
    let found = tables::Found {
        shop,
        kept: calibration::kept(&channels),
        basis: Basis::of(&all),
        spent: Spent::new(&shop.spend()?),
        last: last_whole_month(shop.as_of()),
        this: month_of(shop.as_of()),
        all,
        channels,
    };
    Ok(found.study())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_whole_on_its_last_day() {
        let day = |text| Day::parse_iso(text).unwrap();
        assert_eq!(last_whole_month(day("2024-02-29")), 2024 * 12 + 1);
        assert_eq!(last_whole_month(day("2024-02-28")), 2024 * 12);
        assert_eq!(last_whole_month(day("2025-01-01")), 2024 * 12 + 11);
    }
}
