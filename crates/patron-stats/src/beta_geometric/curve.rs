//! The pace at which purchases come, so that they can be summed and discounted.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: indices are loop counters over arrays of the same fixed length"
)]

use std::sync::OnceLock;

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
/// on panels, it is integrated exactly; with a discount, `e^(−δA(e^u − 1))` is put under the integral. Beyond the horizon, where
/// only what is discounted without end looks, panels are made when they are first needed.
#[derive(Debug, Clone)]
pub(crate) struct PaceCurve {
    shape: f64,
    a: f64,
    b: f64,
    reach: Reach,
    within: Vec<PacePanel>,
    beyond: OnceLock<Vec<PacePanel>>,
}

/// The s/A up to which a curve must reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// For the horizon.
    within: f64,
    /// For the discount to have taken everything; no less than the horizon.
    beyond: f64,
}

#[derive(Debug, Clone)]
struct PacePanel {
    series: Panel,
    /// Integral of ψ from the first of its panels to this.
    before: f64,
    /// ψ times weight, at the nodes.
    mass: [f64; NODES],
    /// `e^u − 1` at the nodes.
    times: [f64; NODES],
}

impl PaceCurve {
    /// Builds the curve as far as the horizon.
    pub(super) fn new(alive: &Alive, reach: Reach) -> Self {
        let mut curve = Self {
            shape: alive.arrivals.shape,
            a: alive.a,
            b: alive.b,
            reach,
            within: Vec::new(),
            beyond: OnceLock::new(),
        };
        curve.within = curve.panels(0.0, end(reach.within));
        curve
    }

    /// Returns panels from one u to another.
    fn panels(&self, from: f64, to: f64) -> Vec<PacePanel> {
        let exponent = self.shape + 1.0;
        let mixture = BetaMixture::new(self.a, self.b, (-to).exp() / exponent, exponent);
        let pace = |u: f64| {
            let time = u.exp_m1();
            let mean = mixture.mean(1.0, |p| (-exponent * (p * time).ln_1p()).exp());
            self.shape * u.exp() * mean
        };
        let nothing = NOTHING * self.shape.min(1.0);
        let accept =
            |panel: &Panel| panel.miss() <= (PANEL_TOLERANCE * panel.largest()).max(nothing);
        let step = (to - from) / (to - from).ceil().max(1.0);
        let mut series = Vec::new();
        let mut low = from;
        while low < to - 1e-12 {
            let high = (low + step).min(to);
            cover(&mut series, (low, high), &accept, &mut |u| u.map(&pace));
            low = high;
        }
        let mut before = 0.0;
        let panels = series.into_iter();
        panels
            .map(|panel| PacePanel::new(panel, &mut before))
            .collect()
    }

    /// Returns the panels beyond the horizon.
    fn beyond(&self) -> &[PacePanel] {
        let [from, to] = [self.reach.within, self.reach.beyond].map(end);
        self.beyond.get_or_init(|| self.panels(from, to))
    }

    /// Returns whether this is the curve of customers like `alive`.
    pub(super) fn serves(&self, alive: &Alive) -> bool {
        let same = |left: f64, right: f64| left.to_bits() == right.to_bits();
        same(self.shape, alive.arrivals.shape) && same(self.a, alive.a) && same(self.b, alive.b)
    }

    /// Returns the expected purchases within `horizon`, A being `time`.
    pub(super) fn purchases(&self, time: f64, horizon: f64) -> f64 {
        let end = (horizon / time).ln_1p();
        let index = self.within.partition_point(|panel| panel.series.high < end);
        match self.within.get(index).or(self.within.last()) {
            Some(panel) => panel.before + panel.series.integral_to(end.min(panel.series.high)),
            None => 0.0,
        }
    }

    /// Returns the discounted purchases within `horizon` and without end.
    pub(super) fn discounted(&self, time: f64, horizon: f64, discount_rate: f64) -> (f64, f64) {
        let scale = discount_rate * time;
        let end = (horizon / time).ln_1p();
        let (mut within, mut all) = (0.0, 0.0);
        for panel in self.within.iter().chain(self.beyond()) {
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
}

/// Returns the u of an s/A: the end of a curve, which has some length.
fn end(reach: f64) -> f64 {
    reach.ln_1p().max(1e-9)
}

impl Reach {
    /// Returns how far curves reach for customers whose A is no less than `least_time`.
    pub(super) fn new(least_time: f64, horizon: f64, discount_rate: f64) -> Self {
        let within = horizon / least_time;
        let beyond = if discount_rate > 0.0 {
            within.max(LARGEST_DISCOUNT / (discount_rate * least_time))
        } else {
            within
        };
        Self { within, beyond }
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
