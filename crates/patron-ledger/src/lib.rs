//! The facts of a workspace as a DuckLake: commits, snapshots, compaction, erasure.
//!
//! Facts are rows of the canonical [`tables`](Table), in Parquet files beside a catalogue in SQLite or PostgreSQL. The
//! layout is DuckLake 1.0, so DuckDB reads it (read-only) without patron. Facts are appended, never edited; a commit is all
//! or nothing, survives a crash, and makes a snapshot that can be read later.
//!
//! | module | question it answers |
//! |---|---|
//! | [`tables`] | which columns has which table, and in which order are its rows? |
//! | [`ledger`] | where does a ledger live, and how is it opened? |
//! | [`transaction`], [`commit`] | how do rows get in, all or none? |
//! | [`scan`] | what did a table hold at a snapshot? |
//! | [`maintenance`] | how is it kept in order: flushed, compacted, verified, expired, and how are imports undone, customers reassigned and persons erased? |
//! | [`bucket`] | which persons' rows are kept together? |
//! | [`error`] | what can go wrong? |
#![forbid(unsafe_code)]

pub mod bucket;
mod catalogue;
pub mod commit;
pub mod error;
mod identifier;
pub mod ledger;
pub mod location;
pub mod maintenance;
mod rows;
pub mod scan;
mod statistics;
mod storage;
pub mod tables;
mod text_form;
pub mod transaction;

pub use bucket::Bucket;
pub use catalogue::snapshots::{At, Snapshot};
pub use commit::CommitInfo;
pub use error::LedgerError;
pub use ledger::{Ledger, LedgerOptions};
pub use location::{CatalogueAddress, Location};
pub use maintenance::compact::{CompactOptions, Compacted};
pub use maintenance::erase::Erased;
pub use maintenance::expire::Expired;
pub use maintenance::flush::Flushed;
pub use maintenance::reassign::{Move, Reassigned};
pub use maintenance::undo::Undone;
pub use maintenance::verify::{Problem, Verification, VerifyOptions};
pub use scan::{Persons, Scan, ScanRequest};
pub use tables::{Column, ColumnKind, Table};
pub use transaction::Transaction;
