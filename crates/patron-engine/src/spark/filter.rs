//! What patron does on Spark's executors, between standard input and standard output.
//!
//! A task that cannot go on says so in a line of its answer, reads its input to the end and ends well: Spark would try it again
//! three times, and cut its words short.

use std::io::{self, BufRead, Write};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema};
use patron_fold::protocol::escape_into;

use super::error::TaskError;
use super::histories::Histories;
use super::lines::{Tag, write_fact};
use super::plan::{FoldPlan, RowTotals, RowsPlan, decode, speaks};
use super::scorer::{ScorePlan, Scorer};
use crate::grouping::Record;
use crate::shared::is_claim;
use crate::source::handed::{HandedRows, columns_read};

/// Rows that are read at a time.
const BATCH_ROWS: usize = 8_192;

/// What a task of Spark does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Reads rows of the orders' table.
    Rows,
    /// Folds histories.
    Histories,
    /// Scores customers by their profiles.
    Scores,
}

impl Task {
    /// Returns the word for it on a command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Histories => "histories",
            Self::Scores => "scores",
        }
    }

    /// Fields of a line of its answer that is about no row; the last is its payload.
    pub(super) const fn fields(self) -> usize {
        match self {
            Self::Rows => 4,
            Self::Histories => 3,
            Self::Scores => 2,
        }
    }
}

/// Does a task's work: `plan` is what the run told its executors.
///
/// # Errors
/// Only where its answer cannot be written or its input not be read to the end; all else is an answer.
pub fn filter(
    task: Task,
    plan: &str,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> io::Result<()> {
    let mut answer = Lines {
        output,
        fields: task.fields(),
        failed: None,
    };
    let done = match task {
        Task::Rows => rows(plan, input, &mut answer),
        Task::Histories => histories(plan, input, &mut answer),
        Task::Scores => scores(plan, input, &mut answer),
    };
    if let Err(error) = done {
        let told = serde_json::to_string(&error.told()).unwrap_or_default();
        answer.about(Tag::Error, "", &told);
        io::copy(input, &mut io::sink())?;
    }
    match answer.failed {
        Some(error) => Err(error),
        None => output.flush(),
    }
}

/// The lines of an answer. What cannot be written is told at the end.
pub(super) struct Lines<'a> {
    output: &'a mut dyn Write,
    fields: usize,
    failed: Option<io::Error>,
}

impl Lines<'_> {
    /// Writes a line about a customer, or about none.
    pub(super) fn about(&mut self, tag: Tag, customer: &str, payload: &str) {
        let mut line = String::from(tag.letter());
        if self.fields > 2 {
            line.push('\t');
            escape_into(&mut line, customer);
        }
        line.push('\t');
        if self.fields > 3 {
            line.push('\t');
        }
        line.push_str(payload);
        self.write(line);
    }

    /// Writes a customer's line: its fields behind the tag.
    pub(super) fn customer(&mut self, fields: &str) {
        self.write(format!("{}\t{fields}", Tag::Profile.letter()));
    }

    fn fact(&mut self, record: &Record<'_>, payload: &str) {
        let tag = if is_claim(record) {
            Tag::Claim
        } else {
            Tag::Fact
        };
        let mut line = String::from(tag.letter());
        for text in [record.customer, record.order_id] {
            line.push('\t');
            escape_into(&mut line, text);
        }
        line.push('\t');
        line.push_str(payload);
        self.write(line);
    }

    fn write(&mut self, mut line: String) {
        line.push('\n');
        if self.failed.is_none() {
            self.failed = self.output.write_all(line.as_bytes()).err();
        }
    }
}

/// Calls `take` with each line of the input.
fn each_line(
    input: &mut dyn BufRead,
    mut take: impl FnMut(&str) -> Result<(), TaskError>,
) -> Result<(), TaskError> {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let read = input.read_until(b'\n', &mut bytes);
        let input_error = |reason: String| TaskError::Input { reason };
        if read.map_err(|error| input_error(error.to_string()))? == 0 {
            return Ok(());
        }
        bytes.pop_if(|last| *last == b'\n');
        let line = std::str::from_utf8(&bytes).map_err(|error| input_error(error.to_string()))?;
        take(line)?;
    }
}

fn check_version(wanted: &str) -> Result<(), TaskError> {
    let found = speaks();
    if found == wanted {
        Ok(())
    } else {
        let wanted = wanted.to_owned();
        Err(TaskError::Version { found, wanted })
    }
}

fn histories(plan: &str, input: &mut dyn BufRead, answer: &mut Lines<'_>) -> Result<(), TaskError> {
    let plan: FoldPlan = decode(plan)?;
    check_version(&plan.speaks)?;
    let folder = plan.folder()?;
    let mut histories = Histories::new(&folder, plan.rules(), plan.measures);
    each_line(input, |line| histories.take(line, answer))?;
    histories.finish(answer)
}

fn scores(plan: &str, input: &mut dyn BufRead, answer: &mut Lines<'_>) -> Result<(), TaskError> {
    let plan: ScorePlan = decode(plan)?;
    check_version(&plan.speaks)?;
    let mut scorer = Scorer::new(&plan)?;
    each_line(input, |line| scorer.take(line, answer))?;
    scorer.finish(answer)
}

fn rows(plan: &str, input: &mut dyn BufRead, answer: &mut Lines<'_>) -> Result<(), TaskError> {
    let plan: RowsPlan = decode(plan)?;
    check_version(&plan.speaks)?;
    let mut rows = Rows::new(&plan)?;
    each_line(input, |line| rows.take(line, answer))?;
    rows.flush(answer)?;
    let totals = serde_json::to_string(&rows.totals).unwrap_or_default();
    answer.about(Tag::Control, "", &totals);
    Ok(())
}

/// Rows on their way into facts.
struct Rows<'a> {
    plan: &'a RowsPlan,
    schema: Arc<Schema>,
    reader: HandedRows,
    /// The number of the first row that waits.
    first: u64,
    /// The cells of those that wait, behind their tabs.
    waiting: Vec<String>,
    totals: RowTotals,
}

impl<'a> Rows<'a> {
    fn new(plan: &'a RowsPlan) -> Result<Self, TaskError> {
        let understanding = plan.understand()?;
        let places = columns_read(&understanding).into_iter();
        let fields = places.zip(&plan.kinds).map(|(place, kind)| {
            let name = plan.headers.get(place).map_or("", String::as_str);
            Field::new(name, kind.data_type(), true)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let options = Arc::new(plan.options.clone());
        Ok(Self {
            plan,
            schema,
            reader: HandedRows::new(understanding, options),
            first: 0,
            waiting: Vec::new(),
            totals: RowTotals::default(),
        })
    }

    fn take(&mut self, line: &str, answer: &mut Lines<'_>) -> Result<(), TaskError> {
        let (number, cells) = line.split_once('\t').unwrap_or((line, ""));
        let found = line.split('\t').count();
        let expected = self.plan.kinds.len() + 1;
        let row = number.parse::<u64>().ok().filter(|_| found == expected);
        let row = row.ok_or_else(|| TaskError::Fields {
            row: number.to_owned(),
            found,
            expected,
        })?;
        if self.waiting.len() == BATCH_ROWS || row != self.first + self.waiting.len() as u64 {
            self.flush(answer)?;
            self.first = row;
        }
        self.waiting.push(cells.to_owned());
        Ok(())
    }

    /// Reads the rows that wait.
    fn flush(&mut self, answer: &mut Lines<'_>) -> Result<(), TaskError> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let batch = self.batch(&waiting)?;
        let (totals, mut payload) = (&mut self.totals, String::new());
        let read = self.reader.read(&batch, self.first, |record| {
            payload.clear();
            write_fact(&mut payload, record);
            totals.facts += 1;
            totals.bytes += payload.len() as u64;
            answer.fact(record, &payload);
        });
        let read = read.map_err(|error| TaskError::of(&error))?;
        totals.rows += waiting.len() as u64;
        totals.hashes = totals.hashes.wrapping_add(read.hashes);
        let block = serde_json::to_string(&(self.first, read.block)).unwrap_or_default();
        answer.about(Tag::Block, "", &block);
        Ok(())
    }

    fn batch(&self, waiting: &[String]) -> Result<RecordBatch, TaskError> {
        let mut columns: Vec<Vec<&str>> =
            vec![Vec::with_capacity(waiting.len()); self.plan.kinds.len()];
        for cells in waiting {
            for (column, cell) in columns.iter_mut().zip(cells.split('\t')) {
                column.push(cell);
            }
        }
        let places = columns.iter().zip(&self.plan.kinds).enumerate();
        let arrays = places
            .map(|(place, (cells, kind))| {
                kind.read(cells).map_err(|value| {
                    let row = cells.iter().position(|cell| *cell == value).unwrap_or(0);
                    TaskError::Cell {
                        row: self.first + row as u64 + 1,
                        column: self.schema.field(place).name().clone(),
                        value,
                    }
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(|error| TaskError::Input {
            reason: error.to_string(),
        })
    }
}
