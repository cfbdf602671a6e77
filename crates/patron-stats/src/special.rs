//! Logarithm of the gamma function and its first two derivatives, for positive arguments; the exponential integral;
//! the tail of the chi-squared distribution.
//!
//! The gamma functions shift their argument to at least 10 by the recurrence and then sum Stirling's series; there the first
//! term left out is below the rounding of a double.

/// From here on Stirling's series with the terms below is exact to rounding.
const SHIFT_TO: f64 = 10.0;

/// Half the logarithm of 2π.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_8;

/// Returns the natural logarithm of the gamma function, for `x > 0`.
///
/// # Returns
/// NaN for NaN and for `x ≤ 0`.
///
/// # Numerics
/// Absolute error below 4e-15 times `max(1, |ln Γ(x)|)`.
///
/// # Examples
/// ```
/// let ln_24 = patron_stats::special::ln_gamma(5.0);
/// assert!((ln_24 - 24f64.ln()).abs() < 1e-14);
/// ```
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let mut z = x;
    let mut product = 1.0;
    while z < SHIFT_TO {
        product *= z;
        z += 1.0;
    }
    (z - 0.5) * z.ln() - z + HALF_LN_TWO_PI + stirling(z) - product.ln()
}

/// Returns `ln Γ(z)` less `(z − ½)·ln z − z + ½·ln 2π`, for z of at least 10.
fn stirling(z: f64) -> f64 {
    let w = 1.0 / (z * z);
    (1.0 / 12.0
        + w * (-1.0 / 360.0
            + w * (1.0 / 1260.0
                + w * (-1.0 / 1680.0 + w * (1.0 / 1188.0 - w * 691.0 / 360_360.0)))))
        / z
}

/// Returns `ln Γ(x + step) − ln Γ(x)` for positive numbers, also where x is so large that the two logarithms are alike.
pub(crate) fn ln_gamma_change(x: f64, step: f64) -> f64 {
    if x < SHIFT_TO {
        return ln_gamma(x + step) - ln_gamma(x);
    }
    let growth = (x + step - 0.5) * (step / x).ln_1p() - step;
    step * x.ln() + growth + stirling(x + step) - stirling(x)
}

/// Returns the derivative of `ln Γ(x)`, for `x > 0`.
///
/// # Returns
/// NaN for NaN and for `x ≤ 0`.
#[must_use]
pub fn digamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let mut z = x;
    let mut shifted = 0.0;
    while z < SHIFT_TO {
        shifted += 1.0 / z;
        z += 1.0;
    }
    let w = 1.0 / (z * z);
    let series = w
        * (1.0 / 12.0
            - w * (1.0 / 120.0
                - w * (1.0 / 252.0
                    - w * (1.0 / 240.0 - w * (1.0 / 132.0 - w * (691.0 / 32_760.0 - w / 12.0))))));
    z.ln() - 0.5 / z - series - shifted
}

/// Returns the second derivative of `ln Γ(x)`, for `x > 0`.
///
/// # Returns
/// NaN for NaN and for `x ≤ 0`.
#[must_use]
pub fn trigamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let mut z = x;
    let mut shifted = 0.0;
    while z < SHIFT_TO {
        shifted += 1.0 / (z * z);
        z += 1.0;
    }
    let w = 1.0 / (z * z);
    let series = w
        * (1.0 / 6.0
            - w * (1.0 / 30.0
                - w * (1.0 / 42.0
                    - w * (1.0 / 30.0 - w * (5.0 / 66.0 - w * (691.0 / 2730.0 - w * 7.0 / 6.0))))));
    (1.0 + 0.5 / z + series) / z + shifted
}

/// Longest continued fraction taken.
const MOST_STEPS: f64 = 1e7;

/// Returns `e^z·E_s(z) = ∫₀^∞ e^(−z·y)·(1 + y)^−s dy`, for `s > 0` and `z > 0`.
///
/// # Returns
/// NaN for NaN and outside the domain.
///
/// # Numerics
/// A continued fraction of positive terms, some `100/z` of them, taken from its far end: each step shrinks the rounding of
/// the last. Relative error below 1e-12 for z above 1e-5.
///
/// # Source
/// NIST Digital Library of Mathematical Functions, 8.19.17.
///
/// # Examples
/// ```
/// // E_0(z) = e^−z/z
/// let half = patron_stats::special::scaled_exponential_integral(1e-300, 2.0);
/// assert!((half - 0.5).abs() < 1e-14);
/// ```
#[must_use]
pub fn scaled_exponential_integral(s: f64, z: f64) -> f64 {
    if !(s > 0.0 && z > 0.0) {
        return f64::NAN;
    }
    // The error falls like e^(−4·√(n·z)).
    let mut k = (100.0 / z + 40.0).min(MOST_STEPS).floor();
    let mut value = z;
    while k > 0.0 {
        value = z + (s + k - 1.0) / (1.0 + k / value);
        k -= 1.0;
    }
    1.0 / value
}

/// Returns `ln(1 + e^x)` without overflow.
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few roundings of a double.
    const ROUNDING: f64 = 2e-14;

    #[test]
    fn known_values_at_halves_and_integers() {
        let pi = std::f64::consts::PI;
        let euler_mascheroni = 0.577_215_664_901_532_9;
        assert!((ln_gamma(0.5) - 0.5 * pi.ln()).abs() < ROUNDING);
        assert!(ln_gamma(1.0).abs() < ROUNDING && ln_gamma(2.0).abs() < ROUNDING);
        assert!((digamma(1.0) + euler_mascheroni).abs() < ROUNDING);
        assert!((digamma(0.5) + euler_mascheroni + 2.0 * 2f64.ln()).abs() < ROUNDING);
        assert!((trigamma(1.0) - pi * pi / 6.0).abs() < ROUNDING);
        assert!((trigamma(0.5) - pi * pi / 2.0).abs() < ROUNDING);
    }

    #[test]
    fn recurrences_hold_over_twelve_orders_of_magnitude() {
        for exponent in -6..=6 {
            let x = 1.37 * 10f64.powi(exponent);
            let scale = ln_gamma(x).abs().max(ln_gamma(x + 1.0).abs()).max(1.0);
            assert!((ln_gamma(x + 1.0) - ln_gamma(x) - x.ln()).abs() < ROUNDING * scale);
            assert!(
                (digamma(x + 1.0) - digamma(x) - 1.0 / x).abs() < ROUNDING * (1.0 / x).max(15.0)
            );
            let step = trigamma(x) - trigamma(x + 1.0);
            assert!((step - 1.0 / (x * x)).abs() < ROUNDING * (1.0 / (x * x)).max(1.0));
        }
    }

    #[test]
    fn the_change_of_ln_gamma_over_a_whole_step_is_a_sum_of_logarithms_at_any_size() {
        for x in [0.3, 9.9, 10.1, 250.0, 1e9, 1e15] {
            let exact: f64 = (0..3).map(|k| (x + f64::from(k)).ln()).sum();
            let gap = (ln_gamma_change(x, 3.0) - exact).abs() / exact.abs().max(1.0);
            assert!(gap < ROUNDING, "{x}: {gap:.1e}");
        }
    }

    #[test]
    fn outside_the_domain_is_not_a_number() {
        for x in [0.0, -1.0, f64::NAN] {
            assert!(ln_gamma(x).is_nan() && digamma(x).is_nan() && trigamma(x).is_nan());
        }
    }
}
