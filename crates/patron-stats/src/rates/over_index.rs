//! How many times as frequent something is in one group as in another.

use super::RateError;
use crate::intervals::Interval;
use crate::level::Level;

/// A ratio of two shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OverIndex {
    /// Share here over share elsewhere; nothing where it never happens elsewhere.
    pub ratio: Option<f64>,
    /// Between which bounds the ratio of the probabilities lies.
    pub interval: Interval,
}

impl OverIndex {
    /// Returns whether the interval leaves out 1: the shares differ by more than chance explains.
    #[must_use]
    pub fn differs(&self) -> bool {
        !self.interval.contains(1.0)
    }
}

/// Returns how many times as frequent something is here as elsewhere: 1.4 is "over-indexed at 140".
///
/// # Model
///
/// ```text
/// ρ = (k/n) / (j/m)        interval ρ'·exp(± z·√(1/k' − 1/n' + 1/j' − 1/m'))
/// ```
///
/// Both counts are (events, trials): (k, n) here, (j, m) elsewhere. The two groups must not overlap. Where one of k, j, n − k and m − j is 0,
/// half an event and half a trial without one more are counted everywhere for the interval (k' = k + ½, n' = n + 1), else k' = k; the
/// lower bound is then 0 where k = 0, the upper infinite where j = 0.
///
/// Of many categories some stand out by chance: adjust the level, or say how many were looked at.
///
/// # Errors
/// [`RateError::NothingTried`] in either group; [`RateError::MoreEventsThanTrials`].
///
/// # Source
/// Katz, Baptista, Azen, Pike (1978), Obtaining confidence intervals for the risk ratio in cohort studies, C; Anscombe (1956), On
/// estimating binomial response relations, for the halves.
///
/// # Examples
/// ```
/// use patron_stats::{level::Level, rates::over_index};
///
/// let index = over_index((30, 100), (150, 1000), Level::NINETY_FIVE)?;
/// assert_eq!(index.ratio, Some(2.0));
/// assert!(index.differs());
/// # Ok::<(), patron_stats::rates::RateError>(())
/// ```
pub fn over_index(
    here: (u64, u64),
    elsewhere: (u64, u64),
    level: Level,
) -> Result<OverIndex, RateError> {
    for (events, trials) in [here, elsewhere] {
        if trials == 0 {
            return Err(RateError::NothingTried);
        }
        if events > trials {
            return Err(RateError::MoreEventsThanTrials { events, trials });
        }
    }
    let edge = [here, elsewhere]
        .iter()
        .any(|(events, trials)| *events == 0 || events == trials);
    let added = if edge { 0.5 } else { 0.0 };
    let counted =
        |(events, trials): (u64, u64)| (events as f64 + added, trials as f64 + 2.0 * added);
    let ((k, n), (j, m)) = (counted(here), counted(elsewhere));
    let ratio = (k / n) / (j / m);
    let variance = (1.0 / k - 1.0 / n) + (1.0 / j - 1.0 / m);
    let factor = (level.normal() * variance.sqrt()).exp();
    let exact = |(events, trials): (u64, u64)| events as f64 / trials as f64;
    Ok(OverIndex {
        ratio: (elsewhere.0 > 0).then(|| exact(here) / exact(elsewhere)),
        interval: Interval {
            low: if here.0 == 0 { 0.0 } else { ratio / factor },
            high: if elsewhere.0 == 0 {
                f64::INFINITY
            } else {
                ratio * factor
            },
        },
    })
}
