//! Scores by position: equal values are split by their order in the slice.
//!
//! Peers do so (`pandas.qcut` of `rank(method="first")`, SQL's `NTILE`), and it gives equal customers different scores:
//! offered to reproduce their numbers, never a default. Callers pass values in customer-id order, which makes the
//! result a function of the data.

use super::method::{Direction, Method};
use super::quantile::{numpy_lerp, order_statistics, pandas_probabilities};

/// Returns, for each of the lower k − 1 bins, how many values are in it or in a bin below.
pub(crate) fn ranks_of_bins(method: &Method, count: usize, bins: u8) -> Vec<usize> {
    match method {
        Method::Ntile => ntile_ranks(count, usize::from(bins)),
        _ => qcut_first_ranks(count, bins),
    }
}

/// `NTILE`: tiles differ by one at most, and the first ones are the larger.
fn ntile_ranks(count: usize, bins: usize) -> Vec<usize> {
    let (size, larger) = (count / bins, count % bins);
    (1..bins)
        .map(|tile| tile * size + tile.min(larger))
        .collect()
}

/// Ranks 1..n cut at their own quantiles as pandas does: rank r is in bin ≤ i when r ≤ edge i.
fn qcut_first_ranks(count: usize, bins: u8) -> Vec<usize> {
    let last = count - 1;
    pandas_probabilities(bins)
        .iter()
        .skip(1)
        .take(usize::from(bins) - 1)
        .map(|probability| {
            let position = last as f64 * probability;
            let rank = position.floor();
            let next = (rank + 1.0).min(last as f64);
            let edge = numpy_lerp(rank + 1.0, next + 1.0, position - rank);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a rank from 1 to n"
            )]
            let edge = edge.floor() as usize;
            edge.min(count)
        })
        .collect()
}

/// Returns the largest value of each of the lower k − 1 bins: what a reader can be told about the bins.
pub(crate) fn describing_cuts(values: &[f64], ranks: &[usize]) -> Vec<f64> {
    let positions: Vec<usize> = ranks.iter().map(|&rank| rank.saturating_sub(1)).collect();
    order_statistics(&mut values.to_vec(), &positions)
}

/// Scores all values: one pass in the order of the slice, after the boundary values are known.
///
/// A value equal to a boundary goes to the lower bin until that bin has the number of values that its rank says.
pub(crate) fn score_all(
    values: &[f64],
    method: &Method,
    bins: u8,
    direction: Direction,
) -> Vec<u8> {
    if values.is_empty() {
        return Vec::new();
    }
    let ranks = ranks_of_bins(method, values.len(), bins);
    let cuts = describing_cuts(values, &ranks);
    let mut below = vec![0_usize; cuts.len()];
    for &value in values {
        for (count, &cut) in below.iter_mut().zip(&cuts) {
            *count += usize::from(value < cut);
        }
    }
    // How many of the values equal to each boundary belong below it.
    let mut quota: Vec<usize> = ranks
        .iter()
        .zip(&below)
        .map(|(&rank, &below)| rank.saturating_sub(below))
        .collect();
    values
        .iter()
        .map(|&value| {
            let mut bin = 0_u8;
            for (&cut, quota) in cuts.iter().zip(&mut quota) {
                if value > cut {
                    bin += 1;
                } else if value >= cut {
                    // equal
                    if *quota == 0 {
                        bin += 1;
                    } else {
                        *quota -= 1;
                    }
                }
            }
            direction.score(bin, bins)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntile_gives_the_first_tiles_the_rest() {
        // SQL: NTILE(4) over 10 rows gives 3, 3, 2, 2.
        assert_eq!(ntile_ranks(10, 4), [3, 6, 8]);
        // SQL: NTILE(5) over 3 rows gives 1, 2, 3 and no 4 or 5.
        assert_eq!(ntile_ranks(3, 5), [1, 2, 3, 3]);
    }

    #[test]
    fn equal_values_are_split_by_their_order() {
        let scores = score_all(&[7.0; 4], &Method::Ntile, 2, Direction::HigherIsBetter);
        assert_eq!(scores, [1, 1, 2, 2]);
        let scores = score_all(&[7.0; 4], &Method::Ntile, 2, Direction::LowerIsBetter);
        assert_eq!(scores, [2, 2, 1, 1]);
    }
}
