//! How many customers stay for how long, with first and second derivatives in (a, b, c).
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: indices up to three into arrays of three"
)]

use super::ContractHistory;
use crate::optimise::Evaluation;
use crate::special::{digamma, ln_gamma_change, trigamma};

/// The shares of customers who stay: `S(t) = B(a, b + t^c)/B(a, b)`.
///
/// A customer with probability θ stays for t renewals with `(1 − θ)^(t^c)`; θ ~ Beta(a, b).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Staying {
    pub(crate) a: f64,
    pub(crate) b: f64,
    pub(crate) c: f64,
}

impl Staying {
    /// Returns t^c: what t renewals count for.
    pub(super) fn stretched(&self, renewals: u32) -> f64 {
        f64::from(renewals).powf(self.c)
    }

    /// Returns `ln S(t)`.
    pub(super) fn ln_survival(&self, renewals: u32) -> f64 {
        let Self { a, b, .. } = *self;
        ln_gamma_change(b, a) - ln_gamma_change(b + self.stretched(renewals), a)
    }

    /// Returns the probability of leaving at renewal t, if there before it: `1 − S(t)/S(t − 1)`.
    pub(crate) fn leaves_at(&self, renewal: u32) -> f64 {
        let before = self.ln_survival(renewal.saturating_sub(1));
        -(self.ln_survival(renewal) - before).exp_m1()
    }

    /// Returns `ln S(t)` with its derivatives:
    ///
    /// ```text
    /// ln S = ln Γ(b + u) − ln Γ(b) + ln Γ(a + b) − ln Γ(a + b + u)      u = t^c,  du/dc = u·ln t
    /// ```
    fn survival(&self, renewals: u32) -> Evaluation<3> {
        let mut at = Evaluation::ZERO;
        if renewals == 0 {
            return at;
        }
        let Self { a, b, .. } = *self;
        let u = self.stretched(renewals);
        let ln_t = f64::from(renewals).ln();
        let (slope, bend) = (u * ln_t, u * ln_t * ln_t);
        let of_total = digamma(a + b) - digamma(a + b + u);
        let of_total_second = trigamma(a + b) - trigamma(a + b + u);
        let of_time = digamma(b + u) - digamma(a + b + u);
        let of_time_second = trigamma(b + u) - trigamma(a + b + u);
        at.value = self.ln_survival(renewals);
        at.gradient = [
            of_total,
            digamma(b + u) - digamma(b) + of_total,
            of_time * slope,
        ];
        at.hessian[0] = [
            of_total_second,
            of_total_second,
            -trigamma(a + b + u) * slope,
        ];
        at.hessian[1][1] = trigamma(b + u) - trigamma(b) + of_total_second;
        at.hessian[1][2] = of_time_second * slope;
        at.hessian[2][2] = of_time_second * slope * slope + of_time * bend;
        at
    }

    /// Returns the logarithm of a history's probability with its derivatives, the upper triangle of the Hessian only.
    ///
    /// Who left at t:
    ///
    /// ```text
    /// ln P = ln S(t − 1) + ln(1 − e^Δ)              Δ = ln S(t) − ln S(t − 1)
    /// ∇    = ∇ln S(t − 1) − w·∇Δ                    w = 1/(e^−Δ − 1)
    /// ∇²   = ∇²ln S(t − 1) − w·∇²Δ − w·(1 + w)·∇Δ∇Δᵀ
    /// ```
    pub(super) fn ln_probability(&self, history: ContractHistory) -> Evaluation<3> {
        let renewals = history.renewals();
        let now = self.survival(renewals);
        if !history.left() {
            return now;
        }
        let mut at = self.survival(renewals - 1);
        let change = now.value - at.value;
        let weight = 1.0 / (-change).exp_m1();
        let slope: [f64; 3] = std::array::from_fn(|i| now.gradient[i] - at.gradient[i]);
        at.value += (-change.exp_m1()).ln();
        for i in 0..3 {
            at.gradient[i] -= weight * slope[i];
            for j in i..3 {
                let bend = now.hessian[i][j] - at.hessian[i][j];
                at.hessian[i][j] -= weight * bend + weight * (1.0 + weight) * slope[i] * slope[j];
            }
        }
        at
    }
}
