//! Stopping a run or an import.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Sandbox;

/// Rows enough for a second or more of work.
const ROWS: usize = 3_000_000;
const LONGEST_WAIT: Duration = Duration::from_secs(60);

fn orders() -> String {
    let mut text = String::from("customer_id,ordered_at,net\n");
    for row in 0..ROWS {
        text.push_str("customer-");
        text.push_str(&(row % 400_000).to_string());
        text.push_str(",2024-01-01,1.00\n");
    }
    text
}

/// Starts patron, stops it as soon as `names` are no longer what they were, and fails unless they are so again.
fn stopped(sandbox: &Sandbox, arguments: &[&str], names: impl Fn() -> Vec<String>) {
    let before = names();
    let mut patron = Command::new(env!("CARGO_BIN_EXE_patron"))
        .args(arguments)
        .current_dir(sandbox.path("."))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("patron starts");
    let started = Instant::now();
    while names() == before {
        assert!(
            started.elapsed() < LONGEST_WAIT,
            "patron never began to write"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupted = Command::new("kill")
        .args(["-INT", &patron.id().to_string()])
        .status()
        .expect("kill is there");
    assert!(interrupted.success());
    let status = patron.wait().expect("patron ends");
    assert_eq!(status.code(), Some(130), "stopped by the user");
    assert_eq!(names(), before, "nothing is left behind");
}

#[test]
fn a_run_that_is_stopped_leaves_nothing_behind() {
    let sandbox = Sandbox::with_orders(&orders());
    let run = ["run", "orders.csv", "--quiet"];
    stopped(&sandbox, &run, || sandbox.names());
}

#[test]
fn an_import_that_is_stopped_leaves_no_folder_of_its_own() {
    let sandbox = Sandbox::with_orders(&orders());
    assert_eq!(sandbox.patron(&["init", "shop"]).code, 0);
    let folders = || {
        let entries = sandbox
            .path("shop")
            .read_dir()
            .expect("the workspace is there");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let names = names.map(|name| name.to_string_lossy().into_owned());
        names.filter(|name| name.starts_with(".import-")).collect()
    };
    let import = ["import", "--quiet", "--workspace", "shop", "orders.csv"];
    stopped(&sandbox, &import, folders);
}
