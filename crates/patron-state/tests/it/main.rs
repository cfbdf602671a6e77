//! Tests of the state through its public interface.
//!
//! | module | question it answers |
//! |---|---|
//! | [`opening`] | is it made, opened, refused and copied as it should be? |
//! | [`keeping`] | does it keep jobs, sources and secrets? |
#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what helpers of tests assume must hold, or the test stops there"
)]

mod keeping;
mod opening;
