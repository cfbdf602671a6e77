//! When the next purchase comes, if it comes before the customer leaves.

use super::Alive;
use crate::quadrature::{Panel, each_node};

/// A panel ends where the density has fallen by this many logarithms at most, and at most this far from its beginning:
/// the nearest pole off the axis is π away.
const STEEPEST: f64 = 8.0;
const LONGEST: f64 = 3.0;

/// Nothing is left of a density that has fallen by this many logarithms.
const NEGLIGIBLE: f64 = 45.0;

/// Where B is this small beside `A·e^v`, in logarithms, the density is a pure exponential to rounding.
const FAR: f64 = 36.0;

/// The density of the next purchase on the time scale `v = ln(1 + u/A)`, given that the customer is there now.
///
/// ```text
/// purchase in (u, u + du] before leaving = R/A · (A/(A + u))^(R+1) · (B/(B + u))^s du = R·e^(−R·v) · (B/(B + u))^s dv
/// ```
///
/// From some v on it falls like `e^(−(R + s)·v)`, so that the rest is a closed form however slowly it falls.
#[derive(Debug, Clone, Copy)]
pub(super) struct FirstPurchase {
    alive: Alive,
    /// From here on a pure exponential.
    far: f64,
}

impl FirstPurchase {
    pub(super) fn of(alive: &Alive) -> Self {
        let ratio = alive.time / alive.arrivals.time;
        Self {
            alive: *alive,
            far: FAR + ratio.max(1.0).ln() + alive.shape.max(1.0).ln(),
        }
    }

    fn density(&self, v: f64) -> f64 {
        let Alive { arrivals, .. } = self.alive;
        let time = arrivals.time * v.exp_m1();
        arrivals.shape * (-arrivals.shape * v).exp() * self.alive.stays(time)
    }

    /// Calls `panel` with the bounds of panels from 0 to `end` until it returns false, or nothing is left.
    fn each_panel(&self, end: f64, mut panel: impl FnMut(f64, f64) -> bool) {
        let Alive {
            arrivals,
            shape,
            time,
        } = self.alive;
        let mut low = 0.0_f64;
        let mut fallen = 0.0;
        while low < end && fallen < NEGLIGIBLE {
            // The pole of (B + u)^−s at e^v = 1 − B/A lies this far to the left, if it lies on the axis.
            let u = arrivals.time * low.exp_m1();
            let pole = if time < arrivals.time {
                low - (-time / arrivals.time).ln_1p()
            } else {
                f64::INFINITY
            };
            let steepness = arrivals.shape + shape * (arrivals.time + u) / (time + u);
            let high = (low + (STEEPEST / steepness).min(LONGEST.min(2.0 * pole))).min(end);
            if high <= low || !panel(low, high) {
                return;
            }
            let further = arrivals.time * high.exp_m1();
            fallen += arrivals.shape * (high - low) + shape * ((further - u) / (time + u)).ln_1p();
            low = high;
        }
    }

    /// Returns the probability of a purchase within `horizon`.
    pub(super) fn by(&self, horizon: f64) -> f64 {
        let end = (horizon / self.alive.arrivals.time).ln_1p();
        let mut sum = 0.0;
        self.each_panel(end.min(self.far), |low, high| {
            each_node(low, high, |v, length| sum += length * self.density(v));
            true
        });
        if end > self.far {
            let fall = self.alive.arrivals.shape + self.alive.shape;
            sum -= self.beyond() * (-fall * (end - self.far)).exp_m1();
        }
        sum.min(1.0)
    }

    /// Returns the probability of a purchase, however late.
    pub(super) fn ever(&self) -> f64 {
        self.by(f64::INFINITY)
    }

    /// Returns the probability of a next purchase later than `far`.
    fn beyond(&self) -> f64 {
        self.density(self.far) / (self.alive.arrivals.shape + self.alive.shape)
    }

    /// Returns the time by which a purchase has come with probability `level`; nothing where it never has.
    pub(super) fn quantile(&self, level: f64) -> Option<f64> {
        let mut before = 0.0;
        let mut found = None;
        self.each_panel(self.far, |low, high| {
            let panel = Panel::new(low, high, &mut |v| v.map(|v| self.density(v)));
            let mass = panel.integral();
            if before + mass > level {
                found = Some(panel.end_of(level - before));
                return false;
            }
            before += mass;
            true
        });
        let beyond = self.beyond();
        if found.is_none() && level < before + beyond {
            let fall = self.alive.arrivals.shape + self.alive.shape;
            found = Some(self.far - (-(level - before) / beyond).ln_1p() / fall);
        }
        found.map(|v| self.alive.arrivals.time * v.exp_m1())
    }
}
