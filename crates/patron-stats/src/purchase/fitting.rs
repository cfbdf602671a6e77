//! Maximum likelihood for purchase models: several starts on a thinned base, the best one polished on all of it.

use crate::estimate::{FitError, FitReport};
use crate::history::WeightedHistories;
use crate::optimise::{Evaluation, Minimum, minimise};

/// A search that takes longer than this is not going anywhere; from the starts of the models, 10 to 30 are usual.
const ITERATIONS: usize = 200;

/// Distinct histories on which the starts are tried out.
const THINNED: usize = 5_000;

/// Beyond a shape of this the customers of a mixture differ by less than 1 in 100.
pub(crate) const ALIKE: f64 = 1e4;

/// Fewest customers with a repeat purchase that a fit is made from; at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MinimumRepeatBuyers(u64);

impl Default for MinimumRepeatBuyers {
    /// 30: four parameters have to be told apart from them; below this, standard errors are larger than the estimates.
    fn default() -> Self {
        Self(30)
    }
}

impl MinimumRepeatBuyers {
    /// Without any repeat purchase there is no likelihood to climb.
    pub(crate) const fn new(minimum: u64) -> Result<Self, FitError> {
        if minimum < 1 {
            return Err(FitError::MinimumTooSmall {
                required: 1,
                found: minimum,
            });
        }
        Ok(Self(minimum))
    }

    fn check(self, histories: &WeightedHistories) -> Result<(), FitError> {
        let found = histories.repeat_buyers();
        if found < self.0 {
            return Err(FitError::TooFewRepeatBuyers {
                required: self.0,
                found,
            });
        }
        Ok(())
    }
}

/// Returns the likeliest parameters with what is known of their precision.
///
/// `starts` makes starting points from the overall rate of repeat purchases.
pub(crate) fn fit<const N: usize>(
    histories: &WeightedHistories,
    minimum: MinimumRepeatBuyers,
    names: [&'static str; N],
    starts: impl Fn(f64) -> Vec<[f64; N]>,
    likelihood: impl Fn(&[f64; N], &WeightedHistories) -> Evaluation<N>,
) -> Result<([f64; N], FitReport), FitError> {
    minimum.check(histories)?;
    let search = |histories: &WeightedHistories, start: [f64; N]| -> Option<Minimum<N>> {
        let per_customer = -1.0 / histories.customers() as f64;
        let objective = |theta: &[f64; N]| {
            let parameters = theta.map(f64::exp);
            likelihood(&parameters, histories).on_log_scale(&parameters, per_customer)
        };
        minimise(objective, start, ITERATIONS)
    };
    let thinned = histories.thinned(THINNED);
    let start = starts(overall_rate(histories))
        .into_iter()
        .filter_map(|start| search(&thinned, start.map(f64::ln)))
        .min_by(|left, right| left.at.value.total_cmp(&right.at.value))
        .ok_or(FitError::NoFiniteStart)?;
    let best = search(histories, start.theta).ok_or(FitError::NoFiniteStart)?;
    let report = FitReport::of(&best, histories.customers(), names);
    Ok((best.theta.map(f64::exp), report))
}

/// Repeat purchases per unit of time; a rough scale for α.
fn overall_rate(histories: &WeightedHistories) -> f64 {
    let time: f64 = histories
        .entries()
        .iter()
        .map(|(h, count)| h.age() * *count as f64)
        .sum();
    (histories.repeat_purchases() as f64 / time).clamp(1e-6, 1e6)
}
