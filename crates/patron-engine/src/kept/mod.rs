//! What a run keeps of everybody, so that the next one folds only whose facts changed.
//!
//! | module | question it answers |
//! |---|---|
//! | [`people`] | what is kept of a person besides the profile? |
//! | [`keeper`] | how do histories get to the disk while they are folded? |
//! | [`parts`] | how does a history come back? |
//! | [`changes`] | who is another than in the run before? |
//! | [`form`] | how does everything that is kept lie in a file? |
//! | `settled` | how do those who were folded again come into the lists of all? |
//! | `source` | how is that file read, piece by piece? |
//! | `splice` | how do few come into a long list, and few out of it? |
//! | [`refold`] | how do what was kept and what is new become what a whole fold would have given? |
//!
//! A profile is kept with the as-of days on which it stays the same ([`patron_fold::steady`]), so that another date alone folds
//! hardly anybody; the history is kept as the records it was folded from, so that it can be folded by the same code, as of any
//! day, with what is new.

pub mod changes;
pub mod form;
pub mod keeper;
pub mod parts;
pub mod people;
pub mod refold;
mod settled;
pub(crate) mod source;
mod splice;
#[cfg(test)]
mod tests;

pub use changes::{Difference, Side, differences};
pub use form::{KeptRun, Mark, Marks, ToKeep};
pub use keeper::Keeper;
pub(crate) use keeper::KeptPartition;
pub use parts::{Part, Parts};
pub use people::{KeptPeople, KeptPerson};
pub use refold::{Changed, Refold, Refolded};

use std::path::PathBuf;

use crate::grouping::GroupingError;

/// Why what was kept cannot be used. It never has to be: a whole run needs nothing of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeptError {
    /// A file cannot be read or written.
    #[error("cannot use `{path}`")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file is not what was written.
    #[error("`{path}` is damaged")]
    Damaged {
        /// Which.
        path: PathBuf,
    },
    /// A history or what is new cannot be folded.
    #[error(transparent)]
    Grouping(#[from] GroupingError),
    /// Nobody would be left with a valid order as of the day.
    #[error("nobody has a valid order")]
    NobodyLeft,
}
