//! What must hold of a generated shop.
//!
//! | module | claim |
//! |---|---|
//! | `accounting` | the files agree with each other and with the truth |
//! | `plausible` | the default shop looks like a shop |
//! | `truth` | what the truth says can be found in the files |
//! | `reproducible` | the same seed gives the same shop, and a customer is the same in a shop of any size |
//! | `frozen` | the default parameters have not changed |
//! | `bad_input` | which error for which request |
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests and their helpers fail by panicking and print what they found"
)]

mod accounting;
mod bad_input;
mod files;
mod frozen;
mod plausible;
mod reproducible;
mod truth;
