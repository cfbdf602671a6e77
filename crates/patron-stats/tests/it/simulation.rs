//! Customers that a model draws buy as it foretells.

use patron_stats::history::History;
use patron_stats::purchase::SimulatedCustomer;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use crate::forecasts::model_named;

const AGE: f64 = 20.0;
const HORIZON: f64 = 30.0;

/// Means of this many customers have a standard error of a standard deviation over 200.
const CUSTOMERS: u32 = 40_000;

/// More standard errors than this happen once in 15,000 times.
const FAR: f64 = 4.0;

/// Mean and the standard error of it.
fn mean(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let n = f64::from(CUSTOMERS);
    let (mut sum, mut squares) = (0.0, 0.0);
    for value in values {
        sum += value;
        squares += value * value;
    }
    (sum / n, ((squares / n - (sum / n).powi(2)) / n).sqrt())
}

fn assert_near(what: &str, (found, error): (f64, f64), expected: f64) {
    let away = (found - expected) / error;
    assert!(
        away.abs() < FAR,
        "{what}: {found}, expected {expected}, {away:.1} errors away"
    );
}

const MODELS: [(&str, [f64; 4], u64); 7] = [
    // The last two of NBD are not used.
    ("nbd", [0.9, 5.0, 1.0, 1.0], 33),
    ("bg-nbd", [0.9, 5.0, 0.5, 3.0], 30),
    ("mbg-nbd", [0.9, 5.0, 0.5, 3.0], 31),
    ("bg-cnbd-k", [0.9, 1.7, 0.5, 3.0], 34),
    ("mbg-cnbd-k", [0.9, 2.5, 0.5, 3.0], 35),
    ("pareto-nbd", [0.9, 5.0, 0.8, 30.0], 32),
    ("ggom-nbd", [0.9, 5.0, 0.8, 3.0], 36),
];

#[test]
fn customers_drawn_from_a_model_buy_as_it_foretells() {
    for (key, parameters, seed) in MODELS {
        let model = model_named(key, &parameters);
        let mut generator = ChaCha12Rng::seed_from_u64(seed);
        let drawn: Vec<_> = (0..CUSTOMERS)
            .map(|_| model.simulate(&mut generator, AGE, HORIZON).unwrap())
            .collect();
        let x = drawn
            .iter()
            .map(|customer| customer.history.repeat_purchases());
        let seen = model.expected_purchases_new(AGE).unwrap();
        assert_near(key, mean(x.clone().map(f64::from)), seen);
        let none = model
            .probability_of_count(&History::NEW_CUSTOMER, AGE, 0)
            .unwrap();
        assert_near(key, mean(x.map(|x| f64::from(u8::from(x == 0)))), none);
        let (new, end) = (History::NEW_CUSTOMER, AGE + HORIZON);
        let later = model.expected_purchases_between(&new, AGE, end).unwrap();
        assert_near(key, mean(drawn.iter().map(|c| c.later.len() as f64)), later);
        let any = model
            .probability_of_purchase_between(&new, AGE, end)
            .unwrap();
        let bought = |c: &SimulatedCustomer| f64::from(u8::from(!c.later.is_empty()));
        assert_near(key, mean(drawn.iter().map(bought)), any);
        // Foretold from each history, on average as it came.
        let gap = drawn.iter().map(|customer| {
            let foretold = model
                .expected_purchases(&customer.history, HORIZON)
                .unwrap();
            customer.later.len() as f64 - foretold
        });
        assert_near(key, mean(gap), 0.0);
    }
}

#[test]
fn the_same_seed_draws_the_same_customer() {
    for (key, parameters, seed) in MODELS {
        let draw = || {
            let mut generator = ChaCha12Rng::seed_from_u64(seed);
            model_named(key, &parameters)
                .simulate(&mut generator, AGE, HORIZON)
                .unwrap()
        };
        assert_eq!(draw(), draw());
    }
}
