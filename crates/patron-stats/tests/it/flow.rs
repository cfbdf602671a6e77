//! Moves against usual moves: against scipy and statsmodels, false alarms in simulation, exact errors.

use patron_stats::flow::{FlowError, against_usual, holm};
use patron_testkit::{assert_relative, number, numbers, reference_cases};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Gamma};
use serde_json::Value;

/// Sums of a few dozen numbers, and tails of them.
const SAME: f64 = 1e-9;

type Matrix = Vec<Vec<u64>>;

fn matrix(value: &Value) -> Matrix {
    let rows = value.as_array().unwrap().iter();
    let counts = |row: &Value| {
        row.as_array()
            .unwrap()
            .iter()
            .map(|count| count.as_u64().unwrap())
            .collect()
    };
    rows.map(counts).collect()
}

#[test]
fn tests_and_residuals_are_those_of_scipy_and_statsmodels() {
    for case in reference_cases("flow")["cases"].as_array().unwrap() {
        let before: Vec<Matrix> = case["before"]
            .as_array()
            .unwrap()
            .iter()
            .map(matrix)
            .collect();
        let found = against_usual(&matrix(&case["now"]), &before).unwrap();
        let near = |found: f64, field: &str| {
            assert_relative(
                &format!("{} {field}", case["name"]),
                found,
                number(case, field),
                SAME,
            );
        };
        near(found.statistic, "/statistic");
        near(f64::from(found.degrees_of_freedom), "/degrees");
        near(found.dispersion, "/dispersion");
        near(f64::from(found.dispersion_degrees), "/dispersion_degrees");
        near(found.p_value, "/p_value");
        let cells = case["cells"].as_array().unwrap();
        assert_eq!(found.cells.len(), cells.len(), "{}", case["name"]);
        for (cell, expected) in found.cells.iter().zip(cells) {
            let to: Vec<f64> = cell.to.iter().map(|to| *to as f64).collect();
            assert_eq!(
                (cell.from as f64, to),
                (number(expected, "/from"), numbers(expected, "/to"))
            );
            assert_eq!(cell.count as f64, number(expected, "/count"));
            let fields = [
                cell.expected,
                cell.residual,
                cell.p_value,
                cell.adjusted_p_value,
            ];
            for (found, field) in
                fields
                    .into_iter()
                    .zip(["/expected", "/residual", "/p_value", "/adjusted"])
            {
                assert!(
                    (found - number(expected, field)).abs() < SAME,
                    "{} {expected} {field}",
                    case["name"]
                );
            }
        }
    }
}

#[test]
fn what_moved_stands_out_and_rows_of_a_few_are_left_out() {
    let cases = reference_cases("flow");
    let of = |place: usize| {
        let case = &cases["cases"][place];
        let before: Vec<Matrix> = case["before"]
            .as_array()
            .unwrap()
            .iter()
            .map(matrix)
            .collect();
        against_usual(&matrix(&case["now"]), &before).unwrap()
    };
    assert!(of(0).standing_out(0.05).is_empty());
    // Row 0 was made to move: less stay, more go to the third and fourth.
    let moved = of(1);
    let out = moved.standing_out(0.05);
    assert!(
        out.len() >= 2 && out.iter().all(|cell| cell.from == 0),
        "{out:?}"
    );
    assert!(
        out.windows(2)
            .all(|pair| pair[0].residual.abs() >= pair[1].residual.abs())
    );
    // The same where months differ anyway.
    assert!(of(2).standing_out(0.05).is_empty() && of(2).dispersion > 3.0);
    assert_eq!(of(4).left_out, [2, 3]);
}

#[test]
fn each_bad_input_has_its_error() {
    let good = vec![vec![30, 40], vec![50, 60]];
    assert_eq!(against_usual(&good, &[]), Err(FlowError::NothingUsual));
    assert_eq!(
        against_usual(&good, &[good.clone(), vec![vec![1, 2]]]),
        Err(FlowError::FormsDiffer { matrix: 1 })
    );
    assert_eq!(
        against_usual(&[vec![1, 2], vec![1]], std::slice::from_ref(&good)),
        Err(FlowError::FormsDiffer { matrix: 1 })
    );
    assert_eq!(
        against_usual(&[vec![1, 2]], &[vec![vec![2, 1]]]),
        Err(FlowError::TooFewCustomers)
    );
    assert_eq!(
        against_usual(&[], &[vec![]]),
        Err(FlowError::TooFewCustomers)
    );
    assert!(
        against_usual(&good, std::slice::from_ref(&good))
            .unwrap()
            .p_value
            > 0.999
    );
}

#[test]
fn holms_adjustment_is_that_by_hand() {
    let found = holm(&[0.01, 0.04, 0.03, 0.005]);
    for (found, expected) in found.iter().zip([0.03, 0.06, 0.06, 0.02]) {
        assert!((found - expected).abs() < 1e-15);
    }
    assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
    assert!(holm(&[]).is_empty());
}

/// Moves of one month: rates drawn anew by a Dirichlet of this concentration, or the usual ones.
fn month(generator: &mut ChaCha12Rng, sizes: &[u64], concentration: Option<f64>) -> Matrix {
    let usual = [
        [0.6, 0.25, 0.1, 0.05],
        [0.2, 0.5, 0.2, 0.1],
        [0.05, 0.15, 0.6, 0.2],
    ];
    let mut row = |(&size, rates): (&u64, &[f64; 4])| {
        let weights = rates.map(|rate| match concentration {
            Some(concentration) => Gamma::new(rate * concentration, 1.0)
                .unwrap()
                .sample(generator),
            None => rate,
        });
        let whole: f64 = weights.iter().sum();
        let mut counts = vec![0; 4];
        for _ in 0..size {
            let mut left = whole * generator.random::<f64>();
            let place = weights.iter().position(|weight| {
                left -= weight;
                left < 0.0
            });
            counts[place.unwrap_or(3)] += 1;
        }
        counts
    };
    sizes.iter().zip(&usual).map(&mut row).collect()
}

/// Where nothing changed, one month in ten lies below 0.1: with chance alone, with few customers, and where months differ anyway.
#[test]
fn false_alarms_are_as_many_as_said() {
    let seed = 35;
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    for (sizes, concentration) in [
        ([300, 300, 300], None),
        ([40, 25, 12], None),
        ([400, 500, 600], Some(80.0)),
    ] {
        let draws = 800;
        let (mut alarms, mut cells) = (0, 0);
        for _ in 0..draws {
            let before: Vec<Matrix> = (0..6)
                .map(|_| month(&mut generator, &sizes, concentration))
                .collect();
            let now = month(&mut generator, &sizes, concentration);
            let Ok(found) = against_usual(&now, &before) else {
                continue;
            };
            alarms += usize::from(found.p_value < 0.1);
            cells += usize::from(!found.standing_out(0.1).is_empty());
        }
        let share = |count: usize| count as f64 / draws as f64;
        // Four standard errors of a share of 0.1 of 800 are 0.042; chi-square is an approximation besides.
        assert!(
            (0.05..0.15).contains(&share(alarms)),
            "seed {seed} {sizes:?}: {}",
            share(alarms)
        );
        assert!(
            share(cells) < 0.15,
            "seed {seed} {sizes:?}: {}",
            share(cells)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: proptest::test_runner::RngSeed::Fixed(36),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_counts_have_an_answer_and_expectations_add_up(
        now in prop::collection::vec(prop::collection::vec(0u64..60, 4), 3), before in prop::collection::vec(prop::collection::vec(prop::collection::vec(0u64..90, 4), 3), 1..5)
    ) {
        let Ok(found) = against_usual(&now, &before) else { return Ok(()) };
        prop_assert!((0.0..=1.0).contains(&found.p_value) && found.dispersion >= 1.0 && found.statistic >= 0.0);
        for (from, row) in now.iter().enumerate() {
            let cells: Vec<_> = found.cells.iter().filter(|cell| cell.from == from).collect();
            prop_assert_eq!(cells.is_empty(), found.left_out.contains(&from));
            if !cells.is_empty() {
                // Small cells that together were still too few are left out.
                let expected: f64 = cells.iter().map(|cell| cell.expected).sum();
                let counted: u64 = cells.iter().map(|cell| cell.count).sum();
                prop_assert!((expected - counted as f64).abs() < 1e-9);
                prop_assert!(counted <= row.iter().sum());
            }
            for cell in cells {
                prop_assert!(cell.p_value <= cell.adjusted_p_value && cell.adjusted_p_value <= 1.0);
            }
        }
    }
}
