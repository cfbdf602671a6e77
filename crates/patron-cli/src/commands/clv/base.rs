//! The customers that a command of `patron clv` looks at.

use std::path::PathBuf;

use patron_analytics::clv::{
    Base, BaseRequest, ClvError, Source, customers, on_threads, settings_alone,
};
use patron_analytics::run::FromLedger;
use patron_analytics::settings::{Resolved, Settings, Unit};
use patron_analytics::workspace::Workspace;
use patron_core::Day;
use patron_ledger::At;

use crate::clock::now;
use crate::commands::database::Database;
use crate::commands::reading::{Reading, parse_at, parse_memory};
use crate::commands::run::{Policy, check_flags};
use crate::failure::{BadFlag, Failure};
use crate::output::Output;
use crate::progress::Bars;
use crate::words::things;

/// Arguments that say which customers.
#[derive(Debug, clap::Args)]
pub(super) struct BaseArgs {
    /// Orders: files, folders or patterns. Without any, the orders of the workspace
    #[arg(value_name = "ORDERS", conflicts_with = "sql")]
    orders: Vec<PathBuf>,
    /// A file with a row per customer (`frequency`, `recency`, `T`; also `weight`, `customer_id`, `monetary_value`,
    /// `ln_intervals`, `holdout`) in the place of orders; times in the unit of the model
    #[arg(long, value_name = "FILE", conflicts_with_all = ["orders", "sql", "at"])]
    summary: Option<PathBuf>,
    /// The workspace whose orders are taken where no files are named
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    /// What the workspace held then: a snapshot of `patron ledger log`, a day or a time
    #[arg(long, value_name = "SNAPSHOT|TIME", value_parser = parse_at, conflicts_with_all = ["orders", "sql"])]
    at: Option<At>,
    /// The last day that models are fitted to; by default the day of the last valid order
    #[arg(long, value_name = "DATE", conflicts_with = "as_of")]
    calibration_end: Option<String>,
    /// The last day on which later purchases are counted
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    holdout_end: Option<Day>,
    /// Time unit of the model: day, week or month
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// A settings file (TOML); flags overrule it
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Print only results and what went wrong
    #[arg(long)]
    quiet: bool,
    /// Threads; all by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Memory that may be used, such as 512M or 4G; facts that do not fit go to disk
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = parse_memory)]
    memory: u64,

    #[command(flatten, next_help_heading = "Database")]
    database: Database,
    #[command(flatten, next_help_heading = "Reading")]
    reading: Reading,
    #[command(flatten, next_help_heading = "Orders")]
    policy: Policy,
}

/// What a command needs of customers besides their histories.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wants {
    /// What is not said of a holdout is chosen.
    pub(super) split: bool,
    /// The days of purchases.
    pub(super) days: bool,
}

fn parse_day(text: &str) -> Result<Day, String> {
    Day::parse_iso(text).ok_or_else(|| "expected a day such as 2026-05-01".to_owned())
}

impl BaseArgs {
    /// Reads the customers.
    pub(super) fn read(
        &self,
        wants: Wants,
        set: impl FnOnce(&mut Settings),
        output: &Output,
    ) -> Result<Base, Failure> {
        let mut flags = Settings {
            unit: self.unit.clone(),
            ..self.policy.settings(&self.reading)?
        };
        if self.calibration_end.is_some() {
            flags.as_of.clone_from(&self.calibration_end);
        }
        set(&mut flags);
        check_flags(&flags)?;
        let request = BaseRequest {
            source: self.source()?,
            flags,
            settings_file: self.settings.clone(),
            holdout_end: self.holdout_end,
            split: wants.split,
            keep_days: wants.days,
            threads: self.threads(),
            memory_bytes: self.memory,
            now: now(),
        };
        let bars = Bars::new(self.quiet, Output::is_watched());
        let base = customers(&request, &bars)?;
        self.say(&base, output);
        Ok(base)
    }

    /// Says of what the results are.
    fn say(&self, base: &Base, output: &Output) {
        if self.quiet {
            return;
        }
        let mut said = things(base.len(), "customer", "customers");
        if let Some(end) = base.calibration_end {
            said.push_str(&format!(", purchases up to {end}"));
        }
        if let Some(end) = base.holdout_end {
            said.push_str(&format!(", and after it up to {end}"));
        }
        said.push_str(&format!("; times in {}s", base.unit.key()));
        output.talk(&format!("{said}\n"));
        for note in &base.notes {
            output.talk(&format!("note: {note}\n"));
        }
        if base.rows_set_aside > 0 {
            let rows = things(base.rows_set_aside, "row was", "rows were");
            output.talk(&format!(
                "note: {rows} set aside; `patron run` of the same files lists them with their reasons\n"
            ));
        }
    }

    /// Does something on the threads asked for.
    pub(super) fn on_threads<T: Send>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send,
    ) -> Result<T, Failure> {
        on_threads(self.threads(), work)?
    }

    fn threads(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or(cores, usize::from)
    }

    /// The unit of times where there are no customers to read: months, unless another is asked for.
    pub(super) fn unit_alone(&self) -> Result<Unit, Failure> {
        match self.unit.as_deref() {
            None | Some("month") => Ok(Unit::Month),
            Some("week") => Ok(Unit::Week),
            Some("day") => Ok(Unit::Day),
            Some(other) => Err(Failure::of_command_line(BadFlag {
                flag: "--unit".to_owned(),
                value: other.to_owned(),
                expected: "day, week or month".to_owned(),
            })),
        }
    }

    /// The settings where there are no customers to read.
    pub(super) fn settings_alone(
        &self,
        set: impl FnOnce(&mut Settings),
    ) -> Result<Resolved, Failure> {
        let mut flags = Settings::default();
        set(&mut flags);
        check_flags(&flags)?;
        Ok(settings_alone(&flags, self.settings.as_deref())?)
    }

    /// The day as of which contracts are known, as it is typed.
    pub(super) fn as_of_alone(&self) -> Option<String> {
        let given = self.calibration_end.clone();
        given.or_else(|| self.policy.as_of.clone())
    }

    pub(super) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether customers are named: by orders, a query or a summary.
    pub(super) fn names_any(&self) -> bool {
        !self.orders.is_empty() || self.database.is_asked() || self.summary.is_some()
    }

    fn source(&self) -> Result<Source, Failure> {
        if let Some(summary) = &self.summary {
            return Ok(Source::Summary(summary.clone()));
        }
        if self.names_any() {
            let query = self.database.query()?;
            return Ok(Source::Orders(self.orders.clone(), query));
        }
        let workspace = Workspace::open(&self.workspace)?;
        let at = self.at.unwrap_or(At::Latest);
        Ok(Source::Ledger(Box::new(FromLedger { workspace, at })))
    }
}

/// A wrong name of a model is a wrong command line.
pub(super) fn of_command_line(error: ClvError) -> Failure {
    match error {
        ClvError::NoSuchModel { .. } | ClvError::Parameters { .. } => {
            Failure::of_command_line(error)
        }
        other => other.into(),
    }
}
