//! Queries to databases: a real PostgreSQL and a real `DuckDB` give what files with the same rows give.

mod duckdb;
mod failures;
mod postgres;
mod secrets;
pub(crate) mod servers;
mod sorted;

use crate::support::{Results, Sandbox, Seeded};

/// A shop's orders, some odd: no customer, no amount, a word for an amount, a cancelled order, one that comes twice.
const HEADER: &str = "order_id,customer_id,ordered_at,amount,status";

/// Rows of [`HEADER`], the same for the same seed.
fn orders(seed: u64, rows: u64) -> Vec<String> {
    let mut random = Seeded(seed);
    let mut below = |bound: u64| random.next() % bound;
    (0..rows)
        .map(|row| {
            let customer = match below(40) {
                0 => String::new(),
                _ => format!("c{}", below(rows / 4)),
            };
            let amount = match below(50) {
                0 => String::new(),
                1 => format!("-{}.0050", 1 + below(9)),
                _ => format!("{}.{:04}", below(2_000), below(10_000)),
            };
            let status = match below(5) {
                0 => "cancelled",
                1 => "",
                _ => "paid",
            };
            let (month, day, hour) = (1 + below(12), 1 + below(28), below(24));
            let at = format!("2024-{month:02}-{day:02}T{hour:02}:30:05.25+01:00");
            format!("o{row},{customer},{at},{amount},{status}")
        })
        .collect()
}

fn csv(rows: &[String]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

/// Runs on the rows of a query, which must succeed.
#[track_caller]
fn run_query(sandbox: &Sandbox, flags: &[&str]) -> Results {
    let own = ["run", "--out", "from-query", "--no-clv", "--quiet"];
    let outcome = sandbox.patron(&[&own[..], flags].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    sandbox.results("from-query")
}

/// Fails unless a query gave what a file of the same rows gave, but for where rows are from.
#[track_caller]
fn assert_same(query: &Results, file: &Results) {
    for name in [
        "customers.parquet",
        "customers.csv",
        "segments.csv",
        "customers_without_order.csv",
    ] {
        assert!(query.bytes(name) == file.bytes(name), "`{name}` differs");
    }
    let (found, expected) = (query.run_json(), file.run_json());
    assert_eq!(found["rows"], expected["rows"]);
    let (found, expected) = (query.rejected(), file.rejected());
    assert!(found.column("file").iter().all(|file| *file == "query"));
    for column in ["class", "column", "reason"] {
        assert_eq!(found.column(column), expected.column(column));
    }
    // A row's number is its line; a file has its header before.
    let lines = |lines: Vec<&str>| -> Vec<u64> {
        lines
            .iter()
            .map(|line| line.parse().expect("a number"))
            .collect()
    };
    let before: Vec<u64> = lines(found.column("line"))
        .iter()
        .map(|line| line + 1)
        .collect();
    assert_eq!(before, lines(expected.column("line")));
}
