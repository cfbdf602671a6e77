//! What a purchase model knows of a customer, and the sorted, counted form that fits run on.

use std::cmp::Ordering;

use crate::fitting::Base;

/// One customer's purchases as the models of repeat buying see them, in model units (weeks, say).
///
/// | symbol | method               | unit      | domain                              |
/// |--------|----------------------|-----------|-------------------------------------|
/// | x      | `repeat_purchases()` | purchases | ≥ 0; the first purchase not counted |
/// | t      | `recency()`          | model     | 0 ≤ t ≤ T, first to last purchase   |
/// | T      | `age()`              | model     | first purchase to end of observation |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct History {
    repeat_purchases: u32,
    recency: f64,
    age: f64,
}

/// Why three numbers are not a purchase history.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The last purchase lies before the first or after the end of observation, or a time is not a number.
    #[error("recency {recency} lies outside the customer's lifetime of 0 to {age}")]
    RecencyOutsideLifetime {
        /// Time from first to last purchase.
        recency: f64,
        /// Time from first purchase to the end of observation.
        age: f64,
    },
    /// The end of observation is not a finite time.
    #[error("age {age} is not a finite number")]
    AgeNotFinite {
        /// Time from first purchase to the end of observation.
        age: f64,
    },
    /// Without a repeat purchase the last purchase is the first.
    #[error("recency is {recency} without a repeat purchase, expected 0")]
    RecencyWithoutRepeatPurchase {
        /// Time from first to last purchase.
        recency: f64,
    },
    /// The unit of time is not a positive number of days.
    #[error("a unit of {unit_days} days, expected a positive number")]
    UnitNotPositive {
        /// Length of the unit.
        unit_days: f64,
    },
}

impl History {
    /// Checks and keeps a history.
    ///
    /// # Errors
    /// [`HistoryError::RecencyOutsideLifetime`] unless `0 ≤ recency ≤ age` (NaN fails this test);
    /// [`HistoryError::AgeNotFinite`]; [`HistoryError::RecencyWithoutRepeatPurchase`] for `x = 0` with a recency above 0.
    pub fn new(repeat_purchases: u32, recency: f64, age: f64) -> Result<Self, HistoryError> {
        if !(0.0 <= recency && recency <= age) {
            return Err(HistoryError::RecencyOutsideLifetime { recency, age });
        }
        if !age.is_finite() {
            return Err(HistoryError::AgeNotFinite { age });
        }
        if repeat_purchases == 0 && recency > 0.0 {
            return Err(HistoryError::RecencyWithoutRepeatPurchase { recency });
        }
        Ok(Self {
            repeat_purchases,
            recency,
            age,
        })
    }

    /// Makes a history from whole days and the length of the model's unit.
    ///
    /// # Errors
    /// As [`History::new`], and [`HistoryError::UnitNotPositive`].
    pub fn from_days(days: DayHistory, unit_days: f64) -> Result<Self, HistoryError> {
        if !(unit_days > 0.0 && unit_days.is_finite()) {
            return Err(HistoryError::UnitNotPositive { unit_days });
        }
        Self::new(
            days.repeat_purchases,
            f64::from(days.recency_days) / unit_days,
            f64::from(days.age_days) / unit_days,
        )
    }

    /// The history of someone who has just made the first purchase: nothing is known yet.
    pub const NEW_CUSTOMER: Self = Self {
        repeat_purchases: 0,
        recency: 0.0,
        age: 0.0,
    };

    /// Returns x, the purchases after the first.
    #[must_use]
    pub const fn repeat_purchases(&self) -> u32 {
        self.repeat_purchases
    }

    /// Returns t, the time from first to last purchase.
    #[must_use]
    pub const fn recency(&self) -> f64 {
        self.recency
    }

    /// Returns T, the time from first purchase to the end of observation.
    #[must_use]
    pub const fn age(&self) -> f64 {
        self.age
    }

    /// Orders by repeat purchases, age, recency: the order in which forecasts share the most work.
    #[must_use]
    pub fn work_order(&self, other: &Self) -> Ordering {
        self.repeat_purchases
            .cmp(&other.repeat_purchases)
            .then(self.age.total_cmp(&other.age))
            .then(self.recency.total_cmp(&other.recency))
    }
}

/// A history in whole days, exact: what sums and counts are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayHistory {
    /// Purchase days after the first.
    pub repeat_purchases: u32,
    /// First purchase day to the end of observation.
    pub age_days: u32,
    /// First to last purchase day.
    pub recency_days: u32,
}

/// The distinct histories of a customer base in a fixed order, each with the number of customers that have it.
///
/// Two bases with the same customers give the same value, whatever the order of rows; so do their fits, to the last bit.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedHistories {
    entries: Vec<(History, u64)>,
}

impl WeightedHistories {
    /// Sorts, merges and counts histories in whole days.
    ///
    /// # Errors
    /// The first [`HistoryError`] in sorted order.
    pub fn from_days(
        days: impl IntoIterator<Item = DayHistory>,
        unit_days: f64,
    ) -> Result<Self, HistoryError> {
        Self::from_counted_days(days.into_iter().map(|day| (day, 1)), unit_days)
    }

    /// Sorts and merges histories in whole days that come with counts.
    ///
    /// # Errors
    /// The first [`HistoryError`] in sorted order.
    pub fn from_counted_days(
        days: impl IntoIterator<Item = (DayHistory, u64)>,
        unit_days: f64,
    ) -> Result<Self, HistoryError> {
        let mut days: Vec<(DayHistory, u64)> = days.into_iter().collect();
        days.sort_unstable();
        merge_equal(&mut days, |left, right| left == right);
        let entries = days
            .into_iter()
            .map(|(day, count)| Ok((History::from_days(day, unit_days)?, count)))
            .collect::<Result<_, HistoryError>>()?;
        Ok(Self { entries })
    }

    /// Sorts, merges and counts histories in model units; two are merged when equal to the last bit.
    #[must_use]
    pub fn from_histories(histories: impl IntoIterator<Item = (History, u64)>) -> Self {
        let mut entries: Vec<(History, u64)> = histories.into_iter().collect();
        entries
            .sort_unstable_by(|left, right| left.0.work_order(&right.0).then(left.1.cmp(&right.1)));
        merge_equal(&mut entries, |left, right| left.work_order(right).is_eq());
        Self { entries }
    }

    /// Returns the distinct histories with their counts, ordered by repeat purchases, age, recency.
    #[must_use]
    pub fn entries(&self) -> &[(History, u64)] {
        &self.entries
    }

    /// Returns the number of customers.
    #[must_use]
    pub fn customers(&self) -> u64 {
        self.entries.iter().map(|(_, count)| count).sum()
    }

    /// Returns the number of customers with at least one repeat purchase.
    #[must_use]
    pub fn repeat_buyers(&self) -> u64 {
        let repeat = |entry: &&(History, u64)| entry.0.repeat_purchases > 0;
        self.entries
            .iter()
            .filter(repeat)
            .map(|(_, count)| count)
            .sum()
    }

    /// Returns the number of repeat purchases of all customers.
    #[must_use]
    pub fn repeat_purchases(&self) -> u64 {
        let product =
            |(history, count): &(History, u64)| u64::from(history.repeat_purchases) * count;
        self.entries.iter().map(product).sum()
    }

    /// Returns the mean time from first purchase to the end of observation.
    pub(crate) fn mean_age(&self) -> f64 {
        let entries = self.entries.iter();
        let time: f64 = entries.map(|(h, count)| h.age() * *count as f64).sum();
        time / self.customers() as f64
    }

    /// Returns the longest time from first purchase to the end of observation; 0 without customers.
    pub(crate) fn oldest_age(&self) -> f64 {
        let ages = self.entries.iter().map(|(history, _)| history.age());
        ages.fold(0.0, f64::max)
    }

    /// Returns repeat purchases per unit of time; a rough scale for α.
    pub(crate) fn overall_rate(&self) -> f64 {
        let time: f64 = self
            .entries
            .iter()
            .map(|(h, count)| h.age() * *count as f64)
            .sum();
        (self.repeat_purchases() as f64 / time).clamp(1e-6, 1e6)
    }
}

impl Base for WeightedHistories {
    type Entry = (History, u64);

    fn customers(&self) -> u64 {
        self.customers()
    }

    fn entries(&self) -> &[Self::Entry] {
        &self.entries
    }

    fn of(entries: Vec<Self::Entry>) -> Self {
        Self { entries }
    }
}

/// Adds the count of each entry to its predecessor where both have the same key.
pub(crate) fn merge_equal<K>(entries: &mut Vec<(K, u64)>, same: impl Fn(&K, &K) -> bool) {
    entries.dedup_by(|later, earlier| {
        let merge = same(&later.0, &earlier.0);
        if merge {
            earlier.1 += later.1;
        }
        merge
    });
    entries.retain(|(_, count)| *count > 0);
}
