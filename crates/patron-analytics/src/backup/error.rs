//! Why a workspace cannot be saved, or not be made from what was saved.

use std::io;
use std::path::PathBuf;

use patron_core::{Coded, ErrorCode};
use patron_ledger::LedgerError;
use patron_state::StateError;

use crate::workspace::WorkspaceError;

/// Why a workspace cannot be saved, or not be made from what was saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// There is something already where the folder is to be made.
    #[error("`{}` is not empty", folder.display())]
    NotEmpty {
        /// Which folder.
        folder: PathBuf,
    },
    /// The folder is no backup.
    #[error("`{}` is no backup: it has no `manifest.json`", folder.display())]
    NotABackup {
        /// Which folder.
        folder: PathBuf,
    },
    /// A newer program made the backup.
    #[error("the backup `{}` has version {found}, this program knows {known}", folder.display())]
    Newer {
        /// Which folder.
        folder: PathBuf,
        /// Its version.
        found: u64,
        /// The newest version that this program knows.
        known: u64,
    },
    /// A file of the backup is not what was saved.
    #[error("the backup is damaged: `{path}` {what}")]
    Damaged {
        /// Which file, within the backup.
        path: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The workspace cannot be used.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
}

impl From<LedgerError> for BackupError {
    fn from(error: LedgerError) -> Self {
        Self::Workspace(error.into())
    }
}

impl From<StateError> for BackupError {
    fn from(error: StateError) -> Self {
        Self::Workspace(error.into())
    }
}

impl Coded for BackupError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NotABackup { .. } | Self::Read { .. } => ErrorCode::InputUnreadable,
            Self::Newer { .. } | Self::Damaged { .. } => ErrorCode::InputNotUnderstood,
            Self::NotEmpty { .. } | Self::Write { .. } => ErrorCode::OutputUnwritable,
            Self::Workspace(error) => error.code(),
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::NotEmpty { .. } => "backup_place_not_empty",
            Self::NotABackup { .. } => "not_a_backup",
            Self::Newer { .. } => "backup_newer",
            Self::Damaged { .. } => "backup_damaged",
            Self::Read { .. } => "cannot_read",
            Self::Write { .. } => "cannot_write",
            Self::Workspace(error) => error.key(),
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotEmpty { folder } | Self::NotABackup { folder } => {
                vec![("folder", folder.display().to_string())]
            }
            Self::Newer {
                folder,
                found,
                known,
            } => vec![
                ("folder", folder.display().to_string()),
                ("found", found.to_string()),
                ("known", known.to_string()),
            ],
            Self::Damaged { path, .. } => vec![("path", path.clone())],
            Self::Read { path, .. } | Self::Write { path, .. } => {
                vec![("path", path.display().to_string())]
            }
            Self::Workspace(error) => error.params(),
        }
    }

    fn hint(&self) -> Option<String> {
        let words = match self {
            Self::NotEmpty { .. } => "name a folder that is not there yet",
            Self::NotABackup { .. } => "name the folder that `patron backup` made",
            Self::Newer { .. } => "a newer patron made it: update patron",
            Self::Damaged { .. } => "use another backup; nothing was restored",
            Self::Read { .. } => "check that it is there and may be read",
            Self::Write { .. } => "check the folder's rights and the free space",
            Self::Workspace(error) => return error.hint(),
        };
        Some(words.to_owned())
    }
}
