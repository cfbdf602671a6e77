//! Public data sets, read as the literature prepares them.

use std::collections::BTreeMap;
use std::path::Path;

use patron_stats::gamma_gamma::{SpendHistories, SpendHistory};
use patron_stats::history::{DayHistory, WeightedHistories};

/// One customer's purchase days with the money of each, in order of days.
pub(crate) type Days = BTreeMap<i64, f64>;

/// Purchase days by customer.
#[derive(Debug)]
pub(crate) struct Purchases {
    pub(crate) by_customer: BTreeMap<u32, Days>,
    /// Last day of calibration.
    pub(crate) end: i64,
}

/// Days of a week, the unit of the literature.
pub(crate) const WEEK: f64 = 7.0;

impl Purchases {
    fn new(rows: impl Iterator<Item = (u32, i64, f64)>, end: i64) -> Self {
        let mut by_customer: BTreeMap<u32, Days> = BTreeMap::new();
        for (customer, day, money) in rows {
            *by_customer
                .entry(customer)
                .or_default()
                .entry(day)
                .or_default() += money;
        }
        Self { by_customer, end }
    }

    /// CDNOW, sample or master; calibration ends 1997-09-30.
    pub(crate) fn cdnow(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let rows = text.lines().filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let n = fields.len();
            let customer = fields[n - 4].parse().ok()?;
            let date = fields[n - 3];
            let day = day_number(&date[0..4], &date[4..6], &date[6..8]);
            Some((customer, day, fields[n - 1].parse().unwrap()))
        });
        Self::new(rows, day_number("1997", "09", "30"))
    }

    /// Apparel; calibration ends 2006-12-31.
    pub(crate) fn apparel(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let rows = text.lines().skip(1).map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let date: Vec<&str> = fields[1].split('-').collect();
            let day = day_number(date[0], date[1], date[2]);
            (fields[0].parse().unwrap(), day, fields[2].parse().unwrap())
        });
        Self::new(rows, day_number("2006", "12", "31"))
    }

    /// One customer's history up to the end of calibration.
    pub(crate) fn day_history(&self, days: &Days) -> DayHistory {
        let first = *days.keys().next().unwrap();
        let seen = || days.range(..=self.end).map(|(day, _)| *day);
        let unsigned = |days: i64| u32::try_from(days).unwrap();
        DayHistory {
            repeat_purchases: u32::try_from(seen().count()).unwrap() - 1,
            recency_days: unsigned(seen().next_back().unwrap() - first),
            age_days: unsigned(self.end - first),
        }
    }

    pub(crate) fn histories(&self) -> WeightedHistories {
        let days = self.by_customer.values().map(|days| self.day_history(days));
        WeightedHistories::from_days(days, WEEK).unwrap()
    }

    /// Mean spend per repeat day: the first day is left out, days that brought nothing are not purchases.
    pub(crate) fn spend(&self, days: &Days) -> Option<SpendHistory> {
        let paid: Vec<f64> = days
            .range(..=self.end)
            .skip(1)
            .map(|(_, money)| *money)
            .filter(|money| *money > 0.0)
            .collect();
        let mean = paid.iter().sum::<f64>() / paid.len() as f64;
        SpendHistory::new(u32::try_from(paid.len()).unwrap(), mean).ok()
    }

    pub(crate) fn spends(&self) -> SpendHistories {
        SpendHistories::new(
            self.by_customer
                .values()
                .filter_map(|days| self.spend(days)),
        )
    }

    /// Purchase days after the end of calibration, up to and including `last`.
    pub(crate) fn later(&self, days: &Days, last: i64) -> usize {
        days.range(self.end + 1..=last).count()
    }
}

/// Days since 1970-01-01 of the proleptic Gregorian calendar.
pub(crate) fn day_number(year: &str, month: &str, day: &str) -> i64 {
    let (y, m, d): (i64, i64, i64) = (
        year.parse().unwrap(),
        month.parse().unwrap(),
        day.parse().unwrap(),
    );
    let shifted = if m <= 2 { y - 1 } else { y };
    let month_index = (m + 9) % 12;
    365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (month_index * 306 + 5) / 10 + d
        - 1
        - 719_468
}
