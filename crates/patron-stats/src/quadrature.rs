//! Gauss-Legendre quadrature and smooth curves kept as Legendre series on panels.
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "numeric kernel: indices are loop counters over arrays of the same fixed length"
)]

use std::sync::OnceLock;

/// Nodes of a panel. Sixteen give a function that is analytic well beyond its panel to about 1e-12.
pub(crate) const NODES: usize = 16;

/// Nodes and weights on `[-1, 1]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) nodes: [f64; NODES],
    pub(crate) weights: [f64; NODES],
    /// `projection[k][i] = (2k + 1)/2 · wᵢ · P_k(xᵢ)`: from values at the nodes to Legendre coefficients.
    projection: [[f64; NODES]; NODES],
}

/// Returns the rule; computed once, by Newton's method on the Legendre polynomial.
pub(crate) fn rule() -> &'static Rule {
    static RULE: OnceLock<Rule> = OnceLock::new();
    RULE.get_or_init(compute_rule)
}

fn compute_rule() -> Rule {
    let mut rule = Rule {
        nodes: [0.0; NODES],
        weights: [0.0; NODES],
        projection: [[0.0; NODES]; NODES],
    };
    let degree = NODES as f64;
    for i in 0..NODES {
        let mut x = -(std::f64::consts::PI * (i as f64 + 0.75) / (degree + 0.5)).cos();
        for _ in 0..100 {
            let values = legendre::<{ NODES + 1 }>(x);
            let slope = degree * (x * values[NODES] - values[NODES - 1]) / (x * x - 1.0);
            let step = values[NODES] / slope;
            x -= step;
            if step.abs() < 1e-16 {
                break;
            }
        }
        let values = legendre::<{ NODES + 1 }>(x);
        let slope = degree * (x * values[NODES] - values[NODES - 1]) / (x * x - 1.0);
        rule.nodes[i] = x;
        rule.weights[i] = 2.0 / ((1.0 - x * x) * slope * slope);
        for k in 0..NODES {
            rule.projection[k][i] = (k as f64 + 0.5) * rule.weights[i] * values[k];
        }
    }
    rule
}

/// Returns `P_0(x) .. P_{M-1}(x)`.
fn legendre<const M: usize>(x: f64) -> [f64; M] {
    let mut values = [1.0; M];
    if M > 1 {
        values[1] = x;
    }
    for k in 2..M {
        let k_f = k as f64;
        values[k] = ((2.0 * k_f - 1.0) * x * values[k - 1] - (k_f - 1.0) * values[k - 2]) / k_f;
    }
    values
}

/// A function on one interval.
#[derive(Debug, Clone)]
pub(crate) struct Panel {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Values at the rule's nodes.
    pub(crate) values: [f64; NODES],
    coefficients: [f64; NODES],
}

impl Panel {
    /// Takes the values of a function at the nodes; all at once, so that it may share work between them.
    pub(crate) fn new(
        low: f64,
        high: f64,
        function: &mut impl FnMut(&[f64; NODES]) -> [f64; NODES],
    ) -> Self {
        let rule = rule();
        let values = function(&Self::places(low, high));
        let mut coefficients = [0.0; NODES];
        for k in 0..NODES {
            coefficients[k] = (0..NODES).map(|i| rule.projection[k][i] * values[i]).sum();
        }
        Self {
            low,
            high,
            values,
            coefficients,
        }
    }

    /// Returns where on an interval the nodes are.
    pub(crate) fn places(low: f64, high: f64) -> [f64; NODES] {
        rule().nodes.map(|node| from_unit(low, high, node))
    }

    /// Returns the size of the last coefficients: an estimate of what the series misses.
    pub(crate) fn miss(&self) -> f64 {
        self.coefficients[NODES - 3..]
            .iter()
            .fold(0.0_f64, |m, c| m.max(c.abs()))
    }

    /// Returns the largest value at a node.
    pub(crate) fn largest(&self) -> f64 {
        self.values.iter().fold(0.0_f64, |m, v| m.max(v.abs()))
    }

    /// Returns the value at `x`, which lies in the panel.
    pub(crate) fn value(&self, x: f64) -> f64 {
        let powers = legendre::<NODES>(self.to_unit(x));
        (0..NODES).map(|k| self.coefficients[k] * powers[k]).sum()
    }

    /// Returns the values at `x` of functions on the same interval.
    pub(crate) fn values_at<const M: usize>(panels: [&Self; M], x: f64) -> [f64; M] {
        let Some(first) = panels.first() else {
            return [0.0; M];
        };
        let powers = legendre::<NODES>(first.to_unit(x));
        panels.map(|panel| (0..NODES).map(|k| panel.coefficients[k] * powers[k]).sum())
    }

    /// Returns the integral from the low end to `x`, which lies in the panel.
    ///
    /// ```text
    /// ∫_{-1}^{ξ} P_k = (P_{k+1}(ξ) − P_{k−1}(ξ)) / (2k + 1),      ∫ P_0 = ξ + 1
    /// ```
    pub(crate) fn integral_to(&self, x: f64) -> f64 {
        let unit = self.to_unit(x);
        let powers = legendre::<{ NODES + 1 }>(unit);
        let mut sum = self.coefficients[0] * (unit + 1.0);
        for k in 1..NODES {
            sum += self.coefficients[k] * (powers[k + 1] - powers[k - 1]) / (2.0 * k as f64 + 1.0);
        }
        sum * 0.5 * (self.high - self.low)
    }

    /// Returns the integral over the whole panel.
    pub(crate) fn integral(&self) -> f64 {
        self.coefficients[0] * (self.high - self.low)
    }

    /// Returns the point below which a panel of positive values holds `mass`: Newton's method kept inside a shrinking
    /// bracket.
    pub(crate) fn end_of(&self, mass: f64) -> f64 {
        let (mut low, mut high) = (self.low, self.high);
        let mut x = low + (high - low) * (mass / self.integral()).clamp(0.0, 1.0);
        for _ in 0..60 {
            let gap = self.integral_to(x) - mass;
            if gap > 0.0 {
                high = x;
            } else {
                low = x;
            }
            let newton = x - gap / self.value(x);
            let next = if newton > low && newton < high {
                newton
            } else {
                0.5 * (low + high)
            };
            if (next - x).abs() < 1e-10 {
                return next;
            }
            x = next;
        }
        x
    }

    fn to_unit(&self, x: f64) -> f64 {
        (2.0 * x - self.low - self.high) / (self.high - self.low)
    }
}

/// Returns the point of `[low, high]` that corresponds to `unit` of `[-1, 1]`.
pub(crate) fn from_unit(low: f64, high: f64, unit: f64) -> f64 {
    0.5 * ((high - low) * unit + high + low)
}

/// Calls `visit` with the nodes of `[low, high]` and their weights.
pub(crate) fn each_node(low: f64, high: f64, mut visit: impl FnMut(f64, f64)) {
    let rule = rule();
    let half = 0.5 * (high - low);
    for i in 0..NODES {
        visit(from_unit(low, high, rule.nodes[i]), half * rule.weights[i]);
    }
}

/// Panels shorter than this are not halved further.
const SHORTEST_PANEL: f64 = 1e-6;

/// Appends panels that cover `[low, high]`, halving each until it is accepted.
pub(crate) fn cover(
    panels: &mut Vec<Panel>,
    (low, high): (f64, f64),
    accept: &impl Fn(&Panel) -> bool,
    function: &mut impl FnMut(&[f64; NODES]) -> [f64; NODES],
) {
    let panel = Panel::new(low, high, function);
    if accept(&panel) || high - low < SHORTEST_PANEL {
        panels.push(panel);
        return;
    }
    let middle = 0.5 * (low + high);
    cover(panels, (low, middle), accept, function);
    cover(panels, (middle, high), accept, function);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_up_to_the_rule_are_exact() {
        let rule = rule();
        for power in (0..).take(2 * NODES) {
            let sum: f64 = (0..NODES)
                .map(|i| rule.weights[i] * rule.nodes[i].powi(power))
                .sum();
            let exact = if power % 2 == 0 {
                2.0 / f64::from(power + 1)
            } else {
                0.0
            };
            assert!((sum - exact).abs() < 1e-14, "power {power}");
        }
    }

    #[test]
    fn a_curve_gives_back_its_values_and_integrals() {
        let mut panels = Vec::new();
        let accept = |panel: &Panel| panel.miss() <= 1e-13;
        cover(&mut panels, (0.0, 8.0), &accept, &mut |x| {
            x.map(|x| (-3.0 * x).exp())
        });
        let mut before = 0.0;
        for panel in &panels {
            let x = panel.low + 0.3 * (panel.high - panel.low);
            assert!((panel.value(x) - (-3.0 * x).exp()).abs() < 1e-12);
            let integral = before + panel.integral_to(x);
            assert!((integral - (1.0 - (-3.0 * x).exp()) / 3.0).abs() < 1e-12);
            before += panel.integral();
        }
        assert!((before - (1.0 - (-24f64).exp()) / 3.0).abs() < 1e-12);
    }
}
