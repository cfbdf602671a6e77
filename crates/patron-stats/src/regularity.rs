//! How regularly customers buy: shapes of the distribution of the times between purchases.
//!
//! Shape 1 is buying at random, as most purchase models assume; the larger the shape, the more like clockwork. What an
//! estimate above 1 is good for is [`bg_cnbd`](crate::bg_cnbd) and [`mbg_cnbd`](crate::mbg_cnbd).

use crate::special::{digamma, trigamma};
use crate::summary;

/// The largest number of stages between two purchases that models are made for.
pub const MOST_STAGES: u32 = 12;

/// Newton's method for the shape doubles its digits; more steps than this are never needed.
const STEPS: usize = 100;

/// Why the regularity of purchases was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RegularityError {
    /// A model has between 1 and [`MOST_STAGES`] stages.
    #[error("{stages} stages between two purchases, expected 1 to {MOST_STAGES}")]
    StagesOutsideDomain {
        /// The number given.
        stages: u32,
    },
    /// A time between purchases is zero, negative, infinite or not a number.
    #[error("a time of {time} between purchases, expected a finite number above 0")]
    TimeOutsideDomain {
        /// The time given.
        time: f64,
    },
    /// Too few customers have enough purchases.
    #[error(
        "need at least {required} customers with {intervals} times between purchases, found {found}"
    )]
    TooFewCustomers {
        /// Customers needed.
        required: usize,
        /// Times between purchases each of them needs.
        intervals: usize,
        /// Customers found.
        found: usize,
    },
    /// All times are equal: no finite shape is large enough.
    #[error("times between purchases do not vary, expected some that do")]
    TimesAlike,
}

/// The number of stages between two purchases: k of the Erlang distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stages(u32);

impl Stages {
    /// One stage: buying at random.
    pub const ONE: Self = Self(1);

    /// Checks and keeps a number of stages.
    ///
    /// # Errors
    /// [`RegularityError::StagesOutsideDomain`] unless `1 ≤ stages ≤ 12`.
    pub const fn new(stages: u32) -> Result<Self, RegularityError> {
        if stages < 1 || stages > MOST_STAGES {
            return Err(RegularityError::StagesOutsideDomain { stages });
        }
        Ok(Self(stages))
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Returns every number of stages that a model can have, from 1 on.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (1..=MOST_STAGES).map(Self)
    }
}

/// The sum of the logarithms of all times between purchases: all that a choice of k needs beside the histories.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LnIntervals(f64);

impl LnIntervals {
    /// Where only the parameters for a given k are asked for.
    pub(crate) const NONE: Self = Self(0.0);

    /// Sums over the times between purchases of all customers, in the unit of their histories.
    ///
    /// # Errors
    /// [`RegularityError::TimeOutsideDomain`]: purchases of the same moment are one purchase.
    pub fn new(times: impl IntoIterator<Item = f64>) -> Result<Self, RegularityError> {
        let mut sum = 0.0;
        for time in times {
            sum += checked(time)?.ln();
        }
        Ok(Self(sum))
    }

    /// Returns the sum.
    #[must_use]
    pub const fn sum(self) -> f64 {
        self.0
    }
}

/// Returns the shape that all customers share, from the last two times between purchases of each.
///
/// # Model
///
/// Times between purchases are gamma distributed with one shape k and each customer's own rate, so that
///
/// ```text
/// M = last / (last + last but one) ~ Beta(k, k)        Var M = 1/(4·(2k + 1))        k = (1 − 4·Var M)/(8·Var M)
/// ```
///
/// whatever the rates. Var is the sample variance, with n − 1. Customers with fewer than two times are left out.
///
/// # Returns
/// A shape; below 1 where purchases come in bursts, and even below 0 where M is nearly always 0 or 1.
///
/// # Errors
/// [`RegularityError::TimeOutsideDomain`]; [`RegularityError::TooFewCustomers`] below 2; [`RegularityError::TimesAlike`].
///
/// # Source
/// Wheat, Morrison (1990), Estimating purchase regularity with two interpurchase times, Journal of Marketing Research 27.
///
/// # Examples
/// ```
/// let customers = [vec![7.0, 7.0], vec![9.0, 3.0], vec![2.0, 6.0]];
/// // M is 1/2, 1/4, 3/4, its variance 1/16.
/// assert_eq!(patron_stats::regularity::wheat_morrison(&customers)?, 1.5);
/// # Ok::<(), patron_stats::regularity::RegularityError>(())
/// ```
pub fn wheat_morrison<C: AsRef<[f64]>>(customers: &[C]) -> Result<f64, RegularityError> {
    let mut parts = Vec::new();
    for times in customers {
        check_all(times.as_ref())?;
        if let [.., before, last] = times.as_ref() {
            parts.push(last / (before + last));
        }
    }
    if parts.len() < 2 {
        return Err(too_few(2, 2, parts.len()));
    }
    let n = parts.len() as f64;
    let mean = parts.iter().sum::<f64>() / n;
    let squares: f64 = parts.iter().map(|part| (part - mean).powi(2)).sum();
    let variance = squares / (n - 1.0);
    if variance > 0.0 {
        Ok((1.0 - 4.0 * variance) / (8.0 * variance))
    } else {
        Err(RegularityError::TimesAlike)
    }
}

/// Returns the median, over customers, of each customer's likeliest shape.
///
/// # Model
///
/// The times between the purchases of one customer are gamma distributed with an own shape k and an own rate:
///
/// ```text
/// ln k − ψ(k) = ln(mean of times) − mean of ln(times)
/// ```
///
/// Customers with fewer than `fewest` times (10 are usual, and at least 2) are left out. The likeliest shape is too large on
/// average: by about `3/n` of itself for n times.
///
/// # Returns
/// A shape above 0.
///
/// # Errors
/// [`RegularityError::TimeOutsideDomain`]; [`RegularityError::TooFewCustomers`] without any;
/// [`RegularityError::TimesAlike`] where half of the customers buy at exactly equal times.
///
/// # Numerics
/// Newton's method on ln k, on the concave side of the root, from Minka's approximation.
///
/// # Source
/// Minka (2002), Estimating a gamma distribution; Dunn, Reader, Wrigley (1983), An investigation of the assumptions of the
/// NBD model.
pub fn median_likeliest_shape<C: AsRef<[f64]>>(
    customers: &[C],
    fewest: usize,
) -> Result<f64, RegularityError> {
    let fewest = fewest.max(2);
    let mut shapes = Vec::new();
    for times in customers {
        check_all(times.as_ref())?;
        if times.as_ref().len() >= fewest {
            shapes.push(likeliest_shape(times.as_ref()));
        }
    }
    match summary::median(&shapes) {
        Some(shape) if shape.is_finite() => Ok(shape),
        Some(_) => Err(RegularityError::TimesAlike),
        None => Err(too_few(1, fewest, shapes.len())),
    }
}

/// Solves `ln k − ψ(k) = s`.
fn likeliest_shape(times: &[f64]) -> f64 {
    let n = times.len() as f64;
    let mean = times.iter().sum::<f64>() / n;
    // Logarithms of ratios to the mean: those of nearly equal times cancel no digits.
    let s = -times.iter().map(|time| (time / mean).ln()).sum::<f64>() / n;
    if s <= f64::EPSILON {
        return f64::INFINITY;
    }
    let mut k = (3.0 - s + ((s - 3.0).powi(2) + 24.0 * s).sqrt()) / (12.0 * s);
    for _ in 0..STEPS {
        let miss = k.ln() - digamma(k) - s;
        let step = -miss / (1.0 - k * trigamma(k));
        k *= step.exp();
        if step.abs() < 1e-14 {
            break;
        }
    }
    k
}

const fn too_few(required: usize, intervals: usize, found: usize) -> RegularityError {
    RegularityError::TooFewCustomers {
        required,
        intervals,
        found,
    }
}

fn check_all(times: &[f64]) -> Result<(), RegularityError> {
    times.iter().try_for_each(|time| checked(*time).map(|_| ()))
}

fn checked(time: f64) -> Result<f64, RegularityError> {
    if time > 0.0 && time.is_finite() {
        Ok(time)
    } else {
        Err(RegularityError::TimeOutsideDomain { time })
    }
}
