//! Concentration: which share of the total a share of customers brings.

use rayon::prelude::*;

use crate::summary::{CHUNK, sum};

/// Values in order, largest first, of which shares can be asked.
#[derive(Debug, Clone)]
pub struct Concentration {
    sorted: Vec<f64>,
    /// Sums of all before each run of [`CHUNK`] values, in the order of [`sum`].
    before: Vec<f64>,
    total: f64,
}

impl Concentration {
    /// Puts values in order.
    ///
    /// # Returns
    /// Nothing for no values, a total of 0 or less, or NaN.
    #[must_use]
    pub fn new(mut values: Vec<f64>) -> Option<Self> {
        if values.iter().any(|value| value.is_nan()) {
            return None;
        }
        values.par_sort_unstable_by(|left, right| right.total_cmp(left));
        let total = sum(&values);
        let mut sum_so_far = 0.0;
        let runs = values.chunks(CHUNK).map(|run| {
            let before = sum_so_far;
            sum_so_far += run.iter().sum::<f64>();
            before
        });
        let before = runs.collect();
        (total > 0.0).then_some(Self {
            sorted: values,
            before,
            total,
        })
    }

    /// Returns the share of the total that the largest `top` of the values bring: "the top 20 % bring x %".
    ///
    /// The number of values in the top is `top · n`; the last one counts with its fraction.
    ///
    /// # Returns
    /// Nothing for a `top` outside `[0, 1]`. May exceed 1 where values below 0 follow.
    #[must_use]
    pub fn top_share(&self, top: f64) -> Option<f64> {
        let share = || self.top_sum(top) / self.total;
        (0.0..=1.0).contains(&top).then(share)
    }

    /// Returns the curve of [`Self::top_share`] at `0, 1/points, …, 1`: pairs of share of customers and share of the total.
    ///
    /// # Returns
    /// Nothing for no points.
    #[must_use]
    pub fn curve(&self, points: usize) -> Option<Vec<(f64, f64)>> {
        let point = |i: usize| {
            let top = i as f64 / points as f64;
            (top, self.top_sum(top) / self.total)
        };
        (points > 0).then(|| (0..=points).map(point).collect())
    }

    /// Returns the Gini coefficient: 0 where all bring the same, near 1 where one brings everything.
    ///
    /// ```text
    /// G = 2 · Σ i·x₍ᵢ₎ / (n · Σ x) − (n + 1) / n        x₍₁₎ ≤ … ≤ x₍ₙ₎
    /// ```
    ///
    /// Above 1 is possible where values lie below 0.
    ///
    /// # Source
    /// Sen (1973), On Economic Inequality; the population form, without the small-sample factor n/(n − 1).
    #[must_use]
    pub fn gini(&self) -> f64 {
        let count = self.sorted.len() as f64;
        // Descending: the first value has rank n.
        let ranked: f64 = self
            .sorted
            .chunks(CHUNK)
            .zip((0..).step_by(CHUNK))
            .map(|(run, first)| {
                let ranks = (first..).map(|place: usize| count - place as f64);
                run.iter()
                    .zip(ranks)
                    .map(|(value, rank)| rank * value)
                    .sum::<f64>()
            })
            .sum();
        2.0 * ranked / (count * self.total) - (count + 1.0) / count
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of values between 0 and the length of a slice"
    )]
    fn top_sum(&self, top: f64) -> f64 {
        let exact = top * self.sorted.len() as f64;
        // 0.2 · 5 must be one value, not 1.0000000000000002.
        let exact = if (exact - exact.round()).abs() < 1e-9 {
            exact.round()
        } else {
            exact
        };
        let whole = (exact as usize).min(self.sorted.len());
        let fraction = (exact - whole as f64).max(0.0);
        let next = self.sorted.get(whole).copied().unwrap_or(0.0);
        self.sum_before(whole) + fraction * next
    }

    /// Sums up the first so many.
    fn sum_before(&self, count: usize) -> f64 {
        let runs = count / CHUNK;
        let begun = self.sorted.get(runs * CHUNK..count).unwrap_or_default();
        match self.before.get(runs) {
            Some(before) => before + begun.iter().sum::<f64>(),
            None => self.total,
        }
    }
}

/// Returns the share of the total that the largest `top` of the values bring, as [`Concentration::top_share`].
///
/// # Returns
/// Nothing for an empty slice, a total of 0 or less, NaN, or a `top` outside `[0, 1]`.
///
/// # Examples
/// ```
/// let share = patron_stats::lorenz::top_share(&[1.0, 1.0, 1.0, 1.0, 6.0], 0.2);
/// assert_eq!(share, Some(0.6));
/// ```
#[must_use]
pub fn top_share(values: &[f64], top: f64) -> Option<f64> {
    Concentration::new(values.to_vec())?.top_share(top)
}

/// Returns the curve of [`top_share`], as [`Concentration::curve`].
///
/// # Returns
/// Nothing as [`top_share`], and for no points.
#[must_use]
pub fn concentration_curve(values: &[f64], points: usize) -> Option<Vec<(f64, f64)>> {
    Concentration::new(values.to_vec())?.curve(points)
}

/// Returns the Gini coefficient, as [`Concentration::gini`].
///
/// # Returns
/// Nothing as [`top_share`].
///
/// # Examples
/// ```
/// // Of 1 and 3 the mean difference is 1 over all pairs, the mean 2: G = 1 / (2 · 2).
/// assert_eq!(patron_stats::lorenz::gini(&[1.0, 3.0]), Some(0.25));
/// ```
#[must_use]
pub fn gini(values: &[f64]) -> Option<f64> {
    Some(Concentration::new(values.to_vec())?.gini())
}
