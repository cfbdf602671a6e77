//! Random draws that are the same on every machine: `ChaCha20` bits, and transcendental functions from `libm`.
//!
//! The platform's own `ln`, `exp` and `cos` differ in the last bit between systems; a shop must not.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// One independent stream of random numbers.
#[derive(Debug)]
pub(crate) struct Draw(ChaCha20Rng);

/// What a stream is used for; every customer has one of each, so that leaving a table out changes no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Purpose {
    /// Latent traits.
    Traits = 0,
    /// Purchases and what follows from them.
    History = 1,
    /// Campaign arms, opens and clicks.
    Campaigns = 2,
    /// Names and addresses.
    Contact = 3,
    /// Views, carts, service contacts.
    Events = 4,
    /// Survey answers.
    Surveys = 5,
    /// Possible futures, for the expectations in the truth.
    Futures = 6,
    /// What belongs to the shop as a whole.
    Shop = 7,
}

const PURPOSES: u64 = 8;

impl Draw {
    /// Opens the stream of one customer (or of the shop, as customer 0) for one purpose.
    pub(crate) fn new(seed: u64, customer: u64, purpose: Purpose) -> Self {
        let mut key = *b"patron demo shop, one seed:.....";
        if let Some(tail) = key.last_chunk_mut::<8>() {
            *tail = seed.to_le_bytes();
        }
        let mut generator = ChaCha20Rng::from_seed(key);
        generator.set_stream(customer * PURPOSES + purpose as u64);
        Self(generator)
    }

    /// Draws from the open unit interval.
    pub(crate) fn unit(&mut self) -> f64 {
        let bits = self.0.next_u64() >> 11;
        (bits as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Returns true with a probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Draws from the standard normal distribution (Box and Muller 1958; one of the pair is used).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(self.unit())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Draws from the exponential distribution with mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        -libm::log(self.unit())
    }

    /// Draws from the gamma distribution with a whole shape, scaled to mean 1.
    pub(crate) fn erlang(&mut self, shape: u32) -> f64 {
        let sum: f64 = (0..shape).map(|_| self.exponential()).sum();
        sum / f64::from(shape)
    }

    /// Draws a whole number in `0..count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        whole(self.unit() * count as f64).min(count.saturating_sub(1))
    }

    /// Draws a whole number in `low..=high`.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        let span = usize::try_from(high - low + 1).unwrap_or(1);
        low + i32::try_from(self.below(span)).unwrap_or(0)
    }

    /// Draws one of several things.
    pub(crate) fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }

    /// Draws an index with given weights.
    pub(crate) fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let total: f64 = weights.clone().sum();
        let mut left = self.unit() * total;
        let mut last = 0;
        for (index, weight) in weights.enumerate() {
            last = index;
            if left < weight {
                break;
            }
            left -= weight;
        }
        last
    }
}

/// Returns the whole part of a number that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the whole part is what is wanted; the cast saturates"
)]
pub(crate) const fn whole(value: f64) -> usize {
    value as usize
}

/// Returns the nearest whole number of cents.
#[expect(
    clippy::cast_possible_truncation,
    reason = "amounts are far below 2^53 cents; the cast saturates"
)]
pub(crate) fn to_cents(units: f64) -> i64 {
    libm::round(units * 100.0) as i64
}

/// Returns `1 / (1 + e^−x)`.
pub(crate) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five standard errors: a seeded test that fails means a wrong sampler, not bad luck.
    const STANDARD_ERRORS: f64 = 5.0;

    #[test]
    fn moments_are_those_of_the_distributions() {
        let n = 200_000_u32;
        let mut draw = Draw::new(7, 0, Purpose::Shop);
        for (name, mean, variance, sampler) in [
            ("unit", 0.5, 1.0 / 12.0, Draw::unit as fn(&mut Draw) -> f64),
            ("normal", 0.0, 1.0, Draw::normal),
            ("exponential", 1.0, 1.0, Draw::exponential),
            ("erlang 4", 1.0, 0.25, |d| d.erlang(4)),
        ] {
            let values: Vec<f64> = (0..n).map(|_| sampler(&mut draw)).collect();
            let found = values.iter().sum::<f64>() / f64::from(n);
            let bound = STANDARD_ERRORS * (variance / f64::from(n)).sqrt();
            assert!((found - mean).abs() < bound, "{name}: {found}");
            let spread = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(n);
            assert!((spread / variance - 1.0).abs() < 0.05, "{name}: {spread}");
        }
    }

    #[test]
    fn streams_differ_by_customer_purpose_and_seed() {
        let first = |seed, customer, purpose| Draw::new(seed, customer, purpose).unit().to_bits();
        let all = [
            first(1, 0, Purpose::Traits),
            first(1, 1, Purpose::Traits),
            first(1, 0, Purpose::History),
            first(2, 0, Purpose::Traits),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(all[0], first(1, 0, Purpose::Traits));
    }
}
