//! Tests of the binary and of the workspace as a whole.
//!
//! | module | question it answers |
//! |---|---|
//! | [`layers`] | does every crate use only what ARCHITECTURE.md says it may? |
//! | [`run`] | does `patron run` keep its promises, on real files and on odd ones? |
#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what helpers of tests assume must hold, or the test stops there"
)]

mod layers;
mod run;
mod support;
