//! How two columns go together.

use rayon::prelude::*;

/// Why no correlation can be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CorrelationError {
    /// The columns are not pairs.
    #[error("columns of {left} and {right} values, expected the same number")]
    LengthsDiffer {
        /// Length of the first.
        left: usize,
        /// Length of the second.
        right: usize,
    },
    /// One pair always lies on a line.
    #[error("{found} pairs, expected at least 2")]
    TooFewPairs {
        /// Number of pairs.
        found: usize,
    },
    /// A column does not vary, so nothing can go together with it.
    #[error("the {column} column has the same value everywhere")]
    Constant {
        /// `first` or `second`.
        column: &'static str,
    },
    /// A value is infinite or not a number.
    #[error("the {column} column has a value that is not a finite number at position {position}")]
    NotFinite {
        /// `first` or `second`.
        column: &'static str,
        /// Where, from 0.
        position: usize,
    },
}

/// Returns Pearson's correlation, `cov(x, y) / (sd(x)·sd(y))`.
///
/// # Returns
/// A number in `[-1, 1]`.
///
/// # Errors
/// [`CorrelationError`], tested in the order of its variants but `Constant`, which needs finite values.
///
/// # Numerics
/// Two passes: deviations from the mean, not differences of large sums.
pub fn pearson(x: &[f64], y: &[f64]) -> Result<f64, CorrelationError> {
    check(x, y)?;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (dx, dy) = (x - mean_x, y - mean_y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    Ok((xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0))
}

/// Returns Spearman's correlation: Pearson's of the ranks, ties sharing their mean rank.
///
/// # Errors
/// As [`pearson`].
pub fn spearman(x: &[f64], y: &[f64]) -> Result<f64, CorrelationError> {
    check(x, y)?;
    let (x, y) = rayon::join(|| mean_ranks(x), || mean_ranks(y));
    pearson(&x, &y)
}

fn mean(values: &[f64]) -> f64 {
    crate::summary::sum(values) / values.len() as f64
}

fn check(x: &[f64], y: &[f64]) -> Result<(), CorrelationError> {
    if x.len() != y.len() {
        return Err(CorrelationError::LengthsDiffer {
            left: x.len(),
            right: y.len(),
        });
    }
    if x.len() < 2 {
        return Err(CorrelationError::TooFewPairs { found: x.len() });
    }
    for (column, values) in [("first", x), ("second", y)] {
        if let Some(position) = values.iter().position(|value| !value.is_finite()) {
            return Err(CorrelationError::NotFinite { column, position });
        }
        let first = values.first().copied().unwrap_or(0.0);
        if values.iter().all(|value| value.total_cmp(&first).is_eq()) {
            return Err(CorrelationError::Constant { column });
        }
    }
    Ok(())
}

/// Returns ranks from 1, equal values sharing the mean of theirs (adding 0.0 makes one zero of the two).
fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = values.iter().map(|value| value + 0.0).zip(0..).collect();
    order.par_sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for equal in order.chunk_by(|left, right| left.0.total_cmp(&right.0).is_eq()) {
        let rank = before as f64 + 0.5 * (equal.len() as f64 + 1.0);
        for (_, position) in equal {
            if let Some(slot) = ranks.get_mut(*position) {
                *slot = rank;
            }
        }
        before += equal.len();
    }
    ranks
}
