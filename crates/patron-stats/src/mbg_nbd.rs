//! MBG/NBD: customers buy at random and may leave right after any purchase, the first included.

use crate::beta_geometric::{BetaGeometric, Dropout, fit};
use crate::covariates::{
    COINS, CovariateError, CovariateHistories, CovariateModel, Covariates, MovedParameter,
    WithCovariates,
};
use crate::estimate::{FitError, FitReport, all_positive, exactly};
use crate::fitting::MinimumRepeatBuyers;
use crate::history::WeightedHistories;
use crate::purchase::purchase_model;

/// How MBG/NBD is fitted.
///
/// By default from at least 30 customers with a repeat purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MbgNbdConfig {
    minimum_repeat_buyers: MinimumRepeatBuyers,
}

impl MbgNbdConfig {
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
    pub const fn build(self) -> MbgNbd {
        MbgNbd { config: self }
    }
}

/// MBG/NBD, ready to be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MbgNbd {
    config: MbgNbdConfig,
}

/// Parameters of MBG/NBD; time is in the unit of the histories.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MbgNbdParameters {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Inverse scale of the purchase rates, in units of time.
    pub alpha: f64,
    /// First shape of the dropout probabilities.
    pub a: f64,
    /// Second shape of the dropout probabilities.
    pub b: f64,
}

/// MBG/NBD with parameters; its answers are the methods of
/// [`PurchaseModel`](crate::purchase::PurchaseModel).
#[derive(Debug, Clone, PartialEq)]
pub struct FittedMbgNbd {
    law: BetaGeometric,
    report: Option<FitReport>,
}

impl MbgNbd {
    /// Returns the model with the likeliest parameters.
    ///
    /// # Model
    ///
    /// λ ~ Gamma(r, α) purchases per unit of time while alive; after every purchase, the first included, the customer
    /// leaves with probability p ~ Beta(a, b).
    ///
    /// ```text
    /// L = Γ(r + x)·α^r / Γ(r) · B(a, b + x + 1)/B(a, b)
    ///     · [ (α + T)^−(r + x)  +  a/(b + x)·(α + t)^−(r + x) ]
    ///
    /// P(alive) = 1 / (1 + a/(b + x)·((α + T)/(α + t))^(r + x))
    /// ```
    ///
    /// | symbol  | field                       | unit      | domain      |
    /// |---------|-----------------------------|-----------|-------------|
    /// | x       | `repeat_purchases`          | purchases | ≥ 0         |
    /// | t, T    | `recency`, `age`            | model     | 0 ≤ t ≤ T   |
    /// | α       | `alpha`                     | model     | > 0         |
    /// | r a b   | same                        | none      | > 0         |
    ///
    /// # Errors
    /// [`FitError::TooFewRepeatBuyers`]; [`FitError::NoFiniteStart`] for histories no parameters can explain.
    ///
    /// # Numerics
    /// As [`BgNbd::fit`](crate::bg_nbd::BgNbd::fit).
    ///
    /// # Source
    /// Batislam, Denizel, Filiztekin (2007), "Empirical validation and comparison of models for customer base analysis";
    /// Hoppe, Wagner (2007), whose P(alive) this is. Checked against `reference/mbg_nbd/` to 1e-5 relative.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::purchase::PurchaseModel;
    /// use patron_stats::history::History;
    /// use patron_stats::mbg_nbd::{FittedMbgNbd, MbgNbdParameters};
    ///
    /// let parameters = MbgNbdParameters { r: 0.525, alpha: 6.183, a: 0.891, b: 1.614 };
    /// let model = FittedMbgNbd::from_parameters(parameters)?;
    /// let customer = History::new(2, 30.43, 38.86)?;
    /// assert!((model.probability_alive(&customer) - 0.706).abs() < 5e-4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, histories: &WeightedHistories) -> Result<FittedMbgNbd, FitError> {
        let minimum = self.config.minimum_repeat_buyers;
        let (law, report) = fit(Dropout::AfterAnyPurchase, histories, minimum)?;
        Ok(FittedMbgNbd {
            law,
            report: Some(report),
        })
    }

    /// Returns the model whose parameters and effects of covariates are likeliest.
    ///
    /// # Model
    ///
    /// The law of [`MbgNbd::fit`] for every customer, at own parameters; one row of effects for each place, over its own columns z.
    ///
    /// ```text
    /// α_i = α·exp(−γ₁′z_i)        a_i = a·exp(γ₂′z_i)        b_i = b·exp(γ₃′z_i)        r the same for all
    /// ```
    ///
    /// # Errors
    /// [`CovariateError`]: effects, columns or constraints that the model or the data do not have; columns that are constant or
    /// follow from others; [`CovariateError::Fit`] as [`MbgNbd::fit`].
    ///
    /// # Numerics
    /// Newton's method as in [`MbgNbd::fit`], over the parameters of a customer with mean covariates and the effects of one standard
    /// deviation, with exact gradient and Hessian by the chain rule; starts are the fit without covariates and the starts of that. The
    /// unit and the origin of a column change an effect as they must, and nothing else.
    ///
    /// # Source
    /// Fader, Hardie (2007), Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models. Checked against
    /// `reference/covariates/`.
    pub fn fit_with_covariates(
        &self,
        customers: &CovariateHistories,
        covariates: &Covariates,
    ) -> Result<WithCovariates<FittedMbgNbd>, CovariateError> {
        let minimum = self.config.minimum_repeat_buyers;
        crate::covariates::fit(&Dropout::AfterAnyPurchase, customers, covariates, minimum)
    }
}

#[cfg(feature = "bayes")]
impl MbgNbd {
    /// Returns the fewest customers with a repeat purchase that parameters are estimated from.
    pub(crate) const fn minimum(&self) -> MinimumRepeatBuyers {
        self.config.minimum_repeat_buyers
    }
}

impl FittedMbgNbd {
    /// Makes a model from parameters known otherwise.
    ///
    /// # Errors
    /// [`FitError::ParameterNotPositive`].
    pub fn from_parameters(parameters: MbgNbdParameters) -> Result<Self, FitError> {
        let MbgNbdParameters { r, alpha, a, b } = parameters;
        all_positive(BetaGeometric::NAMES, [r, alpha, a, b])?;
        let law = BetaGeometric {
            r,
            alpha,
            a,
            b,
            dropout: Dropout::AfterAnyPurchase,
        };
        Ok(Self { law, report: None })
    }

    /// Returns the parameters.
    #[must_use]
    pub const fn parameters(&self) -> MbgNbdParameters {
        let BetaGeometric { r, alpha, a, b, .. } = self.law;
        MbgNbdParameters { r, alpha, a, b }
    }
}

impl CovariateModel for FittedMbgNbd {
    const KEY: &'static str = "mbg-nbd";
    const PARAMETERS: &'static [&'static str] = &BetaGeometric::NAMES;
    const PLACES: &'static [MovedParameter] = COINS;

    fn from_values(values: &[f64]) -> Result<Self, FitError> {
        let [r, alpha, a, b] = exactly(values)?;
        Self::from_parameters(MbgNbdParameters { r, alpha, a, b })
    }
}

purchase_model!(FittedMbgNbd, "mbg-nbd");
