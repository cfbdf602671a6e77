//! Cut points and scores: from a value per customer to a score from 1 to k.
//!
//! | module | question it answers |
//! |---|---|
//! | [`method`] | which ways are there to cut a range of values into bins? |
//! | [`cut_points`] | where are the cuts, and which score has a value? |
//! | [`counted`] | where are the cuts, if only counts of values are known? |
//! | `rank` | which score has a customer when equal values are split by their order? |
//! | `quantile` | what are the order statistics of many values, without sorting them all? |
//! | `natural_breaks` | where do the values fall into groups by themselves? |
//! | `exact_sum` | what is the mean, whatever the order of the values, or of parts of them? |
//!
//! Not here: which values are scored, over which window and for whom. The caller decides that.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernels: every index is bounded by the length checked on entry"
)]

pub mod counted;
pub mod cut_points;
mod exact_sum;
pub mod method;
mod natural_breaks;
mod quantile;
mod rank;

pub use counted::Counted;
pub use cut_points::CutPoints;
pub use exact_sum::{ExactSum, mean as exact_mean};
pub use method::{CutError, Direction, Method, TieRule};
pub use natural_breaks::EXACT_DISTINCT_VALUES;
pub use quantile::{count_distinct_up_to, type_7_quantile};
