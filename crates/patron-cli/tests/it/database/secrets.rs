//! Neither user nor password of a database is seen or kept anywhere.

use std::collections::BTreeMap;

use super::servers::Postgres;
use crate::support::{Outcome, Sandbox};
use crate::workspace::{SHOP, imports_contents, with_workspace};

const USER: &str = "annabel";
const PASSWORD: &str = "Hunter2-is-secret";
const SQL: &str = "SELECT 'ann' AS customer, DATE '2024-05-01' AS date, 5 AS total UNION ALL SELECT NULL, NULL, 7";

#[track_caller]
fn assert_hidden(text: &str, what: &str) {
    for secret in [USER, PASSWORD, "Hunter2", "is-secret"] {
        assert!(!text.contains(secret), "`{secret}` is in {what}: {text}");
    }
}

#[track_caller]
fn assert_silent(outcome: &Outcome, code: i32) {
    assert_eq!(outcome.code, code, "{}", outcome.stderr);
    assert_hidden(&outcome.stdout, "what is printed");
    assert_hidden(&outcome.stderr, "what is said");
}

/// Fails if a secret is in any file of the sandbox.
#[track_caller]
fn assert_nothing_kept(sandbox: &Sandbox) {
    let mut files = BTreeMap::new();
    imports_contents(&sandbox.path("."), &mut files);
    assert!(files.len() > 8, "{:?}", files.keys());
    for (name, bytes) in files {
        assert_hidden(&String::from_utf8_lossy(&bytes), &name);
    }
}

#[test]
fn an_address_with_a_password_is_not_kept_or_shown() {
    let Some(postgres) = Postgres::new("an_address_with_a_password_is_not_kept_or_shown") else {
        return;
    };
    let (_, server) = postgres
        .url
        .rsplit_once('@')
        .expect("an address with a user");
    postgres.run(&format!(
        "DO $$ BEGIN CREATE USER {USER} PASSWORD '{PASSWORD}'; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    ));
    let address = format!("postgresql://{USER}:{PASSWORD}@{server}");
    let sandbox = with_workspace();
    let flags = ["--driver", &postgres.driver, "--query", SQL];
    let typed = [&flags[..], &["--adbc", &address]].concat();
    let import = ["import", "--workspace", SHOP];
    // Everything the log has is said, too.
    assert_silent(
        &sandbox.patron_with_log("trace", &[&import[..], &typed].concat()),
        0,
    );
    assert_silent(
        &sandbox.patron_with_log("trace", &[&["run"], &typed[..]].concat()),
        0,
    );
    let run = sandbox.results("patron-out").run_json();
    assert_eq!(
        run["machine"]["inputs"][0],
        format!("postgresql://{server}")
    );
    assert_nothing_kept(&sandbox);
    // From the environment: the same import, so nothing of it is new.
    let arguments = [&import[..], &flags].concat();
    let told = sandbox.patron_with(&[("PATRON_ADBC_URI", &address)], &arguments);
    assert_silent(&told, 0);
    assert!(told.stdout.contains("query is import 1"), "{}", told.stdout);
    // In parameters and options.
    let parameters = format!("postgresql://{server}?user={USER}&password={PASSWORD}");
    let ran = sandbox.patron(&[&["run", "--adbc", &parameters], &flags[..]].concat());
    assert_silent(&ran, 0);
    let option = format!("uri={address}");
    let ran = sandbox.patron(&[&["run", "--adbc-option", &option], &flags[..]].concat());
    assert_silent(&ran, 0);
    assert_nothing_kept(&sandbox);
}

#[test]
fn a_failure_shows_no_password() {
    let Some(postgres) = Postgres::new("a_failure_shows_no_password") else {
        return;
    };
    let sandbox = Sandbox::new();
    let (_, server) = postgres
        .url
        .rsplit_once('@')
        .expect("an address with a user");
    for (address, words) in [
        (
            format!("postgresql://nobody:{PASSWORD}@{server}"),
            "password authentication failed",
        ),
        // A slash in the password: what stands before it is taken for a port.
        (
            format!("postgresql://nobody:{PASSWORD}/x@{server}"),
            "invalid integer value \"***\"",
        ),
        (
            format!("postgresql://{PASSWORD}%zz@{server}?password={PASSWORD}"),
            "refuses",
        ),
        (format!("host=nowhere pass={PASSWORD}"), "the database"),
    ] {
        let flags = [
            "run",
            "--driver",
            &postgres.driver,
            "--query",
            SQL,
            "--adbc",
            &address,
        ];
        let refused = sandbox.patron_with_log("trace", &flags);
        assert_silent(&refused, 1);
        assert!(
            refused.stderr.contains(words),
            "{words}: {}",
            refused.stderr
        );
    }
}
