//! Log-likelihood of BG/CNBD-k and MBG/CNBD-k with exact gradient and Hessian in (r, α, a, b).
//!
//! ```text
//! L = Γ(R)·α^r / Γ(r) · B(a, b + n)/B(a, b)                                              R = r + k·x
//!     · [ Σ_{j<k} Γ(R + j)/(Γ(R)·j!) · (T − t)^j · (α + T)^−(R + j)  +  (n > 0) a/(b + n − 1)·(α + t)^−R ]
//! ```
//!
//! n are the coins survived. What the times between purchases add depends on k alone and is added by the fit.

use super::{Alive, Erlang};
use crate::beta_geometric::{RisingBeta, add_rising};
use crate::history::{History, WeightedHistories};
use crate::optimise::Evaluation;
use crate::purchase::{Arrivals, Rising};
use crate::regularity::MOST_STAGES;
use crate::ways::Ways;

impl Erlang {
    /// Returns r + k·x and α + T.
    fn none_done(&self, history: &History) -> Arrivals {
        Arrivals {
            shape: self.base.r
                + f64::from(self.stages.get()) * f64::from(history.repeat_purchases()),
            time: self.base.alpha + history.age(),
        }
    }

    /// Returns the weights of j stages done, relative to that of none, and their sum.
    ///
    /// ```text
    /// Γ(R + j)/(Γ(R)·j!) · ((T − t)/(α + T))^j
    /// ```
    fn stages_done(&self, history: &History) -> ([f64; MOST_STAGES as usize], f64) {
        let Arrivals { shape, time } = self.none_done(history);
        let silence = (history.age() - history.recency()) / time;
        let mut weights = [0.0; MOST_STAGES as usize];
        let (mut weight, mut sum) = (1.0, 0.0);
        for (j, slot) in (0..self.stages.get()).zip(&mut weights) {
            let j = f64::from(j);
            *slot = weight;
            sum += weight;
            weight *= (shape + j) / (j + 1.0) * silence;
        }
        (weights, sum)
    }

    /// Returns the logarithm of the odds of having left against being there with no stage done; −∞ without a coin.
    fn ln_left(&self, history: &History) -> f64 {
        let survivals = self.base.survivals(history.repeat_purchases());
        if survivals == 0 {
            return f64::NEG_INFINITY;
        }
        let stay = self.base.b + f64::from(survivals - 1);
        let since = self.base.alpha + history.recency();
        let silence = (history.age() - history.recency()) / since;
        (self.base.a / stay).ln() + self.none_done(history).shape * silence.ln_1p()
    }

    /// Returns the probability that the customer has not left by the end of observation.
    pub(super) fn alive(&self, history: &History) -> f64 {
        let (_, there) = self.stages_done(history);
        1.0 / (1.0 + (self.ln_left(history) - there.ln()).exp())
    }

    pub(super) fn given_alive(&self, history: &History) -> Alive {
        let (weights, sum) = self.stages_done(history);
        Alive {
            stages: self.stages.get(),
            none_done: self.none_done(history),
            done: weights.map(|weight| weight / sum),
            a: self.base.a,
            b: self.base.b + f64::from(self.base.survivals(history.repeat_purchases())),
        }
    }

    /// Returns the log-likelihood of all histories, sorted by x, with gradient and Hessian.
    pub(super) fn log_likelihood(&self, histories: &WeightedHistories) -> Evaluation<4> {
        let mut sum = Evaluation::ZERO;
        let mut gamma = Rising::default();
        let mut beta = RisingBeta::default();
        let mut customers = 0.0;
        for (history, count) in histories.entries() {
            let repeat_purchases = history.repeat_purchases();
            gamma.advance(
                self.base.r,
                repeat_purchases.saturating_mul(self.stages.get()),
            );
            beta.advance(&self.base, self.base.survivals(repeat_purchases));
            let weight = *count as f64;
            customers += weight;
            sum.value += weight * (gamma.ln + beta.ln_beta);
            add_rising(&mut sum, &gamma, &beta, weight);
            self.add_ways(&mut sum, history, weight);
        }
        self.base.add_prior_rate(&mut sum, customers);
        sum.mirror();
        sum
    }

    /// Adds the logarithm of the bracket of L: ways relative to being there with no stage done.
    fn add_ways(&self, sum: &mut Evaluation<4>, history: &History, customers: f64) {
        let Arrivals { shape, time } = self.none_done(history);
        let (weights, there) = self.stages_done(history);
        let ln_left = self.ln_left(history);
        let ln_largest = there.ln().max(ln_left);
        let scale = (-ln_largest).exp();
        let mut ways = Ways::NONE;
        let (mut first, mut second) = (0.0, 0.0);
        for (j, weight) in (0..self.stages.get()).zip(weights) {
            let done = f64::from(j);
            let weight = weight * scale;
            ways.add(weight, &[first, -done / time, 0.0, 0.0]);
            ways.bend[0][0] += weight * second;
            ways.bend[0][1] -= weight / time;
            ways.bend[1][1] += weight * ((shape + done) / time) / time;
            first += 1.0 / (shape + done);
            second -= 1.0 / ((shape + done) * (shape + done));
        }
        if ln_left > f64::NEG_INFINITY {
            let weight = (ln_left - ln_largest).exp();
            self.add_left(&mut ways, history, weight);
        }
        let ln_reference = ln_largest - shape * time.ln();
        let of_base = [-time.ln(), -shape / time, 0.0, 0.0];
        ways.add_to(sum, ln_reference, &of_base, customers);
    }

    /// Adds the way of having left with the last purchase.
    fn add_left(&self, ways: &mut Ways<4>, history: &History, weight: f64) {
        let Arrivals { shape, time } = self.none_done(history);
        let since = self.base.alpha + history.recency();
        let stay = self.base.b + f64::from(self.base.survivals(history.repeat_purchases()) - 1);
        let away = [
            ((time - since) / since).ln_1p(),
            shape / time - shape / since,
            1.0 / self.base.a,
            -1.0 / stay,
        ];
        ways.add(weight, &away);
        ways.bend[0][1] -= weight / since;
        ways.bend[1][1] += weight * (shape / since) / since;
        ways.bend[2][2] -= weight / (self.base.a * self.base.a);
        ways.bend[3][3] += weight / (stay * stay);
    }
}
