//! Beta-discrete-Weibull: contracts whose customers leave with an own probability that rises or falls over time.

use crate::contract::{ContractHistories, MinimumLeavers, Staying, contract_model, fit};
use crate::estimate::{FitError, FitReport, all_positive, exactly};

/// How Beta-discrete-Weibull is fitted.
///
/// By default from at least 30 customers who left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BdwConfig {
    minimum_leavers: MinimumLeavers,
}

impl BdwConfig {
    /// Sets the fewest customers who left that a fit is made from.
    ///
    /// # Errors
    /// [`FitError::MinimumTooSmall`] below 1: where nobody leaves there is no likelihood to climb.
    pub fn with_minimum_leavers(self, minimum: u64) -> Result<Self, FitError> {
        Ok(Self {
            minimum_leavers: MinimumLeavers::new(minimum)?,
        })
    }

    /// Completes the configuration.
    #[must_use]
    pub const fn build(self) -> Bdw {
        Bdw { config: self }
    }
}

/// Beta-discrete-Weibull, ready to be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bdw {
    config: BdwConfig,
}

/// Parameters of Beta-discrete-Weibull.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BdwParameters {
    /// First shape of the probabilities of leaving at the first renewal.
    pub gamma: f64,
    /// Second shape of them.
    pub delta: f64,
    /// Above 1 a customer's own probability of leaving rises over time, below 1 it falls.
    pub c: f64,
}

/// Beta-discrete-Weibull with parameters; its answers are the methods of
/// [`ContractModel`](crate::contract::ContractModel).
#[derive(Debug, Clone, PartialEq)]
pub struct FittedBdw {
    law: Staying,
    report: Option<FitReport>,
}

const NAMES: [&str; 3] = ["gamma", "delta", "c"];

const STARTS: [[f64; 3]; 4] = [
    [1.0, 1.0, 1.0],
    [0.5, 4.0, 1.5],
    [3.0, 20.0, 0.7],
    [0.3, 1.0, 2.0],
];

impl Bdw {
    /// Returns the model with the likeliest parameters.
    ///
    /// # Model
    ///
    /// A customer with probability θ ~ Beta(γ, δ) stays for t renewals with probability (1 − θ)^(t^c).
    ///
    /// ```text
    /// S(t) = B(γ, δ + t^c)/B(γ, δ)                    there after t renewals
    /// L    = S(t − 1) − S(t) for who left at t,        S(t) for who is there
    /// ```
    ///
    /// | symbol | field            | unit     | domain                |
    /// |--------|------------------|----------|-----------------------|
    /// | t      | `renewals`       | renewals | ≥ 0, who left ≥ 1     |
    /// | γ δ c  | same             | none     | > 0                   |
    ///
    /// With c = 1 it is [sBG](crate::sbg).
    ///
    /// # Errors
    /// [`FitError::TooFewLeavers`]; [`FitError::NoFiniteStart`] for histories no parameters can explain.
    ///
    /// # Numerics
    /// As [`BgNbd::fit`](crate::bg_nbd::BgNbd::fit). The probability of leaving is taken from the change of ln S, not from two shares that
    /// are almost alike.
    ///
    /// # Source
    /// Fader, Hardie, Liu, Davin, Steenburgh (2018), "How to project customer retention" revisited: the role of duration
    /// dependence. Checked against `reference/contract/` to 1e-5 relative.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::bdw::BdwConfig;
    /// use patron_stats::contract::{ContractHistories, ContractModel};
    ///
    /// let cohort = [1000, 869, 743, 653, 593, 551, 517, 491];
    /// let model = BdwConfig::default().build().fit(&ContractHistories::from_cohort(&cohort)?)?;
    /// // Who stays is ever more likely to leave: the retention of the cohort rises less than sBG says.
    /// assert!(model.parameters().c > 1.0);
    /// assert!((1000.0 * model.survival(7) - 491.0).abs() < 10.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, histories: &ContractHistories) -> Result<FittedBdw, FitError> {
        let of = |&[a, b, c]: &[f64; 3]| Staying { a, b, c };
        let (law, report) = fit(histories, self.config.minimum_leavers, NAMES, &STARTS, of)?;
        Ok(FittedBdw {
            law,
            report: Some(report),
        })
    }
}

impl FittedBdw {
    /// Makes a model from parameters known otherwise.
    ///
    /// # Errors
    /// [`FitError::ParameterNotPositive`].
    pub fn from_parameters(parameters: BdwParameters) -> Result<Self, FitError> {
        let BdwParameters { gamma, delta, c } = parameters;
        all_positive(NAMES, [gamma, delta, c])?;
        let law = Staying {
            a: gamma,
            b: delta,
            c,
        };
        Ok(Self { law, report: None })
    }

    fn of_values(values: &[f64]) -> Result<Self, FitError> {
        let [gamma, delta, c] = exactly(values)?;
        Self::from_parameters(BdwParameters { gamma, delta, c })
    }

    /// Returns the parameters.
    #[must_use]
    pub const fn parameters(&self) -> BdwParameters {
        let Staying {
            a: gamma,
            b: delta,
            c,
        } = self.law;
        BdwParameters { gamma, delta, c }
    }
}

contract_model!(FittedBdw, "bdw");
