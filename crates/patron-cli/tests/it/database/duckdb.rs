//! What `DuckDB` gives: a file of its own, and anything that it reads.

use super::servers::duckdb;
use super::{assert_same, csv, orders, run_query};
use crate::support::Sandbox;
use crate::workspace::run_files;

const COLUMNS: &str = "order_id::VARCHAR AS order_id, customer_id, ordered_at::TIMESTAMPTZ AS ordered_at, amount::DECIMAL(18,4) AS amount, status";

#[test]
fn a_query_to_duckdb_gives_what_a_file_of_the_same_rows_gives() {
    let Some(library) = duckdb("a_query_to_duckdb_gives_what_a_file_of_the_same_rows_gives") else {
        return;
    };
    let sandbox = Sandbox::with_orders(&csv(&orders(13, 40_000)));
    let file = run_files(&sandbox, &["orders.csv"]);
    let as_text = "read_csv('orders.csv', all_varchar = true)";
    let sql = format!("SELECT {COLUMNS} FROM {as_text}");
    let flags = [
        "--adbc",
        "duckdb://:memory:",
        "--driver",
        library,
        "--query",
        &sql,
    ];
    assert_same(&run_query(&sandbox, &flags), &file);
    // Dictionaries, and texts that nobody made anything of.
    let sql =
        format!("SELECT * REPLACE (status::ENUM ('paid', 'cancelled') AS status) FROM {as_text}");
    let flags = ["--adbc", "duckdb:", "--driver", library, "--query", &sql];
    assert_same(&run_query(&sandbox, &flags), &file);
}

#[test]
fn every_type_of_duckdb_is_read_or_named() {
    let Some(library) = duckdb("every_type_of_duckdb_is_read_or_named") else {
        return;
    };
    let sandbox = Sandbox::new();
    let ask =
        |sql: &str| ["--adbc", "duckdb:", "--driver", library, "--query", sql].map(str::to_owned);
    for (at, amount, monetary) in [
        ("TIMESTAMP_S '2024-05-01 10:00:00'", "12.5::DOUBLE", "12.50"),
        ("TIMESTAMP_MS '2024-05-01 10:00:00'", "0.1::FLOAT", "0.10"),
        (
            "TIMESTAMP_NS '2024-05-01 10:00:00'",
            "12::UTINYINT",
            "12.00",
        ),
        (
            "TIMESTAMPTZ '2024-05-01 10:00:00+00'",
            "12::HUGEINT",
            "12.00",
        ),
        ("DATE '2024-05-01'", "12::UBIGINT", "12.00"),
        (
            "TIMESTAMP '2024-05-01 10:00:00'",
            "1.23456789::DECIMAL(38,8)",
            "1.2346",
        ),
        ("'2024-05-01'", "sum(12)", "12.00"),
    ] {
        let sql = format!(
            "SELECT '00000000-0000-4000-8000-00000000000a'::UUID AS customer_id, {at} AS ordered_at, {amount} AS amount, {{'a': 1}} AS s, [1] AS l, true AS b, NULL AS n"
        );
        let flags = ask(&sql);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let customers = run_query(&sandbox, &flags).customers();
        assert_eq!(
            customers.column("customer_id"),
            ["00000000-0000-4000-8000-00000000000a"]
        );
        assert_eq!(customers.column("monetary"), [monetary], "{amount}");
        assert!(
            customers.column("first_order_at")[0].starts_with("2024-05-01T"),
            "{at}"
        );
    }
    let flags = ask("SELECT 'a' AS customer_id, now() AS ordered_at, [1] AS amount");
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    sandbox.refuses(&flags, &["column `amount` of `query` has the type List"]);
}

#[test]
fn a_duckdb_file_is_only_read() {
    let Some(library) = duckdb("a_duckdb_file_is_only_read") else {
        return;
    };
    let sandbox = Sandbox::new();
    let ask = |sql: &'static str, more: &[&'static str]| {
        let flags = [
            "run",
            "--adbc",
            "shop.duckdb",
            "--driver",
            library,
            "--quiet",
            "--query",
            sql,
        ];
        sandbox.patron(&[&flags[..], more].concat())
    };
    let none = ask("SELECT 1", &[]);
    none.assert_refused(&[
        "shop.duckdb",
        "does not exist",
        "check the database's name or path",
    ]);
    let make =
        "CREATE TABLE orders AS SELECT 'ann' AS customer, DATE '2024-05-01' AS date, 5 AS total";
    ask(make, &["--adbc-option", "access_mode=READ_WRITE"]);
    let refused = ask("INSERT INTO orders SELECT * FROM orders", &[]);
    refused.assert_refused(&["read-only"]);
    let ran = ask("SELECT * FROM orders", &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let customers = sandbox.results("patron-out").customers();
    assert_eq!(customers.column("monetary"), ["5.00"]);
}
