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

/// The largest of the values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Top {
    /// How many they are.
    pub values: usize,
    /// What they bring.
    pub sum: f64,
    /// Which share of the total that is; above 1 where others lie below 0.
    pub share: f64,
    /// The smallest among them; nothing for no values.
    pub least: Option<f64>,
}

/// Values below 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BelowZero {
    /// How many there are.
    pub values: usize,
    /// Their sum, at most 0.
    pub sum: f64,
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

    /// Returns how many values there are.
    #[must_use]
    pub const fn values(&self) -> usize {
        self.sorted.len()
    }

    /// Returns their sum.
    #[must_use]
    pub const fn total(&self) -> f64 {
        self.total
    }

    /// Returns what the largest `top` of the values bring, where that is a whole number of values, rounded up: of 11 customers the top
    /// 10 % are 2.
    ///
    /// # Returns
    /// Nothing for a `top` outside `[0, 1]`.
    #[must_use]
    pub fn top(&self, top: f64) -> Option<Top> {
        let values = || Self::whole(self.exact(top).ceil()).min(self.sorted.len());
        let values = (0.0..=1.0).contains(&top).then(values)?;
        let sum = self.sum_before(values);
        Some(Top {
            values,
            sum,
            share: sum / self.total,
            least: values
                .checked_sub(1)
                .and_then(|last| self.sorted.get(last).copied()),
        })
    }

    /// Returns Lorenz's curve at `0, 1/points, …, 1`: pairs of share of the values, **smallest first**, and share of the total; what
    /// [`Self::curve`] is, turned round.
    ///
    /// It ends at (1, 1), and lies below 0 at first where values do.
    ///
    /// # Returns
    /// Nothing for no points.
    #[must_use]
    pub fn lorenz(&self, points: usize) -> Option<Vec<(f64, f64)>> {
        let mut curve = self.curve(points)?;
        curve.reverse();
        let last = points as f64;
        let places = (0..=points).map(|i| i as f64 / last);
        let turned = places
            .zip(curve)
            .map(|(share, (_, above))| (share, 1.0 - above));
        Some(turned.collect())
    }

    /// Returns how many values lie below 0, and their sum: customers who cost more than they brought.
    ///
    /// The rest then brings more than the total: the top share may exceed 1, and [`Self::gini`] may, too. Say so beside the figures.
    #[must_use]
    pub fn below_zero(&self) -> BelowZero {
        let first = self.sorted.partition_point(|value| *value >= 0.0);
        let below = self.sorted.get(first..).unwrap_or_default();
        BelowZero {
            values: below.len(),
            sum: sum(below),
        }
    }

    /// Returns the Gini coefficient where values below 0 count in the whole by their size, so that it stays within `[0, 1]`.
    ///
    /// ```text
    /// G · Σx / Σ|x|
    /// ```
    ///
    /// The mean difference of two values over its largest for the same gains and losses; [`Self::gini`] where no value lies below 0.
    ///
    /// # Source
    /// Raffinetti, Siletti, Vernizzi (2015), On the Gini coefficient normalization when attributes with negative values are considered,
    /// Statistical Methods & Applications 24; the population form, without the factor n/(n − 1).
    #[must_use]
    pub fn normalised_gini(&self) -> f64 {
        let sizes = self.total - 2.0 * self.below_zero().sum;
        self.gini() * self.total / sizes
    }

    /// Returns how many values a share of them is.
    fn exact(&self, top: f64) -> f64 {
        let exact = top * self.sorted.len() as f64;
        // 0.2 · 5 must be one value, not 1.0000000000000002.
        if (exact - exact.round()).abs() < 1e-9 {
            exact.round()
        } else {
            exact
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of values between 0 and the length of a slice"
    )]
    const fn whole(number: f64) -> usize {
        number as usize
    }

    fn top_sum(&self, top: f64) -> f64 {
        let exact = self.exact(top);
        let whole = Self::whole(exact).min(self.sorted.len());
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
