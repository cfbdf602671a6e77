//! The pace at which purchases come, so that they can be summed and discounted.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: indices are loop counters over arrays of the same fixed length"
)]

use super::Alive;
use crate::mixture::BetaMixture;
use crate::quadrature::{NODES, Panel, cover, from_unit, rule};

/// Each panel is exact to this share of its largest value.
const PANEL_TOLERANCE: f64 = 1e-12;

/// Panels this far out that miss less than this many purchases are left as they are: where a curve falls to the smallest
/// doubles no panel could be exact to a share of itself.
const NOTHING: f64 = 1e-15;

/// Beyond a discount of `e^-45` nothing is left that a double could see.
const LARGEST_DISCOUNT: f64 = 45.0;

/// The pace of purchases of living customers with the same x, on the time scale `u = ln(1 + s/A)`.
///
/// ```text
/// expected purchases in (s, s + ds] given alive now = R/A · E_p[(1 + p·s/A)^−(R+1)] ds = ψ(u) du
/// ψ(u) = R·e^u · E_p[(1 + p·(e^u − 1))^−(R+1)]
/// ```
///
/// ψ depends on x and the parameters only, not on T: one curve serves all customers with this x. Being a Legendre series
/// on panels, it is integrated exactly; with a discount, `e^(−δA(e^u − 1))` is put under the integral.
#[derive(Debug, Clone)]
pub(crate) struct PaceCurve {
    shape: f64,
    a: f64,
    b: f64,
    panels: Vec<PacePanel>,
}

#[derive(Debug, Clone)]
struct PacePanel {
    series: Panel,
    /// Integral of ψ below this panel.
    before: f64,
    /// ψ times weight, at the nodes.
    mass: [f64; NODES],
    /// `e^u − 1` at the nodes.
    times: [f64; NODES],
}

impl PaceCurve {
    /// Builds the curve up to `s/A = furthest`.
    pub(super) fn new(alive: &Alive, furthest: f64) -> Self {
        let end = furthest.ln_1p().max(1e-9);
        let exponent = alive.arrivals.shape + 1.0;
        let mixture = BetaMixture::new(alive.a, alive.b, (-end).exp() / exponent, exponent);
        let pace = |u: f64| {
            let time = u.exp_m1();
            let mean = mixture.mean(1.0, |p| (-exponent * (p * time).ln_1p()).exp());
            alive.arrivals.shape * u.exp() * mean
        };
        let nothing = NOTHING * alive.arrivals.shape.min(1.0);
        let accept =
            |panel: &Panel| panel.miss() <= (PANEL_TOLERANCE * panel.largest()).max(nothing);
        let pieces = end.ceil().max(1.0);
        let mut series = Vec::new();
        let mut low = 0.0;
        while low < end - 1e-12 {
            let high = (low + end / pieces).min(end);
            cover(&mut series, (low, high), &accept, &mut |u| u.map(&pace));
            low = high;
        }
        let mut before = 0.0;
        let panels = series
            .into_iter()
            .map(|panel| PacePanel::new(panel, &mut before))
            .collect();
        Self {
            shape: alive.arrivals.shape,
            a: alive.a,
            b: alive.b,
            panels,
        }
    }

    /// Returns whether this is the curve of customers like `alive`.
    pub(super) fn serves(&self, alive: &Alive) -> bool {
        let same = |left: f64, right: f64| left.to_bits() == right.to_bits();
        same(self.shape, alive.arrivals.shape) && same(self.a, alive.a) && same(self.b, alive.b)
    }

    /// Returns the expected purchases within `horizon`, A being `time`.
    pub(super) fn purchases(&self, time: f64, horizon: f64) -> f64 {
        let end = (horizon / time).ln_1p();
        let index = self.panels.partition_point(|panel| panel.series.high < end);
        match self.panels.get(index).or(self.panels.last()) {
            Some(panel) => panel.before + panel.series.integral_to(end.min(panel.series.high)),
            None => 0.0,
        }
    }

    /// Returns the discounted purchases within `horizon` and without end.
    pub(super) fn discounted(&self, time: f64, horizon: f64, discount_rate: f64) -> (f64, f64) {
        let scale = discount_rate * time;
        let end = (horizon / time).ln_1p();
        let (mut within, mut all) = (0.0, 0.0);
        for panel in &self.panels {
            let past_discount = scale * panel.series.low.exp_m1() > LARGEST_DISCOUNT;
            if past_discount && panel.series.low >= end {
                break;
            }
            let whole = panel.discounted(scale);
            if panel.series.high <= end {
                within += whole;
            } else if panel.series.low < end {
                within += panel.discounted_to(end, scale);
            }
            all += whole;
        }
        (within, all)
    }

    /// Returns the s/A up to which a curve must reach for the horizon, and for the discount to have taken everything.
    pub(super) fn reach(least_time: f64, horizon: f64, discount_rate: f64) -> f64 {
        let within = horizon / least_time;
        if discount_rate > 0.0 {
            within.max(LARGEST_DISCOUNT / (discount_rate * least_time))
        } else {
            within
        }
    }
}

impl PacePanel {
    fn new(series: Panel, before: &mut f64) -> Self {
        let rule = rule();
        let half = 0.5 * (series.high - series.low);
        let mut mass = [0.0; NODES];
        let mut times = [0.0; NODES];
        for i in 0..NODES {
            mass[i] = half * rule.weights[i] * series.values[i];
            times[i] = from_unit(series.low, series.high, rule.nodes[i]).exp_m1();
        }
        let panel = Self {
            before: *before,
            mass,
            times,
            series,
        };
        *before += panel.series.integral();
        panel
    }

    fn discounted(&self, scale: f64) -> f64 {
        (0..NODES)
            .map(|i| self.mass[i] * (-scale * self.times[i]).exp())
            .sum()
    }

    fn discounted_to(&self, end: f64, scale: f64) -> f64 {
        let rule = rule();
        let half = 0.5 * (end - self.series.low);
        let mut sum = 0.0;
        for i in 0..NODES {
            let u = from_unit(self.series.low, end, rule.nodes[i]);
            sum += rule.weights[i] * self.series.value(u) * (-scale * u.exp_m1()).exp();
        }
        half * sum
    }
}
