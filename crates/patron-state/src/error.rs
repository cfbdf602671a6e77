//! What can go wrong with the state, each condition by name.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use patron_core::{Coded, ErrorCode};

/// Why the state could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// There is no state at this place.
    #[error("there is no `{}`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is a database of another program, or none.
    #[error("`{}` is no database of patron", path.display())]
    NotOurs {
        /// Which file.
        path: PathBuf,
    },
    /// A newer program made it.
    #[error("`{}` has version {found}, this program knows {known}", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The file is damaged.
    #[error("`{}` is damaged: {what}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// Another program keeps it locked.
    #[error("`{}` is locked by another program", path.display())]
    Locked {
        /// Which file.
        path: PathBuf,
    },
    /// It may not be written.
    #[error("cannot write `{}`: not permitted", path.display())]
    ReadOnly {
        /// Which file.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("no space left to write `{}`", path.display())]
    NoSpace {
        /// Which file.
        path: PathBuf,
    },
    /// Another failure of the file system.
    #[error("cannot use `{}`", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// The system's own words.
        #[source]
        source: std::io::Error,
    },
    /// The database refused a statement.
    #[error("`{}` refused a statement", path.display())]
    Database {
        /// Which file.
        path: PathBuf,
        /// The database's own words.
        #[source]
        source: sqlx::Error,
    },
    /// No source has this number.
    #[error("there is no source {id}")]
    NoSuchSource {
        /// Which number.
        id: i64,
    },
    /// No job that runs has this number.
    #[error("job {id} is not running")]
    NotRunning {
        /// Which number.
        id: i64,
    },
    /// The system has no random numbers to make an id of.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// The connection is closed: a defect of patron.
    #[error("the state was used after it was closed")]
    Closed,
}

impl StateError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::NotFound => Self::Missing { path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::NoSpace { path },
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            _ => Self::Io { path, source },
        }
    }

    /// Names a failure by SQLite's code, whose low byte is the kind.
    pub(crate) fn of_database(path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        let code = source.as_database_error().and_then(|error| error.code());
        let code = code.and_then(|code| code.parse::<i64>().ok());
        match code.map(|code| code & 0xff) {
            Some(5 | 6) => Self::Locked { path },
            Some(8 | 14) => Self::ReadOnly { path },
            Some(13) => Self::NoSpace { path },
            Some(11) => Self::Damaged {
                path,
                what: "the database is malformed".to_owned(),
            },
            Some(26) => Self::NotOurs { path },
            _ => Self::Database { path, source },
        }
    }
}

impl Coded for StateError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Missing { .. } => ErrorCode::InputUnreadable,
            Self::NotOurs { .. } | Self::Newer { .. } | Self::Damaged { .. } => {
                ErrorCode::InputNotUnderstood
            }
            Self::ReadOnly { .. } | Self::NoSpace { .. } => ErrorCode::OutputUnwritable,
            Self::Locked { .. } | Self::Io { .. } | Self::Database { .. } | Self::NoRandomness => {
                ErrorCode::StorageUnreachable
            }
            Self::NoSuchSource { .. } | Self::NotRunning { .. } => ErrorCode::SettingInvalid,
            Self::Closed => ErrorCode::Internal,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "state_missing",
            Self::NotOurs { .. } => "state_not_ours",
            Self::Newer { .. } => "state_newer",
            Self::Damaged { .. } => "state_damaged",
            Self::Locked { .. } => "state_locked",
            Self::ReadOnly { .. } => "state_read_only",
            Self::NoSpace { .. } => "state_no_space",
            Self::Io { .. } => "state_io",
            Self::Database { .. } => "state_database",
            Self::NoSuchSource { .. } => "no_such_source",
            Self::NotRunning { .. } => "job_not_running",
            Self::NoRandomness => "no_randomness",
            Self::Closed => "state_closed",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Missing { path }
            | Self::NotOurs { path }
            | Self::Damaged { path, .. }
            | Self::Locked { path }
            | Self::ReadOnly { path }
            | Self::NoSpace { path }
            | Self::Io { path, .. }
            | Self::Database { path, .. } => vec![("path", path.display().to_string())],
            Self::Newer { path, found, known } => vec![
                ("path", path.display().to_string()),
                ("found", found.to_string()),
                ("known", known.to_string()),
            ],
            Self::NoSuchSource { id } | Self::NotRunning { id } => vec![("id", id.to_string())],
            Self::NoRandomness | Self::Closed => Vec::new(),
        }
    }

    fn hint(&self) -> Option<String> {
        let words = match self {
            Self::Missing { .. } => "make a workspace with `patron init`, or name its folder",
            Self::NotOurs { .. } => "move the file away: patron then makes a new one",
            Self::Newer { .. } => {
                "a newer patron wrote it: update patron, or restore a backup from before"
            }
            Self::Damaged { .. } => "restore it from a backup; the ledger is not concerned",
            Self::Locked { .. } => "close the other program that has it open, then try again",
            Self::ReadOnly { .. } => "change the permissions, or move the workspace",
            Self::NoSpace { .. } => "nothing was changed; free some space, then try again",
            _ => return None,
        };
        Some(words.to_owned())
    }
}
