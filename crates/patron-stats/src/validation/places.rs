//! How likely outcomes were called, and where in their distributions they fell.

use rand::{Rng, RngExt};

use super::predictions::CountPlace;
use super::{ValidationError, check_domain};
use crate::distributions::{chi_square_above, kolmogorov_above};
use crate::summary::sum;

/// Held-out log-likelihood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogScore {
    /// Mean logarithm of the probability of what came; −∞ where something impossible came.
    pub mean: f64,
    /// Customers whose outcome had probability 0.
    pub impossible: usize,
}

/// Returns the logarithmic score of the probabilities that what came had been given: the higher, the better.
///
/// Best, in expectation, for whoever gives the true distribution: nothing else is rewarded.
///
/// # Errors
/// [`ValidationError::NoCustomers`]; [`ValidationError::OutsideDomain`].
///
/// # Source
/// Gneiting, Raftery (2007), Strictly proper scoring rules, prediction, and estimation.
pub fn log_score(probabilities: &[f64]) -> Result<LogScore, ValidationError> {
    check_domain("a probability", probabilities)?;
    if probabilities.is_empty() {
        return Err(ValidationError::NoCustomers);
    }
    let logarithms: Vec<f64> = probabilities.iter().map(|p| p.ln()).collect();
    Ok(LogScore {
        mean: sum(&logarithms) / probabilities.len() as f64,
        impossible: probabilities.iter().filter(|p| **p <= 0.0).count(),
    })
}

/// How evenly outcomes fill their distributions.
#[derive(Debug, Clone, PartialEq)]
pub struct Uniformity {
    /// Share of the outcomes in each of equally wide classes from 0 to 1. Too many at the ends: distributions too narrow; in the
    /// middle: too wide; at one end: biased.
    pub shares: Vec<f64>,
    /// Kolmogorov's distance from the uniform distribution.
    pub kolmogorov_distance: f64,
    /// Probability of such a distance or a larger one where the distributions are right.
    pub kolmogorov_probability: f64,
    /// Chi-square over the classes.
    pub chi_square: f64,
    /// Probability of such a chi-square or a larger one where the distributions are right.
    pub chi_square_probability: f64,
}

/// Returns how evenly outcomes fill their distributions, by the randomised probability integral transform.
///
/// ```text
/// place = P(N < n) + u·P(N = n)        u uniform on [0, 1)
/// ```
///
/// Uniform if the distributions are right. The same generator in the same state gives the same places.
///
/// # Errors
/// [`ValidationError::NoCustomers`]; [`ValidationError::NoGroups`].
///
/// # Source
/// Czado, Gneiting, Held (2009), Predictive model assessment for count data.
pub fn uniformity(
    outcomes: &[CountPlace],
    classes: u32,
    generator: &mut dyn Rng,
) -> Result<Uniformity, ValidationError> {
    if outcomes.is_empty() {
        return Err(ValidationError::NoCustomers);
    }
    if classes == 0 {
        return Err(ValidationError::NoGroups);
    }
    let place = |outcome: &CountPlace| outcome.below + generator.random::<f64>() * outcome.at;
    let mut places: Vec<f64> = outcomes.iter().map(place).collect();
    places.sort_unstable_by(f64::total_cmp);
    let n = places.len() as f64;
    let classes_f = f64::from(classes);
    let expected = n / classes_f;
    let mut below = 0;
    let counts: Vec<f64> = (1..=classes)
        .map(|class| {
            let edge = f64::from(class) / classes_f;
            let up_to = if class == classes {
                places.len()
            } else {
                places.partition_point(|place| *place < edge)
            };
            let here = up_to - below;
            below = up_to;
            here as f64
        })
        .collect();
    let chi_square = counts
        .iter()
        .map(|c| (c - expected).powi(2) / expected)
        .sum();
    let distance = distance_from_uniform(&places);
    Ok(Uniformity {
        shares: counts.iter().map(|count| count / n).collect(),
        kolmogorov_distance: distance,
        kolmogorov_probability: kolmogorov_above(distance, places.len()),
        chi_square,
        chi_square_probability: if classes > 1 {
            chi_square_above(chi_square, classes - 1)
        } else {
            1.0
        },
    })
}

/// Kolmogorov's distance of sorted numbers in `[0, 1]` from the uniform distribution.
fn distance_from_uniform(places: &[f64]) -> f64 {
    let n = places.len() as f64;
    let gap = |(i, place): (usize, &f64)| {
        let below = i as f64 / n;
        (place - below).max(below + 1.0 / n - place)
    };
    places.iter().enumerate().map(gap).fold(0.0, f64::max)
}
