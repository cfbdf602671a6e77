//! Small shops worked out by hand; see `tests/cases/README.md`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Sandbox, Table};

fn folders() -> Vec<PathBuf> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let entries = fs::read_dir(cases).expect("the cases are there");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

#[test]
fn every_small_shop_comes_out_as_worked_out_by_hand() {
    let folders = folders();
    assert!(!folders.is_empty());
    let mut faults = Vec::new();
    for folder in folders {
        let name = folder.file_name().expect("a name").to_string_lossy();
        let sandbox = Sandbox::new();
        for file in ["orders.csv", "settings.toml"] {
            let text = fs::read(folder.join(file)).expect("a case has orders and settings");
            sandbox.write(file, text);
        }
        let flags = [
            "orders.csv",
            "--settings",
            "settings.toml",
            "--quiet",
            "--no-clv",
        ];
        let found = sandbox.run(&flags).customers();
        let expected = Table::read(&folder.join("expected.csv"));
        if found.column("customer_id") != expected.column("customer_id") {
            faults.push(format!(
                "{name}: customers {:?}",
                found.column("customer_id")
            ));
            continue;
        }
        for column in &expected.header {
            for ((id, found), expected) in expected
                .column("customer_id")
                .iter()
                .zip(found.column(column))
                .zip(expected.column(column))
            {
                if found != expected {
                    faults.push(format!(
                        "{name}: {column} of {id} is {found}, expected {expected}"
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
