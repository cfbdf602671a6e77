//! Use cases: run, report, calculators.
#![forbid(unsafe_code)]
