//! How customers become files: one definition of the columns, three forms.

mod cells;
mod changes;
pub mod columns;
mod csv;
mod parquet;
mod xlsx;

use std::path::PathBuf;

use patron_core::{Coded, ErrorCode};

pub use cells::CellValue;
pub use changes::write_changes;
pub use columns::{Columns, CustomerValues, ScoredCustomers};
pub use csv::{is_formula, write_csv};
pub use parquet::{ParquetTable, write_parquet};
pub use xlsx::{Book, write_xlsx};

/// Why a result cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The system refuses.
    #[error("cannot write `{path}`")]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The Parquet writer refuses.
    #[error("cannot write `{path}` as Parquet")]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: ::parquet::errors::ParquetError,
    },
    /// The spreadsheet writer refuses.
    #[error("cannot write `{path}` as a spreadsheet")]
    Spreadsheet {
        /// Which file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: rust_xlsxwriter::XlsxError,
    },
    /// The columns do not make a table: a defect of patron.
    #[error("the columns of `{path}` do not fit together")]
    Columns {
        /// Which file.
        path: PathBuf,
        /// What arrow said.
        #[source]
        source: arrow_schema::ArrowError,
    },
}

impl Coded for OutputError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Write { .. } | Self::Parquet { .. } | Self::Spreadsheet { .. } => {
                ErrorCode::OutputUnwritable
            }
            Self::Columns { .. } => ErrorCode::Internal,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Write { .. } => "cannot_write",
            Self::Parquet { .. } => "cannot_write_parquet",
            Self::Spreadsheet { .. } => "cannot_write_spreadsheet",
            Self::Columns { .. } => "columns_do_not_fit",
        }
    }

    fn hint(&self) -> Option<String> {
        matches!(self, Self::Write { .. } | Self::Parquet { .. }).then(|| {
            "check the folder's rights and the free space, or choose another with `--out`"
                .to_owned()
        })
    }
}
