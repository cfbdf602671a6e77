//! The likelihood-ratio test: tails of chi-squared in 30 digits, known cases, and what it refuses.

use patron_stats::bg_nbd::BgNbdConfig;
use patron_stats::distributions::chi_square_above;
use patron_stats::estimate::{FitReport, FitWarning};
use patron_stats::history::WeightedHistories;
use patron_stats::likelihood_ratio::{
    LikelihoodRatioCaution, LikelihoodRatioError, likelihood_ratio,
};
use patron_stats::nbd::NbdConfig;
use patron_stats::purchase::PurchaseModel;
use patron_testkit::{assert_relative, number, reference_cases};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use crate::simulate::customer;

/// A finite sum, or a continued fraction, of positive terms; exponents of some hundreds cost two digits.
const EXACT: f64 = 1e-12;

fn report(parameters: usize, log_likelihood: f64) -> FitReport {
    FitReport {
        customers: 100,
        parameters,
        log_likelihood,
        covariance: None,
        iterations: 5,
        converged: true,
        warnings: Vec::new(),
    }
}

#[test]
fn tails_of_chi_squared_are_those_in_30_digits() {
    let cases = reference_cases("covariates");
    for case in cases["chi_squared"].as_array().unwrap() {
        let (x, degrees) = (number(case, "/x"), number(case, "/degrees") as u32);
        let what = format!("χ² of {degrees} at {x}");
        assert_relative(
            &what,
            chi_square_above(x, degrees),
            number(case, "/p"),
            EXACT,
        );
    }
    assert_eq!(chi_square_above(0.0, 3), 1.0);
    assert_eq!(chi_square_above(-1.0, 3), 1.0);
    assert!(chi_square_above(1.0, 0).is_nan());
    assert!(chi_square_above(f64::NAN, 1).is_nan());
}

#[test]
fn twice_the_gain_is_compared_with_chi_squared() {
    let test = likelihood_ratio(&report(4, -105.0), &report(6, -100.0)).unwrap();
    assert_eq!((test.statistic, test.degrees_of_freedom), (10.0, 2));
    // With two degrees the tail is e^−x/2.
    assert_relative("p", test.p_value, (-5.0_f64).exp(), EXACT);
    assert_eq!(test.cautions, []);
    // A loss that is rounding is no loss.
    let test = likelihood_ratio(&report(4, -100.0), &report(5, -100.000_000_01)).unwrap();
    assert_eq!((test.statistic, test.p_value), (0.0, 1.0));
}

#[test]
fn fits_that_cannot_be_compared_are_refused() {
    let (smaller, larger) = (report(4, -105.0), report(6, -100.0));
    assert_eq!(
        likelihood_ratio(&larger, &smaller),
        Err(LikelihoodRatioError::NoFurtherParameters {
            smaller: 6,
            larger: 4
        })
    );
    let others = FitReport {
        customers: 101,
        ..larger.clone()
    };
    assert_eq!(
        likelihood_ratio(&smaller, &others),
        Err(LikelihoodRatioError::CustomersDiffer {
            smaller: 100,
            larger: 101
        })
    );
    let stopped = FitReport {
        converged: false,
        ..larger.clone()
    };
    assert_eq!(
        likelihood_ratio(&smaller, &stopped),
        Err(LikelihoodRatioError::NotConverged { which: "larger" })
    );
    let penalised = FitReport {
        warnings: vec![FitWarning::Penalised],
        ..report(4, -105.0)
    };
    assert_eq!(
        likelihood_ratio(&penalised, &larger),
        Err(LikelihoodRatioError::Penalised { which: "smaller" })
    );
    assert_eq!(
        likelihood_ratio(&report(4, -99.0), &larger),
        Err(LikelihoodRatioError::LargerLessLikely {
            smaller: -99.0,
            larger: -100.0
        })
    );
}

#[test]
fn a_model_at_the_edge_of_another_is_told() {
    // Customers who never leave: BG/NBD is then NBD, at the edge a → 0 of its parameters.
    let mut generator = ChaCha12Rng::seed_from_u64(42);
    let histories = (0..800).map(|_| {
        let drawn = customer(&mut generator, "nbd", [0.8, 8.0, 1.0, 1.0], 40.0, 0.0);
        (drawn.history, 1)
    });
    let histories = WeightedHistories::from_histories(histories);
    let nbd = NbdConfig::default().build().fit(&histories).unwrap();
    let bg_nbd = BgNbdConfig::default().build().fit(&histories).unwrap();
    let larger = bg_nbd.report().unwrap();
    assert!(
        larger.warnings.contains(&FitWarning::NobodyLeaves),
        "{larger:?}"
    );
    let test = likelihood_ratio(nbd.report().unwrap(), larger).unwrap();
    assert_eq!(test.degrees_of_freedom, 2);
    assert_eq!(test.cautions, [LikelihoodRatioCaution::LargerAtBoundary]);
    assert!(test.p_value > 0.5);
}
