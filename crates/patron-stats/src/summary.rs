//! Mean and quantiles of a column.

/// Values are summed in runs of this length, and the runs then summed: the same result however work is spread.
pub(crate) const CHUNK: usize = 4096;

/// Returns the sum, over fixed chunks in the order given.
#[must_use]
pub fn sum(values: &[f64]) -> f64 {
    values
        .chunks(CHUNK)
        .map(|chunk| chunk.iter().sum::<f64>())
        .sum()
}

/// Returns the arithmetic mean.
///
/// # Returns
/// Nothing for an empty slice; NaN if any value is NaN.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| sum(values) / values.len() as f64)
}

/// Returns the median: the middle value, or the mean of the two in the middle.
///
/// # Returns
/// As [`quantile`] at one half.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// Returns the type-7 quantile: linear between the order statistics at `level · (n − 1)`.
///
/// # Returns
/// Nothing for an empty slice, for a level outside `[0, 1]`, and if any value is NaN.
///
/// # Source
/// Hyndman, Fan (1996), "Sample quantiles in statistical packages", definition 7; the default of R and numpy.
#[must_use]
pub fn quantile(values: &[f64], level: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&level) || values.is_empty() || values.iter().any(|v| v.is_nan()) {
        return None;
    }
    let position = level * (values.len() - 1) as f64;
    let index = floor_index(position);
    let mut values = values.to_vec();
    let (_, low, above) = values.select_nth_unstable_by(index, f64::total_cmp);
    let low = *low;
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    let fraction = position - index as f64;
    Some(if fraction == 0.0 {
        low
    } else {
        low + fraction * (high - low)
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position between 0 and the length of a slice"
)]
fn floor_index(position: f64) -> usize {
    position as usize
}
