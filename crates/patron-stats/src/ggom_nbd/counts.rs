//! The number of purchases of someone who is still there and may leave at any time.
//!
//! ```text
//! P(N = n | alive) = NB(n; t)·S(t)  +  ∫₀^t NB(n; u)·s·b/β(u)·S(u) du
//! ```
//!
//! `NB(n; u)` is the probability of n arrivals within u. Only sums of positive terms.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: indices are loop counters over vectors of known length"
)]

use super::Alive;
use super::walk::Falling;
use crate::purchase::Arrivals;
use crate::quadrature::each_node;

/// A panel is at most this many widths of the narrowest `NB(n; ·)` long, and never longer than the last.
const WIDTHS: f64 = 2.5;
const LONGEST: f64 = 1.4;

/// A panel on a scale of logarithms takes this share of what would be allowed it in time.
const BENT: f64 = 0.7;

/// In a panel a factor changes by this many logarithms at most.
const STEEPEST: f64 = 8.0;

/// A sum has ended when what may still come is this many logarithms below it.
const REST: f64 = 39.0;

/// The density of leaving is looked at this many times, each at this share of the last time, before it is summed.
const GLANCES: usize = 100;
const GLANCE: f64 = 0.6;

/// Halvings by which the end of a sum is found, roughly.
const HALVINGS: usize = 40;

/// Returns `P(N = n | alive)` for every n that matters.
pub(super) fn given_alive(alive: &Alive, horizon: f64) -> Vec<f64> {
    if horizon == 0.0 {
        return vec![1.0];
    }
    let stays = alive.lifetime.stays(horizon);
    let mut probabilities = alive.arrivals.probabilities(horizon);
    for probability in &mut probabilities {
        *probability *= stays;
    }
    each_departure(alive, horizon, |time, leaves| {
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
    let falling = Falling {
        lifetime: alive.lifetime,
        power: (time, 0.0),
        rate: 0.0,
        leaving: true,
    };
    let end = (horizon / time).ln_1p();
    let mut low = 0.0_f64;
    while low < end {
        let u = time * low.exp_m1();
        if alive.lifetime.s * alive.lifetime.at(u).ln_growth > REST {
            return;
        }
        // Spread of the v at which the n-th arrival comes, n the mean number by then.
        let width = (-(-low).exp_m1() / shape + 1.0 / (shape * shape)).sqrt();
        let allowed = BENT * ((falling.panel_end(u, horizon) / time).ln_1p() - low);
        let rest = end - low;
        let step = if allowed >= BENT * rest {
            rest
        } else {
            allowed
        };
        let high = low + step.min(WIDTHS * width).min(LONGEST);
        if high <= low {
            return;
        }
        each_node(low, high.min(end), |v, length| {
            let u = time * v.exp_m1();
            let at = alive.lifetime.at(u);
            let leaves = alive.lifetime.hazard(&at) * (-alive.lifetime.s * at.ln_growth).exp();
            visit(u, length * time * v.exp() * leaves);
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
    let growth = alive.lifetime.at(horizon).ln_growth;
    let stays = alive.arrivals.ln_probability(horizon, n) - alive.lifetime.s * growth;
    stays.exp() + One::new(alive, n).left(horizon)
}

/// Leaving with exactly n purchases made, on the scale of `ln u`.
struct One<'a> {
    alive: &'a Alive,
    n: f64,
    ln_ways: f64,
}

/// What changes in a panel, in logarithms; each of these only rises, or only falls.
struct Factors {
    /// `R·ln(1 + u/A)`, which n purchases get less likely by, and `n·ln(1 + A/u)`, by which they get more likely.
    late: f64,
    early: f64,
    /// `s·ln(1 + (e^(bu) − 1)/β)`.
    gone: f64,
    /// Logarithm of the hazard times u.
    ln_hazard: f64,
}

impl<'a> One<'a> {
    fn new(alive: &'a Alive, n: f64) -> Self {
        Self {
            alive,
            n,
            ln_ways: alive.arrivals.ln_ways(n),
        }
    }

    fn factors(&self, u: f64) -> Factors {
        let Alive { arrivals, lifetime } = self.alive;
        let at = lifetime.at(u);
        Factors {
            late: arrivals.shape * (u / arrivals.time).ln_1p(),
            early: if self.n > 0.0 {
                self.n * (arrivals.time / u).ln_1p()
            } else {
                0.0
            },
            gone: lifetime.s * at.ln_growth,
            ln_hazard: lifetime.hazard(&at).ln() + u.ln(),
        }
    }

    fn ln_density(&self, factors: &Factors) -> f64 {
        self.ln_ways - factors.late - factors.early - factors.gone + factors.ln_hazard
    }

    /// Returns a bound of the logarithm of the probability of having left by `u` with n purchases made.
    fn ln_bound(&self, u: f64) -> f64 {
        let Alive { arrivals, lifetime } = self.alive;
        let likeliest = u.min(arrivals.time * self.n / arrivals.shape);
        let ln_most = if likeliest > 0.0 {
            let at = self.factors(likeliest);
            self.ln_ways - at.late - at.early
        } else {
            0.0
        };
        let left = -(-lifetime.s * lifetime.at(u).ln_growth).exp_m1();
        ln_most + left.ln()
    }

    /// Returns the probability of leaving within `horizon` with n purchases made.
    fn left(&self, horizon: f64) -> f64 {
        let mut largest = f64::NEG_INFINITY;
        let mut u = horizon;
        for _ in 0..GLANCES {
            largest = largest.max(self.ln_density(&self.factors(u)));
            u *= GLANCE;
        }
        let mut high = self.end(horizon, largest - REST);
        let mut edges = vec![high];
        while self.ln_bound(high) > largest - REST {
            high = self.panel_start(high);
            if high <= 0.0 {
                break;
            }
            edges.push(high);
            largest = largest.max(self.ln_density(&self.factors(high)));
        }
        let mut sum = 0.0;
        for pair in edges.windows(2) {
            each_node(pair[1].ln(), pair[0].ln(), |ln_u, length| {
                let ln = self.ln_density(&self.factors(ln_u.exp()));
                sum += length * (ln - largest).exp();
            });
        }
        sum * largest.exp()
    }

    /// Returns a time by `horizon` after which the density of leaving with n purchases made adds up to less than e^`least`.
    ///
    /// Those who leave later are fewer than those who are there then; and past its mode `NB(n; u)` falls.
    fn end(&self, horizon: f64, least: f64) -> f64 {
        let Alive { arrivals, lifetime } = self.alive;
        let end = horizon.min(lifetime.time_of(-least / lifetime.s));
        let there = |u: f64| {
            let at = self.factors(u);
            self.ln_ways - at.late - at.early - at.gone
        };
        let (mut low, mut high) = (arrivals.time * self.n / arrivals.shape, end);
        if low >= end || there(end) >= least {
            return end;
        }
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if there(middle) < least {
                high = middle;
            } else {
                low = middle;
            }
        }
        high
    }

    /// Returns where the panel begins that ends at `high`.
    fn panel_start(&self, high: f64) -> f64 {
        let after = self.factors(high);
        let mut length = LONGEST;
        loop {
            let low = high * (-length).exp();
            let before = self.factors(low);
            let fall = after.late - before.late + after.gone - before.gone;
            let steepest = fall.max(before.early - after.early).max(1.0);
            let reach = BENT * self.alive.lifetime.reach(low);
            let shrink = (STEEPEST / steepest).min(reach / (high - low));
            if shrink >= 1.0 || low >= high {
                return low;
            }
            length *= (0.9 * shrink).max(0.02);
        }
    }
}
