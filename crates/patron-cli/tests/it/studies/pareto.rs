//! `patron pareto` beside `reference/value-analytics`.

use patron_testkit::reference_cases;
use serde_json::Value;

use super::{COSTS, DAYS, assert_money, demo_shop, money, row, rows, set, study};

/// Sums of two thousand numbers.
const ROUNDING: f64 = 1e-7;

#[track_caller]
fn assert_near(what: &str, found: &Value, expected: &Value) {
    let (found, expected) = (
        found.as_f64().expect("as these files have it"),
        expected.as_f64().expect("as these files have it"),
    );
    assert!(
        (found - expected).abs() < ROUNDING,
        "{what}: {found} {expected}"
    );
}

/// How far apart two sums may lie that are made of amounts rounded to a ten-thousandth each.
fn measure(found: &Value, name: &str, expected: &Value, parts: f64) {
    let of = row(found, "concentration", ("measure", name));
    assert_eq!(of["customers"], expected["customers"], "{name}");
    assert_eq!(of["customers_below_zero"], expected["negative"], "{name}");
    assert_money(
        name,
        money(&of["total"]),
        expected["total"].as_f64().expect("as these files have it"),
        parts,
    );
    assert_near(name, &of["gini"], &expected["gini"]);
    let tops = rows(found, "top")
        .iter()
        .filter(|row| row["measure"] == name);
    for (found, expected) in tops.zip(expected["top"].as_array().expect("as these files have it")) {
        assert_eq!(found["top"], format!("{} %", expected["percent"]), "{name}");
        assert_eq!(found["customers"], expected["customers"], "{name}");
        assert_money(
            name,
            money(&found["sum"]),
            expected["sum"].as_f64().expect("as these files have it"),
            parts,
        );
        assert_near(name, &found["share"], &expected["share"]);
    }
}

#[test]
fn concentration_agrees_with_an_independent_count() {
    let sandbox = demo_shop();
    let cases = reference_cases("value-analytics");
    for day in DAYS {
        let found = study(&sandbox, &["pareto", "--as-of", day]);
        measure(&found, "revenue", &cases[day]["pareto"]["net"], 0.0);
    }
}

/// Lines that name no customer are set aside, so that what goods of some orders cost is estimated; the shares are near those of the count, which knows it.
#[test]
fn concentration_of_what_is_left_is_near_that_of_the_count() {
    let sandbox = demo_shop();
    set(&sandbox, COSTS);
    let cases = reference_cases("value-analytics");
    for day in DAYS {
        let found = study(&sandbox, &["pareto", "--as-of", day]);
        let expected = &cases[day]["pareto"]["value_with_costs"];
        let of = row(&found, "concentration", ("measure", "contribution"));
        assert_eq!(of["customers"], expected["customers"]);
        let gini = of["gini"].as_f64().unwrap() - expected["gini"].as_f64().unwrap();
        assert!(gini.abs() < 0.002, "{day}: {gini}");
        let total = money(&of["total"]) / expected["total"].as_f64().unwrap();
        assert!((total - 1.0).abs() < 0.005, "{day}: {total}");
        // What the best bring is what `patron profit` says of the best tenth.
        let profit = study(&sandbox, &["profit", "--as-of", day]);
        let best = &rows(&profit, "by_tenth")[0];
        let tops = rows(&found, "top").iter();
        let mut tenth = tops.filter(|row| row["measure"] == "contribution" && row["top"] == "10 %");
        let tenth = tenth.next().unwrap();
        assert_eq!(tenth["customers"], best["customers"]);
        assert_money(
            "best tenth",
            money(&tenth["sum"]),
            money(&best["contribution"]),
            200.0,
        );
    }
}

#[test]
fn curves_end_at_one_and_windows_are_whole() {
    let sandbox = demo_shop();
    let found = study(&sandbox, &["pareto"]);
    for measure in ["revenue", "contribution", "clv"] {
        let curve = rows(&found, "lorenz")
            .iter()
            .filter(|row| row["measure"] == measure);
        let curve: Vec<&Value> = curve.collect();
        assert_eq!(curve.len(), 101, "{measure}");
        assert_eq!(
            (&curve[0]["share_of_total"], &curve[100]["share_of_total"]),
            (&0.0.into(), &1.0.into())
        );
    }
    let windows = rows(&found, "over_time");
    // The shop opened on 2023-01-01: eight years of twelve months end from 2024-01 to 2025-12.
    let ends: Vec<&str> = windows
        .iter()
        .map(|row| row["until"].as_str().unwrap())
        .collect();
    assert_eq!(ends.last(), Some(&"2025-12-31"));
    assert!(
        windows[0]["after"].as_str().unwrap() >= "2022-12-31",
        "{ends:?}"
    );
    let drivers = study(&sandbox, &["drivers"]);
    let later = row(&drivers, "periods", ("period", "later"));
    let last = windows.last().unwrap();
    assert_eq!(
        (&last["buyers"], money(&last["revenue"])),
        (&later["buyers"], money(&later["revenue"]))
    );
}
