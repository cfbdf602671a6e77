//! `patron import`: a shop's files into the workspace.

use std::path::PathBuf;

use patron_analytics::import::{
    ImportReport, ImportRequest, ImportedFile, Sample, UndoneImport, import, sample, undo,
};
use patron_analytics::settings::import_options;
use patron_analytics::workspace::{Import, Workspace, imports};
use patron_core::{Instant, Money, RowClass, ShopCalendar};
use patron_import::{Content, Format};
use patron_ledger::At;

use crate::clock::now;
use crate::commands::database::Database;
use crate::commands::reading::{Reading, RowRules, parse_memory, parse_size};
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::progress::Bars;
use crate::words::{count, things};

/// Arguments of `patron import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files, folders and patterns, from old to new: exports of a shop
    #[arg(value_name = "FILES", required_unless_present_any = ["list", "undo", "sql"], conflicts_with = "sql")]
    files: Vec<PathBuf>,
    /// The workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    /// Show how the files are understood and what would be new, and import nothing
    #[arg(long)]
    dry_run: bool,
    /// List the imports
    #[arg(long, conflicts_with_all = ["files", "sql", "dry_run"])]
    list: bool,
    /// Take an import back
    #[arg(long, value_name = "IMPORT", conflicts_with_all = ["files", "sql", "dry_run", "list"])]
    undo: Option<i64>,
    /// Print only what went wrong
    #[arg(long)]
    quiet: bool,
    /// Threads; all by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Memory that may be used, such as 512M or 4G; facts that do not fit go to disk
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = parse_memory)]
    memory: u64,

    /// Bytes of files, at least 64K, after which what was read is kept: the same import, once stopped, goes on from there
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = parse_size)]
    keep_every: u64,

    #[command(flatten, next_help_heading = "Database")]
    database: Database,
    #[command(flatten, next_help_heading = "Reading")]
    reading: Reading,
    #[command(flatten, next_help_heading = "Rows")]
    rows: RowRules,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let workspace = Workspace::open(&args.workspace)?;
    if args.list {
        let list = imports(&workspace.ledger_read_only()?, At::Latest)?;
        return show_list(&list, output);
    }
    if let Some(number) = args.undo {
        let undone = undo(&workspace, number, now())?;
        return if args.quiet {
            Ok(())
        } else {
            show_undone(&undone, output)
        };
    }
    let flags = args.reading.settings(&args.rows)?;
    super::run::check_flags(&flags)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let request = ImportRequest {
        keep_every: args.keep_every,
        files: args.files.clone(),
        query: args.database.query()?,
        flags,
        dry_run: args.dry_run,
        threads: args.threads.map_or(cores, usize::from),
        memory_bytes: args.memory,
        now: now(),
    };
    let bars = Bars::new(args.quiet, Output::is_watched());
    let report = import(&workspace, &request, &bars)?;
    if args.quiet {
        return Ok(());
    }
    let calendar = import_options(&request.flags, workspace.settings())?.calendar;
    if report.gone_on_from > 0 {
        output.talk(&format!(
            "note: an earlier import of this was stopped: {} that it had read were not read again\n",
            things(report.gone_on_from, "byte", "bytes")
        ));
    }
    for file in &report.files {
        say_understood(file, &calendar, output);
        if args.dry_run {
            show_sample(&sample(&file.read), output)?;
        }
    }
    if let Some(note) = &report.shared_orders {
        output.talk(&format!("note: {}\n", note.text));
    }
    show(&report, args.dry_run, output)
}

/// How a file was understood, said to whoever watches.
fn say_understood(file: &ImportedFile, calendar: &ShopCalendar, output: &Output) {
    let understood = &file.read.understanding;
    let mut words = Vec::new();
    match &understood.preset {
        Some(preset) => words.push(format!("preset {}", preset.name)),
        None => words.push("recognised by its columns".to_owned()),
    }
    if let Format::Delimited { delimiter, .. } = understood.format {
        let delimiter = match delimiter {
            b'\t' => "tab".to_owned(),
            other => format!("`{}`", char::from(other)),
        };
        words.push(format!("{}, delimiter {delimiter}", understood.encoding));
    }
    words.push(format!("dates {}", understood.date_format.key()));
    words.push(format!("decimal {}", understood.decimal_mark.key()));
    if let Some(currency) = &file.import.currency() {
        words.push(format!("currency {currency}"));
    }
    let mut span = file.read.seen.paid;
    span.merge(file.read.seen.free);
    if let (Some(first), Some(last)) = (span.earliest, span.latest) {
        let day = |at| calendar.day_of(Instant(at));
        words.push(format!("orders from {} to {}", day(first), day(last)));
    }
    output.talk(&format!("{}: {}\n", understood.file, words.join(" · ")));
    for note in &understood.notes {
        output.talk(&format!("  note: {note}\n"));
    }
    for note in file.exchange_notes() {
        output.talk(&format!("  note: {}\n", note.text));
    }
    if let Some((rows, id)) = &file.read.float_ids {
        let rows = things(*rows, "row has an id", "rows have ids");
        output.talk(&format!(
            "  note: {rows} such as `{id}.0`, which is read as `{id}`\n"
        ));
    }
    for (word, rows) in &file.read.unknown_statuses {
        let rows = things(*rows, "row", "rows");
        let counted = match understood.holds {
            Content::Refunds => "counted as given",
            _ => "counted as paid (`status_words` in patron.toml says what it means)",
        };
        output.talk(&format!(
            "  note: {rows} of status `{word}`, which patron does not know: {counted}\n"
        ));
    }
    if let Some(row) = &file.read.first_unreadable {
        let column = row.column.as_ref();
        let column = column.map_or_else(String::new, |column| format!(", column `{column}`"));
        output.talk(&format!(
            "  note: the first row that cannot be read is line {}{column}, `{}`: {}\n",
            row.line, row.value, row.reason
        ));
    }
    for unread in file.read.unread_details.fields() {
        output.talk(&format!(
            "  note: {unread}; the rows are kept without them\n"
        ));
    }
}

fn show_sample(rows: &[Sample], output: &mut Output) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let calendar = ShopCalendar::utc();
    let body = rows.iter().map(|row| {
        vec![
            row.line.to_string(),
            row.customer.clone(),
            row.order.clone(),
            row.at
                .map(|at| calendar.rfc3339(Instant(at)))
                .unwrap_or_default(),
            Money(row.net).to_string(),
            row.what.to_owned(),
        ]
    });
    let header = ["line", "customer", "order", "time (UTC)", "amount", "is"];
    output.line(&table(&header, body.collect()))
}

fn show(report: &ImportReport, dry_run: bool, output: &mut Output) -> Result<(), Failure> {
    let body = report.files.iter().map(|file| {
        let import = &file.import;
        vec![
            import.id.to_string(),
            import.name.clone(),
            count(import.rows_in),
            count(import.new),
            count(import.superseding),
            count(import.unchanged),
            count(import.set_aside),
        ]
    });
    output.line(&table(&HEADER, body.collect()))?;
    for file in &report.files {
        if let Some(known) = file.known_as {
            output.line(&format!(
                "{} is import {known}: nothing of it is new",
                file.import.name
            ))?;
        }
        let import = &file.import;
        if file.known_as.is_none() && import.rows_in > 0 && import.new + import.superseding == 0 {
            output.line(&match import.unchanged {
                0 => format!("{} has no row that can be used", import.name),
                _ => format!("{}: all that can be used was there already", import.name),
            })?;
        }
        let aside = RowClass::ALL.iter().filter(|class| class.is_set_aside());
        let aside: Vec<String> = aside
            .map(|class| (class, file.read.account.count(*class)))
            .filter(|(_, rows)| *rows > 0)
            .map(|(class, rows)| format!("{} {}", count(rows), class.key().replace('_', " ")))
            .collect();
        if !aside.is_empty() {
            let place = file.rejected.as_ref();
            let place = place.map_or_else(String::new, |path| format!(" ({})", path.display()));
            output.line(&format!(
                "{} set aside: {}{place}",
                file.import.name,
                aside.join(", ")
            ))?;
        }
    }
    if let Some(settled) = &report.identity {
        super::identity::show_joined(settled, output)?;
    }
    let joined = report
        .identity
        .as_ref()
        .and_then(|settled| settled.snapshot);
    match joined.or(report.snapshot) {
        Some(snapshot) => output.line(&format!("The ledger is at snapshot {snapshot}.")),
        None if dry_run => output.line("Nothing was imported: this was a dry run."),
        None => output.line("Nothing changed."),
    }
}

const HEADER: [&str; 7] = [
    "import",
    "file",
    "rows",
    "new",
    "superseding",
    "unchanged",
    "set aside",
];

fn show_list(list: &[Import], output: &mut Output) -> Result<(), Failure> {
    if list.is_empty() {
        return output.line("Nothing was imported yet: `patron import FILE`.");
    }
    let calendar = ShopCalendar::utc();
    let body = list.iter().map(|import| {
        vec![
            import.id.to_string(),
            import.name.clone(),
            count(import.rows_in),
            count(import.new),
            count(import.superseding),
            count(import.unchanged),
            count(import.set_aside),
            calendar.rfc3339(import.at),
            import.preset.clone().unwrap_or_default(),
        ]
    });
    let header = [&HEADER[..], &["imported (UTC)", "preset"]].concat();
    output.line(&table(&header, body.collect()))
}

fn show_undone(undone: &UndoneImport, output: &mut Output) -> Result<(), Failure> {
    output.line(&format!(
        "Import {} ({}) was taken back: {} gone{}. Earlier snapshots still have them.",
        undone.import.id,
        undone.import.name,
        things(undone.rows, "row is", "rows are"),
        undone.snapshot.map_or_else(String::new, |snapshot| format!(
            "; the ledger is at snapshot {snapshot}"
        )),
    ))
}
