//! `patron profit` beside `reference/value-analytics`.

use patron_testkit::{number, reference_cases};
use serde_json::Value;

use super::{COSTS, DAYS, assert_money, demo_shop, money, row, rows, set, study};

/// What an item of the accounts amounts to.
fn amount(found: &Value, item: &str) -> f64 {
    money(&row(found, "accounts", ("item", item))["amount"])
}

#[test]
fn accounts_agree_with_an_independent_count() {
    let sandbox = demo_shop();
    set(&sandbox, COSTS);
    let cases = reference_cases("value-analytics");
    for day in DAYS {
        let found = study(&sandbox, &["profit", "--as-of", day]);
        let expected = |name: &str| number(&cases, &format!("/{day}/profit/{name}"));
        assert_eq!(found["customers"].as_f64(), Some(expected("customers")));
        let orders = expected("orders");
        for (item, expected) in [
            ("before_refunds", expected("amount_before_refunds")),
            ("net", expected("net")),
            ("shipping_paid_by_customers", expected("shipping_paid")),
            ("discounts_given", expected("discount")),
            ("return_handling", -2.5 * expected("returns")),
            ("service", -3.0 * expected("service_contacts_of_customers")),
            ("shipping", -4.5 * orders),
        ] {
            assert_money(item, amount(&found, item), expected, 0.0);
        }
        let paid = expected("net") + expected("shipping_paid") + expected("tax");
        // Each payment is rounded to a ten-thousandth.
        assert_money(
            "payment",
            amount(&found, "payment"),
            -0.02 * paid - 0.3 * orders,
            orders,
        );
    }
}

#[test]
fn contributions_of_whom_all_is_known_agree_to_the_rounding() {
    let sandbox = demo_shop();
    set(&sandbox, COSTS);
    let found = study(&sandbox, &["profit"]);
    let cases = reference_cases("value-analytics");
    let lowest = cases
        .pointer("/2025-12-31/profit/with_costs/lowest")
        .and_then(Value::as_array)
        .unwrap();
    // Lines of guests' orders name nobody and are set aside: what their goods cost is estimated.
    let known = |row: &&Value| !row["customer"].as_str().unwrap().contains('@');
    let mut compared = 0;
    for expected in lowest.iter().filter(known) {
        let id = expected["customer"].as_str().unwrap();
        let row = row(&found, "customers", ("customer_id", id));
        let orders = expected["orders"].as_f64().unwrap();
        let value = expected["value"].as_f64().unwrap();
        // Cost of goods line by line, payments and what came back are rounded.
        assert_money(id, money(&row["contribution"]), value, 12.0 * orders);
        compared += 1;
    }
    assert!(compared > 10, "{compared}");
}

#[test]
fn tables_add_up() {
    let sandbox = demo_shop();
    set(&sandbox, COSTS);
    let found = study(&sandbox, &["profit"]);
    let sum = |table: &str, column: &str| -> f64 {
        rows(&found, table)
            .iter()
            .map(|row| money(&row[column]))
            .sum()
    };
    let all = amount(&found, "contribution");
    let customers = rows(&found, "customers").len();
    assert_eq!(found["customers"], customers);
    // Where the cost of goods is estimated, each sum rounds it for itself.
    assert_money("tenths", sum("by_tenth", "contribution"), all, 20.0);
    assert_money(
        "customers",
        sum("customers", "contribution"),
        all,
        2.0 * customers as f64,
    );
    assert_money("net", sum("customers", "net"), amount(&found, "net"), 0.0);
    let service = amount(&found, "service");
    assert_money(
        "months",
        sum("by_month", "contribution"),
        all - service,
        72.0,
    );
    let below = rows(&found, "cost_exceeds_profit");
    assert!(below.iter().all(|row| money(&row["contribution"]) < 0.0));
    let contributions = rows(&found, "customers").iter();
    let contributions: Vec<f64> = contributions
        .map(|row| money(&row["contribution"]))
        .collect();
    assert!(contributions.is_sorted_by(|a, b| a >= b));
    assert_eq!(
        contributions.iter().filter(|left| **left < 0.0).count(),
        below.len()
    );
}

#[test]
fn without_any_costs_profit_is_withheld_and_with_a_margin_it_is_told() {
    let sandbox = super::with_workspace();
    sandbox.write(
        "orders.csv",
        "order_id,customer_id,order_date,net\n1,a,2024-01-01,100\n2,a,2024-02-01,50\n3,b,2024-03-01,50\n",
    );
    super::import(&sandbox, &["orders.csv"]);
    let found = study(&sandbox, &["profit"]);
    assert!(row(&found, "accounts", ("item", "contribution"))["amount"].is_null());
    assert!(found["tables"]["by_tenth"].is_null());
    assert_eq!(found["notes"][0]["key"], "profit_unknown");
    let found = study(&sandbox, &["profit", "--margin", "0.4"]);
    assert_money("margin", amount(&found, "contribution"), 80.0, 0.0);
    let best = row(&found, "customers", ("customer_id", "a"));
    assert_money("best", money(&best["contribution"]), 60.0, 0.0);
}

#[test]
fn goods_that_come_back_without_an_order_bring_their_cost_back() {
    let left = |kind: &str, settings: &str| {
        let sandbox = super::with_workspace();
        sandbox.write(
            "orders.csv",
            "order_id,customer_id,order_date,net\n1,a,2024-01-01,100\n2,a,2024-02-01,100\n",
        );
        let refund =
            format!("refund_id,customer_id,refunded_at,amount,kind\nr1,a,2024-01-20,50,{kind}\n");
        sandbox.write("refunds.csv", refund);
        super::import(&sandbox, &["orders.csv", "refunds.csv"]);
        set(&sandbox, settings);
        let found = study(&sandbox, &["profit", "--margin", "0.4"]);
        (
            amount(&found, "refunds_without_order"),
            amount(&found, "contribution"),
        )
    };
    // 0.4 × 200; of what came back only the margin is lost, of money that was given all.
    assert_eq!(left("return", ""), (-50.0, 60.0));
    assert_eq!(left("compensation", ""), (-50.0, 30.0));
    assert_eq!(left("return", "unlinked_refunds = \"drop\"\n"), (0.0, 80.0));
}

#[test]
fn wrong_costs_and_tables_are_refused_with_a_mend() {
    let sandbox = demo_shop();
    let ask = |arguments: &[&str]| {
        sandbox.patron(&[&["profit", "--workspace", super::SHOP], arguments].concat())
    };
    ask(&["--table", "nothing"]).assert_refused(&[
        "there is no table `nothing`",
        "its tables are: accounts, by_month, by_tenth, cost_exceeds_profit, customers",
    ]);
    let parquet = ask(&["--format", "parquet"]);
    assert_eq!(parquet.code, 2, "{}", parquet.stderr);
    assert!(parquet.stderr.contains("`--out DIR`"), "{}", parquet.stderr);
    set(&sandbox, "[costs]\nreturn_handling = -1\n");
    ask(&[]).assert_refused(&["`costs.return_handling` is `-1`, expected an amount of at least 0"]);
}
