//! Concentration where values lie below 0, whole numbers at the top, the two curves: against the definitions over all pairs.

use patron_stats::lorenz::{BelowZero, Concentration};
use proptest::prelude::*;

/// Sums of a few hundred numbers.
const ROUNDING: f64 = 1e-11;

/// Mean difference of all pairs over twice the mean.
fn gini_of_pairs(values: &[f64], whole: f64) -> f64 {
    let differences = values
        .iter()
        .flat_map(|one| values.iter().map(move |other| (one - other).abs()));
    differences.sum::<f64>() / (2.0 * values.len() as f64 * whole)
}

#[test]
fn the_top_is_a_whole_number_of_values_rounded_up() {
    let values: Vec<f64> = (1..=11).map(f64::from).collect();
    let all = Concentration::new(values).unwrap();
    let top = all.top(0.1).unwrap();
    assert_eq!((top.values, top.sum, top.least), (2, 21.0, Some(10.0)));
    assert_eq!(
        (top.share, all.values(), all.total()),
        (21.0 / 66.0, 11, 66.0)
    );
    assert_eq!(all.top(0.0).unwrap().values, 0);
    assert_eq!(all.top(0.0).unwrap().least, None);
    assert_eq!(all.top(1.0).unwrap().share, 1.0);
    assert_eq!((all.top(1.01), all.top(f64::NAN)), (None, None));
    // 0.07 · 100 is 7.000000000000001 in doubles.
    let hundred = Concentration::new(vec![1.0; 100]).unwrap();
    assert_eq!(hundred.top(0.07).unwrap().values, 7);
    let one = Concentration::new(vec![5.0]).unwrap();
    assert_eq!((one.top(0.01).unwrap().values, one.gini()), (1, 0.0));
}

#[test]
fn losses_are_counted_and_may_lift_the_top_above_the_whole() {
    let all = Concentration::new(vec![60.0, 50.0, -10.0, 0.0]).unwrap();
    assert_eq!(
        all.below_zero(),
        BelowZero {
            values: 1,
            sum: -10.0
        }
    );
    assert_eq!(all.top(0.5).unwrap().share, 1.1);
    let curve = all.lorenz(4).unwrap();
    assert_eq!(curve[0], (0.0, 0.0));
    assert!((curve[1].1 + 0.1).abs() < ROUNDING && curve[1].0 == 0.25);
    assert_eq!(curve[4], (1.0, 1.0));
    assert!(all.lorenz(0).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: proptest::test_runner::RngSeed::Fixed(25),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn ginis_are_mean_differences_of_pairs(values in prop::collection::vec(-50.0..300.0f64, 1..60)) {
        let total: f64 = values.iter().sum();
        let sizes: f64 = values.iter().map(|value| value.abs()).sum();
        prop_assume!(total > 1.0);
        let all = Concentration::new(values.clone()).unwrap();
        let scale = sizes / total;
        prop_assert!((all.gini() - gini_of_pairs(&values, total)).abs() < ROUNDING * scale);
        let normalised = all.normalised_gini();
        prop_assert!((normalised - gini_of_pairs(&values, sizes)).abs() < ROUNDING);
        prop_assert!((-ROUNDING..=1.0).contains(&normalised));
    }

    #[test]
    fn lorenz_curve_bends_upwards_to_one_and_its_area_gives_gini(values in prop::collection::vec(-20.0..300.0f64, 1..40)) {
        let total: f64 = values.iter().sum();
        prop_assume!(total > 1.0);
        let all = Concentration::new(values.clone()).unwrap();
        let curve = all.lorenz(values.len()).unwrap();
        prop_assert_eq!((curve[0].1, curve[values.len()]), (0.0, (1.0, 1.0)));
        let slopes: Vec<f64> = curve.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
        prop_assert!(slopes.windows(2).all(|pair| pair[0] <= pair[1] + ROUNDING));
        let area: f64 = curve.windows(2).map(|pair| 0.5 * (pair[0].1 + pair[1].1) / values.len() as f64).sum();
        prop_assert!((1.0 - 2.0 * area - all.gini()).abs() < 1e-9);
    }
}
