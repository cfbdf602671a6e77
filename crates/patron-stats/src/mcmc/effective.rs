//! How many independent draws are correlated ones worth?

use super::ranks::{halves, mean, normal_scores, quantile, variance};

/// Share of the draws below the quantile whose effective number is that of the lower tail; the upper lies opposite.
const TAIL: f64 = 0.05;

/// Returns how many independent draws the chains are worth for where a posterior lies: of the normal scores of their ranks.
///
/// # Model
///
/// ```text
/// ESS = S/τ        τ = −1 + 2·Σ (ρ₂ₖ + ρ₂ₖ₊₁)        ρₜ = 1 − (W − mean of the chains' autocovariances at lag t)/V
/// ```
///
/// over half-chains, W and V the variance within them and in all. The sum runs over pairs of lags while they are positive, each at
/// most as large as the one before (Geyer). Never more than S·log₁₀ S: draws that alternate may be worth more than independent
/// ones, but not without bound.
///
/// # Returns
/// NaN for draws that are not numbers, and for half-chains of fewer than four; the number of draws where all are the same.
///
/// # Source
/// Vehtari, Gelman, Simpson, Carpenter, Bürkner (2021), sections 3.2 and 4; Geyer (1992), Practical Markov chain Monte Carlo, Statistical
/// Science 7. Checked against `reference/mcmc/` to 1e-9.
#[must_use]
pub fn effective_bulk(chains: &[Vec<f64>]) -> f64 {
    effective(&normal_scores(&halves(chains)))
}

/// Returns how many independent draws the chains are worth for the ends of a 90 % interval: the fewer of those for either end.
///
/// As [`effective_bulk`], of whether a draw lies below the 5 % (95 %) quantile of all.
#[must_use]
pub fn effective_tail(chains: &[Vec<f64>]) -> f64 {
    let at = |level: f64| {
        let bound = quantile(chains, level);
        let below = |value: &f64| f64::from(u8::from(*value <= bound));
        let indicators: Vec<Vec<f64>> = chains
            .iter()
            .map(|chain| chain.iter().map(below).collect())
            .collect();
        effective(&halves(&indicators))
    };
    if chains.iter().flatten().any(|value| value.is_nan()) {
        return f64::NAN;
    }
    at(TAIL).min(at(1.0 - TAIL))
}

/// Returns how many independent draws the chains are worth for the mean: of the draws as they are.
#[must_use]
pub fn effective_mean(chains: &[Vec<f64>]) -> f64 {
    effective(&halves(chains))
}

/// Autocovariances of chains of one length, averaged over them, lag by lag.
#[derive(Debug)]
struct Autocovariance<'a> {
    chains: &'a [Vec<f64>],
    means: Vec<f64>,
    length: usize,
}

impl<'a> Autocovariance<'a> {
    fn new(chains: &'a [Vec<f64>]) -> Self {
        Self {
            chains,
            means: chains.iter().map(|chain| mean(chain)).collect(),
            length: chains.first().map_or(0, Vec::len),
        }
    }

    /// Divided by the length at every lag, so that the sum over lags has a variance.
    fn at(&self, lag: usize) -> f64 {
        let of_one = |(chain, mean): (&Vec<f64>, &f64)| {
            let later = chain.iter().skip(lag);
            let products = chain
                .iter()
                .zip(later)
                .map(|(x, y)| (x - mean) * (y - mean));
            products.sum::<f64>() / self.length as f64
        };
        let sum: f64 = self.chains.iter().zip(&self.means).map(of_one).sum();
        sum / self.chains.len() as f64
    }
}

/// Returns the effective number of draws of chains of one length.
fn effective(chains: &[Vec<f64>]) -> f64 {
    let covariance = Autocovariance::new(chains);
    let length = covariance.length;
    let draws = (chains.len() * length) as f64;
    if length < 4 || chains.iter().flatten().any(|value| !value.is_finite()) {
        return f64::NAN;
    }
    let (least, largest) = extremes(chains);
    if largest - least < 1e-15 {
        return draws;
    }
    let within = covariance.at(0) * length as f64 / (length as f64 - 1.0);
    let between = if chains.len() > 1 {
        variance(&covariance.means)
    } else {
        0.0
    };
    let all = within * (length as f64 - 1.0) / length as f64 + between;
    let correlation = |lag: usize| 1.0 - (within - covariance.at(lag)) / all;
    let time = correlation_time(length, correlation);
    draws / time.max(1.0 / draws.log10())
}

fn extremes(chains: &[Vec<f64>]) -> (f64, f64) {
    let all = chains.iter().flatten();
    all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(*value), high.max(*value))
    })
}

/// Returns τ: the sum of correlations over all lags, both ways, by Geyer's initial monotone sequence.
fn correlation_time(length: usize, correlation: impl Fn(usize) -> f64) -> f64 {
    let mut sum = 0.0;
    let mut previous = f64::INFINITY;
    let mut lag = 0;
    let mut even = 1.0;
    loop {
        let odd = correlation(lag + 1);
        let pair = even + odd;
        if pair < 0.0 || lag + 4 >= length {
            // What is left of the last pair is a better end than nothing where it is positive.
            return 2.0 * sum + even.max(0.0) - 1.0;
        }
        previous = pair.min(previous);
        sum += previous;
        lag += 2;
        even = correlation(lag);
    }
}
