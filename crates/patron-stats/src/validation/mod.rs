//! Held against what came: how good predictions were, against each other and against simple baselines.
//!
//! Predictions are made from histories up to an origin and compared with the purchases of a holdout after it. All functions work on
//! slices in which the same index is the same customer.
//!
//! | module | question it answers |
//! |---|---|
//! | `dated` | what was known at an origin, and what came after it? |
//! | `predictions` | what did a model or a baseline say? |
//! | `baselines` | what says somebody without a model? |
//! | `errors` | how far off were the numbers? |
//! | `places` | where in its distribution did each outcome fall, and how likely was it called? |
//! | `ranking` | did those with high predictions buy more: by decile, at the top, overall? |
//! | `tracking` | how do purchases of all customers add up over time? |
//! | `evaluation` | all of it for one set of predictions |
//! | `choice` | which model is to be used, and why? |

mod baselines;
mod choice;
mod dated;
mod errors;
mod evaluation;
mod places;
mod predictions;
mod ranking;
mod tracking;

pub use baselines::{cell_means, own_mean_rate, same_as_last_period};
pub use choice::{Against, Choice, Comparison, choose};
pub use dated::{Held, held_out, origins, rolling_origin};
pub use errors::{PointErrors, point_errors};
pub use evaluation::{Evaluation, evaluate};
pub use places::{LogScore, Uniformity, log_score, uniformity};
pub use predictions::{CountPlace, Predictions};
pub use ranking::{RankedGroup, gini_of_ranking, ranked_groups, top_capture};
pub use tracking::{Tracking, track};

use crate::purchase::ForecastError;

/// Why a validation was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// There is nobody to compare.
    #[error("no customers, expected at least one")]
    NoCustomers,
    /// Two columns that must describe the same customers have different lengths.
    #[error("{found} values of {what}, expected {expected}")]
    LengthsDiffer {
        /// What the second column holds.
        what: &'static str,
        /// Length of the first.
        expected: usize,
        /// Length of the second.
        found: usize,
    },
    /// A number of purchases, predicted or seen, or a probability is negative, infinite or not a number.
    #[error("{what} is {value}, expected a finite number of at least 0")]
    OutsideDomain {
        /// What it is.
        what: &'static str,
        /// The value given.
        value: f64,
    },
    /// There are no groups to put customers in.
    #[error("no groups, expected at least one")]
    NoGroups,
    /// A share of customers is not between 0 and 1.
    #[error("a share of {share} of the customers, expected one above 0 and at most 1")]
    ShareOutsideDomain {
        /// The share given.
        share: f64,
    },
    /// No candidate gives a distribution that allows what came.
    #[error("none of {candidates} candidates has a distribution that allows what came")]
    NothingToChoose {
        /// Candidates given.
        candidates: usize,
    },
    /// Predictions to be joined are of different kinds.
    #[error(
        "predictions of `{found}`, expected more of `{expected}` and like them with or without distribution"
    )]
    PredictionsOfOthers {
        /// Key of the first.
        expected: String,
        /// Key of the second.
        found: String,
    },
    /// The days of a customer do not follow one another.
    #[error(
        "day {later} after day {earlier}, expected each customer's days in order and once each"
    )]
    DaysOutOfOrder {
        /// A day.
        earlier: i64,
        /// The one that follows it.
        later: i64,
    },
    /// A period has no length.
    #[error("a period of {period}, expected a finite number above 0")]
    PeriodOutsideDomain {
        /// The period given.
        period: f64,
    },
    /// A forecast was refused.
    #[error(transparent)]
    Forecast(#[from] ForecastError),
}

/// Returns an error unless both columns have the length of the first, which is not 0.
fn check_lengths(what: &'static str, expected: usize, found: usize) -> Result<(), ValidationError> {
    if expected == 0 {
        Err(ValidationError::NoCustomers)
    } else if expected == found {
        Ok(())
    } else {
        Err(ValidationError::LengthsDiffer {
            what,
            expected,
            found,
        })
    }
}

/// Returns the first value that is no finite number of at least 0.
fn check_domain(what: &'static str, values: &[f64]) -> Result<(), ValidationError> {
    let outside = |value: &&f64| !(**value >= 0.0 && value.is_finite());
    values.iter().find(outside).map_or(Ok(()), |value| {
        Err(ValidationError::OutsideDomain {
            what,
            value: *value,
        })
    })
}
