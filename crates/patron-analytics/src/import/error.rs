//! Why an import fails.

use std::io;
use std::path::PathBuf;

use patron_core::{Coded, ErrorCode};
use patron_engine::{EngineError, GroupingError};

use crate::settings::ResolveError;
use crate::workspace::WorkspaceError;

/// Why files cannot be imported. Nothing of them is then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportFailure {
    /// The workspace cannot be used.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] ResolveError),
    /// A file cannot be read.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Something cannot be written beside the ledger.
    #[error("cannot write in `{path}`")]
    Write {
        /// Where.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Threads cannot be started.
    #[error("cannot start {threads} threads: {message}")]
    Threads {
        /// How many.
        threads: usize,
        /// What the system said.
        message: String,
    },
    /// A file is in another currency than the workspace.
    #[error("the amounts are in {found}, those of import {import} in {known}")]
    OtherCurrency {
        /// The file's currency.
        found: String,
        /// The workspace's.
        known: String,
        /// An import that brought it.
        import: i64,
    },
    /// The very same file was imported before, but understood otherwise.
    #[error("`{file}` is import {import}, which was read with other settings")]
    UnderstoodOtherwise {
        /// The file.
        file: String,
        /// The import.
        import: i64,
    },
    /// It is not known whether the rows of a file are orders or lines of orders.
    #[error(
        "order ids of `{file}` stand in several rows with the same amount ({orders} of them); a row may be an order or a line of one"
    )]
    AmbiguousGrain {
        /// The file.
        file: String,
        /// How many ids repeat.
        orders: u64,
    },
}

impl From<GroupingError> for ImportFailure {
    fn from(error: GroupingError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<patron_ledger::LedgerError> for ImportFailure {
    fn from(error: patron_ledger::LedgerError) -> Self {
        Self::Workspace(error.into())
    }
}

impl Coded for ImportFailure {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Workspace(error) => error.code(),
            Self::Settings(error) => error.code(),
            Self::Engine(error) => error.code(),
            Self::Write { .. } => ErrorCode::OutputUnwritable,
            Self::Threads { .. } => ErrorCode::StorageUnreachable,
            Self::OtherCurrency { .. }
            | Self::UnderstoodOtherwise { .. }
            | Self::AmbiguousGrain { .. } => ErrorCode::InputAmbiguous,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Workspace(error) => error.key(),
            Self::Settings(error) => error.key(),
            Self::Engine(error) => error.key(),
            Self::Write { .. } => "cannot_write",
            Self::Threads { .. } => "cannot_start_threads",
            Self::OtherCurrency { .. } => "other_currency",
            Self::UnderstoodOtherwise { .. } => "understood_otherwise",
            Self::AmbiguousGrain { .. } => "ambiguous_grain",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Workspace(error) => error.params(),
            Self::Settings(error) => error.params(),
            Self::Engine(error) => error.params(),
            Self::Write { path, .. } => vec![("path", path.display().to_string())],
            Self::Threads { threads, .. } => vec![("threads", threads.to_string())],
            Self::OtherCurrency { found, known, .. } => {
                vec![("found", found.clone()), ("known", known.clone())]
            }
            Self::UnderstoodOtherwise { file, import } => {
                vec![("file", file.clone()), ("import", import.to_string())]
            }
            Self::AmbiguousGrain { file, .. } => vec![("file", file.clone())],
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Workspace(error) => error.hint(),
            Self::Settings(error) => error.hint(),
            Self::Engine(error) => error.hint(),
            Self::Write { .. } => Some("check the folder's rights and the free space".to_owned()),
            Self::Threads { .. } => Some("use fewer with `--threads`".to_owned()),
            Self::OtherCurrency { .. } => Some(
                "convert them with `--rates FILE`, a file such as `date,from,to,rate`; or make a workspace for each currency: patron does not add up different money"
                    .to_owned(),
            ),
            Self::UnderstoodOtherwise { import, .. } => Some(format!(
                "to read it anew, take it back first with `patron import --undo {import}`"
            )),
            Self::AmbiguousGrain { .. } => Some(
                "say `--grain order` if every row repeats the order's total, `--grain line` if every row is a line with its own amount"
                    .to_owned(),
            ),
        }
    }
}
