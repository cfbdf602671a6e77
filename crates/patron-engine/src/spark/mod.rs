//! A run's reading and folding on the executors of an Apache Spark, asked through ADBC.
//!
//! Rows never come here. Spark hands each row to a `patron fold --spark rows` on its executor, which reads it as any row of
//! any source; brings the facts together by customer; and hands each history to a `patron fold --spark histories`, which
//! folds it as this machine would. What comes back is proportional to customers, and to rows that were set aside.
//!
//! | module | question it answers |
//! |---|---|
//! | `job` | in which order is Spark asked what, and do the totals agree? |
//! | `people` | how do profiles that come back become a table of customers? |
//! | `sql` | how is it asked? |
//! | `program` | which patron do executors run, and is it this one? |
//! | `plan` | what are executors told? |
//! | `filter`, `histories`, `scorer` | what do executors do? |
//! | `staying` | how are customers scored and written by Spark, and never come here? |
//! | `measured`, `refine`, `found` | how are cut points found without the customers? |
//! | `sums` | what do customers who stay on Spark come to? |
//! | `lines`, `cells`, `written` | how are rows, facts, profiles and scored customers written in between? |
//! | `error` | why can Spark not do it? |

mod cells;
mod error;
mod filter;
mod found;
mod histories;
mod job;
mod lines;
mod measured;
mod people;
mod plan;
mod program;
mod refine;
#[cfg(test)]
mod scored_tests;
mod scorer;
mod sql;
mod staying;
mod sums;
#[cfg(test)]
mod tests;
mod written;

pub use error::SparkError;
pub use filter::{Task, filter};
pub use found::ScoringRules;
pub use job::{OnSpark, SparkOrders};
pub use plan::speaks;
pub use program::Program;
pub use staying::ScoredThere;
pub use sums::{GroupSums, SegmentSums, Sums};
