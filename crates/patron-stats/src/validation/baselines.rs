//! What somebody without a model would say. A model that does not beat these is not worth its parameters.
//!
//! The NBD model, which knows chance but no leaving, is a baseline too: [`nbd`](crate::nbd).

use std::collections::BTreeMap;

use super::{ValidationError, check_domain, check_lengths};
use crate::history::History;
use crate::summary::mean;

/// Everybody goes on at the own mean rate: `x/T·horizon`.
///
/// # Returns
/// For someone of age 0, whose rate is unknown, that of all customers: `Σx/ΣT·horizon`; 0 where nobody has an age.
///
/// # Examples
/// ```
/// use patron_stats::history::History;
/// use patron_stats::validation::own_mean_rate;
///
/// let predicted = own_mean_rate(&[History::new(3, 8.0, 10.0)?], 20.0);
/// assert!((predicted[0] - 6.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn own_mean_rate(histories: &[History], horizon: f64) -> Vec<f64> {
    let purchases: f64 = histories
        .iter()
        .map(|history| f64::from(history.repeat_purchases()))
        .sum();
    let time: f64 = histories.iter().map(History::age).sum();
    let of_all = if time > 0.0 { purchases / time } else { 0.0 };
    let of = |history: &History| {
        let rate = if history.age() > 0.0 {
            f64::from(history.repeat_purchases()) / history.age()
        } else {
            of_all
        };
        rate * horizon
    };
    histories.iter().map(of).collect()
}

/// Everybody does the same as in the period before, as long as the holdout: "same as last year".
///
/// `last` are the purchases of that period, from [`Held::last_period`](super::Held::last_period).
#[must_use]
pub fn same_as_last_period(last: &[u32]) -> Vec<f64> {
    last.iter().map(|purchases| f64::from(*purchases)).collect()
}

/// Everybody does what those in the same cell did one period earlier: the table of RFM cells.
///
/// `trained` are the cells at an earlier origin, `came` what those customers then bought in a period as long as the holdout, `cells`
/// those to be predicted. Cells are any labels: scores of recency and frequency, say.
///
/// # Returns
/// The mean of the cell; for a cell that nobody was in, the mean of all.
///
/// # Errors
/// [`ValidationError::NoCustomers`] without any in training; [`ValidationError::LengthsDiffer`]; [`ValidationError::OutsideDomain`].
pub fn cell_means(
    trained: &[u32],
    came: &[f64],
    cells: &[u32],
) -> Result<Vec<f64>, ValidationError> {
    check_lengths("purchases in training", trained.len(), came.len())?;
    check_domain("an actual number of purchases", came)?;
    let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for (cell, came) in trained.iter().zip(came) {
        let (sum, count) = sums.entry(*cell).or_default();
        *sum += came;
        *count += 1.0;
    }
    let of_all = mean(came).unwrap_or(0.0);
    let of = |cell: &u32| sums.get(cell).map_or(of_all, |(sum, count)| sum / count);
    Ok(cells.iter().map(of).collect())
}
