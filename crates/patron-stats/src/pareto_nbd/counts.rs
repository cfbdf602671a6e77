//! The number of purchases of someone who is still there and may leave at any time.
//!
//! ```text
//! P(N = n | alive) = NB(n; t)·(B/(B + t))^s  +  ∫₀^t NB(n; u)·s·B^s/(B + u)^(s+1) du
//! ```
//!
//! `NB(n; u)` is the probability of n arrivals within u. Only sums of positive terms.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: indices are loop counters over vectors of known length"
)]

use super::Alive;
use crate::purchase::Arrivals;
use crate::quadrature::{Panel, cover, each_node};

/// A panel ends where the density of leaving has fallen by this many logarithms at most.
const STEEPEST: f64 = 8.0;

/// A panel is at most this many widths of the narrowest `NB(n; ·)` long, and never longer than the last.
const WIDTHS: f64 = 2.5;
const LONGEST: f64 = 1.5;

/// Nothing is left of a probability of staying that has fallen by this many logarithms.
const NEGLIGIBLE: f64 = 45.0;

/// Each panel for one n is exact to this share of the integrand's largest value.
const PANEL_TOLERANCE: f64 = 1e-13;

/// Returns `P(N = n | alive)` for every n that matters.
pub(super) fn given_alive(alive: &Alive, horizon: f64) -> Vec<f64> {
    if horizon == 0.0 {
        return vec![1.0];
    }
    let stays = alive.stays(horizon);
    let mut probabilities = alive.arrivals.probabilities(horizon);
    for probability in &mut probabilities {
        *probability *= stays;
    }
    each_departure(alive, horizon, |time, leaves| {
        if time <= 0.0 {
            probabilities[0] += leaves;
            return;
        }
        let counts = alive.arrivals.probabilities(time);
        for (probability, count) in probabilities.iter_mut().zip(&counts) {
            *probability += leaves * count;
        }
    });
    probabilities
}

/// Calls `visit` with times of leaving up to `horizon` and their probabilities, on the scale `v = ln(1 + u/A)` on which
/// `NB(n; u)` is entire.
fn each_departure(alive: &Alive, horizon: f64, mut visit: impl FnMut(f64, f64)) {
    let Arrivals { shape, time } = alive.arrivals;
    let end = (horizon / time).ln_1p();
    let mut low = 0.0_f64;
    while low < end {
        let u = time * low.exp_m1();
        if alive.shape * (u / alive.time).ln_1p() > NEGLIGIBLE {
            return;
        }
        // Spread of the v at which the n-th arrival comes, n the mean number by then.
        let width = (-(-low).exp_m1() / shape + 1.0 / (shape * shape)).sqrt();
        let near = (alive.time + u) / (time + u);
        let step = (STEEPEST / (alive.shape + 1.0) * near)
            .min(2.0 * near)
            .min(WIDTHS * width)
            .min(LONGEST);
        let high = (low + step).min(end);
        if high <= low {
            return;
        }
        each_node(low, high, |v, length| {
            let u = time * v.exp_m1();
            let pace = alive.shape / (alive.time + u) * time * v.exp();
            visit(u, length * pace * alive.stays(u));
        });
        low = high;
    }
}

/// Returns `P(N = n | alive)` for one n, exact relative to itself however small it is.
pub(super) fn one_given_alive(alive: &Alive, horizon: f64, purchases: u32) -> f64 {
    if horizon == 0.0 {
        return f64::from(u8::from(purchases == 0));
    }
    let n = f64::from(purchases);
    let stays =
        alive.arrivals.ln_probability(horizon, n) - alive.shape * (horizon / alive.time).ln_1p();
    stays.exp() + One::new(alive, n).left(horizon)
}

/// The density of leaving at v with exactly n purchases made, in logarithms.
struct One<'a> {
    alive: &'a Alive,
    n: f64,
    ln_factor: f64,
}

impl<'a> One<'a> {
    fn new(alive: &'a Alive, n: f64) -> Self {
        Self {
            alive,
            n,
            ln_factor: alive.arrivals.ln_ways(n)
                + (alive.shape / alive.time).ln()
                + alive.arrivals.time.ln(),
        }
    }

    fn ln_density(&self, v: f64) -> f64 {
        let Arrivals { shape, time } = self.alive.arrivals;
        let u = time * v.exp_m1();
        let some = if self.n > 0.0 {
            self.n * (-(-v).exp_m1()).ln()
        } else {
            0.0
        };
        let leaves = (self.alive.shape + 1.0) * (u / self.alive.time).ln_1p();
        self.ln_factor + v - shape * v + some - leaves
    }

    /// Returns the integral over all v up to that of the horizon.
    fn left(&self, horizon: f64) -> f64 {
        let end = (horizon / self.alive.arrivals.time).ln_1p();
        let peak = self.peak(end);
        let largest = self.ln_density(peak);
        let accept = |panel: &Panel| panel.miss() <= PANEL_TOLERANCE;
        let mut panels = Vec::new();
        let mut piece = |from: f64, to: f64| {
            cover(&mut panels, (from, to), &accept, &mut |v| {
                v.map(|v| (self.ln_density(v) - largest).exp())
            });
        };
        // Pieces grow away from the peak, so that none can miss it.
        let width = self.width(peak).min(end);
        for side in [-1.0, 1.0] {
            let mut edge = peak;
            let mut length = width;
            while 0.0 < edge && side < 0.0 || edge < end && side > 0.0 {
                let next = (edge + side * length).clamp(0.0, end);
                piece(edge.min(next), edge.max(next));
                if self.ln_density(next) - largest < -NEGLIGIBLE {
                    break;
                }
                edge = next;
                length *= 2.0;
            }
        }
        largest.exp() * panels.iter().map(Panel::integral).sum::<f64>()
    }

    /// Returns where the density is largest on `[0, end]`, by halving the slope's change of sign: it has one hump.
    fn peak(&self, end: f64) -> f64 {
        let (mut low, mut high) = (0.0, end);
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            if self.slope(middle) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        if low == 0.0 { 0.0 } else { high }
    }

    fn slope(&self, v: f64) -> f64 {
        let Arrivals { shape, time } = self.alive.arrivals;
        let u = time * v.exp_m1();
        let leaves = (self.alive.shape + 1.0) * (time + u) / (self.alive.time + u);
        1.0 - shape + self.n / v.exp_m1() - leaves
    }

    /// Returns a length on which the density changes by about a factor e.
    fn width(&self, peak: f64) -> f64 {
        let Arrivals { time, .. } = self.alive.arrivals;
        let u = time * peak.exp_m1();
        let pole = self.alive.time + u;
        let leaves =
            (self.alive.shape + 1.0) * (time + u) / pole * (self.alive.time - time).abs() / pole;
        if self.n == 0.0 {
            let slope = self.slope(peak.max(f64::MIN_POSITIVE));
            return (slope.abs() + leaves.sqrt()).recip().min(1.0);
        }
        let arrives = self.n * peak.exp() / peak.exp_m1().powi(2);
        (self.slope(peak).abs() + (arrives + leaves).sqrt())
            .recip()
            .min(1.0)
    }
}
