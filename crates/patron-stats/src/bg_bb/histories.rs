//! What a model of opportunities knows of customers.

use crate::fitting::Base;
use crate::history::merge_equal;

/// One customer's purchases where there are opportunities to buy, one after the other: years, fairs, issues.
///
/// | symbol | method               | unit          | domain                                            |
/// |--------|----------------------|---------------|---------------------------------------------------|
/// | x      | `repeat_purchases()` | purchases     | 0 ≤ x ≤ t; at most one an opportunity             |
/// | t      | `last()`             | opportunities | 0 ≤ t ≤ n, the number of the last one that was used; 0 if none |
/// | n      | `opportunities()`    | opportunities | since the first purchase, which is not counted    |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpportunityHistory {
    opportunities: u32,
    repeat_purchases: u32,
    last: u32,
}

/// Why three numbers are not a history of opportunities.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpportunityError {
    /// The last purchase lies after the end of observation.
    #[error("last purchase at opportunity {last}, expected at most {opportunities}")]
    LastAfterEnd {
        /// Opportunity of the last purchase.
        last: u32,
        /// Opportunities observed.
        opportunities: u32,
    },
    /// More purchases than opportunities up to the last of them.
    #[error("{repeat_purchases} purchases by opportunity {last}, expected at most one at each")]
    MorePurchasesThanOpportunities {
        /// Purchases given.
        repeat_purchases: u32,
        /// Opportunity of the last purchase.
        last: u32,
    },
    /// Without a purchase there is no last one.
    #[error("last purchase at opportunity {last} without a purchase, expected 0")]
    LastWithoutPurchase {
        /// Opportunity given.
        last: u32,
    },
}

impl OpportunityHistory {
    /// The history of someone who has just made the first purchase: nothing is known yet.
    pub const NEW_CUSTOMER: Self = Self {
        opportunities: 0,
        repeat_purchases: 0,
        last: 0,
    };

    /// Checks and keeps a history.
    ///
    /// # Errors
    /// [`OpportunityError`], one variant for each violated condition.
    pub const fn new(
        repeat_purchases: u32,
        last: u32,
        opportunities: u32,
    ) -> Result<Self, OpportunityError> {
        if last > opportunities {
            return Err(OpportunityError::LastAfterEnd {
                last,
                opportunities,
            });
        }
        if repeat_purchases > last {
            return Err(OpportunityError::MorePurchasesThanOpportunities {
                repeat_purchases,
                last,
            });
        }
        if repeat_purchases == 0 && last > 0 {
            return Err(OpportunityError::LastWithoutPurchase { last });
        }
        Ok(Self {
            opportunities,
            repeat_purchases,
            last,
        })
    }

    /// Returns x, the purchases after the first.
    #[must_use]
    pub const fn repeat_purchases(&self) -> u32 {
        self.repeat_purchases
    }

    /// Returns t, the opportunity of the last purchase.
    #[must_use]
    pub const fn last(&self) -> u32 {
        self.last
    }

    /// Returns n, the opportunities observed.
    #[must_use]
    pub const fn opportunities(&self) -> u32 {
        self.opportunities
    }
}

/// The distinct histories of a customer base in a fixed order, each with the number of customers that have it.
///
/// Customers may have had differing numbers of opportunities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpportunityHistories {
    entries: Vec<(OpportunityHistory, u64)>,
}

impl OpportunityHistories {
    /// Sorts, merges and counts histories.
    #[must_use]
    pub fn new(histories: impl IntoIterator<Item = (OpportunityHistory, u64)>) -> Self {
        let mut entries: Vec<(OpportunityHistory, u64)> = histories.into_iter().collect();
        entries.sort_unstable();
        merge_equal(&mut entries, |left, right| left == right);
        Self { entries }
    }

    /// Returns the distinct histories with their counts, ordered by opportunities, repeat purchases, last purchase.
    #[must_use]
    pub fn entries(&self) -> &[(OpportunityHistory, u64)] {
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
        let repeat = |entry: &&(OpportunityHistory, u64)| entry.0.repeat_purchases > 0;
        let counts = self.entries.iter().filter(repeat).map(|(_, count)| count);
        counts.sum()
    }

    /// Returns the largest number of opportunities.
    pub(super) fn most_opportunities(&self) -> u32 {
        let opportunities = self
            .entries
            .iter()
            .map(|(history, _)| history.opportunities);
        opportunities.max().unwrap_or(0)
    }
}

impl Base for OpportunityHistories {
    type Entry = (OpportunityHistory, u64);

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
