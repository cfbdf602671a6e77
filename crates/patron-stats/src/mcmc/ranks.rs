//! Draws as ranks, so that they can be compared where they have no variance or no mean.

use crate::distributions::normal_quantile;

/// Returns the halves of every chain; of an odd number of draws the middle one is in neither.
pub(super) fn halves(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut halves = Vec::with_capacity(2 * chains.len());
    for chain in chains {
        let (first, rest) = chain.split_at(chain.len() / 2);
        let (_, second) = rest.split_at(rest.len() - first.len());
        halves.push(first.to_vec());
        halves.push(second.to_vec());
    }
    halves
}

/// Returns the normal scores of the ranks among all draws of all chains; equal draws share the mean of their ranks.
///
/// ```text
/// z = Φ⁻¹((rank − 3/8)/(S + 1/4))        Blom's scores, S draws in all
/// ```
pub(super) fn normal_scores(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    // Adding 0 makes the two zeros one: in total order the negative one comes first.
    let mut sorted: Vec<f64> = chains.iter().flatten().map(|value| value + 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let score = |value: &f64| {
        let value = &(value + 0.0);
        let below = sorted.partition_point(|other| other.total_cmp(value).is_lt());
        let up_to = sorted.partition_point(|other| other.total_cmp(value).is_le());
        let rank = 0.5 * (below + 1 + up_to) as f64;
        normal_quantile((rank - 0.375) / (count + 0.25))
    };
    let scores = |chain: &Vec<f64>| chain.iter().map(score).collect();
    chains.iter().map(scores).collect()
}

/// Returns the distances of all draws from their median.
pub(super) fn folded(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let median = quantile(chains, 0.5);
    let fold = |chain: &Vec<f64>| chain.iter().map(|value| (value - median).abs()).collect();
    chains.iter().map(fold).collect()
}

/// Returns a quantile (type 7) of all draws of all chains; NaN where there are none.
pub(super) fn quantile(chains: &[Vec<f64>], level: f64) -> f64 {
    let mut sorted: Vec<f64> = chains.iter().flatten().copied().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    quantile_of_sorted(&sorted, level)
}

/// Returns a quantile (type 7) of sorted values.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position between 0 and the length of a slice"
)]
pub(super) fn quantile_of_sorted(sorted: &[f64], level: f64) -> f64 {
    let position = level.clamp(0.0, 1.0) * (sorted.len() as f64 - 1.0).max(0.0);
    let below = position as usize;
    let fraction = position - below as f64;
    match (sorted.get(below), sorted.get(below + 1)) {
        (Some(at), Some(next)) if fraction > 0.0 => at + fraction * (next - at),
        (Some(at), _) => *at,
        (None, _) => f64::NAN,
    }
}

/// Returns the mean of numbers.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Returns the variance of numbers, unbiased.
pub(super) fn variance(values: &[f64]) -> f64 {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    squares / (values.len() as f64 - 1.0)
}
