//! Histories with covariates, in the sorted, counted form that fits run on.

use std::cmp::Ordering;

use super::CovariateError;
use crate::history::{DayHistory, History, WeightedHistories};

/// The distinct covariates of a customer base, each with the distinct histories of the customers who have them.
///
/// Two bases with the same customers give the same value, whatever the order of rows; so do their fits, to the last bit.
#[derive(Debug, Clone, PartialEq)]
pub struct CovariateHistories {
    columns: Vec<String>,
    profiles: Vec<Profile>,
}

/// Customers who are alike in all covariates.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    values: Vec<f64>,
    histories: WeightedHistories,
}

impl Profile {
    /// Returns the covariates, in the order of the columns.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the histories of the customers who have them.
    #[must_use]
    pub const fn histories(&self) -> &WeightedHistories {
        &self.histories
    }
}

impl CovariateHistories {
    /// Sorts, merges and counts histories in whole days, each with the values of `columns` in their order.
    ///
    /// # Errors
    /// The first [`CovariateError::History`] in the order given; otherwise as [`CovariateHistories::from_histories`].
    pub fn from_days<S: Into<String>>(
        columns: impl IntoIterator<Item = S>,
        rows: impl IntoIterator<Item = (DayHistory, Vec<f64>)>,
        unit_days: f64,
    ) -> Result<Self, CovariateError> {
        let rows = rows
            .into_iter()
            .map(|(days, values)| Ok((History::from_days(days, unit_days)?, 1, values)))
            .collect::<Result<Vec<_>, CovariateError>>()?;
        Self::from_histories(columns, rows)
    }

    /// Sorts, merges and counts histories in model units, each with the number of customers that have it and the values of
    /// `columns` in their order.
    ///
    /// A category is a column of 0 and 1 for each of its values but one.
    ///
    /// # Errors
    /// [`CovariateError::ColumnTwice`], [`CovariateError::ValuesMiscounted`], [`CovariateError::ValueNotFinite`].
    pub fn from_histories<S: Into<String>>(
        columns: impl IntoIterator<Item = S>,
        rows: impl IntoIterator<Item = (History, u64, Vec<f64>)>,
    ) -> Result<Self, CovariateError> {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        for (position, column) in columns.iter().enumerate() {
            if columns.iter().take(position).any(|other| other == column) {
                return Err(CovariateError::ColumnTwice {
                    column: column.clone(),
                });
            }
        }
        let mut sorted = Vec::new();
        for (row, (history, count, mut values)) in rows.into_iter().enumerate() {
            check_values(&columns, &values, row)?;
            // −0 and 0 are one value.
            values.iter_mut().for_each(|value| *value += 0.0);
            sorted.push((values, (history, count)));
        }
        sorted.retain(|(_, (_, count))| *count > 0);
        sorted.sort_unstable_by(|left, right| in_order(&left.0, &right.0));
        let profiles = sorted
            .chunk_by(|left, right| left.0 == right.0)
            .map(|alike| Profile {
                values: alike
                    .first()
                    .map(|(values, _)| values.clone())
                    .unwrap_or_default(),
                histories: WeightedHistories::from_histories(alike.iter().map(|(_, entry)| *entry)),
            })
            .collect();
        Ok(Self { columns, profiles })
    }

    /// Returns the names of the covariates.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the distinct covariates in ascending order, each with its histories.
    #[must_use]
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// Returns the number of customers.
    #[must_use]
    pub fn customers(&self) -> u64 {
        self.profiles
            .iter()
            .map(|profile| profile.histories.customers())
            .sum()
    }

    /// Returns the histories of all customers, their covariates forgotten.
    #[must_use]
    pub fn pooled(&self) -> WeightedHistories {
        let entries = self
            .profiles
            .iter()
            .flat_map(|profile| profile.histories.entries());
        WeightedHistories::from_histories(entries.copied())
    }

    /// Returns the number of distinct pairs of covariates and history.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.profiles
            .iter()
            .map(|profile| profile.histories.entries().len())
            .sum()
    }

    /// Returns the position of a column.
    pub(super) fn position(&self, column: &str) -> Result<usize, CovariateError> {
        self.columns
            .iter()
            .position(|name| name == column)
            .ok_or_else(|| CovariateError::ColumnMissing {
                column: column.to_owned(),
                known: self.columns.join(", "),
            })
    }

    /// Returns every k-th of the distinct pairs, at most `limit` of them.
    pub(super) fn thinned(&self, limit: usize) -> Self {
        let step = self.distinct().div_ceil(limit.max(1)).max(1);
        let mut next = 0..;
        let mut thin = |profile: &Profile| {
            let kept = profile
                .histories
                .entries()
                .iter()
                .filter(|_| next.next().is_some_and(|n: usize| n.is_multiple_of(step)));
            Profile {
                values: profile.values.clone(),
                histories: WeightedHistories::from_histories(kept.copied()),
            }
        };
        let mut profiles: Vec<Profile> = self.profiles.iter().map(&mut thin).collect();
        profiles.retain(|profile| !profile.histories.entries().is_empty());
        Self {
            columns: self.columns.clone(),
            profiles,
        }
    }
}

/// Checks the covariates of one customer.
pub(super) fn check_values(
    columns: &[String],
    values: &[f64],
    row: usize,
) -> Result<(), CovariateError> {
    if values.len() != columns.len() {
        return Err(CovariateError::ValuesMiscounted {
            row,
            required: columns.len(),
            found: values.len(),
        });
    }
    for (column, value) in columns.iter().zip(values) {
        if !value.is_finite() {
            return Err(CovariateError::ValueNotFinite {
                row,
                column: column.clone(),
                value: *value,
            });
        }
    }
    Ok(())
}

fn in_order(left: &[f64], right: &[f64]) -> Ordering {
    left.iter()
        .zip(right)
        .map(|(left, right)| left.total_cmp(right))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
