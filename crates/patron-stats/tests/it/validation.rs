//! Measures of predictions against numpy and scipy, against CDNOW's record, and by hand.

use std::convert::Infallible;

use patron_stats::history::{DayHistory, History, WeightedHistories};
use patron_stats::lorenz;
use patron_stats::nbd::{FittedNbd, NbdConfig, NbdParameters};
use patron_stats::purchase::{ForecastError, PurchaseModel};
use patron_stats::validation::{
    Comparison, CountPlace, Held, PointErrors, Predictions, RankedGroup, ValidationError,
    cell_means, choose, evaluate, gini_of_ranking, held_out, log_score, origins, own_mean_rate,
    point_errors, ranked_groups, rolling_origin, same_as_last_period, top_capture, track,
    uniformity,
};
use patron_testkit::{assert_relative, number, numbers, reference_cases, relative_gap};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rand_core::TryRng;
use rand_chacha::ChaCha12Rng;
use serde_json::Value;

use crate::forecasts::model_named;

/// Sums of the same few hundred terms in another order.
const ROUNDING: f64 = 1e-12;

/// The library's NBD and scipy's, each good to about 1e-12 in a tail.
const PROBABILITY: f64 = 1e-10;

/// A generator that always says one half.
#[derive(Debug)]
struct Half;

impl TryRng for Half {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(1 << 31)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(1 << 63)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(0x80);
        Ok(())
    }
}

fn assert_errors(cases: &Value, pointer: &str, found: &PointErrors) {
    let expected = |field: &str| number(cases, &format!("{pointer}/{field}"));
    for (field, found) in [
        ("bias", found.bias),
        ("mean_absolute", found.mean_absolute),
        ("root_mean_square", found.root_mean_square),
        ("mean_squared_logarithmic", found.mean_squared_logarithmic),
        ("relative_bias", found.relative_bias().unwrap()),
    ] {
        // A bias is a difference of nearly equal sums.
        assert!(
            (found - expected(field)).abs() < PROBABILITY,
            "{field}: {found}"
        );
    }
}

fn assert_groups(cases: &Value, pointer: &str, found: &[RankedGroup]) {
    let of = |field: &str| numbers(cases, &format!("{pointer}/{field}"));
    let expected = of("predicted").into_iter().zip(of("actual"));
    assert_eq!(found.len(), of("actual").len());
    for (found, (predicted, actual)) in found.iter().zip(expected) {
        assert_relative("predicted", found.predicted, predicted, PROBABILITY);
        assert!((found.actual - actual).abs() < PROBABILITY, "{found:?}");
    }
}

/// Histories and outcomes of the reference.
fn customers(cases: &Value) -> (Vec<History>, Vec<u32>) {
    let x = numbers(cases, "/repeat_purchases");
    let histories = x.iter().zip(numbers(cases, "/age")).map(|(x, age)| {
        // NBD does not look at the last purchase.
        let recency = if *x > 0.0 { age } else { 0.0 };
        History::new(*x as u32, recency, age).unwrap()
    });
    let later = numbers(cases, "/later").iter().map(|n| *n as u32).collect();
    (histories.collect(), later)
}

fn nbd(cases: &Value, name: &str) -> FittedNbd {
    let of = |field: &str| number(cases, &format!("/{name}/{field}"));
    let (r, alpha) = (of("r"), of("alpha"));
    FittedNbd::from_parameters(NbdParameters { r, alpha }).unwrap()
}

#[test]
fn measures_of_a_model_equal_those_of_numpy_and_scipy() {
    let cases = reference_cases("validation");
    let (histories, later) = customers(&cases);
    let horizon = number(&cases, "/horizon");
    let model = nbd(&cases, "nbd");
    let predictions = Predictions::of_model(&model, &histories, &later, horizon).unwrap();
    let places = predictions.places().unwrap();
    let (below, at) = (
        numbers(&cases, "/model/below"),
        numbers(&cases, "/model/at"),
    );
    for ((place, below), at) in places.iter().zip(below).zip(at) {
        assert!((place.below - below).abs() < PROBABILITY, "{place:?}");
        assert_relative("at", place.at, at, PROBABILITY);
    }
    let found = evaluate(&predictions, &mut Half).unwrap();
    assert_eq!(found.key, "nbd");
    assert_errors(&cases, "/model/errors", &found.errors);
    assert_groups(&cases, "/model/groups", &found.deciles);
    let expected = |field: &str| number(&cases, &format!("/model/{field}"));
    let score = found.log_score.unwrap();
    assert_relative("log score", score.mean, expected("log_score"), PROBABILITY);
    assert_eq!(score.impossible, 0);
    let capture = found.top_decile_capture.unwrap();
    assert_relative("capture", capture, expected("capture"), PROBABILITY);
    assert_relative("gini", found.gini.unwrap(), expected("gini"), PROBABILITY);
    let placed = found.uniformity.unwrap();
    let expected = |field: &str| number(&cases, &format!("/middle/{field}"));
    assert_eq!(placed.shares, numbers(&cases, "/middle/shares"));
    for (field, found) in [
        ("kolmogorov_distance", placed.kolmogorov_distance),
        ("chi_square", placed.chi_square),
        ("chi_square_probability", placed.chi_square_probability),
    ] {
        assert_relative(field, found, expected(field), PROBABILITY);
    }
    // Stephens' formula stands for the exact distribution to this.
    let gap = placed.kolmogorov_probability - expected("kolmogorov_exact");
    assert!(gap.abs() < 0.023, "{gap}");
}

#[test]
fn equal_predictions_are_split_where_a_boundary_falls_among_them() {
    let cases = reference_cases("validation");
    let later = numbers(&cases, "/later");
    let coarse = numbers(&cases, "/coarse");
    assert_errors(
        &cases,
        "/ties/errors",
        &point_errors(&coarse, &later).unwrap(),
    );
    let groups = |count| ranked_groups(&coarse, &later, count).unwrap();
    assert_groups(&cases, "/ties/groups", &groups(10));
    assert_groups(&cases, "/ties/groups_of_7", &groups(7));
    for (field, top) in [("capture", 0.1), ("capture_of_3_tenths", 0.3)] {
        let expected = number(&cases, &format!("/ties/{field}"));
        let found = top_capture(&coarse, &later, top).unwrap().unwrap();
        assert_relative(field, found, expected, ROUNDING);
    }
    let found = gini_of_ranking(&coarse, &later).unwrap().unwrap();
    assert_relative("gini", found, number(&cases, "/ties/gini"), ROUNDING);
}

#[test]
fn the_choice_compares_customer_by_customer() {
    let cases = reference_cases("validation");
    let (histories, later) = customers(&cases);
    let horizon = number(&cases, "/horizon");
    let of = |name| {
        let model = nbd(&cases, name);
        Predictions::of_model(&model, &histories, &later, horizon).unwrap()
    };
    let coarse = Predictions::of_numbers("coarse", numbers(&cases, "/coarse"), &later).unwrap();
    let choice = choose(&[of("other"), coarse, of("nbd")]).unwrap();
    assert_eq!((choice.index, choice.key.as_str()), (2, "nbd"));
    let expected = number(&cases, "/against/mean_log_score");
    assert_relative("score", choice.mean_log_score, expected, PROBABILITY);
    let assert_comparison = |field: &str, found: Comparison| {
        let expected = |part: &str| number(&cases, &format!("/against/{field}/{part}"));
        let (advantage, error) = (expected("advantage"), expected("standard_error"));
        assert_relative(field, found.advantage, advantage, PROBABILITY);
        assert_relative(field, found.standard_error, error, PROBABILITY);
    };
    let [other, coarse] = choice.others.as_slice() else {
        panic!("{choice:?}");
    };
    assert_comparison("log_score", other.log_score.unwrap());
    assert_comparison("squared_error", other.squared_error);
    assert_eq!(coarse.log_score, None);
    assert_comparison("coarse_squared_error", coarse.squared_error);
    println!("{choice}");
}

/// Predictions of one distribution for all, by hand.
fn by_model(key: &str, parameters: &[f64], later: &[u32]) -> Predictions {
    let histories = vec![History::NEW_CUSTOMER; later.len()];
    let model = model_named(key, parameters);
    Predictions::of_model(model.as_ref(), &histories, later, 10.0).unwrap()
}

#[test]
fn a_baseline_that_wins_is_named() {
    let later: Vec<u32> = (0..200).map(|i| i % 4).collect();
    let perfect: Vec<f64> = later.iter().map(|n| f64::from(*n)).collect();
    let oracle = Predictions::of_numbers("same as last year", perfect, &later).unwrap();
    let choice = choose(&[by_model("nbd", &[3.0, 20.0, 1.0, 1.0], &later), oracle]).unwrap();
    assert_eq!(choice.key, "nbd");
    let beaten: Vec<&str> = choice.beaten_by().map(|other| other.key.as_str()).collect();
    assert_eq!(beaten, ["same as last year"]);
    let words = choice.to_string();
    assert!(
        words.starts_with("nbd gave what 200 customers did"),
        "{words}"
    );
    assert!(
        words.contains("yet same as last year came nearer"),
        "{words}"
    );
    // Without the oracle nothing of the kind is said.
    let zeros = Predictions::of_numbers("nothing", vec![0.0; 200], &later).unwrap();
    let choice = choose(&[by_model("nbd", &[3.0, 20.0, 1.0, 1.0], &later), zeros]).unwrap();
    assert!(
        choice
            .to_string()
            .ends_with("no other came clearly nearer to their numbers")
    );
}

#[test]
fn of_equal_candidates_the_one_with_fewer_parameters_is_chosen() {
    let later = vec![0, 1, 0, 2, 0, 0, 1, 3];
    // Without a coin that ever falls BG/NBD is NBD; with equal probabilities to the last bit only where nobody has bought.
    let none = vec![0; 8];
    let bg = by_model("bg-nbd", &[0.8, 5.0, 0.5, 3.0], &none);
    let nbd = by_model("nbd", &[0.8, 5.0, 1.0, 1.0], &none);
    assert_eq!(bg.places().unwrap()[0].at, nbd.places().unwrap()[0].at);
    let choice = choose(&[bg, nbd]).unwrap();
    assert_eq!(choice.index, 1);
    assert!(
        choice
            .to_string()
            .contains("not to be told apart from bg-nbd")
    );
    let (near, far) = (
        by_model("nbd", &[0.8, 10.0, 1.0, 1.0], &later),
        by_model("nbd", &[0.8, 400.0, 1.0, 1.0], &later),
    );
    assert_eq!(choose(&[far, near]).unwrap().index, 1);
}

#[test]
fn the_impossible_is_told_and_not_chosen() {
    assert_eq!(log_score(&[0.5, 0.0]).unwrap().impossible, 1);
    assert_eq!(log_score(&[0.5, 0.0]).unwrap().mean, f64::NEG_INFINITY);
    // Over no time at all nobody can buy.
    let later = [1, 0, 0];
    let model = model_named("nbd", &[0.8, 5.0, 1.0, 1.0]);
    let over = |horizon| {
        Predictions::of_model(model.as_ref(), &[History::NEW_CUSTOMER; 3], &later, horizon).unwrap()
    };
    let choice = choose(&[over(0.0), over(10.0)]).unwrap();
    assert_eq!(choice.index, 1);
    assert_eq!(
        (choice.others[0].impossible, choice.others[0].log_score),
        (1, None)
    );
    assert!(
        choice
            .to_string()
            .contains("nbd had called impossible what 1 of them did")
    );
    assert_eq!(
        choose(&[over(0.0)]).unwrap_err(),
        ValidationError::NothingToChoose { candidates: 1 }
    );
}

#[test]
fn rolling_origins_see_nothing_of_what_comes_after() {
    let customers: Vec<Vec<i64>> = (0..40)
        .map(|i| (0..12).map(|n| i + n * (5 + i % 7)).collect())
        .collect();
    let origins = origins(0, 130, 30, 25, 9);
    assert_eq!(origins, [40, 70, 100]);
    let known = rolling_origin(&customers, &origins, 30, |origin, held| {
        Ok::<_, ValidationError>((origin, held.to_vec()))
    })
    .unwrap();
    for (origin, held) in &known {
        let cut: Vec<Vec<i64>> = customers
            .iter()
            .map(|days| days.iter().copied().filter(|day| day <= origin).collect())
            .collect();
        let of_cut = rolling_origin(&cut, &[*origin], 30, |_, held| {
            Ok::<_, ValidationError>(held.to_vec())
        })
        .unwrap();
        for (whole, cut) in held.iter().zip(&of_cut[0]) {
            assert_eq!(
                (whole.history, whole.last_period),
                (cut.history, cut.last_period)
            );
            assert_eq!(cut.later, 0);
        }
        let later: u32 = held.iter().map(|held| held.later).sum();
        let within = |day: &&i64| (*origin < **day) && **day <= origin + 30;
        assert_eq!(
            later as usize,
            customers.iter().flatten().filter(within).count()
        );
    }
    // "Last year" at one origin is the holdout of the one before, for those who were there.
    let last: u32 = known[2].1.iter().map(|held| held.last_period).sum();
    let held: u32 = known[1].1.iter().map(|held| held.later).sum();
    assert_eq!(last, held);
}

#[test]
fn predictions_at_several_origins_are_joined() {
    let later = [0, 1, 2];
    let mut joined = by_model("nbd", &[0.8, 5.0, 1.0, 1.0], &later);
    joined
        .append(by_model("nbd", &[0.8, 9.0, 1.0, 1.0], &later))
        .unwrap();
    assert_eq!(
        (joined.expected().len(), joined.places().unwrap().len()),
        (6, 6)
    );
    assert_eq!(joined.actual(), [0.0, 1.0, 2.0, 0.0, 1.0, 2.0]);
    let numbers = Predictions::of_numbers("nbd", vec![1.0; 3], &later).unwrap();
    assert_eq!(
        joined.append(numbers).unwrap_err(),
        ValidationError::PredictionsOfOthers {
            expected: "nbd".to_owned(),
            found: "nbd".to_owned()
        }
    );
}

#[test]
fn baselines_are_what_their_names_say() {
    let history = |x, age| History::new(x, if x > 0 { age } else { 0.0 }, age).unwrap();
    let found = own_mean_rate(&[history(2, 10.0), history(0, 10.0), history(0, 0.0)], 5.0);
    // Of age 0: two purchases in twenty weeks of all.
    assert_eq!(found, [1.0, 0.0, 0.5]);
    assert_eq!(own_mean_rate(&[history(0, 0.0)], 5.0), [0.0]);
    assert_eq!(same_as_last_period(&[3, 0]), [3.0, 0.0]);
    let found = cell_means(&[1, 1, 2], &[0.0, 4.0, 5.0], &[2, 1, 7]).unwrap();
    assert_eq!(found, [5.0, 2.0, 3.0]);
}

#[test]
fn columns_that_do_not_fit_are_refused() {
    let days = held_out(&[3, 3], 10, 5).unwrap_err();
    let (earlier, later) = (3, 3);
    assert_eq!(days, ValidationError::DaysOutOfOrder { earlier, later });
    assert_eq!(held_out(&[30], 10, 5).unwrap(), None);
    assert_eq!(held_out(&[], 10, 5).unwrap(), None);
    assert_eq!(
        point_errors(&[], &[]).unwrap_err(),
        ValidationError::NoCustomers
    );
    assert_eq!(
        point_errors(&[1.0], &[]).unwrap_err(),
        ValidationError::LengthsDiffer {
            what: "actual purchases",
            expected: 1,
            found: 0
        }
    );
    assert!(matches!(
        point_errors(&[f64::NAN], &[1.0]).unwrap_err(),
        ValidationError::OutsideDomain { value, .. } if value.is_nan()
    ));
}

#[test]
fn rankings_and_places_of_nobody_are_refused() {
    assert_eq!(
        top_capture(&[1.0], &[1.0], 0.0).unwrap_err(),
        ValidationError::ShareOutsideDomain { share: 0.0 }
    );
    assert_eq!(top_capture(&[1.0], &[0.0], 0.5).unwrap(), None);
    assert_eq!(gini_of_ranking(&[1.0], &[0.0]).unwrap(), None);
    assert_eq!(
        ranked_groups(&[1.0], &[1.0], 0).unwrap_err(),
        ValidationError::NoGroups
    );
    let outcome = CountPlace {
        below: 0.0,
        at: 1.0,
    };
    assert_eq!(
        uniformity(&[], 20, &mut Half).unwrap_err(),
        ValidationError::NoCustomers
    );
    assert_eq!(
        uniformity(&[outcome], 0, &mut Half).unwrap_err(),
        ValidationError::NoGroups
    );
}

#[test]
fn forecasts_that_cannot_be_are_refused() {
    let model = model_named("nbd", &[0.8, 5.0, 1.0, 1.0]);
    let horizon = -1.0;
    let cause = ForecastError::HorizonOutsideDomain { horizon };
    assert_eq!(
        Predictions::of_model(model.as_ref(), &[History::NEW_CUSTOMER], &[0], horizon).unwrap_err(),
        ValidationError::Forecast(cause)
    );
    assert_eq!(
        track(model.as_ref(), &[], &[], 0.0, 3).unwrap_err(),
        ValidationError::PeriodOutsideDomain { period: 0.0 }
    );
    assert!(track(model.as_ref(), &[(f64::NAN, 1)], &[], 1.0, 3).is_err());
    assert_eq!(
        choose(&[]).unwrap_err(),
        ValidationError::NothingToChoose { candidates: 0 }
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: proptest::test_runner::RngSeed::Fixed(17),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn rankings_depend_on_no_order_of_rows_and_keep_the_sums(
        rows in prop::collection::vec((0u32..8, 0u32..5), 1..60),
        groups in 1u32..13,
        top in 0.01..1.0f64,
    ) {
        let columns = |rows: &[(u32, u32)]| -> (Vec<f64>, Vec<f64>) {
            rows.iter().map(|(p, a)| (f64::from(*p) * 0.3, f64::from(*a))).unzip()
        };
        let mut backwards = rows.clone();
        backwards.reverse();
        let ((p, a), (q, b)) = (columns(&rows), columns(&backwards));
        let found = ranked_groups(&p, &a, groups).unwrap();
        prop_assert_eq!(&found, &ranked_groups(&q, &b, groups).unwrap());
        let total = |of: fn(&RankedGroup) -> f64| -> f64 {
            found.iter().map(|group| group.customers * of(group)).sum()
        };
        prop_assert!((total(|group| group.predicted) - p.iter().sum::<f64>()).abs() < 1e-9);
        prop_assert!((total(|group| group.actual) - a.iter().sum::<f64>()).abs() < 1e-9);
        let capture = top_capture(&p, &a, top).unwrap();
        prop_assert_eq!(capture, top_capture(&q, &b, top).unwrap());
        let gini = gini_of_ranking(&p, &a).unwrap();
        prop_assert_eq!(gini, gini_of_ranking(&q, &b).unwrap());
        if let (Some(capture), Some(gini)) = (capture, gini) {
            // No ranking finds more than that by the outcome itself.
            prop_assert!(capture <= lorenz::top_share(&a, top).unwrap() + 1e-12);
            prop_assert!(gini <= lorenz::gini(&a).unwrap() + 1e-12);
            let best = gini_of_ranking(&a, &a).unwrap().unwrap();
            prop_assert!((best - lorenz::gini(&a).unwrap()).abs() < 1e-12);
        }
    }
}

/// Customers of a model with what they did next.
fn drawn(key: &str, parameters: &[f64], seed: u64) -> (Vec<History>, Vec<u32>) {
    let model = model_named(key, parameters);
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    (0..4_000)
        .map(|_| {
            let customer = model.simulate(&mut generator, 40.0, 26.0).unwrap();
            (customer.history, customer.later.len() as u32)
        })
        .unzip()
}

#[test]
fn customers_of_a_model_are_even_under_it_and_uneven_under_another() {
    let truth = [0.9, 5.0, 0.5, 3.0];
    let (histories, later) = drawn("bg-nbd", &truth, 31);
    let placed = |model: &dyn PurchaseModel| {
        let predictions = Predictions::of_model(model, &histories, &later, 26.0).unwrap();
        let found = evaluate(&predictions, &mut ChaCha12Rng::seed_from_u64(32)).unwrap();
        (found.uniformity.unwrap(), predictions)
    };
    let right = model_named("bg-nbd", &truth);
    let (even, of_truth) = placed(right.as_ref());
    assert!(even.kolmogorov_probability > 1e-3 && even.chi_square_probability > 1e-3);
    let base = WeightedHistories::from_histories(histories.iter().map(|h| (*h, 1)));
    let nbd = NbdConfig::default().build().fit(&base).unwrap();
    let (uneven, of_nbd) = placed(&nbd);
    assert!(uneven.kolmogorov_probability < 1e-6 && uneven.chi_square_probability < 1e-6);
    let choice = choose(&[of_nbd, of_truth]).unwrap();
    assert_eq!(choice.key, "bg-nbd");
    assert!(
        choice.to_string().contains("clearly ahead of nbd"),
        "{choice}"
    );
    assert!(relative_gap(choice.root_mean_square, 0.0) > 0.0);
}

#[test]
fn a_day_history_is_what_the_fold_would_make() {
    let held = held_out(&[10, 40, 75, 110, 300], 110, 190)
        .unwrap()
        .unwrap();
    let history = DayHistory {
        repeat_purchases: 3,
        age_days: 100,
        recency_days: 100,
    };
    assert_eq!(
        held,
        Held {
            history,
            later: 1,
            last_period: 4
        }
    );
}
