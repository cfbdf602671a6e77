//! Over which times of leaving must be summed, and how finely.

use super::Pareto;
use crate::history::History;
use crate::quadrature::each_node;

/// A panel ends where the integrand has fallen by this many logarithms at most.
const STEEPEST: f64 = 8.0;

/// A panel is at most this many times as long as its beginning is away from the nearest pole. With sixteen nodes both
/// bounds leave an error below 1e-14 of the panel's largest value.
const FARTHEST: f64 = 3.0;

/// Nothing is left of an integrand that has fallen by this many logarithms.
const NEGLIGIBLE: f64 = 45.0;

/// A falling function of time: `e^−δτ · Π (c + τ)^−k`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Falling<const P: usize> {
    /// (c, k) of each power.
    pub(super) powers: [(f64, f64); P],
    /// δ.
    pub(super) rate: f64,
}

impl<const P: usize> Falling<P> {
    /// Calls `visit` with the nodes and weights of panels that cover `[from, to]`, or what matters of it.
    pub(super) fn each_node(&self, from: f64, to: f64, mut visit: impl FnMut(f64, f64)) {
        let mut low = from;
        let mut fallen = 0.0;
        while low < to && fallen < NEGLIGIBLE {
            let slope = |(offset, power): &(f64, f64)| power / (offset + low);
            let steepness = self.rate + self.powers.iter().map(slope).sum::<f64>();
            let nearest = self
                .powers
                .iter()
                .fold(f64::INFINITY, |near, (offset, _)| near.min(offset + low));
            let high = (low + (STEEPEST / steepness).min(FARTHEST * nearest)).min(to);
            if high <= low {
                return;
            }
            each_node(low, high, &mut visit);
            let change =
                |(offset, power): &(f64, f64)| power * ((high - low) / (offset + low)).ln_1p();
            fallen += self.rate * (high - low) + self.powers.iter().map(change).sum::<f64>();
            low = high;
        }
    }
}

/// One time of leaving, with what all sums over it need.
#[derive(Debug, Clone, Copy)]
pub(super) struct Departure {
    /// α + τ and its logarithm.
    pub(super) purchasing: f64,
    pub(super) ln_purchasing: f64,
    /// β + τ and its logarithm.
    pub(super) leaving: f64,
    pub(super) ln_leaving: f64,
    /// Likelihood of having left then, relative to `e^reference`.
    pub(super) weight: f64,
}

/// The way of the living beside those of the departed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Living {
    /// Logarithm that all weights are relative to: the larger of the living's and the first departed's.
    pub(super) reference: f64,
    /// Likelihood of being still there, relative to `e^reference`.
    pub(super) weight: f64,
}

impl Pareto {
    /// Calls `visit` for the times of leaving after the last purchase; returns the way of the living.
    ///
    /// ```text
    /// living      (α + T)^−(r+x) · (β + T)^−s
    /// departed    s · (α + τ)^−(r+x) · (β + τ)^−(s+1) dτ      t < τ ≤ T
    /// ```
    pub(super) fn each_departure(
        &self,
        history: &History,
        mut visit: impl FnMut(&Departure),
    ) -> Living {
        let Self { alpha, s, beta, .. } = *self;
        let shape = self.r + f64::from(history.repeat_purchases());
        let (since, until) = (history.recency(), history.age());
        let ln_living = -shape * (alpha + until).ln() - s * (beta + until).ln();
        let ln_s = s.ln();
        let ln_departed = |ln_purchasing: f64, ln_leaving: f64| {
            ln_s - shape * ln_purchasing - (s + 1.0) * ln_leaving
        };
        let reference = ln_living.max(ln_departed((alpha + since).ln(), (beta + since).ln()));
        let falling = Falling {
            powers: [(alpha, shape), (beta, s + 1.0)],
            rate: 0.0,
        };
        falling.each_node(since, until, |time, length| {
            let (purchasing, leaving) = (alpha + time, beta + time);
            let (ln_purchasing, ln_leaving) = (purchasing.ln(), leaving.ln());
            let relative = (ln_departed(ln_purchasing, ln_leaving) - reference).exp();
            visit(&Departure {
                purchasing,
                ln_purchasing,
                leaving,
                ln_leaving,
                weight: length * relative,
            });
        });
        Living {
            reference,
            weight: (ln_living - reference).exp(),
        }
    }
}
