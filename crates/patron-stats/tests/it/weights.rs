//! Weights of aspects: against numpy, scipy and Saaty's house, by what must hold, exact errors.

use patron_stats::weights::{ComparisonError, Comparisons, EntropyError, entropy_weights};
use patron_testkit::{assert_printed, number, numbers, reference_cases};
use proptest::prelude::*;
use serde_json::Value;

/// numpy's eigenvectors of matrices of 15 rows.
const SAME: f64 = 1e-12;

fn matrix(case: &Value) -> Vec<Vec<f64>> {
    let rows = case["matrix"].as_array().unwrap().len();
    (0..rows)
        .map(|row| numbers(case, &format!("/matrix/{row}")))
        .collect()
}

#[test]
fn weights_of_comparisons_are_the_eigenvectors_of_numpy() {
    for case in reference_cases("weights")["comparisons"]
        .as_array()
        .unwrap()
    {
        let found = Comparisons::new(&matrix(case)).unwrap();
        let value = number(case, "/principal_value");
        assert!(
            (found.principal_value() - value).abs() < SAME * value,
            "{}",
            case["name"]
        );
        for (found, expected) in found.weights().iter().zip(numbers(case, "/weights")) {
            assert!((found - expected).abs() < SAME, "{}", case["name"]);
        }
    }
}

/// Saaty (1990), How to make a decision: eight aspects of a house.
#[test]
fn the_house_has_the_weights_and_the_ratio_that_saaty_printed() {
    let cases = reference_cases("weights");
    let found = Comparisons::new(&matrix(&cases["comparisons"][0])).unwrap();
    let printed = [0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333];
    for (weight, printed) in found.weights().iter().zip(printed) {
        assert_printed("weight", *weight, printed, 3);
    }
    assert_printed("λ", found.principal_value(), 9.669, 3);
    assert_printed("CI", found.index(), 0.238, 3);
    assert_printed("CR", found.ratio(), 0.169, 3);
    assert!(!found.is_acceptable());
}

#[test]
fn weights_by_entropy_are_those_of_scipy_and_reward_spread() {
    let cases = reference_cases("weights");
    let columns = cases["entropy"]["columns"].as_array().unwrap();
    let columns: Vec<Vec<f64>> = (0..columns.len())
        .map(|column| numbers(&cases, &format!("/entropy/columns/{column}")))
        .collect();
    let found = entropy_weights(&columns).unwrap();
    for (field, found) in [("entropies", &found.entropies), ("weights", &found.weights)] {
        for (found, expected) in found
            .iter()
            .zip(numbers(&cases, &format!("/entropy/{field}")))
        {
            assert!((found - expected).abs() < SAME, "{field}");
        }
    }
    // Shapes 0.3 half of them empty, 2, 40, 1 a tenth empty, constant.
    assert!(found.weights[0] > 0.5 && found.weights[2] < 0.02 && found.weights[4] == 0.0);
}

#[test]
fn each_bad_comparison_has_its_error() {
    let of = |rows: &[&[f64]]| {
        let rows: Vec<Vec<f64>> = rows.iter().map(|row| row.to_vec()).collect();
        Comparisons::new(&rows).unwrap_err()
    };
    assert_eq!(of(&[]), ComparisonError::AspectsOutsideDomain { found: 0 });
    let sixteen = vec![vec![1.0; 16]; 16];
    assert_eq!(
        Comparisons::new(&sixteen),
        Err(ComparisonError::AspectsOutsideDomain { found: 16 })
    );
    assert_eq!(
        of(&[&[1.0, 2.0], &[0.5]]),
        ComparisonError::NotSquare {
            row: 1,
            found: 1,
            expected: 2
        }
    );
    assert_eq!(
        of(&[&[1.0, 0.0], &[0.5, 1.0]]),
        ComparisonError::EntryOutsideDomain {
            row: 0,
            column: 1,
            entry: 0.0
        }
    );
    assert_eq!(
        of(&[&[1.0, 2.0], &[0.4, 1.0]]),
        ComparisonError::NotReciprocal {
            row: 0,
            column: 1,
            entry: 2.0,
            mirrored: 0.4
        }
    );
    assert_eq!(
        of(&[&[2.0]]),
        ComparisonError::NotReciprocal {
            row: 0,
            column: 0,
            entry: 2.0,
            mirrored: 2.0
        }
    );
}

#[test]
fn one_and_two_aspects_cannot_contradict_themselves_and_a_third_may_be_typed_as_0_33() {
    let one = Comparisons::new(&[vec![1.0]]).unwrap();
    assert_eq!(
        (one.weights(), one.ratio(), one.index()),
        (&[1.0][..], 0.0, 0.0)
    );
    let typed = Comparisons::new(&[vec![1.0, 3.0], vec![0.33, 1.0]]).unwrap();
    assert!((typed.weights()[0] - 0.75).abs() < SAME && typed.ratio() == 0.0);
    let turned = Comparisons::new(&[vec![1.0, 0.33], vec![3.0, 1.0]]).unwrap();
    assert!((turned.weights()[1] - 0.75).abs() < SAME);
}

#[test]
fn each_bad_column_has_its_error() {
    let none: [Vec<f64>; 0] = [];
    assert_eq!(entropy_weights(&none), Err(EntropyError::NoAspects));
    assert_eq!(
        entropy_weights(&[[1.0]]),
        Err(EntropyError::TooFewValues { found: 1 })
    );
    let uneven = [vec![1.0, 2.0], vec![1.0]];
    assert_eq!(
        entropy_weights(&uneven),
        Err(EntropyError::LengthsDiffer {
            aspect: 1,
            found: 1,
            expected: 2
        })
    );
    assert_eq!(
        entropy_weights(&[[1.0, -1.0]]),
        Err(EntropyError::ValueOutsideDomain {
            aspect: 0,
            value: -1.0
        })
    );
    assert_eq!(
        entropy_weights(&[[2.0, 2.0], [0.0, 0.0]]),
        Err(EntropyError::NothingVaries)
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100,
        rng_seed: proptest::test_runner::RngSeed::Fixed(27),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn consistent_comparisons_give_back_their_weights(raw in prop::collection::vec(0.05..10.0f64, 1..=15)) {
        let whole: f64 = raw.iter().sum();
        let matrix: Vec<Vec<f64>> = raw.iter().map(|one| raw.iter().map(|other| one / other).collect()).collect();
        let found = Comparisons::new(&matrix).unwrap();
        for (weight, raw) in found.weights().iter().zip(&raw) {
            prop_assert!((weight - raw / whole).abs() < SAME);
        }
        prop_assert!(found.ratio() < 1e-10 && found.is_acceptable());
    }

    #[test]
    fn units_and_order_of_customers_do_not_move_entropy_weights(
        rows in prop::collection::vec((0.0..9.0f64, 0.0..900.0f64), 2..40), factor in 0.1..50.0f64
    ) {
        let (first, second): (Vec<f64>, Vec<f64>) = rows.iter().copied().unzip();
        prop_assume!(first.iter().any(|value| *value != first[0]));
        let found = entropy_weights(&[first, second]).unwrap();
        prop_assert!((found.weights.iter().sum::<f64>() - 1.0).abs() < SAME);
        prop_assert!(found.weights.iter().all(|weight| *weight >= 0.0));
        let turned = rows.iter().rev().map(|(one, other)| (one * factor, *other));
        let (first, second): (Vec<f64>, Vec<f64>) = turned.unzip();
        let other = entropy_weights(&[first, second]).unwrap();
        // One less an entropy near 1 has few digits.
        prop_assert!((found.weights[0] - other.weights[0]).abs() < 1e-9);
    }
}
