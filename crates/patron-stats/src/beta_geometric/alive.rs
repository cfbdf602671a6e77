//! What lies before a customer who is still there.
//!
//! Given p, purchases that end the relation are a part p of all arrivals, so that being there at `t` has the mean
//! `E_λ[e^−λpt] = (A/(A + p·t))^R`. Each answer is the mean of such a power over p.

use super::{Alive, counts};
use crate::mixture::BetaMixture;
use crate::purchase::Prospects;

impl Alive {
    /// A mixture over p for functions of `p·time/A` raised to the power −R.
    fn mixture(&self, time: f64) -> BetaMixture {
        let shape = self.arrivals.shape;
        let least = 1.0 / (1.0 + shape * time / self.arrivals.time);
        BetaMixture::new(self.a, self.b, least, shape)
    }

    /// Returns `(A/(A + p·time))^R`.
    fn stays(&self, p: f64, time: f64) -> f64 {
        (-self.arrivals.shape * (p * time / self.arrivals.time).ln_1p()).exp()
    }
}

impl Prospects for Alive {
    fn alive_after(&self, time: f64) -> f64 {
        self.mixture(time).mean(1.0, |p| self.stays(p, time))
    }

    /// ```text
    /// E_p[ ((1 + p·from/A)^−R − (1 + p·to/A)^−R) / p ]
    /// ```
    ///
    /// The integrand is smooth at p = 0 and nothing is divided by a − 1, so a = 1 is no special case.
    fn expected_between(&self, from: f64, to: f64) -> f64 {
        let (shape, time) = (self.arrivals.shape, self.arrivals.time);
        let length = to - from;
        if length == 0.0 {
            return 0.0;
        }
        self.mixture(to).mean(self.arrivals.rate() * length, |p| {
            let change = (p * length / (time + p * from)).ln_1p();
            -self.stays(p, from) * (-shape * change).exp_m1() / p
        })
    }

    /// ```text
    /// E_p[ (A/(A + p·from))^R − (A/(A + p·from + to − from))^R ]
    /// ```
    fn any_between(&self, from: f64, to: f64) -> f64 {
        if from == 0.0 {
            return self.arrivals.any(to);
        }
        let (shape, time) = (self.arrivals.shape, self.arrivals.time);
        let length = to - from;
        self.mixture(to).mean(self.arrivals.any(length), |p| {
            let change = (length / (time + p * from)).ln_1p();
            -self.stays(p, from) * (-shape * change).exp_m1()
        })
    }

    /// Who is there leaves only after a purchase.
    fn any_ever(&self) -> f64 {
        1.0
    }

    fn time_to_next_purchase(&self, level: f64) -> Option<f64> {
        Some(self.arrivals.first_quantile(level))
    }

    fn probability_of_count(&self, horizon: f64, purchases: u32) -> f64 {
        counts::one_given_alive(self, horizon, purchases)
    }

    fn counts(&self, horizon: f64) -> Vec<f64> {
        counts::given_alive(self, horizon)
    }
}
