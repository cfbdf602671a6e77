//! `patron ledger`: the history of a workspace's facts, and keeping them in order.

use std::collections::BTreeSet;
use std::path::PathBuf;

use patron_analytics::identity::IdentityError;
use patron_analytics::workspace::{Workspace, WorkspaceError, settled_before};
use patron_core::{Instant, ShopCalendar};
use patron_ledger::{CommitInfo, CompactOptions, Ledger, Problem, Verification, VerifyOptions};

use crate::clock::now;
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::words::{count, things};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Arguments of `patron ledger`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The workspace
    #[arg(long, value_name = "DIR", default_value = ".", global = true)]
    workspace: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The snapshots: what was committed when
    Log,
    /// Put files in order: one per bucket, each customer's rows together; what imports that can no longer be undone
    /// superseded is left out
    Compact {
        /// Put every table in order, also one that hardly needs it
        #[arg(long)]
        thorough: bool,
    },
    /// Compare the catalogue with the data files
    Verify {
        /// Decode every row and compare every byte
        #[arg(long)]
        deep: bool,
        /// Remove what a crash left behind
        #[arg(long)]
        clear: bool,
    },
    /// Give up old snapshots and the files that only they need
    Expire {
        /// Snapshots older than this go; the newest stays
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        older_than: u32,
    },
    /// Erase everything of a customer, from every snapshot
    Erase {
        /// Ids of the customer: every id under which the person was known
        #[arg(required = true, value_name = "CUSTOMER")]
        customers: Vec<String>,
        /// Do it: it cannot be taken back
        #[arg(long)]
        yes: bool,
    },
}

/// Data that are not as they should be.
#[derive(Debug, thiserror::Error)]
#[error("{} in the ledger", things(*problems, "problem", "problems"))]
struct NotClean {
    problems: u64,
}

impl patron_core::Coded for NotClean {
    fn code(&self) -> patron_core::ErrorCode {
        patron_core::ErrorCode::InputNotUnderstood
    }

    fn key(&self) -> &'static str {
        "ledger_not_clean"
    }

    fn hint(&self) -> Option<String> {
        Some("restore the files that are named from a backup".to_owned())
    }
}

/// Erasing without having said yes.
#[derive(Debug, thiserror::Error)]
#[error("erasing cannot be taken back")]
struct NotConfirmed;

impl patron_core::Coded for NotConfirmed {
    fn code(&self) -> patron_core::ErrorCode {
        patron_core::ErrorCode::SettingInvalid
    }

    fn key(&self) -> &'static str {
        "not_confirmed"
    }

    fn hint(&self) -> Option<String> {
        Some("add `--yes` if you mean it".to_owned())
    }
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let workspace = Workspace::open(&args.workspace)?;
    match &args.command {
        Command::Log => log(&workspace.ledger_read_only()?, output),
        Command::Verify { deep, clear } => {
            let ledger = if *clear {
                workspace.ledger()?
            } else {
                workspace.ledger_read_only()?
            };
            let options = VerifyOptions {
                deep: *deep,
                clear: *clear,
            };
            let found = ledger.verify(options).map_err(WorkspaceError::from)?;
            show_verification(&found, *clear, output)
        }
        Command::Compact { thorough } => compact(&workspace.ledger()?, *thorough, output),
        Command::Expire { older_than } => expire(&workspace.ledger()?, *older_than, output),
        Command::Erase { customers, yes } => erase(&workspace, customers, *yes, output),
    }
}

fn log(ledger: &Ledger, output: &mut Output) -> Result<(), Failure> {
    let calendar = ShopCalendar::utc();
    let snapshots = ledger.snapshots().map_err(WorkspaceError::from)?;
    let body = snapshots.iter().map(|snapshot| {
        vec![
            snapshot.id.to_string(),
            calendar.rfc3339(snapshot.at),
            snapshot.author.clone().unwrap_or_default(),
            snapshot.message.clone().unwrap_or_default(),
        ]
    });
    let header = ["snapshot", "time (UTC)", "by", "what"];
    output.line(&table(&header, body.collect()))
}

fn compact(ledger: &Ledger, thorough: bool, output: &mut Output) -> Result<(), Failure> {
    let options = CompactOptions {
        settled_before: settled_before(ledger, now())?,
        thorough,
    };
    let info = CommitInfo {
        at: now(),
        author: "compact".to_owned(),
        message: String::new(),
        extra_info: None,
    };
    let done = ledger
        .compact(options, &info)
        .map_err(WorkspaceError::from)?;
    if done.snapshots.is_empty() {
        return output.line("All is in order.");
    }
    output.line(&format!(
        "{} became {}; {} left out.",
        things(done.files_before, "file", "files"),
        things(done.files_after, "file", "files"),
        things(
            done.superseded,
            "superseded row was",
            "superseded rows were"
        ),
    ))
}

fn expire(ledger: &Ledger, days: u32, output: &mut Output) -> Result<(), Failure> {
    let now = now();
    let before = Instant(now.0 - i64::from(days) * MICROS_PER_DAY);
    let done = ledger.expire(before, now).map_err(WorkspaceError::from)?;
    output.line(&format!(
        "{} given up, {} removed ({} bytes).",
        things(done.snapshots.len() as u64, "snapshot", "snapshots"),
        things(done.files as u64, "file", "files"),
        count(done.bytes),
    ))
}

fn erase(
    workspace: &Workspace,
    customers: &[String],
    yes: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    if !yes {
        return Err(NotConfirmed.into());
    }
    let persons: BTreeSet<String> = customers.iter().cloned().collect();
    let erased = workspace.erase(&persons, now())?;
    let rows: u64 = erased.rows.values().sum();
    if let (0, true, Some(id)) = (rows, erased.snapshots.is_empty(), customers.first()) {
        return Err(IdentityError::Unknown { id: id.clone() }.into());
    }
    output.line(&format!(
        "{} erased; {} given up.",
        things(rows, "row was", "rows were"),
        things(
            erased.snapshots.len() as u64,
            "snapshot was",
            "snapshots were"
        ),
    ))?;
    if erased.snapshot.is_some() && !erased.is_overwritten {
        output.talk("another program reads the ledger: what it holds open is overwritten by the next `patron ledger compact`\n");
    }
    Ok(())
}

fn show_verification(
    found: &Verification,
    cleared: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    output.line(&format!(
        "{}, {}, {}",
        things(found.snapshots, "snapshot", "snapshots"),
        things(found.files, "data file", "data files"),
        things(found.rows, "row in them", "rows in them"),
    ))?;
    for problem in &found.problems {
        output.line(&format!("  {}", words_of(problem)))?;
    }
    let left = (found.abandoned.len() + found.scheduled.len()) as u64;
    if left > 0 {
        let what = if cleared {
            "removed"
        } else {
            "`--clear` removes them"
        };
        output.line(&format!(
            "  {} nobody needs any more: {what}",
            things(left, "file that", "files that")
        ))?;
    }
    if found.is_clean() {
        return output.line("All is as it should be.");
    }
    Err(NotClean {
        problems: found.problems.len() as u64,
    }
    .into())
}

fn words_of(problem: &Problem) -> String {
    match problem {
        Problem::Missing(path) => format!("`{}` is not there", path.display()),
        Problem::Resized(path) => {
            format!(
                "`{}` has another size than the catalogue says",
                path.display()
            )
        }
        Problem::Damaged(path, why) => format!("`{}` is damaged: {why}", path.display()),
        Problem::Unknown(path) => format!("`{}` is not patron's", path.display()),
        Problem::Catalogue(why) => format!("the catalogue contradicts itself: {why}"),
        other => format!("{other:?}"),
    }
}
