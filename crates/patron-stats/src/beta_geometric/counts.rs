//! The number of purchases of someone who is still there and throws a coin after each.
//!
//! N ≥ n exactly when n purchases would arrive and the first n − 1 coins let stay:
//!
//! ```text
//! P(N ≥ n | alive) = B(a, b′ + n − 1)/B(a, b′) · P(NegBin(R, t/(A + t)) ≥ n)
//! ```
//!
//! Only sums and products of positive terms.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: indices are loop counters over vectors of known length"
)]

use super::Alive;
use crate::purchase::MOST_PURCHASES;
use crate::special::ln_gamma_change;

/// Returns `P(N = n | alive)` for every n that matters.
pub(super) fn given_alive(alive: &Alive, horizon: f64) -> Vec<f64> {
    if horizon == 0.0 {
        return vec![1.0];
    }
    let arrivals = alive.arrivals.probabilities(horizon);
    // Only a distribution that was cut off at MOST_PURCHASES has something left to put at its end.
    let beyond = if arrivals.len() > MOST_PURCHASES {
        (1.0 - arrivals.iter().sum::<f64>()).max(0.0)
    } else {
        0.0
    };
    coins_after(arrivals, alive.a, alive.b, beyond)
}

/// Turns probabilities of arrivals, `beyond` of them left out at the end, into those of purchases.
pub(crate) fn coins_after(arrivals: Vec<f64>, a: f64, b: f64, beyond: f64) -> Vec<f64> {
    let mut probabilities = arrivals;
    let tails = tails(&probabilities, beyond);
    let mut stayed = 1.0;
    for (n, probability) in probabilities.iter_mut().enumerate() {
        let before = stayed;
        if n > 0 {
            let coins = n as f64 - 1.0;
            stayed *= (b + coins) / (a + b + coins);
        }
        // Still there after the n-th coin and no further arrival, or left at the n-th coin.
        *probability = stayed * *probability + (before - stayed) * tails[n];
    }
    probabilities
}

/// Returns `P(arrivals ≥ n)` for every n, summed from the far end so that each is a sum of positive terms.
pub(crate) fn tails(arrivals: &[f64], beyond: f64) -> Vec<f64> {
    let mut tail = beyond;
    let mut tails = vec![0.0; arrivals.len()];
    for (n, exactly) in arrivals.iter().enumerate().rev() {
        tail += exactly;
        tails[n] = tail;
    }
    tails
}

/// Returns `P(N = n | alive)` for one n, exact relative to itself however small it is.
pub(super) fn one_given_alive(alive: &Alive, horizon: f64, purchases: u32) -> f64 {
    let n = f64::from(purchases);
    if horizon == 0.0 {
        return f64::from(u8::from(purchases == 0));
    }
    let exactly = alive.arrivals.ln_probability(horizon, n).exp();
    if purchases == 0 {
        return exactly;
    }
    let ln_beta_ratio =
        |coins: f64| ln_gamma_change(alive.b, coins) - ln_gamma_change(alive.a + alive.b, coins);
    let before = ln_beta_ratio(n - 1.0).exp();
    let stay = (alive.b + n - 1.0) / (alive.a + alive.b + n - 1.0);
    let leave = alive.a / (alive.a + alive.b + n - 1.0);
    let more = alive.arrivals.at_least(horizon, n, exactly);
    before * (stay * exactly + leave * more)
}
