//! Why a shop could not be generated.

use std::path::PathBuf;

use patron_core::{Coded, ErrorCode};

/// Most customers a shop may have.
pub(crate) const MOST_CUSTOMERS: u64 = 100_000_000;
/// Most years a shop may have records for.
pub(crate) const MOST_YEARS: u32 = 20;

/// Why a shop could not be generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The number of customers is zero or beyond what ids allow.
    #[error("a demo shop has 1 to {MOST_CUSTOMERS} customers, asked for {asked}")]
    Customers {
        /// How many were asked for.
        asked: u64,
    },
    /// The number of years is zero or beyond what dates allow.
    #[error("a demo shop has 1 to {MOST_YEARS} years, asked for {asked}")]
    Years {
        /// How many were asked for.
        asked: u32,
    },
    /// The folder holds something that is not a demo shop.
    #[error("`{}` holds `{foreign}`, which is not of a demo shop, so nothing there is replaced", folder.display())]
    NotADemo {
        /// The folder.
        folder: PathBuf,
        /// Something in it.
        foreign: String,
    },
    /// A file or folder cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Coded for DemoError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Customers { .. } | Self::Years { .. } | Self::NotADemo { .. } => {
                ErrorCode::SettingInvalid
            }
            Self::Write { .. } => ErrorCode::OutputUnwritable,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Customers { .. } => "demo_customers",
            Self::Years { .. } => "demo_years",
            Self::NotADemo { .. } => "demo_folder_taken",
            Self::Write { .. } => "demo_write",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Customers { asked } => vec![
                ("asked", asked.to_string()),
                ("most", MOST_CUSTOMERS.to_string()),
            ],
            Self::Years { asked } => vec![
                ("asked", asked.to_string()),
                ("most", MOST_YEARS.to_string()),
            ],
            Self::NotADemo { folder, foreign } => vec![
                ("folder", folder.display().to_string()),
                ("foreign", foreign.clone()),
            ],
            Self::Write { path, .. } => vec![("path", path.display().to_string())],
        }
    }
}
