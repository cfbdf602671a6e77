//! How surely expectations are known: intervals of parameters, of expected purchases, of expected spend and value.
//!
//! There are two kinds of interval. That of the **expectation** holds what the average customer with this history would bring, and
//! shrinks as more customers are observed: this module. That of the **outcome** holds what this one customer will bring, and does
//! not shrink: [`outcome`](crate::outcome), and [`ExpectationForecaster::counts`] for the number of purchases.
//!
//! ```text
//! ln θ drawn from N(ln θ̂, H⁻¹)    H the Hessian of −ln L on the logarithms          Laplace draws
//! θ̂ refitted to customers simulated from θ̂                                          parametric bootstrap
//! forecast at every θ drawn, at each distinct history; the interval lies between its quantiles
//! ```
//!
//! Laplace draws cost nothing but the forecasts. They take the likelihood for a bell on the logarithms: where a fit warns, they say
//! so ([`ParameterDraws::notes`]), and where there is no covariance they are refused. The bootstrap takes as many fits as draws,
//! needs no bell, and is the referee.
//!
//! | module | question it answers |
//! |---|---|
//! | `parameters` | between which bounds does a parameter lie, also where the model is only roughly right? |
//! | `draws` | which other parameters could have made the data? |
//! | `bounds` | between which of many draws does an interval lie? |
//! | `expectation` | what do they expect of a customer with this history? |
//! | `value` | how much will be spent, and what is that worth? |
//! | `opportunities` | the same for BG/BB |
//! | `contracts` | the same for customers who renew |

mod bounds;
mod contracts;
mod draws;
mod expectation;
mod opportunities;
mod parameters;
mod value;

pub use bounds::Interval;
pub use contracts::{ContractExpectations, ContractInterval};
pub use draws::{IntervalNote, ParameterDraws};
pub use expectation::{ExpectationForecaster, ForecastInterval, ForecastMean, TotalInterval};
pub use opportunities::OpportunityExpectations;
pub use parameters::{parameter_intervals, sandwich, sandwich_of};
pub use value::{SpendDraws, ValueInterval};

pub(crate) use bounds::check_level;

use crate::estimate::FitError;
use crate::purchase::ForecastError;

/// Why an interval was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IntervalError {
    /// The parameters were given by hand.
    #[error("parameters were given by hand, expected a fit: nothing is known of their precision")]
    NotFitted,
    /// The likelihood does not curve downwards in every direction at the best point found.
    #[error("the likelihood is too flat at its top to give a covariance")]
    CovarianceAbsent,
    /// A covariance is not of as many rows and columns as there are parameters.
    #[error("a covariance of {found} parameters, expected {expected}")]
    CovarianceOfOthers {
        /// Parameters of the model.
        expected: usize,
        /// Rows given.
        found: usize,
    },
    /// The parameters drawn are not those of the model.
    #[error("draws of {found} parameters, or outside their domain, expected {expected}")]
    DrawsOfOthers {
        /// Parameters of the model.
        expected: usize,
        /// Parameters of a draw.
        found: usize,
    },
    /// An interval of this level lies beyond the outermost draws.
    #[error("{found} draws, expected at least {required} for this level")]
    TooFewDraws {
        /// Fewest draws.
        required: usize,
        /// Number given.
        found: usize,
    },
    /// Purchases and spend have different numbers of draws.
    #[error("{spend} draws of spend, expected {purchases} as of purchases")]
    DrawsDiffer {
        /// Draws of the purchase model.
        purchases: usize,
        /// Draws of the spend model.
        spend: usize,
    },
    /// The level is not a probability between 0 and 1.
    #[error("a level of {level}, expected a number above 0 and below 1")]
    LevelOutsideDomain {
        /// The level given.
        level: f64,
    },
    /// More than half of the refits of a bootstrap failed.
    #[error("{failed} of {draws} refits failed")]
    RefitsFailed {
        /// Refits without a result.
        failed: usize,
        /// Refits tried.
        draws: usize,
        /// Why the last of them failed.
        #[source]
        cause: FitError,
    },
    /// A forecast was refused.
    #[error(transparent)]
    Forecast(#[from] ForecastError),
}

impl IntervalError {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NotFitted => "interval_not_fitted",
            Self::CovarianceAbsent => "interval_covariance_absent",
            Self::CovarianceOfOthers { .. } => "interval_covariance_of_others",
            Self::DrawsOfOthers { .. } => "interval_draws_of_others",
            Self::TooFewDraws { .. } => "interval_too_few_draws",
            Self::DrawsDiffer { .. } => "interval_draws_differ",
            Self::LevelOutsideDomain { .. } => "interval_level_outside_domain",
            Self::RefitsFailed { .. } => "interval_refits_failed",
            Self::Forecast(_) => "interval_forecast",
        }
    }

    /// Returns what the reader can do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFitted | Self::CovarianceAbsent => Some(
                "a parametric bootstrap needs no covariance: it refits the model to simulated customers"
                    .to_owned(),
            ),
            Self::TooFewDraws { required, .. } => Some(format!("ask for {required} draws or more")),
            _ => None,
        }
    }
}
