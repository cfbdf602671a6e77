//! Tests of the binary and of the workspace as a whole.
//!
//! | module | question it answers |
//! |---|---|
//! | [`layers`] | does every crate use only what ARCHITECTURE.md says it may? |
//! | [`run`] | does `patron run` keep its promises, on real files and on odd ones? |
//! | [`cases`] | do small shops come out as worked out by hand? |
//! | [`fold`] | does the filter give the numbers of the run? |
//! | [`segments`] | are vocabularies listed, and are their faults found? |
//! | [`clv`] | does the calculator give the textbook's figures? |
//! | [`migration`] | is who moved between two days what runs of these days tell, and why? |
//! | [`policy`] | which rule wins, and who is turned to this week? |
//! | [`demo`] | does the run find in a demo shop what the shop's files say? |
//! | [`workspace`] | is what was imported what the files say, once, and can it be taken back? |
//! | [`refresh`] | does what comes to folders and shops come into the workspace, once, and is every key kept secret? |
//! | [`database`] | do queries give what files with the same rows give, and is every password kept secret? |
//! | [`studies`] | do profit, channels and the like say what an independent count says? |
//! | [`support`] | a folder to run the binary in, and its results as tables |
#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what helpers of tests assume must hold, or the test stops there"
)]

mod cases;
mod clv;
mod database;
mod demo;
mod fold;
mod layers;
mod migration;
mod policy;
mod refresh;
mod run;
mod segments;
mod studies;
mod support;
mod workspace;
