//! What PostgreSQL gives, of every type that a shop keeps its orders in.

use super::servers::Postgres;
use super::{assert_same, csv, orders, run_query};
use crate::support::Sandbox;
use crate::workspace::{SHOP, assert_same_results, counts, import, run, run_files, with_workspace};

/// In the order of the file; a table has none of its own.
const ORDERED: &str = "SELECT * FROM orders ORDER BY substr(order_id, 2)::int";
const TABLE: &str = "CREATE TABLE orders (order_id text, customer_id varchar(20), ordered_at timestamptz, amount numeric(18,4), status text)";

/// Makes a table of the rows of a CSV file in the sandbox.
fn load(postgres: &Postgres, sandbox: &Sandbox, file: &str) {
    postgres.run("DROP TABLE IF EXISTS orders");
    postgres.run(TABLE);
    let path = sandbox.path(file);
    postgres.run(&format!(
        "\\copy orders from '{}' with (format csv, header)",
        path.display()
    ));
}

#[test]
fn a_query_gives_what_a_file_of_the_same_rows_gives() {
    let Some(postgres) = Postgres::new("a_query_gives_what_a_file_of_the_same_rows_gives") else {
        return;
    };
    // More rows than are looked at before, and than one thread reads at a time.
    let sandbox = Sandbox::with_orders(&csv(&orders(7, 40_000)));
    load(&postgres, &sandbox, "orders.csv");
    let query = run_query(&sandbox, &postgres.flags(ORDERED));
    assert_same(&query, &run_files(&sandbox, &["orders.csv"]));
    assert_eq!(query.run_json()["rows"]["in"], 40_000);
    // Neither threads nor where a batch ends is seen.
    let again = run_query(
        &sandbox,
        &[&postgres.flags(ORDERED)[..], &["--threads", "1"]].concat(),
    );
    assert_eq!(
        query.run_json_but_machine(),
        again.run_json_but_machine(),
        "threads change nothing"
    );
}

#[test]
fn written_numbers_keep_their_point_whatever_their_decimals() {
    let Some(postgres) = Postgres::new("written_numbers_keep_their_point_whatever_their_decimals")
    else {
        return;
    };
    let sandbox = Sandbox::new();
    // Three decimals in every row: text like this would be thousands. The ids are numbers, of two kinds.
    let sql = "SELECT i AS order_id, (i % 2)::numeric AS customer_id, DATE '2024-05-01' + i::int AS day, (i + 0.125)::numeric(9,3) AS amount FROM generate_series(1, 6) i";
    let customers = run_query(&sandbox, &postgres.flags(sql)).customers();
    // 2.125 + 4.125 + 6.125 and 1.125 + 3.125 + 5.125.
    assert_eq!(customers.column("customer_id"), ["0", "1"]);
    assert_eq!(customers.column("monetary"), ["12.375", "9.375"]);
    // A number of no fixed scale: 1.5 and 0.15 have the same digits and are not the same.
    let sql = "SELECT 'a' AS customer_id, DATE '2024-05-01' AS day, n::numeric AS amount FROM unnest(ARRAY[1.5, 0.15, 15]) n";
    let results = run_query(&sandbox, &postgres.flags(sql));
    assert_eq!(results.customers().column("monetary"), ["16.65"]);
    assert_eq!(results.run_json()["rows"]["flags"]["duplicate"], 0);
}

#[test]
fn every_type_is_read_or_named() {
    let Some(postgres) = Postgres::new("every_type_is_read_or_named") else {
        return;
    };
    let sandbox = Sandbox::new();
    postgres.run("CREATE TYPE state AS ENUM ('paid', 'cancelled')");
    let others = "'{}'::jsonb AS j, ARRAY[1, 2] AS l, interval '1 day' AS v, TIME '10:00' AS t, true AS b, NULL AS n, 1::int2 AS s, 2.5::float4 AS f, '\\x00ff'::bytea AS y";
    let customer = "'00000000-0000-4000-8000-00000000000a'::uuid AS customer_id";
    for (at, amount, monetary) in [
        ("TIMESTAMP '2024-05-01 10:00'", "12.5::float8", "12.50"),
        ("TIMESTAMPTZ '2024-05-01 10:00+02'", "0.1::float4", "0.10"),
        ("DATE '2024-05-01'", "12::int2", "12.00"),
        ("'2024-05-01'::text", "1234567::int8", "1234567.00"),
        ("'2024-05-01'::char(12)", "'12.50'::varchar", "12.50"),
    ] {
        let sql = format!(
            "SELECT {customer}, {at} AS ordered_at, {amount} AS amount, 'paid'::state AS status, {others}"
        );
        let results = run_query(&sandbox, &postgres.flags(&sql));
        let customers = results.customers();
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
    for (amount, found) in [("12.5::numeric::money", "money"), ("ARRAY[1]", "List")] {
        let sql = format!("SELECT 'a' AS customer_id, now() AS ordered_at, {amount} AS amount");
        let words = [
            "column `amount` of `query` has the type",
            found,
            "CAST(amount AS numeric)",
        ];
        sandbox.refuses(&postgres.flags(&sql), &words);
    }
}

#[test]
fn texts_in_a_database_are_understood_like_texts_in_a_file() {
    let Some(postgres) = Postgres::new("texts_in_a_database_are_understood_like_texts_in_a_file")
    else {
        return;
    };
    let sandbox = Sandbox::new();
    let sql = "SELECT * FROM (VALUES ('ann', '13/05/2024', '1.234,50'), ('bob', '02/05/2024', '3,25')) o(customer, date, total)";
    let customers = run_query(&sandbox, &postgres.flags(sql)).customers();
    assert_eq!(customers.column("monetary"), ["1234.50", "3.25"]);
    assert_eq!(
        customers.cell("bob", "first_order_at"),
        "2024-05-02T00:00:00+00:00"
    );
    // A file with the query, and flags as for files.
    sandbox.write("orders.sql", sql.replace("date", "placed"));
    let flags = [
        "--adbc",
        &postgres.url,
        "--driver",
        &postgres.driver,
        "--query-file",
        "orders.sql",
    ];
    let flags = [&flags[..], &["--map", "ordered_at=placed"]].concat();
    let mapped = run_query(&sandbox, &flags).customers();
    assert_eq!(mapped, customers);
}

#[test]
fn the_same_query_again_changes_nothing_and_a_newer_answer_supersedes() {
    let test = "the_same_query_again_changes_nothing_and_a_newer_answer_supersedes";
    let Some(postgres) = Postgres::new(test) else {
        return;
    };
    let sandbox = with_workspace();
    sandbox.write("orders.csv", csv(&orders(11, 2_000)));
    load(&postgres, &sandbox, "orders.csv");
    let in_order = postgres.flags("SELECT * FROM orders ORDER BY order_id");
    let shown = import(&sandbox, &[&["--dry-run"], &in_order[..]].concat());
    assert!(shown.stdout.contains("this was a dry run"));
    let first = import(&sandbox, &in_order);
    assert_eq!(counts(&shown, "query"), counts(&first, "query"));
    let [rows, new, superseding, unchanged, aside] = counts(&first, "query");
    assert_eq!(
        [rows, superseding, unchanged, new + aside],
        [2_000, 0, 0, 2_000]
    );
    assert!(sandbox.text("shop/rejected/1.csv").contains("query,"));
    let of_file = run_files(&sandbox, &["orders.csv"]);
    assert_same_results(&run(&sandbox, &[]), &of_file, "a query");
    // The very same answer is known as a whole.
    let again = import(&sandbox, &in_order);
    assert!(
        again
            .stdout
            .contains("query is import 1: nothing of it is new"),
        "{}",
        again.stdout
    );
    assert!(again.stdout.contains("Nothing changed."));
    // In another order it is known row by row; and so are the rows of a file.
    let otherwise = postgres.flags("SELECT * FROM orders ORDER BY md5(order_id)");
    assert_eq!(
        counts(&import(&sandbox, &otherwise), "query"),
        [2_000, 0, 0, new, aside]
    );
    assert_eq!(run(&sandbox, &[]).customers(), of_file.customers());
    // A newer answer that overlaps: one order changed, one is new.
    postgres.run("DELETE FROM orders WHERE customer_id IS NULL OR status <> 'paid' OR amount IS NULL OR amount <= 0 OR order_id > 'o15'");
    postgres
        .run("UPDATE orders SET amount = 1 WHERE order_id = (SELECT min(order_id) FROM orders)");
    postgres.run("INSERT INTO orders VALUES ('late', 'c1', '2025-01-05', 5, 'paid')");
    let newer = counts(&import(&sandbox, &in_order), "query");
    assert_eq!([newer[1], newer[2], newer[4]], [1, 1, 0]);
    assert_eq!(newer[3], newer[0] - 2);
    let customers = run(&sandbox, &[]).customers();
    assert_eq!(
        customers.cell("c1", "last_order_at"),
        "2025-01-05T00:00:00+00:00"
    );
    assert_eq!(
        counts(&import(&sandbox, &["--list"]), "query")[0],
        2_000,
        "in {SHOP}"
    );
}
