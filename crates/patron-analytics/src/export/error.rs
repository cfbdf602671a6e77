//! Why a table cannot be exported.

use std::io;
use std::path::PathBuf;

use patron_core::{Coded, ErrorCode};
use patron_engine::GroupingError;
use patron_ledger::{LedgerError, Table};

use crate::settings::ResolveError;
use crate::workspace::WorkspaceError;

/// Why a table cannot be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// There is no such table.
    #[error("there is no table `{name}`")]
    NoSuchTable {
        /// What was asked for.
        name: String,
    },
    /// There is no such format.
    #[error("`--format` is `{name}`, expected csv, json, jsonl, parquet or xlsx")]
    NoSuchFormat {
        /// What was asked for.
        name: String,
    },
    /// A format that needs a file was to go to standard output.
    #[error("{format} cannot be written to standard output")]
    NeedsFile {
        /// Which format.
        format: &'static str,
    },
    /// The file cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Standard output cannot be written.
    #[error("cannot write to standard output")]
    Stdout(#[source] io::Error),
    /// The Parquet writer refuses.
    #[error("cannot write `{path}` as Parquet")]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// The spreadsheet writer refuses.
    #[error("cannot write `{path}` as a spreadsheet")]
    Spreadsheet {
        /// Which file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: Box<rust_xlsxwriter::XlsxError>,
    },
    /// Rows do not fit together: a defect of patron.
    #[error("the rows of `{}` do not fit together", table.name())]
    Rows {
        /// Of which table.
        table: Table,
        /// What arrow said.
        #[source]
        source: arrow_schema::ArrowError,
    },
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] ResolveError),
    /// The workspace cannot be used.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// Rows cannot be compared.
    #[error(transparent)]
    Grouping(#[from] GroupingError),
}

impl From<LedgerError> for ExportError {
    fn from(error: LedgerError) -> Self {
        Self::Workspace(error.into())
    }
}

impl ExportError {
    /// Returns whether the reader of a pipe went away.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl Coded for ExportError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NoSuchTable { .. } | Self::NoSuchFormat { .. } | Self::NeedsFile { .. } => {
                ErrorCode::SettingInvalid
            }
            Self::Write { .. }
            | Self::Stdout(_)
            | Self::Parquet { .. }
            | Self::Spreadsheet { .. } => ErrorCode::OutputUnwritable,
            Self::Rows { .. } => ErrorCode::Internal,
            Self::Settings(error) => error.code(),
            Self::Workspace(error) => error.code(),
            Self::Grouping(error) => error.code(),
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::NoSuchTable { .. } => "no_such_table",
            Self::NoSuchFormat { .. } => "no_such_format",
            Self::NeedsFile { .. } => "format_needs_file",
            Self::Write { .. } => "cannot_write",
            Self::Stdout(_) => "cannot_write_stdout",
            Self::Parquet { .. } => "cannot_write_parquet",
            Self::Spreadsheet { .. } => "cannot_write_spreadsheet",
            Self::Rows { .. } => "rows_do_not_fit",
            Self::Settings(error) => error.key(),
            Self::Workspace(error) => error.key(),
            Self::Grouping(error) => error.key(),
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NoSuchTable { name } | Self::NoSuchFormat { name } => {
                vec![("name", name.clone())]
            }
            Self::NeedsFile { format } => vec![("format", (*format).to_owned())],
            Self::Write { path, .. }
            | Self::Parquet { path, .. }
            | Self::Spreadsheet { path, .. } => vec![("path", path.display().to_string())],
            Self::Rows { table, .. } => vec![("table", table.name().to_owned())],
            Self::Settings(error) => error.params(),
            Self::Workspace(error) => error.params(),
            Self::Grouping(error) => error.params(),
            Self::Stdout(_) => Vec::new(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoSuchTable { .. } => {
                let names: Vec<&str> = Table::ALL.iter().map(|table| table.name()).collect();
                Some(format!("there are {}", names.join(", ")))
            }
            Self::NoSuchFormat { .. } | Self::Rows { .. } | Self::Stdout(_) => None,
            Self::NeedsFile { format } => Some(format!(
                "name a file: `--out FILE.{format}`"
            )),
            Self::Write { .. } | Self::Parquet { .. } => {
                Some("check the folder's rights and the free space, or choose another with `--out`".to_owned())
            }
            Self::Spreadsheet { .. } => {
                Some("a cell of a spreadsheet holds 32,767 characters at most; `--format csv` has no such limit".to_owned())
            }
            Self::Settings(error) => error.hint(),
            Self::Workspace(error) => error.hint(),
            Self::Grouping(error) => error.hint(),
        }
    }
}
