//! Shares and rates: against scipy and statsmodels, at the edges, on random input, recovered from simulation.

use patron_stats::level::Level;
use patron_stats::rates::{
    BetaPrior, Exposed, GammaPrior, RateError, Spread, Trials, over_index, wilson,
};
use patron_testkit::{assert_relative, number, numbers, reference_cases};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use rand_distr::{Beta, Binomial, Distribution, Gamma, Poisson};
use serde_json::Value;

/// Closed forms in doubles, here and there.
const SAME: f64 = 1e-11;

/// scipy's searches stop where the likelihood no longer moves: half its digits are those of the parameters.
const SEARCHED: f64 = 1e-5;

fn cases(list: &str) -> Vec<Value> {
    reference_cases("rates")[list].as_array().unwrap().clone()
}

fn counts(case: &Value, pointer: &str) -> Vec<u64> {
    numbers(case, pointer)
        .into_iter()
        .map(|count| count as u64)
        .collect()
}

fn trials(events: &[u64], trials: &[u64]) -> Vec<Trials> {
    let pairs = events.iter().zip(trials);
    let one = |(&events, &trials): (&u64, &u64)| Trials {
        events,
        trials,
        customers: 1,
    };
    pairs.map(one).collect()
}

#[test]
fn wilsons_interval_is_that_of_statsmodels() {
    for case in cases("wilson") {
        let [events, trials] = ["/events", "/trials"].map(|field| number(&case, field) as u64);
        let level = Level::new(number(&case, "/level")).unwrap();
        let found = wilson(events, trials, level).unwrap().interval;
        assert!(
            (found.low - number(&case, "/interval/0")).abs() < SAME,
            "{case}"
        );
        assert!(
            (found.high - number(&case, "/interval/1")).abs() < SAME,
            "{case}"
        );
    }
}

#[test]
fn ratios_of_shares_are_those_of_scipy() {
    for case in cases("ratio") {
        let [here, elsewhere] = ["/here", "/elsewhere"].map(|field| counts(&case, field));
        let found = over_index(
            (here[0], here[1]),
            (elsewhere[0], elsewhere[1]),
            Level::NINETY_FIVE,
        );
        let found = found.unwrap();
        assert_relative("ratio", found.ratio.unwrap(), number(&case, "/ratio"), SAME);
        assert_relative(
            "low",
            found.interval.low,
            number(&case, "/interval/0"),
            SAME,
        );
        assert_relative(
            "high",
            found.interval.high,
            number(&case, "/interval/1"),
            SAME,
        );
    }
}

#[test]
fn ratios_with_an_empty_cell_have_an_open_bound() {
    let of = |here, elsewhere| over_index(here, elsewhere, Level::NINETY).unwrap();
    let never_here = of((0, 20), (30, 100));
    assert_eq!(
        (never_here.ratio, never_here.interval.low),
        (Some(0.0), 0.0)
    );
    assert!(never_here.interval.high < 1.0 && never_here.differs());
    let never_there = of((5, 20), (0, 100));
    assert_eq!(
        (never_there.ratio, never_there.interval.high),
        (None, f64::INFINITY)
    );
    assert!(never_there.interval.low > 1.0);
    // One of one against one of one tells nothing.
    let always = of((1, 1), (1, 1));
    assert!(always.interval.low < 0.5 && always.interval.high > 2.0 && !always.differs());
    assert!(!of((0, 1), (0, 1)).differs());
}

#[test]
fn beta_priors_and_posteriors_are_those_of_scipy() {
    for case in cases("beta") {
        let all = trials(&counts(&case, "/events"), &counts(&case, "/trials"));
        let prior = BetaPrior::fit(&all).unwrap();
        assert_eq!(
            (prior.spread(), prior.customers()),
            (Spread::Estimated, all.len() as u64)
        );
        assert_relative("a", prior.a(), number(&case, "/a"), SEARCHED);
        assert_relative("b", prior.b(), number(&case, "/b"), SEARCHED);
        let exact = BetaPrior::new(number(&case, "/a"), number(&case, "/b")).unwrap();
        for expected in case["posteriors"].as_array().unwrap() {
            let [k, n] = ["/events", "/trials"].map(|field| number(expected, field) as u64);
            let posterior = exact.posterior(k, n).unwrap();
            let interval = posterior.interval(Level::NINETY);
            assert_relative("mean", posterior.mean(), number(expected, "/mean"), SAME);
            // Quantiles near 0 of U-shaped priors lie where scipy keeps fewer digits.
            assert!(
                (interval.low - number(expected, "/interval/0")).abs() < SAME,
                "{expected}"
            );
            assert!(
                (interval.high - number(expected, "/interval/1")).abs() < SAME,
                "{expected}"
            );
            let above = posterior.above(0.3);
            assert!(
                (above - number(expected, "/above")).abs() < SAME,
                "{expected}"
            );
            assert!((above + posterior.below(0.3) - 1.0).abs() < SAME);
        }
    }
}

#[test]
fn gamma_priors_and_posteriors_are_those_of_scipy() {
    for case in cases("gamma") {
        let events = counts(&case, "/events").into_iter();
        let pairs = events.zip(numbers(&case, "/exposure"));
        let all: Vec<Exposed> = pairs
            .map(|(events, exposure)| Exposed { events, exposure })
            .collect();
        let prior = GammaPrior::fit(&all).unwrap();
        assert_eq!(
            (prior.spread(), prior.customers()),
            (Spread::Estimated, all.len())
        );
        assert_relative("shape", prior.shape(), number(&case, "/shape"), SEARCHED);
        assert_relative("rate", prior.rate(), number(&case, "/rate"), SEARCHED);
        let exact = GammaPrior::new(number(&case, "/shape"), number(&case, "/rate")).unwrap();
        for expected in case["posteriors"].as_array().unwrap() {
            let posterior = exact.posterior(
                number(expected, "/events") as u64,
                number(expected, "/exposure"),
            );
            let posterior = posterior.unwrap();
            let interval = posterior.interval(Level::NINETY);
            assert_relative("mean", posterior.mean(), number(expected, "/mean"), SAME);
            assert_relative("low", interval.low, number(expected, "/interval/0"), SAME);
            assert_relative("high", interval.high, number(expected, "/interval/1"), SAME);
            assert!((posterior.above(0.7) - number(expected, "/above")).abs() < SAME);
            assert!((posterior.above(0.7) + posterior.below(0.7) - 1.0).abs() < SAME);
        }
    }
}

#[test]
fn where_rates_do_not_differ_or_nothing_tells_everybody_gets_the_common_one() {
    // Exactly a tenth of each: less spread than chance makes.
    let alike = BetaPrior::fit(&trials(&[2; 30], &[20; 30])).unwrap();
    assert_eq!(alike.spread(), Spread::Alike);
    assert_eq!((alike.a(), alike.b()), (60.5, 540.5));
    // One trial each: who had the event is no more likely to have it again.
    let once = trials(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0].repeat(50), &[1; 500]);
    let unknown = BetaPrior::fit(&once).unwrap();
    assert_eq!(unknown.spread(), Spread::Unknown);
    let one_of_one = unknown.posterior(1, 1).unwrap();
    assert!((one_of_one.mean() - 51.5 / 502.0).abs() < SAME);
    assert!(one_of_one.above(0.2) < 1e-6);
    // Nobody, and everybody: not certain for all that.
    let nobody = BetaPrior::fit(&trials(&[0; 10], &[3; 10])).unwrap();
    assert_eq!(
        (nobody.spread(), nobody.a(), nobody.b()),
        (Spread::Alike, 0.5, 30.5)
    );
    let all = BetaPrior::fit(&trials(&[3; 10], &[3; 10])).unwrap();
    assert_eq!((all.spread(), all.a(), all.b()), (Spread::Alike, 30.5, 0.5));
    // Always or never.
    let split = BetaPrior::fit(&trials(&[3, 0, 0, 0], &[3, 4, 3, 2])).unwrap();
    assert_eq!(
        (split.spread(), split.weight()),
        (Spread::AllOrNothing, 1.0)
    );
    let poisson = [3, 4, 5].map(|events| Exposed {
        events,
        exposure: events as f64,
    });
    let same = GammaPrior::fit(&poisson).unwrap();
    assert_eq!(
        (same.spread(), same.shape(), same.rate()),
        (Spread::Alike, 12.5, 12.0)
    );
    let never = GammaPrior::fit(&[Exposed {
        events: 0,
        exposure: 8.0,
    }])
    .unwrap();
    assert_eq!(
        (never.spread(), never.shape(), never.rate()),
        (Spread::Alike, 0.5, 8.0)
    );
}

#[test]
fn each_bad_input_has_its_error() {
    let level = Level::NINETY;
    let more = RateError::MoreEventsThanTrials {
        events: 3,
        trials: 2,
    };
    assert_eq!(wilson(3, 2, level), Err(more));
    assert_eq!(wilson(0, 0, level), Err(RateError::NothingTried));
    assert_eq!(over_index((1, 2), (3, 2), level), Err(more));
    assert_eq!(
        over_index((0, 0), (1, 2), level),
        Err(RateError::NothingTried)
    );
    assert_eq!(BetaPrior::fit(&trials(&[3], &[2])), Err(more));
    assert_eq!(
        BetaPrior::fit(&trials(&[0], &[0])),
        Err(RateError::NothingTried)
    );
    let given = RateError::PriorOutsideDomain {
        first: 0.0,
        second: 1.0,
    };
    assert_eq!(BetaPrior::new(0.0, 1.0), Err(given));
    assert_eq!(GammaPrior::new(0.0, 1.0), Err(given));
    assert_eq!(BetaPrior::new(1.0, 1.0).unwrap().posterior(3, 2), Err(more));
    assert_eq!(GammaPrior::fit(&[]), Err(RateError::NothingTried));
    let exposed = Exposed {
        events: 1,
        exposure: 0.0,
    };
    let outside = RateError::ExposureOutsideDomain { exposure: 0.0 };
    assert_eq!(GammaPrior::fit(&[exposed]), Err(outside));
    let prior = GammaPrior::new(1.0, 1.0).unwrap();
    assert!(prior.posterior(0, -1.0).is_err() && prior.posterior(0, 0.0).is_ok());
}

/// Credible intervals of customers hold nine in ten of their true rates, averaged over customers.
#[test]
fn nine_in_ten_posterior_intervals_hold_the_truth() {
    let seed = 23;
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let customers = 4000_u64;
    let rates = Beta::new(0.8, 4.0).unwrap();
    let truth: Vec<f64> = (0..customers)
        .map(|_| rates.sample(&mut generator))
        .collect();
    let numbers: Vec<u64> = (0..customers).map(|customer| 1 + customer % 12).collect();
    let draw = |(&n, &p): (&u64, &f64)| Binomial::new(n, p).unwrap().sample(&mut generator);
    let events: Vec<u64> = numbers.iter().zip(&truth).map(draw).collect();
    let prior = BetaPrior::fit(&trials(&events, &numbers)).unwrap();
    let pairs = events.iter().zip(&numbers).zip(&truth);
    let held = pairs.filter(|((k, n), p)| {
        let posterior = prior.posterior(**k, **n).unwrap();
        posterior.interval(Level::NINETY).contains(**p)
    });
    let share = held.count() as f64 / customers as f64;
    // Four standard errors of a share of 0.9 of 4,000.
    assert!((share - 0.9).abs() < 0.019, "seed {seed}: {share}");

    let rates = Gamma::new(1.5, 0.4).unwrap();
    let truth: Vec<f64> = (0..customers)
        .map(|_| rates.sample(&mut generator))
        .collect();
    let exposed: Vec<Exposed> = (1..)
        .zip(&truth)
        .map(|(place, rate)| {
            let exposure = 0.3 * f64::from(place % 20 + 1);
            let events = Poisson::new((rate * exposure).max(1e-12))
                .unwrap()
                .sample(&mut generator) as u64;
            Exposed { events, exposure }
        })
        .collect();
    let prior = GammaPrior::fit(&exposed).unwrap();
    let held = exposed.iter().zip(&truth).filter(|(one, rate)| {
        let posterior = prior.posterior(one.events, one.exposure).unwrap();
        posterior.interval(Level::NINETY).contains(**rate)
    });
    let share = held.count() as f64 / customers as f64;
    assert!((share - 0.9).abs() < 0.019, "seed {seed}: {share}");
}

fn many_trials() -> impl Strategy<Value = Vec<Trials>> {
    let one = (0u64..40, 0.0..=1.0f64, 1u64..4).prop_map(|(trials, share, customers)| Trials {
        events: (share * trials as f64).round() as u64,
        trials,
        customers,
    });
    prop::collection::vec(one, 1..40).prop_filter("something tried", |all| {
        all.iter().any(|one| one.trials > 0)
    })
}

fn many_exposed() -> impl Strategy<Value = Vec<Exposed>> {
    let one = (0u64..200, -5.0..5.0f64).prop_map(|(events, ln)| Exposed {
        events,
        exposure: ln.exp(),
    });
    prop::collection::vec(one, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        rng_seed: proptest::test_runner::RngSeed::Fixed(24),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_base_has_a_prior_that_order_and_grouping_do_not_move(mut all in many_trials()) {
        let prior = BetaPrior::fit(&all).unwrap();
        all.reverse();
        let last = all[0];
        all.push(Trials { customers: 0, ..last });
        all[0].customers -= 1;
        all.push(Trials { customers: 1, ..last });
        prop_assert_eq!(BetaPrior::fit(&all).unwrap(), prior);
        prop_assert!((0.0..=1.0).contains(&prior.mean()));
    }

    #[test]
    fn what_counts_as_an_event_may_be_turned_round(all in many_trials()) {
        let turned: Vec<Trials> = all.iter().map(|one| Trials { events: one.trials - one.events, ..*one }).collect();
        let (prior, turned) = (BetaPrior::fit(&all).unwrap(), BetaPrior::fit(&turned).unwrap());
        prop_assert_eq!(prior.spread(), turned.spread());
        prop_assert!((prior.mean() + turned.mean() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn rates_have_a_prior_whatever_the_unit_of_exposure(mut all in many_exposed()) {
        let prior = GammaPrior::fit(&all).unwrap();
        all.reverse();
        for one in &mut all {
            one.exposure *= 1024.0;
        }
        let other = GammaPrior::fit(&all).unwrap();
        prop_assert_eq!(prior.spread(), other.spread());
        prop_assert!((prior.shape() / other.shape() - 1.0).abs() < 1e-6);
        prop_assert!((1024.0 * prior.rate() / other.rate() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn one_more_event_makes_a_high_rate_likelier(k in 0u64..20, more in 1u64..20, a in 0.1..9.0f64, b in 0.1..9.0f64, bound in 0.01..0.99f64) {
        let prior = BetaPrior::new(a, b).unwrap();
        let (less, more_events) = (prior.posterior(k, k + more).unwrap(), prior.posterior(k + 1, k + more).unwrap());
        prop_assert!(less.above(bound) <= more_events.above(bound) + 1e-12);
        prop_assert!(less.mean() < more_events.mean());
    }

    #[test]
    fn wilsons_interval_holds_the_share(k in 0u64..500, more in 0u64..500, level in 0.5..0.999f64) {
        prop_assume!(k + more > 0);
        let found = wilson(k, k + more, Level::new(level).unwrap()).unwrap();
        prop_assert!(found.interval.contains(found.share));
        prop_assert!(found.interval.low >= 0.0 && found.interval.high <= 1.0);
    }
}
