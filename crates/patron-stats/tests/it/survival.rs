//! Kaplan and Meier's curve: against lifelines and the textbooks' example, where theory knows the answer, on random input.

use patron_stats::kaplan_meier::{KaplanMeier, SurvivalError, Watched};
use patron_stats::level::{Level, LevelOutsideDomain};
use patron_testkit::{assert_printed, assert_relative, number, numbers, reference_cases};
use proptest::prelude::*;
use serde_json::Value;

/// Products of a few hundred factors in doubles, here and there.
const SAME: f64 = 1e-11;

fn watched_of(case: &Value) -> Vec<Watched> {
    let events = numbers(case, "/events");
    let pairs = numbers(case, "/times").into_iter().zip(events);
    let one = |(time, event): (f64, f64)| Watched {
        time,
        event: event > 0.5,
        count: 1,
    };
    pairs.map(one).collect()
}

fn each_case(test: impl Fn(&Value, &KaplanMeier)) {
    let cases = reference_cases("survival");
    let level = Level::new(number(&cases, "/level")).unwrap();
    for case in cases["cases"].as_array().unwrap() {
        test(case, &KaplanMeier::new(&watched_of(case), level).unwrap());
    }
}

#[test]
fn curves_with_ties_and_censoring_are_those_of_lifelines() {
    each_case(|case, curve| {
        let expected = case["steps"].as_array().unwrap();
        assert_eq!(curve.steps().len(), expected.len(), "{}", case["name"]);
        for (step, expected) in curve.steps().iter().zip(expected) {
            let what = format!("{} at {}", case["name"], step.time);
            let counts = [step.at_risk, step.events, step.censored].map(|count| count as f64);
            let fields = ["/at_risk", "/events", "/censored"].map(|field| number(expected, field));
            assert_eq!(counts, fields, "{what}");
            assert!(
                (step.survival - number(expected, "/survival")).abs() < SAME,
                "{what}"
            );
            let bounds = step.interval.map(|interval| [interval.low, interval.high]);
            assert_eq!(bounds.is_some(), expected["interval"].is_array(), "{what}");
            for (place, bound) in bounds.iter().flatten().enumerate() {
                let expected = number(expected, &format!("/interval/{place}"));
                assert!(
                    (bound - expected).abs() < SAME,
                    "{what}: {bound} {expected}"
                );
            }
        }
    });
}

#[test]
fn medians_quarters_and_means_are_those_of_lifelines() {
    each_case(|case, curve| {
        let median = curve.time_of_share(0.5);
        let found = [median.time, median.low, median.high];
        let expected = case["median"].as_array().unwrap();
        let expected: Vec<Option<f64>> = expected.iter().map(Value::as_f64).collect();
        assert_eq!(found.to_vec(), expected, "{}", case["name"]);
        let quarter = curve.time_of_share(0.25).time;
        assert_eq!(quarter, case["first_quarter"].as_f64(), "{}", case["name"]);
        let mean = curve.mean_until(number(case, "/until")).unwrap();
        assert_relative("mean", mean, number(case, "/mean_until"), SAME);
    });
}

/// Freireich and others (1963), as Klein and Moeschberger print it: shares and Greenwood's standard errors.
#[test]
fn remissions_on_6_mercaptopurine_are_as_printed() {
    each_case(|case, curve| {
        if case["name"] != "remission" {
            return;
        }
        let printed = [
            (6.0, 0.857, 0.076),
            (7.0, 0.807, 0.087),
            (10.0, 0.753, 0.096),
            (13.0, 0.690, 0.107),
            (16.0, 0.627, 0.114),
            (22.0, 0.538, 0.128),
            (23.0, 0.448, 0.135),
        ];
        for (time, share, error) in printed {
            let step = curve.at(time + 0.5).unwrap();
            assert_printed("share", step.survival, share, 3);
            assert_printed("standard error", step.standard_error.unwrap(), error, 3);
        }
        assert_eq!((curve.watched(), curve.events()), (21, 9));
    });
}

#[test]
fn nothing_is_said_beyond_what_was_watched() {
    let level = Level::NINETY;
    let cut = [Watched::event(2.0), Watched::censored(5.0)];
    let curve = KaplanMeier::new(&cut, level).unwrap();
    assert!(curve.at(5.0).is_some() && curve.at(5.1).is_none() && curve.at(f64::NAN).is_none());
    assert!(curve.mean_until(5.1).is_none() && curve.mean_until(0.0).is_none());
    assert_eq!(curve.at(1.0).unwrap().survival, 1.0);
    assert_eq!(curve.time_of_share(0.6).time, None);
    // Once nobody is left without an event, the share stays 0.
    let all = KaplanMeier::new(&[Watched::event(2.0), Watched::event(3.0)], level).unwrap();
    let last = all.at(9.0).unwrap();
    assert_eq!(
        (last.survival, last.interval, last.standard_error),
        (0.0, None, None)
    );
    assert_eq!(all.mean_until(9.0), Some(2.5));
    // Exactly a half: from its first day on.
    assert_eq!(all.time_of_share(0.5).time, Some(2.0));
    assert_eq!(
        (all.time_of_share(0.0).time, all.time_of_share(1.0).time),
        (None, Some(3.0))
    );
}

#[test]
fn each_bad_input_has_its_error() {
    let level = Level::NINETY_FIVE;
    assert_eq!(
        KaplanMeier::new(&[], level),
        Err(SurvivalError::NobodyWatched)
    );
    for time in [-1.0, f64::INFINITY] {
        let found = KaplanMeier::new(&[Watched::event(time)], level);
        assert_eq!(found, Err(SurvivalError::TimeOutsideDomain { time }));
    }
    assert!(KaplanMeier::new(&[Watched::event(f64::NAN)], level).is_err());
    assert_eq!(Level::new(1.0), Err(LevelOutsideDomain { level: 1.0 }));
    assert!(Level::new(f64::NAN).is_err());
}

fn watched() -> impl Strategy<Value = Vec<Watched>> {
    let one = (0u32..20, any::<bool>(), 0u64..4).prop_map(|(time, event, count)| Watched {
        time: f64::from(time),
        event,
        count,
    });
    prop::collection::vec(one, 1..60)
        .prop_filter("somebody", |all| all.iter().any(|one| one.count > 0))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: proptest::test_runner::RngSeed::Fixed(22),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn counts_stand_for_people_and_order_does_not_matter(mut all in watched()) {
        let curve = KaplanMeier::new(&all, Level::NINETY).unwrap();
        let mut singly = Vec::new();
        for one in &all {
            singly.extend((0..one.count).map(|_| Watched { count: 1, ..*one }));
        }
        prop_assert_eq!(&KaplanMeier::new(&singly, Level::NINETY).unwrap(), &curve);
        all.reverse();
        prop_assert_eq!(&KaplanMeier::new(&all, Level::NINETY).unwrap(), &curve);
    }

    #[test]
    fn the_curve_falls_within_its_bounds_and_everybody_is_counted_once(all in watched()) {
        let curve = KaplanMeier::new(&all, Level::NINETY).unwrap();
        let mut before = 1.0;
        for step in curve.steps() {
            prop_assert!((0.0..=before).contains(&step.survival));
            before = step.survival;
            if let Some(interval) = step.interval {
                prop_assert!(interval.contains(step.survival));
                prop_assert!(interval.low >= 0.0 && interval.high <= 1.0);
            }
        }
        let ended: u64 = curve.steps().iter().map(|step| step.events + step.censored).sum();
        prop_assert_eq!(ended, curve.watched());
    }

    #[test]
    fn without_censoring_it_is_the_share_not_yet_reached(times in prop::collection::vec(0u32..30, 1..50)) {
        let all: Vec<Watched> = times.iter().map(|&time| Watched::event(f64::from(time))).collect();
        let curve = KaplanMeier::new(&all, Level::NINETY).unwrap();
        for step in curve.steps() {
            let left = times.iter().filter(|&&time| f64::from(time) > step.time).count();
            prop_assert!((step.survival - left as f64 / times.len() as f64).abs() < SAME);
        }
        let mean = times.iter().sum::<u32>() as f64 / times.len() as f64;
        prop_assert!((curve.mean_until(100.0).unwrap() - mean).abs() < 1e-10);
    }
}
