//! The response to spend: against statsmodels, silence where nothing can be told, coverage in simulation, exact errors.

use patron_stats::level::Level;
use patron_stats::response::{ResponseError, Silence, response_to_spend};
use patron_testkit::{assert_relative, number, numbers, reference_cases};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Poisson, StandardNormal};

/// Two searches of the same top.
const SAME: f64 = 1e-7;

#[test]
fn slopes_and_intervals_are_those_of_statsmodels() {
    for case in reference_cases("response")["cases"].as_array().unwrap() {
        let [spend, response] = ["/spend", "/response"].map(|field| numbers(case, field));
        let found = response_to_spend(&spend, &response, Level::NINETY).unwrap();
        assert_eq!((found.months, found.months_without), (spend.len(), 0));
        let slope = found.slope.unwrap();
        assert_relative("slope", slope.slope, number(case, "/slope"), SAME);
        assert_relative("low", slope.interval.low, number(case, "/interval/0"), SAME);
        assert_relative(
            "high",
            slope.interval.high,
            number(case, "/interval/1"),
            SAME,
        );
        assert_relative(
            "dispersion",
            slope.dispersion,
            number(case, "/dispersion"),
            SAME,
        );
        let at = number(case, "/at_1000");
        assert_relative("response", slope.response(1000.0), at, SAME);
        let one_more = 1000.0 / (at * number(case, "/slope"));
        assert_relative(
            "one more",
            slope.cost_of_one_more(1000.0).unwrap(),
            one_more,
            SAME,
        );
    }
}

#[test]
fn what_cannot_be_told_is_not() {
    let of = |spend: &[f64], response: &[f64]| {
        response_to_spend(spend, response, Level::NINETY).unwrap()
    };
    let spend: Vec<f64> = (1..=10).map(|month| 100.0 * f64::from(month)).collect();
    let short = of(&spend[..7], &[1.0; 7]);
    assert_eq!(short.slope, Err(Silence::TooFewMonths));
    let steady: Vec<f64> = (0..24).map(|month| 100.0 + f64::from(month % 5)).collect();
    assert_eq!(
        of(&steady, &[9.0; 24]).slope,
        Err(Silence::SpendVariesTooLittle)
    );
    assert_eq!(of(&spend, &[0.0; 10]).slope, Err(Silence::NoResponse));
    let jumps = [1.0, 90.0, 2.0, 70.0, 3.0, 1.0, 80.0, 2.0, 1.0, 60.0];
    assert!(matches!(of(&spend, &jumps).slope, Err(Silence::TooUncertain { half }) if half > 0.5));
    // Months without spend are left out, and told.
    let with_gaps: Vec<f64> = spend.iter().copied().chain([0.0, 0.0]).collect();
    let found = of(&with_gaps, &[5.0; 12]);
    assert_eq!((found.months, found.months_without), (10, 2));
    let flat = found.slope.unwrap();
    assert!(flat.slope.abs() < 1e-9);
    assert_eq!(of(&[0.0; 9], &[1.0; 9]).spread, None);
    let falling: Vec<f64> = (1..=10).map(|month| 1000.0 / f64::from(month)).collect();
    assert_eq!(
        of(&spend, &falling).slope.unwrap().cost_of_one_more(500.0),
        None
    );
}

#[test]
fn each_bad_input_has_its_error() {
    let of = |spend: &[f64], response: &[f64]| {
        response_to_spend(spend, response, Level::NINETY).unwrap_err()
    };
    assert_eq!(
        of(&[1.0], &[]),
        ResponseError::LengthsDiffer {
            spend: 1,
            response: 0
        }
    );
    assert_eq!(
        of(&[1.0, -1.0], &[1.0; 2]),
        ResponseError::OutsideDomain {
            column: "spend",
            month: 1
        }
    );
    assert_eq!(
        of(&[1.0], &[f64::NAN]),
        ResponseError::OutsideDomain {
            column: "response",
            month: 0
        }
    );
}

/// Also of a year with few customers a month.
#[test]
fn nine_in_ten_intervals_hold_the_slope() {
    let seed = 37;
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    for (months, level) in [(12, 30.0), (24, 8.0), (36, 200.0)] {
        let (mut held, mut told) = (0, 0);
        let draws = 1500;
        for _ in 0..draws {
            let mut spend = Vec::new();
            let mut response = Vec::new();
            for _ in 0..months {
                let deviation: f64 = StandardNormal.sample(&mut generator);
                let shock: f64 = StandardNormal.sample(&mut generator);
                let ln_x = 0.9 * deviation;
                spend.push((6.0 + ln_x).exp());
                // A tenth up or down for reasons of its own.
                let expected = level * (0.7 * ln_x + 0.1 * shock).exp();
                response.push(Poisson::new(expected).unwrap().sample(&mut generator));
            }
            let found = response_to_spend(&spend, &response, Level::NINETY).unwrap();
            if let Ok(slope) = found.slope {
                told += 1;
                held += usize::from(slope.interval.contains(0.7));
            }
        }
        let share = held as f64 / f64::from(told);
        // Four standard errors are 0.031; the interval is an approximation besides.
        assert!(
            (0.86..0.94).contains(&share),
            "seed {seed}, {months} months: {share}"
        );
        assert!(f64::from(told) > 0.9 * f64::from(draws));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: proptest::test_runner::RngSeed::Fixed(38),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn units_of_money_do_not_move_the_slope(
        months in prop::collection::vec((0.0..1e4f64, 0u32..400), 8..40), unit in 0.01..100.0f64
    ) {
        let (spend, response): (Vec<f64>, Vec<f64>) = months.iter().map(|(spend, count)| (*spend, f64::from(*count))).unzip();
        let found = response_to_spend(&spend, &response, Level::NINETY).unwrap();
        let other: Vec<f64> = spend.iter().map(|spend| spend * unit).collect();
        let moved = response_to_spend(&other, &response, Level::NINETY).unwrap();
        match (found.slope, moved.slope) {
            (Ok(found), Ok(moved)) => {
                prop_assert!((found.slope - moved.slope).abs() < 1e-6);
                prop_assert!((found.interval.low - moved.interval.low).abs() < 1e-6);
            }
            (Err(Silence::TooUncertain { half }), Err(Silence::TooUncertain { half: other })) => {
                prop_assert!((half - other).abs() < 1e-6 * half || half.is_infinite());
            }
            (found, moved) => prop_assert_eq!(found, moved),
        }
    }
}
