//! When the next purchase comes, if it comes before the customer leaves.

use super::Alive;
use super::walk::Falling;
use crate::quadrature::each_node;

/// A sum has ended when what may still come is below this share of it.
const REST: f64 = 1e-17;

/// The search for a time ends with a step of this share of it; Newton's error squares with each step.
const NEAR: f64 = 1e-9;

/// The density of the next purchase, given that the customer is there now:
///
/// ```text
/// purchase in (u, u + du] before leaving = R/A · (A/(A + u))^(R+1) · S(u) du
/// ```
#[derive(Debug, Clone, Copy)]
pub(super) struct FirstPurchase {
    alive: Alive,
    falling: Falling,
}

impl FirstPurchase {
    pub(super) fn of(alive: &Alive) -> Self {
        Self {
            alive: *alive,
            falling: Falling {
                lifetime: alive.lifetime,
                power: (alive.arrivals.time, alive.arrivals.shape + 1.0),
                rate: 0.0,
                leaving: false,
            },
        }
    }

    fn density(&self, time: f64) -> f64 {
        let Alive { arrivals, lifetime } = self.alive;
        let none = (arrivals.shape + 1.0) * (time / arrivals.time).ln_1p();
        arrivals.rate() * (-none - lifetime.s * lifetime.at(time).ln_growth).exp()
    }

    /// Returns the probability of being there after `time` without a purchase: at least that of one later on.
    fn waiting(&self, time: f64) -> f64 {
        let Alive { arrivals, lifetime } = self.alive;
        let none = arrivals.shape * (time / arrivals.time).ln_1p();
        (-none - lifetime.s * lifetime.at(time).ln_growth).exp()
    }

    /// Calls `panel` with the bounds of panels from 0 to `end`; it returns the probability of a purchase within one, or
    /// nothing to stop.
    fn each_panel(&self, end: f64, mut panel: impl FnMut(f64, f64) -> Option<f64>) {
        let mut sum = 0.0;
        let mut low = 0.0;
        while low < end {
            let high = self.falling.panel_end(low, end);
            if high <= low || high.is_infinite() {
                return;
            }
            let Some(within) = panel(low, high) else {
                return;
            };
            sum += within;
            if self.waiting(high) <= REST * sum {
                return;
            }
            low = high;
        }
    }

    /// Returns the probability of a purchase in a panel or a part of it.
    fn between(&self, low: f64, high: f64) -> f64 {
        let mut sum = 0.0;
        each_node(low, high, |time, length| sum += length * self.density(time));
        sum
    }

    /// Returns the probability of a purchase within `horizon`, which may be infinite.
    pub(super) fn by(&self, horizon: f64) -> f64 {
        let mut sum = 0.0;
        self.each_panel(horizon, |low, high| {
            let within = self.between(low, high);
            sum += within;
            Some(within)
        });
        sum.min(1.0)
    }

    /// Returns the time by which a purchase has come with probability `level`; nothing where it never has.
    pub(super) fn quantile(&self, level: f64) -> Option<f64> {
        let mut before = 0.0;
        let mut found = None;
        self.each_panel(f64::INFINITY, |low, high| {
            let within = self.between(low, high);
            if before + within > level {
                found = Some(self.end_of(level - before, low, high, within));
                return None;
            }
            before += within;
            Some(within)
        });
        found
    }

    /// Returns the time from `low` by which a purchase comes with probability `level < within`: Newton's method kept inside a
    /// shrinking bracket.
    fn end_of(&self, level: f64, low: f64, high: f64, within: f64) -> f64 {
        let (mut least, mut most) = (low, high);
        let mut time = low + (high - low) * (level / within);
        for _ in 0..60 {
            let gap = self.between(low, time) - level;
            if gap > 0.0 {
                most = time;
            } else {
                least = time;
            }
            let newton = time - gap / self.density(time);
            if (newton - time).abs() < NEAR * time {
                return newton;
            }
            time = if newton > least && newton < most {
                newton
            } else {
                0.5 * (least + most)
            };
        }
        time
    }
}
