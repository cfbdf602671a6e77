//! Stopping a run.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Sandbox;

/// Rows enough for a second or more of work.
const ROWS: usize = 3_000_000;
const LONGEST_WAIT: Duration = Duration::from_secs(60);

#[test]
fn a_run_that_is_stopped_leaves_nothing_behind() {
    let mut text = String::from("customer_id,ordered_at,net\n");
    for row in 0..ROWS {
        text.push_str("customer-");
        text.push_str(&(row % 400_000).to_string());
        text.push_str(",2024-01-01,1.00\n");
    }
    let sandbox = Sandbox::with_orders(&text);
    let before = sandbox.names();
    let mut run = Command::new(env!("CARGO_BIN_EXE_patron"))
        .args(["run", "orders.csv", "--quiet"])
        .current_dir(sandbox.path("."))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("patron starts");
    let started = Instant::now();
    while sandbox.names() == before {
        assert!(
            started.elapsed() < LONGEST_WAIT,
            "the run never began to write"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupted = Command::new("kill")
        .args(["-INT", &run.id().to_string()])
        .status()
        .expect("kill is there");
    assert!(interrupted.success());
    let status = run.wait().expect("patron ends");
    assert_eq!(status.code(), Some(130), "stopped by the user");
    assert_eq!(sandbox.names(), before, "nothing is left beside the input");
}
