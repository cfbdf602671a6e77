//! `patron export`: a table of the workspace as a file for other programs.

use std::path::PathBuf;

use patron_analytics::export::{ExportError, ExportFormat, ExportRequest, export};
use patron_analytics::workspace::Workspace;
use patron_ledger::{At, Table};

use crate::commands::reading::parse_at;
use crate::failure::Failure;
use crate::output::Output;
use crate::words::things;

/// Arguments of `patron export`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// `orders`, `order_lines`, `refunds`, `customers`, `products`, `events`, `surveys`, `spend`, `shop_log`, `set_aside` or
    /// `imports`
    #[arg(value_name = "TABLE")]
    table: String,
    /// The workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    /// csv, json, jsonl, parquet or xlsx; by default what the ending of `--out` says, else csv
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// The file to write; standard output otherwise
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What the workspace held then: a snapshot of `patron ledger log`, a day or a time
    #[arg(long, value_name = "SNAPSHOT|TIME", value_parser = parse_at)]
    at: Option<At>,
    /// Every version of each fact, with the import, file and line it came from; otherwise the one that counts
    #[arg(long)]
    all_versions: bool,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let table = Table::named(&args.table).ok_or_else(|| {
        Failure::of_command_line(ExportError::NoSuchTable {
            name: args.table.clone(),
        })
    })?;
    let by_ending = args.out.as_deref().and_then(ExportFormat::of_path);
    let format = match &args.format {
        Some(name) => ExportFormat::named(name).map_err(Failure::of_command_line)?,
        None => by_ending.unwrap_or(ExportFormat::Csv),
    };
    let request = ExportRequest {
        table,
        at: args.at.unwrap_or(At::Latest),
        format,
        out: args.out.clone(),
        all_versions: args.all_versions,
    };
    let done = match export(&Workspace::open(&args.workspace)?, &request) {
        // The reader of a pipe has what it wanted.
        Err(error) if error.is_broken_pipe() => return Ok(()),
        Err(error @ ExportError::NeedsFile { .. }) => {
            return Err(Failure::of_command_line(error));
        }
        done => done?,
    };
    let rows = things(done.rows, "row", "rows");
    let place = args.out.as_ref().map_or_else(String::new, |path| {
        format!(" written to {}", path.display())
    });
    output.talk(&format!(
        "{rows} of `{}` as of snapshot {}{place}\n",
        args.table, done.snapshot
    ));
    Ok(())
}
