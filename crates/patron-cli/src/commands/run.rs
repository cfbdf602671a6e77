//! `patron run`: the main job.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::ValueEnum;
use patron_analytics::run::{
    RunReport, RunRequest, TableFormat, report_is_built, run as run_orders,
};
use patron_analytics::settings::{Origin, Settings};
use patron_core::{Coded, ErrorCode};
use patron_fold::{UnlinkedRefunds, ZeroOrders};

use self::show::show;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Bars;

mod flags;
mod show;

/// Arguments of `patron run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Orders: CSV (any common delimiter, also .gz) or Parquet; a row per order or per order line
    #[arg(required = true, value_name = "ORDERS")]
    orders: Vec<PathBuf>,

    /// Folder for results; an earlier result there is replaced
    #[arg(long, value_name = "DIR", default_value = "patron-out")]
    out: PathBuf,
    /// Forms of the customers file; Parquet is always written
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [FileForm::Parquet, FileForm::Csv])]
    format: Vec<FileForm>,
    /// A settings file (TOML); flags overrule it
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
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

    #[command(flatten, next_help_heading = "Reading")]
    reading: Reading,
    #[command(flatten, next_help_heading = "Orders")]
    policy: Policy,
    #[command(flatten, next_help_heading = "Scores and segments")]
    scoring: Scoring,
    #[command(flatten, next_help_heading = "Value")]
    value: Value,
}

#[derive(Debug, clap::Args)]
struct Reading {
    /// What kind of file it is: online-retail, cdnow; recognised by its header otherwise
    #[arg(long = "as", value_name = "PRESET")]
    preset: Option<String>,
    /// Column of a field, such as `--map customer_id=Client` or `--map net=#4`; may be repeated
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = parse_pair)]
    map: Vec<(String, String)>,
    /// What a row is, where order ids repeat: order or line
    #[arg(long, value_name = "GRAIN")]
    grain: Option<String>,
    /// Encoding of text files, such as gb18030, big5, windows-1252 or utf-16; decided from the file where absent
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Order of day and month in dates: ymd, dmy, mdy, named
    #[arg(long, value_name = "FORM")]
    date_format: Option<String>,
    /// Decimal mark of amounts: point or comma
    #[arg(long, value_name = "MARK")]
    decimal_mark: Option<String>,
    /// Delimiter of text files: one character, or tab
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<String>,
    /// Time zone of the shop, such as Europe/Berlin: in which a day is a day
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// Currency of all amounts, such as EUR
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Policy {
    /// As-of day; by default the day of the last valid order
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Fee lines (postage, commission, bank charges): keep counts them as goods
    #[arg(long, value_name = "keep|drop")]
    fee_lines: Option<KeepOrDrop>,
    /// Gift cards sold: keep counts them as revenue
    #[arg(long, value_name = "keep|drop")]
    gift_cards: Option<KeepOrDrop>,
    /// Bad debt and adjustments: keep counts them
    #[arg(long, value_name = "keep|drop")]
    bad_debt: Option<KeepOrDrop>,
    /// Lines with a price of zero: keep makes them part of their orders
    #[arg(long, value_name = "keep|drop")]
    zero_price: Option<KeepOrDrop>,
    /// Row classes to keep that are set aside otherwise, such as zero-price; may be repeated
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    keep: Vec<String>,
    /// Customer whose rows are set aside: staff, a reseller, a till; may be repeated
    #[arg(long, value_name = "ID")]
    exclude_customer: Vec<String>,
    /// Tag of orders or customers whose rows are set aside; may be repeated
    #[arg(long, value_name = "TAG")]
    exclude_tag: Vec<String>,
    /// Seller's flag of orders whose rows are set aside, such as `red`; may be repeated
    #[arg(long, value_name = "FLAG")]
    exclude_flag: Vec<String>,
    /// Word in the seller's memo of orders whose rows are set aside, such as 刷单; may be repeated
    #[arg(long, value_name = "WORD")]
    exclude_memo: Vec<String>,
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
    /// Purchase model: mbg-nbd or bg-nbd
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
enum KeepOrDrop {
    Keep,
    Drop,
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

/// A field that is mapped twice.
#[derive(Debug, thiserror::Error)]
#[error("`--map {field}` is given twice, as `{first}` and as `{second}`")]
struct MappedTwice {
    field: String,
    first: String,
    second: String,
}

impl Coded for MappedTwice {
    fn code(&self) -> ErrorCode {
        ErrorCode::SettingInvalid
    }

    fn key(&self) -> &'static str {
        "mapped_twice"
    }
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let request = RunRequest {
        orders: args.orders.clone(),
        flags: args.settings()?,
        settings_file: args.settings.clone(),
        out: args.out.clone(),
        formats: args.format.iter().map(|form| form.table()).collect(),
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

impl Policy {
    /// Row classes to keep and to set aside.
    fn classes(&self) -> (Vec<String>, Vec<String>) {
        let (mut keep, mut drop) = (self.keep.clone(), Vec::new());
        for (choice, class) in [
            (self.fee_lines, "fee-lines"),
            (self.gift_cards, "gift-cards"),
            (self.bad_debt, "bad-debt"),
            (self.zero_price, "zero-price"),
        ] {
            match choice {
                Some(KeepOrDrop::Keep) => keep.push(class.to_owned()),
                Some(KeepOrDrop::Drop) => drop.push(class.to_owned()),
                None => {}
            }
        }
        (keep, drop)
    }
}

/// What was named, if anything was.
fn named(words: &[String]) -> Option<Vec<String>> {
    (!words.is_empty()).then(|| words.to_vec())
}

impl Args {
    /// The flags in the form of settings.
    fn settings(&self) -> Result<Settings, Failure> {
        let Self {
            reading,
            policy,
            scoring,
            value,
            ..
        } = self;
        let (keep, drop) = policy.classes();
        Ok(Settings {
            preset: reading.preset.clone(),
            map: mapping(&reading.map)?,
            grain: reading.grain.clone(),
            encoding: reading.encoding.clone(),
            date_format: reading.date_format.clone(),
            decimal_mark: reading.decimal_mark.clone(),
            delimiter: reading.delimiter.clone(),
            timezone: reading.timezone.clone(),
            currency: reading.currency.clone(),
            as_of: policy.as_of.clone(),
            keep: (!keep.is_empty()).then_some(keep),
            drop: (!drop.is_empty()).then_some(drop),
            exclude_customers: named(&policy.exclude_customer),
            exclude_tags: named(&policy.exclude_tag),
            exclude_flags: named(&policy.exclude_flag),
            exclude_memos: named(&policy.exclude_memo),
            drop_duplicates: policy.drop_duplicates.then_some(true),
            zero_orders: policy.zero_orders.map(|zero| match zero {
                ExcludeOrCount::Exclude => ZeroOrders::Exclude,
                ExcludeOrCount::Count => ZeroOrders::Count,
            }),
            unlinked_refunds: policy.unlinked_refunds.map(|refunds| match refunds {
                CountOrDrop::Count => UnlinkedRefunds::Count,
                CountOrDrop::Drop => UnlinkedRefunds::Drop,
            }),
            return_window_days: policy.return_window_days,
            window_months: policy.window_months,
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
            ..Settings::default()
        })
    }
}

fn mapping(pairs: &[(String, String)]) -> Result<Option<BTreeMap<String, String>>, Failure> {
    let mut map = BTreeMap::new();
    for (field, column) in pairs {
        if let Some(first) = map.insert(field.clone(), column.clone()) {
            return Err(Failure::of_command_line(MappedTwice {
                field: field.clone(),
                first,
                second: column.clone(),
            }));
        }
    }
    Ok((!map.is_empty()).then_some(map))
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, column)) if !field.trim().is_empty() && !column.trim().is_empty() => {
            Ok((field.trim().to_owned(), column.trim().to_owned()))
        }
        _ => Err("expected FIELD=COLUMN, such as customer_id=Client".to_owned()),
    }
}

/// Reads `512M`, `4G`, `1500000000`.
fn parse_memory(text: &str) -> Result<u64, String> {
    const LEAST: u64 = 16 << 20;
    let wrong = || "expected a size such as 512M or 4G, at least 16M".to_owned();
    let trimmed = text
        .trim()
        .trim_end_matches(['b', 'B'])
        .trim_end_matches('i');
    let (digits, shift) = match trimmed.chars().last().map(|unit| unit.to_ascii_uppercase()) {
        Some('K') => (trimmed.get(..trimmed.len() - 1), 10),
        Some('M') => (trimmed.get(..trimmed.len() - 1), 20),
        Some('G') => (trimmed.get(..trimmed.len() - 1), 30),
        Some('T') => (trimmed.get(..trimmed.len() - 1), 40),
        _ => (Some(trimmed), 0),
    };
    let number: u64 = digits
        .unwrap_or_default()
        .trim()
        .parse()
        .map_err(|_| wrong())?;
    number
        .checked_mul(1 << shift)
        .filter(|&bytes| bytes >= LEAST)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_has_a_unit() {
        assert_eq!(parse_memory("512M"), Ok(512 << 20));
        assert_eq!(parse_memory("4GiB"), Ok(4 << 30));
        assert_eq!(parse_memory("1500000000"), Ok(1_500_000_000));
        for text in ["", "G", "1M", "lots", "-1G", "99999999T"] {
            assert!(parse_memory(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_mapping_has_a_field_and_a_column() {
        assert_eq!(
            parse_pair("net = #4"),
            Ok(("net".to_owned(), "#4".to_owned()))
        );
        assert!(parse_pair("net").is_err());
        assert!(parse_pair("=x").is_err());
    }
}
