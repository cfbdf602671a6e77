//! Refreshing: what comes to the sources of a workspace is imported once, and every key is kept secret.

mod folders;
mod queries;
mod shops;

use crate::support::{Outcome, Sandbox};
use crate::workspace::SHOP;

/// Refreshes the workspace, whatever comes of it.
fn refresh(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let flags = ["refresh", "--workspace", SHOP, "--settle", "100ms"];
    sandbox.patron(&[&flags[..], arguments].concat())
}

/// Refreshes the workspace, which must succeed; returns rows, new, superseding, unchanged, set aside of the only source.
#[track_caller]
fn refreshed(sandbox: &Sandbox, arguments: &[&str]) -> [u64; 5] {
    let outcome = refresh(sandbox, arguments);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    numbers(&outcome, "│ 1 ")
}

/// The numbers of the source whose line begins so.
#[track_caller]
fn numbers(outcome: &Outcome, begin: &str) -> [u64; 5] {
    let mut lines = outcome.stdout.lines();
    let line = lines.find(|line| line.starts_with(begin));
    let line = line.unwrap_or_else(|| panic!("no line `{begin}`:\n{}", outcome.stdout));
    let mut words: Vec<&str> = line
        .split_whitespace()
        .filter(|word| *word != "│")
        .collect();
    let numbers = words.split_off(words.len() - 5);
    std::array::from_fn(|place| numbers[place].replace(',', "").parse().expect("a number"))
}

/// Adds a source, which must succeed.
#[track_caller]
fn add(sandbox: &Sandbox, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let flags = ["source", "--workspace", SHOP, "add"];
    let outcome = sandbox.patron_with(variables, &[&flags[..], arguments].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    outcome
}

/// The snapshot the ledger is at, as its log has it.
fn imports(sandbox: &Sandbox) -> usize {
    let list = sandbox.patron(&["import", "--list", "--workspace", SHOP]);
    assert_eq!(list.code, 0, "{}", list.stderr);
    let of_import = |line: &&str| line.starts_with("│ ") && !line.contains("superseding");
    list.stdout.lines().filter(of_import).count()
}
