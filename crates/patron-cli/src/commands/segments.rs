//! `patron segments`: vocabularies, listed and checked.

mod explain;

use clap::{Subcommand, ValueEnum};
use patron_segments::{CheckReport, Vocabulary, VocabularyError, check};
use serde_json::json;

use crate::failure::Failure;
use crate::output::{Output, table};

/// What `patron segments` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Segments {
    /// The vocabularies that come with patron, or the segments of one
    List {
        /// A vocabulary: a name from the list or a file
        vocabulary: Option<String>,
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// Cells that a vocabulary leaves out, names twice or never reaches
    Check {
        /// A vocabulary: a name from `patron segments list` or a file
        vocabulary: String,
        /// How to print
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// Where a vocabulary's conditions spend their time, by condition and by term
    Explain(explain::Args),
}

/// How results are printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

pub(crate) fn run(command: &Segments, output: &mut Output) -> Result<(), Failure> {
    match command {
        Segments::List {
            vocabulary: None,
            format,
        } => list(*format, output),
        Segments::List {
            vocabulary: Some(name),
            format,
        } => show(&loaded(name)?, *format, output),
        Segments::Check { vocabulary, format } => {
            report(&check(&loaded(vocabulary)?)?, *format, output)
        }
        Segments::Explain(args) => explain::run(args, output),
    }
}

/// A name that no vocabulary has is a bad command line; a file that does not hold together is to be mended.
fn loaded(name: &str) -> Result<Vocabulary, Failure> {
    Vocabulary::load(name).map_err(|error| match error {
        VocabularyError::Unknown { .. } => Failure::of_command_line(error),
        _ => Failure::from(error),
    })
}

fn bins(vocabulary: &Vocabulary) -> String {
    match vocabulary.bins {
        Some(_) => vocabulary
            .default_bins()
            .map(|bins| bins.to_string())
            .join(","),
        None => "any".to_owned(),
    }
}

fn list(format: Format, output: &mut Output) -> Result<(), Failure> {
    let shipped = Vocabulary::shipped()?;
    match format {
        Format::Json => {
            let all: Vec<_> = shipped.iter().map(|shipped| &shipped.vocabulary).collect();
            output.line(&serde_json::to_string_pretty(&all).unwrap_or_default())
        }
        Format::Table => {
            let rows = shipped
                .iter()
                .map(|shipped| {
                    let vocabulary = &shipped.vocabulary;
                    let count = vocabulary.segments.len().to_string();
                    vec![
                        vocabulary.key.clone(),
                        vocabulary.names.en.clone(),
                        bins(vocabulary),
                        count,
                    ]
                })
                .collect();
            output.line(&table(
                &["vocabulary", "name", "bins R,F,M", "segments"],
                rows,
            ))
        }
    }
}

fn show(vocabulary: &Vocabulary, format: Format, output: &mut Output) -> Result<(), Failure> {
    match format {
        Format::Json => output.line(&serde_json::to_string_pretty(vocabulary).unwrap_or_default()),
        Format::Table => {
            output.line(&format!(
                "{} — {} (bins {})",
                vocabulary.key,
                vocabulary.names.en,
                bins(vocabulary)
            ))?;
            for segment in &vocabulary.segments {
                output.line(&format!(
                    "\n{} — {} · {} · {} (step {})\n    {}",
                    segment.key,
                    segment.names.en,
                    segment.names.zh_hans,
                    segment.names.zh_hant,
                    segment.rank,
                    segment
                        .when
                        .split_whitespace()
                        .collect::<Vec<_>>()
                        .join(" ")
                ))?;
            }
            Ok(())
        }
    }
}

fn report(report: &CheckReport, format: Format, output: &mut Output) -> Result<(), Failure> {
    if matches!(format, Format::Json) {
        let document = json!(report);
        return output.line(&serde_json::to_string_pretty(&document).unwrap_or_default());
    }
    let number =
        |cells: Option<usize>| cells.map_or_else(|| "-".to_owned(), |cells| cells.to_string());
    let rows = report
        .segments
        .iter()
        .map(|segment| {
            vec![
                segment.key.clone(),
                number(segment.primary_cells),
                number(segment.member_cells),
                segment.other_columns.join(" "),
            ]
        })
        .collect();
    output.line(&table(
        &["segment", "cells as primary", "cells matched", "also reads"],
        rows,
    ))?;
    let bins = report.bins.map(|bins| bins.to_string()).join(",");
    output.line(&format!("{} cells (bins {bins})", report.cells))?;
    let list_of = |what: &str, items: &[String]| list_of(what, items, report.cells);
    output.line(&list_of("not covered", &report.holes))?;
    let overlaps: Vec<String> = report
        .overlaps
        .iter()
        .map(|overlap| format!("{} ({})", overlap.cell, overlap.keys.join(", ")))
        .collect();
    output.line(&list_of("matched more than once", &overlaps))?;
    output.line(&never_primary(report))?;
    let undecided = report
        .undecided()
        .map(|segment| segment.key.as_str())
        .collect::<Vec<_>>();
    if !undecided.is_empty() {
        output.line(&format!(
            "not decided by scores, octant and stage alone: {}; cells they would take are counted without them",
            undecided.join(", ")
        ))?;
    }
    Ok(())
}

fn never_primary(report: &CheckReport) -> String {
    const WHAT: &str = "never the primary name";
    let unknown = &report.reach_unknown;
    if unknown.len() == report.segments.len() {
        return format!("{WHAT}: not checked");
    }
    let mut text = list_of(WHAT, &report.unreachable, 1);
    if !unknown.is_empty() {
        text.push_str(&format!(" (not checked: {})", unknown.join(" ")));
    }
    text
}

/// Without a cell nothing was tried: that is not the same as finding nothing.
fn list_of(what: &str, items: &[String], cells: usize) -> String {
    if cells == 0 {
        format!("{what}: not checked")
    } else if items.is_empty() {
        format!("{what}: none")
    } else {
        format!("{what}: {} — {}", items.len(), items.join(" "))
    }
}
