//! Watched folders, and refreshing again and again.

use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{add, imports, numbers, refresh, refreshed};
use crate::support::Sandbox;
use crate::workspace::{SHOP, assert_same_results, run, run_files, with_workspace};

const HEADER: &str = "order_id,customer_id,date,total\n";
const MAY: &str = "1,ann,2024-05-01,10\n2,bob,2024-05-02,20\n";

fn watched() -> Sandbox {
    let sandbox = with_workspace();
    fs::create_dir(sandbox.path("exports")).expect("a folder can be made");
    add(&sandbox, &[], &["folder", "exports"]);
    sandbox
}

#[test]
fn files_of_a_folder_are_imported_once_and_again_when_they_changed() {
    let sandbox = watched();
    assert_eq!(refreshed(&sandbox, &[]), [0; 5]);
    sandbox.write("exports/may.csv", format!("{HEADER}{MAY}"));
    sandbox.write("exports/.hidden.csv", "nothing");
    sandbox.write("exports/notes.pdf", "nothing");
    assert_eq!(refreshed(&sandbox, &[]), [2, 2, 0, 0, 0]);
    assert_eq!(refreshed(&sandbox, &[]), [0; 5]);
    // Written anew with the same bytes.
    thread::sleep(Duration::from_millis(20));
    sandbox.write("exports/may.csv", format!("{HEADER}{MAY}"));
    assert_eq!(refreshed(&sandbox, &[]), [0; 5]);
    assert_eq!(imports(&sandbox), 1);
    sandbox.write(
        "exports/may.csv",
        format!("{HEADER}1,ann,2024-05-01,11\n2,bob,2024-05-02,20\n"),
    );
    sandbox.write("exports/june.csv", format!("{HEADER}3,ann,2024-06-01,30\n"));
    let both = refreshed(&sandbox, &[]);
    assert_eq!(both, [3, 1, 1, 1, 0]);
    assert_eq!(imports(&sandbox), 3);
    let files = run_files(&sandbox, &["exports/may.csv", "exports/june.csv"]);
    let ledger = run(&sandbox, &[]);
    assert_eq!(ledger.bytes("customers.csv"), files.bytes("customers.csv"));
}

#[test]
fn a_file_that_is_still_written_waits_until_it_is_whole() {
    let sandbox = watched();
    let mut file = File::create(sandbox.path("exports/slow.csv")).expect("a file can be made");
    file.write_all(HEADER.as_bytes())
        .expect("it can be written");
    let writer = thread::spawn(move || {
        for order in 0..300_u32 {
            let day = order % 28 + 1;
            writeln!(file, "{order},c{},2024-05-{day:02},5", order % 7).expect("it can be written");
            thread::sleep(Duration::from_millis(10));
        }
    });
    let outcome = sandbox.patron(&["refresh", "--workspace", SHOP, "--settle", "500ms"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(numbers(&outcome, "│ 1 "), [0; 5]);
    assert!(
        outcome.stdout.contains("1 file is still being written"),
        "{}",
        outcome.stdout
    );
    assert_eq!(imports(&sandbox), 0);
    writer.join().expect("the writer ends");
    assert_eq!(refreshed(&sandbox, &[]), [300, 300, 0, 0, 0]);
    let files = run_files(&sandbox, &["exports/slow.csv"]);
    assert_same_results(&run(&sandbox, &[]), &files, "a slow file");
}

#[test]
fn a_source_that_fails_does_not_keep_the_others_from_being_read() {
    let sandbox = watched();
    fs::create_dir(sandbox.path("other")).expect("a folder can be made");
    add(&sandbox, &[], &["folder", "other"]);
    sandbox.write("exports/a.csv", "this is,no\nfile of,orders\n");
    sandbox.write("exports/b.csv", format!("{HEADER}{MAY}"));
    sandbox.write("other/c.csv", format!("{HEADER}3,cem,2024-05-03,30\n"));
    let outcome = refresh(&sandbox, &[]);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("a.csv"), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("1 of 2 sources"),
        "{}",
        outcome.stderr
    );
    assert_eq!(numbers(&outcome, "│ 1 "), [2, 2, 0, 0, 0]);
    assert_eq!(numbers(&outcome, "│ 2 "), [1, 1, 0, 0, 0]);
    let list = sandbox.patron(&["source", "list", "--workspace", SHOP]);
    assert!(list.stdout.contains("a.csv"), "{}", list.stdout);
    // Mended, it comes with the next refresh; what was imported does not come again.
    sandbox.write("exports/a.csv", format!("{HEADER}4,dee,2024-05-04,40\n"));
    let outcome = refresh(&sandbox, &[]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(numbers(&outcome, "│ 1 "), [1, 1, 0, 0, 0]);
    assert_eq!(numbers(&outcome, "│ 2 "), [0; 5]);
    let list = sandbox.patron(&["source", "list", "--workspace", SHOP]);
    assert!(!list.stdout.contains("a.csv"), "{}", list.stdout);
    // A folder that went away is named.
    fs::remove_dir_all(sandbox.path("other")).expect("it can be removed");
    let outcome = refresh(&sandbox, &[]);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("other"), "{}", outcome.stderr);
}

#[test]
fn sources_are_listed_and_removed_and_what_is_wrong_is_named() {
    let sandbox = with_workspace();
    let none = refresh(&sandbox, &[]);
    none.assert_refused(&["no source", "patron source add"]);
    fs::create_dir(sandbox.path("exports")).expect("a folder can be made");
    add(&sandbox, &[], &["folder", "exports"]);
    let source = |arguments: &[&str]| {
        sandbox.patron(&[&["source", "--workspace", SHOP], arguments].concat())
    };
    let list = source(&["list"]);
    assert!(list.stdout.contains("exports"), "{}", list.stdout);
    source(&["add", "folder", "nowhere"]).assert_refused(&["nowhere"]);
    refresh(&sandbox, &["--source", "7"]).assert_refused(&["no source 7"]);
    source(&["key", "1"]).assert_refused(&["needs no key"]);
    source(&["key", "7"]).assert_refused(&["no source 7"]);
    assert_eq!(source(&["remove", "1"]).code, 0);
    source(&["remove", "1"]).assert_refused(&["no source 1"]);
    for text in ["soon", "0s", "15"] {
        assert_eq!(refresh(&sandbox, &["--every", text]).code, 2, "{text}");
    }
}

#[test]
fn refreshing_every_so_often_brings_files_as_they_come_and_makes_results() {
    let sandbox = watched();
    sandbox.write("exports/may.csv", format!("{HEADER}{MAY}"));
    let flags = ["--workspace", SHOP, "--settle", "50ms", "--every", "200ms"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_patron"))
        .arg("refresh")
        .args(flags)
        .args(["--run", "--out", "results"])
        .current_dir(sandbox.path("."))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let until = |done: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !done() {
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "it takes too long"
            );
            thread::sleep(Duration::from_millis(50));
        }
    };
    let has = |customer: &str| {
        let table = fs::read_to_string(sandbox.path("results/customers.csv"));
        table.is_ok_and(|table| table.contains(customer))
    };
    until(&|| has("bob"));
    // Another refresh of the same workspace waits its turn, or is told to. Whichever moment this is, nothing is lost.
    let other = refresh(&sandbox, &[]);
    assert!(other.code == 0 || other.code == 3, "{}", other.stderr);
    sandbox.write("exports/june.csv", format!("{HEADER}3,cem,2024-06-01,30\n"));
    until(&|| has("cem"));
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    assert_eq!(refreshed(&sandbox, &[]), [0; 5]);
    assert_eq!(imports(&sandbox), 2);
}
