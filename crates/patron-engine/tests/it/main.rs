//! Tests of the engine as a library.
//!
//! | module | question it answers |
//! |---|---|
//! | [`parquet_input`] | do typed columns say what text says, whatever their types? |
//! | [`plain`] | do rows that are read at a glance come to what others come to? |
//! | [`spill`] | do memory, threads and order of files leave profiles as they are? |
//! | [`support`] | files in, profiles out |
#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what helpers of tests assume must hold, or the test stops there"
)]

mod parquet_input;
mod plain;
mod resumed;
mod spill;
mod support;
