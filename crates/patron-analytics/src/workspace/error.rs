//! What can be wrong with a workspace.

use std::io;
use std::path::PathBuf;

use patron_core::{Coded, ErrorCode};
use patron_ledger::LedgerError;
use patron_state::StateError;

use crate::settings::SettingsError;

/// Why a workspace cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkspaceError {
    /// The folder is no workspace.
    #[error("`{folder}` is no workspace: it has no `patron.toml`")]
    Missing {
        /// Which folder.
        folder: PathBuf,
    },
    /// A file of the workspace cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// No import has this number.
    #[error("there is no import {import}")]
    NoSuchImport {
        /// Which number.
        import: i64,
    },
    /// Other imports build on an import that is to be undone.
    #[error(
        "import {import} cannot be undone: later imports left rows out because it has them, or name its orders"
    )]
    NeededByLater {
        /// Which import.
        import: i64,
        /// The later imports, newest first.
        later: Vec<i64>,
    },
    /// An import is too old to be undone.
    #[error("import {import} is older than {days} days and can no longer be undone")]
    TooOldToUndo {
        /// Which import.
        import: i64,
        /// Days for which imports can be undone.
        days: i64,
    },
    /// What the ledger says of an import cannot be understood.
    #[error("what the ledger keeps of import {import} cannot be understood")]
    ImportDamaged {
        /// Which import.
        import: i64,
    },
}

impl Coded for WorkspaceError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Missing { .. } | Self::NoSuchImport { .. } => ErrorCode::InputUnreadable,
            Self::Write { .. } => ErrorCode::OutputUnwritable,
            Self::Settings(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::State(error) => error.code(),
            Self::NeededByLater { .. } | Self::TooOldToUndo { .. } => ErrorCode::SettingInvalid,
            Self::ImportDamaged { .. } => ErrorCode::StorageUnreachable,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "workspace_missing",
            Self::Write { .. } => "cannot_write",
            Self::Settings(error) => error.key(),
            Self::Ledger(error) => error.key(),
            Self::State(error) => error.key(),
            Self::NoSuchImport { .. } => "no_such_import",
            Self::NeededByLater { .. } => "import_needed_by_later",
            Self::TooOldToUndo { .. } => "import_too_old_to_undo",
            Self::ImportDamaged { .. } => "import_damaged",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Missing { folder } => vec![("folder", folder.display().to_string())],
            Self::Write { path, .. } => vec![("path", path.display().to_string())],
            Self::Settings(error) => error.params(),
            Self::Ledger(error) => error.params(),
            Self::State(error) => error.params(),
            Self::NoSuchImport { import }
            | Self::NeededByLater { import, .. }
            | Self::TooOldToUndo { import, .. }
            | Self::ImportDamaged { import } => vec![("import", import.to_string())],
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => Some(
                "make one with `patron init`, or name its folder with `--workspace DIR`".to_owned(),
            ),
            Self::Write { .. } => Some("check the folder's rights and the free space".to_owned()),
            Self::Settings(error) => error.hint(),
            Self::Ledger(error) => error.hint(),
            Self::State(error) => error.hint(),
            Self::NoSuchImport { .. } => Some("`patron import --list` shows them".to_owned()),
            Self::NeededByLater { later, .. } => {
                let later: Vec<String> = later.iter().map(ToString::to_string).collect();
                Some(format!(
                    "undo these first, in this order: {}",
                    later.join(", ")
                ))
            }
            Self::TooOldToUndo { .. } => {
                Some("import a newer export: it supersedes what changed".to_owned())
            }
            Self::ImportDamaged { .. } => {
                Some("`patron ledger verify --deep` looks for damage".to_owned())
            }
        }
    }
}
