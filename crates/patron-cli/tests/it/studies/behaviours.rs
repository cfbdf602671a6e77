//! `patron behaviours` beside `reference/value-analytics`: whom independent code flags, and what a shop of any size is told.

use std::collections::BTreeSet;

use patron_testkit::{number, project_root};
use serde_json::Value;

use super::{demo_shop, row, rows, set, study};
use crate::support::Sandbox;
use crate::workspace::{SHOP, import, with_workspace};

/// The same grid by other code, there to six places.
const SAME: f64 = 2e-6;

/// A few cancelled orders of guests are not in their histories, which moves what is usual of contacts by so little.
const NEARLY: f64 = 2e-4;

/// Shares of the trial are given to three places.
const THREE_PLACES: f64 = 5.1e-4;

/// Truth and what was found are compared for these.
const OF_TRUTH: [(&str, &str, f64, f64); 4] = [
    ("discount_only", "discount_lover", 0.965, 0.249),
    ("serial_returner", "returner", 1.0, 0.317),
    ("frequent_complainer", "complainer", 1.0, 0.188),
    ("gift_buyer", "gift_buyer", 0.527, 0.587),
];

fn reference(file: &str) -> Value {
    let path = project_root().join("reference/value-analytics").join(file);
    serde_json::from_str(&std::fs::read_to_string(path).expect("as these files have it"))
        .expect("as these files have it")
}

fn flagged() -> Value {
    reference("flagged.json")
}

/// The rows of a behaviour's customers.
fn of<'v>(found: &'v Value, behaviour: &str) -> Vec<&'v Value> {
    let rows = rows(found, "customers").iter();
    rows.filter(|row| row["behaviour"] == behaviour).collect()
}

fn ids(rows: &[&Value]) -> BTreeSet<String> {
    let ids = rows
        .iter()
        .map(|row| row["customer_id"].as_str().expect("as these files have it"));
    ids.map(str::to_owned).collect()
}

/// The customers of an object by id, or of a list.
fn expected_ids(of: &Value) -> BTreeSet<String> {
    match of {
        Value::Object(by_id) => by_id.keys().cloned().collect(),
        _ => {
            let list = of.as_array().expect("as these files have it").iter();
            list.map(|id| id.as_str().expect("as these files have it").to_owned())
                .collect()
        }
    }
}

fn demo() -> (Sandbox, Value) {
    let sandbox = demo_shop();
    let found = study(&sandbox, &["behaviours", "--as-of", "2025-12-31"]);
    (sandbox, found)
}

#[test]
fn the_same_customers_are_flagged_as_by_independent_code() {
    let (_sandbox, found) = demo();
    let cases = flagged();
    assert_eq!(found["customers"], cases["customers"]);
    for (behaviour, expected) in [
        ("discount_only", &cases["discount_only"]),
        ("serial_returner", &cases["serial_returner"]["customers"]),
        ("frequent_complainer", &cases["frequent_complainer"]),
        ("gift_buyer", &cases["gift_buyer"]),
        ("let_down", &cases["let_down"]["customers"]),
        ("falling_frequency", &cases["falling_frequency"]),
        ("large_first_order", &cases["large_first_order"]),
        ("lapsed_best", &cases["lapsed_best"]),
    ] {
        let expected = expected_ids(expected);
        assert_eq!(ids(&of(&found, behaviour)), expected, "{behaviour}");
        let line = row(&found, "behaviours", ("behaviour", behaviour));
        assert_eq!(line["customers"], expected.len(), "{behaviour}");
        assert_eq!(line["told"], "yes");
    }
    assert!(of(&found, "late_returner").is_empty());
    // What guests' lines would add is in nobody's figures, and flags nobody else.
    let with_guests = &cases["serial_returner_with_guests_lines"]["customers"];
    assert_eq!(
        expected_ids(with_guests),
        ids(&of(&found, "serial_returner"))
    );
}

#[test]
fn precision_and_recall_are_those_of_the_trial_of_the_rules() {
    let (_sandbox, found) = demo();
    let cases = flagged();
    for (behaviour, trait_, precision, recall) in OF_TRUTH {
        let flagged = ids(&of(&found, behaviour));
        let truth = expected_ids(&cases["truth"][trait_]);
        let hits = flagged.intersection(&truth).count() as f64;
        let found_precision = hits / flagged.len() as f64;
        let found_recall = hits / truth.len() as f64;
        assert!(
            (found_precision - precision).abs() < THREE_PLACES,
            "{behaviour}"
        );
        assert!((found_recall - recall).abs() < THREE_PLACES, "{behaviour}");
    }
}

#[test]
fn probabilities_and_intervals_are_those_of_independent_code() {
    let (_sandbox, found) = demo();
    let cases = flagged();
    for (behaviour, expected) in [
        ("discount_only", &cases["discount_only"]),
        ("serial_returner", &cases["serial_returner"]["customers"]),
        ("frequent_complainer", &cases["frequent_complainer"]),
    ] {
        let same = if behaviour == "frequent_complainer" {
            NEARLY
        } else {
            SAME
        };
        for line in of(&found, behaviour) {
            let expected = &expected[line["customer_id"].as_str().unwrap()];
            for (column, place) in [
                ("/probability", "/2"),
                ("/estimate", "/3"),
                ("/low", "/4"),
                ("/high", "/5"),
            ] {
                let (found, expected) = (number(line, column), number(expected, place));
                let scale = expected.max(1.0);
                assert!((found - expected).abs() < same * scale, "{line} {expected}");
            }
            let counts = format!("{} of {} ", expected[0], expected[1]);
            let said = line["explanation"].as_str().unwrap();
            assert!(said.contains(&counts), "{said} should say {counts}");
        }
    }
    for line in of(&found, "gift_buyer") {
        let expected = &cases["gift_buyer"][line["customer_id"].as_str().unwrap()];
        let difference = number(line, "/probability") - expected.as_f64().unwrap();
        assert!(difference.abs() < SAME, "{line}");
    }
    for line in of(&found, "let_down") {
        let expected = &cases["let_down"]["customers"][line["customer_id"].as_str().unwrap()];
        assert_eq!(line["level"], expected.as_u64().unwrap().min(2), "{line}");
    }
}

#[test]
fn what_comes_after_a_bad_experience_agrees_with_the_trial() {
    let (_sandbox, found) = demo();
    let cases = flagged();
    for (name, experience) in [
        ("late", "late"),
        ("faulty", "faulty"),
        ("unavailable", "unavailable"),
        ("any", "any of them"),
    ] {
        let expected = &cases["after_an_order"][name];
        let line = row(&found, "after_bad_experience", ("experience", experience));
        assert_eq!(line["orders_with"], expected["orders_with"]);
        for column in [
            "/again_with",
            "/again_without",
            "/difference",
            "/low",
            "/high",
        ] {
            let difference = number(line, column) - number(expected, column);
            assert!(difference.abs() < THREE_PLACES, "{name} {column}: {line}");
        }
    }
    let late = row(&found, "after_bad_experience", ("experience", "late"));
    assert_eq!(late["verdict"], "fewer come again");
    let unavailable = row(
        &found,
        "after_bad_experience",
        ("experience", "unavailable"),
    );
    assert_eq!(unavailable["verdict"], "not enough orders");
    let days: BTreeSet<String> = rows(&found, "promotion_days")
        .iter()
        .map(|row| row["day"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(days, expected_ids(&cases["promotion_days"]));
}

#[test]
fn what_is_usual_of_categories_agrees_with_independent_code() {
    let (_sandbox, found) = demo();
    let base = &flagged()["serial_returner"]["category_base"];
    let lines = rows(&found, "returns_by_category");
    assert_eq!(lines.len(), base.as_object().unwrap().len());
    for line in lines {
        let name = line["category"].as_str().unwrap();
        let expected = base[if name == "(unknown)" { "?" } else { name }].as_f64();
        let difference = line["share_returned"].as_f64().unwrap() - expected.unwrap();
        assert!(difference.abs() < 1e-6, "{line}");
    }
}

#[test]
fn settings_change_what_is_told() {
    let (sandbox, found) = demo();
    set(
        &sandbox,
        "\n[behaviours]\nseasons = [\"02-01..02-14\"]\nlate_after_days = 2\nlarge_first_order = 0.5\ncomplaint_topics = [\"complaint\"]\nfault_words = [\"nothing\"]\n",
    );
    let other = study(&sandbox, &["behaviours", "--as-of", "2025-12-31"]);
    let count = |found: &Value, key: &str| of(found, key).len();
    assert!(count(&other, "let_down") > 2 * count(&found, "let_down"));
    assert!(count(&other, "large_first_order") > 2 * count(&found, "large_first_order"));
    assert!(count(&other, "gift_buyer") < count(&found, "gift_buyer"));
    let faulty = |found: &Value| {
        let rows = rows(found, "after_bad_experience").iter();
        rows.filter(|row| row["experience"] == "faulty").count()
    };
    assert_eq!((faulty(&found), faulty(&other)), (1, 0));
    set(&sandbox, "large = 1\n");
    let refused = sandbox.patron(&["behaviours", "--workspace", SHOP]);
    assert_ne!(refused.code, 0, "{}", refused.stdout);
}

#[test]
fn shops_of_one_and_of_ten_customers_are_told_that_they_are_too_small() {
    for (customers, each) in [(1, 1), (10, 4)] {
        let sandbox = with_workspace();
        let mut orders = "order_id,customer_id,order_date,net,discount\n".to_owned();
        for customer in 0..customers {
            for order in 0..each {
                let day = 1 + customer + order;
                let line = format!(
                    "{customer}-{order},c{customer},2024-0{}-{day:02},20,1\n",
                    1 + order
                );
                orders.push_str(&line);
            }
        }
        sandbox.write("orders.csv", &orders);
        import(&sandbox, &["orders.csv"]);
        let found = study(&sandbox, &["behaviours"]);
        assert_eq!(found["customers"], customers);
        for line in rows(&found, "behaviours") {
            let told = line["told"].as_str().unwrap();
            let is_told = line["behaviour"] == "let_down";
            assert_eq!(told == "yes", is_told, "{line}");
            assert!(is_told || told.starts_with("too "), "{line}");
            assert_eq!(line["customers"].is_null(), !is_told, "{line}");
        }
        assert!(found["tables"]["customers"].is_null());
        let notes = found["notes"].as_array().unwrap().iter();
        let keys: Vec<&str> = notes.map(|note| note["key"].as_str().unwrap()).collect();
        assert_eq!(
            keys,
            [
                "behaviours_signals",
                "behaviours_untold",
                "behaviours_no_delivery"
            ]
        );
        let read = sandbox.patron(&["behaviours", "--workspace", SHOP]);
        assert!(read.stdout.contains("too few to tell"), "{}", read.stdout);
    }
}

#[test]
fn the_same_shop_gives_the_same_bytes_whatever_order_its_files_come_in() {
    let sandbox = with_workspace();
    let lines: Vec<String> = (0..400)
        .map(|n| {
            format!(
                "{n},c{},202{}-0{}-1{},{},{},2024-01-09\n",
                n % 90,
                3 + n % 2,
                1 + n % 8,
                n % 9,
                20 + n % 37,
                n % 3
            )
        })
        .collect();
    let header = "order_id,customer_id,order_date,net,discount,delivered_at\n";
    sandbox.write("a.csv", format!("{header}{}", lines.concat()));
    import(&sandbox, &["a.csv"]);
    let first = study(&sandbox, &["behaviours"]);
    let other = with_workspace();
    let backwards: Vec<String> = lines.into_iter().rev().collect();
    other.write("b.csv", format!("{header}{}", backwards.concat()));
    import(&other, &["b.csv"]);
    assert_eq!(first, study(&other, &["behaviours"]));
}

#[test]
fn the_reference_of_rules_is_the_one_the_method_page_reports() {
    // What flagged.json adds customer by customer is what behaviours.json counts.
    let counts = reference("behaviours.json");
    let cases = flagged();
    let shop = &counts["2000 customers, seed 1"];
    let rule = "grid prior, P(share > bound) >= 0.8, 3 orders (recommended)";
    assert_eq!(
        shop["discounts"][rule]["flagged"],
        expected_ids(&cases["discount_only"]).len()
    );
    let rule = "excess, P >= 0.5 (recommended)";
    assert_eq!(
        shop["gifts"][rule]["flagged"],
        expected_ids(&cases["gift_buyer"]).len()
    );
    let let_down = &cases["let_down"];
    let all = expected_ids(&let_down["customers"]).len() as u64;
    let rule = "late, faulty, cancelled with a contact (recommended)";
    assert_eq!(
        shop["bad_experiences"][rule]["at least 1"]["flagged"],
        all + let_down["others"].as_u64().unwrap()
    );
}
