//! Where a column's middle is, how wide it is, and whether others say the same.
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over 0..N index rows of length N; written as the textbook formula"
)]

use super::{CovariateError, CovariateHistories, Place};

/// A column whose variance, less what other columns explain of it, is below this share of itself follows from them: standard
/// errors would be 10⁵ times larger than without the others, and their digits lost in the rounding of the Hessian.
const UNEXPLAINED: f64 = 1e-10;

/// A coefficient on standardised columns below this takes no part in what a column follows from.
const TAKES_NO_PART: f64 = 1e-4;

/// Mean and standard deviation of a column over customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) mean: f64,
    pub(super) deviation: f64,
}

impl Spread {
    /// Returns the spread of a column.
    ///
    /// The deviation is exactly 0 where all values are equal, and only there.
    pub(super) fn of(customers: &CovariateHistories, column: usize) -> Self {
        // Differences from one of the values, as shares of the largest: a large mean costs no digits, equal values are exactly
        // alike, and no square leaves the range of doubles.
        let profiles = || {
            let profiles = customers.profiles().iter();
            profiles.map(|profile| {
                let customers = profile.histories().customers() as f64;
                (profile.values()[column], customers)
            })
        };
        let origin = profiles().next().map_or(0.0, |(value, _)| value);
        let widest = profiles().fold(0.0_f64, |widest, (value, _)| {
            widest.max((value - origin).abs())
        });
        if widest == 0.0 {
            return Self {
                mean: origin,
                deviation: 0.0,
            };
        }
        let total = customers.customers() as f64;
        let mean_of = |of: &dyn Fn(f64) -> f64| {
            let sum: f64 = profiles()
                .map(|(value, customers)| of((value - origin) / widest) * customers)
                .sum();
            sum / total
        };
        let shift = mean_of(&|share| share);
        let variance = mean_of(&|share| (share - shift).powi(2));
        Self {
            mean: origin + shift * widest,
            deviation: variance.sqrt() * widest,
        }
    }
}

impl Spread {
    /// Takes a column as it stands where all values are equal; only an effect that is held fixed can be on one.
    pub(super) fn or_unit(self) -> Self {
        if self.deviation > 0.0 {
            return self;
        }
        Self {
            mean: 0.0,
            deviation: 1.0,
        }
    }
}

/// Refuses columns that all customers share a value of, or that follow from the others of the place.
pub(super) fn check(
    customers: &CovariateHistories,
    place: Place,
    columns: &[usize],
) -> Result<(), CovariateError> {
    let spreads: Vec<Spread> = columns
        .iter()
        .map(|column| Spread::of(customers, *column))
        .collect();
    let names = customers.columns();
    for (column, spread) in columns.iter().zip(&spreads) {
        if spread.deviation == 0.0 {
            return Err(CovariateError::ColumnConstant {
                column: names[*column].clone(),
                value: spread.mean,
            });
        }
        if !spread.deviation.is_finite() {
            return Err(CovariateError::ColumnTooWide {
                column: names[*column].clone(),
            });
        }
    }
    let correlations = correlations(customers, columns, &spreads);
    if let Some((column, others)) = first_explained(&correlations) {
        let others: Vec<&str> = others
            .into_iter()
            .map(|other| names[columns[other]].as_str())
            .collect();
        return Err(CovariateError::ColumnsCollinear {
            place,
            column: names[columns[column]].clone(),
            others: others.join(", "),
        });
    }
    Ok(())
}

fn correlations(
    customers: &CovariateHistories,
    columns: &[usize],
    spreads: &[Spread],
) -> Vec<Vec<f64>> {
    let size = columns.len();
    let mut sums = vec![vec![0.0; size]; size];
    for profile in customers.profiles() {
        let weight = profile.histories().customers() as f64;
        let standardised: Vec<f64> = columns
            .iter()
            .zip(spreads)
            .map(|(column, spread)| (profile.values()[*column] - spread.mean) / spread.deviation)
            .collect();
        for i in 0..size {
            for j in 0..=i {
                sums[i][j] += weight * standardised[i] * standardised[j];
            }
        }
    }
    let total = customers.customers() as f64;
    for i in 0..size {
        for j in 0..=i {
            sums[i][j] /= total;
            sums[j][i] = sums[i][j];
        }
    }
    sums
}

/// Returns the first column that follows from columns before it, and those columns.
fn first_explained(correlations: &[Vec<f64>]) -> Option<(usize, Vec<usize>)> {
    let size = correlations.len();
    let mut lower = vec![vec![0.0; size]; size];
    for i in 0..size {
        for j in 0..i {
            let explained: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            lower[i][j] = (correlations[i][j] - explained) / lower[j][j];
        }
        let explained: f64 = lower[i][..i].iter().map(|entry| entry * entry).sum();
        let left = correlations[i][i] - explained;
        if left < UNEXPLAINED {
            return Some((i, taking_part(&lower, i)));
        }
        lower[i][i] = left.sqrt();
    }
    None
}

/// Returns the columns with a coefficient in the regression of column `i` on those before it.
fn taking_part(lower: &[Vec<f64>], i: usize) -> Vec<usize> {
    let mut coefficients = lower[i][..i].to_vec();
    for j in (0..i).rev() {
        for k in j + 1..i {
            coefficients[j] -= lower[k][j] * coefficients[k];
        }
        coefficients[j] /= lower[j][j];
    }
    (0..i)
        .filter(|j| coefficients[*j].abs() > TAKES_NO_PART)
        .collect()
}
