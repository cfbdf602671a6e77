//! What the purchases to come are worth at the end of observation.

use super::Alive;
use crate::mixture::BetaMixture;
use crate::purchase::{Arrivals, Outlook};
use crate::quadrature::{NODES, Panel, cover};
use crate::special::ln_gamma;

/// Each panel is exact to this share of its largest value, or to this many purchases.
const PANEL_TOLERANCE: f64 = 1e-11;

/// Beyond a discount of `e^-45` nothing is left that a double could see.
const LARGEST_DISCOUNT: f64 = 45.0;

/// Width of the trapezoids in ln λ: the gamma density is analytic half-way to ±iπ/2, so the error is about `exp(−π²/h)`.
const STEP: f64 = 0.25;

/// Points whose weight is this far (in logarithms) below the largest are left out.
const NEGLIGIBLE: f64 = 40.0;

/// The sum towards small rates ends where all further terms together are below this share of it.
const NOTHING_LEFT: f64 = 1e-15;

impl Alive {
    /// Returns the sums of a forecast.
    pub(super) fn outlook(&self, horizon: f64, discount_rate: f64) -> Outlook {
        let expected = self.expected(horizon);
        if discount_rate > 0.0 {
            Outlook {
                expected,
                discounted: self.discounted(horizon, discount_rate),
                lifetime: self.lifetime(discount_rate),
            }
        } else {
            Outlook {
                expected,
                discounted: expected,
                lifetime: self.undiscounted(),
            }
        }
    }

    /// Expected purchases without end and without discount: `E[1/p] = (a + b′ − 1)/(a − 1)`.
    fn undiscounted(&self) -> f64 {
        if self.a > 1.0 {
            (self.a + self.b - 1.0) / (self.a - 1.0)
        } else {
            f64::INFINITY
        }
    }

    /// Integrates the discounted pace on the time scale `u = ln(1 + s/A)`.
    fn discounted(&self, horizon: f64, discount_rate: f64) -> f64 {
        let time = self.none_done.time;
        let end = (horizon.min(LARGEST_DISCOUNT / discount_rate) / time).ln_1p();
        if end == 0.0 {
            return 0.0;
        }
        let mut value = |u: f64| {
            let s = time * u.exp_m1();
            (-discount_rate * s).exp() * self.pace(s)
        };
        let accept = |panel: &Panel| panel.miss() <= PANEL_TOLERANCE * panel.largest().max(1.0);
        let mut panels = Vec::new();
        cover(&mut panels, (0.0, end), &accept, &mut |u: &[f64; NODES]| {
            u.map(&mut value)
        });
        panels.iter().map(Panel::integral).sum()
    }

    /// Returns the purchases per unit of u at time s: someone with m stages done does the next at the rate
    /// `(R + j + m)/(A + s)`, and `ds = (A + s)·du`.
    fn pace(&self, s: f64) -> f64 {
        let of = |(done, weight, arrivals): (u32, f64, Arrivals)| {
            let probabilities = arrivals.probabilities(s);
            let first = (self.stages - done - 1) as usize;
            let last_but_one = probabilities.iter().enumerate().skip(first);
            let before_purchases = last_but_one.step_by(self.stages as usize);
            let terms = before_purchases.zip(self.stays());
            let sum: f64 = terms
                .map(|((m, probability), stayed)| {
                    stayed * probability * (arrivals.shape + m as f64)
                })
                .sum();
            weight * sum
        };
        self.by_stages_done().map(of).sum()
    }

    /// Returns the discounted purchases without end.
    ///
    /// A stage at rate λ is worth z = λ/(λ + δ) of one done now, so that with j stages done
    ///
    /// ```text
    /// Σ_n E[(1 − p)^(n−1)·z^(k·n − j)] = E[ z^(k−j) / (1 − (1 − p)·z^k) ]
    /// ```
    ///
    /// The mean over p is the same for all j, and that over λ is taken of all at once.
    fn lifetime(&self, discount_rate: f64) -> f64 {
        let Arrivals { shape, time } = self.none_done;
        let k = f64::from(self.stages);
        let largest_rate = (shape + k + 10.0 * (shape + k).sqrt() + NEGLIGIBLE) / time;
        let lost = |rate: f64| -(-k * (discount_rate / rate).ln_1p()).exp_m1();
        let mixture = BetaMixture::new(self.a, self.b, lost(largest_rate), 1.0);
        self.over_rates(|rate| {
            let lost = lost(rate);
            let onwards = mixture.mean(1.0 / lost, |p| 1.0 / (p + (1.0 - p) * lost));
            (rate / (rate + discount_rate), onwards)
        })
    }

    /// Returns the mean over λ and j of `z^(k−j)·onwards`, both growing with λ and smooth in ln λ.
    ///
    /// ```text
    /// P(j)·density_j(λ) = P(j)·Γ(R)/Γ(R + j)·(A·λ)^j · density_0(λ)
    /// ```
    fn over_rates(&self, function: impl Fn(f64) -> (f64, f64)) -> f64 {
        let Arrivals { shape, time } = self.none_done;
        let k = f64::from(self.stages);
        let step = STEP.min(0.7 / (shape + k).sqrt());
        // y = ln(λ·A/R): the lowest peak is at 0, and none is higher than that of R + k.
        let highest = (k / shape).ln_1p();
        let ln_peak = shape * shape.ln() - shape - ln_gamma(shape);
        let value = |y: f64| {
            let scaled = y.exp() * shape;
            let (z, onwards) = function(scaled / time);
            let (mut growth, mut sum) = (1.0, 0.0);
            for (j, weight, arrivals) in self.by_stages_done() {
                let lacking = i32::try_from(self.stages - j).unwrap_or(i32::MAX);
                sum += weight * growth * z.powi(lacking);
                growth *= scaled / arrivals.shape;
            }
            (ln_peak + shape * (y - y.exp_m1())).exp() * sum * onwards
        };
        let mut sum = 0.0;
        let mut y = 0.0;
        // Past the highest peak by as much as its own density needs to fall.
        while y < highest || (shape + k) * (y - highest - (y - highest).exp_m1()) > -NEGLIGIBLE {
            sum += value(y);
            y += step;
        }
        // Below the lowest peak all that is summed grows with y, no slower than e^(R·y).
        y = -step;
        let rest = NOTHING_LEFT * -(-shape * step).exp_m1();
        let mut term = value(y);
        while term > rest * sum {
            sum += term;
            y -= step;
            term = value(y);
        }
        sum * step
    }
}
