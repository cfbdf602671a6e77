//! `patron init`: a workspace.

use std::path::PathBuf;

use patron_analytics::workspace::{Start, Workspace};

use crate::clock::now;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `patron init`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of the workspace; made if it is not there
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// PostgreSQL database for the catalogue of the ledger, where several servers share it: `postgres://user@host/database`.
    /// A file in the workspace otherwise
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let start = Start {
        database: args.database.clone(),
        demo_currency: None,
    };
    let workspace = Workspace::init(&args.folder, &start, now())?;
    output.line(&format!("A workspace in {}:", workspace.folder().display()))?;
    output.line("  patron.toml         settings, each with its default; edit it first")?;
    output.line("  ledger.db, ledger/  the orders that are imported")?;
    output.line("  patron.db           jobs and sources")?;
    output.line("Next: `patron import FILE --dry-run` shows how a file is understood, `patron import FILE` takes it in,")?;
    output.line("and `patron run` makes customers, segments and values of it.")
}
