//! Pareto/GGG: integrals of its definition, Pareto/NBD as its limit, recovery, identities, threads, errors.

use patron_stats::estimate::FitError;
use patron_stats::history::{History, HistoryError};
use patron_stats::intervals::IntervalError;
use patron_stats::mcmc::{Sampling, SamplingWarning};
use patron_stats::pareto_ggg::{
    GggConfig, GggError, GggSampler, OwnTiming, SampledParetoGgg, TimedHistories, TimedHistory,
};
use patron_stats::pareto_nbd_abe::OwnRates;
use patron_stats::purchase::{KnownCustomer, OwnForecast};
use patron_stats::regularity::RegularityError;
use patron_testkit::{assert_relative, data_file, number, numbers, reference_cases};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use crate::data::{Purchases, WEEK};
use crate::own_coverage::{Known, SPREADS, age, customer, regular};

/// Integrals in 20 digits; sums here leave out 1e-13 of a customer at each of a hundred places, and place those in doubles.
const SAME_INTEGRALS: f64 = 1e-9;

fn sampler(customers: &TimedHistories, sampling: Sampling) -> GggSampler {
    let model = GggConfig::default().with_sampling(sampling).build();
    model.sampler(customers).unwrap()
}

fn short(draws: usize) -> Sampling {
    let sampling = Sampling::of_hierarchies().with_warmup(300).unwrap();
    let sampling = sampling.with_draws(draws).unwrap();
    sampling.with_thinning(5).unwrap()
}

fn drawn(customers: usize, seed: u64) -> TimedHistories {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let one = |_| (regular(&mut generator, SPREADS).seen, 1);
    TimedHistories::new((0..customers).map(one).collect::<Vec<_>>())
}

#[test]
fn one_customer_is_as_integrals_of_the_definition_say() {
    let cases = reference_cases("pareto_ggg");
    let cases = cases["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 7);
    for case in cases {
        let of = |name: &str| number(case, &format!("/{name}"));
        let own = OwnTiming {
            k: of("k"),
            lambda: of("lambda"),
            mu: of("mu"),
        };
        let seen = TimedHistory::from_intervals(&numbers(case, "/intervals"), of("age")).unwrap();
        let (history, horizon, rate) = (seen.history(), of("horizon"), of("discount_rate"));
        let discounted = |until: f64| own.discounted_expected_purchases(history, until, rate);
        for (what, found) in [
            ("ln_likelihood", own.ln_likelihood(&seen)),
            ("probability_alive", own.probability_alive(history)),
            (
                "expected_purchases",
                own.expected_purchases(history, horizon),
            ),
            ("at_least/0", own.probability_of_purchase(history, horizon)),
            (
                "probability_of_ever_a_purchase",
                own.probability_of_purchase(history, f64::INFINITY),
            ),
            ("discounted_purchases", discounted(horizon)),
            ("discounted_purchases_lifetime", discounted(f64::INFINITY)),
        ] {
            let words = format!("{what} at k = {}", own.k);
            assert_relative(&words, found, of(what), SAME_INTEGRALS);
        }
        // Nothing is lost on the way to no end.
        let long = own.expected_purchases(history, 40.0 / own.mu);
        assert_relative(
            "without end",
            own.expected_purchases(history, f64::INFINITY),
            long,
            1e-7,
        );
    }
}

#[test]
fn who_buys_at_random_is_a_customer_of_pareto_nbd() {
    let at_random = |lambda: f64, mu: f64| {
        let own = OwnTiming { k: 1.0, lambda, mu };
        (own, OwnRates { lambda, mu })
    };
    for (own, other) in [
        at_random(0.3, 0.05),
        at_random(2.0, 0.001),
        at_random(0.01, 0.4),
    ] {
        for (intervals, age) in [
            (vec![], 12.0),
            (vec![2.0, 5.0, 1.0], 8.0),
            (vec![3.0, 3.0], 60.0),
        ] {
            let seen = TimedHistory::from_intervals(&intervals, age).unwrap();
            let history = seen.history();
            let alive = other.probability_alive(history);
            assert_relative("alive", own.probability_alive(history), alive, 1e-11);
            // Sums leave out 1e-13 of each of fifty purchases at each of a hundred places, where next to none is expected.
            let same = |what: &str, found: f64, expected: f64| {
                let near = (found - expected).abs() < 1e-9 * expected + 1e-10;
                assert!(near, "{what}: {found} {expected}");
            };
            let expected = other.expected_purchases(history, 26.0);
            same("expected", own.expected_purchases(history, 26.0), expected);
            for until in [26.0, f64::INFINITY] {
                let any = other.probability_of_purchase(history, until);
                same("any", own.probability_of_purchase(history, until), any);
                let discounted = other.discounted_expected_purchases(history, until, 0.002);
                let found = own.discounted_expected_purchases(history, until, 0.002);
                same("discounted", found, discounted);
            }
        }
    }
}

#[test]
fn the_unit_of_time_changes_nothing_but_densities() {
    let own = OwnTiming {
        k: 2.2,
        lambda: 0.2,
        mu: 0.03,
    };
    let in_days = OwnTiming {
        lambda: own.lambda / WEEK,
        mu: own.mu / WEEK,
        ..own
    };
    let weeks = TimedHistory::from_intervals(&[4.0, 6.0, 5.0], 24.0).unwrap();
    let days = TimedHistory::from_intervals(&[28.0, 42.0, 35.0], 168.0).unwrap();
    let (by_week, by_day) = (
        own.expected_purchases(weeks.history(), 52.0),
        in_days.expected_purchases(days.history(), 364.0),
    );
    assert_relative("expected", by_day, by_week, 1e-12);
    let densities = own.ln_likelihood(&weeks) - in_days.ln_likelihood(&days);
    assert_relative("three times", densities, 3.0 * WEEK.ln(), 1e-12);
}

/// Means of the same posterior by importance sampling: more Monte-Carlo standard errors of both than this happen once in 15,000 times.
const FAR: f64 = 4.0;

fn cdnow(test: &str) -> Option<TimedHistories> {
    let path = data_file(test, "cdnow/CDNOW_sample.txt")?;
    let purchases = Purchases::cdnow(&path);
    let seen = purchases.by_customer.values().map(|days| {
        let seen: Vec<i64> = days.range(..=purchases.end).map(|(day, _)| *day).collect();
        let weeks = |days: i64| days as f64 / WEEK;
        let intervals: Vec<f64> = seen.windows(2).map(|two| weeks(two[1] - two[0])).collect();
        let age = weeks(purchases.end - seen[0]);
        // Sevenths summed up may pass the age in the last digit.
        let last = intervals.iter().sum::<f64>();
        (
            TimedHistory::from_intervals(&intervals, age.max(last)).unwrap(),
            1,
        )
    });
    Some(TimedHistories::new(seen))
}

#[test]
fn cdnow_with_everyone_at_random_is_pareto_nbd_by_importance_sampling() {
    let test = "cdnow_with_everyone_at_random_is_pareto_nbd_by_importance_sampling";
    let Some(customers) = cdnow(test) else {
        return;
    };
    let sampling = Sampling::of_hierarchies().with_warmup(200).unwrap();
    let sampling = sampling.with_draws(150).unwrap().with_thinning(3);
    let model = GggConfig::default().with_same_regularity(1.0).unwrap();
    let model = model.with_sampling(sampling.unwrap()).build();
    let sampled = model.sampler(&customers).unwrap().run().unwrap();
    let cases = reference_cases("bayes");
    let of = |list: &str| numbers(&cases, &format!("/pareto-nbd/{list}"));
    let apart = number(&cases, "/pareto-nbd/effective_draws");
    assert_eq!(sampled.posterior().names(), ["r", "alpha", "s", "beta"]);
    for (i, summary) in sampled.posterior().summaries().iter().enumerate() {
        println!("{summary:?}");
        let (mean, sd) = (of("mean")[i], of("standard_deviation")[i]);
        let error = (sd / apart.sqrt()).hypot(summary.monte_carlo_error);
        assert!(
            (summary.mean - mean).abs() < FAR * error,
            "{summary:?}, expected {mean}"
        );
        assert!(
            (summary.interval.low - of("low")[i]).abs() < 0.35 * sd,
            "{summary:?}"
        );
        assert!(
            (summary.interval.high - of("high")[i]).abs() < 0.6 * sd,
            "{summary:?}"
        );
    }
}

#[test]
#[ignore = "soak: ten minutes"]
fn cdnow_mixes_at_the_defaults_and_is_near_random() {
    let Some(customers) = cdnow("cdnow_mixes_at_the_defaults_and_is_near_random") else {
        return;
    };
    let model = GggConfig::default().build();
    let sampled = model.sampler(&customers).unwrap().run().unwrap();
    for summary in sampled.posterior().summaries() {
        println!("{summary:?}");
    }
    assert_eq!(sampled.posterior().warnings(), []);
}

#[test]
fn known_spreads_are_found_again() {
    let sampled = sampler(&drawn(500, 21), short(120)).run().unwrap();
    assert_eq!(sampled.posterior().names().len(), SPREADS.len());
    for (summary, truth) in sampled.posterior().summaries().iter().zip(SPREADS) {
        println!("{summary:?}");
        let away = (summary.mean - truth) / summary.standard_deviation;
        assert!(away.abs() < 3.0, "seed 21: {summary:?}, drawn with {truth}");
        assert!(summary.r_hat < 1.1, "{summary:?}");
    }
}

/// Half of the customers buy like clockwork, half in bursts, equally often: own regularities tell them apart.
#[test]
fn who_buys_regularly_and_who_in_bursts_is_found() {
    let mut generator = ChaCha12Rng::seed_from_u64(22);
    let known: Vec<Known> = (0..200)
        .map(|i| {
            let own = OwnTiming {
                k: if i % 2 == 0 { 6.0 } else { 0.6 },
                lambda: 0.3,
                mu: 0.005,
            };
            let age = age(&mut generator);
            customer(&mut generator, own, age)
        })
        .collect();
    let base = TimedHistories::new(known.iter().map(|one| (one.seen, 1)));
    let sampled = sampler(&base, short(100)).run().unwrap();
    let (mut right, mut looked_at) = (0, 0);
    let mut means = [(0.0, 0.0); 2];
    for one in &known {
        if one.seen.history().repeat_purchases() >= 8 {
            let place = sampled.position(&one.seen).unwrap();
            let draws: Vec<f64> = sampled.own().of(place).map(|own| own.k.ln()).collect();
            let mean = draws.iter().sum::<f64>() / draws.len() as f64;
            right += usize::from((mean > 0.6) == (one.own.k > 1.0));
            looked_at += 1;
            let group = &mut means[usize::from(one.own.k > 1.0)];
            *group = (group.0 + mean, group.1 + 1.0);
        }
    }
    let [bursts, clockwork] = means.map(|(sum, count)| (sum / count).exp());
    println!("{right} of {looked_at}, own k {bursts} and {clockwork}");
    assert!(
        looked_at > 80 && right * 20 >= looked_at * 19,
        "{right} of {looked_at}"
    );
    // Drawn together by what others do, a little.
    assert!((0.5..0.9).contains(&bursts), "{bursts}");
    assert!((4.0..7.5).contains(&clockwork), "{clockwork}");
}

#[test]
fn a_regular_customer_who_is_late_has_left_more_likely_than_one_who_buys_in_bursts() {
    let history = History::new(6, 24.0, 34.0).unwrap();
    let alive = |k: f64| {
        let own = OwnTiming {
            k,
            lambda: 0.25,
            mu: 0.02,
        };
        own.probability_alive(&history)
    };
    assert!(alive(8.0) < alive(2.0) && alive(2.0) < alive(1.0) && alive(1.0) < alive(0.4));
    let just_bought = History::new(6, 24.0, 24.0).unwrap();
    let own = OwnTiming {
        k: 8.0,
        lambda: 0.25,
        mu: 0.02,
    };
    assert_eq!(own.probability_alive(&just_bought), 1.0);
}

fn assert_consistent(sampled: &SampledParetoGgg, place: usize) -> OwnForecast {
    let forecast = sampled.own().forecast(place, 26.0, 0.9).unwrap().unwrap();
    let counts = sampled.own().counts(place, 26.0).unwrap().unwrap();
    let both = sampled.own().outlook(place, 26.0, 0.9).unwrap().unwrap();
    assert_eq!(both, (forecast, counts.clone()));
    assert_relative("mean", counts.mean(), forecast.expected_purchases, 1e-9);
    let all: f64 = (0..=counts.most_purchases())
        .map(|n| counts.probability(n))
        .sum();
    assert_relative("all counts", all, 1.0, 1e-9);
    assert!((0.0..=1.0).contains(&forecast.probability_alive));
    forecast
}

#[test]
fn means_of_counts_are_expectations_and_alike_customers_are_pooled() {
    let sampled = sampler(&drawn(120, 23), short(50)).run().unwrap();
    let mut sum = 0.0;
    for (place, (customer, count)) in sampled.customers().entries().iter().enumerate() {
        let forecast = assert_consistent(&sampled, place);
        assert_eq!(sampled.position(customer), Some(place));
        assert_eq!(sampled.own().of(place).count(), 200 * *count as usize);
        sum += *count as f64 * forecast.expected_purchases;
    }
    let total = sampled.own().total(26.0, 0.9).unwrap();
    assert_relative("total", total.expected_purchases, sum, 1e-9);
    assert!(total.own_expectations.contains(sum));
    assert_eq!(sampled.own().forecast(10_000, 26.0, 0.9).unwrap(), None);
    let refused = sampled.own().forecast(0, 26.0, 1.0).unwrap_err();
    assert_eq!(refused, IntervalError::LevelOutsideDomain { level: 1.0 });
    let refused = sampled.own().counts(0, -1.0);
    assert!(matches!(refused, Err(IntervalError::Forecast(_))));
}

#[test]
fn chains_are_the_same_on_any_thread_and_for_any_order_of_rows() {
    let customers = drawn(100, 24);
    let turned = TimedHistories::new(customers.entries().iter().rev().copied());
    let alone = sampler(&customers, short(20)).run().unwrap();
    let other = sampler(&turned, short(20));
    let chains = std::thread::scope(|scope| {
        let other = &other;
        let walk = |number| scope.spawn(move || other.chain(number));
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
fn what_is_asked_wrongly_is_refused() {
    let late = TimedHistory::from_intervals(&[2.0, 0.0], 10.0);
    let time = RegularityError::TimeOutsideDomain { time: 0.0 };
    assert_eq!(late, Err(GggError::Time(time)));
    let outside = TimedHistory::from_intervals(&[8.0, 4.0], 10.0);
    let lifetime = HistoryError::RecencyOutsideLifetime {
        recency: 12.0,
        age: 10.0,
    };
    assert_eq!(outside, Err(GggError::History(lifetime)));
    // Two times that sum to 6 have a product of at most 9.
    let history = History::new(2, 6.0, 10.0).unwrap();
    assert!(TimedHistory::new(history, 9_f64.ln()).is_ok());
    for ln_intervals in [9.1_f64.ln(), f64::NAN, f64::NEG_INFINITY] {
        let refused = TimedHistory::new(history, ln_intervals);
        assert!(matches!(
            refused,
            Err(GggError::LnIntervalsOutsideDomain { .. })
        ));
    }
    let never = History::new(0, 0.0, 10.0).unwrap();
    let refused = TimedHistory::new(never, -1.0).unwrap_err();
    let (ln_intervals, most) = (-1.0, 0.0);
    assert_eq!(
        refused,
        GggError::LnIntervalsOutsideDomain { ln_intervals, most }
    );
    for k in [0.0, -1.0, f64::NAN, 10_001.0] {
        let refused = GggConfig::default().with_same_regularity(k);
        assert!(matches!(
            refused,
            Err(GggError::RegularityOutsideDomain { .. })
        ));
    }
    let nobody = TimedHistories::new([]);
    let too_few = FitError::TooFewRepeatBuyers {
        required: 30,
        found: 0,
    };
    let refused = GggConfig::default().build().sampler(&nobody).unwrap_err();
    assert_eq!(refused, GggError::Fit(too_few));
}
