//! The share of a group, with Wilson's interval.

use super::RateError;
use crate::intervals::Interval;
use crate::level::Level;

/// A share with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Events over trials.
    pub share: f64,
    /// Between which bounds the probability lies.
    pub interval: Interval,
}

/// Returns a share with Wilson's interval.
///
/// # Model
///
/// ```text
/// (k + z²/2 ± z·√(k·(n − k)/n + z²/4)) / (n + z²)
/// ```
///
/// All p that a test of p by the normal distribution does not reject. It stays between 0 and 1, and does not collapse at shares of 0
/// and 1.
///
/// # Errors
/// [`RateError::NothingTried`]; [`RateError::MoreEventsThanTrials`].
///
/// # Source
/// Wilson (1927), Probable inference, the law of succession, and statistical inference; Brown, Cai and others (2001), who recommend it.
/// Checked against statsmodels.
///
/// # Examples
/// ```
/// use patron_stats::{level::Level, rates::wilson};
///
/// let one_of_one = wilson(1, 1, Level::NINETY_FIVE)?;
/// assert!((one_of_one.interval.low - 0.2065).abs() < 1e-4);
/// assert_eq!(one_of_one.interval.high, 1.0);
/// # Ok::<(), patron_stats::rates::RateError>(())
/// ```
pub fn wilson(events: u64, trials: u64, level: Level) -> Result<Share, RateError> {
    if trials == 0 {
        return Err(RateError::NothingTried);
    }
    if events > trials {
        return Err(RateError::MoreEventsThanTrials { events, trials });
    }
    let (k, n, z) = (events as f64, trials as f64, level.normal());
    let centre = k + 0.5 * z * z;
    let half = z * (k * (n - k) / n + 0.25 * z * z).sqrt();
    let whole = n + z * z;
    Ok(Share {
        share: k / n,
        interval: Interval {
            // At shares of 0 and 1 the bound is exact but for rounding.
            low: if events == 0 {
                0.0
            } else {
                (centre - half) / whole
            },
            high: if events == trials {
                1.0
            } else {
                (centre + half) / whole
            },
        },
    })
}
