//! What lies before a customer who is still there: sums over time, but for the probability of staying.

use super::next_purchase::FirstPurchase;
use super::{Alive, counts};
use crate::purchase::Prospects;

impl Alive {
    /// What will be known of a customer who is still there after `time`: of λ as much as now.
    fn later(&self, time: f64) -> Self {
        Self {
            lifetime: self.lifetime.after(time),
            ..*self
        }
    }
}

impl Prospects for Alive {
    fn alive_after(&self, time: f64) -> f64 {
        self.lifetime.stays(time)
    }

    fn expected_between(&self, from: f64, to: f64) -> f64 {
        let time = self.lifetime.after(from).time_as_customer(to - from, 0.0);
        self.arrivals.rate() * self.lifetime.stays(from) * time
    }

    fn any_between(&self, from: f64, to: f64) -> f64 {
        self.lifetime.stays(from) * FirstPurchase::of(&self.later(from)).by(to - from)
    }

    fn any_ever(&self) -> f64 {
        FirstPurchase::of(self).by(f64::INFINITY)
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
