//! What `patron backup` saves is a workspace again, whole, whatever else goes on; and what is damaged is not restored.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{SHOP, import, with_workspace};
use crate::support::{Outcome, Sandbox};

#[track_caller]
fn done(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let outcome = sandbox.patron(arguments);
    assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
    outcome
}

/// Two versions, an undone import, rows set aside, rows in files and inlined ones.
fn shop() -> Sandbox {
    let sandbox = with_workspace();
    let header = "order_id,customer_id,ordered_at,net,status,name\n";
    let mut many = header.to_owned();
    for order in 0..400 {
        let (customer, day) = (order % 90, 1 + order % 28);
        many.push_str(&format!(
            "{order},c{customer},2024-03-{day:02},{},paid,N{customer}\n",
            10 + order % 7
        ));
    }
    sandbox.write("many.csv", many);
    sandbox.write(
        "few.csv",
        format!("{header}1,c1,2024-03-02,99,paid,New\n9001,,2024-03-02,1,paid,\n"),
    );
    sandbox.write("wrong.csv", format!("{header}9002,c1,2024-03-09,1,paid,\n"));
    import(&sandbox, &["many.csv"]);
    import(&sandbox, &["few.csv"]);
    import(&sandbox, &["wrong.csv"]);
    import(&sandbox, &["--undo", "3"]);
    sandbox
}

/// The results of a run, but for what is of the machine.
fn results(sandbox: &Sandbox, workspace: &str, more: &[&str]) -> Vec<(String, Vec<u8>)> {
    let out = format!("{workspace}-out");
    let flags = ["run", "--quiet", "--workspace", workspace, "--out", &out];
    done(sandbox, &[&flags[..], more].concat());
    let results = sandbox.results(&out);
    let mut run: Value = serde_json::from_slice(&results.bytes("run.json")).expect("it is JSON");
    run.as_object_mut().expect("an object").remove("machine");
    let names = [
        "customers.csv",
        "customers.parquet",
        "segments.csv",
        "customers_without_order.csv",
    ];
    let mut found: Vec<_> = names
        .iter()
        .map(|name| ((*name).to_owned(), results.bytes(name)))
        .collect();
    found.push((
        "run.json".to_owned(),
        run.to_string().replace(&out, "out").into_bytes(),
    ));
    found
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
fn what_is_restored_gives_the_same_run_byte_for_byte() {
    let sandbox = shop();
    let saved = done(&sandbox, &["backup", "kept/monday", "--workspace", SHOP]);
    assert!(
        saved.stdout.contains("Snapshot 5 saved in kept/monday"),
        "{}",
        saved.stdout
    );
    let (now, then) = (
        results(&sandbox, SHOP, &[]),
        results(&sandbox, SHOP, &["--at", "2"]),
    );
    // What happens to the workspace later does not concern the backup.
    fs::remove_dir_all(sandbox.path(SHOP)).expect("the workspace goes");
    let restored = done(&sandbox, &["restore", "kept/monday", "again"]);
    assert!(
        restored
            .stdout
            .contains("A workspace as of snapshot 5 in again"),
        "{}",
        restored.stdout
    );
    assert_whole(&sandbox, "again");
    assert!(now == results(&sandbox, "again", &[]), "the run differs");
    assert!(
        then == results(&sandbox, "again", &["--at", "2"]),
        "an earlier snapshot differs"
    );
    assert!(
        sandbox
            .text("again/rejected/2.csv")
            .contains("missing_customer")
    );
    // It goes on as a workspace.
    let again = done(&sandbox, &["import", "--workspace", "again", "many.csv"]);
    assert!(
        again.stdout.contains("many.csv is import 1"),
        "{}",
        again.stdout
    );
    let next = done(&sandbox, &["import", "--workspace", "again", "wrong.csv"]);
    assert!(
        next.stdout.contains("│ 4 "),
        "numbers go on: {}",
        next.stdout
    );
    assert_whole(&sandbox, "again");
    assert!(
        !sandbox
            .names()
            .iter()
            .any(|name| name.starts_with(".patron-"))
    );
}

#[cfg(unix)]
#[test]
fn a_backup_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    fn check(path: &Path) {
        let mode = fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(
            mode,
            if path.is_dir() { 0o700 } else { 0o600 },
            "{}",
            path.display()
        );
        if path.is_dir() {
            for entry in fs::read_dir(path).expect("a folder") {
                check(&entry.expect("an entry").path());
            }
        }
    }
    let sandbox = shop();
    done(&sandbox, &["backup", "kept", "--workspace", SHOP]);
    check(&sandbox.path("kept"));
    done(&sandbox, &["restore", "kept", "again"]);
    check(&sandbox.path("again/ledger.db"));
    check(&sandbox.path("again/patron.db"));
    check(&sandbox.path("again/rejected"));
}

#[test]
fn a_workspace_without_a_state_is_saved_as_it_is() {
    let sandbox = shop();
    fs::remove_file(sandbox.path("shop/patron.db")).expect("it was made by init");
    done(&sandbox, &["backup", "kept", "--workspace", SHOP]);
    done(&sandbox, &["restore", "kept", "again"]);
    assert_whole(&sandbox, "again");
    assert!(!sandbox.path("again/patron.db").exists());
}

#[test]
fn a_backup_taken_while_others_import_and_compact_is_of_one_moment() {
    const FILES: usize = 6;
    const ORDERS: usize = 300;
    let sandbox = with_workspace();
    for file in 0..FILES {
        let mut text = "order_id,customer_id,ordered_at,net\n".to_owned();
        for order in 0..ORDERS {
            text.push_str(&format!("{file}-{order},c{},2024-03-01,5\n", order % 50));
        }
        sandbox.write(&format!("{file}.csv"), text);
    }
    import(&sandbox, &["0.csv"]);
    let mut backups = 0;
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for file in 1..FILES {
                import(&sandbox, &[&format!("{file}.csv")]);
                done(
                    &sandbox,
                    &["ledger", "--workspace", SHOP, "compact", "--thorough"],
                );
                done(
                    &sandbox,
                    &["ledger", "--workspace", SHOP, "expire", "--older-than", "0"],
                );
            }
        });
        while !writer.is_finished() {
            done(
                &sandbox,
                &["backup", &format!("kept-{backups}"), "--workspace", SHOP],
            );
            backups += 1;
        }
        writer.join().expect("the imports succeed");
    });
    assert!(backups > 2, "only {backups} backups");
    for backup in 0..backups {
        let again = format!("again-{backup}");
        done(&sandbox, &["restore", &format!("kept-{backup}"), &again]);
        assert_whole(&sandbox, &again);
        let orders = done(&sandbox, &["export", "orders", "--workspace", &again]).stdout;
        let rows = orders.lines().count() - 1;
        assert!(rows.is_multiple_of(ORDERS) && rows > 0, "{rows} orders");
    }
}

#[test]
fn a_damaged_backup_is_named_and_nothing_is_made() {
    let sandbox = shop();
    done(&sandbox, &["backup", "kept", "--workspace", SHOP]);
    let manifest = sandbox.text("kept/manifest.json");
    let files: Value = serde_json::from_str(&manifest).expect("it is JSON");
    let data = files["files"].as_array().expect("files").iter();
    let data = data
        .filter_map(|file| file["path"].as_str())
        .find(|path| path.contains(".parquet"));
    let data = data.expect("a data file").to_owned();
    let place = format!("kept/{data}");
    let bytes = sandbox.read(&place);
    let refused = |words: &[&str]| {
        sandbox
            .patron(&["restore", "kept", "again"])
            .assert_refused(words);
        assert!(!sandbox.path("again").exists());
        assert!(
            !sandbox
                .names()
                .iter()
                .any(|name| name.starts_with(".patron-"))
        );
    };
    let mut turned = bytes.clone();
    turned[bytes.len() / 2] ^= 1;
    sandbox.write(&place, &turned);
    refused(&[
        "the backup is damaged",
        &data,
        "other bytes",
        "use another backup",
    ]);
    sandbox.write(&place, &bytes[1..]);
    refused(&[&data, "another size"]);
    fs::remove_file(sandbox.path(&place)).expect("it is there");
    refused(&[&data, "is missing"]);
    sandbox.write(&place, &bytes);
    sandbox.write("kept/manifest.json", manifest.replace(&data, "../outside"));
    refused(&["../outside", "lies outside the backup"]);
    sandbox.write(
        "kept/manifest.json",
        manifest.replace("\"version\": 1", "\"version\": 9"),
    );
    refused(&["has version 9, this program knows 1", "update patron"]);
    sandbox.write("kept/manifest.json", &manifest[..manifest.len() / 2]);
    refused(&["`manifest.json` is no JSON"]);
    sandbox.write("kept/manifest.json", &manifest);
    done(&sandbox, &["restore", "kept", "again"]);
}

#[test]
fn what_is_there_is_never_overwritten() {
    let sandbox = shop();
    done(&sandbox, &["backup", "kept", "--workspace", SHOP]);
    let refused = sandbox.patron(&["backup", "kept", "--workspace", SHOP]);
    refused.assert_refused(&["`kept` is not empty", "name a folder"]);
    sandbox
        .patron(&["restore", "kept", SHOP])
        .assert_refused(&["`shop` is not empty"]);
    sandbox
        .patron(&["restore", SHOP, "again"])
        .assert_refused(&["is no backup", "manifest.json"]);
    fs::create_dir(sandbox.path("empty")).expect("a folder");
    done(&sandbox, &["restore", "kept", "empty"]);
    assert_whole(&sandbox, "empty");
}

#[test]
fn a_ledger_that_is_not_whole_is_not_saved() {
    let sandbox = shop();
    let folder = sandbox.path("shop/ledger/main/orders");
    let file = fs::read_dir(folder)
        .expect("files")
        .next()
        .expect("one")
        .expect("an entry")
        .path();
    fs::write(&file, "short").expect("it can be written");
    let refused = sandbox.patron(&["backup", "kept", "--workspace", SHOP]);
    refused.assert_refused(&["has 5 bytes instead of"]);
    fs::remove_file(&file).expect("it is there");
    let refused = sandbox.patron(&["backup", "kept", "--workspace", SHOP]);
    refused.assert_refused(&["is missing"]);
    assert!(!sandbox.path("kept").exists());
}

#[test]
fn a_catalogue_in_another_database_is_not_saved_silently() {
    let sandbox = shop();
    let settings = sandbox.text("shop/patron.toml");
    sandbox.write(
        "shop/patron.toml",
        format!("{settings}\ndatabase = \"postgres://me:hush@nowhere.invalid/shop\"\n"),
    );
    let refused = sandbox.patron(&["backup", "kept", "--workspace", SHOP]);
    refused.assert_refused(&["cannot be copied by patron", "pg_dump"]);
    assert!(!refused.stderr.contains("hush"), "{}", refused.stderr);
}
