//! Pareto/NBD against the published closed forms in 60 digits and more, at ordinary and extreme parameters.

use patron_stats::history::{History, WeightedHistories};
use patron_stats::pareto_nbd::{FittedParetoNbd, ParetoNbdParameters};
use patron_stats::purchase::PurchaseModel;
use patron_testkit::{assert_relative, number, numbers, reference_cases};
use serde_json::Value;

/// Asked for is 1e-6; logarithms of likelihoods of 300 purchases lose three digits of a double.
const EXACT: f64 = 2e-12;

/// A distribution is summed and cut off at 1e-13.
const COUNT: f64 = 1e-11;

fn each_case(mut test: impl FnMut(&Value, &FittedParetoNbd, &History, &str)) {
    let cases = reference_cases("pareto");
    for case in cases["cases"].as_array().unwrap() {
        let [r, alpha, s, beta] = numbers(case, "/parameters").try_into().unwrap();
        let parameters = ParetoNbdParameters { r, alpha, s, beta };
        let model = FittedParetoNbd::from_parameters(parameters).unwrap();
        let [x, recency, age] = numbers(case, "/history").try_into().unwrap();
        let history = History::new(x as u32, recency, age).unwrap();
        let words = format!("{} {history:?}", case["name"]);
        test(case, &model, &history, &words);
    }
}

#[test]
fn likelihood_is_exact_for_alpha_equal_to_beta_either_order_t_x_equal_to_t_and_300_purchases() {
    each_case(|case, model, history, words| {
        let one = WeightedHistories::from_histories([(*history, 1)]);
        let found = model.log_likelihood(&one);
        let expected = number(case, "/log_likelihood");
        // An error of the logarithm is a relative error of the likelihood; sums of 300 logarithms round.
        let gap = (found - expected).abs() / expected.abs().max(1.0);
        assert!(gap < EXACT, "{words}: {found} {expected}");
    });
}

#[test]
fn probability_alive_now_and_later_is_the_published_formula() {
    each_case(|case, model, history, words| {
        let found = model.probability_alive(history);
        assert_relative(words, found, number(case, "/probability_alive"), EXACT);
        for horizon in case["horizons"].as_array().unwrap() {
            let time = number(horizon, "/horizon");
            let found = model.probability_alive_after(history, time).unwrap();
            assert_relative(words, found, number(horizon, "/alive_after"), EXACT);
        }
        let found = model.probability_of_any_purchase(history);
        assert_relative(words, found, number(case, "/probability_ever"), EXACT);
    });
}

#[test]
fn expectations_are_the_published_formula_even_at_s_equal_to_one() {
    each_case(|case, model, history, words| {
        for horizon in case["horizons"].as_array().unwrap() {
            let time = number(horizon, "/horizon");
            let found = model.expected_purchases(history, time).unwrap();
            assert_relative(words, found, number(horizon, "/expected"), EXACT);
            let found = model
                .expected_purchases_between(history, time, 2.0 * time)
                .unwrap();
            assert_relative(words, found, number(horizon, "/expected_next"), EXACT);
        }
    });
}

#[test]
fn discounted_purchases_are_tricomis_function_where_two_terms_of_peers_diverge() {
    let rate = number(&reference_cases("pareto"), "/discount_rate");
    each_case(|case, model, history, words| {
        let lifetime = number(case, "/lifetime");
        let found = model.lifetime_by_closed_form(history, rate).unwrap();
        assert_relative(words, found, lifetime, EXACT);
        for horizon in case["horizons"].as_array().unwrap() {
            let time = number(horizon, "/horizon");
            let forecast = model.forecaster(time, rate).unwrap().forecast(history);
            let expected = number(horizon, "/discounted");
            assert_relative(words, forecast.discounted_purchases, expected, EXACT);
            assert_relative(
                words,
                forecast.discounted_purchases_lifetime,
                lifetime,
                EXACT,
            );
        }
    });
}

#[test]
fn counts_up_to_200_where_gamma_functions_of_lifetimes_overflow_equal_the_integral() {
    each_case(|case, model, history, words| {
        for horizon in case["horizons"].as_array().unwrap() {
            let time = number(horizon, "/horizon");
            let distribution = model.count_distribution(history, time).unwrap();
            for (n, expected) in horizon["counts"].as_object().unwrap() {
                let expected = expected.as_f64().unwrap();
                let n: u32 = n.parse().unwrap();
                let found = model.probability_of_count(history, time, n).unwrap();
                assert_relative(&format!("{words} {time} n {n}"), found, expected, COUNT);
                let gap = (distribution.probability(n as usize) - expected).abs();
                assert!(gap < COUNT, "{words} {time} n {n}: {gap:.1e}");
            }
        }
    });
}
