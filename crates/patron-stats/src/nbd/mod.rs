//! NBD: customers buy at random and never leave. The model that the others must beat.
//!
//! | module | question it answers |
//! |---|---|
//! | `likelihood` | how likely are the histories, and which parameters make them likeliest? |
//! | `law` | how does this become a purchase model? |

mod law;
mod likelihood;

use crate::estimate::{FitError, FitReport, all_positive};
use crate::fitting::MinimumRepeatBuyers;
use crate::history::WeightedHistories;
use crate::purchase::purchase_model;

/// How NBD is fitted.
///
/// By default from at least 30 customers with a repeat purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NbdConfig {
    minimum_repeat_buyers: MinimumRepeatBuyers,
}

impl NbdConfig {
    /// Sets the fewest customers with a repeat purchase that a fit is made from.
    ///
    /// # Errors
    /// [`FitError::MinimumTooSmall`] below 1: without any repeat purchase there is no likelihood to climb.
    pub fn with_minimum_repeat_buyers(self, minimum: u64) -> Result<Self, FitError> {
        Ok(Self {
            minimum_repeat_buyers: MinimumRepeatBuyers::new(minimum)?,
        })
    }

    /// Completes the configuration.
    #[must_use]
    pub const fn build(self) -> Nbd {
        Nbd { config: self }
    }
}

/// NBD, ready to be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nbd {
    config: NbdConfig,
}

/// Parameters of NBD; time is in the unit of the histories.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NbdParameters {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Inverse scale of the purchase rates, in units of time.
    pub alpha: f64,
}

/// The rule with its parameters, positive and finite by construction.
#[derive(Debug, Clone, Copy, PartialEq)]
struct GammaPoisson {
    r: f64,
    alpha: f64,
}

/// NBD with parameters; its answers are the methods of
/// [`PurchaseModel`](crate::purchase::PurchaseModel).
#[derive(Debug, Clone, PartialEq)]
pub struct FittedNbd {
    law: GammaPoisson,
    report: Option<FitReport>,
}

impl Nbd {
    /// Returns the model with the likeliest parameters.
    ///
    /// # Model
    ///
    /// λ ~ Gamma(r, α) purchases per unit of time, for ever.
    ///
    /// ```text
    /// L = Γ(r + x)·α^r / Γ(r) · (α + T)^−(r + x)
    /// ```
    ///
    /// | symbol  | field                       | unit      | domain      |
    /// |---------|-----------------------------|-----------|-------------|
    /// | x       | `repeat_purchases`          | purchases | ≥ 0         |
    /// | T       | `age`                       | model     | ≥ 0         |
    /// | α       | `alpha`                     | model     | > 0         |
    /// | r       | same                        | none      | > 0         |
    ///
    /// The last purchase does not enter. It is the likelihood of the times of the purchases, as in the models with dropout, so
    /// that log-likelihoods compare.
    ///
    /// # Errors
    /// [`FitError::TooFewRepeatBuyers`]; [`FitError::NoFiniteStart`] for histories no parameters can explain.
    ///
    /// # Numerics
    /// As [`BgNbd::fit`](crate::bg_nbd::BgNbd::fit), with three starts.
    ///
    /// # Source
    /// Ehrenberg (1959), The pattern of consumer purchases. Checked against `reference/nbd/` to 1e-5 relative.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::history::History;
    /// use patron_stats::nbd::{FittedNbd, NbdParameters};
    /// use patron_stats::purchase::PurchaseModel;
    ///
    /// let model = FittedNbd::from_parameters(NbdParameters { r: 0.420, alpha: 5.245 })?;
    /// let customer = History::new(3, 12.0, 52.0)?;
    /// assert!((model.expected_purchases(&customer, 52.0)? - 3.107).abs() < 5e-4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, histories: &WeightedHistories) -> Result<FittedNbd, FitError> {
        let (law, report) = likelihood::fit(histories, self.config.minimum_repeat_buyers)?;
        Ok(FittedNbd {
            law,
            report: Some(report),
        })
    }
}

impl FittedNbd {
    /// Makes a model from parameters known otherwise.
    ///
    /// # Errors
    /// [`FitError::ParameterNotPositive`].
    pub fn from_parameters(parameters: NbdParameters) -> Result<Self, FitError> {
        let NbdParameters { r, alpha } = parameters;
        all_positive(GammaPoisson::NAMES, [r, alpha])?;
        let law = GammaPoisson { r, alpha };
        Ok(Self { law, report: None })
    }

    /// Returns the parameters.
    #[must_use]
    pub const fn parameters(&self) -> NbdParameters {
        let GammaPoisson { r, alpha } = self.law;
        NbdParameters { r, alpha }
    }
}

purchase_model!(FittedNbd, "nbd");
