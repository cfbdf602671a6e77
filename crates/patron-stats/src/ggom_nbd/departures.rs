//! Over which times of leaving must be summed.

use super::Ggom;
use super::lifetime::Moment;
use super::walk::Falling;
use crate::history::History;
use crate::quadrature::each_node;

/// A sum has ended when what may still come is below this share of it.
const REST: f64 = 1e-17;

/// One time of leaving, with what all sums over it need.
#[derive(Debug, Clone, Copy)]
pub(super) struct Departure {
    pub(super) time: f64,
    /// α + τ and its logarithm.
    pub(super) purchasing: f64,
    pub(super) ln_purchasing: f64,
    pub(super) leaving: Moment,
    /// Likelihood of having left then, relative to `e^reference`.
    pub(super) weight: f64,
}

/// The way of the living beside those of the departed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Living {
    /// Logarithm that all weights are relative to: about that of the largest.
    pub(super) reference: f64,
    /// Likelihood of being still there, relative to `e^reference`.
    pub(super) weight: f64,
    /// Likelihood of having left, relative to `e^reference`.
    pub(super) departed: f64,
}

/// The ways of one history to have come about.
struct Departures<'a> {
    law: &'a Ggom,
    /// R = r + x.
    shape: f64,
    since: f64,
    until: f64,
    falling: Falling,
}

impl Ggom {
    /// Calls `visit` for the times of leaving after the last purchase; returns the way of the living.
    ///
    /// ```text
    /// living      (α + T)^−(r+x) · S(T)
    /// departed    (α + τ)^−(r+x) · s·b/β(τ) · S(τ) dτ      t < τ ≤ T,  β(τ) = β·e^(−bτ) + 1 − e^(−bτ)
    /// ```
    pub(super) fn each_departure(
        &self,
        history: &History,
        mut visit: impl FnMut(&Departure),
    ) -> Living {
        let shape = self.r + f64::from(history.repeat_purchases());
        let departures = Departures {
            law: self,
            shape,
            since: history.recency(),
            until: history.age(),
            falling: Falling {
                lifetime: self.lifetime,
                power: (self.alpha, shape),
                rate: 0.0,
                leaving: true,
            },
        };
        let reference = departures.reference();
        let living = (departures.ln_there(history.age()) - reference).exp();
        let departed = departures.each_departure(reference, living, &mut visit);
        Living {
            reference,
            weight: living,
            departed,
        }
    }
}

impl Departures<'_> {
    /// Returns the logarithm of the likelihood of being there at `time`, with no purchase since.
    fn ln_there(&self, time: f64) -> f64 {
        let growth = self.law.lifetime.at(time).ln_growth;
        -self.shape * (self.law.alpha + time).ln() - self.law.lifetime.s * growth
    }

    /// Returns the logarithm of the density of leaving at `time`.
    fn ln_leaves(&self, time: f64) -> f64 {
        let hazard = self.law.lifetime.hazard(&self.law.lifetime.at(time));
        self.ln_there(time) + hazard.ln()
    }

    /// Returns the logarithm of the largest way, as far as the ends of the panels show.
    ///
    /// For β ≤ 1 the density of leaving falls. For β > 1 it may fall, as purchases fail to come, and rise again to the
    /// age of most leaving.
    fn reference(&self) -> f64 {
        let mut largest = self.ln_there(self.until).max(self.ln_leaves(self.since));
        if self.law.lifetime.beta <= 1.0 {
            return largest;
        }
        let mut low = self.since;
        while low < self.until {
            let high = self.falling.panel_end(low, self.until);
            // All who leave later are fewer than those who are there now.
            if high <= low || self.ln_there(high) < largest + REST.ln() {
                return largest;
            }
            largest = largest.max(self.ln_leaves(high));
            low = high;
        }
        largest
    }

    fn each_departure(
        &self,
        reference: f64,
        living: f64,
        visit: &mut impl FnMut(&Departure),
    ) -> f64 {
        let Ggom {
            alpha, lifetime, ..
        } = *self.law;
        let mut departed = 0.0;
        let mut low = self.since;
        while low < self.until {
            let high = self.falling.panel_end(low, self.until);
            each_node(low, high, |time, length| {
                let purchasing = alpha + time;
                let ln_purchasing = purchasing.ln();
                let leaving = lifetime.at(time);
                let ln_there = -self.shape * ln_purchasing - lifetime.s * leaving.ln_growth;
                let weight = length * lifetime.hazard(&leaving) * (ln_there - reference).exp();
                departed += weight;
                visit(&Departure {
                    time,
                    purchasing,
                    ln_purchasing,
                    leaving,
                    weight,
                });
            });
            let left = (self.ln_there(high) - reference).exp();
            if high <= low || left <= REST * (living + departed) {
                return departed;
            }
            low = high;
        }
        departed
    }
}
