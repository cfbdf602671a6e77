//! BG/BB: opportunities to buy come one after the other, and customers may leave before any of them.
//!
//! | module | question it answers |
//! |---|---|
//! | `histories` | what does the model know of customers? |
//! | `likelihood` | how likely are the histories, and which parameters make them likeliest? |
//! | `alive` | what lies before a customer who is still there? |
//! | `surface` | what is expected of one customer? |

mod alive;
mod histories;
mod likelihood;
mod surface;

use crate::estimate::{FitError, FitReport, all_positive};
use crate::fitting::MinimumRepeatBuyers;

pub use histories::{OpportunityError, OpportunityHistories, OpportunityHistory};
pub use surface::SimulatedOpportunities;

/// How BG/BB is fitted.
///
/// By default from at least 30 customers with a repeat purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BgBbConfig {
    minimum_repeat_buyers: MinimumRepeatBuyers,
}

impl BgBbConfig {
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
    pub const fn build(self) -> BgBb {
        BgBb { config: self }
    }
}

/// BG/BB, ready to be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BgBb {
    config: BgBbConfig,
}

/// Parameters of BG/BB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BgBbParameters {
    /// First shape of the probabilities of a purchase at an opportunity.
    pub alpha: f64,
    /// Second shape of them.
    pub beta: f64,
    /// First shape of the probabilities of leaving before an opportunity.
    pub gamma: f64,
    /// Second shape of them.
    pub delta: f64,
}

/// The rules with their parameters, positive and finite by construction.
#[derive(Debug, Clone, Copy, PartialEq)]
struct BetaBernoulli {
    alpha: f64,
    beta: f64,
    gamma: f64,
    delta: f64,
}

/// BG/BB with parameters. Horizons are numbers of opportunities after the last one observed, n.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedBgBb {
    law: BetaBernoulli,
    report: Option<FitReport>,
}

impl BgBb {
    /// Returns the model with the likeliest parameters.
    ///
    /// # Model
    ///
    /// Before each opportunity the customer leaves for good with probability θ ~ Beta(γ, δ); who is there uses it with
    /// probability p ~ Beta(α, β).
    ///
    /// ```text
    /// L = B(α + x, β + n − x)/B(α, β) · B(γ, δ + n)/B(γ, δ)
    ///     + Σ_{k=t}^{n−1} B(α + x, β + k − x)/B(α, β) · B(γ + 1, δ + k)/B(γ, δ)
    ///
    /// P(there at n) = first line / L
    /// ```
    ///
    /// | symbol  | field                          | unit          | domain    |
    /// |---------|--------------------------------|---------------|-----------|
    /// | x       | `repeat_purchases`             | purchases     | 0 ≤ x ≤ t |
    /// | t, n    | `last`, `opportunities`        | opportunities | 0 ≤ t ≤ n |
    /// | α β γ δ | `alpha` `beta` `gamma` `delta` | none          | > 0       |
    ///
    /// n may differ between customers.
    ///
    /// # Errors
    /// [`FitError::TooFewRepeatBuyers`]; [`FitError::NoFiniteStart`] for histories no parameters can explain.
    ///
    /// # Numerics
    /// As [`BgNbd::fit`](crate::bg_nbd::BgNbd::fit). The ways of a history are summed relative to the likeliest of them, on running
    /// sums of logarithms: no floor is put under a likelihood.
    ///
    /// # Source
    /// Fader, Hardie, Shang (2010), Customer-base analysis in a discrete-time noncontractual setting, equations 5 to 14.
    /// Checked against `reference/bg_bb/` to 1e-5 relative.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::bg_bb::{BgBbParameters, FittedBgBb, OpportunityHistory};
    ///
    /// let parameters = BgBbParameters { alpha: 1.204, beta: 0.750, gamma: 0.657, delta: 2.783 };
    /// let model = FittedBgBb::from_parameters(parameters)?;
    /// // Bought at 2 of 6 opportunities, the last time at the fourth: there at the seventh?
    /// let donor = OpportunityHistory::new(2, 4, 6)?;
    /// assert!((model.probability_alive(&donor, 1) - 0.59).abs() < 5e-3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, histories: &OpportunityHistories) -> Result<FittedBgBb, FitError> {
        let (law, report) = likelihood::fit(histories, self.config.minimum_repeat_buyers)?;
        Ok(FittedBgBb {
            law,
            report: Some(report),
        })
    }
}

impl FittedBgBb {
    /// Makes a model from parameters known otherwise.
    ///
    /// # Errors
    /// [`FitError::ParameterNotPositive`].
    pub fn from_parameters(parameters: BgBbParameters) -> Result<Self, FitError> {
        let BgBbParameters {
            alpha,
            beta,
            gamma,
            delta,
        } = parameters;
        all_positive(BetaBernoulli::NAMES, [alpha, beta, gamma, delta])?;
        let law = BetaBernoulli {
            alpha,
            beta,
            gamma,
            delta,
        };
        Ok(Self { law, report: None })
    }

    /// Returns the parameters.
    #[must_use]
    pub const fn parameters(&self) -> BgBbParameters {
        let BetaBernoulli {
            alpha,
            beta,
            gamma,
            delta,
        } = self.law;
        BgBbParameters {
            alpha,
            beta,
            gamma,
            delta,
        }
    }

    /// Returns the parameters by their names in the paper, in its order.
    #[must_use]
    pub fn named_parameters(&self) -> Vec<(&'static str, f64)> {
        let BetaBernoulli {
            alpha,
            beta,
            gamma,
            delta,
        } = self.law;
        BetaBernoulli::NAMES
            .into_iter()
            .zip([alpha, beta, gamma, delta])
            .collect()
    }

    /// Returns what is known of the fit; absent where the parameters were given by hand.
    #[must_use]
    pub const fn report(&self) -> Option<&FitReport> {
        self.report.as_ref()
    }

    /// Returns the log-likelihood of histories, not only of those the model was fitted to.
    #[must_use]
    pub fn log_likelihood(&self, histories: &OpportunityHistories) -> f64 {
        self.law.log_likelihood(histories).value
    }

    /// Returns the derivative of the log-likelihood in (α, β, γ, δ); zeros at the top of the histories' own likelihood.
    #[must_use]
    pub fn score(&self, histories: &OpportunityHistories) -> Vec<f64> {
        self.law.log_likelihood(histories).gradient.to_vec()
    }
}
