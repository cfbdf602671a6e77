//! Tests of the ledger through its public face.
//!
//! | module | question it answers |
//! |---|---|
//! | [`append`] | is what was committed read back, at every snapshot? |
//! | [`maintenance`] | do flush, compaction, undo, erasure and expiry do what they say, and nothing else? |
//! | [`model`] | does a ledger hold what a plain list would, after any sequence of operations? |
//! | [`damage`] | is every bad circumstance named? |
//! | [`duck`] | does real DuckDB read the same? |
//! | [`kill`] | is everything there, once, when processes die or write at once? |
//! | [`operations`] | operations from a seed, shared with `examples/ledger_writer.rs` |
//! | [`older`] | does a ledger of an older patron get the columns it lacks? |
//! | [`postgres`] | is it all the same with the catalogue in PostgreSQL? |
//! | [`support`] | rows from seeds, ledgers in folders of their own |
#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "what helpers of tests assume must hold, or the test stops there"
)]

mod append;
mod damage;
mod duck;
mod kill;
mod maintenance;
mod model;
mod older;
#[expect(dead_code, reason = "the writer carries them out")]
mod operations;
mod postgres;
mod support;
