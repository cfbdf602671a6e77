//! Log-likelihood of GGom/NBD with exact gradient and Hessian in (r, α, b, s, β).

use super::Ggom;
use super::lifetime::Moment;
use crate::history::{History, WeightedHistories};
use crate::matrix::Square;
use crate::optimise::Evaluation;
use crate::ways::{Ways, add_gamma_constant, over_histories};

/// One way a history can have come about, in logarithms:
///
/// ```text
/// still there     f = −R·ln(α + T) − s·ln(D/β)                                D = β + e^(bτ) − 1
/// left at τ       f = −R·ln(α + τ) − s·ln(D/β) + ln s + ln b + bτ − ln D
/// ```
struct Way {
    time: f64,
    /// α + τ and its logarithm.
    purchasing: f64,
    ln_purchasing: f64,
    at: Moment,
    /// 1 for having left, 0 for being still there.
    left: f64,
}

impl Ggom {
    /// Returns the log-likelihood of all histories, sorted by x, with gradient and Hessian.
    pub(super) fn log_likelihood(&self, histories: &WeightedHistories) -> Evaluation<5> {
        let (mut sum, customers) = over_histories(self.r, histories, |sum, history, weight| {
            self.add_ways(sum, history, weight);
        });
        add_gamma_constant(&mut sum, [0, 1], self.r, self.alpha, customers);
        sum.mirror();
        sum
    }

    /// Adds the logarithm of the bracket of the likelihood.
    fn add_ways(&self, sum: &mut Evaluation<5>, history: &History, customers: f64) {
        let shape = self.r + f64::from(history.repeat_purchases());
        let purchasing = self.alpha + history.age();
        let there = Way {
            time: history.age(),
            purchasing,
            ln_purchasing: purchasing.ln(),
            at: self.lifetime.at(history.age()),
            left: 0.0,
        };
        let of_living = self.slopes(shape, &there);
        let mut ways = Ways::NONE;
        let living = self.each_departure(history, |departure| {
            let way = Way {
                time: departure.time,
                purchasing: departure.purchasing,
                ln_purchasing: departure.ln_purchasing,
                at: departure.leaving,
                left: 1.0,
            };
            let mut away = self.slopes(shape, &way);
            for (away, base) in away.iter_mut().zip(&of_living) {
                *away -= base;
            }
            ways.add(departure.weight, &away);
            self.add_bend(&mut ways.bend, shape, &way, departure.weight);
        });
        ways.total += living.weight;
        self.add_bend(&mut ways.bend, shape, &there, living.weight);
        ways.add_to(sum, living.reference, &of_living, customers);
    }

    /// Returns the first derivatives of f.
    fn slopes(&self, shape: f64, way: &Way) -> [f64; 5] {
        let Way { time, at, left, .. } = way;
        let (b, s, beta) = (self.lifetime.b, self.lifetime.s, self.lifetime.beta);
        [
            -way.ln_purchasing,
            -shape / way.purchasing,
            left * (1.0 / b + time) - (s + left) * time / at.beta,
            left / s - at.ln_growth,
            s * (at.past / at.beta) / beta - left * at.rest / at.beta,
        ]
    }

    /// Adds the second derivatives of f, upper triangle.
    fn add_bend(&self, bend: &mut Square<5>, shape: f64, way: &Way, weight: f64) {
        let Way { time, at, left, .. } = way;
        let (b, s, beta) = (self.lifetime.b, self.lifetime.s, self.lifetime.beta);
        // e^(bτ)/D, 1/D and (D − β)/(D·β).
        let pace = 1.0 / at.beta;
        let open = at.rest / at.beta;
        let gone = at.past / at.beta / beta;
        bend[0][1] -= weight / way.purchasing;
        bend[1][1] += weight * (shape / way.purchasing) / way.purchasing;
        let slowing = (beta - 1.0) * open;
        bend[2][2] -= weight * (left / (b * b) + (s + left) * time * pace * (time * slowing));
        bend[2][3] -= weight * time * pace;
        bend[2][4] += weight * (s + left) * time * pace * open;
        bend[3][3] -= weight * left / (s * s);
        bend[3][4] += weight * gone;
        bend[4][4] += weight * (left * open * open - s * gone * (1.0 / beta + open));
    }
}
