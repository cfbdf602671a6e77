//! Sources, grouping, spilling, parallel folds and scoring.
//!
//! | module | question it answers |
//! |---|---|
//! | [`source`] | how are files and queries read in parallel, every row accounted for? |
//! | [`grouping`] | how do a customer's facts come together, within the memory allowed? |
//! | [`mod@gather`] | how do files and answers come into partitions? |
//! | [`folding`] | how do partitions become folded customers? |
//! | [`error`] | why can that not be done? |
//! | [`feeds`], [`pieces`] | how do records get into partitions without a file, and out of large ones? |
//! | [`kept`] | what is kept of a run, so that the next folds only whose facts changed? |
//! | [`lists`] | what becomes of lists of customers, products, refunds, events, answers, spend? |
//! | [`dossier`] | what does each customer's whole file say, order by order? |
//! | [`details`] | what is kept of a row besides its fact? |
//! | [`persons`] | how do the facts of customers who are one person come together? |
//! | [`shared`] | which orders stand with more than one customer? |
//! | [`customers`] | in which order do customers stand, and who has no order? |
//! | [`scoring`] | which score, octant, stage and segments has each customer? |
//! | [`output`] | how do customers become Parquet, CSV and spreadsheets? |
//! | [`progress`] | who is told how far work is? |
//! | [`purchases`] | on which days did customers buy? |
//! | [`sorted`] | how are histories folded as a database gives them, sorted by customer? |
//! | [`spark`] | how do reading and folding happen on the executors of an Apache Spark? |
//! | [`texts`], [`profiles`] | how are many texts and profiles kept in little memory? |
#![forbid(unsafe_code)]

pub mod customers;
pub mod details;
pub mod dossier;
pub mod error;
pub mod feeds;
pub mod folding;
pub mod gather;
pub mod grouping;
pub mod kept;
pub mod lists;
pub mod output;
mod pairs;
pub mod persons;
pub mod pieces;
pub mod profiles;
pub mod progress;
pub mod purchases;
pub mod scoring;
pub mod series;
pub mod shared;
pub mod sorted;
pub mod source;
pub mod spark;
pub mod texts;

pub use customers::{CustomerTable, Prospect, ProspectReason};
pub use dossier::{Dossier, Visitor};
pub use error::EngineError;
pub use feeds::{Feed, Feeds};
pub use folding::{DaysAsked, FileFolded, Folded};
pub use gather::{
    Gathered, Resources, gather, gather_query, gather_records, one_currency, repeats_are_versions,
};
pub use grouping::{Bought, Contact, ContactFields, GroupingError, PARTITIONS, Record, counting};
pub use kept::{Keeper, KeptError, KeptPeople, KeptRun};
pub use lists::{ListEntry, Owners, refund_hash};
pub use pieces::Pieces;
pub use profiles::Profiles;
pub use progress::{Progress, Silent, Step};
pub use purchases::PurchaseLog;
pub use series::Series;
pub use shared::{Claims, SharedOrders};
pub use sorted::{SortedError, SortedFold, SortedFolded, SortedOrders};
pub use source::{
    FileRead, FirstFact, Keeping, QUERY, Query, QueryError, RECORD, RejectedSink, Seen,
    SourceError, Span,
};
