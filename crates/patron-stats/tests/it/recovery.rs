//! Known parameters are found again from simulated customers.

use patron_stats::bg_nbd::BgNbdConfig;
use patron_stats::estimate::FitWarning;
use patron_stats::gamma_gamma::{GammaGammaConfig, SpendHistories, SpendHistory};
use patron_stats::history::{History, WeightedHistories};
use patron_stats::mbg_nbd::MbgNbdConfig;
use patron_stats::nbd::NbdConfig;
use patron_stats::pareto_nbd::ParetoNbdConfig;
use patron_stats::purchase::PurchaseModel;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::simulate::{Parameters, customer, spend, spend_scale};

/// An estimate further than this many standard errors from the truth happens once in 15,000 times.
const FAR: f64 = 4.0;

fn base(key: &str, parameters: Parameters, seed: u64, customers: usize) -> WeightedHistories {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let histories = (0..customers).map(|_| {
        let age = f64::from(generator.random_range(7..=700)) / 7.0;
        (
            customer(&mut generator, key, parameters, age, 0.0).history,
            1,
        )
    });
    WeightedHistories::from_histories(histories)
}

fn assert_near(found: &[(&str, f64)], errors: &[f64], truth: &[f64], seed: u64) {
    for (((name, found), error), truth) in found.iter().zip(errors).zip(truth) {
        let away = (found - truth) / error;
        assert!(
            away.abs() < FAR,
            "seed {seed}: {name} {found} is {away:.1} errors from {truth}"
        );
    }
}

#[test]
fn bg_nbd_finds_its_parameters_again() {
    for (seed, truth) in [
        (1, [0.25, 4.4, 0.8, 2.4]),
        (2, [2.0, 10.0, 0.4, 3.0]),
        (3, [0.8, 2.0, 2.0, 3.0]),
    ] {
        let fitted = BgNbdConfig::default()
            .build()
            .fit(&base("bg-nbd", truth, seed, 20_000))
            .unwrap();
        let report = fitted.report().unwrap();
        assert!(report.converged, "seed {seed}");
        assert_near(
            &fitted.named_parameters(),
            &report.standard_errors().unwrap(),
            &truth,
            seed,
        );
    }
}

#[test]
fn mbg_nbd_finds_its_parameters_again() {
    for (seed, truth) in [(4, [0.52, 6.2, 0.9, 1.6]), (5, [2.0, 10.0, 0.4, 3.0])] {
        let fitted = MbgNbdConfig::default()
            .build()
            .fit(&base("mbg-nbd", truth, seed, 20_000))
            .unwrap();
        let report = fitted.report().unwrap();
        assert!(report.converged, "seed {seed}");
        assert_near(
            &fitted.named_parameters(),
            &report.standard_errors().unwrap(),
            &truth,
            seed,
        );
    }
}

#[test]
fn pareto_nbd_finds_its_parameters_again() {
    for (seed, truth) in [
        (11, [0.55, 10.6, 0.61, 11.7]),
        (12, [2.0, 10.0, 1.0, 10.0]),
        (13, [0.8, 2.0, 3.0, 60.0]),
    ] {
        let fitted = ParetoNbdConfig::default()
            .build()
            .fit(&base("pareto-nbd", truth, seed, 20_000))
            .unwrap();
        let report = fitted.report().unwrap();
        assert!(report.converged, "seed {seed}");
        assert_near(
            &fitted.named_parameters(),
            &report.standard_errors().unwrap(),
            &truth,
            seed,
        );
    }
}

#[test]
fn nbd_finds_its_parameters_again() {
    let (seed, truth) = (16, [0.4, 12.0]);
    let fitted = NbdConfig::default()
        .build()
        .fit(&base("nbd", [truth[0], truth[1], 1.0, 1.0], seed, 20_000))
        .unwrap();
    let report = fitted.report().unwrap();
    assert!(report.converged);
    let errors = report.standard_errors().unwrap();
    assert_near(&fitted.named_parameters(), &errors, &truth, seed);
}

#[test]
fn counts_of_customers_weigh_as_many_rows() {
    // Each history twice: the same estimates, half the variance.
    let once = base("pareto-nbd", [0.55, 10.6, 0.61, 11.7], 14, 2_000);
    let twice = WeightedHistories::from_histories(
        once.entries()
            .iter()
            .map(|(history, count)| (*history, 2 * count)),
    );
    let fit = |histories: &WeightedHistories| {
        let fitted = ParetoNbdConfig::default().build().fit(histories).unwrap();
        let errors = fitted.report().unwrap().standard_errors().unwrap();
        (fitted.named_parameters(), errors)
    };
    let ((one, errors), (two, halved)) = (fit(&once), fit(&twice));
    for i in 0..4 {
        assert!((two[i].1 / one[i].1 - 1.0).abs() < 1e-9);
        assert!((errors[i] / halved[i] - 2.0_f64.sqrt()).abs() < 1e-6);
    }
}

#[test]
fn gamma_gamma_finds_its_parameters_again() {
    let (seed, truth) = (6, [6.0, 3.7, 15.0]);
    let [p, q, gamma] = truth;
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let spends = (0..20_000).map(|_| {
        let purchases = generator.random_range(1..=8u32);
        let scale = spend_scale(&mut generator, q, gamma);
        let total: f64 = (0..purchases)
            .map(|_| spend(&mut generator, p, scale))
            .sum();
        SpendHistory::new(purchases, total / f64::from(purchases)).unwrap()
    });
    let fitted = GammaGammaConfig::default()
        .build()
        .fit(&SpendHistories::new(spends))
        .unwrap();
    let errors = fitted.report().unwrap().standard_errors().unwrap();
    assert_near(&fitted.named_parameters(), &errors, &truth, seed);
}

#[test]
fn a_scale_of_money_scales_gamma_only() {
    let spends = |unit: f64| {
        let mut generator = ChaCha12Rng::seed_from_u64(9);
        SpendHistories::new((0..2_000).map(|_| {
            let purchases = generator.random_range(1..=4u32);
            let scale = spend_scale(&mut generator, 3.0, 10.0);
            let total: f64 = (0..purchases)
                .map(|_| spend(&mut generator, 5.0, scale))
                .sum();
            SpendHistory::new(purchases, unit * total / f64::from(purchases)).unwrap()
        }))
    };
    let fit = |unit| {
        GammaGammaConfig::default()
            .build()
            .fit(&spends(unit))
            .unwrap()
            .parameters()
    };
    let (euros, cents) = (fit(1.0), fit(100.0));
    assert!((cents.p / euros.p - 1.0).abs() < 1e-6 && (cents.q / euros.q - 1.0).abs() < 1e-6);
    assert!((cents.gamma / euros.gamma / 100.0 - 1.0).abs() < 1e-6);
}

#[test]
fn customers_who_never_leave_are_told_in_words() {
    // Everyone buys every week and is seen to the end: no sign of leaving.
    let histories = WeightedHistories::from_histories((20..80u32).map(|weeks| {
        let time = f64::from(weeks);
        (History::new(weeks, time, time).unwrap(), 5)
    }));
    let bg = BgNbdConfig::default().build().fit(&histories).unwrap();
    let pareto = ParetoNbdConfig::default().build().fit(&histories).unwrap();
    let nbd = NbdConfig::default().build().fit(&histories).unwrap();
    let rates_alike = |warning: &FitWarning| matches!(warning, FitWarning::RatesAlike { .. });
    assert!(nbd.report().unwrap().warnings.iter().any(rates_alike));
    let models: [&dyn PurchaseModel; 2] = [&bg, &pareto];
    for model in models {
        let warnings = &model.report().unwrap().warnings;
        assert!(warnings.contains(&FitWarning::NobodyLeaves), "{warnings:?}");
        assert!(warnings.iter().any(rates_alike), "{warnings:?}");
        let said =
            |warning: &FitWarning| warning.to_string().contains("no sign that customers leave");
        assert!(warnings.iter().any(said));
    }
}

#[test]
fn customers_who_all_leave_alike_are_told_in_words() {
    // Everyone leaves in the twentieth week: less spread than even one common rate gives, so s, β → ∞.
    let histories = (1..=10u32).flat_map(|x| {
        let last = 20.0 * f64::from(x) / f64::from(x + 1);
        [25.0, 40.0, 80.0].map(|age| (History::new(x, last, age).unwrap(), 20))
    });
    let fitted = ParetoNbdConfig::default()
        .build()
        .fit(&WeightedHistories::from_histories(histories))
        .unwrap();
    let warnings = &fitted.report().unwrap().warnings;
    let alike = |warning: &FitWarning| matches!(warning, FitWarning::DropoutRatesAlike { .. });
    assert!(warnings.iter().any(alike), "{warnings:?}");
}

#[test]
fn off_diagonals_of_the_covariance_are_right_where_lifetimes_is_not() {
    // The covariance of estimates from many simulated bases, next to what one fit says.
    let truth = [0.9, 5.0, 0.6, 2.5];
    let fits: Vec<[f64; 4]> = (100..160)
        .map(|seed| {
            let fitted = BgNbdConfig::default()
                .build()
                .fit(&base("bg-nbd", truth, seed, 2_000))
                .unwrap();
            let p = fitted.parameters();
            [p.r, p.alpha, p.a, p.b].map(f64::ln)
        })
        .collect();
    let correlation = |i: usize, j: usize| {
        let column = |k: usize| fits.iter().map(|fit| fit[k]).collect::<Vec<f64>>();
        patron_stats::correlation::pearson(&column(i), &column(j)).unwrap()
    };
    let fitted = BgNbdConfig::default()
        .build()
        .fit(&base("bg-nbd", truth, 99, 2_000))
        .unwrap();
    let covariance = fitted.report().unwrap().covariance.as_ref().unwrap();
    for i in 0..4 {
        for j in 0..i {
            assert_eq!(covariance[i][j], covariance[j][i]);
            let said = covariance[i][j] / (covariance[i][i] * covariance[j][j]).sqrt();
            let seen = correlation(i, j);
            // Standard error of a correlation from 60 bases is at most 0.13.
            assert!(
                (said - seen).abs() < 0.35,
                "{i} {j}: said {said:.2}, seen {seen:.2}"
            );
        }
    }
}
