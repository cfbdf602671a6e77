//! What can go wrong with a ledger, each condition by name.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use patron_core::{Coded, ErrorCode};

/// Why the ledger could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// There is no ledger at this place.
    #[error("there is no ledger at {location}")]
    Missing {
        /// Where it was looked for, without a password.
        location: String,
    },
    /// A ledger cannot be made where one is already.
    #[error("there is a ledger at {location} already")]
    AlreadyThere {
        /// Where, without a password.
        location: String,
    },
    /// The database is there but holds no DuckLake catalogue.
    #[error("{location} is no ledger: {reason}")]
    NotALedger {
        /// Where, without a password.
        location: String,
        /// What is missing or wrong.
        reason: String,
    },
    /// The catalogue has another version than the one this program writes.
    #[error("the ledger's catalogue has version {found}, this program knows {known}")]
    OtherVersion {
        /// The version found.
        found: String,
        /// The version this program reads and writes.
        known: &'static str,
    },
    /// The catalogue describes a table otherwise than this program.
    #[error("table `{table}` of the ledger differs from this program's: {difference}")]
    TableDiffers {
        /// The table.
        table: String,
        /// What differs.
        difference: String,
    },
    /// Another program keeps the catalogue locked.
    #[error("the ledger's catalogue is locked by another program")]
    Locked,
    /// The database with the catalogue cannot be reached.
    #[error("cannot reach the ledger's catalogue at {location}")]
    Unreachable {
        /// Where, without a password.
        location: String,
        /// The database's own words.
        #[source]
        source: sqlx::Error,
    },
    /// The catalogue's database refused a statement.
    #[error("the ledger's catalogue refused a statement")]
    Catalogue {
        /// The database's own words.
        #[source]
        source: sqlx::Error,
    },
    /// The catalogue contradicts itself.
    #[error("the ledger's catalogue contradicts itself: {what}")]
    CatalogueDamaged {
        /// What does not fit.
        what: String,
    },
    /// Somebody else changed what this change was based on.
    #[error("another program changed the ledger meanwhile: {what}")]
    Conflict {
        /// What changed.
        what: String,
    },
    /// The connection broke while the change was being committed: it may have happened.
    #[error("it is not known whether the change was committed")]
    InDoubt {
        /// What broke.
        #[source]
        source: Box<Self>,
    },
    /// A file or folder may not be written.
    #[error("cannot write {}: not permitted", path.display())]
    ReadOnly {
        /// The file or folder.
        path: PathBuf,
    },
    /// The disk (or a quota) is full.
    #[error("no space left to write {}", path.display())]
    NoSpace {
        /// The file.
        path: PathBuf,
    },
    /// Another failure of the file system.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's own words.
        #[source]
        source: std::io::Error,
    },
    /// A data file that the catalogue names is not there.
    #[error("data file {} is missing", path.display())]
    FileMissing {
        /// The file.
        path: PathBuf,
    },
    /// A data file has another size than the catalogue says.
    #[error("data file {} has {found} bytes instead of {expected}", path.display())]
    FileResized {
        /// The file.
        path: PathBuf,
        /// Bytes by the catalogue.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// A data file cannot be decoded, or holds something else than the catalogue says.
    #[error("data file {} is damaged: {reason}", path.display())]
    FileDamaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A data file could not be encoded.
    #[error("cannot encode data file {}", path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// The encoder's own words.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// Columns could not be sorted, filtered or put together.
    #[error("cannot arrange rows of `{table}`")]
    Rows {
        /// The table.
        table: &'static str,
        /// The kernel's own words.
        #[source]
        source: arrow_schema::ArrowError,
    },
    /// The rows given do not have the columns of the table.
    #[error("rows for `{table}` do not fit: column `{column}` is {found}, expected {expected}")]
    RowsDiffer {
        /// The table.
        table: &'static str,
        /// The column.
        column: String,
        /// What was given.
        found: String,
        /// What the table has.
        expected: String,
    },
    /// A column that may not be empty is empty in some row.
    #[error("rows for `{table}` lack `{column}` in {count} rows")]
    ValueMissing {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// In how many rows.
        count: usize,
    },
    /// An instant or date lies outside the years 1 to 9999.
    #[error("a value of `{table}.{column}` lies outside the years 1 to 9999")]
    OutsideCalendar {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// There never was such a snapshot.
    #[error("the ledger has no snapshot {asked}; the newest is {newest}")]
    NoSuchSnapshot {
        /// What was asked for.
        asked: String,
        /// The newest there is.
        newest: i64,
    },
    /// The snapshot was there, but is no longer kept.
    #[error("snapshot {snapshot} is no longer kept: {reason}")]
    SnapshotGone {
        /// The snapshot asked for.
        snapshot: i64,
        /// Why it was removed.
        reason: String,
    },
    /// The catalogue uses a part of DuckLake that this program does not write.
    #[error("another program wrote to the ledger: {what}")]
    Foreign {
        /// What it wrote.
        what: String,
    },
    /// Catalogues of this kind cannot be copied.
    #[error("the ledger's catalogue at {location} cannot be copied by patron")]
    NoCopy {
        /// Where it is, without a password.
        location: String,
    },
    /// A setting of the ledger makes no sense.
    #[error("the ledger's setting `{name}` cannot be {value}: {reason}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        reason: &'static str,
    },
}

impl LedgerError {
    /// Names the failure of an operation on a file or folder.
    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::NoSpace { path }
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            _ => Self::Io {
                action,
                path,
                source,
            },
        }
    }

    /// Tells whether the same work, begun anew, may succeed at once.
    #[must_use]
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }
}

impl Coded for LedgerError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Missing { .. } | Self::FileMissing { .. } => ErrorCode::InputUnreadable,
            Self::NotALedger { .. }
            | Self::OtherVersion { .. }
            | Self::TableDiffers { .. }
            | Self::FileResized { .. }
            | Self::FileDamaged { .. }
            | Self::CatalogueDamaged { .. }
            | Self::Foreign { .. } => ErrorCode::InputNotUnderstood,
            Self::AlreadyThere { .. } | Self::ReadOnly { .. } | Self::NoSpace { .. } => {
                ErrorCode::OutputUnwritable
            }
            Self::Locked
            | Self::Unreachable { .. }
            | Self::Conflict { .. }
            | Self::InDoubt { .. }
            | Self::Io { .. }
            | Self::Catalogue { .. } => ErrorCode::StorageUnreachable,
            Self::NoSuchSnapshot { .. }
            | Self::SnapshotGone { .. }
            | Self::NoCopy { .. }
            | Self::Setting { .. } => ErrorCode::SettingInvalid,
            Self::Encode { .. }
            | Self::Rows { .. }
            | Self::RowsDiffer { .. }
            | Self::ValueMissing { .. }
            | Self::OutsideCalendar { .. } => ErrorCode::Internal,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "ledger_missing",
            Self::AlreadyThere { .. } => "ledger_already_there",
            Self::NotALedger { .. } => "ledger_not_a_ledger",
            Self::OtherVersion { .. } => "ledger_other_version",
            Self::TableDiffers { .. } => "ledger_table_differs",
            Self::Locked => "ledger_locked",
            Self::Unreachable { .. } => "ledger_unreachable",
            Self::Catalogue { .. } => "ledger_catalogue",
            Self::CatalogueDamaged { .. } => "ledger_catalogue_damaged",
            Self::Conflict { .. } => "ledger_conflict",
            Self::InDoubt { .. } => "ledger_in_doubt",
            Self::ReadOnly { .. } => "ledger_read_only",
            Self::NoSpace { .. } => "ledger_no_space",
            Self::Io { .. } => "ledger_io",
            Self::FileMissing { .. } => "ledger_file_missing",
            Self::FileResized { .. } => "ledger_file_resized",
            Self::FileDamaged { .. } => "ledger_file_damaged",
            Self::Encode { .. } => "ledger_encode",
            Self::Rows { .. } => "ledger_rows",
            Self::RowsDiffer { .. } => "ledger_rows_differ",
            Self::ValueMissing { .. } => "ledger_value_missing",
            Self::OutsideCalendar { .. } => "ledger_outside_calendar",
            Self::NoSuchSnapshot { .. } => "ledger_no_such_snapshot",
            Self::SnapshotGone { .. } => "ledger_snapshot_gone",
            Self::Foreign { .. } => "ledger_foreign",
            Self::NoCopy { .. } => "ledger_no_copy",
            Self::Setting { .. } => "ledger_setting",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Missing { location }
            | Self::AlreadyThere { location }
            | Self::NoCopy { location }
            | Self::Unreachable { location, .. } => vec![("location", location.clone())],
            Self::NotALedger { location, reason } => {
                vec![("location", location.clone()), ("reason", reason.clone())]
            }
            Self::OtherVersion { found, known } => {
                vec![("found", found.clone()), ("known", (*known).to_owned())]
            }
            Self::TableDiffers { table, difference } => {
                vec![("table", table.clone()), ("difference", difference.clone())]
            }
            Self::CatalogueDamaged { what } | Self::Conflict { what } | Self::Foreign { what } => {
                vec![("what", what.clone())]
            }
            Self::ReadOnly { path }
            | Self::NoSpace { path }
            | Self::Io { path, .. }
            | Self::FileMissing { path }
            | Self::FileResized { path, .. }
            | Self::FileDamaged { path, .. }
            | Self::Encode { path, .. } => vec![("path", path.display().to_string())],
            Self::NoSuchSnapshot { asked, newest } => {
                vec![("asked", asked.clone()), ("newest", newest.to_string())]
            }
            Self::SnapshotGone { snapshot, reason } => {
                vec![
                    ("snapshot", snapshot.to_string()),
                    ("reason", reason.clone()),
                ]
            }
            _ => Vec::new(),
        }
    }

    fn hint(&self) -> Option<String> {
        let words = match self {
            Self::Missing { .. } => "make a workspace with `patron init`, or name its folder",
            Self::AlreadyThere { .. } => "use the ledger that is there, or name another folder",
            Self::OtherVersion { .. } => {
                "a newer program wrote it: update patron, or restore a backup from before"
            }
            Self::TableDiffers { .. } => "another version of patron wrote it: use that version",
            Self::Locked => "close the other program that has the ledger open, then try again",
            Self::Unreachable { .. } => "is the database running, and is its address right?",
            Self::Conflict { .. } => "nothing was changed; try again",
            Self::InDoubt { .. } => {
                "look with `patron ledger log` whether it happened before trying again"
            }
            Self::ReadOnly { .. } => "change the permissions, or move the workspace",
            Self::NoSpace { .. } => {
                "nothing was changed; free some space (`patron ledger expire` helps), then try again"
            }
            Self::FileMissing { .. } | Self::FileResized { .. } | Self::FileDamaged { .. } => {
                "run `patron ledger verify`, then restore the file from a backup"
            }
            Self::CatalogueDamaged { .. } => "restore the workspace from a backup",
            Self::NoSuchSnapshot { .. } | Self::SnapshotGone { .. } => {
                "`patron ledger log` lists the snapshots that are kept"
            }
            Self::NoCopy { .. } => {
                "save its database with `pg_dump` first, then copy the folder of the workspace: files are never changed, so the copy has all that the saved catalogue names"
            }
            Self::Foreign { .. } => "attach the ledger read-only in other programs",
            _ => return None,
        };
        Some(words.to_owned())
    }
}
