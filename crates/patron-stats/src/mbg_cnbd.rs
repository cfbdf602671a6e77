//! MBG/CNBD-k: MBG/NBD where purchases come more regularly than at random.

use crate::beta_geometric::{BetaGeometric, Dropout};
use crate::erlang::{Choice, Erlang, fit};
use crate::estimate::{FitError, FitReport, all_positive};
use crate::fitting::MinimumRepeatBuyers;
use crate::history::WeightedHistories;
use crate::purchase::purchase_model;
use crate::regularity::{LnIntervals, Stages};

/// How MBG/CNBD-k is fitted.
///
/// By default from at least 30 customers with a repeat purchase, and with the likeliest k from 1 to 12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MbgCnbdConfig {
    minimum_repeat_buyers: MinimumRepeatBuyers,
    choice: Choice,
}

impl MbgCnbdConfig {
    /// Sets the fewest customers with a repeat purchase that a fit is made from.
    ///
    /// # Errors
    /// [`FitError::MinimumTooSmall`] below 1: without any repeat purchase there is no likelihood to climb.
    pub fn with_minimum_repeat_buyers(self, minimum: u64) -> Result<Self, FitError> {
        Ok(Self {
            minimum_repeat_buyers: MinimumRepeatBuyers::new(minimum)?,
            ..self
        })
    }

    /// Sets k, instead of having the likelihood choose it.
    #[must_use]
    pub const fn with_stages(self, stages: Stages) -> Self {
        Self {
            choice: Choice::Given(stages),
            ..self
        }
    }

    /// Completes the configuration.
    #[must_use]
    pub const fn build(self) -> MbgCnbd {
        MbgCnbd { config: self }
    }
}

/// MBG/CNBD-k, ready to be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MbgCnbd {
    config: MbgCnbdConfig,
}

/// Parameters of MBG/CNBD-k; time is in the unit of the histories.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MbgCnbdParameters {
    /// k, stages between two purchases.
    pub stages: Stages,
    /// Shape of the rates of stages.
    pub r: f64,
    /// Inverse scale of the rates of stages, in units of time: about 1/k of that of MBG/NBD.
    pub alpha: f64,
    /// First shape of the dropout probabilities.
    pub a: f64,
    /// Second shape of the dropout probabilities.
    pub b: f64,
}

/// MBG/CNBD-k with parameters; its answers are the methods of
/// [`PurchaseModel`](crate::purchase::PurchaseModel).
///
/// Named parameters and covariance are r, α, a, b; k is with [`FittedMbgCnbd::parameters`]. The log-likelihood of other histories
/// leaves out what the times between purchases add (see [`MbgCnbd::fit`]), so it compares parameters, not numbers of stages.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedMbgCnbd {
    law: Erlang,
    report: Option<FitReport>,
}

impl MbgCnbd {
    /// Returns the model with the likeliest parameters.
    ///
    /// # Model
    ///
    /// A purchase takes k stages, which come at rate λ ~ Gamma(r, α) while alive: times between purchases are Erlang-k.
    /// After every purchase, the first included, the customer leaves with probability p ~ Beta(a, b).
    ///
    /// ```text
    /// L = (Π times)^(k − 1) / Γ(k)^x · Γ(r + kx)·α^r / Γ(r) · B(a, b + x + 1)/B(a, b)
    ///     · [ Σ_{j<k} Γ(r + kx + j)/(Γ(r + kx)·j!)·(T − t)^j·(α + T)^−(r + kx + j)
    ///         + a/(b + x)·(α + t)^−(r + kx) ]
    /// ```
    ///
    /// | symbol  | field                       | unit      | domain      |
    /// |---------|-----------------------------|-----------|-------------|
    /// | x       | `repeat_purchases`          | purchases | ≥ 0         |
    /// | t, T    | `recency`, `age`            | model     | 0 ≤ t ≤ T   |
    /// | k       | `stages`                    | stages    | 1 to 12     |
    /// | α       | `alpha`                     | model     | > 0         |
    /// | r a b   | same                        | none      | > 0         |
    ///
    /// `intervals` hold `Σ ln(times)` of all customers, in the unit of the histories. They decide k, and nothing else.
    ///
    /// # Returns
    /// The model; where k was chosen, the report counts it as a fifth parameter. Its errors take k as known.
    ///
    /// # Errors
    /// [`FitError::TooFewRepeatBuyers`]; [`FitError::NoFiniteStart`] for histories no parameters can explain.
    ///
    /// # Numerics
    /// As [`BgNbd::fit`](crate::bg_nbd::BgNbd::fit), for each k: the likelihood may have several peaks in k, so none is left
    /// out.
    ///
    /// # Source
    /// Platzer, Reutterer (2016), Ticking away the moments: timing regularity helps to better predict customer activity,
    /// Marketing Science 35, and their MBG/CNBD-k; forecasts are sums over stages done, exact for any k, where the authors'
    /// program approximates. Checked against `reference/cnbd/`.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::history::History;
    /// use patron_stats::mbg_cnbd::{MbgCnbdParameters, FittedMbgCnbd};
    /// use patron_stats::purchase::PurchaseModel;
    /// use patron_stats::regularity::Stages;
    ///
    /// let stages = Stages::new(2)?;
    /// let parameters = MbgCnbdParameters { stages, r: 1.3291753, alpha: 2.8125512, a: 0.4247090, b: 0.7900287 };
    /// let model = FittedMbgCnbd::from_parameters(parameters)?;
    /// let customer = History::new(1, 12.0, 52.0)?;
    /// assert!((model.probability_alive(&customer) - 0.1564).abs() < 5e-5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(
        &self,
        histories: &WeightedHistories,
        intervals: LnIntervals,
    ) -> Result<FittedMbgCnbd, FitError> {
        let MbgCnbdConfig {
            minimum_repeat_buyers,
            choice,
        } = self.config;
        let dropout = Dropout::AfterAnyPurchase;
        let (law, report) = fit(dropout, histories, intervals, choice, minimum_repeat_buyers)?;
        Ok(FittedMbgCnbd {
            law,
            report: Some(report),
        })
    }
}

impl FittedMbgCnbd {
    /// Makes a model from parameters known otherwise.
    ///
    /// # Errors
    /// [`FitError::ParameterNotPositive`].
    pub fn from_parameters(parameters: MbgCnbdParameters) -> Result<Self, FitError> {
        let MbgCnbdParameters {
            stages,
            r,
            alpha,
            a,
            b,
        } = parameters;
        all_positive(BetaGeometric::NAMES, [r, alpha, a, b])?;
        let base = BetaGeometric {
            r,
            alpha,
            a,
            b,
            dropout: Dropout::AfterAnyPurchase,
        };
        let law = Erlang { stages, base };
        Ok(Self { law, report: None })
    }

    /// Returns the parameters.
    #[must_use]
    pub const fn parameters(&self) -> MbgCnbdParameters {
        let Erlang { stages, base } = self.law;
        let BetaGeometric { r, alpha, a, b, .. } = base;
        MbgCnbdParameters {
            stages,
            r,
            alpha,
            a,
            b,
        }
    }
}

purchase_model!(FittedMbgCnbd, "mbg-cnbd-k");
