//! NBD against the literature, other programs, and integrals over the rate.

use patron_stats::history::{History, WeightedHistories};
use patron_stats::nbd::{FittedNbd, NbdConfig, NbdParameters};
use patron_stats::purchase::PurchaseModel;
use patron_testkit::{
    assert_printed, assert_relative, data_file, number, numbers, reference_cases,
};

use crate::cdnow::{ESTIMATE, assert_fit, assert_holdout};
use crate::data::Purchases;
use crate::functions::assert_functions;

/// Closed forms against integrals in 30 digits; logarithms of likelihoods of 300 purchases lose three of a double's.
const EXACT: f64 = 2e-12;

fn model(parameters: &[f64]) -> FittedNbd {
    let [r, alpha] = parameters.try_into().unwrap();
    FittedNbd::from_parameters(NbdParameters { r, alpha }).unwrap()
}

fn fit(purchases: &Purchases) -> FittedNbd {
    NbdConfig::default()
        .build()
        .fit(&purchases.histories())
        .unwrap()
}

#[test]
fn cdnow_sample_gives_the_published_estimates_and_its_holdout_is_overestimated() {
    let test = "nbd::cdnow_sample_gives_the_published_estimates";
    let Some(file) = data_file(test, "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let cases = reference_cases("nbd");
    let purchases = Purchases::cdnow(&file);
    let fitted = fit(&purchases);
    assert_fit(
        &cases,
        "cdnow_sample",
        &fitted.named_parameters(),
        fitted.report().unwrap(),
    );
    assert_holdout(&cases, &fitted, &purchases);
}

#[test]
fn cdnow_master_and_apparel_give_the_estimates_on_record() {
    let test = "nbd::cdnow_master_and_apparel_give_the_estimates_on_record";
    let (Some(cdnow), Some(apparel)) = (
        data_file(test, "cdnow/CDNOW_master.txt"),
        data_file(test, "apparel/apparelTrans.csv"),
    ) else {
        return;
    };
    let cases = reference_cases("nbd");
    let fitted = fit(&Purchases::cdnow(&cdnow));
    assert_fit(
        &cases,
        "cdnow_master",
        &fitted.named_parameters(),
        fitted.report().unwrap(),
    );
    let fitted = fit(&Purchases::apparel(&apparel));
    let expected = numbers(&cases, "/apparel/parameters");
    for ((name, found), expected) in fitted.named_parameters().iter().zip(expected) {
        assert_relative(name, *found, expected, ESTIMATE);
    }
    let found = fitted.report().unwrap().log_likelihood;
    let expected = number(&cases, "/apparel/log_likelihood");
    assert_printed("log-likelihood", found, expected, 4);
}

#[test]
fn functions_at_given_parameters_are_as_on_record() {
    assert_functions(
        &reference_cases("nbd"),
        |parameters| Box::new(model(parameters)),
        |_| false,
    );
}

#[test]
fn closed_forms_equal_integrals_over_the_rate() {
    let cases = reference_cases("nbd");
    let rate = number(&cases, "/exact/discount_rate");
    for case in cases["exact"]["cases"].as_array().unwrap() {
        let model = model(&numbers(case, "/parameters"));
        let [x, recency, age] = numbers(case, "/history").try_into().unwrap();
        let history = History::new(x as u32, recency, age).unwrap();
        let words = format!("{} {history:?}", case["name"]);
        let one = WeightedHistories::from_histories([(history, 1)]);
        let (found, expected) = (model.log_likelihood(&one), number(case, "/log_likelihood"));
        assert!(
            (found - expected).abs() < EXACT * expected.abs().max(1.0),
            "{words}"
        );
        for horizon in case["horizons"].as_array().unwrap() {
            let time = number(horizon, "/horizon");
            let forecast = model.forecaster(time, rate).unwrap().forecast(&history);
            let any = model.probability_of_purchase(&history, time).unwrap();
            for (what, found, expected) in [
                (
                    "expected",
                    forecast.expected_purchases,
                    number(horizon, "/expected"),
                ),
                (
                    "discounted",
                    forecast.discounted_purchases,
                    number(horizon, "/discounted"),
                ),
                (
                    "lifetime",
                    forecast.discounted_purchases_lifetime,
                    number(case, "/lifetime"),
                ),
                ("any", any, number(horizon, "/any")),
            ] {
                assert_relative(&format!("{words} {what}"), found, expected, EXACT);
            }
            for (n, expected) in horizon["counts"].as_object().unwrap() {
                let n: u32 = n.parse().unwrap();
                let found = model.probability_of_count(&history, time, n).unwrap();
                assert_relative(&words, found, expected.as_f64().unwrap(), EXACT);
            }
        }
    }
}
