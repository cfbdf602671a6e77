//! GGom/NBD against integrals of its definition, and against Pareto/NBD, its limit.

use patron_stats::estimate::FitWarning;
use patron_stats::ggom_nbd::{FittedGgomNbd, GgomNbdConfig, GgomNbdParameters};
use patron_stats::history::{History, WeightedHistories};
use patron_stats::pareto_nbd::{FittedParetoNbd, ParetoNbdConfig, ParetoNbdParameters};
use patron_stats::purchase::PurchaseModel;
use patron_testkit::{
    assert_printed, assert_relative, data_file, number, numbers, reference_cases,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Exp, Gamma};
use serde_json::Value;

use crate::data::Purchases;

/// Asked for is 1e-6; the integrals on record hold 15 digits, of which logarithms of likelihoods of 300 purchases lose three.
const EXACT: f64 = 2e-12;

/// A distribution is summed and cut off at 1e-13.
const COUNT: f64 = 1e-11;

/// Two quadratures of the same quantity, in which the largest powers of a logarithm lose three digits.
const LIMIT: f64 = 1e-10;

/// An estimate further than this many standard errors from the truth happens once in 15,000 times.
const FAR: f64 = 4.0;

fn model(&[r, alpha, b, s, beta]: &[f64; 5]) -> FittedGgomNbd {
    let parameters = GgomNbdParameters {
        r,
        alpha,
        b,
        s,
        beta,
    };
    FittedGgomNbd::from_parameters(parameters).unwrap()
}

fn each_case(mut test: impl FnMut(&Value, &FittedGgomNbd, &History, &str)) {
    let cases = reference_cases("ggom_nbd");
    for case in cases["cases"].as_array().unwrap() {
        let model = model(&numbers(case, "/parameters").try_into().unwrap());
        let [x, recency, age] = numbers(case, "/history").try_into().unwrap();
        let history = History::new(x as u32, recency, age).unwrap();
        let words = format!("{} {history:?}", case["name"]);
        test(case, &model, &history, &words);
    }
}

fn ln_likelihood(model: &dyn PurchaseModel, history: &History) -> f64 {
    model.log_likelihood(&WeightedHistories::from_histories([(*history, 1)]))
}

#[test]
fn likelihood_and_alive_are_the_integral_where_qags_of_clvtools_and_its_negative_arguments_fail() {
    each_case(|case, model, history, words| {
        let found = ln_likelihood(model, history);
        let expected = number(case, "/log_likelihood");
        // An error of the logarithm is a relative error of the likelihood; sums of 300 logarithms round.
        let gap = (found - expected).abs() / expected.abs().max(1.0);
        assert!(gap < EXACT, "{words}: {found} {expected}");
        let found = model.probability_alive(history);
        assert_relative(words, found, number(case, "/probability_alive"), EXACT);
        for horizon in case["horizons"].as_array().unwrap() {
            let time = number(horizon, "/horizon");
            let found = model.probability_alive_after(history, time).unwrap();
            assert_relative(words, found, number(horizon, "/alive_after"), EXACT);
        }
    });
}

#[test]
fn own_rate_and_own_readiness_to_leave_are_the_integral() {
    each_case(|case, model, history, words| {
        let posterior = model.posterior(history);
        let found = posterior.rate.mean;
        assert_relative(words, found, number(case, "/own_rate"), EXACT);
        let found = posterior.dropout.unwrap().mean;
        assert_relative(words, found, number(case, "/own_readiness"), EXACT);
    });
}

#[test]
fn expectations_are_the_integral_where_clvtools_issue_206_found_its_formula_wrong() {
    let rate = number(&reference_cases("ggom_nbd"), "/discount_rate");
    each_case(|case, model, history, words| {
        for horizon in case["horizons"].as_array().unwrap() {
            let time = number(horizon, "/horizon");
            let expected = |field: &str| number(horizon, field);
            let found = model.expected_purchases(history, time).unwrap();
            assert_relative(words, found, expected("/expected"), EXACT);
            let found = model
                .expected_purchases_between(history, time, 2.0 * time)
                .unwrap();
            assert_relative(words, found, expected("/expected_next"), EXACT);
            let forecast = model.forecaster(time, rate).unwrap().forecast(history);
            let found = forecast.expected_purchases;
            assert_relative(words, found, expected("/expected"), EXACT);
            let found = forecast.discounted_purchases;
            assert_relative(words, found, expected("/discounted"), EXACT);
            let found = forecast.discounted_purchases_lifetime;
            assert_relative(words, found, number(case, "/lifetime"), EXACT);
        }
    });
}

#[test]
fn counts_are_the_integral() {
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

/// Everything a model says of a customer, by name.
fn everything(model: &dyn PurchaseModel, history: &History) -> Vec<(&'static str, f64)> {
    let forecast = model.forecaster(52.0, 0.002).unwrap().forecast(history);
    let posterior = model.posterior(history);
    let dropout = posterior.dropout.unwrap();
    let any = model.probability_of_any_purchase(history);
    let count = |n| model.probability_of_count(history, 52.0, n).unwrap();
    let between = model.expected_purchases_between(history, 13.0, 26.0);
    let later = model.probability_of_purchase_between(history, 13.0, 26.0);
    vec![
        ("likelihood", ln_likelihood(model, history).exp()),
        ("alive", forecast.probability_alive),
        (
            "alive later",
            model.probability_alive_after(history, 9.0).unwrap(),
        ),
        ("expected", forecast.expected_purchases),
        ("between", between.unwrap()),
        ("discounted", forecast.discounted_purchases),
        ("lifetime", forecast.discounted_purchases_lifetime),
        ("any", any),
        ("any between", later.unwrap()),
        ("none", count(0)),
        ("one", count(1)),
        ("many", count(30)),
        ("rate", posterior.rate.mean),
        ("spread of rates", posterior.rate.standard_deviation),
        ("dropout", dropout.mean),
        ("spread of dropout", dropout.standard_deviation),
    ]
}

#[test]
fn everything_goes_to_pareto_nbd_as_b_goes_to_zero() {
    let cases = reference_cases("pareto");
    for case in cases["cases"].as_array().unwrap() {
        let [r, alpha, s, beta] = numbers(case, "/parameters").try_into().unwrap();
        let [x, recency, age] = numbers(case, "/history").try_into().unwrap();
        let history = History::new(x as u32, recency, age).unwrap();
        let parameters = ParetoNbdParameters { r, alpha, s, beta };
        let pareto = FittedParetoNbd::from_parameters(parameters).unwrap();
        let exact = everything(&pareto, &history);
        // So small, since at small shapes a few buy again after 1e20 weeks.
        let b = 1e-80;
        let near = everything(&model(&[r, alpha, b, s, b * beta]), &history);
        for ((what, found), (_, exact)) in near.into_iter().zip(&exact) {
            let words = format!("{what} {} {history:?}", case["name"]);
            assert_relative(&words, found, *exact, LIMIT);
        }
        let near = model(&[r, alpha, b, s, b * beta]);
        for share in [0.01, 0.25, 0.5, 0.9] {
            let level = share * near.probability_of_any_purchase(&history);
            let Some(time) = near.time_to_next_purchase(&history, level) else {
                // So improbable that a share of it is no number.
                assert_eq!(level, 0.0);
                continue;
            };
            let by_then = pareto.probability_of_purchase(&history, time).unwrap();
            let words = format!("by {time}, {} {history:?}", case["name"]);
            assert_relative(&words, by_then, level, LIMIT);
        }
    }
}

#[test]
fn the_gap_to_pareto_nbd_is_halved_as_b_is() {
    let parameters = ParetoNbdParameters {
        r: 0.55,
        alpha: 10.58,
        s: 0.61,
        beta: 11.67,
    };
    let ParetoNbdParameters { r, alpha, s, beta } = parameters;
    let history = History::new(2, 30.43, 38.86).unwrap();
    let pareto = FittedParetoNbd::from_parameters(parameters).unwrap();
    let exact = everything(&pareto, &history);
    let [whole, half] =
        [1e-5, 5e-6].map(|b| everything(&model(&[r, alpha, b, s, b * beta]), &history));
    for (i, (what, exact)) in exact.into_iter().enumerate() {
        let ratio = (whole[i].1 - exact) / (half[i].1 - exact);
        // What is left is of second order, in b times a few thousand weeks.
        assert!((ratio - 2.0).abs() < 0.05, "{what}: {ratio}");
    }
}

#[test]
fn cdnow_is_pareto_nbd_and_told_so_where_clvtools_stops_without_a_word() {
    let test = "ggom_nbd::cdnow_is_pareto_nbd_and_told_so";
    let Some(file) = data_file(test, "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let histories = Purchases::cdnow(&file).histories();
    let fitted = GgomNbdConfig::default().build().fit(&histories).unwrap();
    let pareto = ParetoNbdConfig::default().build().fit(&histories).unwrap();
    let (found, limit) = (fitted.parameters(), pareto.parameters());
    let (report, of_pareto) = (fitted.report().unwrap(), pareto.report().unwrap());
    // The search ends where b·T is 6e-7; the likelihood is within that of its limit, relative to a few units.
    assert!((report.log_likelihood - of_pareto.log_likelihood).abs() < 1e-5);
    let tolerance = 1e-5;
    assert_relative("r", found.r, limit.r, tolerance);
    assert_relative("alpha", found.alpha, limit.alpha, tolerance);
    assert_relative("s", found.s, limit.s, tolerance);
    assert_relative("beta/b", found.beta / found.b, limit.beta, tolerance);
    let errors = report.standard_errors().unwrap();
    let of_pareto = of_pareto.standard_errors().unwrap();
    for (own, of_limit) in [(0, 0), (1, 1), (3, 2)] {
        assert_relative(
            "standard error",
            errors[own],
            of_pareto[of_limit],
            tolerance,
        );
    }
    assert!(report.converged);
    let [warning] = report
        .warnings
        .iter()
        .filter(|warning| matches!(warning, FitWarning::HazardSteady { .. }))
        .collect::<Vec<_>>()[..]
    else {
        panic!("{:?}", report.warnings);
    };
    let said = "so this is Pareto/NBD with a β of 11.668";
    assert!(warning.to_string().contains(said), "{warning}");
}

#[test]
fn estimates_of_other_programs_for_cdnow_are_less_likely_than_ours() {
    let test = "ggom_nbd::estimates_of_other_programs_for_cdnow_are_less_likely_than_ours";
    let Some(file) = data_file(test, "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let histories = Purchases::cdnow(&file).histories();
    let cases = reference_cases("ggom_printed");
    for name in ["bemmaor_glady", "clvtools"] {
        let parameters = numbers(&cases, &format!("/{name}/parameters"));
        let found = model(&parameters.try_into().unwrap()).log_likelihood(&histories);
        let expected = number(&cases, &format!("/{name}/log_likelihood"));
        assert_printed(name, found, expected, 3);
    }
}

/// Draws histories of customers from the definition, not by the library's own draws.
fn base(
    &[r, alpha, b, s, beta]: &[f64; 5],
    ages: (f64, f64),
    seed: u64,
    customers: u32,
) -> WeightedHistories {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let rates = Gamma::new(r, 1.0 / alpha).unwrap();
    let readiness = Gamma::new(s, 1.0 / beta).unwrap();
    WeightedHistories::from_histories((0..customers).map(|_| {
        let age = generator.random_range(ages.0..ages.1);
        let gap = Exp::new(rates.sample(&mut generator).max(1e-300)).unwrap();
        let used_up: f64 = Exp::new(readiness.sample(&mut generator).max(1e-300))
            .unwrap()
            .sample(&mut generator);
        let last = age.min(used_up.ln_1p() / b);
        let (mut x, mut recency) = (0, 0.0);
        let mut time = gap.sample(&mut generator);
        while time <= last {
            (x, recency) = (x + 1, time);
            time += gap.sample(&mut generator);
        }
        (History::new(x, recency, age).unwrap(), 1)
    }))
}

#[test]
fn parameters_are_found_again() {
    for (seed, truth) in [
        (61, [0.9, 5.0, 0.15, 0.8, 20.0]),
        (62, [1.5, 6.0, 0.3, 0.6, 2e4]),
        (63, [0.8, 3.0, 0.05, 0.4, 0.1]),
    ] {
        let histories = base(&truth, (10.0, 100.0), seed, 10_000);
        let fitted = GgomNbdConfig::default().build().fit(&histories).unwrap();
        let report = fitted.report().unwrap();
        assert!(report.converged, "seed {seed}: {report:?}");
        let errors = report.standard_errors().unwrap();
        for (((name, found), error), truth) in
            fitted.named_parameters().iter().zip(errors).zip(truth)
        {
            let away = (found - truth) / error;
            assert!(away.abs() < FAR, "seed {seed}: {name} {found} {away:.1}");
        }
        let likelihood = model(&truth).log_likelihood(&histories);
        assert!(report.log_likelihood >= likelihood);
    }
}

fn warnings_of(truth: &[f64; 5], seed: u64) -> Vec<FitWarning> {
    let histories = base(truth, (10.0, 100.0), seed, 2_000);
    let fitted = GgomNbdConfig::default().build().fit(&histories).unwrap();
    fitted.report().unwrap().warnings.clone()
}

#[test]
fn exponential_lifetimes_determine_the_product_of_b_and_s_alone_and_say_so() {
    let warnings = warnings_of(&[1.0, 3.0, 0.1, 0.4, 1.0], 65);
    let said = warnings.iter().find_map(|warning| match warning {
        FitWarning::OnlyHazardDetermined { rate } => Some((rate, warning.to_string())),
        _ => None,
    });
    let (rate, words) = said.unwrap_or_else(|| panic!("{warnings:?}"));
    assert!((rate / 0.04 - 1.0).abs() < 0.1, "{rate}");
    assert!(words.contains("the data know b·s, and neither b nor s"));
}

#[test]
fn customers_who_leave_alike_at_each_age_are_told_in_words() {
    // Gompertz without mixture: η·b is 0.0006 for all at first, and grows by 0.06 a week.
    let warnings = warnings_of(&[1.0, 3.0, 0.06, 1e7, 1e9], 66);
    let said = warnings.iter().find_map(|warning| match warning {
        FitWarning::HazardsAlike { rate, growth } => Some((rate, growth)),
        _ => None,
    });
    let (rate, growth) = said.unwrap_or_else(|| panic!("{warnings:?}"));
    assert!((growth / 0.06 - 1.0).abs() < 0.1, "{growth}");
    assert!((rate / 0.0006 - 1.0).abs() < 0.3, "{rate}");
}

/// Answers that follow from each other, at parameters from one edge of the range searched to the other.
fn assert_consistent(model: &FittedGgomNbd, history: &History) {
    let words = format!("{:?} {history:?}", model.parameters());
    // Two quadratures of one quantity, each exact to 1e-13 of its largest terms.
    let same = |left: f64, right: f64| (left - right).abs() <= 1e-12 * right.abs().max(1e-300);
    let at_most = |small: f64, large: f64| small <= large * (1.0 + 1e-12);
    assert!(ln_likelihood(model, history).is_finite(), "{words}");
    let alive = model.probability_alive(history);
    assert!((0.0..=1.0).contains(&alive), "{words}: {alive}");
    let between = |from, to| model.expected_purchases_between(history, from, to).unwrap();
    let (whole, near, far) = (between(0.0, 52.0), between(0.0, 20.0), between(20.0, 52.0));
    assert!(same(near + far, whole), "{words}: {near} {far} {whole}");
    let forecast = model.forecaster(52.0, 0.002).unwrap().forecast(history);
    let (discounted, ever) = (
        forecast.discounted_purchases,
        forecast.discounted_purchases_lifetime,
    );
    assert!(same(forecast.expected_purchases, whole), "{words}");
    assert!(at_most(discounted, whole) && at_most(discounted, ever) && ever.is_finite());
    let none = model.probability_of_count(history, 52.0, 0).unwrap();
    let some = model.probability_of_purchase(history, 52.0).unwrap();
    assert!(same(none + some, 1.0), "{words}: {none} {some}");
    let any = model.probability_of_any_purchase(history);
    assert!(at_most(some, any) && at_most(any, alive), "{words}: {any}");
    if let Some(time) = model.time_to_next_purchase(history, 0.3 * any) {
        let by_then = model.probability_of_purchase(history, time).unwrap();
        assert_relative(&words, by_then, 0.3 * any, 1e-11);
    }
    let posterior = model.posterior(history);
    assert!(posterior.rate.mean.is_finite() && posterior.dropout.unwrap().mean.is_finite());
}

#[test]
fn nothing_overflows_cancels_or_lasts_at_the_edges_of_the_range_searched() {
    let seed = 66;
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    for case in 0..600 {
        let widest = if case % 3 == 0 { 5.0_f64 } else { 17.9 };
        let parameters = [(); 5].map(|()| generator.random_range(-widest..widest).exp());
        let age = generator.random_range(0.0..6.0_f64).exp_m1();
        let x = [0, 1, 3, 30, 200, 300][generator.random_range(0..6_usize)];
        let recency = match (x, case % 5) {
            (0, _) => 0.0,
            (_, 0) => age,
            _ => age * generator.random::<f64>(),
        };
        let history = History::new(x, recency, age).unwrap();
        assert_consistent(&model(&parameters), &history);
    }
}
