//! `patron run`: the main job.

use std::path::PathBuf;

use clap::ValueEnum;
use patron_analytics::identity::Rule;
use patron_analytics::run::{
    FromLedger, KeptUse, RunReport, RunRequest, TableFormat, report_is_built, run as run_orders,
};
use patron_analytics::settings::{Origin, Settings};
use patron_analytics::workspace::Workspace;
use patron_fold::{UnlinkedRefunds, ZeroOrders};
use patron_ledger::At;

use self::show::show;
use crate::clock::now;
use crate::commands::database::Database;
use crate::commands::reading::{Reading, RowRules, parse_at, parse_memory};
use crate::commands::spark::Spark;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Bars;

mod flags;
mod show;

pub(crate) use flags::check as check_flags;

/// Arguments of `patron run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Orders: files, folders or patterns; a row per order or per order line. Without any, the orders that were imported
    /// into the workspace
    #[arg(value_name = "ORDERS", conflicts_with = "sql")]
    orders: Vec<PathBuf>,

    /// The workspace whose orders are taken where no files are named
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    /// What the workspace held then: a snapshot of `patron ledger log`, a day or a time such as 2026-05-01T12:00:00Z
    #[arg(long, value_name = "SNAPSHOT|TIME", value_parser = parse_at, conflicts_with_all = ["orders", "sql"])]
    at: Option<At>,

    /// Folder for results; an earlier result there is replaced
    #[arg(long, value_name = "DIR", default_value = "patron-out")]
    out: PathBuf,
    /// Forms of the customers file; Parquet is always written
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [FileForm::Parquet, FileForm::Csv])]
    format: Vec<FileForm>,
    /// A settings file (TOML); flags overrule it
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Fold everybody, although the last run of the workspace kept what it found of those whose facts did not change
    #[arg(long, conflicts_with_all = ["orders", "sql"])]
    full: bool,
    /// Write only who differs from the last run of the workspace (`changes.parquet`) and `run.json`: no customers, no report
    #[arg(long, conflicts_with_all = ["orders", "sql", "at", "as_of_series"])]
    changes_only: bool,
    /// Print only what went wrong
    #[arg(long)]
    quiet: bool,
    /// The data are invented: the report says so
    #[arg(long, hide = true)]
    demo: bool,
    /// Threads; all by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Memory that may be used, such as 512M or 4G; facts that do not fit go to disk
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = parse_memory)]
    memory: u64,

    #[command(flatten, next_help_heading = "Database")]
    database: Database,
    /// Have the database sort the rows by customer, and fold each customer as the next one comes: orders are kept neither in memory
    /// nor on disk here. Takes `--as-of`
    #[arg(
        long,
        requires = "sql",
        conflicts_with = "table",
        help_heading = "Database"
    )]
    sorted_by_server: bool,
    #[command(flatten, next_help_heading = "Spark")]
    spark: Spark,
    #[command(flatten, next_help_heading = "Reading")]
    reading: Reading,
    #[command(flatten, next_help_heading = "Orders")]
    policy: Policy,
    #[command(flatten, next_help_heading = "Scores and segments")]
    scoring: Scoring,
    #[command(flatten, next_help_heading = "Value")]
    value: Value,
}

/// Which orders count, and for whom.
#[derive(Debug, clap::Args)]
pub(crate) struct Policy {
    #[command(flatten)]
    rows: RowRules,
    /// As-of day; by default the day of the last valid order
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<String>,
    /// Besides, customers as of that many month-ends up to the as-of day, such as 24m, in `customers_by_month.parquet`
    #[arg(long, value_name = "MONTHS", value_parser = parse_months)]
    as_of_series: Option<u16>,
    /// Which customers may be one person: guests (with the account of their address), email, contacts (e-mail address or
    /// telephone number in common), off
    #[arg(long, value_name = "RULE", value_parser = parse_rule)]
    identity: Option<Rule>,
    /// Merge rows that equal an earlier row in every column
    #[arg(long)]
    drop_duplicates: bool,
    /// Whether orders of zero count
    #[arg(long, value_name = "exclude|count")]
    zero_orders: Option<ExcludeOrCount>,
    /// Whether refunds that name no order reduce the customer's money
    #[arg(long, value_name = "count|drop")]
    unlinked_refunds: Option<CountOrDrop>,
    /// Days within which an order may come back: younger ones are provisional
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true)]
    return_window_days: Option<u32>,
    /// Months of the window of `orders_window` and `monetary_window`
    #[arg(long, value_name = "MONTHS", allow_negative_numbers = true)]
    window_months: Option<u32>,
}

#[derive(Debug, clap::Args)]
struct Scoring {
    /// Number of scores, 2 to 10: 5, or 5,3,5 for R,F,M
    #[arg(long, value_name = "BINS")]
    bins: Option<String>,
    /// How cut points are found: quantile, fixed, mean, median, natural-breaks, r-rfm, qcut, qcut-first, ntile; or by
    /// axis, such as R=qcut,F=qcut-first
    #[arg(long, value_name = "METHOD")]
    score_method: Option<String>,
    /// Cut points, such as R=30,90,180,365;F=1,2,3,5, or the run.json of an earlier run to reuse its
    #[arg(long, value_name = "CUTS")]
    cuts: Option<String>,
    /// Score F and M on all history or on the window
    #[arg(long, value_name = "all|window")]
    score_on: Option<AllOrWindow>,
    /// Segment vocabulary: a name from `patron segments list` or a file
    #[arg(long, value_name = "NAME|FILE")]
    vocabulary: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Value {
    /// Purchase model: nbd, bg-nbd, mbg-nbd, pareto-nbd or ggom-nbd; by default (auto) the one of the first four that foretells
    /// best what customers bought in the last year, or last third, of the shop's own history
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Time unit of the model: day, week or month
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Months that expected values look ahead
    #[arg(long, value_name = "MONTHS", allow_negative_numbers = true)]
    horizon: Option<u32>,
    /// Discount rate per year, 0.1 for 10 %
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    annual_discount: Option<f64>,
    /// Share of net revenue that is margin, such as 0.35: values become margin instead of expected revenue
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    margin: Option<f64>,
    /// Leave out customer lifetime value
    #[arg(long)]
    no_clv: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FileForm {
    Parquet,
    Csv,
    Xlsx,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExcludeOrCount {
    Exclude,
    Count,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CountOrDrop {
    Count,
    Drop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AllOrWindow {
    All,
    Window,
}

/// Reads `24m`.
fn parse_months(text: &str) -> Result<u16, String> {
    let months = text
        .strip_suffix('m')
        .and_then(|months| months.parse().ok());
    months
        .filter(|months| (1..=600).contains(months))
        .ok_or_else(|| "expected a number of months up to 600, such as 24m".to_owned())
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let request = RunRequest {
        now: now(),
        orders: args.orders.clone(),
        query: args.database.query()?,
        sorted_by_server: args.sorted_by_server,
        ledger: args.ledger()?,
        spark: args.spark.orders(&args.database)?,
        flags: args.settings()?,
        settings_file: args.settings.clone(),
        month_ends: args.policy.as_of_series.unwrap_or(0),
        out: args.out.clone(),
        formats: args.format.iter().map(|form| form.table()).collect(),
        kept: if args.full {
            KeptUse::Renew
        } else {
            KeptUse::Use
        },
        changes_only: args.changes_only,
        threads: args.threads.map_or(cores, usize::from),
        memory_bytes: args.memory,
    };
    flags::check(&request.flags)?;
    let bars = Bars::new(args.quiet, Output::is_watched());
    let report = run_orders(&request, &bars)?;
    if args.quiet {
        return Ok(());
    }
    say_defaults(&report, output);
    if !report_is_built() {
        output.talk("report.html holds no charts: this patron was built without its web part (`make build`)\n");
    }
    show(&report, output)
}

/// Every default that was chosen for the user, and everything read off the input.
fn say_defaults(report: &RunReport, output: &Output) {
    for (origin, words) in [
        (Origin::Input, "read off the input"),
        (Origin::Preset, "set by the preset"),
        (Origin::EarlierRun, "taken from the earlier run"),
        (Origin::Vocabulary, "set by the vocabulary"),
        (Origin::Default, "chosen for you"),
    ] {
        let chosen = report
            .chosen
            .iter()
            .filter(|chosen| chosen.origin == origin);
        let items: Vec<String> = chosen
            .map(|chosen| format!("{} = {}", chosen.key, chosen.value))
            .collect();
        if !items.is_empty() {
            output.talk(&wrapped(words, &items));
        }
    }
    for note in report.notes.iter().chain(&report.score_notes) {
        output.talk(&format!("note: {}\n", note.text));
    }
}

/// A list under a heading, broken into lines.
fn wrapped(heading: &str, items: &[String]) -> String {
    const WIDTH: usize = 100;
    let mut text = format!("{heading}:\n ");
    let mut column = 1;
    for (index, item) in items.iter().enumerate() {
        let last = index + 1 == items.len();
        if column > 1 && column + item.len() + 3 > WIDTH {
            text.push_str("\n ");
            column = 1;
        }
        text.push(' ');
        text.push_str(item);
        text.push_str(if last { "\n" } else { " ·" });
        column += item.len() + 3;
    }
    text
}

impl FileForm {
    const fn table(self) -> TableFormat {
        match self {
            Self::Parquet => TableFormat::Parquet,
            Self::Csv => TableFormat::Csv,
            Self::Xlsx => TableFormat::Xlsx,
        }
    }
}

impl Args {
    /// The workspace's ledger, where no files are named.
    fn ledger(&self) -> Result<Option<FromLedger>, Failure> {
        if !self.orders.is_empty() || self.database.is_asked() || self.spark.is_asked() {
            return Ok(None);
        }
        let workspace = Workspace::open(&self.workspace)?;
        let at = self.at.unwrap_or(At::Latest);
        Ok(Some(FromLedger { workspace, at }))
    }

    /// The flags in the form of settings.
    fn settings(&self) -> Result<Settings, Failure> {
        let Self {
            reading,
            policy,
            scoring,
            value,
            ..
        } = self;
        Ok(Settings {
            bins: scoring.bins.clone(),
            score_method: scoring.score_method.clone(),
            cuts: scoring.cuts.clone(),
            score_on: scoring.score_on.map(|score_on| match score_on {
                AllOrWindow::All => patron_engine::scoring::ScoreOn::All,
                AllOrWindow::Window => patron_engine::scoring::ScoreOn::Window,
            }),
            vocabulary: scoring.vocabulary.clone(),
            model: value.model.clone(),
            unit: value.unit.clone(),
            horizon_months: value.horizon,
            annual_discount: value.annual_discount,
            margin: value.margin,
            no_clv: value.no_clv.then_some(true),
            demo: self.demo.then_some(true),
            ..policy.settings(reading)?
        })
    }
}

impl Policy {
    /// The flags of reading and of orders in the form of settings.
    pub(crate) fn settings(&self, reading: &Reading) -> Result<Settings, Failure> {
        Ok(Settings {
            as_of: self.as_of.clone(),
            identity: self.identity,
            drop_duplicates: self.drop_duplicates.then_some(true),
            zero_orders: self.zero_orders.map(|zero| match zero {
                ExcludeOrCount::Exclude => ZeroOrders::Exclude,
                ExcludeOrCount::Count => ZeroOrders::Count,
            }),
            unlinked_refunds: self.unlinked_refunds.map(|refunds| match refunds {
                CountOrDrop::Count => UnlinkedRefunds::Count,
                CountOrDrop::Drop => UnlinkedRefunds::Drop,
            }),
            return_window_days: self.return_window_days,
            window_months: self.window_months,
            ..reading.settings(&self.rows)?
        })
    }
}

fn parse_rule(text: &str) -> Result<Rule, String> {
    Rule::from_key(text).ok_or_else(|| "expected guests, email, contacts or off".to_owned())
}
