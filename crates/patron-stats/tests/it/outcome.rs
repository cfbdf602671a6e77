//! Outcome intervals against the mixture term by term, and their coverage in simulation.

use patron_stats::gamma_gamma::{FittedGammaGamma, GammaGammaParameters, SpendHistory};
use patron_stats::history::History;
use patron_stats::outcome::{OutcomeForecaster, count_quantiles};
use patron_testkit::{assert_relative, number, numbers, reference_cases};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::forecasts::model_named;
use crate::simulate::{customer, spend, spend_scale};

/// Asked for is 1e-4 of the distribution function; panels are built for 1e-8 each.
const CUMULATIVE: f64 = 1e-6;

const LEVELS: [f64; 2] = [0.05, 0.95];

fn spend_model(p: f64, q: f64, gamma: f64) -> FittedGammaGamma {
    FittedGammaGamma::from_parameters(GammaGammaParameters { p, q, gamma }).unwrap()
}

#[test]
fn outcomes_equal_the_mixture_of_beta_primes_term_by_term() {
    let cases = reference_cases("outcome");
    let horizon = number(&cases, "/horizon");
    for case in cases["cases"].as_array().unwrap() {
        let model = model_named("mbg-nbd", &numbers(case, "/law"));
        let [p, q] = numbers(case, "/spend").try_into().unwrap();
        let [x, recency, age] = numbers(case, "/history").try_into().unwrap();
        let history = History::new(x as u32, recency, age).unwrap();
        let outcomes =
            OutcomeForecaster::new(model.as_ref(), &spend_model(p, q, 1.0), horizon).unwrap();
        let spend_count = number(case, "/spend_count") as u32;
        let distribution = outcomes.distribution(&history, spend_count);
        for (value, expected) in numbers(case, "/values")
            .into_iter()
            .zip(numbers(case, "/below"))
        {
            let found = distribution.cumulative(value);
            let gap = (found - expected).abs();
            assert!(
                gap < CUMULATIVE,
                "{case}: at {value} found {found}, expected {expected}"
            );
            // And back: the quantile of that probability is the value, where it is not in a flat.
            if expected - distribution.cumulative(0.0) > 0.01 && expected < 0.99 {
                let back = distribution.cumulative(distribution.quantile(expected));
                assert!(
                    (back - expected).abs() < CUMULATIVE,
                    "{case}: {back} for {expected}"
                );
            }
        }
        let together = outcomes.standardised_quantiles_all(&[(history, spend_count); 2], LEVELS);
        let alone = outcomes.standardised_quantiles(&history, spend_count, LEVELS);
        assert_eq!(together, [alone, alone]);
        assert!(alone[0] <= alone[1]);
    }
}

#[test]
fn a_customer_who_will_hardly_return_has_an_interval_of_zero() {
    let model = model_named("mbg-nbd", &[0.525, 6.183, 0.891, 1.614]);
    let outcomes =
        OutcomeForecaster::new(model.as_ref(), &spend_model(6.0, 4.0, 15.0), 52.0).unwrap();
    let gone = History::new(10, 10.0, 200.0).unwrap();
    assert_eq!(
        outcomes.standardised_quantiles(&gone, 10, LEVELS),
        [0.0, 0.0]
    );
    assert_eq!(
        count_quantiles(model.as_ref(), &gone, 52.0, LEVELS).unwrap(),
        [0, 0]
    );
}

/// Share of simulated customers inside their own 90 % interval, discounted money and counts.
fn coverage(key: &str, parameters: [f64; 4], seed: u64, customers: usize) -> (f64, f64) {
    let (p, q, gamma) = (4.0, 3.5, 20.0);
    let (horizon, discount_rate) = (52.0, 1.1_f64.ln() / 52.0);
    let model = model_named(key, &parameters);
    let spend_model = spend_model(p, q, gamma);
    let outcomes = OutcomeForecaster::new(model.as_ref(), &spend_model, horizon).unwrap();
    let forecaster = model.forecaster(horizon, discount_rate).unwrap();
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let (mut money_inside, mut count_inside) = (0, 0);
    for _ in 0..customers {
        let age = f64::from(generator.random_range(1..=20)) * 5.0;
        let drawn = customer(&mut generator, key, parameters, age, horizon);
        let scale = spend_scale(&mut generator, q, gamma);
        let x = drawn.history.repeat_purchases();
        let past: f64 = (0..x).map(|_| spend(&mut generator, p, scale)).sum();
        let known = SpendHistory::new(x, past / f64::from(x)).ok();
        let outcome: f64 = drawn
            .later
            .iter()
            .map(|time| spend(&mut generator, p, scale) * (-discount_rate * time).exp())
            .sum();
        let forecast = forecaster.forecast(&drawn.history);
        let discount = forecast.discounted_purchases / forecast.expected_purchases;
        let money = spend_model.posterior_scale(known.as_ref()) * discount;
        let [low, high] = outcomes
            .standardised_quantiles(&drawn.history, x, LEVELS)
            .map(|value| value * money);
        money_inside += usize::from(low <= outcome && outcome <= high);
        let [fewest, most] =
            count_quantiles(model.as_ref(), &drawn.history, horizon, LEVELS).unwrap();
        count_inside += usize::from((fewest..=most).contains(&drawn.later.len()));
    }
    (
        money_inside as f64 / customers as f64,
        count_inside as f64 / customers as f64,
    )
}

#[test]
fn nine_in_ten_customers_end_up_inside_their_interval() {
    let customers = 6_000;
    for (key, parameters, seed) in [
        ("nbd", [0.9, 5.0, 1.0, 1.0], 25),
        ("bg-nbd", [0.9, 5.0, 0.5, 3.0], 20),
        ("mbg-nbd", [0.9, 5.0, 0.5, 3.0], 21),
        ("pareto-nbd", [0.9, 5.0, 0.8, 30.0], 23),
        ("ggom-nbd", [0.9, 5.0, 0.8, 30.0], 26),
    ] {
        let (money, counts) = coverage(key, parameters, seed, customers);
        println!("{key}, seed {seed}: money {money:.4}, counts {counts:.4}");
        // Three standard deviations of a share of 0.9 below it. Points at 0 and whole counts make it cover more.
        let least = 0.9 - 3.0 * (0.09 / customers as f64).sqrt();
        assert!(money >= least && counts >= least, "{money} {counts}");
        assert!(money < 0.97, "the interval of money is too wide: {money}");
    }
}

/// Kolmogorov's distance of numbers in `[0, 1]` from the uniform distribution.
fn distance_from_uniform(mut places: Vec<f64>) -> f64 {
    places.sort_unstable_by(f64::total_cmp);
    let n = places.len() as f64;
    places
        .iter()
        .zip(0..)
        .fold(0.0_f64, |farthest, (place, i)| {
            let below = f64::from(i) / n;
            farthest
                .max((place - below).abs())
                .max((below + 1.0 / n - place).abs())
        })
}

#[test]
fn outcomes_of_simulated_customers_fill_their_distribution_evenly() {
    // Randomised probability integral transform: uniform if and only if the distribution is right.
    let (p, q, gamma, horizon, customers) = (4.0, 3.5, 20.0, 52.0, 4_000);
    let spend_model = spend_model(p, q, gamma);
    for (key, parameters, seed) in [
        ("mbg-nbd", [0.9, 5.0, 0.5, 3.0], 22),
        ("pareto-nbd", [0.9, 5.0, 0.8, 30.0], 24),
        ("ggom-nbd", [0.9, 5.0, 0.8, 30.0], 27),
    ] {
        let model = model_named(key, &parameters);
        let outcomes = OutcomeForecaster::new(model.as_ref(), &spend_model, horizon).unwrap();
        let mut generator = ChaCha12Rng::seed_from_u64(seed);
        let places = (0..customers)
            .map(|_| {
                let drawn = customer(&mut generator, key, parameters, 30.0, horizon);
                let scale = spend_scale(&mut generator, q, gamma);
                let mut total =
                    |n: usize| -> f64 { (0..n).map(|_| spend(&mut generator, p, scale)).sum() };
                let x = drawn.history.repeat_purchases();
                let past = total(x as usize);
                let standardised = total(drawn.later.len()) / (gamma + past);
                let distribution = outcomes.distribution(&drawn.history, x);
                let up_to = distribution.cumulative(standardised);
                if standardised > 0.0 {
                    up_to
                } else {
                    up_to * generator.random::<f64>()
                }
            })
            .collect();
        let farthest = distance_from_uniform(places);
        // Kolmogorov's bound, exceeded once in a hundred.
        assert!(
            farthest < 1.63 / f64::from(customers).sqrt(),
            "{key}, seed {seed}: {farthest}"
        );
    }
}

#[test]
fn mean_of_the_outcome_is_expected_purchases_times_expected_spend() {
    let model = model_named("bg-nbd", &[0.9, 5.0, 0.5, 3.0]);
    let spend_model = spend_model(4.0, 3.5, 20.0);
    let history = History::new(3, 20.0, 26.0).unwrap();
    let known = SpendHistory::new(3, 31.0).unwrap();
    let outcomes = OutcomeForecaster::new(model.as_ref(), &spend_model, 52.0).unwrap();
    let distribution = outcomes.distribution(&history, 3);
    // E[V] = ∫ P(V > v) dv; midpoints in ln v from e^-15 to e^10.
    let steps = 20_000;
    let width = 25.0 / f64::from(steps);
    let mean: f64 = (0..steps)
        .map(|step| {
            let v = (-15.0 + (f64::from(step) + 0.5) * width).exp();
            (1.0 - distribution.cumulative(v)) * v * width
        })
        .sum();
    let expected = model.expected_purchases(&history, 52.0).unwrap()
        * spend_model.expected_spend(Some(&known)).unwrap();
    assert_relative(
        "mean",
        mean * spend_model.posterior_scale(Some(&known)),
        expected,
        1e-4,
    );
}

#[test]
fn outcomes_do_not_depend_on_company_where_the_last_purchase_matters_to_the_living() {
    let spend_model = spend_model(4.0, 3.5, 20.0);
    for key in ["bg-nbd", "bg-cnbd-k", "mbg-cnbd-k"] {
        let model = model_named(key, &[0.9, 2.0, 0.5, 3.0]);
        let outcomes = OutcomeForecaster::new(model.as_ref(), &spend_model, 52.0).unwrap();
        // Equal x, T and spend count.
        let customers = [20.0, 25.0, 29.0, 20.0].map(|t| (History::new(4, t, 30.0).unwrap(), 4));
        let together = outcomes.standardised_quantiles_all(&customers, [0.7, 0.95]);
        for ((history, spend_count), found) in customers.iter().zip(together) {
            let alone = outcomes.standardised_quantiles(history, *spend_count, [0.7, 0.95]);
            assert_eq!(found, alone, "{key} {history:?}");
        }
    }
}
