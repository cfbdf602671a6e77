//! GGom/NBD as a purchase model.

use std::collections::BTreeMap;

use rand::Rng;

use super::fitting::fit;
use super::lifetime::Lifetime;
use super::{Alive, Ggom};
use crate::estimate::FitError;
use crate::fitting::MinimumRepeatBuyers;
use crate::history::{History, WeightedHistories};
use crate::purchase::{Arrivals, Law, Moments, Outlook, Posterior};
use crate::sample::{exponential, ln_gamma_variable};
use crate::special::softplus;

/// Expected times as a customer by the age they start from: customers of one age share them, whatever they bought.
#[derive(Debug, Default)]
pub(super) struct Times(BTreeMap<u64, [f64; 3]>);

impl Ggom {
    pub(super) const NAMES: [&'static str; 5] = ["r", "alpha", "b", "s", "beta"];
}

/// Means of a gamma variable of this shape and inverse scale, and of its square.
fn raw_moments(shape: f64, scale: f64) -> [f64; 2] {
    let mean = shape / scale;
    [mean, mean * ((shape + 1.0) / scale)]
}

/// Returns the time as a customer within `horizon`, the same discounted, and discounted without end.
fn times(lifetime: &Lifetime, (horizon, discount_rate): (f64, f64)) -> [f64; 3] {
    let within = lifetime.time_as_customer(horizon, 0.0);
    let discounted = if discount_rate > 0.0 {
        lifetime.time_as_customer(horizon, discount_rate)
    } else {
        within
    };
    let later = lifetime
        .after(horizon)
        .time_as_customer(f64::INFINITY, discount_rate);
    let there = (-discount_rate * horizon).exp() * lifetime.stays(horizon);
    [within, discounted, discounted + there * later]
}

impl Law for Ggom {
    type Prospects = Alive;
    type Shared = ();
    type Spare = Times;

    fn named_parameters(&self) -> Vec<(&'static str, f64)> {
        let Self { r, alpha, lifetime } = *self;
        let Lifetime { b, s, beta } = lifetime;
        Self::NAMES
            .into_iter()
            .zip([r, alpha, b, s, beta])
            .collect()
    }

    fn with_parameters(&self, parameters: &[f64]) -> Option<Self> {
        let [r, alpha, b, s, beta] = <[f64; 5]>::try_from(parameters).ok()?;
        let lifetime = Lifetime { b, s, beta };
        Some(Self { r, alpha, lifetime })
    }

    fn ln_likelihood(&self, histories: &WeightedHistories) -> f64 {
        self.log_likelihood(histories).value
    }

    fn score(&self, histories: &WeightedHistories) -> Vec<f64> {
        self.log_likelihood(histories).gradient.to_vec()
    }

    fn likeliest(&self, histories: &WeightedHistories) -> Result<Vec<f64>, FitError> {
        let (best, _) = fit(histories, MinimumRepeatBuyers::ANY)?;
        let parameters = best.named_parameters().into_iter();
        Ok(parameters.map(|(_, value)| value).collect())
    }

    fn probability_alive(&self, history: &History) -> f64 {
        let living = self.each_departure(history, |_| ());
        living.weight / (living.weight + living.departed)
    }

    fn prospects(&self, history: &History) -> Alive {
        Alive {
            arrivals: Arrivals {
                shape: self.r + f64::from(history.repeat_purchases()),
                time: self.alpha + history.age(),
            },
            lifetime: self.lifetime.after(history.age()),
        }
    }

    /// A mixture over the time of leaving: who left at τ has `Gamma(r + x, α + τ)` and, for η, `Gamma(s + 1, β + e^(bτ) − 1)`,
    /// who is still there `Gamma(r + x, α + T)` and `Gamma(s, β + e^(bT) − 1)`.
    fn posterior(&self, history: &History) -> Posterior {
        let Lifetime { b, s, .. } = self.lifetime;
        let shape = self.r + f64::from(history.repeat_purchases());
        // Weight, E[λ], E[λ²], E[ηb], E[(ηb)²].
        let mut sums = [0.0; 5];
        let mut add =
            |weight: f64, [rate, square]: [f64; 2], [leaving, leaving_square]: [f64; 2]| {
                let of_one = [1.0, rate, square, leaving, leaving_square];
                for (sum, value) in sums.iter_mut().zip(of_one) {
                    *sum += weight * value;
                }
            };
        let leaving = |shape: f64, at: &super::lifetime::Moment| {
            let pace = b * at.rest / at.beta;
            [shape * pace, shape * (shape + 1.0) * (pace * pace)]
        };
        let living = self.each_departure(history, |departure| {
            add(
                departure.weight,
                raw_moments(shape, departure.purchasing),
                leaving(s + 1.0, &departure.leaving),
            );
        });
        add(
            living.weight,
            raw_moments(shape, self.alpha + history.age()),
            leaving(s, &self.lifetime.at(history.age())),
        );
        let [total, rate, square, leaving, leaving_square] = sums;
        Posterior {
            rate: Moments::from_raw(rate / total, square / total),
            dropout: Some(Moments::from_raw(leaving / total, leaving_square / total)),
        }
    }

    /// A lifetime is where `e^(−η·(e^(bτ) − 1))` is uniform.
    fn purchase_times(&self, generator: &mut dyn Rng, end: f64) -> Vec<f64> {
        let Self { r, alpha, lifetime } = *self;
        let rate = ln_gamma_variable(generator, r).exp() / alpha;
        let ln_eta = ln_gamma_variable(generator, lifetime.s) - lifetime.beta.ln();
        let gone = softplus(exponential(generator).ln() - ln_eta) / lifetime.b;
        let last = end.min(gone);
        let mut times = Vec::new();
        let mut time = exponential(generator) / rate;
        while time <= last {
            times.push(time);
            time += exponential(generator) / rate;
        }
        times
    }

    fn share(&self, _: f64, _: f64) {}

    fn outlook((): &(), prospects: &Alive, span: (f64, f64), spare: &mut Times) -> Outlook {
        let rate = prospects.arrivals.rate();
        let lifetime = prospects.lifetime;
        let [within, discounted, ever] = *spare
            .0
            .entry(lifetime.beta.to_bits())
            .or_insert_with(|| times(&lifetime, span));
        Outlook {
            expected: rate * within,
            discounted: rate * discounted,
            lifetime: rate * ever,
        }
    }
}
