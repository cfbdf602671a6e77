//! sBG: contracts whose customers leave at each renewal with an own probability that does not change.

use crate::contract::{ContractHistories, MinimumLeavers, Staying, contract_model, fit};
use crate::estimate::{FitError, FitReport, all_positive, exactly};

/// How sBG is fitted.
///
/// By default from at least 30 customers who left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SbgConfig {
    minimum_leavers: MinimumLeavers,
}

impl SbgConfig {
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
    pub const fn build(self) -> Sbg {
        Sbg { config: self }
    }
}

/// sBG, ready to be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sbg {
    config: SbgConfig,
}

/// Parameters of sBG.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SbgParameters {
    /// First shape of the probabilities of leaving at a renewal.
    pub alpha: f64,
    /// Second shape of them.
    pub beta: f64,
}

/// sBG with parameters; its answers are the methods of
/// [`ContractModel`](crate::contract::ContractModel).
#[derive(Debug, Clone, PartialEq)]
pub struct FittedSbg {
    law: Staying,
    report: Option<FitReport>,
}

const NAMES: [&str; 2] = ["alpha", "beta"];

const STARTS: [[f64; 2]; 3] = [[1.0, 1.0], [0.5, 4.0], [3.0, 20.0]];

impl Sbg {
    /// Returns the model with the likeliest parameters.
    ///
    /// # Model
    ///
    /// At each renewal the customer leaves with probability θ ~ Beta(α, β).
    ///
    /// ```text
    /// S(t) = B(α, β + t)/B(α, β)                      there after t renewals
    /// L    = S(t − 1) − S(t) for who left at t,        S(t) for who is there
    /// ```
    ///
    /// | symbol | field           | unit     | domain                |
    /// |--------|-----------------|----------|-----------------------|
    /// | t      | `renewals`      | renewals | ≥ 0, who left ≥ 1     |
    /// | α β    | `alpha`, `beta` | none     | > 0                   |
    ///
    /// The retention of a cohort rises, (β + t − 1)/(α + β + t − 1), since those likely to leave are gone first, though nobody's own does.
    ///
    /// # Errors
    /// [`FitError::TooFewLeavers`]; [`FitError::NoFiniteStart`] for histories no parameters can explain.
    ///
    /// # Numerics
    /// As [`BgNbd::fit`](crate::bg_nbd::BgNbd::fit). The probability of leaving is taken from the change of ln S, not from two shares that
    /// are almost alike.
    ///
    /// # Source
    /// Fader, Hardie (2007), How to project customer retention, equations 5 to 7. Checked against `reference/contract/` to 1e-5
    /// relative.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::contract::{ContractHistories, ContractModel};
    /// use patron_stats::sbg::SbgConfig;
    ///
    /// let cohort = [1000, 631, 468, 382, 326, 289, 262, 241];
    /// let model = SbgConfig::default().build().fit(&ContractHistories::from_cohort(&cohort)?)?;
    /// assert!((model.parameters().alpha - 0.704).abs() < 5e-4);
    /// // Of a thousand, so many are expected to be there after the twelfth renewal.
    /// assert!((1000.0 * model.survival(12) - 170.0).abs() < 0.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, histories: &ContractHistories) -> Result<FittedSbg, FitError> {
        let of = |&[a, b]: &[f64; 2]| Staying { a, b, c: 1.0 };
        let (law, report) = fit(histories, self.config.minimum_leavers, NAMES, &STARTS, of)?;
        Ok(FittedSbg {
            law,
            report: Some(report),
        })
    }
}

impl FittedSbg {
    /// Makes a model from parameters known otherwise.
    ///
    /// # Errors
    /// [`FitError::ParameterNotPositive`].
    pub fn from_parameters(parameters: SbgParameters) -> Result<Self, FitError> {
        let SbgParameters { alpha, beta } = parameters;
        all_positive(NAMES, [alpha, beta])?;
        let law = Staying {
            a: alpha,
            b: beta,
            c: 1.0,
        };
        Ok(Self { law, report: None })
    }

    fn of_values(values: &[f64]) -> Result<Self, FitError> {
        let [alpha, beta] = exactly(values)?;
        Self::from_parameters(SbgParameters { alpha, beta })
    }

    /// Returns the parameters.
    #[must_use]
    pub const fn parameters(&self) -> SbgParameters {
        let Staying {
            a: alpha, b: beta, ..
        } = self.law;
        SbgParameters { alpha, beta }
    }
}

contract_model!(FittedSbg, "sbg");
