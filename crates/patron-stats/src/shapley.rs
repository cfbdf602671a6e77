//! Why a product changed: a part for each factor, and the parts add up.
//!
//! Revenue is buyers × orders of each × money of each order. Which part of a change of revenue is due to which? Changing one factor after the
//! other gives an answer that depends on the order; the mean over all orders does not.

/// Factors that a product may have.
pub const MOST_FACTORS: usize = 4;

/// Parts may miss their total by this of the largest of them: what rounding of products leaves.
const ROUNDING: f64 = 1e-9;

/// Why a change was not taken apart.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapleyError {
    /// No factors, or too many.
    #[error("{found} factors, expected 1 to {MOST_FACTORS}")]
    FactorsOutsideDomain {
        /// Number given.
        found: usize,
    },
    /// Before and after have different numbers of factors.
    #[error("{before} factors before and {after} after, expected the same number")]
    LengthsDiffer {
        /// Factors before.
        before: usize,
        /// Factors after.
        after: usize,
    },
    /// A factor is infinite or not a number.
    #[error("factor {position} is not a finite number")]
    NotFinite {
        /// Which, from 0.
        position: usize,
    },
    /// Parts do not add up to the total that they are to be rounded to.
    #[error("parts add up to {sum}, expected {total}")]
    PartsDiffer {
        /// Their sum.
        sum: f64,
        /// The total given.
        total: i128,
    },
}

/// Returns the part of each factor in the change of their product, in the unit of the product.
///
/// # Model
///
/// ```text
/// Πb − Πa = Σᵢ φᵢ        φᵢ = (bᵢ − aᵢ) · Σ_S |S|!·(n − 1 − |S|)!/n! · Π_{j ∈ S} bⱼ · Π_{j ∉ S, j ≠ i} aⱼ
/// ```
///
/// with S over all sets of the other factors: the mean, over the n! orders in which factors could change one after the other, of what
/// changing the i-th adds. A factor that did not change has a part of 0; who is called first does not matter.
///
/// # Returns
/// As many parts as factors.
///
/// # Errors
/// [`ShapleyError`], but `PartsDiffer`.
///
/// # Numerics
/// Parts add up to the change but for a few roundings of the larger product. [`apportioned`] makes of them whole units that add up exactly.
///
/// # Source
/// Shapley (1953), A value for n-person games; Sun (1998), Changes in energy consumption and energy intensity: a
/// complete decomposition model, where changes are shared out so. Checked against exact fractions.
///
/// # Examples
/// ```
/// // 10 buyers at 20 become 12 at 25: 100 more. Buyers: 2 · (20 + 25)/2, money of each: 5 · (10 + 12)/2.
/// let parts = patron_stats::shapley::parts_of_change(&[10.0, 20.0], &[12.0, 25.0])?;
/// assert_eq!(parts, [45.0, 55.0]);
/// # Ok::<(), patron_stats::shapley::ShapleyError>(())
/// ```
pub fn parts_of_change(before: &[f64], after: &[f64]) -> Result<Vec<f64>, ShapleyError> {
    let count = before.len();
    if count != after.len() {
        return Err(ShapleyError::LengthsDiffer {
            before: count,
            after: after.len(),
        });
    }
    if !(1..=MOST_FACTORS).contains(&count) {
        return Err(ShapleyError::FactorsOutsideDomain { found: count });
    }
    let pairs: Vec<(f64, f64)> = before.iter().copied().zip(after.iter().copied()).collect();
    let finite = |(a, b): &(f64, f64)| a.is_finite() && b.is_finite();
    if let Some(position) = pairs.iter().position(|pair| !finite(pair)) {
        return Err(ShapleyError::NotFinite { position });
    }
    let part = |(place, (a, b)): (usize, &(f64, f64))| (b - a) * mean_of_others(&pairs, place);
    Ok(pairs.iter().enumerate().map(part).collect())
}

/// Returns the mean product of the other factors, over the orders in which they may have changed before this one.
fn mean_of_others(pairs: &[(f64, f64)], place: usize) -> f64 {
    // By how many of the others changed before: the sum over all sets of that size of their products.
    let mut by_size = vec![1.0];
    for (a, b) in pairs
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != place)
        .map(|(_, pair)| *pair)
    {
        let unchanged = by_size.iter().map(|sum| sum * a).chain([0.0]);
        let changed = [0.0].into_iter().chain(by_size.iter().map(|sum| sum * b));
        by_size = unchanged
            .zip(changed)
            .map(|(left, right)| left + right)
            .collect();
    }
    // Sets of one size have the weight |S|!·(n − 1 − |S|)!/n! = 1/(n · (n − 1 over |S|)) each.
    let others = pairs.len() - 1;
    let mut sets = 1.0;
    let mut mean = 0.0;
    for (size, sum) in by_size.iter().enumerate() {
        mean += sum / (sets * pairs.len() as f64);
        sets *= (others - size) as f64 / (size + 1) as f64;
    }
    mean
}

/// Returns parts as whole units that add up to `total` exactly: money in ten-thousandths.
///
/// Each part is rounded to the nearest unit; units then missing, or too many, go to the parts that rounding moved farthest, the first of
/// equals first.
///
/// # Errors
/// [`ShapleyError::NotFinite`]; [`ShapleyError::PartsDiffer`] where parts miss the total by more than rounding explains;
/// [`ShapleyError::FactorsOutsideDomain`] for no parts.
///
/// # Examples
/// ```
/// let whole = patron_stats::shapley::apportioned(&[33.4, 33.3, 33.3], 100)?;
/// assert_eq!(whole, [34, 33, 33]);
/// # Ok::<(), patron_stats::shapley::ShapleyError>(())
/// ```
pub fn apportioned(parts: &[f64], total: i128) -> Result<Vec<i128>, ShapleyError> {
    if parts.is_empty() {
        return Err(ShapleyError::FactorsOutsideDomain { found: 0 });
    }
    if let Some(position) = parts.iter().position(|part| !part.is_finite()) {
        return Err(ShapleyError::NotFinite { position });
    }
    let mut rounded: Vec<(i128, f64, usize)> = parts
        .iter()
        .enumerate()
        .map(|(place, part)| (whole(*part), part - part.round(), place))
        .collect();
    let missing = total - rounded.iter().map(|(units, ..)| units).sum::<i128>();
    let count = parts.len() as i128;
    let largest = parts
        .iter()
        .fold(0.0_f64, |largest, part| largest.max(part.abs()));
    if missing.abs() > count + whole(ROUNDING * largest) {
        return Err(ShapleyError::PartsDiffer {
            sum: parts.iter().sum(),
            total,
        });
    }
    let sign = missing.signum();
    let direction = sign as f64;
    rounded.sort_by(|(_, left, one), (_, right, other)| {
        (direction * right)
            .total_cmp(&(direction * left))
            .then(one.cmp(other))
    });
    let (each, rest) = (missing.abs() / count, missing.abs() % count);
    for ((units, ..), place) in rounded.iter_mut().zip(0_i128..) {
        *units += sign * (each + i128::from(place < rest));
    }
    rounded.sort_by_key(|(.., place)| *place);
    Ok(rounded.into_iter().map(|(units, ..)| units).collect())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a finite number of units; beyond 10^38 it saturates, and then does not add up"
)]
const fn whole(number: f64) -> i128 {
    number.round() as i128
}
