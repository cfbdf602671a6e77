//! What is said of all customers together, whether they are here or on a Spark.

use patron_core::{Day, MoneySum};
use patron_engine::CustomerTable;
use patron_engine::spark::ScoredThere;
use patron_fold::{AsOf, Tally};
use patron_import::is_address;

/// Figures of all customers that notes and headlines need.
pub(super) struct Everybody {
    pub(super) as_of: AsOf,
    pub(super) customers: u64,
    /// Those known by an address alone.
    pub(super) guests: u64,
    /// Σ of what may still come back.
    pub(super) provisional_value: MoneySum,
    /// Orders that are no purchases.
    pub(super) tally: Tally,
    pub(super) first_day: Option<Day>,
    /// The two latest of customers' last days, the latest first.
    pub(super) last_days: [Option<Day>; 2],
}

impl Everybody {
    /// Customers who are here.
    pub(super) fn here(table: &CustomerTable) -> Self {
        let mut all = Self {
            as_of: table.as_of,
            customers: table.len() as u64,
            guests: table.ids.iter().filter(|id| is_address(id)).count() as u64,
            provisional_value: MoneySum::ZERO,
            tally: table.tally,
            first_day: None,
            last_days: [None; 2],
        };
        for profile in table.profiles.iter() {
            all.provisional_value += profile.provisional_value;
            let first = all
                .first_day
                .map_or(profile.first_day, |day| day.min(profile.first_day));
            all.first_day = Some(first);
            let [last, before] = all.last_days;
            let day = Some(profile.last_day);
            all.last_days = [last.max(day), before.max(last.min(day))];
        }
        all
    }

    /// Customers who stay on Spark.
    pub(super) fn there(scored: &ScoredThere) -> Self {
        let sums = &scored.sums;
        let mut last = sums.last_days.iter().copied();
        Self {
            as_of: scored.as_of,
            customers: sums.all.customers,
            guests: sums.guests,
            provisional_value: sums.provisional_value,
            tally: scored.tally,
            first_day: sums.first_day,
            last_days: [last.next(), last.next()],
        }
    }

    /// Returns the first and the last day with a valid order.
    pub(super) fn days(&self) -> Option<(Day, Day)> {
        let [last, _] = self.last_days;
        self.first_day.zip(last)
    }
}
