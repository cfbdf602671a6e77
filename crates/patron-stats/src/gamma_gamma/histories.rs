//! What the spend model knows of customers.

use crate::fitting::Base;

/// What one customer spent: the number of repeat purchases and their mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpendHistory {
    purchases: u32,
    mean_spend: f64,
}

/// Why two numbers are not a spend history.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpendError {
    /// The model has no place for purchases that bring nothing: split them off, with a count.
    #[error(
        "mean spend of {mean_spend} over {purchases} purchases, expected a positive finite amount"
    )]
    SpendNotPositive {
        /// Purchases averaged.
        purchases: u32,
        /// Their mean.
        mean_spend: f64,
    },
    /// A mean needs something to be the mean of.
    #[error("mean spend of {mean_spend} over 0 purchases, expected at least 1 purchase")]
    NoPurchases {
        /// The mean given.
        mean_spend: f64,
    },
}

impl SpendHistory {
    /// Checks and keeps a customer's spend.
    ///
    /// # Errors
    /// [`SpendError::NoPurchases`]; [`SpendError::SpendNotPositive`] unless the mean is above 0 and finite.
    pub fn new(purchases: u32, mean_spend: f64) -> Result<Self, SpendError> {
        if purchases == 0 {
            return Err(SpendError::NoPurchases { mean_spend });
        }
        if !(mean_spend > 0.0 && mean_spend.is_finite()) {
            return Err(SpendError::SpendNotPositive {
                purchases,
                mean_spend,
            });
        }
        Ok(Self {
            purchases,
            mean_spend,
        })
    }

    /// Returns x, the purchases averaged.
    #[must_use]
    pub const fn purchases(&self) -> u32 {
        self.purchases
    }

    /// Returns m, their mean.
    #[must_use]
    pub const fn mean_spend(&self) -> f64 {
        self.mean_spend
    }
}

/// The spends of a customer base in a fixed order, so that sums do not depend on the order of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct SpendHistories {
    entries: Vec<(SpendHistory, u64)>,
}

impl SpendHistories {
    /// Sorts, merges and counts spends.
    #[must_use]
    pub fn new(spends: impl IntoIterator<Item = SpendHistory>) -> Self {
        Self::from_counted(spends.into_iter().map(|spend| (spend, 1)))
    }

    /// Sorts and merges spends that come with counts.
    #[must_use]
    pub fn from_counted(spends: impl IntoIterator<Item = (SpendHistory, u64)>) -> Self {
        let mut entries: Vec<(SpendHistory, u64)> = spends.into_iter().collect();
        let key = |spend: &SpendHistory| (spend.purchases, spend.mean_spend.to_bits());
        entries.sort_unstable_by_key(|(spend, count)| (key(spend), *count));
        entries.dedup_by(|later, earlier| {
            let same = key(&later.0) == key(&earlier.0);
            if same {
                earlier.1 += later.1;
            }
            same
        });
        entries.retain(|(_, count)| *count > 0);
        Self { entries }
    }

    /// Returns the distinct spends with their counts, ordered by purchases and mean.
    #[must_use]
    pub fn entries(&self) -> &[(SpendHistory, u64)] {
        &self.entries
    }

    /// Returns the number of customers.
    #[must_use]
    pub fn customers(&self) -> u64 {
        self.entries.iter().map(|(_, count)| count).sum()
    }

    pub(crate) fn mean_of_means(&self) -> f64 {
        let sum: f64 = self
            .entries
            .iter()
            .map(|(s, count)| s.mean_spend * *count as f64)
            .sum();
        sum / self.customers() as f64
    }

    /// Returns the spend that all have in common, if they do.
    pub(super) fn constant_spend(&self) -> Option<f64> {
        let (first, _) = self.entries.first()?;
        let same = |(spend, _): &(SpendHistory, u64)| {
            (spend.mean_spend - first.mean_spend).abs() <= 1e-12 * first.mean_spend
        };
        self.entries.iter().all(same).then_some(first.mean_spend)
    }
}

impl Base for SpendHistories {
    type Entry = (SpendHistory, u64);

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
