//! Workspaces: what is imported gives the results of the files, nothing is there twice, and it can be taken back.

mod again;
mod backups;
mod catalogues;
mod exports;
mod identity;
mod imports;
mod keeping;
mod lists;
mod memory;
mod rates;
mod refunds;
mod shared_orders;
mod shops;
mod stored;
mod unhurt;

use serde_json::Value;

pub(crate) use imports::contents as imports_contents;

use crate::support::{Outcome, Results, Sandbox};

/// The folder of the workspace in a sandbox.
pub(crate) const SHOP: &str = "shop";

/// What results of files and of their imports have in common.
const TABLES: [&str; 3] = [
    "customers.csv",
    "segments.csv",
    "customers_without_order.csv",
];

/// Makes a sandbox with an empty workspace.
pub(crate) fn with_workspace() -> Sandbox {
    let sandbox = Sandbox::new();
    let made = sandbox.patron(&["init", SHOP]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    sandbox
}

/// Imports into the workspace, which must succeed.
#[track_caller]
pub(crate) fn import(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let outcome = sandbox.patron(&[&["import", "--workspace", SHOP], arguments].concat());
    assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
    outcome
}

/// Runs from the workspace, which must succeed.
#[track_caller]
pub(crate) fn run(sandbox: &Sandbox, arguments: &[&str]) -> Results {
    let flags = [
        "run",
        "--workspace",
        SHOP,
        "--out",
        "from-ledger",
        "--no-clv",
        "--quiet",
    ];
    let outcome = sandbox.patron(&[&flags[..], arguments].concat());
    assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
    sandbox.results("from-ledger")
}

/// Runs from files.
#[track_caller]
pub(crate) fn run_files(sandbox: &Sandbox, arguments: &[&str]) -> Results {
    let flags = ["run", "--out", "from-files", "--no-clv", "--quiet"];
    let outcome = sandbox.patron(&[&flags[..], arguments].concat());
    assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
    sandbox.results("from-files")
}

/// Returns the parts of the account that do not depend on where rows were read.
fn rows_of(results: &Results) -> Vec<Value> {
    let run = results.run_json();
    let rows = [
        "in",
        "accepted",
        "accepted_by_kind",
        "merged",
        "set_aside",
        "revenue_set_aside",
    ];
    rows.iter().map(|key| run["rows"][key].clone()).collect()
}

/// Fails unless two runs say the same of customers, segments and rows.
#[track_caller]
pub(crate) fn assert_same_results(ledger: &Results, files: &Results, what: &str) {
    assert_same_tables(ledger, files, what);
    assert_eq!(rows_of(ledger), rows_of(files), "rows differ: {what}");
}

/// Fails unless two runs say the same of customers and segments.
#[track_caller]
pub(crate) fn assert_same_tables(found: &Results, expected: &Results, what: &str) {
    for name in TABLES {
        let (found, expected) = (found.bytes(name), expected.bytes(name));
        assert_eq!(
            String::from_utf8_lossy(&found),
            String::from_utf8_lossy(&expected),
            "`{name}` differs: {what}"
        );
    }
}

/// The numbers of an import: rows, new, superseding, unchanged, set aside.
pub(crate) fn counts(outcome: &Outcome, file: &str) -> [u64; 5] {
    let line = outcome
        .stdout
        .lines()
        .find(|line| line.starts_with('│') && line.contains(file));
    let line = line.unwrap_or_else(|| panic!("no line of `{file}`:\n{}", outcome.stdout));
    let (_, numbers) = line.split_once(file).expect("the file's name is in it");
    let mut numbers = numbers
        .split_whitespace()
        .filter_map(|word| word.replace(',', "").parse().ok());
    std::array::from_fn(|_| numbers.next().expect("five numbers"))
}
