//! The difference of two shares, like compared with like: Mantel and Haenszel's, over strata.

use super::RateError;
use crate::intervals::Interval;
use crate::level::Level;

/// Those with something and those without, among who is alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stratum {
    /// With it: events and trials.
    pub with: (u64, u64),
    /// Without it: events and trials.
    pub without: (u64, u64),
}

/// A difference of shares over strata.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RiskDifference {
    /// Share with less share without, −1 to 1.
    pub difference: f64,
    /// Between which bounds it lies.
    pub interval: Interval,
}

/// Returns by how much the share of events differs with something from without it, over strata of who is alike.
///
/// # Model
///
/// ```text
/// δ = Σ (a·n₀ − c·n₁)/n / Σ n₁·n₀/n        n = n₁ + n₀
/// variance (δ·P + Q) / (Σ n₁·n₀/n)²        interval δ ± z·√variance
/// P = Σ (n₁²·c − n₀²·a + n₁·n₀·(n₀ − n₁)/2)/n²
/// Q = Σ (a·(n₀ − c) + c·(n₁ − a))/(2n)
/// ```
///
/// | symbol | field     | what                       |
/// |--------|-----------|----------------------------|
/// | a, n₁  | `with`    | events and trials with it  |
/// | c, n₀  | `without` | the same without           |
///
/// Strata in which one of the two is missing tell nothing. The variance holds both for few large strata and for many small ones. Bounds
/// are kept within −1 and 1.
///
/// # Errors
/// [`RateError::MoreEventsThanTrials`]; [`RateError::NothingTried`] where no stratum has both.
///
/// # Source
/// Mantel, Haenszel (1959); Greenland, Robins (1985), Estimation of a common effect parameter from sparse follow-up data; Sato (1989), On
/// the variance estimator for the Mantel–Haenszel risk difference. Checked against numpy.
///
/// # Examples
/// ```
/// use patron_stats::{level::Level, rates::{Stratum, risk_difference}};
///
/// let one = Stratum { with: (30, 100), without: (50, 100) };
/// let found = risk_difference(&[one], Level::NINETY_FIVE)?;
/// assert!((found.difference + 0.2).abs() < 1e-15);
/// assert!(found.interval.high < 0.0);
/// # Ok::<(), patron_stats::rates::RateError>(())
/// ```
pub fn risk_difference(strata: &[Stratum], level: Level) -> Result<RiskDifference, RateError> {
    let [mut top, mut bottom, mut p, mut q] = [0.0; 4];
    for stratum in strata {
        for (events, trials) in [stratum.with, stratum.without] {
            if events > trials {
                return Err(RateError::MoreEventsThanTrials { events, trials });
            }
        }
        if stratum.with.1 == 0 || stratum.without.1 == 0 {
            continue;
        }
        let [a, c] = [stratum.with.0, stratum.without.0].map(|count| count as f64);
        let [n1, n0] = [stratum.with.1, stratum.without.1].map(|count| count as f64);
        let n = n1 + n0;
        top += (a * n0 - c * n1) / n;
        bottom += n1 * n0 / n;
        p += (n1 * n1 * c - n0 * n0 * a + n1 * n0 * (n0 - n1) / 2.0) / (n * n);
        q += (a * (n0 - c) + c * (n1 - a)) / (2.0 * n);
    }
    if bottom <= 0.0 {
        return Err(RateError::NothingTried);
    }
    let difference = top / bottom;
    let variance = (difference * p + q).max(0.0) / (bottom * bottom);
    let half = level.normal() * variance.sqrt();
    Ok(RiskDifference {
        difference,
        interval: Interval {
            low: (difference - half).max(-1.0),
            high: (difference + half).min(1.0),
        },
    })
}
