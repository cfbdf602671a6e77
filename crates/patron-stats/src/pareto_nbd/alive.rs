//! What lies before a customer who is still there: closed forms, but for the first purchase and the counts.

use super::departures::Falling;
use super::next_purchase::FirstPurchase;
use super::{Alive, counts};
use crate::purchase::Prospects;

impl Alive {
    /// Returns the probability of staying for `time`: `(B/(B + t))^s`.
    pub(super) fn stays(&self, time: f64) -> f64 {
        (-self.shape * (time / self.time).ln_1p()).exp()
    }

    /// What will be known of a customer who is still there after `time`: of λ as much as now.
    fn later(&self, time: f64) -> Self {
        Self {
            time: self.time + time,
            ..*self
        }
    }

    /// Returns the expected time spent as a customer within `time` from now:
    ///
    /// ```text
    /// ∫₀^t (B/(B + u))^s du = B·ℓ·(e^k − 1)/k        ℓ = ln(1 + t/B),  k = (1 − s)·ℓ
    /// ```
    ///
    /// Nothing is divided by s − 1, so s = 1 is no special case.
    pub(super) fn time_as_customer(&self, time: f64) -> f64 {
        let growth = (time / self.time).ln_1p();
        let k = (1.0 - self.shape) * growth;
        let mean = if k == 0.0 { 1.0 } else { k.exp_m1() / k };
        self.time * growth * mean
    }

    /// The same without end: infinite for s ≤ 1.
    pub(super) fn time_as_customer_ever(&self) -> f64 {
        if self.shape > 1.0 {
            self.time / (self.shape - 1.0)
        } else {
            f64::INFINITY
        }
    }

    /// Returns the time as a customer within `horizon` and ever, each moment discounted at `rate` above 0.
    pub(super) fn discounted_time(&self, horizon: f64, rate: f64) -> (f64, f64) {
        let falling = Falling {
            powers: [(self.time, self.shape)],
            rate,
        };
        let between = |from: f64, to: f64| {
            let mut sum = 0.0;
            falling.each_node(from, to, |time, length| {
                sum += length * (-rate * time).exp() * self.stays(time);
            });
            sum
        };
        let within = between(0.0, horizon);
        (within, within + between(horizon, f64::INFINITY))
    }
}

impl Prospects for Alive {
    fn alive_after(&self, time: f64) -> f64 {
        self.stays(time)
    }

    fn expected_between(&self, from: f64, to: f64) -> f64 {
        let time = self.later(from).time_as_customer(to - from);
        self.arrivals.rate() * self.stays(from) * time
    }

    fn any_between(&self, from: f64, to: f64) -> f64 {
        self.stays(from) * FirstPurchase::of(&self.later(from)).by(to - from)
    }

    fn any_ever(&self) -> f64 {
        FirstPurchase::of(self).ever()
    }

    fn time_to_next_purchase(&self, level: f64) -> Option<f64> {
        FirstPurchase::of(self).quantile(level)
    }

    fn probability_of_count(&self, horizon: f64, purchases: u32) -> f64 {
        counts::one_given_alive(self, horizon, purchases)
    }

    fn counts(&self, horizon: f64) -> Vec<f64> {
        counts::given_alive(self, horizon)
    }
}
