//! `patron segments explain`: where a vocabulary's conditions spend their time, on a file of customers.

use std::path::PathBuf;
use std::time::Duration;

use patron_analytics::clv::on_threads;
use patron_engine::scoring::{ExplainedFile, explain};
use patron_segments::{Explanation, SegmentTime};
use serde_json::{Value, json};

use super::{Format, loaded};
use crate::failure::{BadFlag, Failure};
use crate::output::{Output, table};
use crate::words::things;

/// Arguments of `patron segments explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A vocabulary: a name from `patron segments list` or a file
    vocabulary: String,
    /// Customers as a run wrote them: its `customers.parquet`
    customers: PathBuf,
    /// Bins that scores were given with [default: those of the vocabulary]
    #[arg(long, value_name = "R,F,M", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(2..=10))]
    bins: Vec<u8>,
    /// Threads [default: all cores]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

pub(super) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let vocabulary = loaded(&args.vocabulary)?;
    let bins = match args.bins.as_slice() {
        [] => vocabulary.default_bins(),
        [r, f, m] => [*r, *f, *m],
        other => {
            return Err(Failure::of_command_line(BadFlag {
                flag: "--bins".to_owned(),
                value: other
                    .iter()
                    .map(u8::to_string)
                    .collect::<Vec<_>>()
                    .join(","),
                expected: "three numbers, as in `5,5,5`".to_owned(),
            }));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.map_or(cores, usize::from);
    let explained = on_threads(threads, || explain(&args.customers, &vocabulary, bins))??;
    match args.format {
        Format::Json => {
            output.line(&serde_json::to_string_pretty(&document(&explained)).unwrap_or_default())
        }
        Format::Table => tell(&explained, output),
    }
}

fn document(explained: &ExplainedFile) -> Value {
    let left_out = explained.left_out.iter();
    let left_out: Vec<Value> = left_out
        .map(|(key, column)| json!({ "key": key, "column": column }))
        .collect();
    json!({
        "threads": explained.threads,
        "reading_seconds": explained.reading.as_secs_f64(),
        "evaluating_seconds": explained.evaluating.as_secs_f64(),
        "left_out": left_out,
        "explanation": explained.explanation,
    })
}

fn tell(explained: &ExplainedFile, output: &mut Output) -> Result<(), Failure> {
    let explanation = &explained.explanation;
    let mut rows = Vec::new();
    for segment in &explanation.segments {
        rows.push(of_segment(segment));
        // What a condition of one term says is said already.
        if segment.terms.len() > 1 {
            rows.extend(of_terms(segment));
        }
    }
    rows.extend(of_the_rest(explanation));
    let header = [
        "condition",
        "primary",
        "met",
        "unknown",
        "ms",
        "counted with",
    ];
    output.line(&table(&header, rows))?;
    output.line(&format!(
        "{} in {} on {}, after reading for {}",
        things(explanation.customers, "customer", "customers"),
        seconds(explained.evaluating),
        things(explained.threads as u64, "thread", "threads"),
        seconds(explained.reading),
    ))?;
    output.line(
        "ms are of all threads together; a term that several conditions have is worked out once",
    )?;
    for (key, column) in &explained.left_out {
        output.line(&format!(
            "left out: {key} reads `{column}`, which the file does not have"
        ))?;
    }
    Ok(())
}

fn of_segment(segment: &SegmentTime) -> Vec<String> {
    let (time, with) = if segment.by_scores {
        (String::new(), "scores")
    } else {
        (milliseconds(segment.nanoseconds), "")
    };
    let counts =
        [segment.primary, segment.customers, segment.unknown].map(|count| count.to_string());
    let mut row = vec![segment.key.clone()];
    row.extend(counts);
    row.extend([time, with.to_owned()]);
    row
}

fn of_terms(segment: &SegmentTime) -> impl Iterator<Item = Vec<String>> {
    segment.terms.iter().map(|term| {
        vec![
            format!("  {}", term.words),
            String::new(),
            term.customers.to_string(),
            term.unknown.to_string(),
            milliseconds(term.nanoseconds),
            term.counted_with.clone().unwrap_or_default(),
        ]
    })
}

/// What belongs to no single condition.
fn of_the_rest(explanation: &Explanation) -> Vec<Vec<String>> {
    [
        ("(scores: one look-up)", explanation.look_up_nanoseconds),
        ("(values of keys)", explanation.values_nanoseconds),
        (
            "(bringing answers together)",
            explanation.joining_nanoseconds,
        ),
    ]
    .into_iter()
    .map(|(what, nanoseconds)| {
        let mut row = vec![what.to_owned()];
        row.extend([const { String::new() }; 3]);
        row.extend([milliseconds(nanoseconds), String::new()]);
        row
    })
    .collect()
}

fn milliseconds(nanoseconds: u64) -> String {
    format!("{:.1}", nanoseconds as f64 / 1e6)
}

fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}
