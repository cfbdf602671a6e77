//! Did those with high predictions buy more?
//!
//! Customers with equal predictions cannot be told apart: wherever a boundary falls among them, each counts with the same fraction. So no
//! result depends on the order of rows.

use super::{ValidationError, check_domain, check_lengths};

/// Customers of neighbouring predictions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankedGroup {
    /// Customers, fractions where a boundary falls among equals.
    pub customers: f64,
    /// Their mean prediction.
    pub predicted: f64,
    /// What came of them, mean.
    pub actual: f64,
}

/// Customers with one prediction.
#[derive(Debug, Clone, Copy)]
struct Run {
    predicted: f64,
    customers: f64,
    actual: f64,
}

/// Returns mean prediction and mean outcome of equally large groups, from the lowest predictions to the highest: calibration by decile for
/// ten groups.
///
/// # Errors
/// [`ValidationError::NoGroups`]; as [`point_errors`](super::point_errors()).
pub fn ranked_groups(
    predicted: &[f64],
    actual: &[f64],
    groups: u32,
) -> Result<Vec<RankedGroup>, ValidationError> {
    let runs = runs(predicted, actual)?;
    if groups == 0 {
        return Err(ValidationError::NoGroups);
    }
    let size = predicted.len() as f64 / f64::from(groups);
    let mut rest = runs.into_iter();
    let mut left: Option<Run> = rest.next();
    let of_group = |last: bool| {
        let (mut room, mut predicted, mut actual) = (size, 0.0, 0.0);
        // The last group takes all that rounding may have left.
        while let Some(run) = left.filter(|_| last || room > 1e-9 * size) {
            let taken = if last {
                run.customers
            } else {
                run.customers.min(room)
            };
            room -= taken;
            predicted += taken * run.predicted;
            actual += run.actual * (taken / run.customers);
            left = if taken < run.customers {
                Some(Run {
                    customers: run.customers - taken,
                    actual: run.actual * (1.0 - taken / run.customers),
                    ..run
                })
            } else {
                rest.next()
            };
        }
        RankedGroup {
            customers: size,
            predicted: predicted / size,
            actual: actual / size,
        }
    };
    Ok((1..=groups)
        .map(|group| group == groups)
        .map(of_group)
        .collect())
}

/// Returns the share of all purchases that came from the `top` share of customers by prediction: 0.1 for the top decile.
///
/// Divided by `top` it is the lift.
///
/// # Returns
/// Nothing where nobody bought.
///
/// # Errors
/// [`ValidationError::ShareOutsideDomain`] unless `0 < top ≤ 1`; as [`point_errors`](super::point_errors()).
pub fn top_capture(
    predicted: &[f64],
    actual: &[f64],
    top: f64,
) -> Result<Option<f64>, ValidationError> {
    if !(top > 0.0 && top <= 1.0) {
        return Err(ValidationError::ShareOutsideDomain { share: top });
    }
    let runs = runs(predicted, actual)?;
    let mut room = top * predicted.len() as f64;
    let (mut captured, mut total) = (0.0, 0.0);
    for run in runs.iter().rev() {
        let share = (room.max(0.0) / run.customers).min(1.0);
        captured += share * run.actual;
        total += run.actual;
        room -= run.customers;
    }
    Ok((total > 0.0).then(|| captured / total))
}

/// Returns the Gini coefficient of outcomes ranked by prediction: twice the area between the curve of [`top_capture`] and the diagonal.
///
/// 0 for a ranking that says nothing, below 0 for one that is upside down. The most that any ranking can have is
/// [`lorenz::gini`](crate::lorenz::gini()) of the outcomes; divide by it to compare shops.
///
/// # Returns
/// Nothing where nobody bought.
///
/// # Errors
/// As [`point_errors`](super::point_errors()).
pub fn gini_of_ranking(predicted: &[f64], actual: &[f64]) -> Result<Option<f64>, ValidationError> {
    let runs = runs(predicted, actual)?;
    let total: f64 = runs.iter().map(|run| run.actual).sum();
    let (mut captured, mut area) = (0.0, 0.0);
    for run in runs.iter().rev() {
        // A straight line through equals.
        area += run.customers * (captured + 0.5 * run.actual);
        captured += run.actual;
    }
    let area = area / (predicted.len() as f64 * total);
    Ok((total > 0.0).then_some(2.0 * area - 1.0))
}

/// Returns customers by prediction, ascending, equals together.
fn runs(predicted: &[f64], actual: &[f64]) -> Result<Vec<Run>, ValidationError> {
    check_lengths("actual purchases", predicted.len(), actual.len())?;
    check_domain("a predicted number of purchases", predicted)?;
    check_domain("an actual number of purchases", actual)?;
    let one = |(predicted, actual): (&f64, &f64)| Run {
        // Adding 0 makes one zero of the two.
        predicted: *predicted + 0.0,
        customers: 1.0,
        actual: *actual,
    };
    let mut runs: Vec<Run> = predicted.iter().zip(actual).map(one).collect();
    runs.sort_unstable_by(|left, right| {
        let by_prediction = left.predicted.total_cmp(&right.predicted);
        by_prediction.then(left.actual.total_cmp(&right.actual))
    });
    runs.dedup_by(|later, earlier| {
        let equal = later.predicted.total_cmp(&earlier.predicted).is_eq();
        if equal {
            earlier.customers += later.customers;
            earlier.actual += later.actual;
        }
        equal
    });
    Ok(runs)
}
