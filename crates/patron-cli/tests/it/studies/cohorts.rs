//! `patron cohorts` beside `reference/value-analytics`.

use patron_testkit::reference_cases;
use serde_json::Value;

use super::{COSTS, DAYS, assert_money, demo_shop, money, row, rows, set, study};
use crate::workspace::{SHOP, import, with_workspace};

/// Shares, and products of shares, in doubles.
const ROUNDING: f64 = 1e-9;

#[track_caller]
fn assert_share(what: &str, found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{what}: {found}"));
    assert!(
        (found - expected).abs() < ROUNDING,
        "{what}: {found} {expected}"
    );
}

#[test]
fn cohorts_agree_with_an_independent_count() {
    let sandbox = demo_shop();
    let cases = reference_cases("value-analytics");
    for day in DAYS {
        for period in ["month", "quarter"] {
            let found = study(&sandbox, &["cohorts", "--as-of", day, "--period", period]);
            let expected = cases[day]["cohorts"][period].as_array().unwrap();
            assert_eq!(rows(&found, "cohorts").len(), expected.len());
            let mut cells = rows(&found, "cells").iter();
            for (place, expected) in expected.iter().enumerate() {
                cohort(&found, place, expected);
                let sums = expected["cumulative_revenue"].as_array().unwrap();
                let buyers = expected["buyers"].as_array().unwrap();
                for (age, (sum, buyers)) in sums.iter().zip(buyers).enumerate() {
                    let cell = cells.next().unwrap();
                    let what = format!("{day} {} at {age}", expected["cohort"]);
                    assert_eq!(cell["age"], age, "{what}");
                    assert_eq!(cell["buyers"], *buyers, "{what}");
                    let complete = (age as u64) < expected["complete"].as_u64().unwrap();
                    assert_eq!(
                        cell["complete"],
                        if complete { "yes" } else { "no" },
                        "{what}"
                    );
                    assert_money(&what, money(&cell["revenue"]), sum.as_f64().unwrap(), 0.0);
                }
            }
            assert!(cells.next().is_none());
        }
    }
}

/// A cohort's row, and that of the retention side by side.
fn cohort(found: &Value, place: usize, expected: &Value) {
    let what = expected["cohort"].as_str().expect("as these files have it");
    let cohort = &rows(found, "cohorts")[place];
    assert_eq!(cohort["customers"], expected["customers"], "{what}");
    assert_eq!(cohort["complete_periods"], expected["complete"], "{what}");
    let retention = &rows(found, "retention")[place];
    let customers = expected["customers"]
        .as_f64()
        .expect("as these files have it");
    let complete = expected["complete"]
        .as_u64()
        .expect("as these files have it");
    let shown = retention.as_object().expect("as these files have it").len() as u64 - 2;
    for (age, place) in (0..shown).zip(0_usize..) {
        let cell = &retention[age.to_string()];
        let buyers = &expected["buyers"][place];
        match buyers.as_f64().filter(|_| age < complete) {
            Some(buyers) => assert_share(what, cell, buyers / customers),
            None => assert!(cell.is_null(), "{what} at {age}: {cell}"),
        }
    }
}

#[test]
fn rhythm_agrees_with_lifelines() {
    let sandbox = demo_shop();
    let cases = reference_cases("value-analytics");
    for day in DAYS {
        let found = study(&sandbox, &["cohorts", "--as-of", day]);
        let expected = &cases[day]["cohorts"];
        for (place, expected) in expected["rhythm"].as_array().unwrap().iter().enumerate() {
            let rhythm = &rows(&found, "rhythm")[place];
            assert_eq!(rhythm["from_purchase"], expected["from"]);
            assert_eq!(rhythm["customers"], expected["customers"]);
            assert_eq!(rhythm["bought_again"], expected["bought_again"]);
            for bound in ["median_days", "median_low", "median_high"] {
                assert_eq!(
                    rhythm[bound].as_f64(),
                    expected[bound].as_f64(),
                    "{day} {bound}"
                );
            }
            let within = rows(&found, "rhythm_by_days").iter();
            let within = within.filter(|row| row["from_purchase"] == expected["from"]);
            for (found, expected) in within.zip(expected["shares"].as_array().unwrap()) {
                assert_eq!(found["within_days"], expected["days"]);
                for field in ["share", "low", "high"] {
                    assert_share(field, &found[field], expected[field].as_f64().unwrap());
                }
            }
        }
        let reached = expected["reached_purchase_days"].as_object().unwrap();
        for found in rows(&found, "reached") {
            let count = &reached[&found["purchase"].to_string()];
            assert_eq!(found["customers"], *count, "{day}");
        }
    }
}

#[test]
fn groups_at_each_age_agree_with_an_independent_count() {
    let sandbox = demo_shop();
    let cases = reference_cases("value-analytics");
    for day in DAYS {
        let found = study(&sandbox, &["cohorts", "--as-of", day]);
        for (grouping, field) in [
            ("channel", "by_channel"),
            ("first_discount", "by_first_discount"),
        ] {
            for (name, expected) in cases[day]["cohorts"][field].as_object().unwrap() {
                let ages = rows(&found, "ages").iter();
                let ages: Vec<&Value> = ages
                    .filter(|row| row["grouping"] == grouping && row["group"] == name.as_str())
                    .collect();
                for (found, expected) in ages.iter().zip(expected.as_array().unwrap()) {
                    let what = format!("{day} {name} at {}", expected["k"]);
                    assert_eq!(found["age"], expected["k"], "{what}");
                    assert_eq!(found["customers"], expected["customers"], "{what}");
                    assert_eq!(found["buyers"], expected["buyers"], "{what}");
                    let mean = expected["mean_cumulative_revenue"].as_f64().unwrap();
                    assert_money(&what, money(&found["revenue_per_customer"]), mean, 1.0);
                }
                assert!(ages.len() >= expected.as_array().unwrap().len());
            }
        }
    }
}

/// Cohorts are everybody, once; what they brought is what the shop sold; contributions are those of `patron channels`.
#[test]
fn cohorts_sum_to_the_shop_and_channels_cost_what_they_cost() {
    let sandbox = demo_shop();
    set(&sandbox, COSTS);
    let found = study(&sandbox, &["cohorts"]);
    let cohorts = rows(&found, "cohorts");
    let customers: u64 = cohorts
        .iter()
        .map(|row| row["customers"].as_u64().unwrap())
        .sum();
    assert_eq!(found["customers"], customers);
    let profit = study(&sandbox, &["profit"]);
    let net = money(&row(&profit, "accounts", ("item", "net"))["amount"]);
    let cells = rows(&found, "cells").iter();
    // The last cell of a cohort is all that it brought.
    let mut last = std::collections::BTreeMap::new();
    for cell in cells {
        last.insert(cell["cohort"].as_str().unwrap(), money(&cell["revenue"]));
    }
    assert_money("net", last.values().sum(), net, 0.0);
    for grouping in ["by_channel", "by_first_discount", "by_first_category"] {
        let groups = rows(&found, grouping).iter();
        let sum: u64 = groups.map(|row| row["customers"].as_u64().unwrap()).sum();
        // Of some first orders no article is known.
        assert!(
            sum == customers || grouping == "by_first_category",
            "{grouping}: {sum}"
        );
    }
    let channels = study(&sandbox, &["channels"]);
    for found in rows(&found, "by_channel") {
        let name = found["group"].as_str().unwrap();
        let channel = row(&channels, "channels", ("channel", name));
        assert_eq!(
            (&found["cac"], &found["payback"]),
            (&channel["cac"], &channel["payback_month"]),
            "{name}"
        );
        let by_age = rows(&channels, "by_age").iter();
        // What they brought in the first n months is known at the end of age n − 1.
        let ages = by_age.filter(|row| row["channel"] == name && row["months"] != 36);
        for age in ages {
            let at = rows_at(
                &study_ages(&sandbox),
                name,
                age["months"].as_u64().unwrap() - 1,
            );
            assert_eq!(at.0, age["customers"], "{name}");
            assert_money(name, at.1, money(&age["value_per_customer"]), 1.0);
        }
    }
}

fn study_ages(sandbox: &crate::support::Sandbox) -> Value {
    study(sandbox, &["cohorts", "--table", "ages"])
}

fn rows_at(found: &Value, channel: &str, age: u64) -> (Value, f64) {
    let mut ages = rows(found, "ages").iter();
    let is_it =
        |row: &&Value| row["grouping"] == "channel" && row["group"] == channel && row["age"] == age;
    let row = ages.find(is_it).expect("as these files have it");
    (
        row["customers"].clone(),
        money(&row["contribution_per_customer"]),
    )
}

/// One customer with one order, on the as-of day: nothing is over, nothing is said that cannot be.
#[test]
fn a_shop_of_one_order_has_a_sensible_page() {
    let sandbox = with_workspace();
    sandbox.write(
        "orders.csv",
        "customer_id,order_id,ordered_at,net\na,1,2025-05-10,20\n",
    );
    import(&sandbox, &["orders.csv"]);
    let found = study(&sandbox, &["cohorts"]);
    let only = &rows(&found, "cohorts")[0];
    assert_eq!(
        (&only["customers"], &only["complete_periods"]),
        (&1.into(), &0.into())
    );
    assert!(only["contribution_per_customer"].is_null() && only["cac"].is_null());
    assert_eq!(rows(&found, "retention").len(), 1);
    let rhythm = &rows(&found, "rhythm")[0];
    assert_eq!(
        (&rhythm["customers"], &rhythm["bought_again"]),
        (&1.into(), &0.into())
    );
    assert!(rhythm["median_days"].is_null() && rhythm["within_30_days"].is_null());
    for command in ["pareto", "drivers"] {
        assert_eq!(study(&sandbox, &[command])["customers"], 1);
    }
    let table = sandbox.patron(&["cohorts", "--workspace", SHOP]);
    assert_eq!(table.code, 0, "{}", table.stderr);
    assert!(table.stdout.contains("1 customer"), "{}", table.stdout);
}
