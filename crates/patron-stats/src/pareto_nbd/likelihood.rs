//! Log-likelihood of Pareto/NBD with exact gradient and Hessian in (r, α, s, β).

use super::Pareto;
use super::departures::Departure;
use crate::history::{History, WeightedHistories};
use crate::optimise::Evaluation;
use crate::ways::{Ways, add_gamma_constant, over_histories};

impl Pareto {
    /// Returns the log-likelihood of all histories, sorted by x, with gradient and Hessian.
    pub(super) fn log_likelihood(&self, histories: &WeightedHistories) -> Evaluation<4> {
        let (mut sum, customers) = over_histories(self.r, histories, |sum, history, weight| {
            self.add_ways(sum, history, weight);
        });
        add_gamma_constant(&mut sum, [0, 1], self.r, self.alpha, customers);
        add_gamma_constant(&mut sum, [2, 3], self.s, self.beta, customers);
        sum.mirror();
        sum
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
