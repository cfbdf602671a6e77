//! The number of purchases within a horizon.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: indices are loop counters over vectors of known length"
)]

use super::Alive;
use crate::special::ln_gamma;

/// More purchases than this within a horizon are counted as this many.
const MOST_PURCHASES: usize = 65_535;

/// The distribution ends where fewer than this share of customers buy more often.
const TAIL: f64 = 1e-13;

/// How many purchases a customer makes within a horizon.
///
/// # Model
///
/// Given that the customer is alive, N ≥ n exactly when n purchases would arrive and the first n − 1 coins let stay:
///
/// ```text
/// P(N ≥ n | alive) = B(a, b′ + n − 1)/B(a, b′) · P(NegativeBinomial(R, t/(A + t)) ≥ n)
/// ```
///
/// | symbol | meaning                              |
/// |--------|--------------------------------------|
/// | R, A   | r + x, α + T                         |
/// | a, b′  | a, b + coins survived so far         |
/// | t      | horizon, model units                 |
///
/// # Numerics
/// Only sums and products of positive terms.
#[derive(Debug, Clone, PartialEq)]
pub struct CountDistribution {
    probability_alive: f64,
    /// `P(N = n | alive)`.
    given_alive: Vec<f64>,
}

impl CountDistribution {
    pub(crate) fn new(alive: &Alive, horizon: f64, probability_alive: f64) -> Self {
        Self {
            probability_alive,
            given_alive: given_alive(alive, horizon),
        }
    }

    /// Returns `P(N = n)`.
    #[must_use]
    pub fn probability(&self, purchases: usize) -> f64 {
        let alive =
            self.probability_alive * self.given_alive.get(purchases).copied().unwrap_or(0.0);
        if purchases == 0 {
            1.0 - self.probability_alive + alive
        } else {
            alive
        }
    }

    /// Returns the number of purchases after which no probability is kept (at most 1e-13 is missing).
    #[must_use]
    pub fn most_purchases(&self) -> usize {
        self.given_alive.len().saturating_sub(1)
    }

    /// Returns the smallest n with `P(N ≤ n) ≥ level`, for a level in `[0, 1]`.
    #[must_use]
    pub fn quantile(&self, level: f64) -> usize {
        let mut below = 1.0 - self.probability_alive;
        for (purchases, probability) in self.given_alive.iter().enumerate() {
            below += self.probability_alive * probability;
            if below >= level {
                return purchases;
            }
        }
        self.most_purchases()
    }

    /// Returns the mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let given_alive: f64 = self
            .given_alive
            .iter()
            .enumerate()
            .map(|(n, probability)| n as f64 * probability)
            .sum();
        self.probability_alive * given_alive
    }

    /// Returns `P(N = n | alive)` for n = 0, 1, ….
    #[must_use]
    pub fn given_alive(&self) -> &[f64] {
        &self.given_alive
    }
}

/// Returns `P(N = n | alive)` for every n that matters.
pub(super) fn given_alive(alive: &Alive, horizon: f64) -> Vec<f64> {
    if horizon == 0.0 {
        return vec![1.0];
    }
    let mut probabilities = arrivals(alive, horizon);
    let tails = tails(&probabilities);
    let mut stayed = 1.0;
    for (n, probability) in probabilities.iter_mut().enumerate() {
        let before = stayed;
        if n > 0 {
            let coins = n as f64 - 1.0;
            stayed *= (alive.b + coins) / (alive.a + alive.b + coins);
        }
        // Still there after the n-th coin and no further arrival, or left at the n-th coin.
        *probability = stayed * *probability + (before - stayed) * tails[n];
    }
    probabilities
}

/// Returns `P(arrivals ≥ n)` for every n, summed from the far end so that each is a sum of positive terms.
fn tails(arrivals: &[f64]) -> Vec<f64> {
    // Only a distribution that was cut off at MOST_PURCHASES has something left to put at its end.
    let cut_off = arrivals.len() > MOST_PURCHASES;
    let mut tail = if cut_off {
        (1.0 - arrivals.iter().sum::<f64>()).max(0.0)
    } else {
        0.0
    };
    let mut tails = vec![0.0; arrivals.len()];
    for (n, exactly) in arrivals.iter().enumerate().rev() {
        tail += exactly;
        tails[n] = tail;
    }
    tails
}

/// Returns the negative binomial probabilities of 0, 1, … arrivals, started at the mode so that nothing underflows.
fn arrivals(alive: &Alive, horizon: f64) -> Vec<f64> {
    let ratio = horizon / alive.time;
    let z = ratio / (1.0 + ratio);
    let mode = mode(alive.shape, ratio);
    let mut probabilities = vec![0.0; mode + 1];
    probabilities[mode] = ln_arrivals(alive, horizon, mode as f64).exp();
    for n in (1..=mode).rev() {
        let n_f = n as f64;
        probabilities[n - 1] = probabilities[n] * n_f / ((alive.shape + n_f - 1.0) * z);
    }
    let mut last = probabilities[mode];
    for n in mode..MOST_PURCHASES {
        let n_f = n as f64;
        let factor = (alive.shape + n_f) / (n_f + 1.0) * z;
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
fn mode(shape: f64, ratio: f64) -> usize {
    ((shape - 1.0) * ratio).clamp(0.0, MOST_PURCHASES as f64) as usize
}

/// Returns the logarithm of the negative binomial probability of `n` arrivals.
fn ln_arrivals(alive: &Alive, horizon: f64, n: f64) -> f64 {
    let ways = ln_gamma(alive.shape + n) - ln_gamma(alive.shape) - ln_gamma(n + 1.0);
    ways - alive.shape * (horizon / alive.time).ln_1p() - n * (alive.time / horizon).ln_1p()
}

/// Returns `P(N = n | alive)` for one n, exact relative to itself however small it is.
pub(super) fn one_given_alive(alive: &Alive, horizon: f64, purchases: u32) -> f64 {
    let n = f64::from(purchases);
    if horizon == 0.0 {
        return f64::from(u8::from(purchases == 0));
    }
    let exactly = ln_arrivals(alive, horizon, n).exp();
    if purchases == 0 {
        return exactly;
    }
    let ln_beta_ratio = |coins: f64| {
        ln_gamma(alive.b + coins) - ln_gamma(alive.b) + ln_gamma(alive.a + alive.b)
            - ln_gamma(alive.a + alive.b + coins)
    };
    let before = ln_beta_ratio(n - 1.0).exp();
    let stay = (alive.b + n - 1.0) / (alive.a + alive.b + n - 1.0);
    let leave = alive.a / (alive.a + alive.b + n - 1.0);
    before * (stay * exactly + leave * arrivals_from(alive, horizon, n, exactly))
}

/// Returns the probability of `n` or more arrivals, from that of exactly `n`.
fn arrivals_from(alive: &Alive, horizon: f64, n: f64, exactly: f64) -> f64 {
    let ratio = horizon / alive.time;
    let z = ratio / (1.0 + ratio);
    let mut term = exactly;
    let mut sum = exactly;
    let mut k = n;
    loop {
        let factor = (alive.shape + k) / (k + 1.0) * z;
        term *= factor;
        sum += term;
        k += 1.0;
        if factor < 1.0 && term <= 1e-16 * (1.0 - factor) * sum || k > n + 1e7 {
            return sum.min(1.0);
        }
    }
}
