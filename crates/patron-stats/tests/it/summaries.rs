//! Mean, quantiles, correlation, concentration.

use patron_stats::correlation::{pearson, spearman};
use patron_stats::lorenz::{concentration_curve, gini, top_share};
use patron_stats::summary::{mean, median, quantile};
use patron_testkit::{number, numbers, reference_cases};

/// Sums of a few dozen numbers.
const ROUNDING: f64 = 1e-13;

#[test]
fn columns_with_ties_agree_with_scipy_and_numpy() {
    let cases = reference_cases("summaries");
    for case in cases["cases"].as_array().unwrap() {
        let (x, y) = (numbers(case, "/x"), numbers(case, "/y"));
        let near = |found: f64, field: &str| {
            let expected = number(case, &format!("/{field}"));
            assert!(
                (found - expected).abs() < ROUNDING * expected.abs().max(1.0),
                "{field}: {found} {expected}"
            );
        };
        near(pearson(&x, &y).unwrap(), "pearson");
        near(spearman(&x, &y).unwrap(), "spearman");
        near(mean(&x).unwrap(), "mean");
        near(median(&x).unwrap(), "median");
        near(quantile(&x, 0.37).unwrap(), "quantile_37");
    }
}

#[test]
fn nothing_has_no_mean() {
    assert_eq!(
        (mean(&[]), median(&[]), quantile(&[1.0], 1.5)),
        (None, None, None)
    );
    assert_eq!(median(&[1.0, f64::NAN]), None);
}

#[test]
fn the_top_of_equals_brings_its_share_and_the_curve_ends_at_one() {
    assert_eq!(top_share(&[3.0; 10], 0.2), Some(0.2));
    assert_eq!(top_share(&[5.0, 3.0, 2.0], 0.5), Some(0.65));
    assert_eq!(top_share(&[], 0.2), None);
    assert_eq!(top_share(&[1.0, -1.0], 0.2), None);
    assert_eq!(top_share(&[1.0], 1.2), None);
    let curve = concentration_curve(&[1.0, 9.0, 0.0, 0.0], 4).unwrap();
    assert_eq!(
        curve,
        [(0.0, 0.0), (0.25, 0.9), (0.5, 1.0), (0.75, 1.0), (1.0, 1.0)]
    );
}

/// Of more values than one run of sums holds, against a direct computation over all of them.
#[test]
fn shares_of_many_values_are_those_of_a_direct_computation() {
    let mut seed = 1_u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 40) as f64 / 100.0
    };
    let values: Vec<f64> = (0..20_000).map(|_| next()).collect();
    let mut sorted = values.clone();
    sorted.sort_by(|one, other| other.total_cmp(one));
    let total: f64 = sorted.iter().sum();
    for top in [0.0, 0.0001, 0.2048, 0.25, 0.4096, 0.5, 0.9999, 1.0] {
        let count = (top * 20_000.0_f64).round() as usize;
        let expected = sorted[..count].iter().sum::<f64>() / total;
        let found = top_share(&values, top).unwrap();
        assert!(
            (found - expected).abs() < 1e-12,
            "{top}: {found} {expected}"
        );
    }
    // Half the mean difference of all pairs, in units of the mean: Σ over ranks of the ascending values.
    let ranked = sorted.iter().rev().zip(1..);
    let weighted: f64 = ranked
        .map(|(value, rank)| f64::from(2 * rank - 20_001) * value)
        .sum();
    let expected = weighted / (20_000.0 * total);
    assert!((gini(&values).unwrap() - expected).abs() < 1e-12);
}
