//! Known effects are found again, and their errors are as large as they say.

use patron_stats::bg_nbd::BgNbdConfig;
use patron_stats::covariates::{CovariateHistories, CovariatesConfig, Place};
use patron_stats::mbg_nbd::MbgNbdConfig;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::{TRUTH, base, effects, fit, rows, values};
use crate::simulate::customer;

/// An estimate further than this many standard errors from the truth happens once in 15,000 times.
const FAR: f64 = 4.0;

fn assert_near(found: &[f64], errors: &[f64], truth: &[f64], seed: u64) {
    for (position, ((found, error), truth)) in found.iter().zip(errors).zip(truth).enumerate() {
        let away = (found - truth) / error;
        assert!(
            away.abs() < FAR,
            "seed {seed}: number {position}, {found}, is {away:.1} errors from {truth}"
        );
    }
}

#[test]
fn pareto_nbd_finds_effects_again() {
    let seed = 31;
    let fitted = fit(&base(rows(seed, 12_000)), &effects().build().unwrap());
    let report = fitted.report().unwrap();
    assert!(report.converged && report.warnings.is_empty());
    let truth: Vec<f64> = TRUTH.0.into_iter().chain(TRUTH.1).collect();
    let errors = report.standard_errors().unwrap();
    assert_near(&values(&fitted), &errors, &truth, seed);
    // An effect that could not be seen would be near anything.
    assert!(
        errors[4] < 0.1 && errors[5] < 0.1 && errors[6] < 0.2,
        "{errors:?}"
    );
}

/// r, α, a, b; effects of x on purchase, of y on a, of y on b.
const COINS: ([f64; 4], [f64; 3]) = ([1.2, 6.0, 0.9, 2.4], [0.6, -0.4, 0.3]);

/// Draws customers of BG/NBD or MBG/NBD: x is 0 or 1, y any number.
fn coins(key: &str, seed: u64, customers: usize) -> CovariateHistories {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let ([r, alpha, a, b], [on_purchase, on_a, on_b]) = COINS;
    let rows = (0..customers).map(|_| {
        let x = f64::from(u8::from(generator.random::<f64>() < 0.5));
        let y = 3.0 * generator.random::<f64>() - 1.5;
        let own = [
            r,
            alpha * (-on_purchase * x).exp(),
            a * (on_a * y).exp(),
            b * (on_b * y).exp(),
        ];
        let age = f64::from(generator.random_range(70..=400)) / 7.0;
        let drawn = customer(&mut generator, key, own, age, 0.0);
        (drawn.history, 1, vec![x, y])
    });
    let rows: Vec<_> = rows.collect();
    CovariateHistories::from_histories(["x", "y"], rows).unwrap()
}

fn apart() -> CovariatesConfig {
    CovariatesConfig::default()
        .with_columns(Place::Purchase, ["x"])
        .with_columns(Place::DropoutA, ["y"])
        .with_columns(Place::DropoutB, ["y"])
}

#[test]
fn effects_on_the_two_shapes_of_dropout_are_found_apart() {
    let truth: Vec<f64> = COINS.0.into_iter().chain(COINS.1).collect();
    let covariates = apart().build().unwrap();
    for (seed, key) in [(32, "bg-nbd"), (33, "mbg-nbd")] {
        let base = coins(key, seed, 20_000);
        let (parameters, effects, report) = if key == "bg-nbd" {
            let fitted = BgNbdConfig::default().build();
            let fitted = fitted.fit_with_covariates(&base, &covariates).unwrap();
            (
                fitted.named_parameters(),
                fitted.effects().to_vec(),
                fitted.report().cloned(),
            )
        } else {
            let fitted = MbgNbdConfig::default().build();
            let fitted = fitted.fit_with_covariates(&base, &covariates).unwrap();
            (
                fitted.named_parameters(),
                fitted.effects().to_vec(),
                fitted.report().cloned(),
            )
        };
        let report = report.unwrap();
        assert!(report.converged && report.warnings.is_empty(), "{key}");
        let found: Vec<f64> = parameters
            .into_iter()
            .map(|(_, value)| value)
            .chain(effects.into_iter().map(|effect| effect.value))
            .collect();
        let errors = report.standard_errors().unwrap();
        assert_near(&found, &errors, &truth, seed);
        assert!(errors[4..].iter().all(|error| *error < 0.15), "{errors:?}");
    }
}

#[test]
fn ninety_percent_intervals_of_effects_cover_as_often() {
    const BASES: u64 = 200;
    let within = 1.644_853_626_951_472_7;
    let truth = COINS.1;
    let covariates = apart().build().unwrap();
    let model = MbgNbdConfig::default().build();
    let mut covered = [0_u64; 3];
    for seed in 0..BASES {
        let base = coins("mbg-nbd", 1000 + seed, 700);
        let fitted = model.fit_with_covariates(&base, &covariates).unwrap();
        let errors = fitted.report().unwrap().standard_errors().unwrap();
        for (k, covered) in covered.iter_mut().enumerate() {
            let away = (fitted.effects()[k].value - truth[k]) / errors[4 + k];
            *covered += u64::from(away.abs() <= within);
        }
    }
    // 180 of 200, with a standard deviation of 4.2: three of them either way.
    for (effect, covered) in covered.into_iter().enumerate() {
        assert!(
            (167..=193).contains(&covered),
            "effect {effect}: {covered} of {BASES}"
        );
    }
}

/// Draws customers of MBG/NBD with a column of noise that acts on nothing.
fn noise(seed: u64, customers: usize) -> CovariateHistories {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let rows = (0..customers).map(|_| {
        let noise = f64::from(generator.random_range(-2..=2));
        let drawn = customer(&mut generator, "mbg-nbd", COINS.0, 40.0, 0.0);
        (drawn.history, 1, vec![noise])
    });
    let rows: Vec<_> = rows.collect();
    CovariateHistories::from_histories(["noise"], rows).unwrap()
}

#[test]
fn noise_is_found_likely_as_often_as_p_says() {
    const BASES: u32 = 200;
    let without = CovariatesConfig::default().build().unwrap();
    let with = CovariatesConfig::default()
        .with_columns(Place::Purchase, ["noise"])
        .with_columns(Place::DropoutA, ["noise"])
        .build()
        .unwrap();
    let model = MbgNbdConfig::default().build();
    let mut p_values: Vec<f64> = (0..BASES)
        .map(|seed| {
            let base = noise(3000 + u64::from(seed), 400);
            let smaller = model.fit_with_covariates(&base, &without).unwrap();
            let larger = model.fit_with_covariates(&base, &with).unwrap();
            let test = larger.likelihood_ratio(&smaller).unwrap();
            assert_eq!(test.degrees_of_freedom, 2);
            test.p_value
        })
        .collect();
    p_values.sort_by(f64::total_cmp);
    let bases = f64::from(BASES);
    let farthest = (0..BASES)
        .zip(&p_values)
        .map(|(below, p)| {
            let (low, high) = (f64::from(below) / bases, f64::from(below + 1) / bases);
            (p - low).abs().max((high - p).abs())
        })
        .fold(0.0, f64::max);
    // Kolmogorov's distance: 1.95/√n is exceeded once in a thousand times where p is uniform.
    assert!(farthest < 1.95 / bases.sqrt(), "distance {farthest}");
}
