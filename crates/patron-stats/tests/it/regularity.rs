//! Estimators of regularity: by hand, against 25 digits, and on simulated times between purchases.

use patron_stats::regularity::{
    LnIntervals, RegularityError, Stages, median_likeliest_shape, wheat_morrison,
};
use patron_testkit::assert_relative;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Gamma};

/// The equation of the shape is solved to rounding; s keeps 15 digits.
const SOLVED: f64 = 1e-12;

/// More standard errors than this happen once in 15,000 times.
const FAR: f64 = 4.0;

#[test]
fn likeliest_shapes_solve_their_equation() {
    // mpmath 1.3.0: root of ln k − ψ(k) = s in 25 digits.
    let cases: [(&[f64], f64); 3] = [
        (&[1.0, 2.0, 3.0, 4.0], 4.265_428_054_776_559),
        (&[7.0, 7.0, 14.0, 7.0, 21.0], 4.638_389_740_407_86),
        (&[1.0, 100.0], 0.405_463_025_728_558),
    ];
    for (times, expected) in cases {
        let found = median_likeliest_shape(&[times], 2).unwrap();
        assert_relative("shape", found, expected, SOLVED);
    }
    let all = cases.map(|(times, _)| times);
    assert_relative(
        "median",
        median_likeliest_shape(&all, 2).unwrap(),
        cases[0].1,
        SOLVED,
    );
    // Only one customer has five times.
    assert_relative(
        "of five times",
        median_likeliest_shape(&all, 5).unwrap(),
        cases[1].1,
        SOLVED,
    );
}

#[test]
fn wheat_and_morrison_find_the_shape_that_all_share() {
    let (seed, shape, customers) = (51, 2.0, 20_000_u32);
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let rates = Gamma::new(0.8, 0.5).unwrap();
    let drawn: Vec<Vec<f64>> = (0..customers)
        .map(|_| {
            let rate: f64 = rates.sample(&mut generator);
            let times = Gamma::new(shape, 1.0 / rate.max(1e-6)).unwrap();
            (0..3).map(|_| times.sample(&mut generator)).collect()
        })
        .collect();
    let found = wheat_morrison(&drawn).unwrap();
    // Beta(2, 2): Var M = 1/20, fourth central moment 3/560; dk/dVar = −1/(8·Var²) = −50.
    let error = 50.0 * ((3.0 / 560.0 - 1.0 / 400.0) / f64::from(customers)).sqrt();
    assert!((found - shape).abs() < FAR * error, "seed {seed}: {found}");
}

#[test]
fn regularity_does_not_depend_on_the_unit_of_time() {
    let days = [vec![7.0, 9.0, 2.0], vec![30.0, 21.0, 40.0], vec![3.0, 8.0]];
    let weeks = days
        .clone()
        .map(|times| times.into_iter().map(|day| day / 7.0).collect::<Vec<f64>>());
    let both = |customers: &[Vec<f64>]| {
        let wheat = wheat_morrison(customers).unwrap();
        (wheat, median_likeliest_shape(customers, 2).unwrap())
    };
    let ((wheat, shape), (in_weeks, shape_in_weeks)) = (both(&days), both(&weeks));
    assert_relative("wheat", in_weeks, wheat, SOLVED);
    assert_relative("shape", shape_in_weeks, shape, SOLVED);
}

#[test]
fn each_bad_input_has_its_own_error() {
    for stages in [0, 13] {
        assert_eq!(
            Stages::new(stages),
            Err(RegularityError::StagesOutsideDomain { stages })
        );
    }
    for time in [0.0, -1.0, f64::INFINITY] {
        let error = RegularityError::TimeOutsideDomain { time };
        assert_eq!(LnIntervals::new([1.0, time]), Err(error.clone()));
        assert_eq!(wheat_morrison(&[[1.0, time]]), Err(error.clone()));
        assert_eq!(median_likeliest_shape(&[[1.0, time]], 2), Err(error));
    }
    assert!(LnIntervals::new([f64::NAN]).is_err());
    let too_few = |required, intervals, found| RegularityError::TooFewCustomers {
        required,
        intervals,
        found,
    };
    assert_eq!(wheat_morrison(&[[1.0, 2.0]]), Err(too_few(2, 2, 1)));
    assert_eq!(
        median_likeliest_shape(&[[1.0, 2.0]], 10),
        Err(too_few(1, 10, 0))
    );
    let alike = Err(RegularityError::TimesAlike);
    assert_eq!(wheat_morrison(&[[7.0, 7.0], [3.0, 3.0]]), alike);
    assert_eq!(median_likeliest_shape(&[[7.0, 7.0, 7.0]], 2), alike);
}
