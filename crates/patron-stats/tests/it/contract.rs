//! sBG and beta-discrete-Weibull against the literature and 50 digits; recovery, identities, errors.

use patron_stats::bdw::{BdwConfig, BdwParameters, FittedBdw};
use patron_stats::contract::{ContractError, ContractHistories, ContractHistory, ContractModel};
use patron_stats::estimate::{FitError, FitWarning};
use patron_stats::intervals::{ContractExpectations, Interval, IntervalError, ParameterDraws};
use patron_stats::purchase::ForecastError;
use patron_stats::sbg::{FittedSbg, SbgConfig, SbgParameters};
use patron_testkit::{assert_printed, assert_relative, number, numbers, reference_cases};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use serde_json::Value;

use crate::cdnow::ESTIMATE;

/// Logarithms of gamma functions against 50 digits.
const EXACT: f64 = 1e-11;

fn cohort(cases: &Value, name: &str) -> ContractHistories {
    let counts: Vec<u64> = numbers(cases, &format!("/cohorts/{name}"))
        .into_iter()
        .map(|count| count as u64)
        .collect();
    ContractHistories::from_cohort(&counts).unwrap()
}

fn fitted(key: &str, histories: &ContractHistories) -> Box<dyn ContractModel> {
    if key == "sbg" {
        Box::new(SbgConfig::default().build().fit(histories).unwrap())
    } else {
        Box::new(BdwConfig::default().build().fit(histories).unwrap())
    }
}

fn model(parameters: &[f64]) -> Box<dyn ContractModel> {
    if let [alpha, beta] = *parameters {
        return Box::new(FittedSbg::from_parameters(SbgParameters { alpha, beta }).unwrap());
    }
    let [gamma, delta, c] = parameters.try_into().unwrap();
    Box::new(FittedBdw::from_parameters(BdwParameters { gamma, delta, c }).unwrap())
}

#[test]
fn cohorts_of_the_literature_give_the_estimates_on_record() {
    let cases = reference_cases("contract");
    for name in ["regular", "high_end"] {
        let histories = cohort(&cases, name);
        assert_eq!(histories.customers(), 1000);
        let fitted = fitted("sbg", &histories);
        let expected = numbers(&cases, &format!("/on_record/{name}/parameters"));
        for ((parameter, found), expected) in fitted.named_parameters().iter().zip(expected) {
            assert_relative(parameter, *found, expected, ESTIMATE);
        }
        let expected = number(&cases, &format!("/on_record/{name}/log_likelihood"));
        let report = fitted.report().unwrap();
        assert_printed("log-likelihood", report.log_likelihood, expected, 5);
    }
}

fn each_exact(mut test: impl FnMut(&Value, &str)) {
    for case in reference_cases("contract")["exact"]["cases"]
        .as_array()
        .unwrap()
    {
        test(case, &format!("{} {}", case["model"], case["cohort"]));
    }
}

#[test]
fn optima_and_covariances_are_those_of_50_digits() {
    let cases = reference_cases("contract");
    each_exact(|case, words| {
        let histories = cohort(&cases, case["cohort"].as_str().unwrap());
        let fitted = fitted(case["model"].as_str().unwrap(), &histories);
        assert_eq!(fitted.key(), case["model"]);
        let report = fitted.report().unwrap();
        assert!(report.converged);
        let expected = numbers(case, "/parameters");
        for ((_, found), expected) in fitted.named_parameters().iter().zip(&expected) {
            assert_relative(words, *found, *expected, ESTIMATE);
        }
        assert_eq!(fitted.named_parameters().len(), expected.len());
        let expected = number(case, "/log_likelihood");
        assert_relative(words, report.log_likelihood, expected, 1e-13);
        let covariance = report.covariance.as_ref().unwrap();
        for (i, row) in covariance.iter().enumerate() {
            let expected = numbers(case, &format!("/covariance/{i}"));
            for (found, expected) in row.iter().zip(expected) {
                assert_relative(words, *found, expected, ESTIMATE);
            }
        }
    });
}

#[test]
fn forecasts_are_those_of_50_digits() {
    let rate = number(&reference_cases("contract"), "/exact/discount_rate");
    each_exact(|case, words| {
        let model = model(&numbers(case, "/parameters"));
        let staying = ContractHistory::staying(7);
        for (t, expected) in (0..).zip(numbers(case, "/survival")) {
            assert_relative(words, model.survival(t), expected, EXACT);
        }
        for (t, expected) in (1..).zip(numbers(case, "/retention")) {
            assert_relative(words, model.retention(t), expected, EXACT);
        }
        let between = model.expected_renewals_between(&staying, 5, 9).unwrap();
        let discounted = model
            .discounted_expected_renewals(&staying, 5, rate)
            .unwrap();
        let lifetime = model
            .discounted_expected_renewals_lifetime(&staying, rate)
            .unwrap();
        for (found, field) in [
            (model.probability_alive(&staying, 5), "alive_after_5"),
            (model.expected_renewals(&staying, 5), "expected_5"),
            (between, "expected_6_to_9"),
            (discounted, "discounted_5"),
            (lifetime, "lifetime"),
        ] {
            assert_relative(words, found, number(case, &format!("/{field}")), EXACT);
        }
        let distribution = model.renewal_distribution(&staying, 5);
        for (n, expected) in numbers(case, "/distribution_5").into_iter().enumerate() {
            assert_relative(words, distribution.probability(n), expected, EXACT);
        }
        let left = ContractHistory::left_at(3).unwrap();
        for (history, field) in [(staying, "moments_staying"), (left, "moments_left_at_3")] {
            let found = model.posterior(&history);
            let [first, second] = numbers(case, &format!("/{field}")).try_into().unwrap();
            assert_relative(words, found.mean, first, EXACT);
            let square = found.mean.powi(2) + found.standard_deviation.powi(2);
            assert_relative(words, square, second, EXACT);
        }
    });
}

#[test]
fn beta_discrete_weibull_with_c_of_one_is_sbg() {
    let (sbg, bdw) = (model(&[0.7, 1.2]), model(&[0.7, 1.2, 1.0]));
    let histories = cohort(&reference_cases("contract"), "regular");
    let both = sbg.log_likelihood(&histories);
    assert_relative(
        "log-likelihood",
        bdw.log_likelihood(&histories),
        both,
        1e-14,
    );
    // (β + t − 1)/(α + β + t − 1)
    for t in [1, 2, 50] {
        let expected = (0.2 + f64::from(t)) / (0.9 + f64::from(t));
        assert_relative("retention", sbg.retention(t), expected, 1e-13);
        assert_relative("retention", bdw.retention(t), expected, 1e-13);
    }
}

#[test]
fn renewals_sum_to_one_have_the_expectation_and_intervals_add_up() {
    each_exact(|case, words| {
        let model = model(&numbers(case, "/parameters"));
        for done in [0, 1, 20] {
            let history = ContractHistory::staying(done);
            let distribution = model.renewal_distribution(&history, 30);
            let total: f64 = (0..=30).map(|n| distribution.probability(n)).sum();
            assert!((total - 1.0).abs() < 1e-13, "{words}");
            let whole = model.expected_renewals(&history, 30);
            assert_relative(words, distribution.mean(), whole, EXACT);
            let part = |from, to| model.expected_renewals_between(&history, from, to).unwrap();
            assert_relative(words, part(0, 12) + part(12, 30), whole, EXACT);
            let undiscounted = model
                .discounted_expected_renewals(&history, 30, 0.0)
                .unwrap();
            assert_relative(words, undiscounted, whole, EXACT);
            let median = model.renewal_of_leaving(&history, 0.5).unwrap();
            assert!(model.probability_alive(&history, median) <= 0.5, "{words}");
            assert!(
                model.probability_alive(&history, median - 1) > 0.5,
                "{words}"
            );
        }
    });
}

#[test]
fn of_someone_who_has_left_nothing_more_is_expected() {
    let model = model(&[0.7, 1.2, 1.3]);
    let left = ContractHistory::left_at(4).unwrap();
    assert_eq!(model.probability_alive(&left, 0), 0.0);
    assert_eq!(model.probability_alive(&left, 3), 0.0);
    assert_eq!(model.expected_renewals(&left, 10), 0.0);
    assert_eq!(
        model.discounted_expected_renewals_lifetime(&left, 0.1),
        Ok(0.0)
    );
    assert_eq!(model.renewal_distribution(&left, 5).probability(0), 1.0);
    assert_eq!(model.renewal_of_leaving(&left, 0.5), None);
}

#[test]
fn contracts_give_their_parameters_back() {
    // More errors than this from the truth happen once in 15,000 times.
    let far = 4.0;
    for (seed, truth) in [
        (60, vec![0.7, 1.2]),
        (61, vec![0.67, 3.8]),
        (62, vec![0.5, 2.0, 1.5]),
        (63, vec![2.0, 6.0, 0.7]),
    ] {
        let model = model(&truth);
        let mut generator = ChaCha12Rng::seed_from_u64(seed);
        // Cohorts of differing age.
        let drawn =
            (0..20_000u32).map(|i| (model.simulate(&mut generator, 3 + i % 12, 0).history, 1));
        let fitted = fitted(model.key(), &ContractHistories::new(drawn));
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
fn simulated_contracts_last_as_foretold() {
    let (seed, customers) = (64, 40_000_u32);
    let model = model(&[0.5, 2.0, 1.5]);
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let (mut gap, mut squares, mut inside, mut staying) = (0.0, 0.0, 0, 0);
    for _ in 0..customers {
        let drawn = model.simulate(&mut generator, 4, 6);
        let off = f64::from(drawn.later) - model.expected_renewals(&drawn.history, 6);
        gap += off;
        squares += off * off;
        if !drawn.history.left() {
            staying += 1;
            let renewals = model.renewal_distribution(&drawn.history, 6);
            let bounds = renewals.quantile(0.05)..=renewals.quantile(0.95);
            inside += u32::from(bounds.contains(&(drawn.later as usize)));
        }
    }
    let away = gap / squares.sqrt();
    assert!(away.abs() < 4.0, "seed {seed}: {away:.1} errors");
    let (share, n) = (f64::from(inside) / f64::from(staying), f64::from(staying));
    // Three standard deviations of a share of 0.9 below it.
    assert!(
        share > 0.9 - 3.0 * (0.09 / n).sqrt(),
        "seed {seed}: {share}"
    );
}

#[test]
fn customers_who_leave_alike_are_told_in_words() {
    // Half leave at each renewal, exactly.
    let histories = ContractHistories::from_cohort(&[4096, 2048, 1024, 512, 256, 128]).unwrap();
    let fitted = fitted("sbg", &histories);
    let warnings = &fitted.report().unwrap().warnings;
    let alike = |warning: &FitWarning| matches!(warning, FitWarning::DropoutAlike { .. });
    assert!(warnings.iter().any(alike), "{warnings:?}");
}

#[test]
fn each_bad_input_has_its_error() {
    assert_eq!(
        ContractHistory::left_at(0),
        Err(ContractError::LeftBeforeFirstRenewal)
    );
    assert_eq!(
        ContractHistories::from_cohort(&[100]),
        Err(ContractError::CohortTooShort { periods: 1 })
    );
    assert_eq!(
        ContractHistories::from_cohort(&[100, 60, 70]),
        Err(ContractError::CohortGrows {
            renewal: 2,
            before: 60,
            customers: 70
        })
    );
    let few = ContractHistories::from_cohort(&[100, 80, 71]).unwrap();
    let refused = FitError::TooFewLeavers {
        required: 30,
        found: 29,
    };
    assert_eq!(SbgConfig::default().build().fit(&few), Err(refused.clone()));
    assert_eq!(BdwConfig::default().build().fit(&few), Err(refused));
    let too_small = FitError::MinimumTooSmall {
        required: 1,
        found: 0,
    };
    assert_eq!(
        SbgConfig::default().with_minimum_leavers(0),
        Err(too_small.clone())
    );
    assert_eq!(BdwConfig::default().with_minimum_leavers(0), Err(too_small));
}

#[test]
fn parameters_and_questions_outside_their_domain_are_named() {
    let parameters = BdwParameters {
        gamma: 1.0,
        delta: 1.0,
        c: 0.0,
    };
    assert_eq!(
        FittedBdw::from_parameters(parameters),
        Err(FitError::ParameterNotPositive {
            parameter: "c",
            value: 0.0
        })
    );
    let parameters = SbgParameters {
        alpha: 1.0,
        beta: -1.0,
    };
    assert_eq!(
        FittedSbg::from_parameters(parameters),
        Err(FitError::ParameterNotPositive {
            parameter: "beta",
            value: -1.0
        })
    );
    let (model, new) = (model(&[0.7, 1.2]), ContractHistory::NEW_CUSTOMER);
    assert_eq!(
        model.expected_renewals_between(&new, 3, 2),
        Err(ForecastError::IntervalReversed { from: 3.0, to: 2.0 })
    );
    for rate in [0.0, -0.1] {
        assert_eq!(
            model.discounted_expected_renewals_lifetime(&new, rate),
            Err(ForecastError::DiscountRateOutsideDomain {
                discount_rate: rate
            })
        );
    }
    assert_eq!(model.renewal_of_leaving(&new, 1.0), None);
}

/// Draws that are all the estimates.
#[test]
fn intervals_of_one_point_are_that_point_and_widen_with_draws() {
    let cases = reference_cases("contract");
    let model = fitted("bdw", &cohort(&cases, "regular"));
    let named = model.named_parameters();
    let size = named.len();
    let nothing = vec![vec![0.0; size]; size];
    let mut generator = ChaCha12Rng::seed_from_u64(65);
    let point = ParameterDraws::normal(&named, &nothing, 19, &mut generator).unwrap();
    let point = ContractExpectations::new(model.as_ref(), &point, 5, 0.9).unwrap();
    let staying = ContractHistory::staying(7);
    let found = point.forecast(&staying);
    for (interval, expected) in [
        (found.retention, model.retention(8)),
        (
            found.probability_alive,
            model.probability_alive(&staying, 5),
        ),
        (
            found.expected_renewals,
            model.expected_renewals(&staying, 5),
        ),
    ] {
        // The logarithm and back.
        assert_relative("low", interval.low, expected, 1e-9);
        assert_relative("high", interval.high, expected, 1e-9);
    }
    let draws = ParameterDraws::laplace(&named, model.report(), 199, &mut generator).unwrap();
    let spread = ContractExpectations::new(model.as_ref(), &draws, 5, 0.9).unwrap();
    let interval = spread.forecast(&staying).expected_renewals;
    assert!(interval.low < interval.high);
    assert!(interval.contains(model.expected_renewals(&staying, 5)));
    let left = spread.forecast(&ContractHistory::left_at(3).unwrap());
    assert_eq!(
        left.expected_renewals,
        Interval {
            low: 0.0,
            high: 0.0
        }
    );
    let sbg = fitted("sbg", &cohort(&cases, "regular"));
    let refused = ContractExpectations::new(sbg.as_ref(), &draws, 5, 0.9).unwrap_err();
    let others = IntervalError::DrawsOfOthers {
        expected: 2,
        found: 3,
    };
    assert_eq!(refused, others);
}

/// The delta method on the cohort in closed form: the retention of sBG is `(β + t − 1)/(α + β + t − 1)`.
#[test]
fn intervals_of_retention_are_as_wide_as_the_delta_method_says() {
    let cases = reference_cases("contract");
    let model = fitted("sbg", &cohort(&cases, "regular"));
    let named = model.named_parameters();
    let [(_, a), (_, b)] = named[..] else {
        panic!("two parameters")
    };
    let covariance = model.report().unwrap().covariance.clone().unwrap();
    let total = a + b + 7.0;
    let slope = [-(b + 7.0) / (total * total), a / (total * total)];
    let variance: f64 = (0..2)
        .flat_map(|i| (0..2).map(move |j| (i, j)))
        .map(|(i, j)| slope[i] * covariance[i][j] * slope[j])
        .sum();
    let mut generator = ChaCha12Rng::seed_from_u64(66);
    let draws = ParameterDraws::laplace(&named, model.report(), 3_999, &mut generator).unwrap();
    let drawn = ContractExpectations::new(model.as_ref(), &draws, 5, 0.9).unwrap();
    let found = drawn.forecast(&ContractHistory::staying(7)).retention;
    let expected = 2.0 * 1.644_854 * variance.sqrt();
    // 3,999 draws know the width to about 2 %; the logarithm bends by about as much.
    let ratio = (found.high - found.low) / expected;
    assert!((0.93..1.07).contains(&ratio), "{ratio}");
}
