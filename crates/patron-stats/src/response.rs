//! How a response goes with what is spent: the slope of one on the other in logarithms, month by month.
//!
//! A slope of 1 says that twice the money brings twice the customers, one of 0.5 that each further one costs twice the average. Only where
//! spend varied can that be told; where it did not, nothing is said.

use crate::intervals::Interval;
use crate::level::Level;
use crate::matrix;
use crate::optimise::{Evaluation, minimise};

/// Fewer months with spend tell nothing.
pub const FEWEST_MONTHS: usize = 8;

/// Least standard deviation of ln(spend): spend that typically lies less than a fifth off its usual size tells nothing.
pub const LEAST_SPREAD: f64 = 0.2;

/// Widest half of an interval of the slope: beyond, "twice as much brings twice as much" and "brings nothing" cannot be told apart.
pub const WIDEST_HALF: f64 = 0.5;

const ITERATIONS: usize = 200;

/// Why a response was not estimated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// Spend and response are not pairs.
    #[error("{spend} months of spend and {response} of response, expected the same number")]
    LengthsDiffer {
        /// Months of spend.
        spend: usize,
        /// Months of response.
        response: usize,
    },
    /// A number is negative, infinite or not a number.
    #[error("the {column} of month {month}, expected a finite number of at least 0")]
    OutsideDomain {
        /// `spend` or `response`.
        column: &'static str,
        /// Which month, from 0.
        month: usize,
    },
}

/// Why nothing is said of the slope.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Silence {
    /// Fewer than [`FEWEST_MONTHS`] months with spend.
    TooFewMonths,
    /// No response in any month with spend.
    NoResponse,
    /// Spend varies by less than [`LEAST_SPREAD`].
    SpendVariesTooLittle,
    /// Half the interval is wider than [`WIDEST_HALF`].
    TooUncertain {
        /// Its width.
        half: f64,
    },
}

impl Silence {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::TooFewMonths => "response_too_few_months",
            Self::NoResponse => "response_none",
            Self::SpendVariesTooLittle => "response_spend_varies_too_little",
            Self::TooUncertain { .. } => "response_too_uncertain",
        }
    }
}

/// What can be said of the response to spend.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// Months with spend; the others have no logarithm and are left out.
    pub months: usize,
    /// Months without spend.
    pub months_without: usize,
    /// Standard deviation of ln(spend) over months; nothing with fewer than two.
    pub spread: Option<f64>,
    /// The slope, or why nothing is said of it.
    pub slope: Result<Slope, Silence>,
}

/// The slope of ln(expected response) on ln(spend).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    /// By how many per cent the response grows where spend grows by one.
    pub slope: f64,
    /// Between which bounds it lies.
    pub interval: Interval,
    /// Variance of the response over its expectation, Σ (y − E y)²/E y / (n − 2): about 1 for counts at random.
    pub dispersion: f64,
    ln_response_at_one: f64,
}

impl Slope {
    /// Returns the expected response to spend in a month.
    #[must_use]
    pub fn response(&self, spend: f64) -> f64 {
        (self.ln_response_at_one + self.slope * spend.ln()).exp()
    }

    /// Returns what one more response costs at this spend, beside the average of spend / response.
    ///
    /// ```text
    /// spend / (slope · response)
    /// ```
    ///
    /// # Returns
    /// Nothing for a slope of 0 or less: more spend brings nothing.
    #[must_use]
    pub fn cost_of_one_more(&self, spend: f64) -> Option<f64> {
        (self.slope > 0.0).then(|| spend / (self.slope * self.response(spend)))
    }
}

/// Returns how a response goes with spend, month by month.
///
/// # Model
///
/// ```text
/// E y = e^(a + b·ln x)        Var y = φ·E y        b ± t·√(φ·(XᵀWX)⁻¹)        φ = Σ (y − E y)²/E y / (n − 2)
/// ```
///
/// A quasi-Poisson regression: months without a response count, which a regression of ln y would have to leave out. A = Σ x·xᵀ·E y, and h is the
/// leverage of a month. The variance is that of residuals as they are (HC3), since good and bad months differ by so many per cent, not by the root
/// of their size; t has n − 2 degrees of freedom. Months count as independent. No experiment: if spend was raised when demand was high anyway, the slope is too large.
///
/// | symbol | argument   | unit  |
/// |--------|------------|-------|
/// | x      | `spend`    | money |
/// | y      | `response` | any   |
/// | n      | months with x > 0 |  |
///
/// # Returns
/// Nothing is said of the slope ([`Silence`]) below [`FEWEST_MONTHS`] months, below [`LEAST_SPREAD`] of ln x, and above [`WIDEST_HALF`] of half
/// the interval.
///
/// # Errors
/// [`ResponseError`].
///
/// # Source
/// Wedderburn (1974), Quasi-likelihood functions, generalized linear models, and the Gauss-Newton method; Long, Ervin (2000), Using
/// heteroscedasticity consistent standard errors in the linear regression model, for HC3. Checked against statsmodels.
pub fn response_to_spend(
    spend: &[f64],
    response: &[f64],
    level: Level,
) -> Result<Response, ResponseError> {
    if spend.len() != response.len() {
        return Err(ResponseError::LengthsDiffer {
            spend: spend.len(),
            response: response.len(),
        });
    }
    for (column, values) in [("spend", spend), ("response", response)] {
        let outside = |value: &f64| !(*value >= 0.0 && value.is_finite());
        if let Some(month) = values.iter().position(outside) {
            return Err(ResponseError::OutsideDomain { column, month });
        }
    }
    let pairs = spend.iter().zip(response).filter(|(x, _)| **x > 0.0);
    let months: Vec<(f64, f64)> = pairs.map(|(x, y)| (x.ln(), *y)).collect();
    let spread = spread(&months);
    Ok(Response {
        months: months.len(),
        months_without: spend.len() - months.len(),
        spread,
        slope: slope(&months, spread, level),
    })
}

fn mean_ln(months: &[(f64, f64)]) -> f64 {
    months.iter().map(|(ln_x, _)| ln_x).sum::<f64>() / months.len() as f64
}

fn spread(months: &[(f64, f64)]) -> Option<f64> {
    let mean = mean_ln(months);
    let squares: f64 = months.iter().map(|(ln_x, _)| (ln_x - mean).powi(2)).sum();
    (months.len() > 1).then(|| (squares / (months.len() as f64 - 1.0)).sqrt())
}

fn slope(months: &[(f64, f64)], spread: Option<f64>, level: Level) -> Result<Slope, Silence> {
    let count = months.len() as f64;
    if months.len() < FEWEST_MONTHS {
        return Err(Silence::TooFewMonths);
    }
    if spread.is_none_or(|spread| spread < LEAST_SPREAD) {
        return Err(Silence::SpendVariesTooLittle);
    }
    let mean = months.iter().map(|(_, y)| y).sum::<f64>() / count;
    if mean <= 0.0 {
        return Err(Silence::NoResponse);
    }
    // About the means, so that both unknowns are of the size of 1.
    let centre = mean_ln(months);
    let centred: Vec<(f64, f64)> = months
        .iter()
        .map(|(ln_x, y)| (ln_x - centre, y / mean))
        .collect();
    let uncertain = Silence::TooUncertain {
        half: f64::INFINITY,
    };
    let found = minimise(
        |theta| quasi_poisson(&centred, theta),
        [0.0, 0.0],
        ITERATIONS,
    );
    let found = found.filter(|found| found.converged).ok_or(uncertain)?;
    let [intercept, slope] = found.theta;
    let expected = |ln_x: f64| (intercept + slope * ln_x).exp();
    let pearson = centred
        .iter()
        .map(|(ln_x, y)| (y - expected(*ln_x)).powi(2) / expected(*ln_x));
    let dispersion = pearson.sum::<f64>() / (count - 2.0);
    let [[of_level, both], [_, of_slope]] = matrix::inverse(&found.at.hessian).ok_or(uncertain)?;
    // Each month's pull on the slope, with its residual as it would be had the month not been there.
    let pull = |(ln_x, y): &(f64, f64)| {
        let leverage = expected(*ln_x) * (of_level + 2.0 * both * ln_x + of_slope * ln_x * ln_x);
        let residual = (y - expected(*ln_x)) / (1.0 - leverage);
        ((both + of_slope * ln_x) * residual).powi(2)
    };
    let variance: f64 = centred.iter().map(pull).sum();
    let half = level.student(count - 2.0) * variance.sqrt();
    if half > WIDEST_HALF {
        return Err(Silence::TooUncertain { half });
    }
    Ok(Slope {
        slope,
        interval: Interval {
            low: slope - half,
            high: slope + half,
        },
        dispersion: dispersion * mean,
        ln_response_at_one: intercept + mean.ln() - slope * centre,
    })
}

/// Returns `Σ E y − y·ln E y` with its derivatives in (a, b).
fn quasi_poisson(months: &[(f64, f64)], [intercept, slope]: &[f64; 2]) -> Evaluation<2> {
    let term = |(ln_x, y): &(f64, f64)| {
        let ln_expected = intercept + slope * ln_x;
        let expected = ln_expected.exp();
        Evaluation {
            value: expected - y * ln_expected,
            gradient: [expected - y, (expected - y) * ln_x],
            hessian: [
                [expected, expected * ln_x],
                [expected * ln_x, expected * ln_x * ln_x],
            ],
        }
    };
    months
        .iter()
        .map(term)
        .fold(Evaluation::ZERO, |sum, term| sum.plus(&term))
}
