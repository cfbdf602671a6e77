//! Maximum likelihood for all models: several starts on a thinned base, the best one polished on all of it.

use rayon::prelude::*;

use crate::estimate::{FitError, FitReport};
use crate::optimise::{Evaluation, Minimum, minimise};

/// A search that takes longer than this is not going anywhere; from the starts of the models, 10 to 30 are usual.
const ITERATIONS: usize = 200;

/// Distinct histories on which the starts are tried out.
const THINNED: usize = 5_000;

/// Beyond a shape of this the customers of a mixture differ by less than 1 in 100.
pub(crate) const ALIKE: f64 = 1e4;

/// Distinct histories whose likelihood one thread sums at a time. Sums of parts are added in order, and parts do not depend on
/// threads: nor does a fit, to the last bit.
const TOGETHER: usize = 16 * 1024;

/// What a fit is made from: distinct histories with counts.
pub(crate) trait Base: Sized + Send + Sync {
    /// A history with its count.
    type Entry: Copy;

    /// Returns the number of customers.
    fn customers(&self) -> u64;

    /// Returns the distinct histories.
    fn entries(&self) -> &[Self::Entry];

    /// Makes a base of some of the distinct histories, in their order.
    fn of(entries: Vec<Self::Entry>) -> Self;
}

/// Returns every k-th of the distinct histories, at most `limit` of them: enough to find where a search should start.
pub(crate) fn thinned<B: Base>(base: &B, limit: usize) -> B {
    let step = base.entries().len().div_ceil(limit.max(1)).max(1);
    B::of(base.entries().iter().step_by(step).copied().collect())
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

/// Returns the likeliest parameters, all of them positive, with what is known of their precision. The likelihood of a base is the
/// sum of those of its parts.
pub(crate) fn fit<const N: usize, B: Base>(
    base: &B,
    names: [&'static str; N],
    starts: &[[f64; N]],
    likelihood: impl Fn(&[f64; N], &B) -> Evaluation<N> + Sync,
) -> Result<([f64; N], FitReport), FitError> {
    let parts: Vec<B> = match base.entries() {
        few if few.len() <= TOGETHER => Vec::new(),
        many => many
            .chunks(TOGETHER)
            .map(|part| B::of(part.to_vec()))
            .collect(),
    };
    let summed = |parameters: &[f64; N], all: &B| {
        if parts.is_empty() || all.entries().len() < base.entries().len() {
            return likelihood(parameters, all);
        }
        let parts = parts.par_iter().map(|part| likelihood(parameters, part));
        let parts: Vec<Evaluation<N>> = parts.collect();
        parts.iter().fold(Evaluation::ZERO, Evaluation::plus)
    };
    fit_whole(base, names, starts, summed)
}

/// The same where the function is no sum over parts, as a posterior density.
pub(crate) fn fit_whole<const N: usize, B: Base>(
    base: &B,
    names: [&'static str; N],
    starts: &[[f64; N]],
    likelihood: impl Fn(&[f64; N], &B) -> Evaluation<N> + Sync,
) -> Result<([f64; N], FitReport), FitError> {
    let search = |base: &B, start: [f64; N]| -> Option<Minimum<N>> {
        let per_customer = -1.0 / base.customers() as f64;
        let objective = |theta: &[f64; N]| {
            let parameters = theta.map(f64::exp);
            likelihood(&parameters, base).on_log_scale(&parameters, per_customer)
        };
        minimise(objective, start, ITERATIONS)
    };
    let few = thinned(base, THINNED);
    let tried = starts
        .par_iter()
        .map(|start| search(&few, start.map(f64::ln)));
    let tried: Vec<Option<Minimum<N>>> = tried.collect();
    let start = tried
        .into_iter()
        .flatten()
        .min_by(|left, right| left.at.value.total_cmp(&right.at.value))
        .ok_or(FitError::NoFiniteStart)?;
    let best = search(base, start.theta).ok_or(FitError::NoFiniteStart)?;
    let report = FitReport::of(&best, base.customers(), names);
    Ok((best.theta.map(f64::exp), report))
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::beta_geometric::Dropout;
    use crate::bg_nbd::BgNbdConfig;
    use crate::covariates::Family;
    use crate::history::{History, WeightedHistories};
    use crate::purchase::PurchaseModel;

    /// More distinct histories than a thread sums at a time, of people who bought evenly and then stopped or not.
    fn many() -> WeightedHistories {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let rows = (0..3 * TOGETHER).map(|_| {
            let age = random.random_range(10.0..100.0);
            let stayed = age * random.random::<f64>().powf(0.3);
            let purchases: u32 = random.random_range(0..8);
            let recency = if purchases == 0 { 0.0 } else { stayed };
            (History::new(purchases, recency, age).unwrap(), 1)
        });
        WeightedHistories::from_histories(rows)
    }

    #[test]
    fn threads_change_no_bit_and_parts_add_up_to_the_whole() {
        let histories = many();
        assert!(histories.entries().len() > 2 * TOGETHER);
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let fitted = || BgNbdConfig::default().build().fit(&histories).unwrap();
            pool.build().unwrap().install(fitted)
        };
        let (alone, together) = (on(1), on(3));
        assert_eq!(alone.parameters(), together.parameters());
        let parameters = alone.parameters();
        let [r, alpha, a, b] = [parameters.r, parameters.alpha, parameters.a, parameters.b];
        let whole = Dropout::AfterRepeatPurchase.evaluate(&[r, alpha, a, b], &histories);
        let told = alone.report().unwrap().log_likelihood;
        // Two sums of 50,000 terms in another order.
        assert!((whole.value - told).abs() < 1e-12 * told.abs(), "{told}");
        let slopes = whole.gradient.iter().zip([r, alpha, a, b]);
        for (slope, parameter) in slopes {
            assert!((slope * parameter).abs() < 1e-7 * told.abs(), "{slope}");
        }
    }
}
