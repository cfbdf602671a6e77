//! Weights from how far values lie apart.

use crate::summary::sum;

/// Why no weights follow.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EntropyError {
    /// No aspects.
    #[error("no aspects, expected at least one")]
    NoAspects,
    /// One value does not lie apart from itself.
    #[error("{found} values of an aspect, expected at least 2")]
    TooFewValues {
        /// Values found.
        found: usize,
    },
    /// Aspects have different numbers of values.
    #[error("aspect {aspect} has {found} values, expected {expected} as the first")]
    LengthsDiffer {
        /// Which, from 0.
        aspect: usize,
        /// Values of it.
        found: usize,
        /// Values of the first.
        expected: usize,
    },
    /// A value is negative, infinite or not a number.
    #[error("the value {value} of aspect {aspect}, expected a finite number of at least 0")]
    ValueOutsideDomain {
        /// Which aspect, from 0.
        aspect: usize,
        /// The value.
        value: f64,
    },
    /// No aspect varies.
    #[error("no aspect varies, expected one that does")]
    NothingVaries,
}

/// Weights by the entropy method.
#[derive(Debug, Clone, PartialEq)]
pub struct EntropyWeights {
    /// One of each aspect; they add up to 1.
    pub weights: Vec<f64>,
    /// Entropy of each aspect, 1 where all have the same.
    pub entropies: Vec<f64>,
}

/// Returns the weights of aspects by the entropy method; `aspects` are columns of values of the same customers.
///
/// # Model
///
/// ```text
/// pᵢⱼ = xᵢⱼ / Σᵢ xᵢⱼ        eⱼ = −Σᵢ pᵢⱼ·ln pᵢⱼ / ln n        wⱼ = (1 − eⱼ) / Σⱼ (1 − eⱼ)
/// ```
///
/// It rewards **spread, not importance**: an aspect that a few customers have all of weighs most, whatever it is worth. It depends on where 0
/// lies: values of 50 to 60 spread less than those of 0 to 10. An aspect that does not vary, one of zeros included, has no weight.
///
/// # Errors
/// [`EntropyError`], tested in the order of its variants.
///
/// # Source
/// Shannon (1948) for the entropy; Hwang, Yoon (1981), Multiple Attribute Decision Making, section 3.1.3. Checked against scipy.
///
/// # Examples
/// ```
/// let alike = vec![1.0, 1.0];
/// let apart = vec![0.0, 1.0];
/// let found = patron_stats::weights::entropy_weights(&[alike, apart])?;
/// assert_eq!(found.weights, [0.0, 1.0]);
/// # Ok::<(), patron_stats::weights::EntropyError>(())
/// ```
pub fn entropy_weights<C: AsRef<[f64]>>(aspects: &[C]) -> Result<EntropyWeights, EntropyError> {
    check(aspects)?;
    let entropies: Vec<f64> = aspects
        .iter()
        .map(|values| entropy(values.as_ref()))
        .collect();
    let spreads: Vec<f64> = entropies.iter().map(|entropy| 1.0 - entropy).collect();
    let whole: f64 = spreads.iter().sum();
    if whole <= 0.0 {
        return Err(EntropyError::NothingVaries);
    }
    Ok(EntropyWeights {
        weights: spreads.iter().map(|spread| spread / whole).collect(),
        entropies,
    })
}

fn check<C: AsRef<[f64]>>(aspects: &[C]) -> Result<(), EntropyError> {
    let expected = aspects
        .first()
        .ok_or(EntropyError::NoAspects)?
        .as_ref()
        .len();
    if expected < 2 {
        return Err(EntropyError::TooFewValues { found: expected });
    }
    for (aspect, values) in aspects.iter().enumerate() {
        let values = values.as_ref();
        if values.len() != expected {
            return Err(EntropyError::LengthsDiffer {
                aspect,
                found: values.len(),
                expected,
            });
        }
        let outside = |value: f64| !(value >= 0.0 && value.is_finite());
        if let Some(value) = values.iter().copied().find(|value| outside(*value)) {
            return Err(EntropyError::ValueOutsideDomain { aspect, value });
        }
    }
    Ok(())
}

/// Returns the entropy of values as shares of their sum, in units of that of equal shares.
fn entropy(values: &[f64]) -> f64 {
    let first = values.first().copied().unwrap_or(0.0);
    if values.iter().all(|value| value.total_cmp(&first).is_eq()) {
        return 1.0;
    }
    let whole = sum(values);
    let term = |value: &f64| {
        let share = value / whole;
        if share > 0.0 {
            -share * share.ln()
        } else {
            0.0
        }
    };
    let terms: Vec<f64> = values.iter().map(term).collect();
    (sum(&terms) / (values.len() as f64).ln()).min(1.0)
}
