//! The regularised incomplete beta function: tails and quantiles of beta, Student's t and Fisher's F.
//!
//! # Numerics
//! A continued fraction on the side of the smaller tail, whose logarithm is kept: tails and quantiles that would underflow have
//! their digits. Places are logits, so that a share near 1 is as exact as one near 0. Checked against
//! `reference/value_statistics/`.

use crate::special::{ln_gamma, ln_gamma_change, softplus};

/// Steps of the continued fraction; near the middle it takes some `√max(a, b)` times ten.
const STEPS: u32 = 1_000_000;

/// Where the fraction has settled.
const SETTLED: f64 = 1e-15;

/// Keeps Lentz's method from dividing by zero.
const TINY: f64 = 1e-300;

/// Newton's method for a quantile doubles its digits once it is near.
const NEWTON_STEPS: u32 = 400;

/// Returns the share of the beta distribution of `a` and `b` below `x`.
///
/// # Returns
/// NaN unless `a > 0`, `b > 0`; 0 for an x of 0 or below, 1 for one of 1 or above.
///
/// # Source
/// NIST Digital Library of Mathematical Functions, 8.17.22.
///
/// # Examples
/// ```
/// // Beta(2, 1) has density 2x.
/// let below = patron_stats::distributions::beta_below(0.3, 2.0, 1.0);
/// assert!((below - 0.09).abs() < 1e-15);
/// ```
#[must_use]
pub fn beta_below(x: f64, a: f64, b: f64) -> f64 {
    at(x, a, b).0
}

/// Returns the share of the beta distribution of `a` and `b` above `x`; as [`beta_below`].
#[must_use]
pub fn beta_above(x: f64, a: f64, b: f64) -> f64 {
    at(x, a, b).1
}

/// Returns the x below which the share `level` of the beta distribution of `a` and `b` lies.
///
/// # Returns
/// NaN unless `0 < level < 1`, `a > 0`, `b > 0`.
///
/// # Numerics
/// Newton's method on the logarithm of the smaller tail against the logit of x. The density of a logit is log-concave, so that
/// tail is, too: after its first step the method goes one way.
#[must_use]
pub fn beta_quantile(level: f64, a: f64, b: f64) -> f64 {
    let logit = beta_quantile_logit(level, a, b);
    1.0 / (1.0 + (-logit).exp())
}

/// Returns the probability that Student's t exceeds `t`.
///
/// # Returns
/// NaN unless `degrees_of_freedom > 0`.
#[must_use]
pub fn student_above(t: f64, degrees_of_freedom: f64) -> f64 {
    // The share of a Beta(ν/2, ½) below ν/(ν + t²), whose logit is ln(ν/t²).
    let logit = degrees_of_freedom.ln() - 2.0 * t.abs().ln();
    let both_sides = shares(logit, 0.5 * degrees_of_freedom, 0.5).0;
    if t < 0.0 {
        1.0 - 0.5 * both_sides
    } else {
        0.5 * both_sides
    }
}

/// Returns the t that Student's t exceeds with probability `1 − level`.
///
/// # Returns
/// NaN unless `0 < level < 1` and `degrees_of_freedom > 0`.
#[must_use]
pub fn student_quantile(level: f64, degrees_of_freedom: f64) -> f64 {
    let above = level.min(1.0 - level);
    if above >= 0.5 && degrees_of_freedom > 0.0 {
        return 0.0;
    }
    let logit = beta_quantile_logit(2.0 * above, 0.5 * degrees_of_freedom, 0.5);
    let t = (0.5 * (degrees_of_freedom.ln() - logit)).exp();
    if level < 0.5 { -t } else { t }
}

/// Returns the probability that Fisher's F of `above` and `below` degrees of freedom exceeds `value`.
///
/// # Returns
/// 1 for a value of 0 or below; NaN unless both degrees of freedom are above 0.
#[must_use]
pub fn fisher_above(value: f64, above: f64, below: f64) -> f64 {
    if value.is_nan() {
        return f64::NAN;
    }
    // The share of a Beta(below/2, above/2) under below/(below + above·F).
    let logit = below.ln() - above.ln() - value.max(0.0).ln();
    shares(logit, 0.5 * below, 0.5 * above).0
}

fn at(x: f64, a: f64, b: f64) -> (f64, f64) {
    if x.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    let x = x.clamp(0.0, 1.0);
    shares(x.ln() - (-x).ln_1p(), a, b)
}

fn shares(logit: f64, a: f64, b: f64) -> (f64, f64) {
    let (below, above) = ln_shares(logit, a, b);
    (below.exp(), above.exp())
}

/// Returns the logarithms of the shares below and above the place with this logit.
fn ln_shares(logit: f64, a: f64, b: f64) -> (f64, f64) {
    if logit.is_nan() || !(a > 0.0 && b > 0.0) {
        return (f64::NAN, f64::NAN);
    }
    if logit == f64::NEG_INFINITY {
        return (f64::NEG_INFINITY, 0.0);
    }
    if logit == f64::INFINITY {
        return (0.0, f64::NEG_INFINITY);
    }
    let front = ln_density(logit, a, b);
    let x = 1.0 / (1.0 + (-logit).exp());
    if x <= (a + 1.0) / (a + b + 2.0) {
        let below = (front - a.ln() + fraction(x, a, b).ln()).min(0.0);
        (below, (-below.exp()).ln_1p())
    } else {
        let rest = 1.0 / (1.0 + logit.exp());
        let above = (front - b.ln() + fraction(rest, b, a).ln()).min(0.0);
        ((-above.exp()).ln_1p(), above)
    }
}

/// Returns the logarithm of the density of the logit: `a·ln x + b·ln(1 − x) − ln B(a, b)`.
fn ln_density(logit: f64, a: f64, b: f64) -> f64 {
    let (small, large) = (a.min(b), a.max(b));
    let ln_beta = ln_gamma(small) - ln_gamma_change(large, small);
    -a * softplus(-logit) - b * softplus(logit) - ln_beta
}

/// The continued fraction of DLMF 8.17.22, by Lentz's method.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let whole = a + b;
    let kept = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / kept(1.0 - whole * x / (a + 1.0));
    let mut value = d;
    for m in 1..STEPS {
        let m = f64::from(m);
        let place = a + 2.0 * m;
        let even = m * (b - m) * x / ((place - 1.0) * place);
        let odd = -(a + m) * (whole + m) * x / (place * (place + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / kept(1.0 + term * d);
            c = kept(1.0 + term / c);
            change = c * d;
            value *= change;
        }
        if (change - 1.0).abs() <= SETTLED {
            break;
        }
    }
    value
}

/// Returns the logit of [`beta_quantile`].
fn beta_quantile_logit(level: f64, a: f64, b: f64) -> f64 {
    if !(level > 0.0 && level < 1.0 && a > 0.0 && b > 0.0) {
        return f64::NAN;
    }
    if level > 0.5 {
        return -beta_quantile_logit(1.0 - level, b, a);
    }
    let ln_level = level.ln();
    let mut logit = (a / b).ln();
    for _ in 0..NEWTON_STEPS {
        let (below, _) = ln_shares(logit, a, b);
        let step = (ln_level - below) * (below - ln_density(logit, a, b)).exp();
        logit += step;
        if step.abs() <= 1e-15 * logit.abs().max(1.0) {
            break;
        }
    }
    logit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms_of_beta_are_met() {
        for x in [1e-12, 0.2, 0.5, 0.9, 1.0 - 1e-9] {
            assert!((beta_below(x, 3.0, 1.0) / x.powi(3) - 1.0).abs() < 1e-13);
            assert!((beta_above(x, 1.0, 3.0) / (1.0 - x).powi(3) - 1.0).abs() < 1e-13);
            // The arcsine distribution, by the angle that has its digits at both ends.
            let angle = f64::atan2(x.sqrt(), (1.0 - x).sqrt());
            let arcsine = angle / std::f64::consts::FRAC_PI_2;
            assert!((beta_below(x, 0.5, 0.5) / arcsine - 1.0).abs() < 1e-12);
        }
        assert!((beta_below(0.0, 2.0, 3.0), beta_above(1.0, 2.0, 3.0)) == (0.0, 0.0));
        assert!(beta_below(0.5, 0.0, 1.0).is_nan() && beta_above(f64::NAN, 1.0, 1.0).is_nan());
    }

    #[test]
    fn quantile_and_share_are_inverse_also_where_shapes_are_tiny_or_huge() {
        for (a, b) in [
            (1e-3, 1e-3),
            (0.5, 40.0),
            (3.0, 2.0),
            (1.0, 1e6),
            (2e5, 3e5),
        ] {
            for level in [1e-6, 0.025, 0.5, 0.6, 0.975, 1.0 - 1e-6] {
                let (below, above) = shares(beta_quantile_logit(level, a, b), a, b);
                let miss = (below / level - 1.0)
                    .abs()
                    .min((above / (1.0 - level) - 1.0).abs());
                assert!(miss < 1e-9, "{a} {b} {level}: {below}");
            }
        }
        assert!(beta_quantile(1.0, 1.0, 1.0).is_nan());
    }

    #[test]
    fn few_degrees_of_freedom_have_closed_forms() {
        for t in [-30.0, -1.0, 0.0, 0.3, 5.0] {
            let one = 0.5 - f64::atan(t) / std::f64::consts::PI;
            assert!((student_above(t, 1.0) / one - 1.0).abs() < 1e-12, "{t}");
            let two = 0.5 - t / (2.0 * (2.0 + t * t).sqrt());
            assert!((student_above(t, 2.0) / two - 1.0).abs() < 1e-12, "{t}");
        }
        for value in [0.01, 1.0, 30.0_f64] {
            assert!((fisher_above(value, 2.0, 2.0) * (1.0 + value) - 1.0).abs() < 1e-13);
            let square = 2.0 * student_above(value.sqrt(), 7.0);
            assert!((fisher_above(value, 1.0, 7.0) / square - 1.0).abs() < 1e-12);
        }
        assert!((student_quantile(0.75, 1.0) - 1.0).abs() < 1e-14);
        assert!(student_quantile(0.5, 4.0) == 0.0 && student_quantile(0.0, 4.0).is_nan());
    }
}
