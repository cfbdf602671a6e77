//! CDNOW tracked, evaluated and chosen for, against its record.

use std::path::Path;

use patron_stats::bg_nbd::BgNbdConfig;
use patron_stats::history::{History, WeightedHistories};
use patron_stats::mbg_nbd::MbgNbdConfig;
use patron_stats::nbd::NbdConfig;
use patron_stats::pareto_nbd::ParetoNbdConfig;
use patron_stats::purchase::PurchaseModel;
use patron_stats::validation::{
    Held, Predictions, Tracking, ValidationError, cell_means, choose, evaluate, held_out, origins,
    own_mean_rate, rolling_origin, same_as_last_period, track,
};
use patron_testkit::{
    assert_printed, assert_relative, data_file, number, numbers, reference_cases,
};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use crate::data::{Purchases, WEEK, day_number};
use crate::forecasts::model_named;

#[test]
fn cdnow_is_tracked_as_on_record() {
    let Some(path) = data_file("validation::cdnow_is_tracked", "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let purchases = Purchases::cdnow(&path);
    let cases = reference_cases("bg_nbd");
    let of_btyd = model_named("bg-nbd", &numbers(&cases, "/cdnow_sample/btyd_parameters"));
    let tracking = tracked(of_btyd.as_ref(), &purchases);
    let weeks = numbers(&cases, "/cdnow_sample/tracking/weeks_20_to_25");
    for (found, expected) in tracking.expected[19..].iter().zip(weeks) {
        // Printed by BTYD to seven digits.
        assert_relative("cumulative", *found, expected, 1e-6);
    }
    assert_eq!(
        tracking.actual[19..25],
        [1359.0, 1414.0, 1484.0, 1517.0, 1573.0, 1672.0]
    );
    assert_eq!(tracking.actual[77], 4339.0);
    // As models.md has them: 76.865 expected in the twentieth week, 73 seen.
    let (expected, actual) = tracking.incremental()[19];
    assert_relative("increment", expected, 76.865, 1e-5);
    assert_eq!(actual, 73.0);
    let fitted = BgNbdConfig::default()
        .build()
        .fit(&purchases.histories())
        .unwrap();
    let tracking = tracked(&fitted, &purchases);
    for (week, field) in [(39, "week_39"), (78, "week_78")] {
        let expected = number(&cases, &format!("/cdnow_sample/tracking/{field}"));
        assert_printed(field, tracking.expected[week - 1], expected, 3);
    }
}

fn tracked(model: &dyn PurchaseModel, purchases: &Purchases) -> Tracking {
    let start = day_number("1997", "01", "01");
    let week = |day: i64| (day - start) as f64 / WEEK;
    let mut births: Vec<(f64, u64)> = Vec::new();
    let mut repeats = Vec::new();
    for days in purchases.by_customer.values() {
        let mut days = days.keys().copied();
        births.push((week(days.next().unwrap()), 1));
        repeats.extend(days.map(week));
    }
    track(model, &births, &repeats, 1.0, 78).unwrap()
}

/// CDNOW at the end of calibration, 39 weeks held out.
struct Cdnow {
    days: Vec<Vec<i64>>,
    end: i64,
    held: Vec<Held>,
    base: WeightedHistories,
}

fn cdnow(path: &Path) -> Cdnow {
    let purchases = Purchases::cdnow(path);
    let days = purchases.by_customer.values();
    let days: Vec<Vec<i64>> = days.map(|days| days.keys().copied().collect()).collect();
    let held = days
        .iter()
        .map(|days| held_out(days, purchases.end, 39 * 7).unwrap().unwrap());
    Cdnow {
        held: held.collect(),
        base: purchases.histories(),
        end: purchases.end,
        days,
    }
}

impl Cdnow {
    /// Four models and three baselines.
    fn candidates(&self) -> [Predictions; 7] {
        let histories: Vec<History> = self
            .held
            .iter()
            .map(|held| History::from_days(held.history, WEEK).unwrap())
            .collect();
        let later: Vec<u32> = self.held.iter().map(|held| held.later).collect();
        let last: Vec<u32> = self.held.iter().map(|held| held.last_period).collect();
        let of = |model: &dyn PurchaseModel| {
            Predictions::of_model(model, &histories, &later, 39.0).unwrap()
        };
        let plain = |key: &str, numbers| Predictions::of_numbers(key, numbers, &later).unwrap();
        let base = &self.base;
        [
            of(&BgNbdConfig::default().build().fit(base).unwrap()),
            of(&MbgNbdConfig::default().build().fit(base).unwrap()),
            of(&ParetoNbdConfig::default().build().fit(base).unwrap()),
            of(&NbdConfig::default().build().fit(base).unwrap()),
            plain("own mean rate", own_mean_rate(&histories, 39.0)),
            plain("same as last period", same_as_last_period(&last)),
            plain("mean of the cell", cells_of_cdnow(&self.days, self.end)),
        ]
    }
}

#[test]
fn cdnow_is_evaluated_as_on_record_and_chosen_for() {
    let Some(path) = data_file("validation::cdnow_is_evaluated", "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let candidates = cdnow(&path).candidates();
    let evaluations: Vec<_> = candidates
        .iter()
        .map(|candidate| evaluate(candidate, &mut ChaCha12Rng::seed_from_u64(1)).unwrap())
        .collect();
    let cases = reference_cases("bg_nbd");
    let expected = |field: &str| number(&cases, &format!("/cdnow_sample/{field}"));
    let errors = evaluations[0].errors;
    assert_printed("sum", errors.predicted, expected("holdout/sum"), 2);
    assert_eq!(errors.actual, expected("holdout_purchases"));
    for (field, found) in [
        ("mean_absolute_error", errors.mean_absolute),
        ("root_mean_squared_error", errors.root_mean_square),
        ("mean_squared_log_error", errors.mean_squared_logarithmic),
    ] {
        assert_printed(field, found, expected(&format!("holdout/{field}")), 6);
    }
    for found in &evaluations {
        println!("{found:?}");
    }
    let choice = choose(&candidates).unwrap();
    println!("{choice}");
    // Every model with leaving beats the one without, as in the literature.
    let other = |key: &str| choice.others.iter().find(|other| other.key == key).unwrap();
    let nbd = other("nbd");
    assert!(nbd.log_score.unwrap().is_clear() && nbd.squared_error.advantage > 0.0);
    assert!(other("own mean rate").squared_error.is_clear());
}

#[test]
fn a_back_test_joins_what_models_say_from_several_origins() {
    let Some(path) = data_file("validation::a_back_test", "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let (days, horizon) = (cdnow(&path).days, 13 * 7);
    let first = *days.iter().flatten().min().unwrap();
    let last = *days.iter().flatten().max().unwrap();
    let origins = origins(first, last, horizon, 25 * 7, 9);
    assert_eq!(origins.len(), 4);
    let by_origin = rolling_origin(&days, &origins, horizon, |_, held| {
        let known = held.iter().map(|held| held.history);
        let base = WeightedHistories::from_days(known, WEEK).unwrap();
        let histories: Vec<History> = held
            .iter()
            .map(|held| History::from_days(held.history, WEEK).unwrap())
            .collect();
        let later: Vec<u32> = held.iter().map(|held| held.later).collect();
        let nbd = NbdConfig::default().build().fit(&base).unwrap();
        let mbg = MbgNbdConfig::default().build().fit(&base).unwrap();
        let of = |model: &dyn PurchaseModel| Predictions::of_model(model, &histories, &later, 13.0);
        Ok::<_, ValidationError>([of(&nbd)?, of(&mbg)?])
    })
    .unwrap();
    let joined = by_origin.into_iter().reduce(|mut joined, next| {
        for (joined, next) in joined.iter_mut().zip(next) {
            joined.append(next).unwrap();
        }
        joined
    });
    let choice = choose(&joined.unwrap()).unwrap();
    println!("{choice}");
    assert_eq!(
        (choice.key.as_str(), choice.customers),
        ("mbg-nbd", 4 * 2_357)
    );
    assert!(choice.others[0].log_score.unwrap().is_clear());
}

/// Means by recency and frequency, learnt one holdout earlier.
fn cells_of_cdnow(days: &[Vec<i64>], end: i64) -> Vec<f64> {
    // Half of calibration to learn the cells from, half to see what came: the holdout is twice as long.
    let (earlier, half) = (end - 20 * 7, 20 * 7);
    let cell = |held: &Held| {
        let silent = held.history.age_days - held.history.recency_days;
        held.history.repeat_purchases.min(3) * 4 + (silent / 35).min(3)
    };
    let at = |origin| -> Vec<Held> {
        let held = days
            .iter()
            .filter_map(|days| held_out(days, origin, half).unwrap());
        held.collect()
    };
    let (trained, now) = (at(earlier), at(end));
    let came: Vec<f64> = trained.iter().map(|held| f64::from(held.later)).collect();
    let labels = |held: &[Held]| -> Vec<u32> { held.iter().map(cell).collect() };
    let means = cell_means(&labels(&trained), &came, &labels(&now)).unwrap();
    means.iter().map(|mean| mean * 39.0 / 20.0).collect()
}
