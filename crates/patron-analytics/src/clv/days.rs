//! The days on which customers bought: what tracking, earlier origins, drift and regularity are worked out from.

use patron_core::Day;
use patron_engine::Bought;
use patron_stats::history::{DayHistory, WeightedHistories};

/// When customers bought, as one day knows it: what was given back by then is no purchase.
#[derive(Debug, Clone)]
pub struct PurchaseDays {
    /// By id.
    bought: Vec<Bought>,
    until: Day,
}

/// Customers of one time, as of one day.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) histories: WeightedHistories,
    /// Times between purchases of all of them, in the unit of the histories.
    pub(super) times: Vec<f64>,
}

impl PurchaseDays {
    /// Takes what customers bought up to a day, sorted by id.
    pub(super) const fn new(bought: Vec<Bought>, until: Day) -> Self {
        Self { bought, until }
    }

    /// The last day that is known.
    pub(super) const fn until(&self) -> Day {
        self.until
    }

    /// The day of the first purchase of all.
    pub(super) fn first(&self) -> Option<Day> {
        self.bought.iter().filter_map(first_day).min()
    }

    /// What a customer bought.
    pub(super) fn of(&self, id: &str) -> Option<&Bought> {
        let place = self
            .bought
            .binary_search_by(|bought| bought.customer_id.as_str().cmp(id));
        self.bought.get(place.ok()?)
    }

    /// Everybody who ever bought.
    pub(super) fn all(&self) -> &[Bought] {
        &self.bought
    }

    /// The days of each customer as numbers, those after a day left out.
    pub(super) fn numbers(&self, until: Day) -> Vec<Vec<i64>> {
        let each = self.bought.iter().map(|bought| numbers(bought, until));
        each.filter(|days: &Vec<i64>| !days.is_empty()).collect()
    }

    /// The times between purchases of each customer up to a day, in a unit of so many days.
    pub(super) fn times(&self, until: Day, unit_days: f64) -> Vec<Vec<f64>> {
        let numbers = self.numbers(until).into_iter();
        numbers.map(|days| between(&days, unit_days)).collect()
    }

    /// Those of one customer; nothing of who never bought.
    pub(super) fn times_of(&self, id: &str, until: Day, unit_days: f64) -> Option<Vec<f64>> {
        Some(between(&numbers(self.of(id)?, until), unit_days))
    }

    /// Customers whose first purchase lies in a time, as known at the end of a day.
    pub(super) fn sample(&self, (after, up_to): (Day, Day), as_of: Day, unit_days: f64) -> Sample {
        let mut histories = Vec::new();
        let mut times = Vec::new();
        for days in self.numbers(as_of) {
            let (Some(first), Some(last)) = (days.first(), days.last()) else {
                continue;
            };
            if *first <= i64::from(after.0) || *first > i64::from(up_to.0) {
                continue;
            }
            let span = |from: i64, to: i64| u32::try_from(to - from).unwrap_or(0);
            histories.push(DayHistory {
                repeat_purchases: u32::try_from(days.len() - 1).unwrap_or(u32::MAX),
                age_days: span(*first, i64::from(as_of.0)),
                recency_days: span(*first, *last),
            });
            times.extend(between(&days, unit_days));
        }
        Sample {
            // Days follow one another: no history is refused.
            histories: WeightedHistories::from_days(histories, unit_days)
                .unwrap_or_else(|_| WeightedHistories::from_histories([])),
            times,
        }
    }
}

/// The days of a customer as numbers, those after a day left out.
fn numbers(bought: &Bought, until: Day) -> Vec<i64> {
    let known = bought.days.iter().take_while(|(day, _)| *day <= until);
    known.map(|(day, _)| i64::from(day.0)).collect()
}

/// The times from each day to the next.
fn between(days: &[i64], unit_days: f64) -> Vec<f64> {
    let pairs = days.iter().zip(days.iter().skip(1));
    pairs
        .map(|(one, next)| (next - one) as f64 / unit_days)
        .collect()
}

pub(super) fn first_day(bought: &Bought) -> Option<Day> {
    bought.days.first().map(|(day, _)| *day)
}
