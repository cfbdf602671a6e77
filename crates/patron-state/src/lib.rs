//! The state of a workspace beside its facts: `patron.db`, a SQLite database of its own.
//!
//! Whoever attaches the ledger's catalogue sees no token here, and busy state does not block an import.
//!
//! ```
//! use patron_core::Instant;
//! use patron_state::State;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let workspace = tempfile::tempdir()?;
//! let state = State::open_or_create(&workspace.path().join("patron.db"))?;
//! let job = state.start_job("import", Instant(1), &serde_json::json!({ "files": 2 }))?;
//! state.finish_job(job, Instant(2), None)?;
//! assert_eq!(state.jobs(10)?.len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! | module | question it answers |
//! |---|---|
//! | [`state`] | where does the state live, and how is it opened, checked and copied? |
//! | [`jobs`] | what was done when, and how did it end? |
//! | [`sources`] | where do facts come from by themselves, and how far were they read? |
//! | [`identity`] | who was taken for whom, and who said otherwise? |
//! | [`secret`] | how does a token stay out of every log? |
//! | [`error`] | what can go wrong? |
#![forbid(unsafe_code)]

mod database;
pub mod error;
pub mod identity;
pub mod jobs;
mod migrations;
pub mod secret;
pub mod sources;
pub mod state;

pub use error::StateError;
pub use identity::{Batch, IdentityMove, Reason, Word};
pub use jobs::{Job, JobState};
pub use secret::Secret;
pub use sources::{NewSource, Source, SourceKind};
pub use state::State;
