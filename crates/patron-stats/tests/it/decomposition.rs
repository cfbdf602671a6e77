//! Parts of a change of a product: against exact fractions, by what an allocation must do, exact errors.

use patron_stats::shapley::{ShapleyError, apportioned, parts_of_change};
use patron_testkit::{numbers, reference_cases};
use proptest::prelude::*;

/// Roundings of a dozen products, of the size of the largest of them.
const ROUNDING: f64 = 1e-14;

fn size(before: &[f64], after: &[f64]) -> f64 {
    let pairs = before.iter().zip(after);
    pairs.map(|(a, b)| a.abs().max(b.abs())).product()
}

#[test]
fn parts_are_those_of_all_orders_in_exact_fractions() {
    for case in reference_cases("decomposition")["cases"]
        .as_array()
        .unwrap()
    {
        let [before, after, expected] =
            ["/before", "/after", "/parts"].map(|field| numbers(case, field));
        let found = parts_of_change(&before, &after).unwrap();
        assert_eq!(found.len(), expected.len());
        let scale = size(&before, &after);
        for (found, expected) in found.iter().zip(&expected) {
            assert!(
                (found - expected).abs() <= ROUNDING * scale,
                "{case}: {found} {expected}"
            );
        }
    }
}

#[test]
fn each_bad_input_has_its_error() {
    assert_eq!(
        parts_of_change(&[], &[]),
        Err(ShapleyError::FactorsOutsideDomain { found: 0 })
    );
    assert_eq!(
        parts_of_change(&[1.0; 5], &[1.0; 5]),
        Err(ShapleyError::FactorsOutsideDomain { found: 5 })
    );
    assert_eq!(
        parts_of_change(&[1.0], &[1.0; 2]),
        Err(ShapleyError::LengthsDiffer {
            before: 1,
            after: 2
        })
    );
    assert_eq!(
        parts_of_change(&[1.0, 2.0], &[1.0, f64::NAN]),
        Err(ShapleyError::NotFinite { position: 1 })
    );
    assert_eq!(
        apportioned(&[], 0),
        Err(ShapleyError::FactorsOutsideDomain { found: 0 })
    );
    assert_eq!(
        apportioned(&[f64::INFINITY], 0),
        Err(ShapleyError::NotFinite { position: 0 })
    );
    assert_eq!(
        apportioned(&[1.0, 2.0], 9),
        Err(ShapleyError::PartsDiffer { sum: 3.0, total: 9 })
    );
}

#[test]
fn missing_units_go_where_rounding_took_them() {
    assert_eq!(apportioned(&[0.5, 0.5], 1), Ok(vec![0, 1]));
    assert_eq!(apportioned(&[-2.4, -2.4, 4.8], 0), Ok(vec![-3, -2, 5]));
    assert_eq!(apportioned(&[2.4, 2.45, -4.85], 0), Ok(vec![2, 3, -5]));
}

fn factors() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let factor = prop_oneof![0.0..1e6f64, 0.0..1.0f64, Just(0.0)];
    prop::collection::vec((factor.clone(), factor), 1..=4)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        rng_seed: proptest::test_runner::RngSeed::Fixed(26),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn parts_add_up_as_floats_nearly_and_as_units_exactly(pairs in factors()) {
        let (before, after): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let parts = parts_of_change(&before, &after).unwrap();
        let change = after.iter().product::<f64>() - before.iter().product::<f64>();
        let scale = size(&before, &after);
        prop_assert!((parts.iter().sum::<f64>() - change).abs() <= ROUNDING * scale);
        prop_assume!(scale < 1e13);
        let total = change.round() as i128;
        let units = apportioned(&parts, total).unwrap();
        prop_assert_eq!(units.iter().sum::<i128>(), total);
        for (unit, part) in units.iter().zip(&parts) {
            prop_assert!((*unit as f64 - part).abs() <= 1.5);
        }
    }

    #[test]
    fn order_does_not_matter_going_back_turns_signs_and_what_stays_has_no_part(pairs in factors()) {
        let (before, after): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let parts = parts_of_change(&before, &after).unwrap();
        let allowed = ROUNDING * size(&before, &after);
        let back = parts_of_change(&after, &before).unwrap();
        let (before, after): (Vec<f64>, Vec<f64>) = pairs.iter().rev().copied().unzip();
        let turned = parts_of_change(&before, &after).unwrap();
        for (place, part) in parts.iter().enumerate() {
            prop_assert!((part + back[place]).abs() <= allowed);
            prop_assert!((part - turned[parts.len() - 1 - place]).abs() <= allowed);
            prop_assert!(pairs[place].0 != pairs[place].1 || *part == 0.0);
        }
    }
}
