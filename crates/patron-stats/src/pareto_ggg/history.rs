//! What Pareto/GGG knows of a customer: a history, and how evenly its purchases came.

use super::GggError;
use crate::history::{History, WeightedHistories, merge_equal};
use crate::regularity::LnIntervals;

/// Room for rounding where all times between purchases are equal.
const ROUNDING: f64 = 1e-9;

/// A history with the sum of the logarithms of the times between its purchases: all that a shape of their distribution needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimedHistory {
    history: History,
    ln_intervals: f64,
}

impl TimedHistory {
    /// Checks and keeps a history and its sum of logarithms, in the unit of the history.
    ///
    /// # Errors
    /// [`GggError::LnIntervalsOutsideDomain`] for a sum that no times from the first to the last purchase have: above `x·ln(t/x)`, that of equal times,
    /// other than 0 without a repeat purchase, or not finite.
    pub fn new(history: History, ln_intervals: f64) -> Result<Self, GggError> {
        let x = f64::from(history.repeat_purchases());
        let most = if x > 0.0 {
            x * (history.recency() / x).ln()
        } else {
            0.0
        };
        let room = ROUNDING * (x + most.abs());
        let least = if x > 0.0 { f64::NEG_INFINITY } else { 0.0 };
        if ln_intervals.is_finite() && least <= ln_intervals && ln_intervals <= most + room {
            Ok(Self {
                history,
                ln_intervals,
            })
        } else {
            Err(GggError::LnIntervalsOutsideDomain { ln_intervals, most })
        }
    }

    /// Makes a history from the times between purchases, in their order, and the time from the first purchase to the end of observation.
    ///
    /// # Errors
    /// [`GggError::Time`] for a time that is not above 0: purchases of the same moment are one purchase; [`GggError::History`].
    ///
    /// # Examples
    /// ```
    /// use patron_stats::pareto_ggg::TimedHistory;
    ///
    /// let customer = TimedHistory::from_intervals(&[2.0, 1.0, 4.0], 20.0)?;
    /// assert_eq!(customer.history().recency(), 7.0);
    /// assert!((customer.ln_intervals() - 8_f64.ln()).abs() < 1e-15);
    /// # Ok::<(), patron_stats::pareto_ggg::GggError>(())
    /// ```
    pub fn from_intervals(intervals: &[f64], age: f64) -> Result<Self, GggError> {
        let ln_intervals = LnIntervals::new(intervals.iter().copied())?.sum();
        let purchases = u32::try_from(intervals.len()).unwrap_or(u32::MAX);
        let history = History::new(purchases, intervals.iter().sum(), age)?;
        Self::new(history, ln_intervals)
    }

    /// Returns x, t and T.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// Returns the sum of the logarithms of the times between purchases.
    #[must_use]
    pub const fn ln_intervals(&self) -> f64 {
        self.ln_intervals
    }
}

/// The distinct customers of a base in a fixed order, with how many there are of each.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedHistories {
    entries: Vec<(TimedHistory, u64)>,
}

impl TimedHistories {
    /// Sorts, merges and counts; two are merged when equal to the last bit.
    #[must_use]
    pub fn new(customers: impl IntoIterator<Item = (TimedHistory, u64)>) -> Self {
        let mut entries: Vec<(TimedHistory, u64)> = customers.into_iter().collect();
        let order = |left: &TimedHistory, right: &TimedHistory| {
            let histories = left.history.work_order(&right.history);
            histories.then(left.ln_intervals.total_cmp(&right.ln_intervals))
        };
        entries.sort_unstable_by(|left, right| order(&left.0, &right.0).then(left.1.cmp(&right.1)));
        merge_equal(&mut entries, |left, right| order(left, right).is_eq());
        Self { entries }
    }

    /// Returns the distinct customers with their counts, ordered by repeat purchases, age, recency, sum of logarithms.
    #[must_use]
    pub fn entries(&self) -> &[(TimedHistory, u64)] {
        &self.entries
    }

    /// Returns the histories without their timing.
    #[must_use]
    pub fn histories(&self) -> WeightedHistories {
        let entries = self.entries.iter();
        WeightedHistories::from_histories(entries.map(|(one, count)| (one.history, *count)))
    }
}
