//! The law of regular purchases as a purchase model.

use rand::{Rng, RngExt};

use super::fitting::fit_stages;
use super::{Alive, Erlang};
use crate::beta_geometric::{BetaGeometric, Dropout};
use crate::estimate::FitError;
use crate::history::{History, WeightedHistories};
use crate::purchase::{Law, Moments, Outlook, Posterior};
use crate::regularity::{LnIntervals, Stages};
use crate::sample::{beta_variable, exponential, ln_gamma_variable};

impl Law for Erlang {
    type Prospects = Alive;
    type Shared = ();
    type Spare = ();

    fn named_parameters(&self) -> Vec<(&'static str, f64)> {
        let BetaGeometric { r, alpha, a, b, .. } = self.base;
        let values = [r, alpha, a, b];
        BetaGeometric::NAMES.into_iter().zip(values).collect()
    }

    fn with_parameters(&self, parameters: &[f64]) -> Option<Self> {
        let base = self.base.with_parameters(parameters)?;
        Some(Self { base, ..*self })
    }

    fn ln_likelihood(&self, histories: &WeightedHistories) -> f64 {
        self.log_likelihood(histories).value
    }

    fn score(&self, histories: &WeightedHistories) -> Vec<f64> {
        self.log_likelihood(histories).gradient.to_vec()
    }

    fn likeliest(&self, histories: &WeightedHistories) -> Result<Vec<f64>, FitError> {
        let (best, _) = fit_stages(self.base.dropout, histories, LnIntervals::NONE, self.stages)?;
        let BetaGeometric { r, alpha, a, b, .. } = best.base;
        Ok(vec![r, alpha, a, b])
    }

    fn probability_alive(&self, history: &History) -> f64 {
        self.alive(history)
    }

    fn prospects(&self, history: &History) -> Alive {
        self.given_alive(history)
    }

    fn prospects_depend_on_recency(&self) -> bool {
        self.stages > Stages::ONE
    }

    /// A mixture over stages done of those who are there, and of those who left with the last purchase, who have
    /// `Gamma(R, α + t)` and `Beta(a + 1, b′ − 1)`. Purchases come at λ/k.
    fn posterior(&self, history: &History) -> Posterior {
        let there = self.alive(history);
        let prospects = self.given_alive(history);
        let Alive { a, b, .. } = prospects;
        let shape = prospects.none_done.shape;
        let since = self.base.alpha + history.recency();
        let k = f64::from(self.stages.get());
        let mix = |of_alive: f64, of_left: f64| {
            // Without a coin nobody can have left, and b′ − 1 may be negative.
            let left = if there < 1.0 {
                (1.0 - there) * of_left
            } else {
                0.0
            };
            there * of_alive + left
        };
        let (mut first, mut second) = (0.0, 0.0);
        for (_, weight, arrivals) in prospects.by_stages_done() {
            first += weight * arrivals.rate() / k;
            second += weight * (arrivals.rate() / k) * ((arrivals.shape + 1.0) / arrivals.time / k);
        }
        let left = shape / since / k;
        let left_square = left * ((shape + 1.0) / since / k);
        let coins = a + b;
        Posterior {
            rate: Moments::from_raw(mix(first, left), mix(second, left_square)),
            dropout: Some(Moments::from_raw(
                mix(a / coins, (a + 1.0) / coins),
                mix(
                    a / coins * ((a + 1.0) / (coins + 1.0)),
                    (a + 1.0) / coins * ((a + 2.0) / (coins + 1.0)),
                ),
            )),
        }
    }

    fn purchase_times(&self, generator: &mut dyn Rng, end: f64) -> Vec<f64> {
        let BetaGeometric { r, alpha, a, b, .. } = self.base;
        let rate = ln_gamma_variable(generator, r).exp() / alpha;
        let leaving = beta_variable(generator, a, b);
        let mut times = Vec::new();
        let mut time = 0.0;
        let mut gone =
            self.base.dropout == Dropout::AfterAnyPurchase && generator.random::<f64>() < leaving;
        while !gone {
            for _ in 0..self.stages.get() {
                time += exponential(generator) / rate;
            }
            if time > end {
                break;
            }
            times.push(time);
            gone = generator.random::<f64>() < leaving;
        }
        times
    }

    /// What a horizon and a discount make of a customer depends on x, t and T: there is nothing to share.
    fn share(&self, _horizon: f64, _discount_rate: f64) {}

    fn outlook(
        (): &(),
        prospects: &Alive,
        (horizon, discount_rate): (f64, f64),
        (): &mut (),
    ) -> Outlook {
        prospects.outlook(horizon, discount_rate)
    }
}
