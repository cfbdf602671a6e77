//! Forecasts against closed forms in 40 digits, at ordinary and extreme parameters.

use patron_stats::bg_cnbd::{BgCnbdParameters, FittedBgCnbd};
use patron_stats::bg_nbd::{BgNbdParameters, FittedBgNbd};
use patron_stats::ggom_nbd::{FittedGgomNbd, GgomNbdParameters};
use patron_stats::history::History;
use patron_stats::mbg_cnbd::{FittedMbgCnbd, MbgCnbdParameters};
use patron_stats::mbg_nbd::{FittedMbgNbd, MbgNbdParameters};
use patron_stats::nbd::{FittedNbd, NbdParameters};
use patron_stats::pareto_nbd::{FittedParetoNbd, ParetoNbdParameters};
use patron_stats::purchase::PurchaseModel;
use patron_stats::regularity::Stages;
use patron_testkit::{assert_relative, number, numbers, reference_cases};
use serde_json::Value;

/// Asked for is 1e-6; the quadratures are built for 1e-11.
const FORECAST: f64 = 2e-10;

/// b·α of GGom/NBD, where tests of all models give r, α, s, β; so a change of unit changes b as it must.
pub(crate) const GROWTH: f64 = 0.3;

pub(crate) fn model_named(key: &str, parameters: &[f64]) -> Box<dyn PurchaseModel> {
    if key == "nbd" {
        // Of four parameters, as tests of all models have, the first two.
        let (r, alpha) = (parameters[0], parameters[1]);
        return Box::new(FittedNbd::from_parameters(NbdParameters { r, alpha }).unwrap());
    }
    let [r, alpha, a, b] = parameters.try_into().unwrap();
    match key {
        "bg-cnbd-k" => {
            let stages = Stages::new(3).unwrap();
            let parameters = BgCnbdParameters {
                stages,
                r,
                alpha,
                a,
                b,
            };
            Box::new(FittedBgCnbd::from_parameters(parameters).unwrap())
        }
        "mbg-cnbd-k" => {
            let stages = Stages::new(2).unwrap();
            let parameters = MbgCnbdParameters {
                stages,
                r,
                alpha,
                a,
                b,
            };
            Box::new(FittedMbgCnbd::from_parameters(parameters).unwrap())
        }
        "bg-nbd" => {
            Box::new(FittedBgNbd::from_parameters(BgNbdParameters { r, alpha, a, b }).unwrap())
        }
        "mbg-nbd" => {
            Box::new(FittedMbgNbd::from_parameters(MbgNbdParameters { r, alpha, a, b }).unwrap())
        }
        "pareto-nbd" => {
            let (s, beta) = (a, b);
            let parameters = ParetoNbdParameters { r, alpha, s, beta };
            Box::new(FittedParetoNbd::from_parameters(parameters).unwrap())
        }
        "ggom-nbd" => {
            let parameters = GgomNbdParameters {
                r,
                alpha,
                b: GROWTH / alpha,
                s: a,
                beta: b,
            };
            Box::new(FittedGgomNbd::from_parameters(parameters).unwrap())
        }
        other => panic!("no model `{other}`"),
    }
}

/// The cases with model, history and words that name them in a failure.
fn each_case(mut test: impl FnMut(&Value, &dyn PurchaseModel, &History, &str)) {
    let cases = reference_cases("beta_geometric");
    for case in cases["cases"].as_array().unwrap() {
        let parameters = numbers(case, "/parameters");
        let model = model_named(case["model"].as_str().unwrap(), &parameters);
        let [x, recency, age] = numbers(case, "/history").try_into().unwrap();
        let history = History::new(x as u32, recency, age).unwrap();
        let words = format!("{} {parameters:?} {history:?}", model.key());
        test(case, model.as_ref(), &history, &words);
    }
}

#[test]
fn probability_alive_is_the_published_formula() {
    each_case(|case, model, history, words| {
        let expected = number(case, "/probability_alive");
        assert_relative(words, model.probability_alive(history), expected, FORECAST);
    });
}

#[test]
fn expectations_equal_the_hypergeometric_form_even_at_a_equal_to_one_and_300_purchases() {
    each_case(|case, model, history, words| {
        for horizon in case["horizons"].as_array().unwrap() {
            let time = number(horizon, "/horizon");
            let expected = number(horizon, "/expected");
            let found = model.expected_purchases(history, time).unwrap();
            assert_relative(words, found, expected, FORECAST);
            let forecast = model.forecaster(time, 0.001).unwrap().forecast(history);
            assert_relative(words, forecast.expected_purchases, expected, FORECAST);
        }
    });
}

#[test]
fn discounted_purchases_equal_the_integral_over_time() {
    let discount_rate = number(&reference_cases("beta_geometric"), "/discount_rate");
    each_case(|case, model, history, words| {
        for horizon in case["horizons"].as_array().unwrap() {
            let time = number(horizon, "/horizon");
            let forecast = model
                .forecaster(time, discount_rate)
                .unwrap()
                .forecast(history);
            let expected = number(horizon, "/discounted");
            assert_relative(words, forecast.discounted_purchases, expected, FORECAST);
            let lifetime = forecast.discounted_purchases_lifetime;
            assert_relative(words, lifetime, number(case, "/lifetime"), FORECAST);
        }
    });
}

#[test]
fn counts_equal_the_integral_over_rates() {
    each_case(|case, model, history, words| {
        for horizon in case["horizons"].as_array().unwrap() {
            let time = number(horizon, "/horizon");
            let distribution = model.count_distribution(history, time).unwrap();
            for (n, expected) in horizon["counts"].as_object().unwrap() {
                let expected = expected.as_f64().unwrap();
                let n: u32 = n.parse().unwrap();
                let found = model.probability_of_count(history, time, n).unwrap();
                assert_relative(&format!("{words} n {n}"), found, expected, FORECAST);
                assert!(
                    (distribution.probability(n as usize) - expected).abs() < FORECAST,
                    "{words}"
                );
            }
        }
    });
}
