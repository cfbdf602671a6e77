//! Imports that are killed, that meet, that cannot write: all or nothing.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{SHOP, import, run, run_files, with_workspace};
use crate::support::Sandbox;

const KILLS: u64 = 20;

/// A file of its own for each seed: one that repeats another would be no import.
fn orders(seed: u32, rows: u32) -> String {
    let month = seed % 12 + 1;
    let rows = (0..rows).map(|order| {
        format!(
            "{seed}-{order},c{},2024-{month:02}-{:02},tea,{},7.5\n",
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

fn start(sandbox: &Sandbox, arguments: &[&str]) -> std::process::Child {
    Command::new(env!("CARGO_BIN_EXE_patron"))
        .args(["import", "--quiet", "--workspace", SHOP])
        .args(arguments)
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
    kill_imports(20_266);
}

#[test]
fn a_stopped_import_goes_on_where_it_was() {
    // Rows that are set aside, too: their list goes on as well.
    let text = orders(1, 450_000).replace(",3,7.5", ",3,seven");
    let (sandbox, untouched) = (with_workspace(), with_workspace());
    for sandbox in [&sandbox, &untouched] {
        sandbox.write("big.csv", &text);
    }
    import(&untouched, &["big.csv"]);
    let arguments = ["big.csv", "--keep-every", "64K"];
    let mut child = start(&sandbox, &arguments);
    let kept = || {
        let mut names = sandbox.path(SHOP).read_dir().expect("a folder");
        names.any(|entry| entry.expect("an entry").path().join("read.json").is_file())
    };
    while !kept() {
        assert_eq!(child.try_wait().expect("asked"), None, "it is not done yet");
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(child.kill());
    drop(child.wait());
    assert_eq!(imported(&sandbox), 0);
    let done = import(&sandbox, &arguments);
    let said = "note: an earlier import of this was stopped: ";
    assert!(done.stderr.contains(said), "{}", done.stderr);
    assert!(!kept(), "what was kept is not needed any more");
    let rejected = |sandbox: &Sandbox| {
        let path = sandbox.path(&format!("{SHOP}/rejected/1.csv"));
        std::fs::read_to_string(path).expect("rows were set aside")
    };
    assert!(
        rejected(&sandbox) == rejected(&untouched),
        "the lists differ"
    );
    super::assert_same_results(&run(&sandbox, &[]), &run(&untouched, &[]), "gone on");
    // Another file is another import.
    sandbox.write("other.csv", orders(2, 10));
    let other = import(&sandbox, &["other.csv"]);
    assert!(!other.stderr.contains(said), "{}", other.stderr);
}

#[test]
#[ignore = "soak: 200 kills"]
fn a_killed_import_is_there_whole_or_not_at_all_200_times() {
    let seed = soak_seed();
    let mut whole = 0;
    // A fresh workspace now and then: each look into it reads all of it.
    for round in 0..10 {
        whole += kill_imports(20_266 + 10 * seed + round);
    }
    let kills = 10 * KILLS;
    println!("SOAK imports: {kills} kills, {whole} of them after the import was in the ledger");
}

/// The seed that `make soak` gives.
#[expect(clippy::disallowed_methods, reason = "soak tells its tests the seed")]
fn soak_seed() -> u64 {
    let seed = std::env::var("PATRON_SEED").ok();
    seed.and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

/// Kills the import of a file after a while, if it has not ended; tells whether the ledger, which must be whole, has it.
fn is_there_after_kill(sandbox: &Sandbox, name: &str, after: Duration) -> bool {
    let before = imported(sandbox);
    let mut child = start(sandbox, &[name]);
    std::thread::sleep(after);
    let was_done = child.try_wait().expect("the child can be asked");
    drop(child.kill());
    let said = child
        .wait_with_output()
        .expect("the child can be waited for");
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    let after = imported(sandbox);
    assert!(after == before || after == before + 1, "{before} → {after}");
    if let Some(status) = was_done {
        assert!(status.success(), "not a failure of its own: {said}");
        assert_eq!(after, before + 1, "an import that ended is there");
    }
    let verified = sandbox.patron(&["ledger", "verify", "--deep", "--workspace", SHOP]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    after > before
}

/// Kills imports at moments drawn from a seed, looks at what they leave, and returns how many were in the ledger by then.
fn kill_imports(seed: u64) -> usize {
    let sandbox = with_workspace();
    // What an import takes on this machine, so that the moments are spread over all of it: twice the first, for the ledger grows.
    sandbox.write("first.csv", orders(98, 20_000));
    let began = Instant::now();
    import(&sandbox, &["first.csv"]);
    let window = u64::try_from(began.elapsed().as_micros()).expect("a short while") * 2;
    let mut state = seed;
    let mut moment = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Duration::from_micros((state >> 33) % window)
    };
    let mut acknowledged = vec!["first.csv".to_owned()];
    for round in 0..KILLS {
        let name = format!("file{round}.csv");
        let round = u32::try_from(round).expect("a small number");
        sandbox.write(&name, orders(round, 20_000));
        if is_there_after_kill(&sandbox, &name, moment()) {
            acknowledged.push(name);
        }
    }
    let whole = acknowledged.len() - 1;
    assert!(whole < 20, "some were killed in time");
    sandbox.write("last.csv", orders(99, 100));
    import(&sandbox, &["last.csv"]);
    let names = sandbox
        .path(SHOP)
        .read_dir()
        .expect("the workspace can be listed");
    // An import that was killed before its folder had a lock cannot be told from one that has only just begun.
    let left: Vec<String> = names
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.path().join("lock").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
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
    whole
}

#[test]
fn two_imports_at_once_both_succeed() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", orders(1, 30_000));
    sandbox.write("b.csv", orders(2, 30_000));
    let children = [start(&sandbox, &["a.csv"]), start(&sandbox, &["b.csv"])];
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
    let children = [start(&sandbox, &["c.csv"]), start(&sandbox, &["c.csv"])];
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
