//! `patron ledger`: snapshots, order, damage, erasing.

use std::fs;
use std::path::{Path, PathBuf};

use super::{SHOP, assert_same_results, import, run, run_files, with_workspace};
use crate::support::{Outcome, Sandbox};

fn ledger(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    sandbox.patron(&[&["ledger", "--workspace", SHOP], arguments].concat())
}

/// Orders of many customers, so that data files are written.
fn orders(from: u32, until: u32) -> String {
    let rows = (from..until).map(|order| {
        format!(
            "{order},c{},2024-01-{:02},{}\n",
            order % 97,
            order % 28 + 1,
            order % 50 + 1
        )
    });
    format!(
        "order_id,customer_id,date,net\n{}",
        rows.collect::<String>()
    )
}

fn data_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            data_files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "parquet")
        {
            found.push(path);
        }
    }
}

#[test]
fn the_log_names_every_change() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", orders(0, 10));
    import(&sandbox, &["a.csv"]);
    import(&sandbox, &["--undo", "1"]);
    let log = ledger(&sandbox, &["log"]).stdout;
    let import_line = log
        .find("import   a.csv")
        .or(log.find("import"))
        .expect("the import");
    let undo_line = log.find("undo").expect("the undoing");
    assert!(import_line < undo_line, "{log}");
}

#[test]
fn putting_in_order_and_expiring_change_no_result() {
    let sandbox = with_workspace();
    for (name, rows) in [
        ("a.csv", orders(0, 500)),
        ("b.csv", orders(400, 900)),
        ("c.csv", orders(850, 990)),
    ] {
        sandbox.write(name, rows);
        import(&sandbox, &[name]);
    }
    let files = run_files(&sandbox, &["a.csv", "b.csv", "c.csv"]);
    let compacted = ledger(&sandbox, &["compact", "--thorough"]);
    assert!(
        compacted.stdout.contains("became"),
        "{}{}",
        compacted.stdout,
        compacted.stderr
    );
    assert_same_results(&run(&sandbox, &[]), &files, "compacted");
    let expired = ledger(&sandbox, &["expire", "--older-than", "0"]);
    assert!(
        expired.stdout.contains("snapshots given up"),
        "{}",
        expired.stdout
    );
    assert_same_results(&run(&sandbox, &[]), &files, "expired");
    let gone = sandbox.patron(&["run", "--workspace", SHOP, "--at", "2"]);
    gone.assert_refused(&["expired"]);
    assert_eq!(ledger(&sandbox, &["verify", "--deep"]).code, 0);
}

#[test]
fn a_moved_workspace_opens_where_it_is() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", orders(0, 500));
    import(&sandbox, &["a.csv"]);
    let files = run_files(&sandbox, &["a.csv"]);
    fs::rename(sandbox.path(SHOP), sandbox.path("elsewhere")).expect("it can be moved");
    let out = [
        "run",
        "--workspace",
        "elsewhere",
        "--out",
        "moved",
        "--no-clv",
        "--quiet",
    ];
    let moved = sandbox.patron(&out);
    assert_eq!(moved.code, 0, "{}", moved.stderr);
    assert_same_results(&sandbox.results("moved"), &files, "moved");
}

#[test]
fn a_data_file_that_is_gone_or_cut_is_named() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", orders(0, 5_000));
    import(&sandbox, &["a.csv"]);
    let mut files = Vec::new();
    data_files(&sandbox.path(SHOP), &mut files);
    let file = files
        .iter()
        .find(|path| path.to_string_lossy().contains("orders"))
        .expect("a data file");
    let bytes = fs::read(file).expect("it can be read");
    fs::write(file, &bytes[..bytes.len() / 2]).expect("it can be cut");
    let name = file
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let verified = ledger(&sandbox, &["verify"]);
    assert_eq!(verified.code, 1, "{}", verified.stderr);
    assert!(verified.stdout.contains(&name), "{}", verified.stdout);
    for _ in 0..2 {
        let failed = sandbox.patron(&["run", "--workspace", SHOP, "--quiet"]);
        assert_eq!(failed.code, 1, "{}", failed.stderr);
        assert!(failed.stderr.contains(&name), "{}", failed.stderr);
        if file.exists() {
            fs::remove_file(file).expect("it can be removed");
        }
    }
}

#[test]
fn an_erased_customer_is_nowhere() {
    let sandbox = with_workspace();
    sandbox.write(
        "a.csv",
        "order_id,customer_id,date,net,email\n1,ann-the-erased,2024-01-05,20,ann-the-erased@x.org\n2,bob,2024-01-06,30,\n3,ann-the-erased,1960-01-01,30,\n",
    );
    import(&sandbox, &["a.csv"]);
    let refused = ledger(&sandbox, &["erase", "ann-the-erased"]);
    refused.assert_refused(&["cannot be taken back", "--yes"]);
    let erased = ledger(&sandbox, &["erase", "ann-the-erased", "--yes"]);
    assert_eq!(erased.code, 0, "{}", erased.stderr);
    let customers = run(&sandbox, &[]).customers();
    assert_eq!(customers.column("customer_id"), ["bob"]);
    let mut left = std::collections::BTreeMap::new();
    super::imports_contents(&sandbox.path(SHOP), &mut left);
    for (name, bytes) in left {
        let found = bytes.windows(14).any(|part| part == b"ann-the-erased");
        assert!(!found, "`{name}` still names the customer");
    }
}
