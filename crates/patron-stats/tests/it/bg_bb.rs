//! BG/BB against the literature, other programs, and closed forms in 60 digits; recovery, identities, errors.

use patron_stats::bg_bb::{
    BgBbConfig, BgBbParameters, FittedBgBb, OpportunityError, OpportunityHistories,
    OpportunityHistory,
};
use patron_stats::estimate::FitError;
use patron_stats::purchase::ForecastError;
use patron_testkit::{
    assert_printed, assert_relative, data_file, number, numbers, reference_cases,
};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use serde_json::Value;

use crate::cdnow::{ESTIMATE, assert_fit};

/// Sums of positive terms against closed forms in 60 digits.
const EXACT: f64 = 1e-11;

/// A beta mixture within another, each good to 1e-11.
const NESTED: f64 = 1e-10;

/// 11,104 donors of 22 histories, printed to their digits.
const DONORS: f64 = 11_104.0;

fn model(parameters: &[f64]) -> FittedBgBb {
    let [alpha, beta, gamma, delta] = parameters.try_into().unwrap();
    FittedBgBb::from_parameters(BgBbParameters {
        alpha,
        beta,
        gamma,
        delta,
    })
    .unwrap()
}

fn history(numbers: &[f64]) -> OpportunityHistory {
    OpportunityHistory::new(numbers[0] as u32, numbers[1] as u32, numbers[2] as u32).unwrap()
}

/// The rows of an array of arrays.
fn rows(cases: &Value, pointer: &str) -> Vec<Vec<f64>> {
    let rows = cases.pointer(pointer).unwrap().as_array().unwrap();
    rows.iter().map(|row| numbers(row, "")).collect()
}

fn donations(test: &str) -> Option<OpportunityHistories> {
    let file = data_file(test, "donations/donations.csv")?;
    let text = std::fs::read_to_string(file).unwrap();
    Some(OpportunityHistories::new(text.lines().skip(1).map(
        |line| {
            let fields: Vec<u32> = line
                .split(',')
                .map(|field| field.parse().unwrap())
                .collect();
            let history = OpportunityHistory::new(fields[0], fields[1], fields[2]).unwrap();
            (history, u64::from(fields[3]))
        },
    )))
}

#[test]
fn donations_give_the_published_estimates() {
    let Some(histories) = donations("bg_bb::donations_give_the_published_estimates") else {
        return;
    };
    assert_eq!(
        (histories.customers(), histories.entries().len()),
        (11_104, 22)
    );
    let fitted = BgBbConfig::default().build().fit(&histories).unwrap();
    assert_fit(
        &reference_cases("bg_bb"),
        "donations",
        &fitted.named_parameters(),
        fitted.report().unwrap(),
    );
}

#[test]
fn donors_are_foretold_as_published() {
    let Some(histories) = donations("bg_bb::donors_are_foretold_as_published") else {
        return;
    };
    let cases = reference_cases("bg_bb");
    let at_top = model(&numbers(&cases, "/donations/parameters"));
    let of_btyd = model(&numbers(&cases, "/donations/btyd_parameters"));
    let (mut sum, mut lifetime) = (0.0, 0.0);
    let mut by_frequency = [[0.0; 2]; 7];
    let mut by_last = [[0.0; 2]; 7];
    for (history, count) in histories.entries() {
        let count = *count as f64;
        sum += count * at_top.expected_purchases(history, 5);
        let foretold = count * of_btyd.expected_purchases(history, 5);
        lifetime += count
            * at_top
                .discounted_expected_purchases_lifetime(history, 1.1_f64.ln())
                .unwrap();
        for (cells, index) in [
            (&mut by_frequency, history.repeat_purchases()),
            (&mut by_last, history.last()),
        ] {
            cells[index as usize][0] += foretold;
            cells[index as usize][1] += count;
        }
    }
    let at = |field: &str| number(&cases, &format!("/donations/{field}"));
    assert_printed("ΣCET(5)", sum, at("expected_5_sum"), 3);
    assert_printed("ΣDERT", lifetime, at("lifetime_sum_10"), 2);
    for (cells, field) in [(by_frequency, "by_frequency"), (by_last, "by_last")] {
        let expected = numbers(&cases, &format!("/donations/{field}"));
        for ([foretold, count], expected) in cells.into_iter().zip(expected) {
            assert_relative(field, foretold / count, expected, 1e-6);
        }
    }
}

#[test]
fn donors_of_the_literature_get_the_published_answers() {
    let cases = reference_cases("bg_bb");
    let of_btyd = model(&numbers(&cases, "/donations/btyd_parameters"));
    let model = model(&numbers(&cases, "/donations/parameters"));
    for row in rows(&cases, "/donations/alive_2002") {
        let found = model.probability_alive(&history(&row), 1);
        assert_printed("P(alive 2002)", found, row[3], 7);
    }
    for row in rows(&cases, "/donations/expected_10") {
        let found = of_btyd.expected_purchases(&history(&row), 10);
        assert_relative("CET(10)", found, row[3], 1e-6);
    }
    let expected = numbers(&cases, "/donations/expected_new");
    for (horizon, expected) in (1..).zip(expected) {
        let found = model.expected_purchases_new(horizon);
        assert_printed("E[X(n)]", found, expected, 4);
    }
    let expected = number(&cases, "/donations/expected_new_10");
    assert_printed("E[X(10)]", of_btyd.expected_purchases_new(10), expected, 6);
    let new = OpportunityHistory::NEW_CUSTOMER;
    for (year, expected) in (0..).zip(numbers(&cases, "/donations/tracking")) {
        let found = of_btyd
            .expected_purchases_between(&new, year, year + 1)
            .unwrap();
        // Printed to seven digits, as are the parameters.
        assert_relative("tracking", DONORS * found, expected, 1e-6);
    }
    let counts = model.count_distribution(&new, 6);
    let at = |field: &str| number(&cases, &format!("/donations/counts/{field}"));
    assert_printed("none", DONORS * counts.probability(0), at("zero"), 1);
    assert_printed("six", DONORS * counts.probability(6), at("six"), 1);
    let prior = model.posterior(&new);
    for (moments, field) in [(prior.rate, "buying"), (prior.dropout.unwrap(), "leaving")] {
        let [mean, variance] = numbers(&cases, &format!("/donations/mixing/{field}"))
            .try_into()
            .unwrap();
        assert_printed(field, moments.mean, mean, 4);
        assert_printed(field, moments.standard_deviation.powi(2), variance, 4);
    }
}

#[test]
fn customers_with_differing_numbers_of_opportunities_are_one_base_where_pymc_refuses_them() {
    let cases = reference_cases("bg_bb");
    let model = model(&numbers(&cases, "/donations/parameters"));
    // Of 6 opportunities each; the spreadsheet's parameters are the optimum but for the last digits.
    let mut total = 0.0;
    let mut ragged = Vec::new();
    for row in rows(&cases, "/hardie/log_likelihoods") {
        let history = history(&[row[0], row[1], 6.0]);
        let found = model.log_likelihood(&OpportunityHistories::new([(history, 1)]));
        assert_relative("log-likelihood", found, row[2], ESTIMATE);
        total += found;
        ragged.push((history, 1));
    }
    let shorter = OpportunityHistory::new(1, 2, 3).unwrap();
    let of_shorter = model.log_likelihood(&OpportunityHistories::new([(shorter, 1)]));
    ragged.push((shorter, 1));
    let found = model.log_likelihood(&OpportunityHistories::new(ragged));
    assert_relative("sum", found, total + of_shorter, 1e-14);
}

#[test]
fn functions_at_the_parameters_of_btyd_are_as_on_record() {
    let cases = reference_cases("bg_bb");
    let model = model(&numbers(&cases, "/btyd_man/parameters"));
    let at = |field: &str| number(&cases, &format!("/btyd_man/{field}"));
    let rate = 1.1_f64.ln();
    let one = history(&[3.0, 4.0, 6.0]);
    let lifetime = |history: &OpportunityHistory| {
        model
            .discounted_expected_purchases_lifetime(history, rate)
            .unwrap()
    };
    assert_printed("DERT", lifetime(&one), at("lifetime_3_4_6"), 7);
    assert_printed(
        "alive",
        model.probability_alive(&one, 1),
        at("alive_3_4_6"),
        7,
    );
    let found = model.log_likelihood(&OpportunityHistories::new([(one, 1)]));
    assert_printed("log-likelihood", found, at("log_likelihood_3_4_6"), 7);
    for (x, expected) in (1..).zip(numbers(&cases, "/btyd_man/lifetime_x_6_6")) {
        let found = lifetime(&OpportunityHistory::new(x, 6, 6).unwrap());
        assert_printed("DERT", found, expected, 7);
    }
}

fn each_exact(mut test: impl FnMut(&Value, &FittedBgBb, &OpportunityHistory, &str)) {
    let cases = reference_cases("bg_bb");
    for case in cases["exact"]["cases"].as_array().unwrap() {
        let model = model(&numbers(case, "/parameters"));
        let history = history(&numbers(case, "/history"));
        let words = format!("{} {history:?}", case["name"]);
        test(case, &model, &history, &words);
    }
}

#[test]
fn likelihoods_without_a_floor_alive_and_moments_equal_the_published_formulas() {
    each_exact(|case, model, history, words| {
        let one = OpportunityHistories::new([(*history, 1)]);
        let (found, expected) = (model.log_likelihood(&one), number(case, "/log_likelihood"));
        assert!(
            (found - expected).abs() < EXACT * expected.abs().max(1.0),
            "{words}"
        );
        for (after, expected) in [0, 1, 7].into_iter().zip(numbers(case, "/alive_after")) {
            let found = model.probability_alive(history, after);
            assert_relative(words, found, expected, EXACT);
        }
        let found = model.probability_of_any_purchase(history);
        assert_relative(words, found, number(case, "/ever"), NESTED);
        let posterior = model.posterior(history);
        let dropout = posterior.dropout.unwrap();
        let square =
            |m: patron_stats::purchase::Moments| m.mean.powi(2) + m.standard_deviation.powi(2);
        let found = [
            posterior.rate.mean,
            square(posterior.rate),
            dropout.mean,
            square(dropout),
        ];
        for (found, expected) in found.into_iter().zip(numbers(case, "/moments")) {
            assert_relative(words, found, expected, EXACT);
        }
    });
}

#[test]
fn forecasts_equal_the_published_formulas_even_at_gamma_equal_to_one() {
    let rate = number(&reference_cases("bg_bb"), "/exact/discount_rate");
    each_exact(|case, model, history, words| {
        let found = model
            .discounted_expected_purchases_lifetime(history, rate)
            .unwrap();
        assert_relative(words, found, number(case, "/lifetime"), EXACT);
        for of_horizon in case["horizons"].as_array().unwrap() {
            let horizon = number(of_horizon, "/horizon") as u32;
            let found = model.expected_purchases(history, horizon);
            assert_relative(words, found, number(of_horizon, "/expected"), EXACT);
            let found = model.discounted_expected_purchases(history, horizon, rate);
            assert_relative(
                words,
                found.unwrap(),
                number(of_horizon, "/discounted"),
                EXACT,
            );
            let counts = model.count_distribution(history, horizon);
            let expected = numbers(of_horizon, "/counts");
            assert_eq!(counts.most_purchases() + 1, expected.len());
            for (n, expected) in expected.iter().enumerate() {
                assert_relative(words, counts.probability(n), *expected, EXACT);
            }
            let any = model.probability_of_purchase(history, horizon);
            assert!((any - (1.0 - expected[0])).abs() < EXACT, "{words}");
        }
    });
}

#[test]
fn counts_sum_to_one_have_the_expectation_and_intervals_add_up() {
    each_exact(|_, model, history, words| {
        let counts = model.count_distribution(history, 20);
        let total: f64 = (0..=20).map(|n| counts.probability(n)).sum();
        assert!((total - 1.0).abs() < 1e-13, "{words}");
        let whole = model.expected_purchases(history, 20);
        assert_relative(words, counts.mean(), whole, EXACT);
        let part = |from, to| model.expected_purchases_between(history, from, to).unwrap();
        assert_relative(words, part(0, 8) + part(8, 20), whole, EXACT);
        let ever = model.probability_of_any_purchase(history);
        let by_20 = model.probability_of_purchase(history, 20);
        assert!(
            by_20 <= ever * (1.0 + EXACT) && ever <= model.probability_alive(history, 1),
            "{words}"
        );
        if let Some(median) = model.opportunity_of_next_purchase(history, 0.5) {
            assert!(
                model.probability_of_purchase(history, median) >= 0.5,
                "{words}"
            );
            assert!(
                model.probability_of_purchase(history, median - 1) < 0.5,
                "{words}"
            );
        } else {
            assert!(ever <= 0.5, "{words}: {ever}");
        }
    });
}

#[test]
fn undiscounted_lifetime_purchases_are_finite_only_above_gamma_of_one() {
    let new = OpportunityHistory::NEW_CUSTOMER;
    let lifetime = |gamma: f64| {
        model(&[2.0, 3.0, gamma, 8.0])
            .discounted_expected_purchases_lifetime(&new, 0.0)
            .unwrap()
    };
    assert_eq!(lifetime(1.0), f64::INFINITY);
    // E[p] · E[(1 − θ)/θ] = 2/5 · 8/(3 − 1)
    assert_relative("lifetime", lifetime(3.0), 1.6, 1e-14);
}

#[test]
fn bg_bb_finds_its_parameters_again_from_ragged_histories() {
    // More errors than this from the truth happen once in 15,000 times.
    let far = 4.0;
    for (seed, truth) in [(50, [1.2, 0.75, 0.66, 2.8]), (51, [0.5, 2.0, 1.0, 20.0])] {
        let model = model(&truth);
        let mut generator = ChaCha12Rng::seed_from_u64(seed);
        let drawn = (0..20_000u32).map(|i| {
            let opportunities = 4 + i % 20;
            (model.simulate(&mut generator, opportunities, 0).history, 1)
        });
        let histories = OpportunityHistories::new(drawn);
        let fitted = BgBbConfig::default().build().fit(&histories).unwrap();
        let report = fitted.report().unwrap();
        assert!(report.converged, "seed {seed}");
        let errors = report.standard_errors().unwrap();
        for (((name, found), error), truth) in
            fitted.named_parameters().iter().zip(errors).zip(truth)
        {
            let away = (found - truth) / error;
            assert!(
                away.abs() < far,
                "seed {seed}: {name} {found} is {away:.1} errors away"
            );
        }
    }
}

#[test]
fn simulated_donors_buy_as_foretold() {
    let (seed, customers) = (52, 40_000_u32);
    let model = model(&[1.2, 0.75, 0.66, 2.8]);
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let (mut gap, mut squares, mut inside) = (0.0, 0.0, 0);
    for _ in 0..customers {
        let drawn = model.simulate(&mut generator, 6, 5);
        let bought = drawn.later.len();
        let off = bought as f64 - model.expected_purchases(&drawn.history, 5);
        gap += off;
        squares += off * off;
        let counts = model.count_distribution(&drawn.history, 5);
        inside += u32::from((counts.quantile(0.05)..=counts.quantile(0.95)).contains(&bought));
    }
    let away = gap / squares.sqrt();
    assert!(away.abs() < 4.0, "seed {seed}: {away:.1} errors");
    // Three standard deviations of a share of 0.9 below it.
    let share = f64::from(inside) / f64::from(customers);
    assert!(
        share > 0.9 - 3.0 * (0.09 / f64::from(customers)).sqrt(),
        "seed {seed}: {share}"
    );
}

#[test]
fn each_bad_input_has_its_error() {
    let new = OpportunityHistory::new;
    assert_eq!(
        new(1, 7, 6),
        Err(OpportunityError::LastAfterEnd {
            last: 7,
            opportunities: 6
        })
    );
    assert_eq!(
        new(3, 2, 6),
        Err(OpportunityError::MorePurchasesThanOpportunities {
            repeat_purchases: 3,
            last: 2
        })
    );
    assert_eq!(
        new(0, 2, 6),
        Err(OpportunityError::LastWithoutPurchase { last: 2 })
    );
    let parameters = BgBbParameters {
        alpha: 1.0,
        beta: 1.0,
        gamma: f64::NAN,
        delta: 1.0,
    };
    assert!(matches!(
        FittedBgBb::from_parameters(parameters),
        Err(FitError::ParameterNotPositive {
            parameter: "gamma",
            ..
        })
    ));
    let few = OpportunityHistories::new([(new(1, 1, 6).unwrap(), 29), (new(0, 0, 6).unwrap(), 50)]);
    assert_eq!(
        BgBbConfig::default().build().fit(&few),
        Err(FitError::TooFewRepeatBuyers {
            required: 30,
            found: 29
        })
    );
    assert_eq!(
        BgBbConfig::default().with_minimum_repeat_buyers(0),
        Err(FitError::MinimumTooSmall {
            required: 1,
            found: 0
        })
    );
    let model = model(&[1.0, 1.0, 1.0, 1.0]);
    let one = new(1, 1, 6).unwrap();
    let reversed = Err(ForecastError::IntervalReversed { from: 3.0, to: 2.0 });
    assert_eq!(model.expected_purchases_between(&one, 3, 2), reversed);
    assert_eq!(model.probability_of_purchase_between(&one, 3, 2), reversed);
    assert_eq!(
        model.discounted_expected_purchases(&one, 3, -1.0),
        Err(ForecastError::DiscountRateOutsideDomain {
            discount_rate: -1.0
        })
    );
    assert_eq!(model.opportunity_of_next_purchase(&one, f64::NAN), None);
}
