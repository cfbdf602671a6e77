//! Log-likelihood of Pareto/NBD with exact gradient and Hessian in (r, α, s, β).
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "numeric kernel: indices up to four into arrays of four"
)]

use super::Pareto;
use super::departures::{Departure, Living};
use crate::history::{History, WeightedHistories};
use crate::matrix::Square;
use crate::optimise::Evaluation;
use crate::purchase::Rising;

/// Sums over the ways a history can have come about, whose logarithms are `fᵢ`; `dᵢ = ∇fᵢ − ∇f₀`, 0 the living.
struct Sums {
    total: f64,
    /// `Σ wᵢ·dᵢ`.
    first: [f64; 4],
    /// `Σ wᵢ·dᵢ·dᵢᵀ`, upper triangle.
    second: Square<4>,
    /// `Σ wᵢ·∇²fᵢ`, upper triangle.
    bend: Square<4>,
}

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

    /// Adds the derivatives of `ln Σ e^fᵢ`, as means over the ways:
    ///
    /// ```text
    /// ∇ = E[∇f]        ∇² = E[∇²f] + Cov[∇f]
    /// ```
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
        let mut sums = Sums::ZERO;
        let living = self.each_departure(history, |departure| {
            sums.add(self, shape, &of_living, departure);
        });
        sums.add_living(self.s, shape, (purchasing, leaving), &living);
        sum.value += weight * (living.reference + sums.total.ln());
        for i in 0..4 {
            let mean = sums.first[i] / sums.total;
            sum.gradient[i] += weight * (of_living[i] + mean);
            for j in i..4 {
                let square = (sums.bend[i][j] + sums.second[i][j]) / sums.total;
                sum.hessian[i][j] += weight * (square - mean * (sums.first[j] / sums.total));
            }
        }
    }
}

impl Sums {
    const ZERO: Self = Self {
        total: 0.0,
        first: [0.0; 4],
        second: [[0.0; 4]; 4],
        bend: [[0.0; 4]; 4],
    };

    fn add(&mut self, law: &Pareto, shape: f64, of_living: &[f64; 4], departure: &Departure) {
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
            1.0 / law.s - ln_leaving - of_living[2],
            -(law.s + 1.0) / leaving - of_living[3],
        ];
        self.total += weight;
        for i in 0..4 {
            self.first[i] += weight * away[i];
            for j in i..4 {
                self.second[i][j] += weight * away[i] * away[j];
            }
        }
        self.bend[0][1] -= weight / purchasing;
        self.bend[1][1] += weight * shape / (purchasing * purchasing);
        self.bend[2][2] -= weight / (law.s * law.s);
        self.bend[2][3] -= weight / leaving;
        self.bend[3][3] += weight * (law.s + 1.0) / (leaving * leaving);
    }

    fn add_living(
        &mut self,
        s: f64,
        shape: f64,
        (purchasing, leaving): (f64, f64),
        living: &Living,
    ) {
        self.total += living.weight;
        self.bend[0][1] -= living.weight / purchasing;
        self.bend[1][1] += living.weight * shape / (purchasing * purchasing);
        self.bend[2][3] -= living.weight / leaving;
        self.bend[3][3] += living.weight * s / (leaving * leaving);
    }
}
