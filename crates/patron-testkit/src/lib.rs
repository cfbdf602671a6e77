//! Development only: the loader of reference numbers, tolerances, where test data lies, a server whose answers a test decides.
#![forbid(unsafe_code)]

pub mod http;
pub mod shops;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Returns the folder of the whole project.
#[must_use]
pub fn project_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Returns the folder of public data sets: `PATRON_DATA`, else `../shared/data` beside the project, where it exists.
#[must_use]
pub fn data_dir() -> Option<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told by the environment where data lies"
    )]
    let named = std::env::var("PATRON_DATA").ok().map(PathBuf::from);
    let folder = named.unwrap_or_else(|| project_root().join("../shared/data"));
    folder.is_dir().then_some(folder)
}

/// Returns a file of the public data sets; where it is absent, prints the line by which the skipped test is counted.
#[must_use]
pub fn data_file(test: &str, path: &str) -> Option<PathBuf> {
    let file = data_dir()
        .map(|folder| folder.join(path))
        .filter(|file| file.is_file());
    if file.is_none() {
        skipped(test, "no data");
    }
    file
}

/// Prints the line by which a skipped test is counted.
#[expect(
    clippy::print_stdout,
    reason = "skipped tests are named on standard output"
)]
pub fn skipped(test: &str, why: &str) {
    println!("SKIPPED {test}: {why}");
}

/// Returns `reference/<topic>/cases.json`.
///
/// # Panics
/// Without the file, or when it is not JSON: a test cannot go on.
#[must_use]
#[expect(
    clippy::panic,
    reason = "a test without its reference numbers must fail, by name of the file"
)]
pub fn reference_cases(topic: &str) -> Value {
    let path = project_root()
        .join("reference")
        .join(topic)
        .join("cases.json");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()));
    serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("cannot understand `{}`: {error}", path.display()))
}

/// Returns the number at a JSON pointer such as `/fits/cdnow/r`.
///
/// # Panics
/// Where there is none.
#[must_use]
#[expect(
    clippy::panic,
    reason = "a missing reference number must fail the test, by name"
)]
pub fn number(cases: &Value, pointer: &str) -> f64 {
    cases
        .pointer(pointer)
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("no number at `{pointer}` of the reference"))
}

/// Returns the numbers of the array at a JSON pointer.
///
/// # Panics
/// Where there is none.
#[must_use]
#[expect(
    clippy::panic,
    reason = "missing reference numbers must fail the test, by name"
)]
pub fn numbers(cases: &Value, pointer: &str) -> Vec<f64> {
    cases
        .pointer(pointer)
        .and_then(Value::as_array)
        .and_then(|values| values.iter().map(Value::as_f64).collect())
        .unwrap_or_else(|| panic!("no array of numbers at `{pointer}` of the reference"))
}

/// Returns the gap between two numbers relative to the expected one.
#[must_use]
pub fn relative_gap(found: f64, expected: f64) -> f64 {
    (found - expected).abs() / expected.abs().max(f64::MIN_POSITIVE)
}

/// Fails unless `found` is within `tolerance` of `expected`, relative to it.
///
/// # Panics
/// With `what` and both numbers.
#[track_caller]
pub fn assert_relative(what: &str, found: f64, expected: f64, tolerance: f64) {
    let gap = relative_gap(found, expected);
    assert!(
        gap <= tolerance,
        "{what}: found {found:.12e}, expected {expected:.12e}, relative gap {gap:.1e} above {tolerance:.0e}"
    );
}

/// Fails unless `found` is `expected` to the digits printed: half a unit of its `digits`-th decimal (and a rounding).
///
/// # Panics
/// With `what` and both numbers.
#[track_caller]
pub fn assert_printed(what: &str, found: f64, expected: f64, digits: i32) {
    let tolerance = 0.5 * 10f64.powi(-digits) * (1.0 + 1e-6);
    assert!(
        (found - expected).abs() <= tolerance,
        "{what}: found {found:.12}, expected {expected} to {digits} decimals"
    );
}
