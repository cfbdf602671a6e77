//! What the models of contracts know of customers.

use crate::fitting::Base;
use crate::history::merge_equal;

/// One customer's renewals.
///
/// | symbol | method       | unit     | domain                                                        |
/// |--------|--------------|----------|---------------------------------------------------------------|
/// | t      | `renewals()` | renewals | due so far; who left, left at the t-th, and t ≥ 1              |
/// |        | `left()`     |          | whether the customer left at the t-th, else still there after it |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractHistory {
    renewals: u32,
    left: bool,
}

/// Why numbers are not a history of contracts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// The first chance to leave is the first renewal.
    #[error("left at renewal 0, expected at least 1")]
    LeftBeforeFirstRenewal,
    /// A cohort without customers, or without a renewal.
    #[error("a cohort of {periods} counts, expected its size and at least 1 renewal")]
    CohortTooShort {
        /// Counts given.
        periods: usize,
    },
    /// More customers than one renewal before.
    #[error(
        "{customers} customers after renewal {renewal}, expected at most the {before} before it"
    )]
    CohortGrows {
        /// Renewal after which there are more.
        renewal: usize,
        /// Customers before it.
        before: u64,
        /// Customers after it.
        customers: u64,
    },
}

impl ContractHistory {
    /// The history of someone who has just signed: nothing is known yet.
    pub const NEW_CUSTOMER: Self = Self {
        renewals: 0,
        left: false,
    };

    /// A customer who is still there after `renewals`.
    #[must_use]
    pub const fn staying(renewals: u32) -> Self {
        Self {
            renewals,
            left: false,
        }
    }

    /// A customer who left at a renewal, counted from 1.
    ///
    /// # Errors
    /// [`ContractError::LeftBeforeFirstRenewal`].
    pub const fn left_at(renewal: u32) -> Result<Self, ContractError> {
        if renewal == 0 {
            return Err(ContractError::LeftBeforeFirstRenewal);
        }
        Ok(Self {
            renewals: renewal,
            left: true,
        })
    }

    /// Returns t, the renewals due so far, the one at which the customer left included.
    #[must_use]
    pub const fn renewals(&self) -> u32 {
        self.renewals
    }

    /// Returns whether the customer has left.
    #[must_use]
    pub const fn left(&self) -> bool {
        self.left
    }
}

/// The distinct histories of a customer base in a fixed order, each with the number of customers that have it.
///
/// Cohorts of differing age can be put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractHistories {
    entries: Vec<(ContractHistory, u64)>,
}

impl ContractHistories {
    /// Sorts, merges and counts histories.
    #[must_use]
    pub fn new(histories: impl IntoIterator<Item = (ContractHistory, u64)>) -> Self {
        let mut entries: Vec<(ContractHistory, u64)> = histories.into_iter().collect();
        entries.sort_unstable();
        merge_equal(&mut entries, |left, right| left == right);
        Self { entries }
    }

    /// Makes histories from the customers of a cohort at its start and after each renewal.
    ///
    /// # Errors
    /// [`ContractError::CohortTooShort`]; [`ContractError::CohortGrows`].
    pub fn from_cohort(customers: &[u64]) -> Result<Self, ContractError> {
        let (Some(last), 2..) = (customers.last(), customers.len()) else {
            return Err(ContractError::CohortTooShort {
                periods: customers.len(),
            });
        };
        let mut entries = Vec::new();
        let mut renewals = 0;
        for (renewal, pair) in (1..).zip(customers.windows(2)) {
            let &[before, after] = pair else { continue };
            let Some(left) = before.checked_sub(after) else {
                return Err(ContractError::CohortGrows {
                    renewal,
                    before,
                    customers: after,
                });
            };
            renewals += 1;
            entries.push((ContractHistory::left_at(renewals)?, left));
        }
        entries.push((ContractHistory::staying(renewals), *last));
        Ok(Self::new(entries))
    }

    /// Returns the distinct histories with their counts, ordered by renewals; who stayed before who left.
    #[must_use]
    pub fn entries(&self) -> &[(ContractHistory, u64)] {
        &self.entries
    }

    /// Returns the number of customers.
    #[must_use]
    pub fn customers(&self) -> u64 {
        self.entries.iter().map(|(_, count)| count).sum()
    }

    /// Returns the number of customers who left.
    #[must_use]
    pub fn leavers(&self) -> u64 {
        let left = self.entries.iter().filter(|(history, _)| history.left);
        left.map(|(_, count)| count).sum()
    }
}

impl Base for ContractHistories {
    type Entry = (ContractHistory, u64);

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
