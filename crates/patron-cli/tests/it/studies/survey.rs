//! `patron survey` and `patron groups` beside `reference/value-analytics`.

use patron_testkit::reference_cases;
use serde_json::Value;

use super::{DAYS, assert_money, demo_shop, money, row, rows, study};

/// Fails unless a row tells these answers.
#[track_caller]
fn assert_answers(found: &Value, expected: &Value) {
    for column in ["answers", "promoters", "passives", "detractors"] {
        assert_eq!(found[column], expected[column], "{column}: {found}");
    }
    let answers = expected["answers"]
        .as_f64()
        .expect("as these files have it");
    for (column, expected_column) in [("nps", "nps"), ("nps_low", "low"), ("nps_high", "high")] {
        // Below 30 answers another interval is told.
        if column != "nps" && answers < 30.0 {
            continue;
        }
        let (found, expected) = (
            found[column].as_f64().expect("as these files have it"),
            expected[expected_column]
                .as_f64()
                .expect("as these files have it"),
        );
        assert!(
            (found - expected).abs() < 1e-9,
            "{column}: {found}, expected {expected}"
        );
    }
}

#[test]
fn answers_agree_with_an_independent_count() {
    let sandbox = demo_shop();
    let cases = reference_cases("value-analytics");
    for day in DAYS {
        let found = study(&sandbox, &["survey", "--as-of", day]);
        let expected = &cases[day]["survey"];
        assert_answers(&rows(&found, "overall")[0], &expected["overall"]);
        for (table, column) in [
            ("by_channel", "channel"),
            ("by_lifecycle", "lifecycle"),
            ("by_month", "month"),
        ] {
            let expected = expected[table].as_object().unwrap();
            assert_eq!(rows(&found, table).len(), expected.len(), "{table}");
            for (name, expected) in expected {
                assert_answers(row(&found, table, (column, name)), expected);
            }
        }
        let by_segment = rows(&found, "by_segment").iter();
        let answers: u64 = by_segment.map(|row| row["answers"].as_u64().unwrap()).sum();
        assert_eq!(expected["overall"]["answers"], answers);
    }
}

#[test]
fn those_who_answered_and_those_who_did_not_are_everybody() {
    let sandbox = demo_shop();
    let found = study(&sandbox, &["survey"]);
    let cases = reference_cases("value-analytics");
    let customers: u64 = rows(&found, "against_value")
        .iter()
        .map(|row| row["customers"].as_u64().unwrap())
        .sum();
    assert_eq!(cases["2025-12-31"]["profit"]["customers"], customers);
}

#[test]
fn nobody_answered_is_said() {
    let sandbox = super::with_workspace();
    sandbox.write(
        "one.csv",
        "order_id,customer_id,order_date,net\n1,a,2024-01-01,100\n",
    );
    super::import(&sandbox, &["one.csv"]);
    let found = study(&sandbox, &["survey"]);
    assert_eq!(found["notes"][0]["key"], "survey_none");
    assert!(rows(&found, "overall")[0]["nps"].is_null());
    assert!(found["tables"]["by_month"].is_null());
}

#[test]
fn groups_of_channels_agree_with_the_count_and_add_up() {
    let sandbox = demo_shop();
    let found = study(&sandbox, &["groups"]);
    let cases = reference_cases("value-analytics");
    let of = |attribute: &str| -> Vec<&Value> {
        rows(&found, "groups")
            .iter()
            .filter(|row| row["attribute"] == attribute)
            .collect()
    };
    let expected = cases["2025-12-31"]["channels"]["by_channel"]
        .as_array()
        .unwrap();
    for expected in expected {
        let channel = of("channel")
            .into_iter()
            .find(|row| row["value"] == expected["channel"])
            .unwrap();
        assert_eq!(channel["customers"], expected["customers"]);
        assert_money(
            "net",
            money(&channel["net"]),
            expected["revenue"].as_f64().unwrap(),
            0.0,
        );
    }
    for attribute in [
        "segment",
        "lifecycle",
        "first_month",
        "channel",
        "first_discount",
    ] {
        let customers: u64 = of(attribute)
            .iter()
            .map(|row| row["customers"].as_u64().unwrap())
            .sum();
        assert_eq!(found["customers"], customers, "{attribute}");
        let values: Vec<f64> = of(attribute)
            .iter()
            .map(|row| money(&row["total_value"]))
            .collect();
        assert!(
            values.is_sorted_by(|a, b| a >= b),
            "{attribute}: {values:?}"
        );
    }
}

#[test]
fn the_best_and_the_rest_are_compared_within_what_is_known_of_them() {
    let sandbox = demo_shop();
    let found = study(&sandbox, &["groups"]);
    let ideal = rows(&found, "ideal_customer");
    for row in ideal {
        let share = |column: &str| row[column].as_f64().unwrap();
        if let Some(ratio) = row["times_as_frequent"].as_f64() {
            assert!(
                (ratio - share("share_of_best") / share("share_of_rest")).abs() < 1e-9,
                "{row}"
            );
            assert!(share("low") <= ratio + 1e-9, "{row}");
        }
        let differs = share("low") > 1.0 || row["high"].as_f64().is_some_and(|high| high < 1.0);
        assert_eq!(row["differs"] == "yes", differs, "{row}");
    }
    let best: f64 = ideal
        .iter()
        .filter(|row| row["attribute"] == "channel")
        .map(|row| row["share_of_best"].as_f64().unwrap())
        .sum();
    assert!((best - 1.0).abs() < 1e-9);
}
