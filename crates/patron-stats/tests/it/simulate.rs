//! Customers drawn from the models.

use patron_stats::history::History;
use rand::{Rng, RngExt};
use rand_distr::{Beta, Distribution, Exp, Gamma};

use crate::forecasts::GROWTH;

/// r, α, and a, b or s, β; the last two of NBD are not used, and b of GGom/NBD is that of [`model_named`](crate::forecasts).
pub(crate) type Parameters = [f64; 4];

/// What a customer is, and then does.
#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) history: History,
    /// Times of purchases after the end of observation, counted from there.
    pub(crate) later: Vec<f64>,
}

/// Draws a customer of the model `key` observed for `age` and followed for `horizon`; not by the library's own draws.
pub(crate) fn customer(
    generator: &mut impl Rng,
    key: &str,
    parameters: Parameters,
    age: f64,
    horizon: f64,
) -> Customer {
    let [r, alpha, shape, scale] = parameters;
    let rate = Gamma::new(r, 1.0 / alpha)
        .unwrap()
        .sample(generator)
        .max(1e-300);
    let gap = Exp::new(rate).unwrap();
    let end = age + horizon;
    let mut purchases = vec![0.0];
    if ["nbd", "pareto-nbd", "ggom-nbd"].contains(&key) {
        let gone = if key == "nbd" {
            f64::INFINITY
        } else {
            let leaving = Gamma::new(shape, 1.0 / scale).unwrap().sample(generator);
            let used_up: f64 = Exp::new(leaving.max(1e-300)).unwrap().sample(generator);
            if key == "ggom-nbd" {
                used_up.ln_1p() * alpha / GROWTH
            } else {
                used_up
            }
        };
        let mut time = gap.sample(generator);
        while time <= end.min(gone) {
            purchases.push(time);
            time += gap.sample(generator);
        }
    } else {
        let leaving = Beta::new(shape, scale).unwrap().sample(generator);
        let mut time = 0.0;
        let mut gone = key == "mbg-nbd" && generator.random::<f64>() < leaving;
        while !gone {
            time += gap.sample(generator);
            if time > end {
                break;
            }
            purchases.push(time);
            gone = generator.random::<f64>() < leaving;
        }
    }
    let seen = purchases.iter().filter(|time| **time <= age).count();
    let history = History::new(u32::try_from(seen).unwrap() - 1, purchases[seen - 1], age).unwrap();
    let later = purchases[seen..].iter().map(|time| time - age).collect();
    Customer { history, later }
}

/// Draws a customer's inverse scale of spend.
pub(crate) fn spend_scale(generator: &mut impl Rng, q: f64, gamma: f64) -> f64 {
    1.0 / Gamma::new(q, 1.0 / gamma).unwrap().sample(generator)
}

/// Draws one spend.
pub(crate) fn spend(generator: &mut impl Rng, p: f64, scale: f64) -> f64 {
    Gamma::new(p, scale).unwrap().sample(generator)
}

/// Draws customers with one to six purchases each from Gamma-Gamma (6, 4, 15).
#[cfg(feature = "bayes")]
pub(crate) fn spends(customers: usize, seed: u64) -> patron_stats::gamma_gamma::SpendHistories {
    use patron_stats::gamma_gamma::{SpendHistories, SpendHistory};
    use rand::SeedableRng;

    let mut generator = rand_chacha::ChaCha12Rng::seed_from_u64(seed);
    let one = |_| {
        let scale = spend_scale(&mut generator, 4.0, 15.0);
        let purchases = generator.random_range(1..=6_u32);
        let sum: f64 = (0..purchases)
            .map(|_| spend(&mut generator, 6.0, scale))
            .sum();
        SpendHistory::new(purchases, sum / f64::from(purchases)).unwrap()
    };
    SpendHistories::new((0..customers).map(one).collect::<Vec<_>>())
}
