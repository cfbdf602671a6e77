//! The regularised incomplete gamma function: tails of the normal, chi-square, Kolmogorov's and the gamma distribution.
//!
//! # Numerics
//! All rest on the regularised incomplete gamma function: a power series below its middle, a continued fraction above, both of
//! positive terms. Checked against `reference/distributions/` to 1e-11 relative.

use crate::special::ln_gamma;

/// Steps of a series or continued fraction; near the middle of shape a it takes some `√a` times ten.
const STEPS: u32 = 100_000;

/// Where a series or continued fraction has settled.
const SETTLED: f64 = 1e-16;

/// Newton's method for a quantile doubles its digits.
const NEWTON_STEPS: u32 = 60;

/// The same for a gamma distribution, which may begin far from its quantile.
const GAMMA_STEPS: u32 = 400;

/// Returns `P(Z > z)` of the standard normal distribution.
///
/// # Examples
/// ```
/// assert!((patron_stats::distributions::normal_above(1.959_963_984_540_054) - 0.025).abs() < 1e-15);
/// ```
#[must_use]
pub fn normal_above(z: f64) -> f64 {
    let both_sides = gamma_above(0.5 * z * z, 0.5);
    if z < 0.0 {
        1.0 - 0.5 * both_sides
    } else {
        0.5 * both_sides
    }
}

/// Returns the z that a standard normal variable exceeds with probability `1 − level`.
///
/// # Returns
/// NaN unless `0 < level < 1`.
#[must_use]
pub fn normal_quantile(level: f64) -> f64 {
    if !(level > 0.0 && level < 1.0) {
        return f64::NAN;
    }
    let above = level.min(1.0 - level);
    // The tail is at most e^(−z²/2)/2 and its logarithm concave: from there Newton's steps on the logarithm go one way.
    let mut z = (-2.0 * (2.0 * above).ln()).max(0.0).sqrt();
    for _ in 0..NEWTON_STEPS {
        let tail = normal_above(z);
        let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
        let step = (tail / above).ln() * tail / density;
        z += step;
        if step.abs() <= 1e-15 * z.abs() {
            break;
        }
    }
    if level < 0.5 { -z } else { z }
}

/// Returns the probability that a chi-square variable exceeds `value`.
///
/// # Returns
/// 1 for a value of 0 or below; NaN for NaN and for 0 degrees of freedom.
#[must_use]
pub fn chi_square_above(value: f64, degrees_of_freedom: u32) -> f64 {
    if value.is_nan() {
        return f64::NAN;
    }
    gamma_above(0.5 * value.max(0.0), 0.5 * f64::from(degrees_of_freedom))
}

/// Returns the probability that Kolmogorov's distance of `count` numbers from their own distribution exceeds `distance`.
///
/// ```text
/// 2·Σ_{j≥1} (−1)^(j−1)·e^(−2j²λ²)        λ = distance·(√n + 0.12 + 0.11/√n)
/// ```
///
/// The limit of many numbers, with Stephens' correction for few: for ten numbers or more off by at most 0.023, and by at most
/// 0.0004 where it says 0.06 or less.
///
/// # Source
/// Stephens (1970), Use of the Kolmogorov-Smirnov, Cramér-von Mises and related statistics without extensive tables.
#[must_use]
pub fn kolmogorov_above(distance: f64, count: usize) -> f64 {
    let root = (count as f64).sqrt();
    let scaled = distance * (root + 0.12 + 0.11 / root);
    if scaled < 0.2 {
        // Below this the probability differs from 1 by less than 1e-12, and the series would take many terms.
        return 1.0;
    }
    let term = |j: u32| (-2.0 * f64::from(j * j) * scaled * scaled).exp();
    let pairs = (0..50).map(|pair| term(2 * pair + 1) - term(2 * pair + 2));
    (2.0 * pairs.sum::<f64>()).clamp(0.0, 1.0)
}

/// Returns the share of the gamma distribution of this shape, of scale 1, below `x`.
///
/// # Returns
/// NaN unless `shape > 0`.
#[must_use]
pub fn gamma_below(x: f64, shape: f64) -> f64 {
    gamma_shares(shape, x, ln_gamma(shape)).0
}

/// Returns the share of the gamma distribution of this shape, of scale 1, above `x`: `Γ(shape, x)/Γ(shape)`.
///
/// # Returns
/// NaN unless `shape > 0`.
#[must_use]
pub fn gamma_above(x: f64, shape: f64) -> f64 {
    gamma_shares(shape, x, ln_gamma(shape)).1
}

/// Returns the x below which the share `level` of the gamma distribution of this shape, of scale 1, lies.
///
/// # Returns
/// NaN unless `0 < level < 1` and `shape > 0`; 0 where a shape is so small that it underflows.
///
/// # Numerics
/// Newton's method on the logarithm of the smaller tail against ln x; both tails are log-concave in ln x, so that after its first
/// step the method goes one way.
#[must_use]
pub fn gamma_quantile(level: f64, shape: f64) -> f64 {
    if !(level > 0.0 && level < 1.0 && shape > 0.0) {
        return f64::NAN;
    }
    let ln_gamma_of_shape = ln_gamma(shape);
    let (lower, aim) = (level <= 0.5, level.min(1.0 - level).ln());
    let mut ln_x = shape.ln();
    for _ in 0..GAMMA_STEPS {
        let (below, above) = ln_gamma_shares(shape, ln_x, ln_gamma_of_shape);
        let tail = if lower { below } else { above };
        let ln_density = shape * ln_x - ln_x.exp() - ln_gamma_of_shape;
        let step = (aim - tail) * (tail - ln_density).exp();
        // Far above, a tail is the difference of large numbers: it is approached in small steps.
        let step = if lower { step } else { (-step).min(1.0) };
        ln_x += step;
        if step.abs() <= 1e-15 * ln_x.abs().max(1.0) {
            break;
        }
    }
    ln_x.exp()
}

/// Returns the logarithms of [`gamma_shares`] at the x of this logarithm, also where x itself would underflow.
fn ln_gamma_shares(shape: f64, ln_x: f64, ln_gamma_of_shape: f64) -> (f64, f64) {
    let x = ln_x.exp();
    let outer = shape * ln_x - x - ln_gamma_of_shape;
    if x < shape + 1.0 {
        let below = (outer + below_by_series(shape, x).ln()).min(0.0);
        (below, (-below.exp()).ln_1p())
    } else {
        let above = (outer + above_by_fraction(shape, x).ln()).min(0.0);
        ((-above.exp()).ln_1p(), above)
    }
}

/// Returns the shares of a gamma distribution below and above x, where `ln Γ(shape)` is known; the smaller one has all its digits.
pub(crate) fn gamma_shares(shape: f64, x: f64, ln_gamma_of_shape: f64) -> (f64, f64) {
    if x.is_nan() || shape.is_nan() || shape <= 0.0 {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    let outer = (shape * x.ln() - x - ln_gamma_of_shape).exp();
    if x < shape + 1.0 {
        let below = outer * below_by_series(shape, x);
        (below, 1.0 - below)
    } else {
        let above = outer * above_by_fraction(shape, x);
        (1.0 - above, above)
    }
}

/// `Σ_j x^j / (shape·(shape + 1)…(shape + j))`.
fn below_by_series(shape: f64, x: f64) -> f64 {
    let mut term = 1.0 / shape;
    let mut sum = term;
    for j in 1..STEPS {
        term *= x / (shape + f64::from(j));
        sum += term;
        if term <= SETTLED * sum {
            break;
        }
    }
    sum
}

/// `1/(x + 1 − s − 1·(1 − s)/(x + 3 − s − …))`, by Lentz's method.
fn above_by_fraction(shape: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - shape;
    let mut c = f64::INFINITY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for j in 1..STEPS {
        let j = f64::from(j);
        let a = -j * (j - shape);
        b += 2.0;
        d = 1.0 / (a * d + b);
        c = b + a / c;
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() <= SETTLED * 10.0 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_two_degrees_of_freedom_have_closed_forms() {
        for value in [0.01_f64, 0.5, 1.0, 3.0, 9.5, 40.0] {
            let exponential = (-0.5 * value).exp();
            assert!((chi_square_above(value, 2) / exponential - 1.0).abs() < 1e-13);
            let normal = 2.0 * normal_above(value.sqrt());
            assert!((chi_square_above(value, 1) / normal - 1.0).abs() < 1e-13);
        }
        assert!(chi_square_above(1.0, 0).is_nan());
        assert!((chi_square_above(-1.0, 3) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn quantile_and_tail_are_inverse() {
        for level in [1e-12, 1e-4, 0.05, 0.4, 0.5, 0.6, 0.95, 0.9999] {
            let back = 1.0 - normal_above(normal_quantile(level));
            assert!((back - level).abs() < 1e-14, "{level}: {back}");
        }
        for shape in [1e-3, 0.5, 1.0, 30.0, 1e5] {
            for level in [1e-6, 0.025, 0.5, 0.6, 0.975, 1.0 - 1e-6] {
                let x = gamma_quantile(level, shape);
                let back = (gamma_below(x, shape) / level - 1.0).abs();
                let above = (gamma_above(x, shape) / (1.0 - level) - 1.0).abs();
                assert!(x == 0.0 || back.min(above) < 1e-10, "{shape} {level}: {x}");
            }
        }
        assert!((gamma_quantile(0.5, 1.0) - 2f64.ln()).abs() < 1e-14);
        assert!(normal_quantile(0.5).abs() < 1e-15);
        assert!(normal_quantile(0.0).is_nan() && normal_quantile(f64::NAN).is_nan());
    }
}
