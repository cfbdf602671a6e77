//! The mean of a function of p, p beta distributed.

use crate::special::softplus;

/// Width of the trapezoids in `ln(p/(1 − p))`. The integrands are analytic half-way to ±iπ, so the error is about
/// `exp(−π²/h)`, below 1e-13.
const STEP: f64 = 0.33;

/// Points whose weight is this far (in logarithms) below the largest are left out.
const NEGLIGIBLE: f64 = 40.0;

/// Beyond the scale on which the function varies by this many logarithms it is a constant to rounding.
const CONSTANT_BEYOND: f64 = 30.0;

/// A beta distribution on points, for functions that are smooth in the logit of p.
///
/// Trapezoids in the logit converge geometrically for such functions, whatever a and b. The tails fall only like `e^{a·y}`
/// and `e^{−b·y}` and may be long; where the function is constant there, each is summed as a geometric series.
#[derive(Debug, Clone)]
pub(crate) struct BetaMixture {
    /// p and its weight; the weights and `at_zero` sum to 1.
    points: Vec<(f64, f64)>,
    /// Weight of all p so small that the function has its value at 0.
    at_zero: f64,
}

impl BetaMixture {
    /// Prepares for functions that are constant for p well below `least` and for 1 − p well below `1/exponent`.
    pub(crate) fn new(a: f64, b: f64, least: f64, exponent: f64) -> Self {
        let spread = (1.0 / a + 1.0 / b).sqrt();
        let step = STEP.min(0.7 * spread);
        let peak = (a / b).ln();
        let ln_weight = |y: f64| a * y - (a + b) * softplus(y);
        let relative = |y: f64| ln_weight(y) - ln_weight(peak);
        let lowest = least.ln().min(-(a + b).ln()).min(peak) - CONSTANT_BEYOND;
        let highest = exponent.ln().max((a + b).ln()).max(peak) + CONSTANT_BEYOND;
        let mut points = Vec::new();
        let mut y = peak;
        let mut at_zero = 0.0;
        while relative(y) > -NEGLIGIBLE {
            let weight = relative(y).exp();
            points.push((1.0 / (1.0 + (-y).exp()), weight));
            if y < lowest {
                at_zero = weight / (a * step).exp_m1();
                break;
            }
            y -= step;
        }
        y = peak + step;
        while relative(y) > -NEGLIGIBLE {
            let weight = relative(y).exp();
            points.push((1.0 / (1.0 + (-y).exp()), weight));
            if y > highest {
                points.push((1.0, weight / (b * step).exp_m1()));
                break;
            }
            y += step;
        }
        let total = at_zero + points.iter().map(|(_, weight)| weight).sum::<f64>();
        for (_, weight) in &mut points {
            *weight /= total;
        }
        Self {
            points,
            at_zero: at_zero / total,
        }
    }

    /// Returns the mean of `function`, whose value at p = 0 is `value_at_zero`.
    pub(crate) fn mean(&self, value_at_zero: f64, function: impl Fn(f64) -> f64) -> f64 {
        let sum: f64 = self
            .points
            .iter()
            .map(|(p, weight)| weight * function(*p))
            .sum();
        self.at_zero * value_at_zero + sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_have_the_beta_moments() {
        // E[(1 − p)^3] = Π (b + j)/(a + b + j), j < 3
        for (a, b) in [
            (0.05, 3.0),
            (0.8, 2.4),
            (1.0, 1.0),
            (5.0, 0.3),
            (900.0, 4000.0),
            (0.5, 300.0),
        ] {
            let exact: f64 = (0..3)
                .map(|j| (b + f64::from(j)) / (a + b + f64::from(j)))
                .product();
            let mean = BetaMixture::new(a, b, 1.0, 3.0).mean(1.0, |p| (1.0 - p).powi(3));
            assert!(
                (mean / exact - 1.0).abs() < 1e-11,
                "a {a}, b {b}: {mean} against {exact}"
            );
        }
    }
}
