//! Posteriors by the no-U-turn sampler: gradients, the mode, CDNOW by another way of summing, recovery, threads, errors.

use patron_stats::bayes::{BayesConfig, BayesError, PosteriorSampler, Prior, SampledModel};
use patron_stats::bg_nbd::{BgNbdConfig, BgNbdParameters, FittedBgNbd};
use patron_stats::estimate::FitError;
use patron_stats::gamma_gamma::GammaGammaConfig;
use patron_stats::history::{DayHistory, History, WeightedHistories};
use patron_stats::intervals::{IntervalNote, ParameterDraws, SpendDraws};
use patron_stats::mbg_nbd::MbgNbdConfig;
use patron_stats::mcmc::{Sampling, SamplingWarning};
use patron_stats::pareto_nbd::ParetoNbdConfig;
use patron_stats::purchase::PurchaseModel;
use patron_testkit::{assert_relative, data_file, numbers, reference_cases};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::data::Purchases;
use crate::forecasts::model_named;

/// Central differences of a step of 1e-5 in a logarithm, of a sum of some 10,000.
const DIFFERENCE_TOLERANCE: f64 = 1e-5;

/// Two searches of the same point, each to about the root of rounding.
const SAME_TOP: f64 = 1e-6;

/// The mode by Nelder and Mead is good to about the root of the root of rounding in directions that are nearly flat.
const ROUGH_TOP: f64 = 2e-3;

/// More Monte-Carlo standard errors, of both ways together, than this happen once in 15,000 times for one number.
const FAR: f64 = 4.0;

fn flat() -> BayesConfig {
    BayesConfig::default().with_flat_priors()
}

fn sampling(draws: usize) -> BayesConfig {
    BayesConfig::default().with_sampling(Sampling::default().with_draws(draws).unwrap())
}

/// Customers of a known BG/NBD, Pareto/NBD or MBG/NBD, observed for 10 to 100 weeks.
fn drawn(key: &str, truth: &[f64; 4], customers: usize, seed: u64) -> WeightedHistories {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let model = model_named(key, truth);
    let one = |_| {
        let age = f64::from(generator.random_range(70..=700)) / 7.0;
        (model.simulate(&mut generator, age, 0.0).unwrap().history, 1)
    };
    WeightedHistories::from_histories((0..customers).map(one).collect::<Vec<_>>())
}

fn assert_gradient<M: SampledModel>(sampler: &PosteriorSampler<M>, point: &[f64]) {
    let (_, gradient) = sampler.ln_density(point).unwrap();
    for (i, slope) in gradient.iter().enumerate() {
        let at = |step: f64| {
            let mut moved = point.to_vec();
            moved[i] *= step.exp();
            sampler.ln_density(&moved).unwrap().0
        };
        let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
        let gap = (difference - slope).abs();
        assert!(
            gap < DIFFERENCE_TOLERANCE * slope.abs().max(1.0),
            "{i}: {difference} {slope}"
        );
    }
}

#[test]
fn the_gradient_of_the_posterior_equals_differences() {
    let mixed = BayesConfig::default()
        .with_prior(
            "r",
            Prior::Gamma {
                shape: 2.0,
                rate: 3.0,
            },
        )
        .and_then(|config| {
            config.with_prior(
                "alpha",
                Prior::Weibull {
                    shape: 2.0,
                    scale: 10.0,
                },
            )
        })
        .unwrap();
    let histories = drawn("bg-nbd", &[0.9, 5.0, 0.5, 3.0], 300, 3);
    let point = [0.7, 6.0, 0.4, 2.0];
    assert_gradient(
        &BgNbdConfig::default()
            .build()
            .sampler(&histories, &mixed)
            .unwrap(),
        &point,
    );
    assert_gradient(
        &MbgNbdConfig::default()
            .build()
            .sampler(&histories, &mixed)
            .unwrap(),
        &point,
    );
    let pareto = ParetoNbdConfig::default().build();
    assert_gradient(
        &pareto.sampler(&histories, &mixed).unwrap(),
        &[0.7, 6.0, 0.4, 20.0],
    );
    let spends = crate::simulate::spends(200, 9);
    let config = BayesConfig::default()
        .with_prior(
            "p",
            Prior::HalfNormal {
                standard_deviation: 5.0,
            },
        )
        .and_then(|config| config.with_prior("q", Prior::Flat))
        .unwrap();
    let sampler = GammaGammaConfig::default()
        .build()
        .sampler(&spends, &config)
        .unwrap();
    assert_gradient(&sampler, &[5.0, 4.0, 12.0]);
}

#[test]
fn with_flat_priors_the_mode_is_where_the_likelihood_is_highest() {
    let histories = drawn("pareto-nbd", &[0.9, 5.0, 0.8, 30.0], 2_000, 4);
    let assert_same = |mode: Vec<f64>, named: Vec<(&'static str, f64)>| {
        assert_eq!(mode.len(), named.len());
        for (mode, (name, estimate)) in mode.iter().zip(named) {
            assert_relative(name, *mode, estimate, SAME_TOP);
        }
    };
    let bg = BgNbdConfig::default().build();
    let mode = bg.sampler(&histories, &flat()).unwrap().mode();
    assert_same(mode, bg.fit(&histories).unwrap().named_parameters());
    let mbg = MbgNbdConfig::default().build();
    let mode = mbg.sampler(&histories, &flat()).unwrap().mode();
    assert_same(mode, mbg.fit(&histories).unwrap().named_parameters());
    let pareto = ParetoNbdConfig::default().build();
    let mode = pareto.sampler(&histories, &flat()).unwrap().mode();
    assert_same(mode, pareto.fit(&histories).unwrap().named_parameters());
    let spends = crate::simulate::spends(2_000, 9);
    let model = GammaGammaConfig::default().build();
    let mode = model.sampler(&spends, &flat()).unwrap().mode();
    assert_same(mode, model.fit(&spends).unwrap().named_parameters());
}

#[test]
fn days_and_weeks_give_the_same_posterior() {
    let days = |unit: f64| {
        let mut generator = ChaCha12Rng::seed_from_u64(8);
        let truth = model_named("mbg-nbd", &[0.9, 35.0, 0.5, 3.0]);
        let one = |_| {
            let age = generator.random_range(70..=700_u32);
            let history = truth
                .simulate(&mut generator, f64::from(age), 0.0)
                .unwrap()
                .history;
            DayHistory {
                repeat_purchases: history.repeat_purchases(),
                recency_days: history.recency() as u32,
                age_days: age,
            }
        };
        let days: Vec<DayHistory> = (0..1_000).map(one).collect();
        WeightedHistories::from_days(days, unit).unwrap()
    };
    let mode = |unit: f64| {
        let model = MbgNbdConfig::default().build();
        model
            .sampler(&days(unit), &BayesConfig::default())
            .unwrap()
            .mode()
    };
    let (in_days, in_weeks) = (mode(1.0), mode(7.0));
    for (i, scale) in [1.0, 7.0, 1.0, 1.0].into_iter().enumerate() {
        assert_relative("mode", in_days[i], scale * in_weeks[i], SAME_TOP);
    }
}

/// Compares mode, means and bounds with those of importance sampling; means of logarithms, which have no long tails.
fn assert_posterior<M: SampledModel>(set: &str, sampler: &PosteriorSampler<M>) {
    let cases = reference_cases("bayes");
    let of = |what: &str| numbers(&cases, &format!("/{set}/{what}"));
    for (mode, expected) in sampler.mode().into_iter().zip(of("mode")) {
        assert_relative(set, mode, expected, ROUGH_TOP);
    }
    let sampled = sampler.run().unwrap();
    let posterior = sampled.posterior();
    assert_eq!(posterior.warnings(), [], "{set}");
    let draws: Vec<&[f64]> = posterior.spread(posterior.draws());
    let apart = patron_testkit::number(&cases, &format!("/{set}/effective_draws"));
    let columns = of("mean_of_logarithm")
        .into_iter()
        .zip(of("standard_deviation_of_logarithm"));
    let bounds = of("low").into_iter().zip(of("high"));
    for (i, ((mean, sd), (low, high))) in columns.zip(bounds).enumerate() {
        let summary = &posterior.summaries()[i];
        let theta: Vec<f64> = draws.iter().map(|draw| draw[i].ln()).collect();
        let found = theta.iter().sum::<f64>() / theta.len() as f64;
        let far = FAR * sd * (1.0 / apart + 1.0 / summary.effective_bulk).sqrt();
        assert!(
            (found - mean).abs() < far,
            "{set}: {summary:?}, expected {mean}"
        );
        // 5 % quantiles of 400 effective draws are good to a tenth of a standard deviation.
        for (found, expected) in [(summary.interval.low, low), (summary.interval.high, high)] {
            let gap = (found / expected).ln().abs();
            assert!(gap < 0.3 * sd, "{set}: {summary:?}, expected {expected}");
        }
    }
}

fn cdnow(test: &str) -> Option<Purchases> {
    data_file(test, "cdnow/CDNOW_sample.txt").map(|path| Purchases::cdnow(&path))
}

#[test]
fn posteriors_of_cdnow_are_those_of_importance_sampling() {
    let Some(purchases) = cdnow("posteriors_of_cdnow_are_those_of_importance_sampling") else {
        return;
    };
    let (histories, spends) = (purchases.histories(), purchases.spends());
    let config = BayesConfig::default();
    let bg = BgNbdConfig::default().build();
    assert_posterior("bg-nbd", &bg.sampler(&histories, &config).unwrap());
    let mbg = MbgNbdConfig::default().build();
    assert_posterior("mbg-nbd", &mbg.sampler(&histories, &config).unwrap());
    let spend = GammaGammaConfig::default().build();
    assert_posterior("gamma-gamma", &spend.sampler(&spends, &config).unwrap());
    let half_flat = ["p", "q", "gamma"]
        .into_iter()
        .fold(config, |config, name| {
            config.with_prior(name, Prior::Flat).unwrap()
        });
    assert_posterior(
        "gamma-gamma, half flat",
        &spend.sampler(&spends, &half_flat).unwrap(),
    );
}

#[test]
fn the_posterior_of_pareto_nbd_on_cdnow_is_that_of_importance_sampling() {
    let test = "the_posterior_of_pareto_nbd_on_cdnow_is_that_of_importance_sampling";
    let Some(histories) = cdnow(test).map(|purchases| purchases.histories()) else {
        return;
    };
    let pareto = ParetoNbdConfig::default().build();
    let weak = pareto.sampler(&histories, &BayesConfig::default()).unwrap();
    assert_posterior("pareto-nbd", &weak);
    let weibull = [("r", 1.0), ("alpha", 10.0), ("s", 1.0), ("beta", 10.0)]
        .into_iter()
        .fold(sampling(500), |config, (name, scale)| {
            config
                .with_prior(name, Prior::Weibull { shape: 2.0, scale })
                .unwrap()
        });
    assert_posterior(
        "pareto-nbd, Weibull",
        &pareto.sampler(&histories, &weibull).unwrap(),
    );
}

#[test]
fn known_parameters_are_found_again() {
    let truth = [0.9, 5.0, 0.8, 30.0];
    let histories = drawn("pareto-nbd", &truth, 1_500, 17);
    let model = ParetoNbdConfig::default().build();
    let sampled = model
        .sampler(&histories, &sampling(500))
        .unwrap()
        .run()
        .unwrap();
    assert_eq!(sampled.posterior().warnings(), []);
    let spends = crate::simulate::spends(1_500, 18);
    let model = GammaGammaConfig::default().build();
    let spend = model
        .sampler(&spends, &sampling(500))
        .unwrap()
        .run()
        .unwrap();
    assert_eq!(spend.posterior().warnings(), []);
    let summaries = sampled.posterior().summaries().iter().zip(truth);
    for (summary, truth) in
        summaries.chain(spend.posterior().summaries().iter().zip([6.0, 4.0, 15.0]))
    {
        let away = (summary.mean - truth) / summary.standard_deviation;
        assert!(
            away.abs() < 3.0,
            "seeds 17, 18: {summary:?}, drawn with {truth}"
        );
    }
}

#[test]
fn chains_draw_the_same_on_any_thread_and_in_any_order() {
    let histories = drawn("mbg-nbd", &[0.9, 5.0, 0.5, 3.0], 400, 21);
    let model = MbgNbdConfig::default().build();
    let sampler = model.sampler(&histories, &sampling(100)).unwrap();
    let alone = sampler.run().unwrap();
    let chains = std::thread::scope(|scope| {
        let walk = |number| {
            scope.spawn({
                let sampler = &sampler;
                move || sampler.chain(number).unwrap()
            })
        };
        // The last is started first.
        let mut walks: Vec<_> = (0..4).rev().map(walk).collect();
        walks.reverse();
        walks.into_iter().map(|walk| walk.join().unwrap()).collect()
    });
    assert_eq!(sampler.gather(chains).unwrap(), alone);
    let other_seed = Sampling::default().with_draws(100).unwrap().with_seed(2);
    let config = BayesConfig::default().with_sampling(other_seed);
    let other = model.sampler(&histories, &config).unwrap().run().unwrap();
    assert_ne!(other.posterior().chains(), alone.posterior().chains());
}

#[test]
fn every_prediction_has_a_credible_interval_about_its_mean() {
    let histories = drawn("bg-nbd", &[0.9, 5.0, 0.5, 3.0], 1_000, 31);
    let model = BgNbdConfig::default().build();
    let sampled = model
        .sampler(&histories, &sampling(500))
        .unwrap()
        .run()
        .unwrap();
    let forecaster = sampled.forecaster(199, 52.0, 0.002, 0.9).unwrap();
    let fitted = model.fit(&histories).unwrap();
    let named = fitted.named_parameters();
    let mut generator = ChaCha12Rng::seed_from_u64(32);
    let draws = ParameterDraws::laplace(&named, fitted.report(), 199, &mut generator).unwrap();
    let bell =
        patron_stats::intervals::ExpectationForecaster::new(&fitted, &draws, 52.0, 0.002, 0.9)
            .unwrap();
    for (x, recency, age) in [(0, 0.0, 40.0), (4, 30.0, 40.0), (12, 39.0, 90.0)] {
        let history = History::new(x, recency, age).unwrap();
        let (interval, mean) = (forecaster.forecast(&history), forecaster.mean(&history));
        assert!(interval.probability_alive.contains(mean.probability_alive));
        assert!(
            interval
                .expected_purchases
                .contains(mean.expected_purchases)
        );
        assert!(
            interval
                .discounted_purchases
                .contains(mean.discounted_purchases)
        );
        assert!(mean.discounted_purchases < mean.expected_purchases);
        // A thousand customers make a bell of the likelihood: both kinds of interval nearly agree.
        let near = bell.forecast(&history).expected_purchases;
        let width = near.high - near.low;
        let found = interval.expected_purchases;
        assert!(
            (found.low - near.low).abs() < 0.35 * width,
            "{found:?} {near:?}"
        );
        assert!(
            (found.high - near.high).abs() < 0.35 * width,
            "{found:?} {near:?}"
        );
        // The outcome is wider than the expectation, and has its mean.
        let counts = forecaster.counts(&history);
        assert_relative("mean count", counts.mean(), mean.expected_purchases, 1e-6);
    }
    let spends = crate::simulate::spends(500, 9);
    let spend = GammaGammaConfig::default()
        .build()
        .sampler(&spends, &sampling(500))
        .unwrap();
    let drawn = SpendDraws::new(&spend.run().unwrap().draws(199).unwrap()).unwrap();
    let customer = (History::new(4, 30.0, 40.0).unwrap(), None);
    let value = forecaster.values(&drawn, &[customer]).unwrap()[0];
    // Spend of customers nothing is known of: p·γ/(q − 1) = 30.
    let product = forecaster.mean(&customer.0).discounted_purchases * 30.0;
    assert!(value.value.contains(product), "{value:?}");
}

#[test]
fn draws_that_are_too_few_say_so_and_so_do_intervals() {
    let histories = drawn("bg-nbd", &[0.9, 5.0, 0.5, 3.0], 200, 41);
    let model = BgNbdConfig::default().build();
    let sampled = model
        .sampler(&histories, &sampling(40))
        .unwrap()
        .run()
        .unwrap();
    let few =
        |warning: &SamplingWarning| matches!(warning, SamplingWarning::TooFewEffective { .. });
    assert!(sampled.posterior().warnings().iter().any(few));
    let notes = sampled.draws(100).unwrap();
    assert!(
        notes
            .notes()
            .iter()
            .all(|note| matches!(note, IntervalNote::SamplerWarned { .. }))
    );
    assert_eq!(notes.notes().len(), sampled.posterior().warnings().len());
}

/// Nobody leaves, so that a/(a + b) → 0: without priors the posterior is a ridge that runs out of the range searched.
#[test]
fn a_posterior_that_is_none_is_told() {
    let stays = drawn("nbd", &[1.0, 5.0, 1.0, 1.0], 300, 43);
    let model = MbgNbdConfig::default().build();
    let sampled = model.sampler(&stays, &flat().with_sampling(*sampling(300).sampling()));
    let sampled = sampled.unwrap().run().unwrap();
    assert!(!sampled.posterior().warnings().is_empty());
    // With the weak priors of the model it is one.
    let careful = sampling(500).with_acceptance(0.98).unwrap();
    let sampled = model.sampler(&stays, &careful).unwrap().run().unwrap();
    assert_eq!(sampled.posterior().warnings(), []);
}

#[test]
fn what_is_asked_wrongly_is_refused() {
    let config = BayesConfig::default();
    let refused = config.clone().with_acceptance(1.0).unwrap_err();
    assert_eq!(
        refused,
        BayesError::AcceptanceOutsideDomain { acceptance: 1.0 }
    );
    let none = Prior::LogNormal {
        median: 0.0,
        ln_standard_deviation: 1.0,
    };
    let refused = config.clone().with_prior("r", none).unwrap_err();
    assert_eq!(refused, BayesError::PriorOutsideDomain { value: 0.0 });
    let histories = drawn("bg-nbd", &[0.9, 5.0, 0.5, 3.0], 200, 41);
    let of_others = config.clone().with_prior("s", Prior::Flat).unwrap();
    let model = BgNbdConfig::default().build();
    let refused = model.sampler(&histories, &of_others).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a prior of `s`, expected one of r, alpha, a, b"
    );
    let nobody = WeightedHistories::from_histories([]);
    let refused = model.sampler(&nobody, &config).unwrap_err();
    let expected = FitError::TooFewRepeatBuyers {
        required: 30,
        found: 0,
    };
    assert_eq!(refused, BayesError::Fit(expected));
    let sampler = model.sampler(&histories, &config).unwrap();
    assert!(sampler.ln_density(&[1.0, 1.0, 1.0]).is_none());
    assert!(sampler.ln_density(&[1.0, 1.0, 1.0, 1e9]).is_none());
    let chain = sampler.chain(0).unwrap();
    assert!(matches!(
        sampler.gather(vec![chain]),
        Err(BayesError::Sampling(_))
    ));
}

#[test]
fn a_prior_that_knows_moves_the_posterior_there() {
    let histories = drawn("bg-nbd", &[0.9, 5.0, 0.5, 3.0], 200, 41);
    let sure = Prior::LogNormal {
        median: 2.0,
        ln_standard_deviation: 1e-3,
    };
    let config = sampling(100).with_prior("r", sure).unwrap();
    let model = BgNbdConfig::default().build();
    let sampled = model.sampler(&histories, &config).unwrap().run().unwrap();
    let r = sampled.posterior().summary("r").unwrap();
    assert!(
        (r.mean - 2.0).abs() < 0.01 && r.standard_deviation < 0.005,
        "{r:?}"
    );
    assert_eq!(sampled.priors()[0], ("r", sure));
    let parameters: BgNbdParameters = FittedBgNbd::parameters(sampled.mode());
    assert!((parameters.r - 2.0).abs() < 0.01);
}
