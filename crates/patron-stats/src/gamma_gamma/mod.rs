//! Gamma-Gamma: how much a customer spends per purchase, apart from how often.

mod histories;
mod likelihood;

use crate::estimate::{FitError, FitReport, FitWarning, all_positive};
use crate::fitting::{self, ALIKE};
use crate::optimise::Evaluation;

pub use histories::{SpendError, SpendHistories, SpendHistory};

/// How Gamma-Gamma is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GammaGammaConfig {
    minimum_spenders: u64,
}

impl Default for GammaGammaConfig {
    /// At least 30 customers with spend on a repeat purchase.
    fn default() -> Self {
        Self {
            minimum_spenders: 30,
        }
    }
}

impl GammaGammaConfig {
    /// Sets the fewest customers that a fit is made from.
    ///
    /// # Errors
    /// [`FitError::MinimumTooSmall`] below 2: one mean has no spread.
    pub fn with_minimum_spenders(self, minimum: u64) -> Result<Self, FitError> {
        if minimum < 2 {
            return Err(FitError::MinimumTooSmall {
                required: 2,
                found: minimum,
            });
        }
        Ok(Self {
            minimum_spenders: minimum,
        })
    }

    /// Completes the configuration.
    #[must_use]
    pub const fn build(self) -> GammaGamma {
        GammaGamma { config: self }
    }
}

/// Gamma-Gamma, ready to be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GammaGamma {
    config: GammaGammaConfig,
}

/// Parameters of Gamma-Gamma; γ is in the currency of the spends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaGammaParameters {
    /// Shape of single spends.
    pub p: f64,
    /// Shape of the inverse scales of customers; above 1 for the mean spend to exist.
    pub q: f64,
    /// Scale, in money.
    pub gamma: f64,
}

/// Gamma-Gamma with parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedGammaGamma {
    parameters: GammaGammaParameters,
    report: Option<FitReport>,
}

/// (p, q) of the starts; γ follows from the mean spend.
const STARTS: [[f64; 2]; 4] = [[6.0, 4.0], [1.0, 2.0], [3.0, 12.0], [30.0, 3.0]];

pub(crate) const NAMES: [&str; 3] = ["p", "q", "gamma"];

impl GammaGamma {
    /// Returns the model with the likeliest parameters.
    ///
    /// # Model
    ///
    /// Single spends are Gamma(p, ν), the customer's ν is Gamma(q, γ); spend and frequency are independent.
    ///
    /// ```text
    /// L = Γ(px + q)/(Γ(px)·Γ(q)) · γ^q · m^(px − 1) · x^(px) / (γ + x·m)^(px + q)
    /// ```
    ///
    /// | symbol  | field          | unit      | domain |
    /// |---------|----------------|-----------|--------|
    /// | x       | `purchases`    | purchases | ≥ 1    |
    /// | m       | `mean_spend`   | money     | > 0    |
    /// | γ       | `gamma`        | money     | > 0    |
    /// | p q     | same           | none      | > 0    |
    ///
    /// # Errors
    /// [`FitError::TooFewSpenders`]; [`FitError::SpendConstant`] where all means are equal.
    ///
    /// # Numerics
    /// As [`BgNbd::fit`](crate::bg_nbd::BgNbd::fit). Spends are summed in sorted order: their order does not matter.
    ///
    /// # Source
    /// Fader, Hardie (2013), "The Gamma-Gamma model of monetary value", equations 1a and 5. Checked against
    /// `reference/gamma_gamma/` to 1e-5 relative.
    pub fn fit(&self, spends: &SpendHistories) -> Result<FittedGammaGamma, FitError> {
        self.check(spends)?;
        let (best, mut report) = fitting::fit(spends, NAMES, &starts(spends), evaluate)?;
        let [p, q, gamma] = best;
        let parameters = GammaGammaParameters { p, q, gamma };
        report.warnings.extend(in_words(&parameters));
        Ok(FittedGammaGamma {
            parameters,
            report: Some(report),
        })
    }

    /// Refuses what no parameters can be estimated from.
    pub(crate) fn check(&self, spends: &SpendHistories) -> Result<(), FitError> {
        let (required, found) = (self.config.minimum_spenders, spends.customers());
        if found < required {
            return Err(FitError::TooFewSpenders { required, found });
        }
        match spends.constant_spend() {
            Some(spend) => Err(FitError::SpendConstant {
                customers: found,
                spend,
            }),
            None => Ok(()),
        }
    }
}

/// Returns the starts in the currency of the spends.
pub(crate) fn starts(spends: &SpendHistories) -> [[f64; 3]; 4] {
    let mean = spends.mean_of_means();
    STARTS.map(|[p, q]| [p, q, mean * (q - 1.0) / p])
}

/// Returns the log-likelihood with its derivatives in (p, q, γ).
pub(crate) fn evaluate(&[p, q, gamma]: &[f64; 3], spends: &SpendHistories) -> Evaluation<3> {
    likelihood::log_likelihood(&GammaGammaParameters { p, q, gamma }, spends)
}

fn in_words(parameters: &GammaGammaParameters) -> Vec<FitWarning> {
    let mut warnings = Vec::new();
    if parameters.q <= 1.0 {
        warnings.push(FitWarning::SpendMeanInfinite { q: parameters.q });
    }
    if parameters.p > ALIKE || parameters.q > ALIKE {
        warnings.push(FitWarning::SpendAlike);
    }
    warnings
}

impl FittedGammaGamma {
    /// Makes a model from parameters known otherwise.
    ///
    /// # Errors
    /// [`FitError::ParameterNotPositive`].
    pub fn from_parameters(parameters: GammaGammaParameters) -> Result<Self, FitError> {
        let GammaGammaParameters { p, q, gamma } = parameters;
        all_positive(NAMES, [p, q, gamma])?;
        Ok(Self {
            parameters,
            report: None,
        })
    }

    /// Returns the parameters.
    #[must_use]
    pub const fn parameters(&self) -> GammaGammaParameters {
        self.parameters
    }

    /// Returns the parameters by their names in the paper, in its order.
    #[must_use]
    pub fn named_parameters(&self) -> Vec<(&'static str, f64)> {
        let GammaGammaParameters { p, q, gamma } = self.parameters;
        NAMES.into_iter().zip([p, q, gamma]).collect()
    }

    /// Returns what is known of the fit; absent where the parameters were given by hand.
    #[must_use]
    pub const fn report(&self) -> Option<&FitReport> {
        self.report.as_ref()
    }

    /// Returns the log-likelihood of spends, not only of those the model was fitted to.
    #[must_use]
    pub fn log_likelihood(&self, spends: &SpendHistories) -> f64 {
        likelihood::log_likelihood(&self.parameters, spends).value
    }

    /// Returns the derivative of the log-likelihood in (p, q, γ); zeros at the top of the spends' own likelihood.
    #[must_use]
    pub fn score(&self, spends: &SpendHistories) -> Vec<f64> {
        likelihood::log_likelihood(&self.parameters, spends)
            .gradient
            .to_vec()
    }

    /// Returns the expected spend per purchase of a customer nothing is known of.
    ///
    /// # Returns
    /// Nothing where q ≤ 1: the mean is infinite.
    #[must_use]
    pub fn population_mean(&self) -> Option<f64> {
        self.expected_spend(None)
    }

    /// Returns the expected spend per future purchase.
    ///
    /// # Model
    ///
    /// A mean of the population's and the customer's own mean, the more of the latter the more purchases it stands on.
    ///
    /// ```text
    /// E[z | x, m] = p·(γ + x·m) / (p·x + q − 1)
    /// ```
    ///
    /// # Returns
    /// The population mean where nothing is known of the customer (x = 0). Nothing where `p·x + q ≤ 1`: infinite.
    ///
    /// # Source
    /// Fader, Hardie (2013), equation 5.
    #[must_use]
    pub fn expected_spend(&self, spend: Option<&SpendHistory>) -> Option<f64> {
        let weight = self.posterior_shape(spend) - 1.0;
        (weight > 0.0).then(|| self.parameters.p * self.posterior_scale(spend) / weight)
    }

    /// Returns `p·x + q`, the shape of the distribution of ν once the spend is known.
    #[must_use]
    pub fn posterior_shape(&self, spend: Option<&SpendHistory>) -> f64 {
        let purchases = spend.map_or(0, SpendHistory::purchases);
        self.parameters.p * f64::from(purchases) + self.parameters.q
    }

    /// Returns `γ + x·m`: the money that a standardised outcome of 1 stands for (see [`crate::outcome`]).
    #[must_use]
    pub fn posterior_scale(&self, spend: Option<&SpendHistory>) -> f64 {
        let total = spend.map_or(0.0, |s| f64::from(s.purchases()) * s.mean_spend());
        self.parameters.gamma + total
    }
}
