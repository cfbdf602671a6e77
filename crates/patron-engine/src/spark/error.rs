//! Why Spark cannot do a run's work.

use patron_core::{Coded, ErrorCode};
use serde::{Deserialize, Serialize};

use crate::source::QueryError;

/// Why a task on an executor cannot go on. It is told as a line of its answer: what a script says on its standard error
/// comes back cut short, if at all, after the same failure three times more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TaskError {
    #[error("the plan on the command line cannot be read: {reason}")]
    Plan { reason: String },
    #[error("this patron is {found}, and {wanted} was asked for")]
    Version { found: String, wanted: String },
    #[error("this patron understands the table in another way than the one that asks")]
    Understood,
    #[error("row {row}: {found} fields, expected {expected}")]
    Fields {
        row: String,
        found: usize,
        expected: usize,
    },
    #[error("row {row}: column `{column}` holds `{value}`, which its type cannot")]
    Cell {
        row: u64,
        column: String,
        value: String,
    },
    #[error("customer `{customer}`: a line that is no fact")]
    Fact { customer: String },
    #[error("customer `{customer}`: a line that is no profile")]
    Profile { customer: String },
    #[error("customer `{customer}` comes after `{previous}`: histories must be sorted by customer")]
    NotSorted { customer: String, previous: String },
    #[error("cannot read the rows that Spark sends: {reason}")]
    Input { reason: String },
    #[error("{text}")]
    Told { text: String, hint: Option<String> },
}

impl TaskError {
    /// Takes over what another part says, with its causes.
    pub(super) fn of(error: &(impl Coded + ?Sized)) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self::Told {
            text,
            hint: error.hint(),
        }
    }

    /// The columns of customers do not make lines: a defect of patron.
    pub(super) fn columns(error: &arrow_schema::ArrowError) -> Self {
        Self::Told {
            text: error.to_string(),
            hint: None,
        }
    }

    pub(super) fn told(&self) -> TaskFailed {
        TaskFailed {
            text: self.to_string(),
            hint: match self {
                Self::Told { hint, .. } => hint.clone(),
                _ => None,
            },
        }
    }
}

/// What a task says of why it cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TaskFailed {
    pub(super) text: String,
    pub(super) hint: Option<String>,
}

/// Why Spark cannot do a run's work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SparkError {
    /// Spark, or the driver for it, says no.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Spark cannot be reached.
    #[error("cannot reach Spark at `{address}`: {words}")]
    Unreachable {
        /// What may be shown of the address.
        address: String,
        /// What the driver said.
        words: String,
    },
    /// The table is not there, or cannot be read.
    #[error("Spark cannot read `{orders}`: {words}")]
    Orders {
        /// The table as it was named.
        orders: String,
        /// What Spark said.
        words: String,
    },
    /// The program cannot be given to executors.
    #[error("Spark cannot give `{program}` to its executors: {words}")]
    AddFile {
        /// The program.
        program: String,
        /// What Spark said.
        words: String,
    },
    /// Executors have no patron that runs.
    #[error("Spark's executors cannot run `{program}`{}", said(words))]
    NoProgram {
        /// The program.
        program: String,
        /// What they said.
        words: String,
    },
    /// Executors have another patron.
    #[error("Spark's executors run another patron: `{found}`, and this is `{own}`")]
    OtherVersion {
        /// What they say they are.
        found: String,
        /// What this is.
        own: String,
    },
    /// A program's place has characters that a command on executors would not keep.
    #[error("`{program}` holds characters that cannot be in the place of a program on executors")]
    ProgramName {
        /// The program.
        program: String,
    },
    /// How the table is to be read takes more words than a command line may have.
    #[error("understanding `{orders}` takes {bytes} bytes on a command line, more than {limit}")]
    PlanTooLarge {
        /// The table.
        orders: String,
        /// How many it takes.
        bytes: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A task could not go on.
    #[error("a task on Spark's executors stopped: {text}")]
    Task {
        /// What it said.
        text: String,
        /// What it said mends it.
        hint: Option<String>,
    },
    /// Spark could not finish its work.
    #[error("Spark gave up: {words}")]
    Job {
        /// What it said.
        words: String,
    },
    /// What came back is not all that was sent.
    #[error("{what}: {sent} were sent to Spark's tasks, and {counted} came to them")]
    Lost {
        /// What was counted.
        what: &'static str,
        /// By Spark.
        sent: u64,
        /// By the tasks.
        counted: u64,
    },
    /// Spark answered something else than lines of patron.
    #[error("Spark's answer cannot be read: {what}")]
    Answer {
        /// What is wrong with it.
        what: String,
    },
    /// A place to write customers to has characters that a statement of Spark would not keep.
    #[error("`{place}` holds characters that cannot be in the place of customers on Spark")]
    PlaceName {
        /// The place.
        place: String,
    },
    /// There is something where customers are to be written.
    #[error("there are files in `{place}` already: {files}")]
    PlaceTaken {
        /// The place.
        place: String,
        /// How many files.
        files: u64,
    },
    /// Spark cannot write, or cannot look whether the place is free.
    #[error("Spark cannot write customers to `{place}`: {words}")]
    Place {
        /// The place.
        place: String,
        /// What Spark said.
        words: String,
    },
    /// Orders stand with more than one customer.
    #[error(
        "{orders} orders stand with more than one customer, such as `{example}` with `{}` and `{}`; on Spark they are not set aside",
        customers[0], customers[1]
    )]
    SharedOrders {
        /// How many.
        orders: u64,
        /// The first.
        example: String,
        /// Two of its customers.
        customers: [String; 2],
    },
    /// A setting that only runs on this machine know.
    #[error("{setting} does not work on Spark yet")]
    NotOnSpark {
        /// Which.
        setting: &'static str,
        /// What to do.
        hint: &'static str,
    },
}

impl SparkError {
    /// What would stop a task, found before any is begun.
    pub(super) fn of(error: &TaskError) -> Self {
        let TaskFailed { text, hint } = error.told();
        Self::Task { text, hint }
    }
}

fn said(words: &str) -> String {
    if words.is_empty() {
        String::new()
    } else {
        format!(": {words}")
    }
}

impl Coded for SparkError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Query(error) => error.code(),
            Self::Unreachable { .. } | Self::Job { .. } => ErrorCode::StorageUnreachable,
            Self::Orders { .. } => ErrorCode::InputUnreadable,
            Self::OtherVersion { .. } => ErrorCode::ProtocolMismatch,
            Self::AddFile { .. }
            | Self::NoProgram { .. }
            | Self::ProgramName { .. }
            | Self::PlanTooLarge { .. }
            | Self::PlaceName { .. }
            | Self::NotOnSpark { .. } => ErrorCode::SettingInvalid,
            Self::PlaceTaken { .. } | Self::Place { .. } => ErrorCode::OutputUnwritable,
            Self::Task { .. } => ErrorCode::InputNotUnderstood,
            Self::SharedOrders { .. } => ErrorCode::InputAmbiguous,
            Self::Lost { .. } | Self::Answer { .. } => ErrorCode::Internal,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Query(error) => error.key(),
            Self::Unreachable { .. } => "spark_unreachable",
            Self::Orders { .. } => "spark_orders",
            Self::AddFile { .. } => "spark_add_file",
            Self::NoProgram { .. } => "spark_no_program",
            Self::OtherVersion { .. } => "spark_other_version",
            Self::ProgramName { .. } => "spark_program_name",
            Self::PlanTooLarge { .. } => "spark_plan_too_large",
            Self::Task { .. } => "spark_task",
            Self::Job { .. } => "spark_job",
            Self::Lost { .. } => "spark_lost",
            Self::Answer { .. } => "spark_answer",
            Self::PlaceName { .. } => "spark_place_name",
            Self::PlaceTaken { .. } => "spark_place_taken",
            Self::Place { .. } => "spark_place",
            Self::SharedOrders { .. } => "spark_shared_orders",
            Self::NotOnSpark { .. } => "not_on_spark",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Query(error) => error.params(),
            Self::Unreachable { address, words } => {
                vec![("address", address.clone()), ("words", words.clone())]
            }
            Self::Orders { orders, words } => {
                vec![("orders", orders.clone()), ("words", words.clone())]
            }
            Self::AddFile { program, words } | Self::NoProgram { program, words } => {
                vec![("program", program.clone()), ("words", words.clone())]
            }
            Self::OtherVersion { found, own } => {
                vec![("found", found.clone()), ("own", own.clone())]
            }
            Self::ProgramName { program } => vec![("program", program.clone())],
            Self::PlanTooLarge { bytes, .. } => vec![("bytes", bytes.to_string())],
            Self::Task { text, .. } => vec![("text", text.clone())],
            Self::Job { words } => vec![("words", words.clone())],
            Self::Lost { sent, counted, .. } => {
                vec![("sent", sent.to_string()), ("counted", counted.to_string())]
            }
            Self::Answer { what } => vec![("what", what.clone())],
            Self::PlaceName { place } => vec![("place", place.clone())],
            Self::PlaceTaken { place, files } => {
                vec![("place", place.clone()), ("files", files.to_string())]
            }
            Self::Place { place, words } => {
                vec![("place", place.clone()), ("words", words.clone())]
            }
            Self::SharedOrders {
                orders, example, ..
            } => vec![("orders", orders.to_string()), ("example", example.clone())],
            Self::NotOnSpark { setting, .. } => vec![("setting", (*setting).to_owned())],
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Query(error) => return error.hint(),
            Self::Task { hint, .. } => return hint.clone(),
            Self::Unreachable { .. } => {
                "check that Spark Connect runs there (`sbin/start-connect-server.sh`), and the port, 15002 where nothing else was said"
            }
            Self::Orders { .. } => {
                "`--orders` takes what stands behind FROM: a table's name, or a file as ``parquet.`/path` ``; try it in Spark first"
            }
            Self::AddFile { .. } => {
                "name a copy of patron that Spark's server can read, with `--spark-program URI`, such as `s3://…/patron`; or the place where executors have it installed, `--spark-program installed:/usr/local/bin/patron`"
            }
            Self::NoProgram { .. } => {
                "executors need the build of patron for their own system, and the right to run it: name it with `--spark-program URI`, or `installed:/path`"
            }
            Self::OtherVersion { .. } => {
                "give executors the same version: both come from one release"
            }
            Self::ProgramName { .. } => {
                "use a place of letters, digits and `/ . _ - : + = @` alone"
            }
            Self::PlanTooLarge { .. } => {
                "say how dates are written (`--date-format`), or give Spark a view of fewer columns"
            }
            Self::PlaceName { .. } => {
                "use a path or an address of letters, digits and `/ . _ - : + = @` alone"
            }
            Self::PlaceTaken { .. } => {
                "nothing is replaced there: name another place, such as one with the day in it, or clear it first"
            }
            Self::Place { .. } => {
                "`--customers-to` takes a folder that Spark's executors can write to, such as `s3a://bucket/customers` or `/data/customers`"
            }
            Self::Job { .. } => "Spark's own log says more; try again if an executor was lost",
            Self::SharedOrders { .. } => {
                "mend them, or give a view without them; `--keep shared-orders` counts each for each of its customers"
            }
            Self::NotOnSpark { hint, .. } => hint,
            Self::Lost { .. } => {
                "if the table changes while it is read, give Spark a snapshot of it; else this is a defect: please report it"
            }
            Self::Answer { .. } => return None,
        };
        Some(hint.to_owned())
    }
}
