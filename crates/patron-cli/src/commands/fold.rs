//! `patron fold`: the fold as a filter on standard input and output; see `patron_fold::protocol`.

use std::io::{self, BufRead, BufWriter, Write};

use patron_core::{Coded, ErrorCode, Fact};
use patron_engine::spark::{Task, filter, speaks};
use patron_fold::folder::Scratch;
use patron_fold::protocol::{self, Header, ProtocolError, Row};
use patron_fold::{FoldError, Folder};

use crate::failure::Failure;
use crate::output::Output;

/// Longest line accepted; a longer one is not a fact.
const LONGEST_LINE: u64 = 1 << 20;

/// Arguments of `patron fold`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print the columns of a profile line and stop
    #[arg(long)]
    columns: bool,
    /// Print which patron this is to a run on Spark, and stop
    #[arg(long, hide = true)]
    speaks: bool,
    /// Do the work of a task of Spark
    #[arg(long, value_enum, hide = true, requires = "plan")]
    spark: Option<SparkTask>,
    /// What the run on Spark tells its tasks
    #[arg(long, hide = true, requires = "spark")]
    plan: Option<String>,
}

/// What a task of Spark does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum SparkTask {
    /// Read rows
    Rows,
    /// Fold histories
    Histories,
    /// Score customers
    Scores,
}

/// Why the filter stops.
#[derive(Debug, thiserror::Error)]
enum FilterError {
    #[error("cannot fold standard input")]
    Protocol(#[source] ProtocolError),
    #[error("cannot fold customer `{customer}`")]
    Fold {
        customer: String,
        #[source]
        source: FoldError,
    },
    #[error(
        "line {line}, customer `{customer}`: dated before the line ahead of it; a customer's lines must be in time order, undated refunds first"
    )]
    NotInOrder { line: u64, customer: String },
    #[error("line {0} is longer than {LONGEST_LINE} bytes or not UTF-8")]
    Line(u64),
    #[error("the settings ask for nothing that can be folded")]
    Settings(#[source] FoldError),
}

impl Coded for FilterError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Protocol(error) => error.code(),
            Self::Fold { source, .. } | Self::Settings(source) => source.code(),
            Self::Line(_) | Self::NotInOrder { .. } => ErrorCode::InputNotUnderstood,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Protocol(error) => error.key(),
            Self::Fold { source, .. } | Self::Settings(source) => source.key(),
            Self::Line(_) => "fold_line",
            Self::NotInOrder { .. } => "history_not_in_order",
        }
    }
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    if args.columns {
        return output.line(&format!(
            "customer\tas_of\t{}",
            protocol::PROFILE_COLUMNS.join("\t")
        ));
    }
    if args.speaks {
        return output.line(&speaks());
    }
    if let (Some(task), Some(plan)) = (args.spark, &args.plan) {
        return on_spark(task, plan);
    }
    let mut lines = Lines {
        input: io::stdin().lock(),
        number: 0,
    };
    let first = lines.next()?.unwrap_or_default();
    let header = Header::parse(&first).map_err(FilterError::Protocol)?;
    let (settings, as_of) = header.resolve().map_err(FilterError::Protocol)?;
    let folder = Folder::new(settings, &as_of).map_err(FilterError::Settings)?;
    let mut filter = Filter {
        folder,
        output: BufWriter::new(io::stdout().lock()),
        customer: None,
        lines: Vec::new(),
        facts: 0,
        customers: 0,
        amounts: 0,
    };
    while let Some(line) = lines.next()? {
        filter.take(line, lines.number)?;
    }
    filter.finish()
}

/// What `patron run --engine spark` has its executors do.
fn on_spark(task: SparkTask, plan: &str) -> Result<(), Failure> {
    let task = match task {
        SparkTask::Rows => Task::Rows,
        SparkTask::Histories => Task::Histories,
        SparkTask::Scores => Task::Scores,
    };
    let mut output = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut input = io::BufReader::with_capacity(1 << 20, io::stdin().lock());
    filter(task, plan, &mut input, &mut output).map_err(Failure::of_output)
}

struct Lines<R> {
    input: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<String>, Failure> {
        let mut bytes = Vec::new();
        let mut limited = io::Read::take(&mut self.input, LONGEST_LINE);
        let read = limited
            .read_until(b'\n', &mut bytes)
            .map_err(Failure::of_input)?;
        self.number += 1;
        if read == 0 {
            return Ok(None);
        }
        let ended = bytes.pop_if(|last| *last == b'\n').is_some();
        match String::from_utf8(bytes) {
            Ok(line) if ended || (read as u64) < LONGEST_LINE => Ok(Some(line)),
            _ => Err(FilterError::Line(self.number).into()),
        }
    }
}

struct Filter<W> {
    folder: Folder,
    output: W,
    customer: Option<String>,
    lines: Vec<(String, u64)>,
    facts: u64,
    customers: u64,
    amounts: i128,
}

impl<W: Write> Filter<W> {
    fn take(&mut self, line: String, number: u64) -> Result<(), Failure> {
        let customer = Row::parse(&line, number)
            .map_err(FilterError::Protocol)?
            .customer
            .into_owned();
        match &self.customer {
            Some(current) if *current == customer => {}
            Some(current) if *current > customer => {
                let previous = current.clone();
                return Err(FilterError::Protocol(ProtocolError::NotGrouped {
                    line: number,
                    customer,
                    previous,
                })
                .into());
            }
            _ => {
                self.fold()?;
                self.customer = Some(customer);
            }
        }
        self.lines.push((line, number));
        Ok(())
    }

    /// Folds the customer whose lines are together and writes the profiles.
    fn fold(&mut self) -> Result<(), Failure> {
        let Some(customer) = self.customer.take() else {
            return Ok(());
        };
        let lines = std::mem::take(&mut self.lines);
        let rows = lines
            .iter()
            .map(|(line, number)| Row::parse(line, *number))
            .collect::<Result<Vec<_>, _>>()
            .map_err(FilterError::Protocol)?;
        let facts = rows
            .iter()
            .map(Row::fact)
            .collect::<Result<Vec<_>, _>>()
            .map_err(FilterError::Protocol)?;
        let mut outcomes = Vec::new();
        self.folder
            .fold(&facts, &mut Scratch::default(), &mut outcomes)
            .map_err(|source| failed(customer.clone(), source, &lines))?;
        self.facts += facts.len() as u64;
        self.customers += 1;
        self.amounts += facts.iter().map(amount).sum::<i128>();
        let mut text = String::new();
        for (as_of, outcome) in self.folder.as_of().iter().zip(&outcomes) {
            protocol::write_outcome(&mut text, &customer, as_of.day, outcome);
        }
        self.output
            .write_all(text.as_bytes())
            .map_err(Failure::of_output)
    }

    fn finish(mut self) -> Result<(), Failure> {
        self.fold()?;
        let control = protocol::control_line(self.facts, self.customers, self.amounts);
        self.output
            .write_all(control.as_bytes())
            .map_err(Failure::of_output)?;
        self.output.flush().map_err(Failure::of_output)
    }
}

/// Whoever sorted the lines is told which one is out of place.
fn failed(customer: String, source: FoldError, lines: &[(String, u64)]) -> FilterError {
    let line = match source {
        FoldError::NotInOrder { position } => lines.get(position - 1).map(|(_, line)| *line),
        _ => None,
    };
    match line {
        Some(line) => FilterError::NotInOrder { line, customer },
        None => FilterError::Fold { customer, source },
    }
}

fn amount(fact: &Fact<'_>) -> i128 {
    match *fact {
        Fact::Order { net, .. } | Fact::Line { net, .. } => i128::from(net.0),
        Fact::Refund { amount, .. } => i128::from(amount.0),
        Fact::StatusChange { .. }
        | Fact::Event { .. }
        | Fact::Survey { .. }
        | Fact::ServiceContact { .. } => 0,
    }
}
