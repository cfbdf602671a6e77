//! The facts of a workspace as a DuckLake: commits, snapshots, compaction, erasure.
//!
//! Facts are rows of the canonical [`tables`](Table), in Parquet files beside a catalogue in SQLite or PostgreSQL. The
//! layout is DuckLake 1.0, so DuckDB reads it (read-only) without patron. Facts are appended, never edited; a commit is all
//! or nothing, survives a crash, and makes a snapshot that can be read later.
//!
//! ```
//! use patron_core::Instant;
//! use patron_ledger::{At, CommitInfo, Ledger, LedgerOptions, Location, ScanRequest, Table};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let workspace = tempfile::tempdir()?;
//! let location = Location::in_workspace(workspace.path());
//! let ledger = Ledger::create(&location, LedgerOptions::default(), Instant(0))?;
//! let mut import = ledger.begin()?;
//! import.append(Table::Orders, &arrow_array::RecordBatch::new_empty(Table::Orders.schema()))?;
//! let snapshot = import.commit(&CommitInfo {
//!     at: Instant(1),
//!     author: "import".to_owned(),
//!     message: "orders.csv".to_owned(),
//!     extra_info: None,
//! })?;
//! let orders = ledger.scan(&ScanRequest::new(Table::Orders).at(At::Snapshot(snapshot)))?;
//! assert_eq!(orders.count(), 0);
//! # Ok(())
//! # }
//! ```
//!
//! | module | question it answers |
//! |---|---|
//! | [`tables`] | which columns has which table, and in which order are its rows? |
//! | [`ledger`] | where does a ledger live, and how is it opened? |
//! | [`transaction`], [`commit`] | how do rows get in, all or none? |
//! | [`scan`] | what did a table hold at a snapshot? |
//! | [`difference`] | whose rows does a later snapshot see no more, and how many are new? |
//! | [`maintenance`] | how is it kept in order: flushed, compacted, verified, expired, copied, and how are imports undone, customers reassigned and persons erased? |
//! | [`bucket`] | which persons' rows are kept together? |
//! | [`error`] | what can go wrong? |
#![forbid(unsafe_code)]

pub mod bucket;
mod catalogue;
pub mod commit;
pub mod difference;
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
pub use difference::Difference;
pub use error::LedgerError;
pub use ledger::{Ledger, LedgerOptions};
pub use location::{CatalogueAddress, Location};
pub use maintenance::compact::{CompactOptions, Compacted};
pub use maintenance::copy::Copied;
pub use maintenance::erase::{Erased, Whom};
pub use maintenance::expire::Expired;
pub use maintenance::flush::Flushed;
pub use maintenance::reassign::{Move, Reassigned};
pub use maintenance::undo::Undone;
pub use maintenance::verify::{Problem, Verification, VerifyOptions};
pub use scan::{Persons, Scan, ScanRequest};
pub use tables::{Column, ColumnKind, Table};
pub use transaction::{Prepared, Preparer, Transaction};
