//! What the fold promises: the definitions case by case, properties on random histories, the text protocol.

#![expect(
    clippy::float_cmp,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests stop at the first surprise, and compare exact values exactly"
)]

mod answers; // what the filter answers, read back
mod days; // DEFINITIONS.md on days and windows
mod definitions; // DEFINITIONS.md §3-5, one test per sentence
mod properties; // random histories against a slow, direct computation
mod steady; // on which days nothing changes
mod wire; // the protocol of `patron fold`
