//! `patron identity`: who is who, why, and who says otherwise.

use std::path::PathBuf;

use patron_analytics::identity::{
    IdentityError, Settled, join_by_hand, keep_apart, settle_now, undo_batch,
};
use patron_analytics::workspace::{Workspace, WorkspaceError};
use patron_core::ShopCalendar;
use patron_state::{Batch, IdentityMove, Reason, State};

use crate::clock::now;
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::words::{count, things};

/// Arguments of `patron identity`.
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
    /// The journal: what changed when; with a batch, whose name changed to whose, and why
    Log {
        /// A batch of the journal
        #[arg(value_name = "BATCH")]
        batch: Option<i64>,
    },
    /// Take a batch back: its customers are themselves again, and no rule joins them
    Undo {
        /// The batch
        #[arg(value_name = "BATCH")]
        batch: i64,
    },
    /// Take a customer and another for one person, whatever the rule says
    Join {
        /// The customer
        #[arg(value_name = "CUSTOMER")]
        customer: String,
        /// The other
        #[arg(value_name = "WITH")]
        with: String,
    },
    /// Keep a customer apart from everybody, whatever the rule says
    Part {
        /// The customer
        #[arg(value_name = "CUSTOMER")]
        customer: String,
    },
    /// Work out anew who is who, after `identity` in patron.toml was changed
    Apply,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let workspace = Workspace::open(&args.workspace)?;
    let now = now();
    let settled = match &args.command {
        Command::Log { batch } => {
            let state = workspace.state()?;
            let batches = state.identity_batches().map_err(WorkspaceError::from)?;
            return match batch {
                None => show_batches(&batches, output),
                Some(batch) => show_moves(&state, &batches, *batch, output),
            };
        }
        Command::Undo { batch } => undo_batch(&workspace, *batch, now)?,
        Command::Join { customer, with } => join_by_hand(&workspace, (customer, with), now)?,
        Command::Part { customer } => keep_apart(&workspace, customer, now)?,
        Command::Apply => settle_now(&workspace, now)?,
    };
    match (settled.batch, settled.snapshot) {
        (Some(batch), Some(snapshot)) => output.line(&format!(
            "{} changed: batch {batch}; the ledger is at snapshot {snapshot}.",
            things(settled.changed, "customer", "customers")
        ))?,
        _ => output.line("Nothing changed.")?,
    }
    show_joined(&settled, output)
}

/// How customers are joined, in a sentence or two.
pub(super) fn show_joined(settled: &Settled, output: &mut Output) -> Result<(), Failure> {
    if settled.joined > 0 {
        output.line(&format!(
            "{} for somebody who has another one: `patron identity log` tells who is who.",
            things(settled.joined, "customer id stands", "customer ids stand")
        ))?;
    }
    if let Some(example) = &settled.example {
        output.talk(&format!(
            "note: {} several accounts, such as `{example}`: nobody is joined by it (`patron identity join` does it by hand)\n",
            things(settled.shared, "address stands with", "addresses stand with")
        ));
    }
    Ok(())
}

fn show_batches(batches: &[Batch], output: &mut Output) -> Result<(), Failure> {
    if batches.is_empty() {
        return output.line("Every customer is a person: nobody was joined yet.");
    }
    let calendar = ShopCalendar::utc();
    let body = batches.iter().map(|batch| {
        let snapshot = batch.snapshot.map(|snapshot| snapshot.to_string());
        vec![
            batch.id.to_string(),
            calendar.rfc3339(batch.at),
            batch.cause.clone(),
            count(batch.customers),
            snapshot.unwrap_or_default(),
            batch
                .undone_by
                .map(|by| format!("by {by}"))
                .unwrap_or_default(),
        ]
    });
    let header = [
        "batch",
        "time (UTC)",
        "with",
        "customers",
        "snapshot",
        "taken back",
    ];
    output.line(&table(&header, body.collect()))
}

fn show_moves(
    state: &State,
    batches: &[Batch],
    batch: i64,
    output: &mut Output,
) -> Result<(), Failure> {
    if !batches.iter().any(|known| known.id == batch) {
        return Err(IdentityError::NoSuchBatch { batch }.into());
    }
    let moves = state.identity_moves(batch).map_err(WorkspaceError::from)?;
    let body = moves.into_iter().map(|one| {
        let IdentityMove {
            customer_id,
            from,
            to,
            reason,
        } = one;
        let reason = match reason {
            Reason::Email => "e-mail address",
            Reason::Phone => "telephone number",
            Reason::Word => "by hand",
            Reason::None => "nothing in common",
        };
        vec![customer_id, from, to, reason.to_owned()]
    });
    let header = ["customer", "was", "is", "because of"];
    output.line(&table(&header, body.collect()))
}
