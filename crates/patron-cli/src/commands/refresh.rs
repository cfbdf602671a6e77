//! `patron refresh`: what came to the sources since the last look, once or again and again.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use patron_analytics::refresh::{RefreshRequest, Refreshed, refresh};
use patron_analytics::run::{FromLedger, KeptUse, RunRequest, TableFormat, run as run_orders};
use patron_analytics::settings::Settings;
use patron_analytics::workspace::Workspace;
use patron_core::{Coded, ErrorCode};
use patron_ledger::At;

use crate::clock::now;
use crate::commands::reading::parse_memory;
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::progress::Bars;
use crate::words::{count, things};

/// Arguments of `patron refresh`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The workspace
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    /// Only this source; all by default
    #[arg(long, value_name = "ID")]
    source: Option<i64>,
    /// Do it again and again, such as every 15m, 2h or 1d, until stopped
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    every: Option<Duration>,
    /// Run when something came, as `patron run` does
    #[arg(long)]
    run: bool,
    /// Folder for the results of `--run`
    #[arg(
        long,
        value_name = "DIR",
        default_value = "patron-out",
        requires = "run"
    )]
    out: PathBuf,
    /// Time for which a file in a watched folder must stay as it is before it is read
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = parse_time)]
    settle: Duration,
    /// Pages of a shop's orders that are imported together
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pages: u16,
    /// Print only what went wrong
    #[arg(long)]
    quiet: bool,
    /// Threads; all by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Memory that may be used, such as 512M or 4G; facts that do not fit go to disk
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = parse_memory)]
    memory: u64,
}

/// Some sources could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{failed} of {all} sources could not be read as a whole")]
struct SomeFailed {
    failed: usize,
    all: usize,
    code: ErrorCode,
}

impl Coded for SomeFailed {
    fn code(&self) -> ErrorCode {
        self.code
    }

    fn key(&self) -> &'static str {
        "sources_failed"
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        vec![
            ("failed", self.failed.to_string()),
            ("all", self.all.to_string()),
        ]
    }
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let request = RefreshRequest {
        source: args.source,
        settle: args.settle,
        pages: usize::from(args.pages),
        threads: args.threads.map_or(cores, usize::from),
        memory_bytes: args.memory,
        clock: now,
    };
    // Results are made when something came, and again if they could not be made.
    let mut run_is_due = !args.out.exists();
    let Some(every) = args.every else {
        return once(args, &request, true, &mut run_is_due, output);
    };
    let mut is_first = true;
    loop {
        let begun = Instant::now();
        if let Err(failure) = once(args, &request, is_first, &mut run_is_due, output) {
            // The next look may go better: a shop that was not there, a file that was mended.
            if failure.is_broken_pipe() {
                return Err(failure);
            }
            output.talk(&failure.render());
        }
        is_first = false;
        thread::sleep(every.saturating_sub(begun.elapsed()));
    }
}

/// Reads the sources once, and says so if something came, or anyway if it is to be said.
fn once(
    args: &Args,
    request: &RefreshRequest,
    is_said: bool,
    run_is_due: &mut bool,
    output: &mut Output,
) -> Result<(), Failure> {
    // Settings may have been changed meanwhile.
    let workspace = Workspace::open(&args.workspace)?;
    let bars = Bars::new(true, Output::is_watched());
    let all = refresh(&workspace, request, &bars)?;
    let came = all.iter().any(|source| source.brought.imports > 0);
    *run_is_due |= came;
    if !args.quiet && (is_said || came) {
        show(&all, output)?;
    }
    let total = all.len();
    let failed = say_failures(all, output);
    if args.run && *run_is_due {
        make_results(args, request, workspace)?;
        *run_is_due = false;
        if !args.quiet {
            output.line(&format!("The results are in {}.", args.out.display()))?;
        }
    }
    match failed {
        Some((failed, code)) => Err(SomeFailed {
            failed,
            all: total,
            code,
        }
        .into()),
        None => Ok(()),
    }
}

fn show(all: &[Refreshed], output: &mut Output) -> Result<(), Failure> {
    let body = all.iter().map(|source| {
        let brought = &source.brought;
        vec![
            format!("{} {} {}", source.id, source.kind, source.place),
            count(brought.rows),
            count(brought.new),
            count(brought.superseding),
            count(brought.unchanged),
            count(brought.set_aside),
        ]
    });
    output.line(&table(&HEADER, body.collect()))?;
    for source in all.iter().filter(|source| source.brought.growing > 0) {
        let files = things(
            source.brought.growing,
            "file is still being written",
            "files are still being written",
        );
        output.line(&format!(
            "{}: {files}; the next refresh looks again",
            source.place
        ))?;
    }
    Ok(())
}

const HEADER: [&str; 6] = [
    "source",
    "rows",
    "new",
    "superseding",
    "unchanged",
    "set aside",
];

/// Says what went wrong; returns how many sources failed and what the exit code tells: whether trying again is enough.
fn say_failures(all: Vec<Refreshed>, output: &Output) -> Option<(usize, ErrorCode)> {
    let mut codes = Vec::new();
    let mut failed = 0;
    for source in all {
        failed += usize::from(!source.failures.is_empty());
        for error in source.failures {
            codes.push(error.code());
            output.talk(&format!(
                "source {} ({} {}):\n",
                source.id, source.kind, source.place
            ));
            output.talk(&Failure::from(error).render());
        }
    }
    let to_mend = codes
        .iter()
        .find(|code| **code != ErrorCode::StorageUnreachable);
    let code = to_mend.or(codes.first())?;
    Some((failed, *code))
}

fn make_results(
    args: &Args,
    request: &RefreshRequest,
    workspace: Workspace,
) -> Result<(), Failure> {
    let request = RunRequest {
        now: now(),
        orders: Vec::new(),
        query: None,
        sorted_by_server: false,
        spark: None,
        ledger: Some(FromLedger {
            workspace,
            at: At::Latest,
        }),
        flags: Settings::default(),
        settings_file: None,
        month_ends: 0,
        out: args.out.clone(),
        formats: vec![TableFormat::Parquet, TableFormat::Csv],
        kept: KeptUse::Use,
        changes_only: false,
        threads: request.threads,
        memory_bytes: request.memory_bytes,
    };
    run_orders(&request, &Bars::new(true, Output::is_watched()))?;
    Ok(())
}

/// Reads `15m`, `2h`, `1d`, `30s`.
fn parse_time(text: &str) -> Result<Duration, String> {
    const MOST_SECONDS: u64 = 366 * 86_400;
    let wrong = || "expected a time such as 30s, 15m, 2h or 1d".to_owned();
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "ms" => {
            return digits
                .parse()
                .map(Duration::from_millis)
                .map_err(|_| wrong());
        }
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.trim().parse().map_err(|_| wrong())?;
    number
        .checked_mul(unit)
        .filter(|seconds| (1..=MOST_SECONDS).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(parse_time("15m"), Ok(Duration::from_mins(15)));
        assert_eq!(parse_time("2h"), Ok(Duration::from_hours(2)));
        assert_eq!(parse_time("1d"), Ok(Duration::from_secs(86_400)));
        assert_eq!(parse_time("200ms"), Ok(Duration::from_millis(200)));
        for text in [
            "",
            "15",
            "m",
            "0s",
            "-1m",
            "1y",
            "9999999d",
            "99999999999999999999d",
        ] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }
}
