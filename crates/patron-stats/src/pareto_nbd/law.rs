//! Pareto/NBD as a purchase model.

use rand::Rng;

use super::fitting::fit;
use super::{Alive, Pareto};
use crate::estimate::FitError;
use crate::fitting::MinimumRepeatBuyers;
use crate::history::{History, WeightedHistories};
use crate::purchase::{Arrivals, Law, Moments, Outlook, Posterior};
use crate::sample::{exponential, ln_gamma_variable};

impl Pareto {
    pub(super) const NAMES: [&'static str; 4] = ["r", "alpha", "s", "beta"];
}

/// Means of a gamma variable of this shape and inverse scale, and of its square.
fn raw_moments(shape: f64, time: f64) -> [f64; 2] {
    let mean = shape / time;
    [mean, mean * ((shape + 1.0) / time)]
}

impl Law for Pareto {
    type Prospects = Alive;
    type Shared = ();
    type Spare = ();

    fn named_parameters(&self) -> Vec<(&'static str, f64)> {
        Self::NAMES
            .into_iter()
            .zip([self.r, self.alpha, self.s, self.beta])
            .collect()
    }

    fn with_parameters(&self, parameters: &[f64]) -> Option<Self> {
        let [r, alpha, s, beta] = <[f64; 4]>::try_from(parameters).ok()?;
        Some(Self { r, alpha, s, beta })
    }

    fn ln_likelihood(&self, histories: &WeightedHistories) -> f64 {
        self.log_likelihood(histories).value
    }

    fn score(&self, histories: &WeightedHistories) -> Vec<f64> {
        self.log_likelihood(histories).gradient.to_vec()
    }

    fn likeliest(&self, histories: &WeightedHistories) -> Result<Vec<f64>, FitError> {
        let (best, _) = fit(histories, MinimumRepeatBuyers::ANY)?;
        Ok(vec![best.r, best.alpha, best.s, best.beta])
    }

    fn probability_alive(&self, history: &History) -> f64 {
        let mut departed = 0.0;
        let living = self.each_departure(history, |departure| departed += departure.weight);
        living.weight / (living.weight + departed)
    }

    /// Outlooks are functions of `α + T` and `β + T`, singular only where one of them can be 0 or less.
    fn smooth_from(&self) -> Option<f64> {
        Some(self.alpha.min(self.beta))
    }

    fn prospects(&self, history: &History) -> Alive {
        Alive {
            arrivals: Arrivals {
                shape: self.r + f64::from(history.repeat_purchases()),
                time: self.alpha + history.age(),
            },
            shape: self.s,
            time: self.beta + history.age(),
        }
    }

    /// A mixture over the time of leaving: who left at τ has `Gamma(r + x, α + τ)` and `Gamma(s + 1, β + τ)`, who is still
    /// there `Gamma(r + x, α + T)` and `Gamma(s, β + T)`.
    fn posterior(&self, history: &History) -> Posterior {
        let alive = self.prospects(history);
        let shape = alive.arrivals.shape;
        // Weight, E[λ], E[λ²], E[μ], E[μ²].
        let mut sums = [0.0; 5];
        let mut add =
            |weight: f64, [rate, square]: [f64; 2], [leaving, leaving_square]: [f64; 2]| {
                let of_one = [1.0, rate, square, leaving, leaving_square];
                for (sum, value) in sums.iter_mut().zip(of_one) {
                    *sum += weight * value;
                }
            };
        let living = self.each_departure(history, |departure| {
            add(
                departure.weight,
                raw_moments(shape, departure.purchasing),
                raw_moments(self.s + 1.0, departure.leaving),
            );
        });
        add(
            living.weight,
            raw_moments(shape, alive.arrivals.time),
            raw_moments(self.s, alive.time),
        );
        let [total, rate, square, leaving, leaving_square] = sums;
        Posterior {
            rate: Moments::from_raw(rate / total, square / total),
            dropout: Some(Moments::from_raw(leaving / total, leaving_square / total)),
        }
    }

    fn purchase_times(&self, generator: &mut dyn Rng, end: f64) -> Vec<f64> {
        let rate = ln_gamma_variable(generator, self.r).exp() / self.alpha;
        let leaving = ln_gamma_variable(generator, self.s).exp() / self.beta;
        let last = end.min(exponential(generator) / leaving);
        let mut times = Vec::new();
        let mut time = exponential(generator) / rate;
        while time <= last {
            times.push(time);
            time += exponential(generator) / rate;
        }
        times
    }

    fn share(&self, _: f64, _: f64) {}

    fn outlook(
        (): &(),
        prospects: &Alive,
        (horizon, discount_rate): (f64, f64),
        (): &mut (),
    ) -> Outlook {
        let rate = prospects.arrivals.rate();
        let expected = rate * prospects.time_as_customer(horizon);
        if discount_rate > 0.0 {
            let (within, ever) = prospects.discounted_time(horizon, discount_rate);
            Outlook {
                expected,
                discounted: rate * within,
                lifetime: rate * ever,
            }
        } else {
            Outlook {
                expected,
                discounted: expected,
                lifetime: rate * prospects.time_as_customer_ever(),
            }
        }
    }
}
