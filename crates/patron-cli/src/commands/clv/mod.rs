//! `patron clv`: purchase models and customer lifetime value by hand.

mod asked;
mod base;
mod calculator;
mod chosen;
mod closer;
mod columns;
mod evaluate;
mod fit;
mod posterior;
mod predict;
mod renewals;
mod simulate;

use std::fmt::Write;

use clap::{Subcommand, ValueEnum};

use crate::failure::Failure;
use crate::output::Output;

/// What `patron clv` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Clv {
    /// The textbook formula: order value × orders a year × years × margin, and what is left of it after acquisition
    Calculator(calculator::Args),
    /// Fit a model: parameters, how well they are determined, and what must be known about the fit
    Fit(Box<fit::Args>),
    /// What is expected of each customer, and how surely
    Predict(Box<predict::Args>),
    /// Hold models against what customers bought after the day up to which they were fitted, and against each other
    Evaluate(Box<evaluate::Args>),
    /// Fit all models and say which is best, and why
    Compare(Box<evaluate::Args>),
    /// Customers as a model would make them
    Simulate(Box<simulate::Args>),
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
}

pub(crate) fn run(command: &Clv, output: &mut Output) -> Result<(), Failure> {
    match command {
        Clv::Calculator(args) => calculator::run(args, output),
        Clv::Fit(args) => fit::run(args, output),
        Clv::Predict(args) => predict::run(args, output),
        Clv::Evaluate(args) => evaluate::run(args, output),
        Clv::Compare(args) => evaluate::compare(args, output),
        Clv::Simulate(args) => simulate::run(args, output),
    }
}

/// Rows of text as CSV with a header.
fn csv(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // A vector takes all that is written.
    drop(writer.write_record(header));
    for row in rows {
        drop(writer.write_record(row));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// A number as it is computed with: every digit, nothing for what is none.
fn exact(number: f64) -> String {
    let mut text = String::new();
    write_exact(number, &mut text);
    text
}

/// Writes a number likewise at the end of a text.
fn write_exact(number: f64, text: &mut String) {
    // A string takes all that is written.
    let _infallible = if number != 0.0 && number.abs() < 1e-5 {
        write!(text, "{number:e}")
    } else if number.is_finite() {
        write!(text, "{number}")
    } else {
        Ok(())
    };
}

/// A number with four significant digits or more.
fn short(number: f64) -> String {
    let size = number.abs();
    if !number.is_finite() {
        "-".to_owned()
    } else if size >= 1000.0 {
        crate::words::decimal(number, 1)
    } else if size >= 1e-3 || size == 0.0 {
        crate::words::decimal(number, 4)
    } else {
        format!("{number:.4e}")
    }
}

fn parse_level(text: &str) -> Result<f64, String> {
    let level = text.parse::<f64>().ok();
    level
        .filter(|level| (0.01..=0.99).contains(level))
        .ok_or_else(|| "expected a number from 0.01 to 0.99, such as 0.9".to_owned())
}

fn parse_time(text: &str) -> Result<f64, String> {
    let time = text.parse::<f64>().ok();
    time.filter(|time| *time > 0.0 && time.is_finite())
        .ok_or_else(|| "expected a time above 0, such as 26".to_owned())
}
