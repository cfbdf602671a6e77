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
//! | `filter`, `histories` | what do executors do? |
//! | `lines`, `cells` | how are rows, facts and profiles written in between? |
//! | `error` | why can Spark not do it? |

mod cells;
mod error;
mod filter;
mod histories;
mod job;
mod lines;
mod people;
mod plan;
mod program;
mod sql;
#[cfg(test)]
mod tests;

pub use error::SparkError;
pub use filter::{Task, filter};
pub use job::{OnSpark, SparkOrders};
pub use plan::speaks;
pub use program::Program;
