//! Log-likelihood of Pareto/NBD with exact gradient and Hessian in (r, α, s, β).
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: constant indices into arrays of four"
)]

use super::Pareto;
use super::departures::Departure;
use crate::history::{History, WeightedHistories};
use crate::optimise::Evaluation;
use crate::purchase::Rising;
use crate::ways::Ways;

impl Pareto {
    /// Returns the log-likelihood of all histories, sorted by x, with gradient and Hessian.
    pub(super) fn log_likelihood(&self, histories: &WeightedHistories) -> Evaluation<4> {
        let mut sum = Evaluation::ZERO;
        let mut rising = Rising::default();
        let mut customers = 0.0;
        for (history, count) in histories.entries() {
            rising.advance(self.r, history.repeat_purchases());
            let weight = *count as f64;
            customers += weight;
            sum.value += weight * rising.ln;
            sum.gradient[0] += weight * rising.first;
            sum.hessian[0][0] += weight * rising.second;
            self.add_ways(&mut sum, history, weight);
        }
        self.add_priors(&mut sum, customers);
        sum.mirror();
        sum
    }

    /// Adds `r·ln α + s·ln β` of every customer.
    fn add_priors(&self, sum: &mut Evaluation<4>, customers: f64) {
        for (shape, scale, power, time) in [(0, 1, self.r, self.alpha), (2, 3, self.s, self.beta)] {
            sum.value += customers * power * time.ln();
            sum.gradient[shape] += customers * time.ln();
            sum.gradient[scale] += customers * power / time;
            sum.hessian[shape][scale] += customers / time;
            sum.hessian[scale][scale] -= customers * power / (time * time);
        }
    }

    /// Adds the logarithm of the bracket of the likelihood.
    fn add_ways(&self, sum: &mut Evaluation<4>, history: &History, weight: f64) {
        let shape = self.r + f64::from(history.repeat_purchases());
        let purchasing = self.alpha + history.age();
        let leaving = self.beta + history.age();
        let of_living = [
            -purchasing.ln(),
            -shape / purchasing,
            -leaving.ln(),
            -self.s / leaving,
        ];
        let mut ways = Ways::NONE;
        let living = self.each_departure(history, |departure| {
            self.add_departure(&mut ways, shape, &of_living, departure);
        });
        ways.total += living.weight;
        ways.bend[0][1] -= living.weight / purchasing;
        ways.bend[1][1] += living.weight * shape / (purchasing * purchasing);
        ways.bend[2][3] -= living.weight / leaving;
        ways.bend[3][3] += living.weight * self.s / (leaving * leaving);
        ways.add_to(sum, living.reference, &of_living, weight);
    }

    fn add_departure(
        &self,
        ways: &mut Ways<4>,
        shape: f64,
        of_living: &[f64; 4],
        departure: &Departure,
    ) {
        let Departure {
            purchasing,
            ln_purchasing,
            leaving,
            ln_leaving,
            weight,
        } = *departure;
        let away = [
            -ln_purchasing - of_living[0],
            -shape / purchasing - of_living[1],
            1.0 / self.s - ln_leaving - of_living[2],
            -(self.s + 1.0) / leaving - of_living[3],
        ];
        ways.add(weight, &away);
        ways.bend[0][1] -= weight / purchasing;
        ways.bend[1][1] += weight * shape / (purchasing * purchasing);
        ways.bend[2][2] -= weight / (self.s * self.s);
        ways.bend[2][3] -= weight / leaving;
        ways.bend[3][3] += weight * (self.s + 1.0) / (leaving * leaving);
    }
}
