//! Pooled means of groups: against adaptive integration, limits, coverage in simulation, exact errors.

use patron_stats::level::Level;
use patron_stats::pooling::{GroupMean, Pooling, PoolingError};
use patron_testkit::{number, numbers, reference_cases};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, StandardNormal};
use serde_json::Value;

/// Some two hundred places of the spread between groups stand for the integral, to this part of a standard error.
const SUMMED: f64 = 2e-4;

fn groups(means: &[f64], errors: &[f64]) -> Vec<GroupMean> {
    let pairs = means.iter().zip(errors);
    let group = |(&mean, &standard_error): (&f64, &f64)| GroupMean {
        mean,
        standard_error,
    };
    pairs.map(group).collect()
}

fn of_case(case: &Value) -> (Vec<GroupMean>, Pooling) {
    let groups = groups(&numbers(case, "/means"), &numbers(case, "/errors"));
    let pooling = Pooling::new(&groups).unwrap();
    (groups, pooling)
}

#[test]
fn means_and_intervals_are_those_of_adaptive_integration() {
    let cases = reference_cases("groups");
    let level = Level::new(number(&cases, "/level")).unwrap();
    for case in cases["pooling"].as_array().unwrap() {
        let (groups, pooling) = of_case(case);
        let between = number(case, "/between");
        assert!(
            (pooling.between() - between).abs() <= 1e-6 * between,
            "{}",
            case["name"]
        );
        for (place, (group, found)) in groups.iter().zip(pooling.pooled(level)).enumerate() {
            let near = |found: f64, field: &str| {
                let expected = number(case, &format!("/groups/{place}/{field}"));
                let gap = (found - expected).abs() / group.standard_error;
                assert!(
                    gap < SUMMED,
                    "{} {place} {field}: {found} {expected}",
                    case["name"]
                );
            };
            near(found.mean, "mean");
            near(found.interval.low, "interval/0");
            near(found.interval.high, "interval/1");
        }
    }
}

/// Eight schools that differ by little more than chance: the likeliest spread is 0, and yet intervals are not those of one common mean.
#[test]
fn a_likeliest_spread_of_none_is_not_taken_for_the_truth() {
    let cases = reference_cases("groups");
    let (groups, pooling) = of_case(&cases["pooling"][0]);
    assert_eq!(pooling.between(), 0.0);
    let overall = pooling.overall(Level::NINETY);
    assert!((overall.mean - 8.0).abs() < 0.5 && overall.drawn == 1.0);
    let one_mean = 2.0 * 1.645
        / groups
            .iter()
            .map(|group| group.standard_error.powi(-2))
            .sum::<f64>()
            .sqrt();
    for found in pooling.pooled(Level::NINETY) {
        assert!(found.interval.high - found.interval.low > 1.2 * one_mean);
        assert!((5.0..12.5).contains(&found.mean) && (0.5..1.0).contains(&found.drawn));
    }
    let between = pooling.between_interval(Level::NINETY);
    assert!(between.low < 1.0 && between.contains(6.0));
}

#[test]
fn groups_far_apart_keep_their_means_and_groups_alike_share_one() {
    let apart = Pooling::new(&groups(&[0.0, 1e6, -1e6, 3e6], &[1.0; 4])).unwrap();
    for (found, mean) in apart
        .pooled(Level::NINETY)
        .iter()
        .zip([0.0, 1e6, -1e6, 3e6])
    {
        assert!((found.mean - mean).abs() < 1e-3 && found.drawn < 1e-6);
        assert!((found.interval.high - mean - 1.6449).abs() < 2e-3);
    }
    let alike = Pooling::new(&groups(&[5.0; 40], &[1.0; 40])).unwrap();
    assert_eq!(alike.between(), 0.0);
    assert!(
        alike
            .pooled(Level::NINETY)
            .iter()
            .all(|found| (found.mean - 5.0).abs() < 1e-9 && found.drawn > 0.9)
    );
}

#[test]
fn each_bad_input_has_its_error() {
    let of = |means: &[f64], errors: &[f64]| Pooling::new(&groups(means, errors)).unwrap_err();
    assert_eq!(
        of(&[1.0, 2.0], &[1.0, 1.0]),
        PoolingError::TooFewGroups { found: 2 }
    );
    assert_eq!(
        of(&[1.0, f64::NAN, 1.0], &[1.0; 3]),
        PoolingError::MeanNotFinite { group: 1 }
    );
    let zero = PoolingError::ErrorOutsideDomain {
        group: 2,
        standard_error: 0.0,
    };
    assert_eq!(of(&[1.0; 3], &[1.0, 1.0, 0.0]), zero);
}

/// Of bases drawn from the model, nine in ten intervals hold the true mean, on average over groups, whatever the spread; those that took the
/// likeliest spread for the truth hold fewer.
#[test]
fn nine_in_ten_intervals_hold_the_truth_also_of_few_groups() {
    let seed = 31;
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    for (count, spread) in [(4, 1.0), (6, 0.0), (6, 0.5), (6, 2.0), (25, 1.0)] {
        let bases = 150;
        let mut held = 0;
        for _ in 0..bases {
            let mut normal = || -> f64 { StandardNormal.sample(&mut generator) };
            let truth: Vec<f64> = (0..count).map(|_| 7.0 + spread * normal()).collect();
            let errors: Vec<f64> = (0..count).map(|place| [0.3, 1.0, 2.0][place % 3]).collect();
            let means: Vec<f64> = truth
                .iter()
                .zip(&errors)
                .map(|(truth, error)| truth + error * normal())
                .collect();
            let pooled = Pooling::new(&groups(&means, &errors))
                .unwrap()
                .pooled(Level::NINETY);
            held += pooled
                .iter()
                .zip(&truth)
                .filter(|(found, truth)| found.interval.contains(**truth))
                .count();
        }
        let share = held as f64 / (bases * count) as f64;
        // Groups of a base share their mean: as if they were half as many. Four standard errors.
        let error = 4.0 * (0.09 / (0.5 * (bases * count) as f64)).sqrt();
        assert!(
            share > 0.9 - error,
            "seed {seed}, {count} groups, spread {spread}: {share}"
        );
        // With a flat prior on the spread, intervals of groups that are alike are too wide, by a little.
        assert!(
            share < 0.985,
            "seed {seed}, {count} groups, spread {spread}: {share}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        rng_seed: proptest::test_runner::RngSeed::Fixed(32),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn units_and_origin_move_with_the_values_and_every_base_has_an_answer(
        raw in prop::collection::vec((-100.0..100.0f64, -3.0..4.0f64), 3..12), unit in 0.01..100.0f64, origin in -1e3..1e3f64
    ) {
        let (means, ln_errors): (Vec<f64>, Vec<f64>) = raw.into_iter().unzip();
        let errors: Vec<f64> = ln_errors.iter().map(|ln| ln.exp()).collect();
        let found = Pooling::new(&groups(&means, &errors)).unwrap().pooled(Level::NINETY);
        let moved_means: Vec<f64> = means.iter().map(|mean| unit * mean + origin).collect();
        let moved_errors: Vec<f64> = errors.iter().map(|error| unit * error).collect();
        let moved = Pooling::new(&groups(&moved_means, &moved_errors)).unwrap().pooled(Level::NINETY);
        let (low, high) = means.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mean| (low.min(*mean), high.max(*mean)));
        for ((one, other), error) in found.iter().zip(&moved).zip(&errors) {
            let gap = |one: f64, other: f64| (unit * one + origin - other).abs() / (unit * error);
            prop_assert!(gap(one.mean, other.mean) < 1e-6);
            prop_assert!(gap(one.interval.low, other.interval.low) < 1e-6);
            prop_assert!((low - 1e-9..=high + 1e-9).contains(&one.mean));
            prop_assert!(one.interval.low < one.mean && one.mean < one.interval.high);
            prop_assert!((0.0..=1.0 + 1e-9).contains(&one.drawn));
        }
    }
}
