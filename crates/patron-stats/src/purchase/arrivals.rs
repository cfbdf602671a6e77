//! How purchases come while the customer stays: a Poisson process whose rate is gamma distributed.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: indices are loop counters over vectors of known length"
)]

use crate::special::{ln_gamma, ln_gamma_change};

/// More purchases than this within a horizon are counted as this many.
pub(crate) const MOST_PURCHASES: usize = 65_535;

/// The distribution ends where fewer than this share of customers buy more often.
const TAIL: f64 = 1e-13;

/// The rate of someone who has bought x times in T: `λ ~ Gamma(shape, time)`.
///
/// The number of arrivals within t is negative binomial, `NegBin(R, t/(A + t))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Arrivals {
    /// R = r + x.
    pub(crate) shape: f64,
    /// A = α + T, model units.
    pub(crate) time: f64,
}

impl Arrivals {
    /// Returns the mean rate, purchases per model unit.
    pub(crate) fn rate(&self) -> f64 {
        self.shape / self.time
    }

    /// Returns `P(arrivals ≥ 1)` within `horizon`: `1 − (A/(A + t))^R`.
    pub(crate) fn any(&self, horizon: f64) -> f64 {
        -(-self.shape * (horizon / self.time).ln_1p()).exp_m1()
    }

    /// Returns the time by which the first arrival has come with probability `level < 1`.
    pub(crate) fn first_quantile(&self, level: f64) -> f64 {
        self.time * (-(-level).ln_1p() / self.shape).exp_m1()
    }

    /// Returns `P(arrivals = n)` for every n that matters, started at the mode so that nothing underflows.
    pub(crate) fn probabilities(&self, horizon: f64) -> Vec<f64> {
        let ratio = horizon / self.time;
        let z = ratio / (1.0 + ratio);
        let mode = self.mode(ratio);
        let mut probabilities = vec![0.0; mode + 1];
        probabilities[mode] = self.ln_probability(horizon, mode as f64).exp();
        for n in (1..=mode).rev() {
            let n_f = n as f64;
            probabilities[n - 1] = probabilities[n] * n_f / ((self.shape + n_f - 1.0) * z);
        }
        let mut last = probabilities[mode];
        for n in mode..MOST_PURCHASES {
            let n_f = n as f64;
            let factor = (self.shape + n_f) / (n_f + 1.0) * z;
            if factor < 1.0 && last * factor / (1.0 - factor) < TAIL {
                break;
            }
            last *= factor;
            probabilities.push(last);
        }
        probabilities
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=MOST_PURCHASES before the cast"
    )]
    fn mode(&self, ratio: f64) -> usize {
        ((self.shape - 1.0) * ratio).clamp(0.0, MOST_PURCHASES as f64) as usize
    }

    /// Returns the logarithm of `P(arrivals = n)`.
    pub(crate) fn ln_probability(&self, horizon: f64, n: f64) -> f64 {
        self.ln_ways(n)
            - self.shape * (horizon / self.time).ln_1p()
            - n * (self.time / horizon).ln_1p()
    }

    /// Returns `ln Γ(R + n) − ln Γ(R) − ln n!`.
    pub(crate) fn ln_ways(&self, n: f64) -> f64 {
        ln_gamma_change(self.shape, n) - ln_gamma(n + 1.0)
    }

    /// Returns `P(arrivals ≥ n)`, from `P(arrivals = n)`.
    pub(crate) fn at_least(&self, horizon: f64, n: f64, exactly: f64) -> f64 {
        let ratio = horizon / self.time;
        let z = ratio / (1.0 + ratio);
        let mut term = exactly;
        let mut sum = exactly;
        let mut k = n;
        loop {
            let factor = (self.shape + k) / (k + 1.0) * z;
            term *= factor;
            sum += term;
            k += 1.0;
            if factor < 1.0 && term <= 1e-16 * (1.0 - factor) * sum || k > n + 1e7 {
                return sum.min(1.0);
            }
        }
    }
}
