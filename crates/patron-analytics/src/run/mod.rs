//! Runs.
pub mod value;
