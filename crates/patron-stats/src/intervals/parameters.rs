//! Intervals of parameters, and a covariance that does not take the model for exactly right.

use super::bounds::check_level;
use super::{Interval, IntervalError};
use crate::distributions::normal_quantile;
use crate::history::WeightedHistories;
use crate::purchase::PurchaseModel;

/// Returns intervals of parameters from their covariance.
///
/// # Model
///
/// Parameters are positive, and their logarithms more nearly normal than they are: Wald's interval of the logarithm, taken back.
///
/// ```text
/// exp(ln θ̂ ± z·σ/θ̂)        σ the standard error of θ̂,  z the normal quantile at (1 + level)/2
/// ```
///
/// `named` are the estimates, `covariance` theirs by rows in their order, as in [`FitReport`](crate::estimate::FitReport) or from
/// [`sandwich`].
///
/// # Errors
/// [`IntervalError::LevelOutsideDomain`]; [`IntervalError::CovarianceOfOthers`].
///
/// # Source
/// Wald (1943); the delta method takes the error of a logarithm as σ/θ̂.
///
/// # Examples
/// ```
/// use patron_stats::intervals::parameter_intervals;
///
/// let found = parameter_intervals(&[("r", 0.5)], &[vec![0.01]], 0.9)?;
/// assert!((found[0].low - 0.3598).abs() < 5e-5 && (found[0].high - 0.6948).abs() < 5e-5);
/// # Ok::<(), patron_stats::intervals::IntervalError>(())
/// ```
pub fn parameter_intervals(
    named: &[(&'static str, f64)],
    covariance: &[Vec<f64>],
    level: f64,
) -> Result<Vec<Interval>, IntervalError> {
    check_level(level)?;
    check_covariance(named.len(), covariance)?;
    let z = normal_quantile(0.5 * (1.0 + level));
    let of = |(i, (&(_, estimate), row)): (usize, (&(_, f64), &Vec<f64>))| {
        let variance = row.get(i).copied().unwrap_or(f64::NAN);
        let factor = (z * variance.sqrt() / estimate).exp();
        Interval {
            low: estimate / factor,
            high: estimate * factor,
        }
    };
    Ok(named.iter().zip(covariance).enumerate().map(of).collect())
}

/// Returns the covariance of a model's estimates that holds even where the model is only the best of a wrong kind.
///
/// # Model
///
/// ```text
/// C·(Σ s·sᵀ)·C        C the covariance of the report,  s the score of a customer: the gradient of its own log-likelihood
/// ```
///
/// Equal to C, but for chance, where customers are as the model says. Customers are taken for independent. `histories` are those of
/// the fit.
///
/// # Errors
/// [`IntervalError::NotFitted`]; [`IntervalError::CovarianceAbsent`].
///
/// # Source
/// White (1982), Maximum likelihood estimation of misspecified models, Econometrica 50.
pub fn sandwich(
    model: &dyn PurchaseModel,
    histories: &WeightedHistories,
) -> Result<Vec<Vec<f64>>, IntervalError> {
    let report = model.report().ok_or(IntervalError::NotFitted)?;
    let covariance = report
        .covariance
        .as_ref()
        .ok_or(IntervalError::CovarianceAbsent)?;
    let scores = histories.entries().iter().map(|(history, count)| {
        let one = WeightedHistories::from_histories([(*history, 1)]);
        (model.score(&one), *count)
    });
    sandwich_of(covariance, scores)
}

/// Returns the same from a covariance and the scores of customers, each with the number of customers that have it.
///
/// # Errors
/// [`IntervalError::CovarianceOfOthers`].
pub fn sandwich_of(
    covariance: &[Vec<f64>],
    scores: impl IntoIterator<Item = (Vec<f64>, u64)>,
) -> Result<Vec<Vec<f64>>, IntervalError> {
    let size = covariance.len();
    check_covariance(size, covariance)?;
    // C·s first: its outer products sum to the sandwich.
    let mut sandwich = vec![vec![0.0; size]; size];
    for (score, count) in scores {
        if score.len() != size {
            return Err(IntervalError::CovarianceOfOthers {
                expected: score.len(),
                found: size,
            });
        }
        let moved: Vec<f64> = covariance.iter().map(|row| product(row, &score)).collect();
        for (row, left) in sandwich.iter_mut().zip(&moved) {
            for (entry, right) in row.iter_mut().zip(&moved) {
                *entry += count as f64 * (left * right);
            }
        }
    }
    Ok(sandwich)
}

pub(super) fn check_covariance(
    expected: usize,
    covariance: &[Vec<f64>],
) -> Result<(), IntervalError> {
    let found = covariance.len();
    if found == expected && covariance.iter().all(|row| row.len() == expected) {
        Ok(())
    } else {
        Err(IntervalError::CovarianceOfOthers { expected, found })
    }
}

fn product(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}
