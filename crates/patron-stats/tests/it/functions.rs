//! Values of a model at given parameters, as lists on record hold them.

use patron_stats::history::{DayHistory, History};
use patron_stats::purchase::PurchaseModel;
use patron_testkit::{assert_printed, assert_relative, number, numbers};
use serde_json::Value;

use crate::data::WEEK;

/// Compares every value of the list `functions` of a reference, made by `model` from parameters, to its digits,
/// or to the tolerance `relative` of its set.
pub(crate) fn assert_functions(
    cases: &Value,
    model: impl Fn(&[f64]) -> Box<dyn PurchaseModel>,
    skip: impl Fn(&str) -> bool,
) {
    for set in cases["functions"].as_array().unwrap() {
        let name = set["name"].as_str().unwrap();
        if skip(name) {
            continue;
        }
        let model = model(&numbers(set, "/parameters"));
        for case in set["values"].as_array().unwrap() {
            let (found, expected) = (value(model.as_ref(), case), number(case, "/value"));
            let words = format!("{name} {case}");
            match set.get("relative").and_then(Value::as_f64) {
                Some(tolerance) => assert_relative(&words, found, expected, tolerance),
                None => assert_printed(&words, found, expected, number(case, "/digits") as i32),
            }
        }
    }
}

fn value(model: &dyn PurchaseModel, case: &Value) -> f64 {
    let history = history(case);
    let horizon = || number(case, "/horizon");
    match case["of"].as_str().unwrap() {
        "alive" => model.probability_alive(&history),
        "new" => model.expected_purchases_new(horizon()).unwrap(),
        "expected" => model.expected_purchases(&history, horizon()).unwrap(),
        "any" => model.probability_of_purchase(&history, horizon()).unwrap(),
        "discounted" => model
            .discounted_expected_purchases(&history, horizon(), rate(case))
            .unwrap(),
        "lifetime" => model
            .discounted_expected_purchases_lifetime(&history, rate(case))
            .unwrap(),
        other => panic!("no function `{other}`"),
    }
}

/// Whole days, or weeks; a new customer where there are neither.
fn history(case: &Value) -> History {
    if case.get("days").is_some() {
        let [repeat_purchases, recency_days, age_days] = numbers(case, "/days").try_into().unwrap();
        let days = DayHistory {
            repeat_purchases: repeat_purchases as u32,
            recency_days: recency_days as u32,
            age_days: age_days as u32,
        };
        History::from_days(days, WEEK).unwrap()
    } else if case.get("history").is_some() {
        let [x, recency, age] = numbers(case, "/history").try_into().unwrap();
        History::new(x as u32, recency, age).unwrap()
    } else {
        History::NEW_CUSTOMER
    }
}

/// A rate per week, or that of a year of 52 weeks.
fn rate(case: &Value) -> f64 {
    match case.get("rate").and_then(Value::as_f64) {
        Some(rate) => rate,
        None => number(case, "/annual").ln_1p() / 52.0,
    }
}
