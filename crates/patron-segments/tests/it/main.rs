//! Integration tests of vocabularies and conditions.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail the test"
)]

mod assignment; // which rows belong to which segment, fast and slow way alike
mod conditions; // what conditions mean, row by row
mod errors; // exactly what is said of a bad condition or vocabulary, and where
mod names; // octants and stages in three languages
mod policy; // the policy table: which rule wins, and what is said of a bad one
mod reference; // random conditions, answered by DuckDB
mod together; // conditions that share terms and columns, against each by hand
mod vocabularies; // coverage of the shipped vocabularies against published figures
