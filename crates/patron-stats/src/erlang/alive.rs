//! What lies before a customer who is still there: stages to come, every k-th a purchase, a coin after each.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: indices are counters below the length, which the lines above set"
)]

use super::Alive;
use crate::beta_geometric::{coins_after, tails};
use crate::purchase::{Arrivals, MOST_PURCHASES, Prospects};
use crate::special::ln_gamma_change;

/// Halvings of a bracket of two in the logarithm of a time: what is left is below the rounding of a double.
const HALVINGS: usize = 60;

impl Alive {
    /// Returns how many purchases `stages` complete when `done` were done before.
    fn purchases(&self, done: u32, stages: usize) -> usize {
        (stages + done as usize) / self.stages as usize
    }

    /// Returns the probability of every number of purchases completed by someone who never leaves.
    fn completed(&self, horizon: f64) -> Vec<f64> {
        let mut completed = Vec::new();
        for (done, weight, arrivals) in self.by_stages_done() {
            let arrivals = arrivals.probabilities(horizon);
            let most = self.purchases(done, arrivals.len() - 1);
            if completed.len() <= most {
                completed.resize(most + 1, 0.0);
            }
            for (stages, probability) in arrivals.iter().enumerate() {
                completed[self.purchases(done, stages)] += weight * probability;
            }
        }
        completed
    }

    /// Returns the probability of still being there after each number of purchases.
    pub(super) fn stays(&self) -> impl Iterator<Item = f64> {
        let (a, b) = (self.a, self.b);
        let mut stayed = 1.0;
        (0..).map(move |n| {
            let before = stayed;
            stayed *= (b + f64::from(n)) / (a + b + f64::from(n));
            before
        })
    }

    /// Returns the expected purchases within `horizon`: `Σ_{n≥1} B(a, b′ + n − 1)/B(a, b′) · P(n purchases completed)`.
    pub(super) fn expected(&self, horizon: f64) -> f64 {
        if horizon == 0.0 {
            return 0.0;
        }
        let at_least = tails(&self.completed(horizon), 0.0);
        let terms = at_least.iter().skip(1).zip(self.stays());
        terms.map(|(at_least, stayed)| at_least * stayed).sum()
    }

    /// Returns the probability that the next purchase takes longer than `time`.
    fn none_by(&self, time: f64) -> f64 {
        let fewer = |(done, weight, arrivals): (u32, f64, Arrivals)| {
            let ratio = time / arrivals.time;
            let z = ratio / (1.0 + ratio);
            let mut term = (-arrivals.shape * ratio.ln_1p()).exp();
            let mut sum = 0.0;
            for n in 0..self.stages - done {
                sum += term;
                term *= (arrivals.shape + f64::from(n)) / (f64::from(n) + 1.0) * z;
            }
            weight * sum
        };
        self.by_stages_done().map(fewer).sum()
    }
}

/// Returns `P(at least n arrivals)` within `horizon`.
fn at_least(arrivals: &Arrivals, horizon: f64, n: u32) -> f64 {
    match n {
        0 => 1.0,
        1 => arrivals.any(horizon),
        _ => {
            let n = f64::from(n);
            arrivals.at_least(horizon, n, arrivals.ln_probability(horizon, n).exp())
        }
    }
}

impl Prospects for Alive {
    fn alive_after(&self, time: f64) -> f64 {
        if time == 0.0 {
            return 1.0;
        }
        let completed = self.completed(time);
        let terms = completed.iter().zip(self.stays());
        terms.map(|(completed, stayed)| completed * stayed).sum()
    }

    fn expected_between(&self, from: f64, to: f64) -> f64 {
        self.expected(to) - self.expected(from)
    }

    /// Over all stages m done by `from`: there still, and the stages lacking for a purchase done by `to`, when
    /// `λ ~ Gamma(R + j + m, A + from)`.
    fn any_between(&self, from: f64, to: f64) -> f64 {
        let length = to - from;
        if length == 0.0 {
            return 0.0;
        }
        let lacking = |stages: u32| self.stages - stages % self.stages;
        let mut sum = 0.0;
        for (done, weight, arrivals) in self.by_stages_done() {
            if from == 0.0 {
                sum += weight * at_least(&arrivals, length, lacking(done));
                continue;
            }
            let stays: Vec<f64> = self.stays().take(MOST_PURCHASES + 1).collect();
            let by_then = arrivals.probabilities(from);
            for ((m, probability), stages) in by_then.iter().enumerate().zip(done..) {
                let later = Arrivals {
                    shape: arrivals.shape + m as f64,
                    time: arrivals.time + from,
                };
                let there = stays[self.purchases(done, m)] * probability;
                sum += weight * there * at_least(&later, length, lacking(stages));
            }
        }
        sum
    }

    /// Who is there leaves only after a purchase.
    fn any_ever(&self) -> f64 {
        1.0
    }

    fn time_to_next_purchase(&self, level: f64) -> Option<f64> {
        if self.stages == 1 {
            return Some(self.none_done.first_quantile(level));
        }
        if level == 0.0 {
            return Some(0.0);
        }
        // A purchase takes at least one stage, and none has a higher rate than with all of them done.
        let fastest = Arrivals {
            shape: self.none_done.shape + f64::from(self.stages),
            time: self.none_done.time,
        };
        let mut low = fastest.first_quantile(level);
        while self.none_by(2.0 * low) > 1.0 - level {
            low *= 2.0;
            if low > f64::MAX / 4.0 {
                return Some(low);
            }
        }
        let mut high = 2.0 * low;
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if self.none_by(middle) > 1.0 - level {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(0.5 * (low + high))
    }

    fn probability_of_count(&self, horizon: f64, purchases: u32) -> f64 {
        if horizon == 0.0 {
            return f64::from(u8::from(purchases == 0));
        }
        if purchases == 0 {
            return self.none_by(horizon);
        }
        let coins = f64::from(purchases - 1);
        let before =
            (ln_gamma_change(self.b, coins) - ln_gamma_change(self.a + self.b, coins)).exp();
        let stay = (self.b + coins) / (self.a + self.b + coins);
        let leave = self.a / (self.a + self.b + coins);
        let of = |(done, weight, arrivals): (u32, f64, Arrivals)| {
            let first = f64::from(purchases) * f64::from(self.stages) - f64::from(done);
            let probability = |n: f64| arrivals.ln_probability(horizon, n).exp();
            let exactly: f64 = (0..self.stages)
                .map(|more| probability(first + f64::from(more)))
                .sum();
            let more = arrivals.at_least(horizon, first, probability(first));
            weight * (stay * exactly + leave * more)
        };
        before * self.by_stages_done().map(of).sum::<f64>()
    }

    fn counts(&self, horizon: f64) -> Vec<f64> {
        if horizon == 0.0 {
            return vec![1.0];
        }
        coins_after(self.completed(horizon), self.a, self.b, 0.0)
    }
}
