//! Why a run fails, and what mends it.

use std::io;
use std::path::PathBuf;

use patron_core::{Coded, Day, ErrorCode};
use patron_engine::output::OutputError;
use patron_engine::scoring::{ScoreError, SegmentError};
use patron_engine::{EngineError, FileRead, GroupingError};

use super::out_dir::OutDirError;
use crate::migration::MigrationError;
use crate::settings::ResolveError;
use crate::workspace::WorkspaceError;

/// Why a run fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] ResolveError),
    /// Files cannot be turned into customers.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Customers cannot be scored.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// Segments cannot be found.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// `customers.*` cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The folder for results holds something else.
    #[error("`{path}` holds `{foreign}`, which patron did not write, so nothing there is replaced")]
    OutTaken {
        /// The folder.
        path: PathBuf,
        /// Something in it.
        foreign: String,
    },
    /// A file cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The workspace cannot be used.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// There is nothing in the ledger.
    #[error("the workspace `{folder}` holds no orders{}", when(*earlier))]
    EmptyLedger {
        /// The workspace.
        folder: PathBuf,
        /// Whether an earlier snapshot was asked for.
        earlier: bool,
    },
    /// Another currency than that of the ledger.
    #[error("the amounts in the ledger are in {known}, not in {asked}")]
    OtherCurrency {
        /// What was asked for.
        asked: String,
        /// What the imports said.
        known: String,
    },
    /// Settings that decide how files are read, for a run that reads none.
    #[error("how files are read was decided when they were imported, and this run reads the ledger: {} cannot change it", settings.join(", "))]
    ReadingSettings {
        /// The settings.
        settings: Vec<&'static str>,
    },
    /// Threads cannot be started.
    #[error("cannot start {threads} threads: {message}")]
    Threads {
        /// How many.
        threads: usize,
        /// What the system said.
        message: String,
    },
    /// Customers as of a month-end cannot be told.
    #[error("cannot tell who customers were as of {day}")]
    AsOf {
        /// The month-end.
        day: Day,
        /// Why.
        #[source]
        source: Box<Self>,
    },
    /// Movement between two days cannot be told.
    #[error(transparent)]
    Movement(#[from] MigrationError),
    /// Nobody was a customer at any of the month-ends.
    #[error("no month-end up to {as_of} has a customer")]
    NoMonthEnd {
        /// The as-of day.
        as_of: Day,
    },
    /// Only changes were asked for, and what the last run kept is out of reach.
    #[error("nothing can be compared with the last run: {reason}")]
    NothingToCompare {
        /// Why.
        reason: String,
    },
    /// Rows were lost or counted twice: a defect of patron, found by counting.
    #[error("the account of rows does not add up: {rows_in} in, {accounted} accounted for")]
    AccountDoesNotAddUp {
        /// Rows read.
        rows_in: u64,
        /// Rows in some class.
        accounted: u64,
    },
}

impl Coded for RunError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Settings(error) => error.code(),
            Self::Engine(error) => error.code(),
            Self::Score(error) => error.code(),
            Self::Segment(error) => error.code(),
            Self::Output(error) => error.code(),
            Self::Workspace(error) => error.code(),
            Self::AsOf { source, .. } => source.code(),
            Self::Movement(error) => error.code(),
            Self::EmptyLedger { .. } | Self::NoMonthEnd { .. } => ErrorCode::InputEmpty,
            Self::OutTaken { .. } | Self::ReadingSettings { .. } | Self::OtherCurrency { .. } => {
                ErrorCode::SettingInvalid
            }
            Self::Write { .. } => ErrorCode::OutputUnwritable,
            Self::Threads { .. } | Self::NothingToCompare { .. } => ErrorCode::StorageUnreachable,
            Self::AccountDoesNotAddUp { .. } => ErrorCode::Internal,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Settings(error) => error.key(),
            Self::Engine(error) => error.key(),
            Self::Score(error) => error.key(),
            Self::Segment(error) => error.key(),
            Self::Output(error) => error.key(),
            Self::Workspace(error) => error.key(),
            Self::AsOf { .. } => "cannot_tell_as_of",
            Self::Movement(error) => error.key(),
            Self::NoMonthEnd { .. } => "no_month_end",
            Self::EmptyLedger { .. } => "empty_ledger",
            Self::ReadingSettings { .. } => "reading_settings",
            Self::OtherCurrency { .. } => "other_currency",
            Self::OutTaken { .. } => "out_taken",
            Self::Write { .. } => "cannot_write",
            Self::Threads { .. } => "cannot_start_threads",
            Self::NothingToCompare { .. } => "nothing_to_compare",
            Self::AccountDoesNotAddUp { .. } => "account_does_not_add_up",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Settings(error) => error.params(),
            Self::Engine(error) => error.params(),
            Self::Score(error) => error.params(),
            Self::Segment(error) => error.params(),
            Self::Output(error) => error.params(),
            Self::Workspace(error) => error.params(),
            Self::EmptyLedger { folder, .. } => vec![("folder", folder.display().to_string())],
            Self::ReadingSettings { settings } => vec![("settings", settings.join(", "))],
            Self::OtherCurrency { asked, known } => {
                vec![("asked", asked.clone()), ("known", known.clone())]
            }
            Self::OutTaken { path, .. } | Self::Write { path, .. } => {
                vec![("path", path.display().to_string())]
            }
            Self::Threads { threads, .. } => vec![("threads", threads.to_string())],
            Self::Movement(error) => error.params(),
            Self::AsOf { day, .. } | Self::NoMonthEnd { as_of: day } => {
                vec![("day", day.to_string())]
            }
            Self::NothingToCompare { reason } => vec![("reason", reason.clone())],
            Self::AccountDoesNotAddUp { .. } => Vec::new(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Settings(error) => error.hint(),
            Self::Engine(error) => error.hint(),
            Self::Score(error) => error.hint(),
            Self::Segment(error) => error.hint(),
            Self::Output(error) => error.hint(),
            Self::Workspace(error) => error.hint(),
            Self::EmptyLedger { earlier: true, .. } => {
                Some("`patron ledger log` shows the snapshots".to_owned())
            }
            Self::OtherCurrency { .. } => {
                Some("leave `--currency` out, and `currency` in patron.toml".to_owned())
            }
            Self::EmptyLedger { .. } => Some("bring some in with `patron import FILE`".to_owned()),
            Self::ReadingSettings { settings } if settings == &["`--identity`"] => Some(
                "set `identity` in patron.toml, and say `patron identity apply`".to_owned(),
            ),
            Self::ReadingSettings { .. } => {
                Some("give them to `patron import`; what was imported can be taken back with `patron import --undo`".to_owned())
            }
            Self::OutTaken { .. } => Some(
                "name another folder with `--out`, or move your own files out of this one"
                    .to_owned(),
            ),
            Self::Write { .. } => Some(
                "check the folder's rights and the free space, or choose another with `--out`"
                    .to_owned(),
            ),
            Self::Threads { .. } => Some("use fewer with `--threads`".to_owned()),
            Self::AsOf { source, .. } => source.hint(),
            Self::Movement(error) => error.hint(),
            Self::NoMonthEnd { .. } => Some("leave out `--as-of-series`".to_owned()),
            Self::NothingToCompare { .. } => {
                Some("run it again when that has ended, or without `--changes-only`".to_owned())
            }
            Self::AccountDoesNotAddUp { .. } => None,
        }
    }
}

/// What is said of a snapshot that was asked for.
const fn when(earlier: bool) -> &'static str {
    if earlier { " as of that snapshot" } else { "" }
}

impl From<GroupingError> for RunError {
    fn from(error: GroupingError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<OutDirError> for RunError {
    fn from(error: OutDirError) -> Self {
        match error {
            OutDirError::NotOurs {
                place: path,
                foreign,
            } => Self::OutTaken { path, foreign },
            OutDirError::Write { path, source } => Self::Write { path, source },
        }
    }
}

/// Says that a run needs orders.
pub(super) fn no_orders(first: &FileRead) -> patron_import::ImportError {
    let understanding = &first.understanding;
    patron_import::ImportError::OtherContent {
        file: understanding.file.clone(),
        holds: understanding.holds,
        preset: understanding
            .preset
            .as_ref()
            .map(|preset| preset.name.clone()),
    }
}
