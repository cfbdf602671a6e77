//! Pareto/NBD (Abe): CDNOW beside what BTYDplus prints, recovery, identities, threads, errors.

use patron_stats::covariates::CovariateHistories;
use patron_stats::estimate::FitError;
use patron_stats::history::History;
use patron_stats::intervals::IntervalError;
use patron_stats::mcmc::{Sampling, SamplingWarning};
use patron_stats::pareto_nbd_abe::{
    AbeConfig, AbeError, AbeSampler, OwnRates, SampledParetoNbdAbe,
};
use patron_stats::purchase::KnownCustomer;
use patron_testkit::{assert_relative, data_file, number, numbers, reference_cases};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Exp, StandardNormal};

use crate::data::{Purchases, WEEK};

/// Customers by hand: own rates from a spread, purchases from the own rates; a covariate of −1, 0 or 1.
fn drawn(customers: usize, effects: [f64; 2], correlation: f64, seed: u64) -> CovariateHistories {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let rows: Vec<(History, u64, Vec<f64>)> = (0..customers)
        .map(|_| {
            let covariate = f64::from(generator.random_range(0..3_u32)) - 1.0;
            let (z1, z2): (f64, f64) = (
                StandardNormal.sample(&mut generator),
                StandardNormal.sample(&mut generator),
            );
            let together = correlation * z1 + (1.0 - correlation * correlation).sqrt() * z2;
            let lambda = (-1.2 + effects[0] * covariate + 0.8 * z1).exp();
            let mu = (-3.0 + effects[1] * covariate + together).exp();
            let age = f64::from(generator.random_range(140..=700_u32)) / WEEK;
            let gone: f64 = Exp::new(mu).unwrap().sample(&mut generator);
            let gap = Exp::new(lambda).unwrap();
            let (mut purchases, mut last) = (0, 0.0);
            let mut time: f64 = gap.sample(&mut generator);
            while time < age.min(gone) {
                (purchases, last) = (purchases + 1, time);
                time += gap.sample(&mut generator);
            }
            (
                History::new(purchases, last, age).unwrap(),
                1,
                vec![covariate],
            )
        })
        .collect();
    CovariateHistories::from_histories(["covariate"], rows).unwrap()
}

fn sampler(customers: &CovariateHistories, sampling: Sampling) -> AbeSampler {
    let model = AbeConfig::default().with_sampling(sampling).build();
    model.sampler(customers).unwrap()
}

fn short(draws: usize) -> Sampling {
    let sampling = Sampling::of_hierarchies().with_warmup(300).unwrap();
    sampling
        .with_draws(draws)
        .unwrap()
        .with_thinning(5)
        .unwrap()
}

/// Means of the same posterior by importance sampling: more Monte-Carlo standard errors of both than this happen once in 15,000 times.
const FAR: f64 = 4.0;

fn cdnow(test: &str) -> Option<CovariateHistories> {
    let path = data_file(test, "cdnow/CDNOW_sample.txt")?;
    let histories = Purchases::cdnow(&path).histories();
    let entries = histories.entries().iter();
    let rows = entries.map(|(history, count)| (*history, *count, vec![]));
    Some(CovariateHistories::from_histories::<String>([], rows).unwrap())
}

/// Draws of the vignette of `BTYDplus`: two chains of 1,500, every fiftieth; worth at most as many independent ones.
const PRINTED_DRAWS: f64 = 60.0;

/// Standard error of a median beside that of a mean, under a bell.
const MEDIAN: f64 = 1.253;

/// Compares with importance sampling, and medians with what `BTYDplus` prints.
fn assert_cdnow(sampled: &SampledParetoNbdAbe) {
    let cases = reference_cases("abe");
    let apart = number(&cases, "/effective_draws");
    let of = |list: &str| numbers(&cases, &format!("/{list}"));
    let summaries = sampled.posterior().summaries();
    assert_eq!(summaries.len(), 5);
    for (i, summary) in summaries.iter().enumerate() {
        let (mean, sd) = (of("mean")[i], of("standard_deviation")[i]);
        let error = (sd / apart.sqrt()).hypot(summary.monte_carlo_error);
        assert!(
            (summary.mean - mean).abs() < FAR * error,
            "{summary:?}, expected {mean}"
        );
        for (found, expected) in [
            (summary.interval.low, of("low")[i]),
            (summary.interval.high, of("high")[i]),
        ] {
            assert!(
                (found - expected).abs() < 0.35 * sd,
                "{summary:?}, expected {expected}"
            );
        }
        let printed = of("btydplus/median")[i];
        let both = (1.0 / PRINTED_DRAWS + 1.0 / summary.effective_bulk).sqrt();
        let room = FAR * MEDIAN * sd * both + 0.005;
        assert!(
            (summary.median - printed).abs() < room,
            "{summary:?}, BTYDplus {printed}"
        );
    }
}

#[test]
fn cdnow_is_that_of_importance_sampling_and_near_btydplus() {
    let Some(customers) = cdnow("cdnow_is_that_of_importance_sampling_and_near_btydplus") else {
        return;
    };
    let sampling = Sampling::of_hierarchies().with_warmup(1_000);
    let sampling = sampling
        .and_then(|sampling| sampling.with_draws(400))
        .unwrap();
    let sampling = sampling.with_thinning(10).unwrap();
    assert_cdnow(&sampler(&customers, sampling).run().unwrap());
}

#[test]
#[ignore = "soak: three minutes"]
fn cdnow_mixes_at_the_defaults() {
    let Some(customers) = cdnow("cdnow_mixes_at_the_defaults") else {
        return;
    };
    let sampled = AbeConfig::default()
        .build()
        .sampler(&customers)
        .unwrap()
        .run()
        .unwrap();
    for summary in sampled.posterior().summaries() {
        println!("{summary:?}");
    }
    assert_eq!(sampled.posterior().warnings(), []);
    assert_cdnow(&sampled);
}

#[test]
fn a_known_spread_is_found_again() {
    let customers = drawn(1_500, [0.5, -0.6], 0.4, 11);
    let sampled = sampler(&customers, short(400)).run().unwrap();
    let truth = [-1.2, -3.0, 0.5, -0.6, 0.64, 0.32, 1.0];
    assert_eq!(sampled.posterior().names().len(), truth.len());
    for (summary, truth) in sampled.posterior().summaries().iter().zip(truth) {
        println!("{summary:?}");
        let away = (summary.mean - truth) / summary.standard_deviation;
        assert!(away.abs() < 3.0, "seed 11: {summary:?}, drawn with {truth}");
        assert!(summary.r_hat < 1.05, "{summary:?}");
    }
}

#[test]
fn a_customer_whose_rates_are_known_is_as_the_formulas_say() {
    let own = OwnRates {
        lambda: 0.3,
        mu: 0.05,
    };
    let history = History::new(4, 12.0, 20.0).unwrap();
    // By hand: 1/(1 + 0.05/0.35·(e^2.8 − 1)).
    assert_relative(
        "alive",
        own.probability_alive(&history),
        0.311_878_376_674_397_3,
        1e-12,
    );
    // That times 0.3/0.05·(1 − e^−0.5).
    assert_relative(
        "expected",
        own.expected_purchases(&history, 10.0),
        0.736_287_474_719_819_4,
        1e-9,
    );
    let stays = OwnRates {
        lambda: 0.3,
        mu: 0.0,
    };
    assert_relative(
        "who never leaves",
        stays.expected_purchases(&history, 10.0),
        3.0,
        1e-15,
    );
}

#[test]
fn means_of_counts_are_expectations_and_alike_customers_are_pooled() {
    let customers = drawn(200, [0.0, 0.0], 0.0, 12);
    let sampled = sampler(&customers, short(50)).run().unwrap();
    let mut sum = 0.0;
    for (place, customer) in sampled.customers().iter().enumerate() {
        let forecast = sampled.own().forecast(place, 26.0, 0.9).unwrap().unwrap();
        let counts = sampled.own().counts(place, 26.0).unwrap().unwrap();
        assert_relative(
            "mean count",
            counts.mean(),
            forecast.expected_purchases,
            1e-9,
        );
        let all: f64 = (0..=counts.most_purchases())
            .map(|n| counts.probability(n))
            .sum();
        assert_relative("all counts", all, 1.0, 1e-11);
        // Of somebody who has left in all likelihood, a few draws make the mean, outside of nine in ten.
        if forecast.probability_alive > 0.5 {
            assert!(
                forecast
                    .own_expectation
                    .contains(forecast.expected_purchases)
            );
        }
        assert!((0.0..=1.0).contains(&forecast.probability_alive));
        assert_eq!(
            sampled.position(&customer.history, &customer.covariates),
            Some(place)
        );
        assert_eq!(
            sampled.own().of(place).count(),
            200 * customer.customers as usize
        );
        sum += customer.customers as f64 * forecast.expected_purchases;
    }
    let total = sampled.own().total(26.0, 0.9).unwrap();
    assert_relative("total", total.expected_purchases, sum, 1e-9);
    assert!(total.own_expectations.contains(sum));
    assert_eq!(sampled.own().forecast(10_000, 26.0, 0.9).unwrap(), None);
    let refused = sampled.own().forecast(0, 26.0, 1.0).unwrap_err();
    assert_eq!(refused, IntervalError::LevelOutsideDomain { level: 1.0 });
    assert!(matches!(
        sampled.own().counts(0, -1.0),
        Err(IntervalError::Forecast(_))
    ));
}

#[test]
fn chains_are_the_same_on_any_thread_and_for_any_order_of_rows() {
    let customers = drawn(150, [0.3, 0.0], 0.2, 13);
    let mut rows: Vec<(History, u64, Vec<f64>)> = customers
        .profiles()
        .iter()
        .flat_map(|profile| {
            let entries = profile.histories().entries().iter();
            entries.map(|(history, count)| (*history, *count, profile.values().to_vec()))
        })
        .collect();
    rows.reverse();
    let turned = CovariateHistories::from_histories(["covariate"], rows).unwrap();
    let alone = sampler(&customers, short(20)).run().unwrap();
    let other = sampler(&turned, short(20));
    let chains = std::thread::scope(|scope| {
        let other = &other;
        let walk = |number| scope.spawn(move || other.chain(number).unwrap());
        let walks: Vec<_> = (0..4).map(walk).collect();
        walks.into_iter().map(|walk| walk.join().unwrap()).collect()
    });
    assert_eq!(other.gather(chains).unwrap(), alone);
    // Twenty draws are too few, and it says so.
    let few =
        |warning: &SamplingWarning| matches!(warning, SamplingWarning::TooFewEffective { .. });
    assert!(alone.posterior().warnings().iter().any(few));
}

#[test]
fn the_unit_of_a_covariate_changes_its_effect_and_nothing_else() {
    let customers = drawn(150, [0.3, 0.0], 0.2, 14);
    let scaled = customers.profiles().iter().flat_map(|profile| {
        let entries = profile.histories().entries().iter();
        let values: Vec<f64> = profile.values().iter().map(|value| 8.0 * value).collect();
        entries.map(move |(history, count)| (*history, *count, values.clone()))
    });
    let scaled = CovariateHistories::from_histories(["covariate"], scaled).unwrap();
    let found = sampler(&customers, short(20)).run().unwrap();
    let other = sampler(&scaled, short(20)).run().unwrap();
    let (found, other) = (found.posterior().summaries(), other.posterior().summaries());
    for (i, (found, other)) in found.iter().zip(other).enumerate() {
        let unit = if i == 2 || i == 3 { 8.0 } else { 1.0 };
        assert_relative(&found.parameter, unit * other.mean, found.mean, 1e-9);
    }
}

#[test]
fn what_is_asked_wrongly_is_refused() {
    let model = AbeConfig::default().build();
    let rows = (0..50).map(|i| {
        (
            History::new(1, 2.0, 10.0 + f64::from(i)).unwrap(),
            1,
            vec![4.0],
        )
    });
    let constant = CovariateHistories::from_histories(["channel"], rows).unwrap();
    let refused = model.sampler(&constant).unwrap_err();
    assert_eq!(
        refused,
        AbeError::ColumnConstant {
            column: "channel".to_owned(),
            value: 4.0
        }
    );
    let nobody = CovariateHistories::from_histories::<String>([], []).unwrap();
    let refused = model.sampler(&nobody).unwrap_err();
    let too_few = FitError::TooFewRepeatBuyers {
        required: 30,
        found: 0,
    };
    assert_eq!(refused, AbeError::Fit(too_few));
}
