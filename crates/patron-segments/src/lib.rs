//! Vocabularies of segments and the SQL conditions that define them.
//!
//! | module | question it answers |
//! |---|---|
//! | [`condition`] | is a SQL expression over profile columns sound, and which customers meet it? |
//! | [`vocabulary`] | which named conditions make up a vocabulary, and how is a file of one read? |
//! | [`compiled`] | which segments does each customer belong to? |
//! | [`check`](check()) | which cells does a vocabulary leave out, name twice, or never reach? |
//! | [`policy`] | what to do for whom, how often, with which discount, and which rule wins? |
//! | [`names`] | what are octants and lifecycle stages called, and what to do for each octant? |
//!
//! Not here: scores, octants and stages of customers; the engine hands them over as columns.
#![forbid(unsafe_code)]

mod bits;
mod cells;
mod check;
pub mod compiled;
pub mod condition;
mod error;
mod explain;
mod form_error;
mod language;
pub mod names;
mod nearest;
pub mod policy;
mod profile;
mod reach;
mod shipped;
pub mod vocabulary;
mod without_order;

pub use check::{CheckReport, Overlap, SegmentCheck, check};
pub use compiled::{Assignment, CompiledVocabulary, NO_SEGMENT};
pub use condition::{Condition, ConditionError, ConditionErrorKind, Kind, Spent};
pub use error::VocabularyError;
pub use explain::{Counts, Explanation, SegmentTime, TermTime};
pub use form_error::{FormError, read_written};
pub use language::{Language, Names};
pub use policy::{PolicyError, PolicyTable};
pub use profile::profile_schema;
pub use shipped::{DEFAULT_VOCABULARY, Shipped};
pub use vocabulary::{AxisSettings, BinsWanted, OTHERS, Segment, Vocabulary};
