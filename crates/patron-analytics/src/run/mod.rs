//! `patron run`: from orders files to valued customers, tables and a report.

mod account;
mod again;
mod assemble;
mod choice;
mod error;
mod everybody;
mod execute;
mod facts;
mod from_ledger;
mod histories;
mod kept;
mod model_card;
mod notes;
mod out_dir;
mod rejected;
mod report;
mod report_charts;
mod report_model;
mod run_json;
mod series;
mod settings_notes;
mod summary;
mod sums;
mod tables;
mod there;
mod value;

use std::path::PathBuf;
use std::sync::Arc;

use patron_core::{Day, Instant};
use patron_engine::Query;
use patron_engine::spark::SparkOrders;
use patron_import::Understanding;
use patron_ledger::At;

use crate::settings::{Chosen, Resolved, Settings};
use crate::workspace::Workspace;

pub use account::Account;
pub(crate) use again::folded_by;
pub use choice::{BackTest, Contender, HeldOut, Judged, ModelPicture, Prospects, Tracked, Why};
pub use error::RunError;
pub use execute::run;
pub(crate) use execute::{Scored, score};
pub(crate) use facts::{Facts, ReadWith};
pub(crate) use from_ledger::check_currency;
pub use kept::{HowFolded, KeptUse, WhyWhole};
pub use model_card::{ModelCard, Parameter};
pub use notes::Note;
pub(crate) use notes::{of_exchange, of_shared_orders};
pub(crate) use out_dir::Listed;
pub use out_dir::remove_unfinished;
pub(crate) use rejected::RejectedFile;
pub use report::report_is_built;
pub use summary::{Group, SegmentRow, Summary};
pub use value::{NoModel, RoughValue, Valuation};
pub(crate) use value::{day_history, historic_values, spend_history, value as value_customers};

/// A form of `customers.*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableFormat {
    /// `customers.parquet`; always written.
    Parquet,
    /// `customers.csv`.
    Csv,
    /// `customers.xlsx`.
    Xlsx,
}

/// The facts of a workspace as a snapshot of its ledger has them.
#[derive(Debug, Clone)]
pub struct FromLedger {
    /// Which workspace.
    pub workspace: Workspace,
    /// As of which snapshot: what was known then.
    pub at: At,
}

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// Orders files; none for a run on a ledger.
    pub orders: Vec<PathBuf>,
    /// A query, in the place of files.
    pub query: Option<Query>,
    /// The database sorts the answer by customer, and each is folded as the next one comes.
    pub sorted_by_server: bool,
    /// A workspace's ledger, in the place of files.
    pub ledger: Option<FromLedger>,
    /// A table on Spark, in the place of files: it is read and folded there.
    pub spark: Option<SparkOrders>,
    /// Settings given as flags.
    pub flags: Settings,
    /// A settings file.
    pub settings_file: Option<PathBuf>,
    /// As of how many month-ends, up to the as-of day, customers are told besides; none on Spark.
    pub month_ends: u16,
    /// Where results go.
    pub out: PathBuf,
    /// Forms of `customers.*` besides Parquet.
    pub formats: Vec<TableFormat>,
    /// What becomes of what an earlier run of the workspace kept.
    pub kept: KeptUse,
    /// Only who differs from the last run of the workspace is written, and `run.json`; where no run kept anything, everybody is
    /// new.
    pub changes_only: bool,
    /// Threads.
    pub threads: usize,
    /// Memory that may be used.
    pub memory_bytes: u64,
    /// The time of the run: what is dated after its day is set aside. Nothing else depends on it.
    pub now: Instant,
}

impl RunRequest {
    /// Returns where Spark is to write the customers, if they stay there.
    #[must_use]
    pub fn customers_to(&self) -> Option<&str> {
        self.spark.as_ref()?.customers_to.as_deref()
    }

    /// The inputs as they were named; of a query what may be shown of the database.
    fn inputs(&self) -> Vec<String> {
        let files = self.orders.iter().map(|path| path.display().to_string());
        let table = self.spark.as_ref().map(|asked| asked.orders.clone());
        let databases = self
            .query
            .iter()
            .chain(self.spark.iter().map(|asked| &asked.spark));
        files
            .chain(table)
            .chain(databases.map(Query::shown))
            .collect()
    }
}

/// One axis of the scores.
#[derive(Debug, Clone)]
pub struct AxisReport {
    /// recency, frequency or monetary.
    pub axis: &'static str,
    /// Number of scores.
    pub bins: u8,
    /// How cut points were found.
    pub method: &'static str,
    /// Cut points, ascending; empty for methods that go by rank.
    pub cuts: Vec<f64>,
    /// Customers by score 1..k.
    pub counts: Vec<u64>,
    /// Scores that nobody has.
    pub missing: Vec<u8>,
    /// Distinct values, counted up to a hundred.
    pub distinct: usize,
}

/// One input file, as results name it.
#[derive(Debug, Clone)]
pub struct FileReport {
    /// Its name without folders.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Where its rows ended.
    pub account: Account,
    /// What it was understood as.
    pub understanding: Arc<Understanding>,
}

/// What depends on the machine and the moment, and on nothing in the data.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// Threads used.
    pub threads: usize,
    /// Memory allowed.
    pub memory_bytes: u64,
    /// Bytes of facts that went to disk.
    pub spilled_bytes: u64,
    /// Inputs as they were named.
    pub inputs: Vec<String>,
    /// Where results went.
    pub out: String,
    /// Where Spark wrote the customers, if it did.
    pub customers_at: Option<String>,
    /// Elapsed time by step.
    pub milliseconds: Vec<(&'static str, u64)>,
}

/// What a run found.
#[derive(Debug)]
pub struct RunReport {
    /// The as-of day.
    pub as_of: Day,
    /// Settings in force.
    pub settings: Resolved,
    /// Settings with their origins.
    pub chosen: Vec<Chosen>,
    /// Inputs.
    pub files: Vec<FileReport>,
    /// Where all rows ended.
    pub account: Account,
    /// People without a valid order.
    pub prospects: u64,
    /// First and last day with a valid order.
    pub days: Option<(Day, Day)>,
    /// R, F, M.
    pub axes: Vec<AxisReport>,
    /// Rank correlation of F and M.
    pub correlation: Option<f64>,
    /// Octant knives: days, times, money.
    pub knives: [f64; 3],
    /// The earliest last-order day of active, silent and dormant.
    pub lifecycle_days: Option<[Day; 3]>,
    /// Tables.
    pub summary: Summary,
    /// Values and models.
    pub valuation: Valuation,
    /// What should be said.
    pub notes: Vec<Note>,
    /// Notes about scores.
    pub score_notes: Vec<Note>,
    /// The ledger's snapshot, of a run on a ledger.
    pub snapshot: Option<i64>,
    /// Who was folded, of a run on a ledger.
    pub folded: Option<HowFolded>,
    /// What depends on the machine.
    pub machine: Machine,
    /// Where the results are.
    pub out: PathBuf,
    /// The files written there.
    pub written: Vec<&'static str>,
}

impl RunReport {
    /// Returns `margin` or `expected_revenue`: what values stand for.
    #[must_use]
    pub const fn clv_basis(&self) -> &'static str {
        if self.settings.margin.is_some() {
            "margin"
        } else {
            "expected_revenue"
        }
    }

    /// Returns the key of the purchase model in use; nothing where none is.
    #[must_use]
    pub fn model(&self) -> Option<&'static str> {
        self.valuation.purchases.as_ref().map(|card| card.key)
    }

    /// Returns `fitted`, `rough` or `skipped`.
    #[must_use]
    pub const fn clv_status(&self) -> &'static str {
        match &self.valuation.no_model {
            None => "fitted",
            Some(NoModel::NotAsked) => "skipped",
            Some(NoModel::CannotFit(_) | NoModel::InfiniteSpend) => "rough",
        }
    }
}
