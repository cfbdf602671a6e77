//! The density of the logarithm of a customer's standardised outcome.
//!
//! `(1 + e^t)^−c · Σ_n C_n·y^n` with `y = (e^t/(1 + e^t))^p`: a power series that is cheap at sixteen nodes at once.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: indices are loop counters over arrays of the same fixed length"
)]

use super::OutcomeForecaster;
use crate::quadrature::NODES;
use crate::special::softplus;

/// Purchase counts beyond this share of customers are left out: far inside the 1e-4 asked for.
const TAIL: f64 = 1e-8;

/// A panel is at most this many standard deviations of its narrowest term wide, so that a term that matters anywhere in
/// the panel cannot underflow at its centre.
const WIDEST: f64 = 30.0;

/// A term that stays below `e^-45` in a panel is left out of it.
const LN_NEGLIGIBLE: f64 = -45.0;

/// The density of `t = ln v` given alive, without the point at v = 0.
pub(super) struct Density {
    p: f64,
    /// c.
    shape: f64,
    terms: Vec<Term>,
    /// Where the mass lies, and how wide a panel should be.
    pub(super) middle: f64,
    pub(super) width: f64,
}

/// The part of the density that belongs to one number of purchases: `e^ln_factor · e^(p·n·t) · (1 + e^t)^−(p·n + c)`.
struct Term {
    /// p·n.
    own: f64,
    /// `ln P(N = n | alive) − ln B(p·n, c)`.
    ln_factor: f64,
    /// Where it is largest: `ln(p·n/c)`.
    mode: f64,
}

impl Term {
    /// Returns the logarithm of the largest value between two points, given `ln(1 + e^t)` at them.
    fn ln_largest(&self, shape: f64, low: (f64, f64), high: (f64, f64)) -> f64 {
        let (t, softplus_t) = if self.mode < low.0 {
            low
        } else if self.mode > high.0 {
            high
        } else {
            (self.mode, softplus(self.mode))
        };
        self.ln_factor + self.own * t - (self.own + shape) * softplus_t
    }
}

impl Density {
    pub(super) fn new(
        forecaster: &OutcomeForecaster<'_>,
        counts: &[f64],
        spend_count: u32,
    ) -> Self {
        let known = spend_count as usize;
        let ln_gamma_known = forecaster.ln_gamma_shape(known);
        let shape = forecaster.p * f64::from(spend_count) + forecaster.q;
        let mut terms = Vec::with_capacity(counts.len());
        let (mut any, mut sum) = (0.0, 0.0);
        let mut left: f64 = counts.iter().skip(1).sum();
        for (n, probability) in counts.iter().enumerate().skip(1) {
            let ln_beta =
                forecaster.ln_gamma_own(n) + ln_gamma_known - forecaster.ln_gamma_shape(n + known);
            let own = forecaster.p * n as f64;
            let ln_factor = probability.ln() - ln_beta;
            terms.push(Term {
                own,
                ln_factor,
                mode: (own / shape).ln(),
            });
            any += probability;
            sum += probability * n as f64;
            left -= probability;
            if left < TAIL {
                break;
            }
        }
        let mean = if any > 0.0 { sum / any } else { 1.0 };
        let most = terms.last().map_or(1.0, |term| term.own);
        let spread = |own: f64| (1.0 / own + 1.0 / shape).sqrt();
        Self {
            p: forecaster.p,
            shape,
            terms,
            middle: (forecaster.p * mean / shape).ln(),
            width: (4.0 * spread(forecaster.p * mean))
                .min(WIDEST * spread(most))
                .min(2.0),
        }
    }

    /// Returns the density at sixteen points of a panel, as a power series about its centre in the terms that matter.
    pub(super) fn at(&self, points: &[f64; NODES]) -> [f64; NODES] {
        let softplus_at = points.map(softplus);
        let (low, high) = (
            (points[0], softplus_at[0]),
            (points[NODES - 1], softplus_at[NODES - 1]),
        );
        let matters = |term: &Term| term.ln_largest(self.shape, low, high) > LN_NEGLIGIBLE;
        let Some(first) = self.terms.iter().position(matters) else {
            return [0.0; NODES];
        };
        let last = self.terms.iter().rposition(matters).unwrap_or(first);
        let centre = 0.5 * (low.0 + high.0);
        let softplus_centre = softplus(centre);
        let mut y = [0.0; NODES];
        let mut outer = [0.0; NODES];
        for i in 0..NODES {
            let change = softplus_at[i] - softplus_centre;
            let ln_y = points[i] - centre - change;
            y[i] = (self.p * ln_y).exp();
            outer[i] = (self.terms[first].own * ln_y - self.shape * change).exp();
        }
        let mut sums = [0.0; NODES];
        for term in self.terms[first..=last].iter().rev() {
            let ln = term.ln_factor + term.own * centre - (term.own + self.shape) * softplus_centre;
            let at_centre = ln.exp();
            for i in 0..NODES {
                sums[i] = sums[i] * y[i] + at_centre;
            }
        }
        for i in 0..NODES {
            sums[i] *= outer[i];
        }
        sums
    }

    /// Returns whether there is no outcome but nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Returns whether a point lies beyond all terms.
    pub(super) fn is_past(&self, t: f64) -> bool {
        let before = self.terms.first().is_none_or(|term| t < term.mode);
        before || self.terms.last().is_none_or(|term| t > term.mode)
    }
}
