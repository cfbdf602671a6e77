//! How often something happens: shares of trials, events over exposure, and what is known of one customer's own rate.
//!
//! One return of one order is a share of 100 %, and says next to nothing. What is known of a customer is their own count **and** how the
//! rates of all customers spread, which is learnt from all of them (empirical Bayes); of a group, its share with an interval.
//!
//! | module | question it answers |
//! |---|---|
//! | `wilson` | between which bounds does the share of a group lie? |
//! | `beta_binomial` | how often does this happen with one customer: k times in n? |
//! | `gamma_poisson` | the same for k times in an exposure of t |
//! | `grid` | the same where people are of several kinds, by a prior of any shape |
//! | `two_rates` | on which days does it happen far more often than on others? |
//! | `mantel_haenszel` | by how much does a share differ with something from without it, like compared with like? |
//! | `over_index` | how many times as frequent is it here as elsewhere? |

mod beta_binomial;
mod gamma_poisson;
mod grid;
mod mantel_haenszel;
mod over_index;
mod prior;
mod two_rates;
mod wilson;

pub use beta_binomial::{BetaPosterior, BetaPrior, Trials};
pub use gamma_poisson::{Exposed, GammaPosterior, GammaPrior};
pub use grid::{GridPosterior, GridRatios, GridShares};
pub use mantel_haenszel::{RiskDifference, Stratum, risk_difference};
pub use over_index::{OverIndex, over_index};
pub use prior::Spread;
pub use two_rates::TwoRates;
pub use wilson::{Share, wilson};

/// Why a rate cannot be given.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RateError {
    /// Nothing was tried, or nobody exposed.
    #[error("no trials, or no exposure, expected some")]
    NothingTried,
    /// More events than trials.
    #[error("{events} events in {trials} trials, expected no more than trials")]
    MoreEventsThanTrials {
        /// Events given.
        events: u64,
        /// Trials given.
        trials: u64,
    },
    /// An exposure is zero, negative, infinite or not a number.
    #[error("an exposure of {exposure}, expected a finite number above 0")]
    ExposureOutsideDomain {
        /// The exposure given.
        exposure: f64,
    },
    /// The search for a prior stopped before it was at the top.
    #[error("the search for a prior had not settled when it ended")]
    NotSettled,
    /// Parameters of a prior are not finite numbers above 0.
    #[error("a prior of {first} and {second}, expected two finite numbers above 0")]
    PriorOutsideDomain {
        /// a, or the shape.
        first: f64,
        /// b, or the rate.
        second: f64,
    },
}
