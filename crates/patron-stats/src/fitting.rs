//! Maximum likelihood for all models: several starts on a thinned base, the best one polished on all of it.

use crate::estimate::{FitError, FitReport};
use crate::optimise::{Evaluation, Minimum, minimise};

/// A search that takes longer than this is not going anywhere; from the starts of the models, 10 to 30 are usual.
const ITERATIONS: usize = 200;

/// Distinct histories on which the starts are tried out.
const THINNED: usize = 5_000;

/// Beyond a shape of this the customers of a mixture differ by less than 1 in 100.
pub(crate) const ALIKE: f64 = 1e4;

/// What a fit is made from: distinct histories with counts.
pub(crate) trait Base: Sized {
    /// Returns the number of customers.
    fn customers(&self) -> u64;

    /// Returns at most `limit` of the distinct histories: enough to find where a search should start.
    fn thinned(&self, limit: usize) -> Self;
}

/// Returns every k-th entry, at most `limit` of them.
pub(crate) fn every_kth<T: Copy>(entries: &[T], limit: usize) -> Vec<T> {
    let step = entries.len().div_ceil(limit.max(1)).max(1);
    entries.iter().step_by(step).copied().collect()
}

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
    /// For refits: whoever asked for the fit has decided already.
    pub(crate) const ANY: Self = Self(1);

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

    pub(crate) const fn check(self, found: u64) -> Result<(), FitError> {
        if found < self.0 {
            return Err(FitError::TooFewRepeatBuyers {
                required: self.0,
                found,
            });
        }
        Ok(())
    }
}

/// Returns the likeliest parameters, all of them positive, with what is known of their precision.
pub(crate) fn fit<const N: usize, B: Base>(
    base: &B,
    names: [&'static str; N],
    starts: &[[f64; N]],
    likelihood: impl Fn(&[f64; N], &B) -> Evaluation<N>,
) -> Result<([f64; N], FitReport), FitError> {
    let search = |base: &B, start: [f64; N]| -> Option<Minimum<N>> {
        let per_customer = -1.0 / base.customers() as f64;
        let objective = |theta: &[f64; N]| {
            let parameters = theta.map(f64::exp);
            likelihood(&parameters, base).on_log_scale(&parameters, per_customer)
        };
        minimise(objective, start, ITERATIONS)
    };
    let thinned = base.thinned(THINNED);
    let start = starts
        .iter()
        .filter_map(|start| search(&thinned, start.map(f64::ln)))
        .min_by(|left, right| left.at.value.total_cmp(&right.at.value))
        .ok_or(FitError::NoFiniteStart)?;
    let best = search(base, start.theta).ok_or(FitError::NoFiniteStart)?;
    let report = FitReport::of(&best, base.customers(), names);
    Ok((best.theta.map(f64::exp), report))
}
