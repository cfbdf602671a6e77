//! `patron value` beside `reference/value-analytics/aspects.json`, and what holds by definition.

use patron_testkit::project_root;
use serde_json::Value;

use super::{demo_shop, row, rows, set, study};

/// A cell that is a number, or money.
fn number(cell: &Value) -> Option<f64> {
    cell.as_f64().or_else(|| cell.as_str()?.parse().ok())
}

#[test]
fn ingredients_agree_with_an_independent_count() {
    let sandbox = demo_shop();
    let found = study(&sandbox, &["value"]);
    let path = project_root().join("reference/value-analytics/aspects.json");
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(found["customers"], cases["customers"]);
    let accounts: Vec<&Value> = rows(&found, "customers")
        .iter()
        .filter(|row| !row["customer_id"].as_str().unwrap().contains('@'))
        .collect();
    assert_eq!(cases["accounts"], accounts.len());
    for (ingredient, expected) in cases["sums_of_accounts"].as_object().unwrap() {
        let known = accounts.iter().filter_map(|row| number(&row[ingredient]));
        let known: Vec<f64> = known.collect();
        assert_eq!(
            cases["known_of_accounts"][ingredient],
            known.len(),
            "{ingredient}"
        );
        let (sum, expected) = (known.iter().sum::<f64>(), expected.as_f64().unwrap());
        // Cost of goods is rounded to a ten-thousandth, line by line.
        let most = if ingredient == "contribution_12m" {
            0.5
        } else {
            1e-5
        };
        assert!(
            (sum - expected).abs() < most,
            "{ingredient}: {sum}, expected {expected}"
        );
    }
    for (id, expected) in cases["some"].as_object().unwrap() {
        let row = row(&found, "customers", ("customer_id", id));
        for (ingredient, expected) in expected.as_object().unwrap() {
            match (number(&row[ingredient]), expected.as_f64()) {
                (Some(found), Some(expected)) => {
                    assert!(
                        (found - expected).abs() < 0.01,
                        "{id} {ingredient}: {found}, {expected}"
                    );
                }
                (found, expected) => assert_eq!(found, expected, "{id} {ingredient}"),
            }
        }
    }
}

#[test]
fn scores_are_weighted_means_of_aspects_between_0_and_100() {
    let sandbox = demo_shop();
    let aspects = ["current", "future", "loyalty", "credit", "growth"];
    for (weights, of) in [
        ("equal", [0.2; 5]),
        ("current=3,credit=1", [0.75, 0.0, 0.0, 0.25, 0.0]),
    ] {
        let found = study(&sandbox, &["value", "--weights", weights]);
        let customers = rows(&found, "customers");
        let mut last = f64::INFINITY;
        for customer in customers {
            let (mut sum, mut weight) = (0.0, 0.0);
            for (aspect, of) in aspects.iter().zip(of) {
                if let Some(score) = customer[*aspect].as_f64() {
                    assert!((0.0..=100.0).contains(&score), "{customer}");
                    sum += score * of;
                    weight += of;
                }
            }
            let score = customer["score"].as_f64().unwrap();
            assert!((score - sum / weight).abs() < 1e-9, "{customer}");
            assert!(score <= last, "the best first");
            last = score;
            let confidence = customer["confidence"].as_f64().unwrap();
            assert!(confidence > 0.0 && confidence <= 1.0 + 1e-12, "{customer}");
        }
    }
}

#[test]
fn what_is_not_known_lowers_confidence_and_not_the_score() {
    let sandbox = demo_shop();
    let found = study(&sandbox, &["value"]);
    let customers = rows(&found, "customers");
    // Loyalty is the mean of what is known: of those who differ in nothing but an answer, who never answered is scored by the rest.
    let silent = customers.iter().find(|row| {
        row["nps"].is_null() && row["regularity"].is_null() && row["mails_opened"].is_null()
    });
    let silent = silent.unwrap();
    assert!(silent["loyalty"].as_f64().is_some());
    let all = customers.iter().find(|row| {
        !row["nps"].is_null() && !row["regularity"].is_null() && !row["mails_opened"].is_null()
    });
    assert!(silent["confidence"].as_f64() < all.unwrap()["confidence"].as_f64());
}

#[test]
fn serial_returners_have_less_credit_and_complainers_have_not() {
    let sandbox = demo_shop();
    let found = study(&sandbox, &["value"]);
    let truth = sandbox.text("shop/truth/customers.csv");
    let mut reader = csv::Reader::from_reader(truth.as_bytes());
    let header = reader.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (id, returner, complainer) = (place("customer_id"), place("returner"), place("complainer"));
    let mut means = [(0.0, 0_u32); 3];
    for record in reader.records() {
        let record = record.unwrap();
        let row = rows(&found, "customers")
            .iter()
            .find(|row| row["customer_id"] == record[id]);
        let Some(credit) = row.and_then(|row| row["credit"].as_f64()) else {
            continue;
        };
        let kind = if &record[returner] == "true" {
            0
        } else if &record[complainer] == "true" {
            1
        } else {
            2
        };
        means[kind].0 += credit;
        means[kind].1 += 1;
    }
    let [returners, complainers, others] = means.map(|(sum, count)| sum / f64::from(count));
    assert!(returners < others - 5.0, "{returners} {others}");
    assert!((complainers - others).abs() < 3.0, "{complainers} {others}");
}

#[test]
fn comparisons_and_steps_come_from_settings() {
    let sandbox = demo_shop();
    set(
        &sandbox,
        "[value]\ncomparisons = [[1,2,4,4,4],[0.5,1,2,2,2],[0.25,0.5,1,1,1],[0.25,0.5,1,1,1],[0.25,0.5,1,1,1]]\nsteps = [{ name = \"gold\", spend = 500, orders = 5 }, { name = \"silver\", orders = 2 }]\n",
    );
    let found = study(&sandbox, &["value"]);
    let weight = |aspect| {
        row(&found, "aspects", ("aspect", aspect))["weight"]
            .as_f64()
            .unwrap()
    };
    // Consistent comparisons have the weights that they were made from: 4, 2, 1, 1, 1 of 9.
    for (aspect, expected) in [("current", 4.0), ("future", 2.0), ("growth", 1.0)] {
        assert!((weight(aspect) - expected / 9.0).abs() < 1e-9, "{aspect}");
    }
    let steps = rows(&found, "steps");
    let customers: u64 = steps
        .iter()
        .map(|step| step["customers"].as_u64().unwrap())
        .sum();
    assert_eq!(found["customers"], customers);
    assert_eq!(steps[0]["step"], "gold");
    let refused = sandbox.patron(&["value", "--workspace", super::SHOP, "--weights", "love=1"]);
    refused.assert_refused(&[
        "`value.weights` is `love=1`",
        "current=2,future=2,loyalty=1,credit=1,growth=1",
    ]);
}

#[test]
fn tiny_shops_get_an_answer() {
    let sandbox = super::with_workspace();
    sandbox.write(
        "one.csv",
        "order_id,customer_id,order_date,net\n1,a,2024-01-01,100\n",
    );
    super::import(&sandbox, &["one.csv"]);
    let found = study(&sandbox, &["value"]);
    assert_eq!(rows(&found, "customers").len(), 1);
    assert!(
        found["notes"]
            .as_array()
            .unwrap()
            .iter()
            .any(|note| note["key"] == "value_few")
    );
    assert!(found["tables"]["sensitivity"].is_null());
}
