//! A sum of floats that does not depend on their order.

use std::collections::BTreeMap;

const EXPONENTS: usize = 2048;
const MANTISSA_BITS: u32 = 52;

/// Returns the arithmetic mean of finite `values`, the same for every order of them; NaN for none.
///
/// Mantissas are added as whole numbers, one accumulator per binary exponent: nothing is rounded before the end. An
/// `i128` holds 2^74 mantissas.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    let mut by_exponent = vec![0_i128; EXPONENTS];
    for &value in values {
        let (exponent, mantissa) = exponent_and_mantissa(value);
        by_exponent[exponent] += mantissa;
    }
    mean_of_totals(by_exponent.into_iter().enumerate(), values.len() as f64)
}

/// A sum of finite floats that parts of them can be added to in any order: what [`mean`] makes of all of them at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExactSum {
    count: u64,
    by_exponent: BTreeMap<usize, i128>,
}

impl ExactSum {
    /// Adds a finite value, `count` times.
    pub fn add(&mut self, value: f64, count: u64) {
        let (exponent, mantissa) = exponent_and_mantissa(value);
        self.count += count;
        *self.by_exponent.entry(exponent).or_default() += mantissa * i128::from(count);
    }

    /// Adds what was summed elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        for (&exponent, &total) in &other.by_exponent {
            *self.by_exponent.entry(exponent).or_default() += total;
        }
    }

    /// Returns how many values there were.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Returns the mean, as [`mean`] of all values; NaN for none.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let totals = self.by_exponent.iter();
        let totals = totals.map(|(&exponent, &total)| (exponent, total));
        mean_of_totals(totals, self.count as f64)
    }

    /// Returns the number of values, and the sum of mantissas for each binary exponent met, ascending: what
    /// [`Self::from_parts`] takes.
    #[must_use]
    pub fn parts(&self) -> (u64, Vec<(usize, i128)>) {
        let totals = self.by_exponent.iter();
        let totals = totals.map(|(&exponent, &total)| (exponent, total));
        (self.count, totals.collect())
    }

    /// Makes a sum of what [`Self::parts`] gave; exponents that no float has are left out.
    #[must_use]
    pub fn from_parts(count: u64, totals: &[(usize, i128)]) -> Self {
        let known = totals.iter().filter(|(exponent, _)| *exponent < EXPONENTS);
        Self {
            count,
            by_exponent: known.copied().collect(),
        }
    }
}

fn exponent_and_mantissa(value: f64) -> (usize, i128) {
    let bits = value.to_bits();
    let exponent = ((bits >> MANTISSA_BITS) & 0x7ff) as usize;
    let fraction = bits & ((1 << MANTISSA_BITS) - 1);
    let implicit = if exponent == 0 { 0 } else { 1 << MANTISSA_BITS };
    let mantissa = i128::from(fraction | implicit);
    if value.is_sign_negative() {
        (exponent, -mantissa)
    } else {
        (exponent, mantissa)
    }
}

/// The mean of `count` values whose mantissas make these totals, by exponent and ascending.
fn mean_of_totals(totals: impl Iterator<Item = (usize, i128)>, count: f64) -> f64 {
    // From the small to the large, with the rounding of each step carried along.
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for (exponent, total) in totals {
        if total == 0 {
            continue;
        }
        for part in parts(total, exponent) {
            // Divided first, so that a sum beyond the largest float still has a mean.
            let (next, rounding) = two_sum(sum, part / count);
            sum = next;
            lost += rounding;
        }
    }
    if count > 0.0 { sum + lost } else { f64::NAN }
}

/// The value `total · 2^(exponent − 1075)` as a sum of three floats, from the small to the large.
fn parts(total: i128, exponent: usize) -> [f64; 3] {
    const WORD: u32 = 48;
    let mask = (1_u128 << WORD) - 1;
    let magnitude = total.unsigned_abs();
    let sign = if total < 0 { -1.0 } else { 1.0 };
    let word = |index: u32| ((magnitude >> (WORD * index)) & mask) as f64 * sign;
    let power = i32::try_from(exponent.max(1)).unwrap_or(i32::MAX) - 1075;
    [0, 1, 2].map(|index| {
        let shift = power + i32::try_from(WORD * index).unwrap_or(0);
        scale(word(index), shift)
    })
}

/// `value · 2^power`, in two steps so that neither factor leaves the range of floats.
fn scale(value: f64, power: i32) -> f64 {
    let half = power / 2;
    value * 2.0_f64.powi(half) * 2.0_f64.powi(power - half)
}

fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let back = sum - a;
    (sum, (a - (sum - back)) + (b - back))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "exactness is the claim")]
    fn cancellation_loses_nothing_and_order_does_not_matter() {
        let values = [1.0e16, 1.0, -1.0e16, 3.0];
        let turned = [3.0, -1.0e16, 1.0, 1.0e16];
        assert_eq!(mean(&values), 1.0);
        assert_eq!(mean(&turned), 1.0);
        assert_eq!(mean(&[0.1; 10]), 0.1);
        assert_eq!(mean(&[-2.5, -2.5]), -2.5);
        assert_eq!(
            mean(&[f64::MIN_POSITIVE, f64::MIN_POSITIVE]),
            f64::MIN_POSITIVE
        );
    }

    #[test]
    fn no_values_have_no_mean() {
        assert!(mean(&[]).is_nan());
    }
}
