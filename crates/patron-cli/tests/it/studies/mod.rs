//! Studies of a shop: do they say what an independent count of the demo shop's files says, and what holds by definition?

mod behaviours;
mod channels;
mod cohorts;
mod drivers;
mod pareto;
mod profit;
mod survey;
mod value;

use serde_json::Value;

use crate::support::Sandbox;
use crate::workspace::{SHOP, import, with_workspace};

/// What orders cost in `reference/value-analytics`.
const COSTS: &str = "
[costs]
shipping_per_order = 4.5
payment_share = 0.02
payment_per_order = 0.3
service_per_contact = 3.0
return_handling = 2.5
";

/// The two days as of which the demo shop was counted.
const DAYS: [&str; 2] = ["2025-12-31", "2025-06-30"];

/// A workspace with the demo shop that `reference/value-analytics` counts.
fn demo_shop() -> Sandbox {
    let sandbox = Sandbox::new();
    let flags = [
        "demo",
        SHOP,
        "--customers",
        "2000",
        "--seed",
        "1",
        "--quiet",
    ];
    let made = sandbox.patron(&flags);
    assert_eq!(made.code, 0, "{}", made.stderr);
    sandbox
}

/// Adds to the workspace's settings.
fn set(sandbox: &Sandbox, settings: &str) {
    let path = sandbox.path(SHOP).join("patron.toml");
    let known = std::fs::read_to_string(&path).expect("as these files have it");
    std::fs::write(&path, known + settings).expect("as these files have it");
}

/// What a study says, as JSON.
#[track_caller]
fn study(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let flags = ["--workspace", SHOP, "--format", "json"];
    let outcome = sandbox.patron(&[arguments, &flags[..]].concat());
    assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
    serde_json::from_str(&outcome.stdout).expect("as these files have it")
}

/// The rows of a table of a study.
#[track_caller]
fn rows<'v>(study: &'v Value, table: &str) -> &'v Vec<Value> {
    let rows = study.pointer(&format!("/tables/{table}/rows"));
    rows.and_then(Value::as_array)
        .unwrap_or_else(|| panic!("no table {table} in {study}"))
}

/// The row of a table whose first column says this.
#[track_caller]
fn row<'v>(study: &'v Value, table: &str, (column, value): (&str, &str)) -> &'v Value {
    let found = rows(study, table).iter().find(|row| row[column] == value);
    found.unwrap_or_else(|| panic!("no {value} in {table}"))
}

/// Money, which is text, as ten-thousandths.
#[track_caller]
fn money(value: &Value) -> f64 {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no money: {value}"))
        .parse()
        .expect("as these files have it")
}

/// Fails unless two amounts are the same to the rounding of `parts` amounts to a ten-thousandth each.
#[track_caller]
fn assert_money(what: &str, found: f64, expected: f64, parts: f64) {
    let most = parts * 0.5e-4 + 1e-6;
    assert!(
        (found - expected).abs() <= most,
        "{what}: found {found}, expected {expected} within {most}"
    );
}
