//! `patron backup` and `patron restore`: a workspace saved, and made anew.

use std::path::PathBuf;

use patron_analytics::backup::{Saved, backup, restore};
use patron_analytics::workspace::Workspace;

use crate::clock::now;
use crate::failure::Failure;
use crate::output::Output;
use crate::words::{count, things};

/// Arguments of `patron backup`.
#[derive(Debug, clap::Args)]
pub(crate) struct BackupArgs {
    /// The folder to make
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
    /// The workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
}

/// Arguments of `patron restore`.
#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// A folder that `patron backup` made
    #[arg(value_name = "BACKUP")]
    from: PathBuf,
    /// Folder of the workspace to make
    #[arg(value_name = "DIR")]
    to: PathBuf,
}

pub(crate) fn save(args: &BackupArgs, output: &mut Output) -> Result<(), Failure> {
    let workspace = Workspace::open(&args.workspace)?;
    let saved = backup(&workspace, &args.to, now())?;
    output.line(&format!(
        "Snapshot {} saved in {}: {}.",
        saved.snapshot,
        args.to.display(),
        amount(&saved)
    ))?;
    output.line("It holds what the workspace holds, names and secrets, too: keep it as safe.")
}

pub(crate) fn make_anew(args: &RestoreArgs, output: &mut Output) -> Result<(), Failure> {
    let saved = restore(&args.from, &args.to)?;
    output.line(&format!(
        "A workspace as of snapshot {} in {}: {}, each as it was saved.",
        saved.snapshot,
        args.to.display(),
        amount(&saved)
    ))
}

fn amount(saved: &Saved) -> String {
    let files = things(saved.files as u64, "file", "files");
    format!("{files}, {} bytes", count(saved.bytes))
}
