//! Imports that are killed, that meet, that cannot write: all or nothing.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::{SHOP, import, run, run_files, with_workspace};
use crate::support::Sandbox;

const KILLS: u64 = 20;

fn orders(seed: u32, rows: u32) -> String {
    let month = seed % 12 + 1;
    let rows = (0..rows).map(|order| {
        format!(
            "{month}-{order},c{},2024-{month:02}-{:02},tea,{},7.5\n",
            order % 997,
            order % 28 + 1,
            order % 5 + 1
        )
    });
    format!(
        "order_id,customer_id,date,sku,quantity,unit_price\n{}",
        rows.collect::<String>()
    )
}

fn start(sandbox: &Sandbox, file: &str) -> std::process::Child {
    Command::new(env!("CARGO_BIN_EXE_patron"))
        .args(["import", "--quiet", "--workspace", SHOP, file])
        .current_dir(sandbox.path("."))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

/// The number of imports that the list shows.
fn imported(sandbox: &Sandbox) -> usize {
    let list = import(sandbox, &["--list"]).stdout;
    list.lines().filter(|line| line.contains(".csv")).count()
}

#[test]
fn a_killed_import_is_there_whole_or_not_at_all() {
    let sandbox = with_workspace();
    // A seeded sequence of moments; an import takes about a tenth of a second.
    let mut state = 20_266_u64;
    let mut moment = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Duration::from_micros((state >> 33) % 150_000)
    };
    let mut acknowledged = Vec::new();
    for round in 0..KILLS {
        let name = format!("file{round}.csv");
        sandbox.write(
            &name,
            orders(u32::try_from(round).expect("a small number"), 20_000),
        );
        let before = imported(&sandbox);
        let mut child = start(&sandbox, &name);
        std::thread::sleep(moment());
        let was_done = child.try_wait().expect("the child can be asked").is_some();
        drop(child.kill());
        drop(child.wait());
        let after = imported(&sandbox);
        assert!(after == before || after == before + 1, "{before} → {after}");
        assert!(
            !was_done || after == before + 1,
            "an import that ended is there"
        );
        if after > before {
            acknowledged.push(name);
        }
        let verified = sandbox.patron(&["ledger", "verify", "--deep", "--workspace", SHOP]);
        assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    }
    assert!(acknowledged.len() < 20, "some were killed in time");
    sandbox.write("last.csv", orders(99, 100));
    import(&sandbox, &["last.csv"]);
    let names = sandbox
        .path(SHOP)
        .read_dir()
        .expect("the workspace can be listed");
    let left: Vec<String> = names
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.starts_with(".import-"))
        .collect();
    assert_eq!(
        left, [""; 0],
        "the next import clears away what killed ones left"
    );
    acknowledged.push("last.csv".to_owned());
    let names: Vec<&str> = acknowledged.iter().map(String::as_str).collect();
    let files = run_files(&sandbox, &names);
    super::assert_same_results(&run(&sandbox, &[]), &files, "what was acknowledged");
}

#[test]
fn two_imports_at_once_both_succeed() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", orders(1, 30_000));
    sandbox.write("b.csv", orders(2, 30_000));
    let children = [start(&sandbox, "a.csv"), start(&sandbox, "b.csv")];
    for child in children {
        let output = child.wait_with_output().expect("the binary ends");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert_eq!(imported(&sandbox), 2);
    let results = run(&sandbox, &[]);
    assert_eq!(results.run_json()["rows"]["accepted"], 60_000);
    // The same file by two at once is there once.
    sandbox.write("c.csv", orders(3, 30_000));
    let children = [start(&sandbox, "c.csv"), start(&sandbox, "c.csv")];
    for child in children {
        assert!(
            child
                .wait_with_output()
                .expect("the binary ends")
                .status
                .success()
        );
    }
    assert_eq!(imported(&sandbox), 3);
}
