//! What a maximum-likelihood fit reports besides its parameters, and what can go wrong with it, in words.

use std::borrow::Cow;
use std::fmt;

use crate::matrix::{self, Square};
use crate::optimise::{BOX, Minimum};

/// How well a fit is determined. Rows, columns and errors are in the order of the model's parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct FitReport {
    /// Customers whose histories were fitted.
    pub customers: u64,
    /// Parameters that were free to move.
    pub parameters: usize,
    /// Natural logarithm of the likelihood of all customers.
    pub log_likelihood: f64,
    /// Covariance of the estimates by rows: `D·H⁻¹·D`, `H` the Hessian on the logarithms and `D` the diagonal of the
    /// parameters. Absent where the likelihood is too flat to give one.
    pub covariance: Option<Vec<Vec<f64>>>,
    /// Iterations of the final search.
    pub iterations: usize,
    /// Whether the search ended at a point that satisfies its tolerance.
    pub converged: bool,
    /// What a reader must know before using the numbers.
    pub warnings: Vec<FitWarning>,
}

impl FitReport {
    /// Returns the square roots of the diagonal of the covariance.
    #[must_use]
    pub fn standard_errors(&self) -> Option<Vec<f64>> {
        let rows = self.covariance.as_ref()?.iter().enumerate();
        rows.map(|(i, row)| row.get(i).map(|variance| variance.sqrt()))
            .collect()
    }

    /// Returns Akaike's criterion, `2·parameters − 2·ln L`.
    #[must_use]
    pub fn aic(&self) -> f64 {
        2.0 * self.parameters as f64 - 2.0 * self.log_likelihood
    }

    /// Returns the Bayesian criterion, `ln(customers)·parameters − 2·ln L`.
    #[must_use]
    pub fn bic(&self) -> f64 {
        (self.customers as f64).ln() * self.parameters as f64 - 2.0 * self.log_likelihood
    }

    /// Makes a report of a minimum of `−ln L / customers` over the logarithms of the parameters.
    pub(crate) fn of<const N: usize>(
        minimum: &Minimum<N>,
        customers: u64,
        names: [&'static str; N],
    ) -> Self {
        let scale = customers as f64;
        let hessian = minimum.at.hessian.map(|row| row.map(|h| h * scale));
        let ln_covariance = matrix::inverse(&hessian);
        let mut warnings = Vec::new();
        if !minimum.converged {
            warnings.push(FitWarning::NotConverged {
                iterations: minimum.iterations,
            });
        }
        for (name, theta) in names.into_iter().zip(minimum.theta) {
            if theta.abs() >= BOX - 1e-9 {
                warnings.push(FitWarning::ParameterAtBound {
                    parameter: name.into(),
                    value: theta.exp(),
                });
            }
        }
        warnings.extend(flat_directions(ln_covariance.as_ref(), names));
        Self {
            customers,
            parameters: N,
            log_likelihood: -minimum.at.value * scale,
            covariance: ln_covariance.map(|ln| on_natural_scale(&ln, &minimum.theta)),
            iterations: minimum.iterations,
            converged: minimum.converged,
            warnings,
        }
    }
}

/// `Dᵢ·Cᵢⱼ·Dⱼ` for every pair, not only the diagonal.
fn on_natural_scale<const N: usize>(ln_covariance: &Square<N>, theta: &[f64; N]) -> Vec<Vec<f64>> {
    let row = |(row, theta_row): (&[f64; N], &f64)| {
        let entries = row.iter().zip(theta);
        entries
            .map(|(entry, theta_column)| entry * (theta_row.exp() * theta_column.exp()))
            .collect()
    };
    ln_covariance.iter().zip(theta).map(row).collect()
}

/// Twice the standard error of a logarithm as a factor; beyond a million nobody needs its digits.
fn factor_in_words(ln_standard_error: f64) -> String {
    let factor = (2.0 * ln_standard_error).exp();
    if factor < 1e6 {
        format!("{factor:.1}")
    } else {
        "more than a million".to_owned()
    }
}

/// A standard error of this size in a logarithm says "within a factor of 20 either way, at best".
pub(crate) const FLAT_STANDARD_ERROR: f64 = 1.5;

fn flat_directions<const N: usize>(
    ln_covariance: Option<&Square<N>>,
    names: [&'static str; N],
) -> Vec<FitWarning> {
    let Some(ln_covariance) = ln_covariance else {
        return vec![FitWarning::TooFlatForStandardErrors];
    };
    let uncertain = |(i, name): (usize, &'static str)| {
        let ln_standard_error = ln_covariance.get(i)?.get(i)?.sqrt();
        (ln_standard_error > FLAT_STANDARD_ERROR).then_some(FitWarning::PoorlyDetermined {
            parameter: name.into(),
            ln_standard_error,
        })
    };
    names
        .into_iter()
        .enumerate()
        .filter_map(uncertain)
        .collect()
}

/// Something a reader must know before using a fit.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FitWarning {
    /// The search stopped before its tolerance was met.
    NotConverged {
        /// Iterations spent.
        iterations: usize,
    },
    /// A parameter ran to the edge of the range searched.
    ParameterAtBound {
        /// Its name in the paper; of the effect of a covariate, `place.column`.
        parameter: Cow<'static, str>,
        /// The value at the edge.
        value: f64,
    },
    /// The likelihood does not curve downwards in every direction at the best point found.
    TooFlatForStandardErrors,
    /// The data hardly determine a parameter.
    PoorlyDetermined {
        /// Its name in the paper; of the effect of a covariate, `place.column`.
        parameter: Cow<'static, str>,
        /// Standard error of its logarithm; of the effect of one standard deviation of the covariate.
        ln_standard_error: f64,
    },
    /// A penalty drew the estimates away from the top of the likelihood.
    Penalised,
    /// a, b → ∞ (γ, δ → ∞): every customer leaves with the same probability after a purchase (before an opportunity).
    DropoutAlike {
        /// The common probability `a/(a + b)`, `γ/(γ + δ)`.
        probability: f64,
    },
    /// s, β → ∞: every customer leaves at the same rate.
    DropoutRatesAlike {
        /// The common rate `s/β`, per model unit.
        rate: f64,
    },
    /// b → 0: readiness to leave does not change with age, as in Pareto/NBD.
    HazardSteady {
        /// β/b, the β of that Pareto/NBD, in model units.
        scale: f64,
    },
    /// s, β → ∞: at each age every customer leaves at the same rate.
    HazardsAlike {
        /// That of new customers, `s·b/β`, per model unit.
        rate: f64,
        /// b, by which it grows, per model unit.
        growth: f64,
    },
    /// β ≈ 1, or b → ∞ with b·s fixed: lifetimes look exponential, so that of b and s only the product is determined.
    OnlyHazardDetermined {
        /// b·s, the rate of leaving per model unit.
        rate: f64,
    },
    /// a/(a + b) → 0, γ/(γ + δ) → 0 or s → 0: nobody leaves.
    NobodyLeaves,
    /// a/(a + b) → 1, γ/(γ + δ) → 1 or s/β → ∞: everybody leaves after the next purchase, or at once.
    EverybodyLeaves,
    /// r, α → ∞ (α, β → ∞ where there are opportunities): every customer buys at the same rate.
    RatesAlike {
        /// The common rate `r/α`, purchases per model unit; or `α/(α + β)`, per opportunity.
        rate: f64,
    },
    /// q ≤ 1: the spread of spend between customers is so wide that its mean is infinite.
    SpendMeanInfinite {
        /// The estimate of q.
        q: f64,
    },
    /// p or q → ∞: customers hardly differ in spend.
    SpendAlike,
}

impl FitWarning {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NotConverged { .. } => "fit_not_converged",
            Self::ParameterAtBound { .. } => "fit_parameter_at_bound",
            Self::TooFlatForStandardErrors => "fit_too_flat_for_standard_errors",
            Self::PoorlyDetermined { .. } => "fit_parameter_poorly_determined",
            Self::Penalised => "fit_penalised",
            Self::DropoutAlike { .. } => "fit_dropout_alike",
            Self::DropoutRatesAlike { .. } => "fit_dropout_rates_alike",
            Self::HazardSteady { .. } => "fit_hazard_steady",
            Self::HazardsAlike { .. } => "fit_hazards_alike",
            Self::OnlyHazardDetermined { .. } => "fit_only_hazard_determined",
            Self::NobodyLeaves => "fit_nobody_leaves",
            Self::EverybodyLeaves => "fit_everybody_leaves",
            Self::RatesAlike { .. } => "fit_rates_alike",
            Self::SpendMeanInfinite { .. } => "fit_spend_mean_infinite",
            Self::SpendAlike => "fit_spend_alike",
        }
    }

    /// Returns the values that the message mentions, by name.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, String)> {
        let rounded = |value: &f64| format!("{value:.4}");
        match self {
            Self::NotConverged { iterations } => vec![("iterations", iterations.to_string())],
            Self::ParameterAtBound { parameter, value } => {
                vec![
                    ("parameter", parameter.clone().into_owned()),
                    ("value", format!("{value:.3e}")),
                ]
            }
            Self::PoorlyDetermined {
                parameter,
                ln_standard_error,
            } => vec![
                ("parameter", parameter.clone().into_owned()),
                ("factor", factor_in_words(*ln_standard_error)),
            ],
            Self::DropoutAlike { probability } => vec![("probability", rounded(probability))],
            Self::DropoutRatesAlike { rate }
            | Self::OnlyHazardDetermined { rate }
            | Self::RatesAlike { rate } => vec![("rate", rounded(rate))],
            Self::HazardSteady { scale } => vec![("scale", rounded(scale))],
            Self::HazardsAlike { rate, growth } => {
                vec![("rate", rounded(rate)), ("growth", rounded(growth))]
            }
            Self::SpendMeanInfinite { q } => vec![("q", rounded(q))],
            Self::TooFlatForStandardErrors
            | Self::Penalised
            | Self::NobodyLeaves
            | Self::EverybodyLeaves
            | Self::SpendAlike => Vec::new(),
        }
    }
}

impl fmt::Display for FitWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConverged { iterations } => write!(
                f,
                "the search had not settled after {iterations} iterations: use the estimates with care"
            ),
            Self::ParameterAtBound { parameter, value } => write!(
                f,
                "{parameter} ran to the edge of the range searched ({value:.3e}): the data do not bound it"
            ),
            Self::TooFlatForStandardErrors => f.write_str(
                "the likelihood is too flat at its top to give standard errors",
            ),
            Self::PoorlyDetermined { parameter, ln_standard_error: error } => write!(
                f,
                "{parameter} is hardly determined by the data: within a factor of {} either way",
                factor_in_words(*error)
            ),
            Self::Penalised => f.write_str(
                "a penalty drew the estimates away from the top of the likelihood: AIC, BIC and tests by likelihood do not hold as they stand",
            ),
            Self::DropoutAlike { probability } => write!(
                f,
                "the shapes of dropout grow without bound: all customers seem to leave alike, with probability {probability:.4} each time"
            ),
            Self::DropoutRatesAlike { rate } => write!(
                f,
                "s and β grow without bound: all customers seem to leave alike, at a rate of {rate:.4} per unit of time"
            ),
            Self::HazardSteady { scale } => write!(
                f,
                "b goes to 0: no sign that readiness to leave grows with age, so this is Pareto/NBD with a β of {scale:.4}"
            ),
            Self::HazardsAlike { rate, growth } => write!(
                f,
                "s and β grow without bound: all customers of one age seem to leave alike, at a rate of {rate:.4} per unit of time at first, growing by {growth:.4} per unit"
            ),
            Self::OnlyHazardDetermined { rate } => write!(
                f,
                "lifetimes look exponential at a rate of {rate:.4} per unit of time: the data know b·s, and neither b nor s"
            ),
            Self::NobodyLeaves => f.write_str(
                "dropout goes to 0: no sign that customers leave, every one counts as alive",
            ),
            Self::EverybodyLeaves => f.write_str(
                "dropout goes to its limit: customers seem to leave after every purchase, or at once",
            ),
            Self::RatesAlike { rate } => write!(
                f,
                "the shapes of buying grow without bound: all customers seem to buy at one rate, {rate:.4} per unit of time"
            ),
            Self::SpendMeanInfinite { q } => write!(
                f,
                "q = {q:.4} is at most 1: the mean spend per purchase across customers is infinite under the model"
            ),
            Self::SpendAlike => f.write_str(
                "a parameter of spend grows without bound: customers hardly differ in what they spend",
            ),
        }
    }
}

/// Why a model could not be fitted or made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// Too few customers came back to tell habit from chance.
    #[error("need at least {required} customers with a repeat purchase, found {found}")]
    TooFewRepeatBuyers {
        /// Smallest number accepted.
        required: u64,
        /// Number in the data.
        found: u64,
    },
    /// Too few customers ended their contract to tell how long the others will stay.
    #[error("need at least {required} customers who left, found {found}")]
    TooFewLeavers {
        /// Smallest number accepted.
        required: u64,
        /// Number in the data.
        found: u64,
    },
    /// No repeat purchase has a spend, or too few.
    #[error("need at least {required} customers with spend on a repeat purchase, found {found}")]
    TooFewSpenders {
        /// Smallest number accepted.
        required: u64,
        /// Number in the data.
        found: u64,
    },
    /// All customers have the same mean spend: there is nothing to fit.
    #[error(
        "all {customers} customers have the same mean spend of {spend}, expected some difference"
    )]
    SpendConstant {
        /// Number in the data.
        customers: u64,
        /// The mean they share.
        spend: f64,
    },
    /// The smallest number of customers asked for is too small to fit anything.
    #[error("a minimum of {found} customers, expected at least {required}")]
    MinimumTooSmall {
        /// Smallest number accepted.
        required: u64,
        /// Number asked for.
        found: u64,
    },
    /// No starting point gives a finite likelihood.
    #[error("the likelihood is not finite at any starting point")]
    NoFiniteStart,
    /// A model has more, or fewer, parameters than were given.
    #[error("{found} parameters, expected {required}")]
    ParametersMiscounted {
        /// Number the model has.
        required: usize,
        /// Number given.
        found: usize,
    },
    /// A parameter given by hand is outside its domain.
    #[error("parameter {parameter} is {value}, expected a positive finite number")]
    ParameterNotPositive {
        /// Its name in the paper.
        parameter: &'static str,
        /// The value given.
        value: f64,
    },
}

impl FitError {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::TooFewRepeatBuyers { .. } => "fit_too_few_repeat_buyers",
            Self::TooFewLeavers { .. } => "fit_too_few_leavers",
            Self::TooFewSpenders { .. } => "fit_too_few_spenders",
            Self::SpendConstant { .. } => "fit_spend_constant",
            Self::MinimumTooSmall { .. } => "fit_minimum_too_small",
            Self::NoFiniteStart => "fit_no_finite_start",
            Self::ParametersMiscounted { .. } => "fit_parameters_miscounted",
            Self::ParameterNotPositive { .. } => "fit_parameter_not_positive",
        }
    }

    /// Returns the values that the message mentions, by name.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::TooFewRepeatBuyers { required, found }
            | Self::TooFewLeavers { required, found }
            | Self::TooFewSpenders { required, found }
            | Self::MinimumTooSmall { required, found } => {
                vec![
                    ("required", required.to_string()),
                    ("found", found.to_string()),
                ]
            }
            Self::ParametersMiscounted { required, found } => vec![
                ("required", required.to_string()),
                ("found", found.to_string()),
            ],
            Self::SpendConstant { customers, spend } => {
                vec![
                    ("customers", customers.to_string()),
                    ("spend", spend.to_string()),
                ]
            }
            Self::NoFiniteStart => Vec::new(),
            Self::ParameterNotPositive { parameter, value } => {
                vec![
                    ("parameter", (*parameter).to_owned()),
                    ("value", value.to_string()),
                ]
            }
        }
    }
}

/// Returns as many parameters as a model has.
pub(crate) fn exactly<const N: usize>(values: &[f64]) -> Result<[f64; N], FitError> {
    values
        .try_into()
        .map_err(|_| FitError::ParametersMiscounted {
            required: N,
            found: values.len(),
        })
}

/// Returns the first error among parameters that must be positive.
pub(crate) fn all_positive<const N: usize>(
    names: [&'static str; N],
    values: [f64; N],
) -> Result<(), FitError> {
    for (parameter, value) in names.into_iter().zip(values) {
        if !(value > 0.0 && value.is_finite()) {
            return Err(FitError::ParameterNotPositive { parameter, value });
        }
    }
    Ok(())
}
