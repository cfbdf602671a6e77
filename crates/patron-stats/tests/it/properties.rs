//! What must hold on random input.

use patron_stats::history::{DayHistory, History, WeightedHistories};
use patron_stats::purchase::PurchaseModel;
use patron_testkit::relative_gap;
use proptest::prelude::*;

use crate::forecasts::{GROWTH, model_named};

/// Two quadratures of the same quantity, each good to about 1e-11.
const SAME: f64 = 1e-9;

fn parameters() -> impl Strategy<Value = [f64; 4]> {
    let logarithm = |low: f64, high: f64| (low.ln()..high.ln()).prop_map(f64::exp);
    (
        logarithm(0.05, 30.0),
        logarithm(0.1, 300.0),
        logarithm(0.03, 30.0),
        logarithm(0.05, 100.0),
    )
        .prop_map(|(r, alpha, a, b)| [r, alpha, a, b])
}

fn history() -> impl Strategy<Value = History> {
    (prop_oneof![0u32..6, 0u32..300], 0.0..1.0f64, 0.0..500.0f64).prop_map(|(x, share, age)| {
        let recency = if x == 0 { 0.0 } else { share * age };
        History::new(x, recency, age).unwrap()
    })
}

fn key() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("nbd"),
        Just("bg-nbd"),
        Just("mbg-nbd"),
        Just("pareto-nbd"),
        Just("ggom-nbd"),
    ]
}

/// Means of the dropout and of its square before anything is known: beta, or gamma, of (a, b).
fn prior_dropout(key: &str, [_, alpha, a, b]: [f64; 4]) -> (f64, f64) {
    if key == "pareto-nbd" {
        return (a / b, a * (a + 1.0) / (b * b));
    }
    if key == "ggom-nbd" {
        let growth = GROWTH / alpha;
        return (a / b * growth, a * (a + 1.0) * (growth / b).powi(2));
    }
    let first = a / (a + b);
    (first, first * (a + 1.0) / (a + b + 1.0))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn expectation_equals_the_mean_of_the_counts(
        key in key(), parameters in parameters(), history in history(), horizon in 0.1..150.0f64,
    ) {
        let model = model_named(key, &parameters);
        let expected = model.expected_purchases(&history, horizon).unwrap();
        let counts = model.count_distribution(&history, horizon).unwrap();
        // The counts leave out 1e-13 of customers, who could weigh a little more in the mean.
        prop_assert!((counts.mean() - expected).abs() <= 1e-8 * expected.max(1e-3), "{} {expected}", counts.mean());
        let total: f64 = (0..=counts.most_purchases()).map(|n| counts.probability(n)).sum();
        prop_assert!((total - 1.0).abs() < 1e-10);
    }

    #[test]
    fn two_ways_to_the_expectation_agree_and_discounting_lowers_it(
        key in key(), parameters in parameters(), history in history(),
        horizon in 0.1..150.0f64, rate in 0.0005..0.02f64,
    ) {
        let model = model_named(key, &parameters);
        let forecaster = model.forecaster(horizon, rate).unwrap();
        let forecast = forecaster.forecast(&history);
        let expected = model.expected_purchases(&history, horizon).unwrap();
        prop_assert!(relative_gap(forecast.expected_purchases, expected) < SAME);
        let least = forecast.expected_purchases * (-rate * horizon).exp();
        prop_assert!(forecast.discounted_purchases <= forecast.expected_purchases * (1.0 + SAME));
        prop_assert!(forecast.discounted_purchases >= least * (1.0 - SAME));
        prop_assert!(forecast.discounted_purchases_lifetime >= forecast.discounted_purchases * (1.0 - SAME));
        prop_assert!((0.0..=1.0).contains(&forecast.probability_alive));
        let longer = model.forecaster(2.0 * horizon, rate).unwrap().forecast(&history);
        prop_assert!(longer.discounted_purchases >= forecast.discounted_purchases * (1.0 - SAME));
        prop_assert!(relative_gap(longer.discounted_purchases_lifetime, forecast.discounted_purchases_lifetime) < SAME);
    }

    #[test]
    fn discounted_purchases_satisfy_the_identity_by_parts(
        key in key(), parameters in parameters(), history in history(), rate in 0.001..0.02f64,
    ) {
        // DET(H) = e^-δH·CET(H) + δ∫₀^H e^-δt·CET(t) dt, by Simpson's rule on t = A(e^u − 1).
        let model = model_named(key, &parameters);
        let horizon = 52.0;
        let time = parameters[1] + history.age();
        let cet = |t: f64| model.expected_purchases(&history, t).unwrap();
        let steps = 400;
        let end = (horizon / time).ln_1p();
        let integral: f64 = (0..=steps).map(|i| {
            let u = end * f64::from(i) / f64::from(steps);
            let weight = if i == 0 || i == steps { 1.0 } else if i % 2 == 1 { 4.0 } else { 2.0 };
            let t = (time * u.exp_m1()).min(horizon);
            weight * (-rate * t).exp() * cet(t) * time * u.exp()
        }).sum::<f64>() * end / (3.0 * f64::from(steps));
        let identity = (-rate * horizon).exp() * cet(horizon) + rate * integral;
        let found = model.discounted_expected_purchases(&history, horizon, rate).unwrap();
        prop_assert!(relative_gap(found, identity) < 1e-6, "{found} {identity}");
    }

    #[test]
    fn expectations_of_adjoining_intervals_add_up(
        key in key(), parameters in parameters(), history in history(), first in 0.0..100.0f64, second in 0.0..100.0f64,
    ) {
        let model = model_named(key, &parameters);
        let whole = model.expected_purchases(&history, first + second).unwrap();
        let near = model.expected_purchases_between(&history, 0.0, first).unwrap();
        let far = model.expected_purchases_between(&history, first, first + second).unwrap();
        prop_assert!((near + far - whole).abs() <= SAME * whole.max(f64::MIN_POSITIVE), "{near} + {far}, {whole}");
        // Who buys in an interval is there when it begins; and buys once at least as often as expected in all.
        let any = model.probability_of_purchase_between(&history, first, first + second).unwrap();
        let there = model.probability_alive_after(&history, first).unwrap();
        prop_assert!(any <= there * (1.0 + SAME) && any <= far * (1.0 + SAME), "{any} {there} {far}");
        let at_once = model.probability_alive_after(&history, 0.0).unwrap();
        prop_assert!((at_once - model.probability_alive(&history)).abs() < 1e-12);
    }

    #[test]
    fn moments_of_own_rate_and_dropout_are_ratios_of_likelihoods(
        key in key(), parameters in parameters(), history in history(),
    ) {
        // E[λ^k | data] = Γ(r + k)/(Γ(r)·α^k) · L(r + k, α, …)/L(r, α, …), and so for what makes one leave.
        let one = WeightedHistories::from_histories([(history, 1)]);
        let ln = |parameters: [f64; 4]| model_named(key, &parameters).log_likelihood(&one);
        let [r, alpha, a, b] = parameters;
        let at = ln(parameters);
        let rate = |k: f64| (ln([r + k, alpha, a, b]) - at).exp();
        let (first, second) = (r / alpha * rate(1.0), r * (r + 1.0) / (alpha * alpha) * rate(2.0));
        let posterior = model_named(key, &parameters).posterior(&history);
        prop_assert!(relative_gap(posterior.rate.mean, first) < 1e-8, "{posterior:?} {first}");
        let square = posterior.rate.mean.powi(2) + posterior.rate.standard_deviation.powi(2);
        prop_assert!(relative_gap(square, second) < 1e-8, "{posterior:?} {second}");
        prop_assert_eq!(posterior.dropout.is_none(), key == "nbd");
        let Some(dropout) = posterior.dropout else {
            return Ok(());
        };
        let leaving = |k: f64| (ln([r, alpha, a + k, b]) - at).exp();
        let (one, two) = prior_dropout(key, parameters);
        prop_assert!(relative_gap(dropout.mean, one * leaving(1.0)) < 1e-8, "{dropout:?}");
        let square = dropout.mean.powi(2) + dropout.standard_deviation.powi(2);
        prop_assert!(relative_gap(square, two * leaving(2.0)) < 1e-8, "{dropout:?}");
    }

    #[test]
    fn longer_silence_means_less_alive(
        key in key(), parameters in parameters(), x in 1u32..60, recency in 0.0..100.0f64, silence in 0.0..50.0f64,
    ) {
        let model = model_named(key, &parameters);
        let alive = |age| model.probability_alive(&History::new(x, recency, age).unwrap());
        prop_assert!(alive(recency + silence + 1.0) <= alive(recency + silence));
    }

    #[test]
    fn a_change_of_unit_changes_no_number_of_purchases(
        key in key(), parameters in parameters(), history in history(), horizon in 0.1..150.0f64,
    ) {
        let [r, alpha, a, b] = parameters;
        let weeks = model_named(key, &parameters);
        let b = if key == "pareto-nbd" { b * 7.0 } else { b };
        let days = model_named(key, &[r, alpha * 7.0, a, b]);
        let in_days =
            History::new(history.repeat_purchases(), history.recency() * 7.0, history.age() * 7.0).unwrap();
        let left = weeks.forecaster(horizon, 0.002).unwrap().forecast(&history);
        let right = days.forecaster(7.0 * horizon, 0.002 / 7.0).unwrap().forecast(&in_days);
        prop_assert!(relative_gap(right.expected_purchases, left.expected_purchases) < SAME);
        prop_assert!(relative_gap(right.discounted_purchases_lifetime, left.discounted_purchases_lifetime) < SAME);
    }

    #[test]
    fn by_the_median_the_next_purchase_has_happened_with_probability_one_half(
        key in key(), parameters in parameters(), history in history(), level in 0.01..0.99f64,
    ) {
        let model = model_named(key, &parameters);
        let ever = model.probability_of_any_purchase(&history);
        match model.time_to_next_purchase(&history, level) {
            None => prop_assert!(ever <= level),
            Some(time) => {
                prop_assert!(ever > level);
                if time.is_finite() {
                    let by_then = model.probability_of_purchase(&history, time).unwrap();
                    prop_assert!((by_then - level).abs() < 1e-9);
                }
            }
        }
        let median = model.forecaster(10.0, 0.001).unwrap().forecast(&history).median_time_to_next_purchase;
        prop_assert_eq!(median, model.time_to_next_purchase(&history, 0.5));
    }

    #[test]
    fn order_of_rows_and_repetition_change_nothing(
        rows in prop::collection::vec((0u32..5, 0u32..200, 0u32..200), 1..60), seed in 0usize..1000,
    ) {
        let day = |(x, recency, silence): &(u32, u32, u32)| {
            let recency_days = if *x == 0 { 0 } else { *recency };
            DayHistory { repeat_purchases: *x, recency_days, age_days: recency_days + silence }
        };
        let rows: Vec<DayHistory> = rows.iter().map(day).collect();
        let mut turned = rows.clone();
        turned.rotate_left(seed % rows.len());
        turned.reverse();
        let one = WeightedHistories::from_days(rows.iter().copied(), 7.0).unwrap();
        prop_assert_eq!(&one, &WeightedHistories::from_days(turned, 7.0).unwrap());
        prop_assert_eq!(one.customers(), rows.len() as u64);
        let twice = WeightedHistories::from_counted_days(rows.iter().map(|row| (*row, 2)), 7.0).unwrap();
        prop_assert_eq!(twice.customers(), 2 * one.customers());
        prop_assert_eq!(twice.entries().len(), one.entries().len());
        let as_histories = WeightedHistories::from_histories(
            rows.iter().map(|row| (History::from_days(*row, 7.0).unwrap(), 1)),
        );
        prop_assert_eq!(one, as_histories);
    }
}

#[test]
fn no_repeat_purchase_means_certainly_alive_in_bg_only() {
    let silent = History::new(0, 0.0, 400.0).unwrap();
    let parameters = [0.243, 4.414, 0.793, 2.426];
    let bg = model_named("bg-nbd", &parameters).probability_alive(&silent);
    let mbg = model_named("mbg-nbd", &parameters).probability_alive(&silent);
    assert!((bg - 1.0).abs() < f64::EPSILON && mbg < 0.75);
}

#[test]
fn without_dropout_all_models_are_nbd() {
    let history = History::new(3, 10.0, 20.0).unwrap();
    let one = WeightedHistories::from_histories([(history, 1)]);
    let nbd = model_named("nbd", &[0.7, 9.0]);
    // (r + x)/(α + T)·t
    let expected = 3.7 / 29.0 * 30.0;
    assert!(relative_gap(nbd.expected_purchases(&history, 30.0).unwrap(), expected) < 1e-14);
    for key in ["bg-nbd", "mbg-nbd", "pareto-nbd", "ggom-nbd"] {
        let model = model_named(key, &[0.7, 9.0, 1e-9, 5.0]);
        let found = model.expected_purchases(&history, 30.0).unwrap();
        assert!(relative_gap(found, expected) < 1e-7, "{key}: {found}");
        let (found, of_nbd) = (model.log_likelihood(&one), nbd.log_likelihood(&one));
        assert!(relative_gap(found, of_nbd) < 1e-7, "{key}: {found}");
        for n in [0, 1, 5] {
            let count =
                |model: &dyn PurchaseModel| model.probability_of_count(&history, 30.0, n).unwrap();
            let (found, of_nbd) = (count(model.as_ref()), count(nbd.as_ref()));
            assert!(relative_gap(found, of_nbd) < 1e-7, "{key} {n}: {found}");
        }
    }
}

#[test]
fn undiscounted_lifetime_purchases_are_finite_only_above_a_of_one() {
    let history = History::new(2, 10.0, 20.0).unwrap();
    let lifetime = |parameters: &[f64]| {
        let model = model_named("bg-nbd", parameters);
        let forecast = model.forecaster(52.0, 0.0).unwrap().forecast(&history);
        assert_eq!(forecast.discounted_purchases, forecast.expected_purchases);
        forecast.discounted_purchases_lifetime / forecast.probability_alive
    };
    assert_eq!(lifetime(&[0.7, 9.0, 1.0, 5.0]), f64::INFINITY);
    // E[1/p] of Beta(3, 7) is 9/2.
    assert!(relative_gap(lifetime(&[0.7, 9.0, 3.0, 5.0]), 4.5) < 1e-12);
    // A rate towards 0 comes close to it.
    let model = model_named("bg-nbd", &[0.7, 9.0, 3.0, 5.0]);
    let nearly = model
        .discounted_expected_purchases_lifetime(&history, 1e-9)
        .unwrap();
    assert!(relative_gap(nearly / model.probability_alive(&history), 4.5) < 1e-6);
}

#[test]
fn undiscounted_lifetime_purchases_are_finite_only_above_s_of_one() {
    let history = History::new(2, 10.0, 20.0).unwrap();
    let lifetime = |parameters: &[f64]| {
        let model = model_named("pareto-nbd", parameters);
        let forecast = model.forecaster(52.0, 0.0).unwrap().forecast(&history);
        assert_eq!(forecast.discounted_purchases, forecast.expected_purchases);
        forecast.discounted_purchases_lifetime / forecast.probability_alive
    };
    assert_eq!(lifetime(&[0.7, 9.0, 1.0, 5.0]), f64::INFINITY);
    // λ is 2.7/29 on average, and the time left (5 + 20)/(3 − 1).
    assert!(relative_gap(lifetime(&[0.7, 9.0, 3.0, 5.0]), 2.7 / 29.0 * 12.5) < 1e-12);
}

#[test]
fn forecasts_do_not_depend_on_company_even_above_the_curves_that_are_kept() {
    for key in ["nbd", "bg-nbd", "mbg-nbd", "pareto-nbd", "ggom-nbd"] {
        let model = model_named(key, &[0.525, 6.183, 0.891, 1.614]);
        let forecaster = model.forecaster(52.0, 0.002).unwrap();
        let histories: Vec<History> = [3u32, 1500, 3, 1500, 2000, 0, 1500]
            .into_iter()
            .zip(1u32..)
            .map(|(x, i)| {
                let age = 60.0 + f64::from(i % 3);
                History::new(x, f64::from(x.min(1)) * 60.0, age).unwrap()
            })
            .collect();
        let together = forecaster.forecast_all(&histories);
        for (history, forecast) in histories.iter().zip(together) {
            let alone = model.forecaster(52.0, 0.002).unwrap().forecast(history);
            assert_eq!(alone, forecast, "{key}");
        }
    }
}

#[test]
fn counts_keep_their_digits_where_customers_are_all_alike() {
    // The same parameters as below; logarithms of gamma functions of 1e8 are 2e9, and nine digits of a change would be lost.
    let new = History::NEW_CUSTOMER;
    let nbd = model_named("nbd", &[1e8, 5e8]);
    let z = 52.0 / (5e8 + 52.0);
    let twice = 1e8 * (1e8 + 1.0) / 2.0 * z * z * (-1e8 * (52.0_f64 / 5e8).ln_1p()).exp();
    let found = nbd.probability_of_count(&new, 52.0, 2).unwrap();
    assert!(relative_gap(found, twice) < 1e-12, "{found} {twice}");
    for key in ["nbd", "bg-nbd", "mbg-nbd", "pareto-nbd", "ggom-nbd"] {
        let model = model_named(key, &[1e8, 5e8, 1e7, 9e7]);
        let counts = model.count_distribution(&new, 52.0).unwrap();
        for n in [0u32, 1, 5, 20] {
            let one = model.probability_of_count(&new, 52.0, n).unwrap();
            // The list leaves out 1e-13 of customers.
            let gap = (counts.probability(n as usize) - one).abs();
            assert!(gap < 1e-12, "{key} {n}: {gap:.1e}");
        }
    }
}

#[test]
fn customers_who_are_all_alike_are_forecast_like_one_of_them() {
    // r, α → ∞ with r/α = 0.2 and a, b → ∞ with a/(a + b) = 0.1, as at a boundary of the fit.
    let model = model_named("bg-nbd", &[1e8, 5e8, 1e7, 9e7]);
    let new = History::NEW_CUSTOMER;
    let (rate, leaving, horizon) = (0.2_f64, 0.1_f64, 52.0_f64);
    let expected = -(-rate * leaving * horizon).exp_m1() / leaving;
    // The mixtures are still a hundred-thousandth away from a point.
    let close = 1e-5;
    assert!(relative_gap(model.expected_purchases(&new, horizon).unwrap(), expected) < close);
    let forecast = model.forecaster(horizon, 0.002).unwrap().forecast(&new);
    assert!(relative_gap(forecast.expected_purchases, expected) < close);
    let lifetime = rate / (rate * leaving + 0.002);
    assert!(relative_gap(forecast.discounted_purchases_lifetime, lifetime) < close);
    let none = model.probability_of_count(&new, horizon, 0).unwrap();
    assert!(relative_gap(none, (-rate * horizon).exp()) < close);
    let counts = model.count_distribution(&new, horizon).unwrap();
    assert!(relative_gap(counts.mean(), expected) < close);
}
