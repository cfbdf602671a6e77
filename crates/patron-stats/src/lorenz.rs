//! Concentration: which share of the total a share of customers brings.

use crate::summary::sum;

/// Returns the share of the total that the largest `top` of the values bring: "the top 20 % bring x %".
///
/// The number of values in the top is `top · n`; the last one counts with its fraction.
///
/// # Returns
/// Nothing for an empty slice, a total of 0 or less, NaN, or a `top` outside `[0, 1]`. May exceed 1 where values below 0
/// follow.
///
/// # Examples
/// ```
/// let share = patron_stats::lorenz::top_share(&[1.0, 1.0, 1.0, 1.0, 6.0], 0.2);
/// assert_eq!(share, Some(0.6));
/// ```
#[must_use]
pub fn top_share(values: &[f64], top: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&top) {
        return None;
    }
    let sorted = descending(values)?;
    let total = positive_total(&sorted)?;
    Some(top_sum(&sorted, top) / total)
}

/// Returns the curve of [`top_share`] at `0, 1/points, …, 1`: pairs of share of customers and share of the total.
///
/// # Returns
/// Nothing as [`top_share`], and for no points.
#[must_use]
pub fn concentration_curve(values: &[f64], points: usize) -> Option<Vec<(f64, f64)>> {
    let sorted = descending(values)?;
    let total = positive_total(&sorted)?;
    let point = |i: usize| {
        let top = i as f64 / points as f64;
        (top, top_sum(&sorted, top) / total)
    };
    (points > 0).then(|| (0..=points).map(point).collect())
}

/// Returns the Gini coefficient: 0 where all bring the same, near 1 where one brings everything.
///
/// ```text
/// G = 2 · Σ i·x₍ᵢ₎ / (n · Σ x) − (n + 1) / n        x₍₁₎ ≤ … ≤ x₍ₙ₎
/// ```
///
/// # Returns
/// Nothing as [`top_share`]; above 1 is possible where values lie below 0.
///
/// # Source
/// Sen (1973), On Economic Inequality; the population form, without the small-sample factor n/(n − 1).
///
/// # Examples
/// ```
/// // Of 1 and 3 the mean difference is 1 over all pairs, the mean 2: G = 1 / (2 · 2).
/// assert_eq!(patron_stats::lorenz::gini(&[1.0, 3.0]), Some(0.25));
/// ```
#[must_use]
pub fn gini(values: &[f64]) -> Option<f64> {
    let sorted = descending(values)?;
    let total = positive_total(&sorted)?;
    let count = sorted.len() as f64;
    // Descending: the first value has rank n.
    let ranked: Vec<f64> = sorted
        .iter()
        .enumerate()
        .map(|(i, value)| (count - i as f64) * value)
        .collect();
    Some(2.0 * sum(&ranked) / (count * total) - (count + 1.0) / count)
}

fn descending(values: &[f64]) -> Option<Vec<f64>> {
    if values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(|left, right| right.total_cmp(left));
    Some(sorted)
}

fn positive_total(sorted: &[f64]) -> Option<f64> {
    let total = sum(sorted);
    (total > 0.0).then_some(total)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of values between 0 and the length of a slice"
)]
fn top_sum(sorted: &[f64], top: f64) -> f64 {
    let exact = top * sorted.len() as f64;
    // 0.2 · 5 must be one value, not 1.0000000000000002.
    let exact = if (exact - exact.round()).abs() < 1e-9 {
        exact.round()
    } else {
        exact
    };
    let whole = (exact as usize).min(sorted.len());
    let fraction = (exact - whole as f64).max(0.0);
    let (inside, outside) = sorted.split_at(whole);
    sum(inside) + fraction * outside.first().copied().unwrap_or(0.0)
}
