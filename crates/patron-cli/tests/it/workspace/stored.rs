//! Workspaces that earlier programs left are opened, run, added to and saved by today's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::SHOP;
use crate::support::{Outcome, Sandbox};

fn stored() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored");
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> = paths
        .filter(|path| path.to_string_lossy().ends_with(".tar.gz"))
        .collect();
    found.sort();
    found
}

#[track_caller]
fn done(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let outcome = sandbox.patron(arguments);
    assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
    outcome
}

/// Compares orders and amounts of each customer with what was worked out when the workspace was stored.
#[track_caller]
fn assert_figures(sandbox: &Sandbox, workspace: &str, expected: &str) {
    let flags = [
        "run",
        "--quiet",
        "--no-clv",
        "--out",
        "out",
        "--workspace",
        workspace,
    ];
    done(sandbox, &flags);
    let read = |text: &str| {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().expect("a header").clone();
        let place = |name: &str| {
            header
                .iter()
                .position(|column| column == name)
                .expect("the column")
        };
        let (id, orders, monetary) = (place("customer_id"), place("orders"), place("monetary"));
        let rows = reader.records().map(|row| {
            let row = row.expect("a row");
            let cents: f64 = row[monetary].parse::<f64>().expect("an amount") * 100.0;
            format!("{} {} {cents:.0}", &row[id], &row[orders])
        });
        rows.collect::<Vec<_>>()
    };
    let customers = sandbox.text("out/customers.csv");
    assert_eq!(
        read(&customers),
        read(&sandbox.text(expected)),
        "{workspace}"
    );
}

#[track_caller]
fn assert_whole(sandbox: &Sandbox, workspace: &str) {
    let verified = done(
        sandbox,
        &["ledger", "--workspace", workspace, "verify", "--deep"],
    );
    assert!(
        verified.stdout.contains("All is as it should be."),
        "{}",
        verified.stdout
    );
}

#[test]
fn what_earlier_programs_left_is_understood() {
    let stored = stored();
    assert!(!stored.is_empty());
    for archive in stored {
        let sandbox = Sandbox::new();
        let unpacked = Command::new("tar")
            .arg("-xzf")
            .arg(&archive)
            .current_dir(sandbox.path(""))
            .status()
            .expect("tar starts");
        assert!(unpacked.success(), "{}", archive.display());
        assert_whole(&sandbox, SHOP);
        assert_figures(&sandbox, SHOP, "expected.csv");
        assert!(
            sandbox
                .text("shop/rejected/2.csv")
                .contains("missing_customer")
        );
        done(&sandbox, &["import", "--workspace", SHOP, "next.csv"]);
        assert_figures(&sandbox, SHOP, "expected-next.csv");
        done(
            &sandbox,
            &["ledger", "--workspace", SHOP, "compact", "--thorough"],
        );
        done(&sandbox, &["backup", "kept", "--workspace", SHOP]);
        done(&sandbox, &["restore", "kept", "again"]);
        for workspace in [SHOP, "again"] {
            assert_whole(&sandbox, workspace);
            assert_figures(&sandbox, workspace, "expected-next.csv");
        }
        // What was known before is still known.
        done(
            &sandbox,
            &[
                "run",
                "--quiet",
                "--no-clv",
                "--out",
                "first",
                "--workspace",
                SHOP,
                "--at",
                "2",
            ],
        );
        let first = sandbox.text("first/customers.csv");
        assert_eq!(
            first.lines().count(),
            1 + 30,
            "thirty customers in the first import"
        );
    }
}
