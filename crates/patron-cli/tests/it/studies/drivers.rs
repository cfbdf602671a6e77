//! `patron drivers` beside `reference/value-analytics`.

use patron_testkit::reference_cases;
use serde_json::Value;

use super::{DAYS, assert_money, demo_shop, money, row, rows, study};

/// Parts of a change add up to it, to the ten-thousandth.
fn assert_adds_up(found: &Value, table: &str, change: f64) {
    let parts = rows(found, table).iter();
    let sum: f64 = parts.map(|row| money(&row["part_of_change"])).sum();
    assert!((sum - change).abs() < 1e-6, "{table}: {sum} {change}");
}

#[test]
fn drivers_agree_with_an_independent_count() {
    let sandbox = demo_shop();
    let cases = reference_cases("value-analytics");
    for day in DAYS {
        let found = study(&sandbox, &["drivers", "--as-of", day]);
        let expected = &cases[day]["drivers"];
        for period in ["earlier", "later"] {
            let (found, expected) = (
                row(&found, "periods", ("period", period)),
                &expected[period],
            );
            assert_eq!(
                (&found["after"], &found["until"]),
                (&expected["from_after"], &expected["to"])
            );
            for field in ["buyers", "orders"] {
                assert_eq!(
                    found[field].as_f64(),
                    expected[field].as_f64(),
                    "{day} {field}"
                );
            }
            assert_money(
                period,
                money(&found["revenue"]),
                expected["net"].as_f64().unwrap(),
                0.0,
            );
        }
        for (factor, part) in expected["revenue_shapley"].as_object().unwrap() {
            let found = row(&found, "revenue_drivers", ("factor", factor));
            assert_money(
                factor,
                money(&found["part_of_change"]),
                part.as_f64().unwrap(),
                2.0,
            );
        }
        let change = expected["revenue_change"].as_f64().unwrap();
        assert_adds_up(&found, "revenue_drivers", change);
        for (group, expected) in expected["groups"].as_object().unwrap() {
            let found = row(&found, "groups", ("group", group));
            assert_eq!(found["customers"], expected["customers"], "{day} {group}");
            for field in ["earlier", "later", "change"] {
                assert_money(
                    group,
                    money(&found[field]),
                    expected[field].as_f64().unwrap(),
                    0.0,
                );
            }
        }
    }
}

#[test]
fn all_parts_add_up_whatever_the_periods() {
    let sandbox = demo_shop();
    for months in ["1", "3", "7", "12", "18", "40"] {
        let found = study(&sandbox, &["drivers", "--months", months]);
        let [earlier, later] =
            ["earlier", "later"].map(|period| row(&found, "periods", ("period", period)));
        let revenue = money(&later["revenue"]) - money(&earlier["revenue"]);
        assert_adds_up(&found, "revenue_drivers", revenue);
        let left = money(&later["contribution"]) - money(&earlier["contribution"]);
        assert_adds_up(&found, "contribution_drivers", left);
        let kept = row(&found, "groups", ("group", "kept"));
        assert_adds_up(&found, "kept_drivers", money(&kept["change"]));
        let groups = rows(&found, "groups")
            .iter()
            .filter(|row| row["group"] != "all");
        let sum: f64 = groups.map(|row| money(&row["change"])).sum();
        assert!((sum - revenue).abs() < 1e-6, "{months}: {sum} {revenue}");
        // The shop is three years old: an earlier period before it is empty, or not whole, and that is said.
        let notes = found["notes"].to_string();
        assert_eq!(
            notes.contains("drivers_short_history"),
            months == "40",
            "{notes}"
        );
        assert_eq!(notes.contains("drivers_seasons"), months != "12", "{notes}");
    }
}
