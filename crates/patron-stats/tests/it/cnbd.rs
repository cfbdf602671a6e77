//! BG/CNBD-k and MBG/CNBD-k: their limits, lists on record, and integrals in 25 digits.

use patron_stats::bg_cnbd::{BgCnbdConfig, BgCnbdParameters, FittedBgCnbd};
use patron_stats::bg_nbd::BgNbdConfig;
use patron_stats::estimate::{FitError, FitWarning};
use patron_stats::history::{History, WeightedHistories};
use patron_stats::mbg_cnbd::{FittedMbgCnbd, MbgCnbdConfig, MbgCnbdParameters};
use patron_stats::mbg_nbd::MbgNbdConfig;
use patron_stats::purchase::PurchaseModel;
use patron_stats::regularity::{LnIntervals, Stages};
use patron_testkit::{assert_relative, data_file, number, numbers, reference_cases};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Beta, Distribution, Gamma};

use crate::data::{Purchases, WEEK};
use crate::forecasts::model_named;

/// Asked for is 1e-6; what is summed leaves out 1e-13 of customers, and each of their purchases counts.
const EXACT: f64 = 1e-9;

/// Two ways of summing the same terms.
const SAME: f64 = 1e-10;

/// Two searches that end at the same maximum.
const SAME_MAXIMUM: f64 = 1e-6;

const WEEKS: f64 = 52.0;

fn cnbd(key: &str, k: u32, parameters: &[f64]) -> Box<dyn PurchaseModel> {
    let [r, alpha, a, b] = parameters.try_into().unwrap();
    let stages = Stages::new(k).unwrap();
    if key == "bg-cnbd-k" {
        let parameters = BgCnbdParameters {
            stages,
            r,
            alpha,
            a,
            b,
        };
        Box::new(FittedBgCnbd::from_parameters(parameters).unwrap())
    } else {
        let parameters = MbgCnbdParameters {
            stages,
            r,
            alpha,
            a,
            b,
        };
        Box::new(FittedMbgCnbd::from_parameters(parameters).unwrap())
    }
}

fn some_histories() -> Vec<History> {
    let rows = [
        (0, 0.0, 0.0),
        (0, 0.0, 39.0),
        (1, 12.0, 52.0),
        (2, 30.43, 38.86),
        (26, 30.857, 31.0),
        (5, 40.0, 40.0),
        (200, 120.0, 130.0),
    ];
    rows.map(|(x, t, age)| History::new(x, t, age).unwrap())
        .to_vec()
}

#[test]
fn all_answers_equal_integrals_over_the_rate() {
    let cases = reference_cases("cnbd");
    let discount_rate = number(&cases, "/discount_rate");
    for case in cases["exact"].as_array().unwrap() {
        let key = case["model"].as_str().unwrap();
        let model = cnbd(
            key,
            number(case, "/k") as u32,
            &numbers(case, "/parameters"),
        );
        let [x, recency, age] = numbers(case, "/history").try_into().unwrap();
        let history = History::new(x as u32, recency, age).unwrap();
        let one = WeightedHistories::from_histories([(history, 1)]);
        let same = |what: &str, found: f64, expected: f64| {
            assert_relative(&format!("{key} {history:?} {what}"), found, expected, EXACT);
        };
        let ln_likelihood = number(case, "/log_likelihood");
        // A logarithm near 0 is exact as its likelihood is.
        let gap = (model.log_likelihood(&one) - ln_likelihood).abs();
        assert!(gap < EXACT * ln_likelihood.abs().max(1.0), "{history:?}");
        let alive = number(case, "/probability_alive");
        same("alive", model.probability_alive(&history), alive);
        for at in case["horizons"].as_array().unwrap() {
            let time = number(at, "/horizon");
            let forecast = model
                .forecaster(time, discount_rate)
                .unwrap()
                .forecast(&history);
            let expected = number(at, "/expected");
            same("expected", forecast.expected_purchases, expected);
            let discounted = number(at, "/discounted");
            same("discounted", forecast.discounted_purchases, discounted);
            let lifetime = number(case, "/lifetime");
            let found = forecast.discounted_purchases_lifetime;
            same("lifetime", found, lifetime);
            let later = model.probability_alive_after(&history, time).unwrap();
            same("alive later", later, number(at, "/alive"));
            let any = model.probability_of_purchase(&history, time).unwrap();
            same("any", any, number(at, "/any"));
            for (n, expected) in at["counts"].as_object().unwrap() {
                let n = n.parse().unwrap();
                let found = model.probability_of_count(&history, time, n).unwrap();
                same(&format!("{n}"), found, expected.as_f64().unwrap());
            }
        }
    }
}

#[test]
fn likelihoods_of_300_purchases_are_finite_where_powers_overflow_in_btydplus() {
    let cases = reference_cases("cnbd");
    for case in cases["extreme"].as_array().unwrap() {
        let k = number(case, "/k") as u32;
        let model = cnbd("mbg-cnbd-k", k, &numbers(case, "/parameters"));
        let [x, recency, age] = numbers(case, "/history").try_into().unwrap();
        let history = History::new(x as u32, recency, age).unwrap();
        let one = WeightedHistories::from_histories([(history, 1)]);
        let expected = number(case, "/log_likelihood");
        let words = format!("k {k} {history:?}");
        assert_relative(&words, model.log_likelihood(&one), expected, EXACT);
        let forecast = model.forecaster(WEEKS, 0.002).unwrap().forecast(&history);
        assert!(forecast.expected_purchases.is_finite(), "{words}");
        assert!(
            forecast.discounted_purchases_lifetime.is_finite(),
            "{words}"
        );
    }
}

#[test]
fn grocery_probabilities_alive_are_those_of_btydplus() {
    let cases = reference_cases("cnbd");
    let grocery = &cases["grocery"]["mbg-cnbd-k"];
    let model = cnbd("mbg-cnbd-k", 2, &numbers(grocery, "/parameters"));
    let (recency, age) = (number(grocery, "/recency"), number(grocery, "/age"));
    let percent = numbers(grocery, "/probability_alive_percent");
    for (x, printed) in (1..).zip(percent) {
        let history = History::new(x, recency, age).unwrap();
        let found = 100.0 * model.probability_alive(&history);
        // Half of the last printed digit.
        assert!((found - printed).abs() <= 0.005, "x {x}: {found} {printed}");
    }
}

#[test]
fn with_one_stage_they_are_bg_nbd_and_mbg_nbd() {
    let parameters = [0.9, 5.0, 0.5, 3.0];
    for (key, plain) in [("bg-cnbd-k", "bg-nbd"), ("mbg-cnbd-k", "mbg-nbd")] {
        let (one, plain) = (cnbd(key, 1, &parameters), model_named(plain, &parameters));
        for history in some_histories() {
            let same = |what: &str, of: &dyn Fn(&dyn PurchaseModel) -> f64| {
                let (found, expected) = (of(one.as_ref()), of(plain.as_ref()));
                assert_relative(&format!("{key} {history:?} {what}"), found, expected, SAME);
            };
            let single = WeightedHistories::from_histories([(history, 1)]);
            same("ln L", &|m| m.log_likelihood(&single));
            same("alive", &|m| m.probability_alive(&history));
            let after = |m: &dyn PurchaseModel| m.probability_alive_after(&history, WEEKS).unwrap();
            same("alive later", &after);
            let forecast =
                |m: &dyn PurchaseModel| m.forecaster(WEEKS, 0.002).unwrap().forecast(&history);
            same("expected", &|m| forecast(m).expected_purchases);
            same("discounted", &|m| forecast(m).discounted_purchases);
            same("lifetime", &|m| forecast(m).discounted_purchases_lifetime);
            let count = |m: &dyn PurchaseModel| m.probability_of_count(&history, WEEKS, 3).unwrap();
            same("three", &count);
            let any = |m: &dyn PurchaseModel| {
                m.probability_of_purchase_between(&history, 10.0, WEEKS)
                    .unwrap()
            };
            same("any", &any);
            same("rate", &|m| m.posterior(&history).rate.mean);
            same("rate's spread", &|m| {
                m.posterior(&history).rate.standard_deviation
            });
            same("dropout", &|m| m.posterior(&history).dropout.unwrap().mean);
            let level = 0.4 * plain.probability_alive(&history);
            same("next", &|m| {
                m.time_to_next_purchase(&history, level).unwrap()
            });
        }
    }
}

#[test]
fn fits_with_one_stage_are_those_of_bg_nbd_and_mbg_nbd_on_cdnow() {
    let test = "fits_with_one_stage_are_those_of_bg_nbd_and_mbg_nbd_on_cdnow";
    let Some(path) = data_file(test, "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let histories = Purchases::cdnow(&path).histories();
    let none = LnIntervals::new([]).unwrap();
    let bg = BgCnbdConfig::default().with_stages(Stages::ONE).build();
    let mbg = MbgCnbdConfig::default().with_stages(Stages::ONE).build();
    let (bg, mbg) = (bg.fit(&histories, none), mbg.fit(&histories, none));
    let plain_bg = BgNbdConfig::default().build().fit(&histories).unwrap();
    let plain_mbg = MbgNbdConfig::default().build().fit(&histories).unwrap();
    let (bg, mbg) = (bg.unwrap(), mbg.unwrap());
    let pairs: [(&dyn PurchaseModel, &dyn PurchaseModel); 2] =
        [(&bg, &plain_bg), (&mbg, &plain_mbg)];
    for (one, plain) in pairs {
        let (found, expected) = (one.report().unwrap(), plain.report().unwrap());
        let (left, right) = (found.log_likelihood, expected.log_likelihood);
        assert_relative(one.key(), left, right, SAME);
        for ((name, left), (_, right)) in
            one.named_parameters().iter().zip(plain.named_parameters())
        {
            assert_relative(name, *left, right, SAME_MAXIMUM);
        }
        assert_eq!(found.parameters, 4);
    }
}

#[test]
fn the_likeliest_k_is_chosen_on_cdnow() {
    let Some(path) = data_file(
        "the_likeliest_k_is_chosen_on_cdnow",
        "cdnow/CDNOW_sample.txt",
    ) else {
        return;
    };
    let purchases = Purchases::cdnow(&path);
    let histories = purchases.histories();
    let mut times = Vec::new();
    for days in purchases.by_customer.values() {
        let seen: Vec<i64> = days.range(..=purchases.end).map(|(day, _)| *day).collect();
        let gaps = seen
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) as f64 / WEEK);
        times.extend(gaps);
    }
    assert_eq!(times.len() as u64, histories.repeat_purchases());
    let intervals = LnIntervals::new(times).unwrap();
    let config = BgCnbdConfig::default();
    let chosen = config.build().fit(&histories, intervals).unwrap();
    let best = chosen.report().unwrap().log_likelihood;
    for k in 1..=4 {
        let stages = Stages::new(k).unwrap();
        let given = config.with_stages(stages).build();
        let given = given.fit(&histories, intervals).unwrap();
        let found = given.report().unwrap().log_likelihood;
        let is_chosen = stages == chosen.parameters().stages;
        assert_eq!(found == best, is_chosen, "k {k}");
        assert!(found <= best, "k {k}: {found} above {best}");
    }
}

#[test]
fn a_forecast_is_the_same_in_any_batch_where_btydplus_corrects_from_100_rows_on() {
    for key in ["bg-cnbd-k", "mbg-cnbd-k"] {
        let model = cnbd(key, 2, &[1.3291753, 2.8125512, 0.424709, 0.7900287]);
        let rows = some_histories().into_iter().cycle().take(210);
        let histories: Vec<History> = rows.collect();
        let forecaster = model.forecaster(WEEKS, 0.002).unwrap();
        let together = forecaster.forecast_all(&histories);
        for (history, forecast) in histories.iter().zip(together).take(7) {
            let alone = model.forecaster(WEEKS, 0.002).unwrap().forecast(history);
            assert_eq!(alone, forecast, "{key}");
        }
    }
}

#[test]
fn counts_intervals_and_times_agree_with_each_other() {
    for (key, k) in [("bg-cnbd-k", 3), ("mbg-cnbd-k", 2), ("bg-cnbd-k", 12)] {
        let model = cnbd(key, k, &[0.9, 2.0, 0.7, 3.0]);
        for history in some_histories() {
            let words = format!("{key} {k} {history:?}");
            let counts = model.count_distribution(&history, WEEKS).unwrap();
            let sum: f64 = (0..=counts.most_purchases())
                .map(|n| counts.probability(n))
                .sum();
            assert_relative(&words, sum, 1.0, SAME);
            let expected = model.expected_purchases(&history, WEEKS).unwrap();
            assert_relative(&words, counts.mean(), expected, SAME);
            let between = |from, to| {
                model
                    .expected_purchases_between(&history, from, to)
                    .unwrap()
            };
            let parts = between(0.0, 20.0) + between(20.0, WEEKS);
            assert_relative(&words, parts, expected, SAME);
            let none = model.probability_of_count(&history, WEEKS, 0).unwrap();
            let any = model.probability_of_purchase(&history, WEEKS).unwrap();
            assert_relative(&words, none + any, 1.0, SAME);
            // From a moment on is from now on, but for the moment.
            let late = model.probability_of_purchase_between(&history, 1e-9, WEEKS);
            assert!((late.unwrap() - any).abs() < 1e-6, "{words}");
            let level = 0.4 * model.probability_alive(&history);
            let time = model.time_to_next_purchase(&history, level).unwrap();
            let by_then = model.probability_of_purchase(&history, time).unwrap();
            assert_relative(&words, by_then, level, SAME);
        }
    }
}

#[test]
fn purchases_without_end_are_the_limit_of_long_horizons() {
    for (key, k) in [("bg-cnbd-k", 3), ("mbg-cnbd-k", 2)] {
        for a in [0.7, 1.0, 2.5] {
            let model = cnbd(key, k, &[0.9, 2.0, a, 3.0]);
            for history in some_histories().into_iter().take(4) {
                // e^-40 of the value of a purchase is left at the horizon.
                let forecast = model.forecaster(800.0, 0.05).unwrap().forecast(&history);
                let (within, all) = (
                    forecast.discounted_purchases,
                    forecast.discounted_purchases_lifetime,
                );
                assert_relative(&format!("{key} a {a} {history:?}"), within, all, EXACT);
            }
        }
    }
    // Without discount, E[1/p] purchases of who is there, if that is finite.
    let endless = |a: f64| {
        let model = cnbd("bg-cnbd-k", 3, &[0.9, 2.0, a, 3.0]);
        let new = History::NEW_CUSTOMER;
        let lifetime = model.discounted_expected_purchases_lifetime(&new, 0.0);
        lifetime.unwrap()
    };
    assert_relative("a 2.5", endless(2.5), 3.0, SAME);
    assert_eq!(endless(1.0), f64::INFINITY);
}

#[test]
fn moments_of_own_rate_and_dropout_are_ratios_of_likelihoods() {
    let [r, alpha, a, b] = [0.9, 2.0, 0.7, 3.0];
    for (key, k) in [("bg-cnbd-k", 3), ("mbg-cnbd-k", 2)] {
        for history in some_histories() {
            let one = WeightedHistories::from_histories([(history, 1)]);
            let ln = |p: [f64; 4]| cnbd(key, k, &p).log_likelihood(&one);
            let at = ln([r, alpha, a, b]);
            let stages = f64::from(k);
            let first = r / alpha / stages * (ln([r + 1.0, alpha, a, b]) - at).exp();
            let second =
                r * (r + 1.0) / (alpha * stages).powi(2) * (ln([r + 2.0, alpha, a, b]) - at).exp();
            let posterior = cnbd(key, k, &[r, alpha, a, b]).posterior(&history);
            let rate = posterior.rate;
            assert_relative(key, rate.mean, first, EXACT);
            let square = rate.mean.powi(2) + rate.standard_deviation.powi(2);
            assert_relative(key, square, second, EXACT);
            let leaving = a / (a + b) * (ln([r, alpha, a + 1.0, b]) - at).exp();
            assert_relative(key, posterior.dropout.unwrap().mean, leaving, EXACT);
        }
    }
}

/// Histories with the logarithms of times between purchases; not by the library's own draws.
fn base(
    key: &str,
    truth: [f64; 4],
    k: u32,
    (seed, customers): (u64, u32),
) -> (WeightedHistories, LnIntervals) {
    let [r, alpha, a, b] = truth;
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let mut intervals = Vec::new();
    let mut histories = Vec::new();
    for _ in 0..customers {
        let age = f64::from(generator.random_range(7..=700)) / 7.0;
        let rate: f64 = Gamma::new(r, 1.0 / alpha).unwrap().sample(&mut generator);
        let leaving: f64 = Beta::new(a, b).unwrap().sample(&mut generator);
        let gaps = Gamma::new(f64::from(k), 1.0 / rate.max(1e-9)).unwrap();
        let (mut x, mut last) = (0, 0.0);
        let mut gone = key == "mbg-cnbd-k" && generator.random::<f64>() < leaving;
        while !gone {
            let gap: f64 = gaps.sample(&mut generator);
            if last + gap > age {
                break;
            }
            intervals.push(gap);
            x += 1;
            last += gap;
            gone = generator.random::<f64>() < leaving;
        }
        histories.push((History::new(x, last, age).unwrap(), 1));
    }
    let intervals = LnIntervals::new(intervals).unwrap();
    (WeightedHistories::from_histories(histories), intervals)
}

#[test]
fn mbg_cnbd_finds_k_and_its_parameters_again() {
    for (seed, k, truth) in [(61, 2, [1.3, 2.8, 0.4, 0.8]), (62, 5, [0.9, 1.0, 0.5, 2.0])] {
        let (histories, intervals) = base("mbg-cnbd-k", truth, k, (seed, 10_000));
        let fitted = MbgCnbdConfig::default()
            .build()
            .fit(&histories, intervals)
            .unwrap();
        assert_eq!(fitted.parameters().stages.get(), k, "seed {seed}");
        let report = fitted.report().unwrap();
        assert!(report.converged && report.parameters == 5, "seed {seed}");
        let errors = report.standard_errors().unwrap();
        let found = fitted.named_parameters();
        for (((name, found), error), truth) in found.iter().zip(errors).zip(truth) {
            let away = (found - truth) / error;
            assert!(away.abs() < 4.0, "seed {seed}: {name} {found} {away:.1}");
        }
    }
}

#[test]
fn bg_cnbd_finds_its_parameters_again_for_a_given_k() {
    let (seed, k, truth) = (63, 3, [0.9, 1.7, 0.5, 2.5]);
    let (histories, intervals) = base("bg-cnbd-k", truth, k, (seed, 10_000));
    let config = BgCnbdConfig::default().with_stages(Stages::new(k).unwrap());
    let fitted = config.build().fit(&histories, intervals).unwrap();
    let report = fitted.report().unwrap();
    assert!(report.converged && report.parameters == 4, "seed {seed}");
    let errors = report.standard_errors().unwrap();
    let found = fitted.named_parameters();
    for (((name, found), error), truth) in found.iter().zip(errors).zip(truth) {
        let away = (found - truth) / error;
        assert!(away.abs() < 4.0, "seed {seed}: {name} {found} {away:.1}");
    }
}

#[test]
fn customers_more_regular_than_any_k_are_told_in_words() {
    let (histories, intervals) = base("mbg-cnbd-k", [2.0, 0.3, 0.4, 2.0], 30, (64, 2_000));
    let config = MbgCnbdConfig::default();
    let fitted = config.build().fit(&histories, intervals).unwrap();
    assert_eq!(fitted.parameters().stages.get(), 12);
    let warnings = &fitted.report().unwrap().warnings;
    let bound = FitWarning::ParameterAtBound {
        parameter: "k".into(),
        value: 12.0,
    };
    assert!(warnings.contains(&bound), "{warnings:?}");
}

#[test]
fn each_bad_input_has_its_own_error() {
    let none = LnIntervals::new([]).unwrap();
    let few = WeightedHistories::from_histories([(History::new(1, 2.0, 3.0).unwrap(), 29)]);
    let error = FitError::TooFewRepeatBuyers {
        required: 30,
        found: 29,
    };
    let (bg, mbg) = (BgCnbdConfig::default(), MbgCnbdConfig::default());
    assert_eq!(bg.build().fit(&few, none).unwrap_err(), error);
    assert_eq!(mbg.build().fit(&few, none).unwrap_err(), error);
    let minimum = FitError::MinimumTooSmall {
        required: 1,
        found: 0,
    };
    assert_eq!(bg.with_minimum_repeat_buyers(0).unwrap_err(), minimum);
    assert_eq!(mbg.with_minimum_repeat_buyers(0).unwrap_err(), minimum);
    let parameters = BgCnbdParameters {
        stages: Stages::ONE,
        r: 1.0,
        alpha: 0.0,
        a: 1.0,
        b: 1.0,
    };
    assert!(matches!(
        FittedBgCnbd::from_parameters(parameters),
        Err(FitError::ParameterNotPositive { .. })
    ));
}
