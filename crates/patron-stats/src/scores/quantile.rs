//! Order statistics and type-7 quantiles of many values, by selection rather than by sorting.

/// Returns the values at the given ranks (0 = smallest), in the order of `ranks`.
///
/// Multi-selection: O(n log r) for r ranks. `values` is left in another order.
pub(crate) fn order_statistics(values: &mut [f64], ranks: &[usize]) -> Vec<f64> {
    let mut ascending = ranks.to_vec();
    ascending.sort_unstable();
    ascending.dedup();
    let mut found = vec![f64::NAN; ascending.len()];
    select_between(values, 0, &ascending, &mut found);
    ranks
        .iter()
        .map(|rank| found[ascending.partition_point(|other| other < rank)])
        .collect()
}

/// The values at some ranks of a slice, which stays as it is.
fn among(values: &[f64], ranks: &[usize]) -> Vec<f64> {
    order_statistics(&mut values.to_vec(), ranks)
}

/// Fills `found` with the values at `ranks` (strictly ascending) of the whole, of which `values` starts at `offset`.
fn select_between(values: &mut [f64], offset: usize, ranks: &[usize], found: &mut [f64]) {
    if ranks.is_empty() || values.is_empty() {
        return;
    }
    let middle = ranks.len() / 2;
    let rank = ranks[middle];
    let (lower, &mut value, upper) = values.select_nth_unstable_by(rank - offset, f64::total_cmp);
    found[middle] = value;
    let (found_lower, found_upper) = found.split_at_mut(middle);
    select_between(lower, offset, &ranks[..middle], found_lower);
    select_between(upper, rank + 1, &ranks[middle + 1..], &mut found_upper[1..]);
}

/// Type-7 quantiles at i/bins for i = 1..bins−1.
///
/// The position h = i·(n−1)/bins is kept as a fraction of whole numbers, so that a quantile which falls on a value is
/// exactly that value.
///
/// # Formula
/// ```text
/// h = (n − 1)·i / bins        j = ⌊h⌋        c_i = x_(j) + (h − j)·(x_(j+1) − x_(j))
/// ```
///
/// # Reference
/// Hyndman & Fan (1996), Sample Quantiles in Statistical Packages, definition 7.
pub(crate) fn type_7_cuts(values: &[f64], bins: u8) -> Vec<f64> {
    type_7_cuts_at(values.len(), bins, |ranks| among(values, ranks))
}

/// As [`type_7_cuts`], of so many values, of which `at` returns those at some ranks.
pub(crate) fn type_7_cuts_at(
    count: usize,
    bins: u8,
    at: impl FnOnce(&[usize]) -> Vec<f64>,
) -> Vec<f64> {
    let bins = usize::from(bins);
    let last = count - 1;
    let positions: Vec<(usize, usize)> = (1..bins)
        .map(|i| {
            // last · i without overflow: last = whole·bins + rest
            let (whole, rest) = (last / bins, last % bins);
            (whole * i + rest * i / bins, rest * i % bins)
        })
        .collect();
    let found = at(&neighbours(positions.iter().map(|&(rank, _)| rank), last));
    positions
        .iter()
        .enumerate()
        .map(|(i, &(_, rest))| {
            interpolate(found[2 * i], found[2 * i + 1], rest as f64 / bins as f64)
        })
        .collect()
}

/// Returns the type-7 quantile of finite `values` at `probability`; nothing for no values or a probability outside 0..1.
#[must_use]
pub fn type_7_quantile(values: &[f64], probability: f64) -> Option<f64> {
    if values.is_empty() || !(0.0..=1.0).contains(&probability) {
        return None;
    }
    Some(type_7_quantile_at(values.len(), probability, |ranks| {
        among(values, ranks)
    }))
}

/// As [`type_7_quantile`], of so many values (one at least), of which `at` returns those at some ranks.
pub(crate) fn type_7_quantile_at(
    count: usize,
    probability: f64,
    at: impl FnOnce(&[usize]) -> Vec<f64>,
) -> f64 {
    let last = count - 1;
    let position = last as f64 * probability;
    let rank = whole(position).min(last);
    let found = at(&[rank, (rank + 1).min(last)]);
    interpolate(found[0], found[1], position - rank as f64)
}

/// Edges 0..=bins as `pandas.qcut` finds them, with its rounding: probabilities one float up where i/bins is inexact,
/// then numpy's linear interpolation.
pub(crate) fn pandas_edges(values: &[f64], bins: u8) -> Vec<f64> {
    pandas_edges_at(values.len(), bins, |ranks| among(values, ranks))
}

/// As [`pandas_edges`], of so many values, of which `at` returns those at some ranks.
pub(crate) fn pandas_edges_at(
    count: usize,
    bins: u8,
    at: impl FnOnce(&[usize]) -> Vec<f64>,
) -> Vec<f64> {
    let last = count - 1;
    let positions: Vec<f64> = pandas_probabilities(bins)
        .iter()
        .map(|probability| last as f64 * probability)
        .collect();
    let ranks = positions.iter().map(|&position| whole(position).min(last));
    let found = at(&neighbours(ranks, last));
    positions
        .iter()
        .enumerate()
        .map(|(i, &at)| numpy_lerp(found[2 * i], found[2 * i + 1], at - at.floor()))
        .collect()
}

/// The probabilities of `pandas.qcut(…, bins)`: `linspace(0, 1, bins + 1)`, rounded up where inexact.
pub(crate) fn pandas_probabilities(bins: u8) -> Vec<f64> {
    let count = f64::from(bins);
    let step = 1.0 / count;
    (0..=bins)
        .map(|i| {
            let even = if i == bins { 1.0 } else { f64::from(i) * step };
            #[expect(clippy::float_cmp, reason = "pandas asks whether the product is exact")]
            let exact = count * even == f64::from(i);
            if exact { even } else { even.next_up() }
        })
        .collect()
}

/// `numpy`'s `_lerp`: from the nearer end, so that it is monotone.
pub(crate) fn numpy_lerp(from: f64, to: f64, weight: f64) -> f64 {
    let difference = to - from;
    if weight >= 0.5 {
        to - difference * (1.0 - weight)
    } else {
        from + difference * weight
    }
}

/// Returns how many different values there are, or `limit` as soon as that many have been seen.
#[must_use]
pub fn count_distinct_up_to(values: &[f64], limit: usize) -> usize {
    let mut seen: Vec<f64> = Vec::with_capacity(limit.min(64));
    for &value in values {
        if seen.len() >= limit {
            break;
        }
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen.len()
}

/// Each rank and the one after it (or the last).
fn neighbours(ranks: impl Iterator<Item = usize>, last: usize) -> Vec<usize> {
    ranks
        .flat_map(|rank| [rank, (rank + 1).min(last)])
        .collect()
}

/// Interpolates, and never leaves the interval by rounding. NaN stands for a value that is not known.
fn interpolate(from: f64, to: f64, weight: f64) -> f64 {
    if weight == 0.0 {
        return from;
    }
    if from.is_nan() || to.is_nan() {
        return f64::NAN;
    }
    (from + weight * (to - from)).clamp(from, to)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position in a slice: not negative, below 2^53"
)]
fn whole(position: f64) -> usize {
    position.floor() as usize
}
