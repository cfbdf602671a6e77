//! A query that fails says why and leaves nothing behind.

use std::collections::BTreeMap;

use super::servers::Postgres;
use crate::support::Sandbox;
use crate::workspace::{SHOP, imports_contents, with_workspace};

#[test]
fn what_the_command_line_lacks_is_named() {
    let sandbox = Sandbox::new();
    let cases: [(&[&str], &[&str]); 6] = [
        (
            &["--query", "SELECT 1"],
            &["no database was named", "PATRON_ADBC_URI"],
        ),
        (
            &["--adbc", "nowhere", "--query", "SELECT 1"],
            &["not known which driver reads `nowhere`", "--driver NAME"],
        ),
        (
            &[
                "--adbc",
                "postgresql://db/shop",
                "--query",
                "SELECT 1",
                "--driver",
                "adbc_driver_absent",
            ],
            &[
                "`adbc_driver_absent` was not found",
                "pip install adbc-driver-absent",
            ],
        ),
        (
            &[
                "--adbc",
                "shop.duckdb",
                "--query",
                "SELECT 1",
                "--driver",
                "./libduckdb.so",
            ],
            &["`./libduckdb.so` was not found", "download libduckdb"],
        ),
        (
            &[
                "--adbc",
                "shop.duckdb",
                "--query",
                "SELECT 1",
                "--driver",
                "text.so",
            ],
            &["`text.so` cannot be used", "--driver-entrypoint"],
        ),
        (
            &["--adbc", "shop.duckdb", "--query-file", "absent.sql"],
            &["cannot read the query in `absent.sql`"],
        ),
    ];
    sandbox.write("text.so", "no library");
    for (flags, words) in cases {
        sandbox.refuses(flags, words);
    }
}

#[test]
fn a_query_stands_in_the_place_of_files_and_beside_a_database() {
    let sandbox = Sandbox::new();
    let both = sandbox.patron(&["run", "orders.csv", "--query", "SELECT 1"]);
    both.assert_bad_command_line(&["cannot be used with"]);
    let no_query = sandbox.patron(&["run", "--adbc", "postgresql://db/shop"]);
    no_query.assert_bad_command_line(&["--query"]);
    let no_key = sandbox.patron(&["run", "--query", "SELECT 1", "--adbc-option", "=x"]);
    no_key.assert_bad_command_line(&["KEY=VALUE"]);
}

#[test]
fn what_the_database_says_is_passed_on() {
    let Some(postgres) = Postgres::new("what_the_database_says_is_passed_on") else {
        return;
    };
    let sandbox = Sandbox::new();
    let cases: [(&str, &[&str]); 5] = [
        (
            "SELECT nothing FROM pg_class",
            &[
                "the database refuses the query",
                "column \"nothing\" does not exist",
            ],
        ),
        (
            "CREATE TEMP TABLE x (a int)",
            &["gives no columns", "begins with SELECT"],
        ),
        ("SELECT 1 AS a WHERE false", &["the query gives no rows"]),
        (
            "SELECT 1 AS a",
            &["`query` has no column for `customer_id`"],
        ),
        (
            "SELECT 1 / (100000 - i) AS customer_id, now() AS ordered_at, 5 AS amount FROM generate_series(1, 200000) i",
            &[
                "breaks off after",
                "division by zero",
                "nothing of it was kept",
            ],
        ),
    ];
    for (sql, words) in cases {
        let refused = sandbox.refuses(&postgres.flags(sql), words);
        assert!(!refused.stderr.contains("Query was"), "{}", refused.stderr);
    }
    let (address, _) = postgres.url.rsplit_once('/').expect("an address");
    let absent = format!("{address}/absent");
    let flags = [
        "--driver",
        &postgres.driver,
        "--query",
        "SELECT 1",
        "--adbc",
    ];
    sandbox.refuses(
        &[&flags[..], &[&absent]].concat(),
        &[
            "refuses the connection",
            "database \"absent\" does not exist",
        ],
    );
    // A server that is not there may be there later.
    let dead =
        sandbox.patron(&[&["run"], &flags[..], &["postgresql://ann@127.0.0.1:1/shop"]].concat());
    assert_eq!(dead.code, 3, "{}", dead.stderr);
    assert!(
        dead.stderr
            .contains("cannot connect to `postgresql://127.0.0.1:1/shop`")
    );
    assert!(dead.stderr.contains("then try again"));
}

#[test]
fn an_answer_that_breaks_off_leaves_the_workspace_as_it_was() {
    let test = "an_answer_that_breaks_off_leaves_the_workspace_as_it_was";
    let Some(postgres) = Postgres::new(test) else {
        return;
    };
    let sandbox = with_workspace();
    let ask = |last: &str| {
        // Far more rows than one batch of the driver holds, then the end of the connection, or of the query.
        let sql = format!(
            "SELECT i AS order_id, i % 1000 AS customer_id, now() AS ordered_at, 5 AS amount, repeat('x', 200) AS note, {last} AS z FROM generate_series(1, 300000) i"
        );
        let flags = postgres.flags(&sql);
        sandbox.patron(&[&["import", "--workspace", SHOP], &flags[..]].concat())
    };
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    imports_contents(&sandbox.path(SHOP), &mut before);
    let broken = ask("1 / (290000 - i)");
    broken.assert_refused(&["breaks off after", "division by zero"]);
    assert!(!broken.stderr.contains("after 0 rows"), "{}", broken.stderr);
    let cut = ask("CASE WHEN i = 290000 THEN pg_terminate_backend(pg_backend_pid()) END");
    cut.assert_refused(&["breaks off after"]);
    imports_contents(&sandbox.path(SHOP), &mut after);
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>(),
        "something is left"
    );
    let list = sandbox.patron(&["import", "--workspace", SHOP, "--list"]);
    assert!(
        list.stdout.contains("Nothing was imported yet"),
        "{}",
        list.stdout
    );
}
