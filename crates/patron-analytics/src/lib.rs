//! Use cases: what patron does, from a request to its results.
//!
//! | module | question it answers |
//! |---|---|
//! | [`settings`] | what may be set, by flag, file, preset or default, and which of them holds? |
//! | [`run`] | how do orders become valued customers, tables and a report? |
#![forbid(unsafe_code)]

pub mod run;
pub mod settings;
