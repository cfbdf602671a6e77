//! The likelihood-ratio test: does the larger of two nested models explain more than chance would?

use std::fmt;

use crate::distributions::chi_square_above;
use crate::estimate::{FitReport, FitWarning};

/// Two log-likelihoods closer than this, relative, are equal but for the rounding of a long sum and the search's tolerance.
const ROUNDING: f64 = 1e-9;

/// What the test of two nested fits says.
#[derive(Debug, Clone, PartialEq)]
pub struct LikelihoodRatio {
    /// Twice the gain in log-likelihood, at least 0.
    pub statistic: f64,
    /// Parameters that the larger model is free to move and the smaller is not.
    pub degrees_of_freedom: usize,
    /// Probability of a statistic at least as large where the smaller model is true, by the chi-squared distribution.
    pub p_value: f64,
    /// What a reader must know before using the probability.
    pub cautions: Vec<LikelihoodRatioCaution>,
}

/// Why the chi-squared distribution may not be that of the statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LikelihoodRatioCaution {
    /// The larger fit lies at an edge of what its parameters can be.
    LargerAtBoundary,
    /// The smaller fit lies at an edge of what its parameters can be.
    SmallerAtBoundary,
}

impl LikelihoodRatioCaution {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::LargerAtBoundary => "likelihood_ratio_larger_at_boundary",
            Self::SmallerAtBoundary => "likelihood_ratio_smaller_at_boundary",
        }
    }
}

impl fmt::Display for LikelihoodRatioCaution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LargerAtBoundary => {
                "the larger model lies at an edge of its parameters: its gain is as a rule less than chi-squared would have it, and p too large"
            }
            Self::SmallerAtBoundary => {
                "the smaller model lies at an edge of its parameters: the chi-squared distribution does not hold there, take p as a rough figure"
            }
        })
    }
}

/// Why two fits cannot be tested against each other.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LikelihoodRatioError {
    /// The fits were made from different customers.
    #[error(
        "the smaller model was fitted to {smaller} customers, the larger to {larger}, expected the same"
    )]
    CustomersDiffer {
        /// Customers of the smaller model.
        smaller: u64,
        /// Customers of the larger model.
        larger: u64,
    },
    /// The larger model does not have more free parameters.
    #[error(
        "the smaller model has {smaller} free parameters and the larger {larger}, expected more in the larger"
    )]
    NoFurtherParameters {
        /// Free parameters of the smaller model.
        smaller: usize,
        /// Free parameters of the larger model.
        larger: usize,
    },
    /// A search stopped before it was at the top.
    #[error(
        "the {which} model had not settled when its search ended: its likelihood is not the largest"
    )]
    NotConverged {
        /// `smaller` or `larger`.
        which: &'static str,
    },
    /// A penalty keeps an estimate from the top of its likelihood.
    #[error("the {which} model was fitted under a penalty: its likelihood is not the largest")]
    Penalised {
        /// `smaller` or `larger`.
        which: &'static str,
    },
    /// The larger model is less likely than the smaller, which cannot be if it contains it.
    #[error(
        "the log-likelihood of the larger model, {larger}, lies below that of the smaller, {smaller}: the smaller is not a case of it, or the search missed the top"
    )]
    LargerLessLikely {
        /// Log-likelihood of the smaller model.
        smaller: f64,
        /// Log-likelihood of the larger model.
        larger: f64,
    },
    /// What the larger model holds fixed or equal, the smaller leaves free.
    #[error("the smaller model is not a case of the larger: {constraint} in the larger alone")]
    NotNested {
        /// The constraint in words.
        constraint: String,
    },
    /// A model has parameters given by hand.
    #[error("the {which} model was not fitted, its parameters were given")]
    NotFitted {
        /// `smaller` or `larger`.
        which: &'static str,
    },
}

/// Tests a fitted model against a larger one of which it is a special case.
///
/// # Model
///
/// ```text
/// D = 2·(ln L_larger − ln L_smaller)        p = P(χ²_k ≥ D),   k = difference in free parameters
/// ```
///
/// Whether one model is a case of the other is for the caller to know, and that both were fitted to the same customers; fits
/// with covariates are checked by
/// [`WithCovariates::likelihood_ratio`](crate::covariates::WithCovariates::likelihood_ratio).
///
/// The distribution holds where the smaller model lies **inside** the larger: effects of 0, effects that are equal, a shape
/// of 1. It does not where the smaller lies at an **edge**: NBD is BG/NBD with a → 0 or Pareto/NBD with s → 0, and then half
/// of all gains or more are 0 by chance alone, and p is as a rule too large. For one parameter at its edge, where all others stay
/// determined, it is halved; where another then has no meaning, as b where a → 0, there is no such rule.
///
/// # Returns
/// A gain below 0 that is rounding counts as 0, with p = 1. Cautions where a fit tells of an edge itself, whose search need
/// not have settled.
///
/// # Errors
/// [`LikelihoodRatioError`], one variant per condition.
///
/// # Source
/// Wilks (1938), The large-sample distribution of the likelihood ratio; Self, Liang (1987) for edges.
pub fn likelihood_ratio(
    smaller: &FitReport,
    larger: &FitReport,
) -> Result<LikelihoodRatio, LikelihoodRatioError> {
    check(smaller, larger)?;
    let gain = larger.log_likelihood - smaller.log_likelihood;
    if gain < -ROUNDING * larger.log_likelihood.abs() {
        return Err(LikelihoodRatioError::LargerLessLikely {
            smaller: smaller.log_likelihood,
            larger: larger.log_likelihood,
        });
    }
    let statistic = 2.0 * gain.max(0.0);
    let degrees_of_freedom = larger.parameters - smaller.parameters;
    let cautions = [
        (larger, LikelihoodRatioCaution::LargerAtBoundary),
        (smaller, LikelihoodRatioCaution::SmallerAtBoundary),
    ];
    Ok(LikelihoodRatio {
        statistic,
        degrees_of_freedom,
        p_value: chi_square_above(
            statistic,
            u32::try_from(degrees_of_freedom).unwrap_or(u32::MAX),
        ),
        cautions: cautions
            .into_iter()
            .filter(|(report, _)| report.warnings.iter().any(is_boundary))
            .map(|(_, caution)| caution)
            .collect(),
    })
}

fn check(smaller: &FitReport, larger: &FitReport) -> Result<(), LikelihoodRatioError> {
    if smaller.customers != larger.customers {
        return Err(LikelihoodRatioError::CustomersDiffer {
            smaller: smaller.customers,
            larger: larger.customers,
        });
    }
    if smaller.parameters >= larger.parameters {
        return Err(LikelihoodRatioError::NoFurtherParameters {
            smaller: smaller.parameters,
            larger: larger.parameters,
        });
    }
    for (report, which) in [(smaller, "smaller"), (larger, "larger")] {
        // A search that runs to an edge may never settle; the likelihood has its limit there all the same.
        if !report.converged && !report.warnings.iter().any(is_edge) {
            return Err(LikelihoodRatioError::NotConverged { which });
        }
        if report.warnings.contains(&FitWarning::Penalised) {
            return Err(LikelihoodRatioError::Penalised { which });
        }
    }
    Ok(())
}

/// Returns whether a warning says that a fit lies at an edge, or where the likelihood has no top.
fn is_boundary(warning: &FitWarning) -> bool {
    is_edge(warning) || *warning == FitWarning::TooFlatForStandardErrors
}

/// Returns whether a warning says that a parameter lies at, or runs to, the edge of its domain.
const fn is_edge(warning: &FitWarning) -> bool {
    matches!(
        warning,
        FitWarning::ParameterAtBound { .. }
            | FitWarning::DropoutAlike { .. }
            | FitWarning::DropoutRatesAlike { .. }
            | FitWarning::NobodyLeaves
            | FitWarning::EverybodyLeaves
            | FitWarning::RatesAlike { .. }
    )
}
