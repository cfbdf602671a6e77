//! Customers that a database sorts are what they are without: a real PostgreSQL and a real `DuckDB`.

use super::servers::{Postgres, duckdb};
use super::{csv, orders};
use crate::support::{Results, Sandbox, Seeded};

const AS_OF: [&str; 2] = ["--as-of", "2024-12-31"];
const SORTED: &str = "--sorted-by-server";
const AS_TEXT: &str = "SELECT * FROM read_csv('orders.csv', all_varchar = true)";

fn ask<'a>(library: &'a str, sql: &'a str) -> [&'a str; 6] {
    ["--adbc", "duckdb:", "--driver", library, "--query", sql]
}

#[track_caller]
fn run(sandbox: &Sandbox, flags: &[&[&str]]) -> Results {
    let own: &[&str] = &["run", "--quiet"];
    let outcome = sandbox.patron(&[&[own], flags].concat().concat());
    assert_eq!(outcome.code, 0, "{flags:?}\n{}", outcome.stderr);
    sandbox.results("patron-out")
}

/// What of a run does not depend on the order of rows. Which rows are set aside is listed in their order.
fn told(results: &Results) -> Vec<Vec<u8>> {
    let files = [
        "customers.parquet",
        "customers.csv",
        "segments.csv",
        "customers_without_order.csv",
    ];
    let mut told: Vec<Vec<u8>> = files.map(|name| results.bytes(name)).into();
    let rejected = results.rejected();
    let columns = ["class", "column", "value", "reason"].map(|name| rejected.column(name));
    let rows = 0..columns[0].len();
    let mut rows: Vec<String> = rows
        .map(|row| columns.each_ref().map(|column| column[row]).join("|"))
        .collect();
    rows.sort();
    told.push(rows.join("\n").into_bytes());
    told.push(results.run_json()["rows"].to_string().into_bytes());
    told
}

/// Fails unless a query gives the same with and without the database's sorting; returns how much of each went to disk.
#[track_caller]
fn assert_same(sandbox: &Sandbox, flags: &[&[&str]], what: &str) -> [u64; 2] {
    let spilled = |results: &Results| {
        let bytes = results.run_json()["machine"]["spilled_bytes"].as_u64();
        bytes.expect("a number")
    };
    let as_they_come = run(sandbox, &[flags, &[&[SORTED]]].concat());
    let (found, sorted_spilled) = (told(&as_they_come), spilled(&as_they_come));
    let all_at_once = run(sandbox, flags);
    assert!(found == told(&all_at_once), "{what}");
    [sorted_spilled, spilled(&all_at_once)]
}

/// Lines, refunds and versions of a small shop, with odd ids, in no order.
fn small_shop(seed: u64) -> String {
    let mut random = Seeded(seed);
    let ids = [
        "ann", "Ann", " ann", "b\u{e9}a", "7", "07", "\u{738b}", "zed", "", "mia", "x'y",
    ];
    let mut rows = Vec::new();
    for order in 0..60 {
        let customer = ids[usize::try_from(random.next() % 11).expect("small")];
        let (month, day) = (1 + random.next() % 12, 1 + random.next() % 28);
        let at = format!("2024-{month:02}-{day:02} 10:00:00");
        for line in 0..=random.next() % 3 {
            let product = random.next() % 4;
            let quantity = 1 + random.next() % 3;
            let net = (random.next() % 5_000).cast_signed() - 500;
            let status = ["paid", "paid", "refunded", "cancelled"]
                [usize::try_from(random.next() % 4).expect("small")];
            let row = format!(
                "o{order},{customer},{at},{net}.5,{quantity},p{product},{status},2025-01-0{}",
                1 + line
            );
            // Now and then the very same row again.
            let times = 1 + usize::from(random.next().is_multiple_of(8));
            rows.extend(std::iter::repeat_n(row, times));
        }
    }
    random.shuffle(&mut rows);
    format!(
        "order_id,customer_id,ordered_at,amount,quantity,product_id,status,updated_at\n{}\n",
        rows.join("\n")
    )
}

#[test]
fn small_shops_sorted_by_duckdb_are_what_they_are() {
    let Some(library) = duckdb("small_shops_sorted_by_duckdb_are_what_they_are") else {
        return;
    };
    for seed in 1..=8 {
        println!("seed {seed}");
        let sandbox = Sandbox::with_orders(&small_shop(seed));
        for more in [
            &["--grain", "line"][..],
            &["--grain", "order", "--no-clv"],
            &["--grain", "line", "--drop-duplicates", "--no-clv"],
        ] {
            let flags: [&[&str]; 3] = [&ask(library, AS_TEXT), &AS_OF, more];
            assert_same(&sandbox, &flags, &format!("seed {seed} with {more:?}"));
        }
    }
}

#[test]
fn small_shops_sorted_by_postgresql_are_what_they_are() {
    let Some(postgres) = Postgres::new("small_shops_sorted_by_postgresql_are_what_they_are") else {
        return;
    };
    postgres.run("CREATE TABLE orders (order_id text, customer_id text, ordered_at timestamp, amount numeric, quantity int, product_id text, status text, updated_at date)");
    for seed in 21..=24 {
        println!("seed {seed}");
        let sandbox = Sandbox::with_orders(&small_shop(seed));
        let path = sandbox.path("orders.csv");
        postgres.run("TRUNCATE orders");
        let copy = format!(
            "\\copy orders from '{}' with (format csv, header)",
            path.display()
        );
        postgres.run(&copy);
        for query in [
            "SELECT * FROM orders",
            "SELECT * FROM orders ORDER BY random()",
            "SELECT order_id, length(customer_id) AS customer_id, ordered_at, amount, quantity FROM orders WHERE order_id < 'o3'",
        ] {
            let more = ["--grain", "line", "--keep", "shared-orders"];
            let flags: [&[&str]; 3] = [&postgres.flags(query), &AS_OF, &more];
            assert_same(&sandbox, &flags, &format!("seed {seed}, {query}"));
        }
        let ends = ["SELECT * FROM orders", "SELECT * FROM orders -- all\n; "].map(|query| {
            let more = [SORTED, "--grain", "line"];
            told(&run(&sandbox, &[&postgres.flags(query), &AS_OF, &more]))
        });
        assert!(ends[0] == ends[1], "the end of a query is no part of it");
    }
}

#[test]
fn customers_of_many_batches_come_whole_and_nothing_goes_to_disk() {
    let test = "customers_of_many_batches_come_whole_and_nothing_goes_to_disk";
    let Some(library) = duckdb(test) else {
        return;
    };
    // More than one thread reads at a time; one customer has more than a batch, and more than a part, of them.
    let mut rows = orders(17, 260_000);
    for (number, row) in rows.iter_mut().enumerate().filter(|(row, _)| row % 3 == 0) {
        *row = format!(
            "o{number},m,2024-0{}-11T08:00:00Z,{number}.5,paid",
            1 + number % 9
        );
    }
    let sandbox = Sandbox::with_orders(&csv(&rows));
    let asked = ask(library, AS_TEXT);
    let flags: [&[&str]; 4] = [
        &asked,
        &AS_OF,
        &["--memory", "16M"],
        &["--no-clv", "--keep", "shared-orders"],
    ];
    let [sorted, unsorted] = assert_same(&sandbox, &flags, "many rows");
    assert_eq!(sorted, 0, "orders are not kept");
    assert!(
        unsorted > 1_000_000,
        "without, they are: {unsorted} bytes went to disk"
    );
    // Without leave to share orders it is kept whose each is.
    let flags: [&[&str]; 4] = [&asked, &AS_OF, &["--memory", "16M"], &["--no-clv"]];
    let [sorted, _] = assert_same(&sandbox, &flags, "whose orders are");
    assert!(sorted > 0 && sorted < unsorted / 2, "{sorted} bytes");
    // Neither threads nor where a part ends is seen.
    let results = |threads: &str| {
        let more = [SORTED, "--no-clv", "--threads", threads];
        let results = run(&sandbox, &[&asked, &AS_OF, &more]);
        (told(&results), results.run_json_but_machine())
    };
    assert!(results("1") == results("3"), "threads change nothing");
}

#[test]
fn whoever_comes_back_is_told_and_not_counted_twice() {
    let Some(library) = duckdb("whoever_comes_back_is_told_and_not_counted_twice") else {
        return;
    };
    let sandbox = Sandbox::new();
    // To the database ` x` is first and `x` is last; to patron they are one.
    let who = "CASE i WHEN 0 THEN ' x' WHEN 1 THEN 'x' ELSE 'c' || (i % 30000) END";
    let sql = format!(
        "SELECT 'o' || i AS order_id, {who} AS customer_id, DATE '2024-05-01' AS ordered_at, 5 AS amount FROM range(40000) t(i)"
    );
    let asked = ask(library, &sql);
    let flags = [&["run"], &asked[..], &AS_OF, &["--no-clv", "--quiet"]].concat();
    let outcome = sandbox.patron(&[&flags[..], &[SORTED]].concat());
    outcome.assert_refused(&["customer `x` came back", "leave out `--sorted-by-server`"]);
    assert!(sandbox.names().is_empty(), "nothing is left behind");
    let without = run(&sandbox, &[&asked, &AS_OF, &["--no-clv"]]).customers();
    assert_eq!(without.cell("x", "orders"), "2");
}

#[test]
fn what_takes_all_facts_at_once_is_refused() {
    let Some(library) = duckdb("what_takes_all_facts_at_once_is_refused") else {
        return;
    };
    let sandbox = Sandbox::new();
    let rows = |values: &str| {
        format!(
            "SELECT order_id, customer_id, DATE '2024-05-01' AS ordered_at, 5 AS amount, email FROM (VALUES {values}) t(order_id, customer_id, email)"
        )
    };
    let own = rows("('1', 'ann', NULL), ('2', 'bob', NULL)");
    let shared = rows("('1', 'ann', NULL), ('1', 'bob', NULL)");
    let guests = rows("('1', 'ann', 'ann@example.org'), ('2', NULL, 'ann@example.org')");
    let nobody = "SELECT DATE '2024-05-01' AS ordered_at, 5 AS amount";
    for (sql, more, words) in [
        (&own, &[][..], "without an as-of day"),
        (
            &own,
            &["--as-of", "2024-12-31", "--as-of-series", "3m"],
            "--as-of-series",
        ),
        (
            &own,
            &["--as-of", "2024-04-30"],
            "no valid order by 2024-04-30",
        ),
        (
            &shared,
            &AS_OF,
            "1 orders stand with more than one customer",
        ),
        (&guests, &AS_OF, "joining customers by their addresses"),
        (&nobody.to_owned(), &AS_OF, "customer"),
    ] {
        let flags = [&["run", SORTED][..], &ask(library, sql), more].concat();
        sandbox.patron(&flags).assert_refused(&[words]);
    }
    for (sql, more) in [
        (&shared, ["--keep", "shared-orders"]),
        (&guests, ["--identity", "off"]),
    ] {
        let flags: [&[&str]; 4] = [&ask(library, sql), &AS_OF, &more, &["--no-clv"]];
        assert_same(&sandbox, &flags, sql);
    }
    let file = sandbox.patron(&["run", "orders.csv", SORTED]);
    file.assert_bad_command_line(&["--query"]);
}
