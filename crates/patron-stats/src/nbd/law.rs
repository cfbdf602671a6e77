//! NBD as a purchase model: everybody is there, and arrivals are purchases.

use rand::Rng;

use super::GammaPoisson;
use super::likelihood::fit;
use crate::estimate::FitError;
use crate::fitting::MinimumRepeatBuyers;
use crate::history::{History, WeightedHistories};
use crate::purchase::{Arrivals, Law, Moments, Outlook, Posterior, Prospects};
use crate::sample::{exponential, ln_gamma_variable};

impl Law for GammaPoisson {
    type Prospects = Arrivals;
    type Shared = ();
    type Spare = ();

    fn named_parameters(&self) -> Vec<(&'static str, f64)> {
        Self::NAMES.into_iter().zip([self.r, self.alpha]).collect()
    }

    fn with_parameters(&self, parameters: &[f64]) -> Option<Self> {
        let [r, alpha] = <[f64; 2]>::try_from(parameters).ok()?;
        Some(Self { r, alpha })
    }

    fn ln_likelihood(&self, histories: &WeightedHistories) -> f64 {
        self.log_likelihood(histories).value
    }

    fn score(&self, histories: &WeightedHistories) -> Vec<f64> {
        self.log_likelihood(histories).gradient.to_vec()
    }

    fn likeliest(&self, histories: &WeightedHistories) -> Result<Vec<f64>, FitError> {
        let (best, _) = fit(histories, MinimumRepeatBuyers::ANY)?;
        Ok(vec![best.r, best.alpha])
    }

    fn probability_alive(&self, _: &History) -> f64 {
        1.0
    }

    fn prospects(&self, history: &History) -> Arrivals {
        Arrivals {
            shape: self.r + f64::from(history.repeat_purchases()),
            time: self.alpha + history.age(),
        }
    }

    fn posterior(&self, history: &History) -> Posterior {
        let arrivals = self.prospects(history);
        Posterior {
            rate: Moments {
                mean: arrivals.rate(),
                standard_deviation: arrivals.shape.sqrt() / arrivals.time,
            },
            dropout: None,
        }
    }

    fn purchase_times(&self, generator: &mut dyn Rng, end: f64) -> Vec<f64> {
        let rate = ln_gamma_variable(generator, self.r).exp() / self.alpha;
        let mut times = Vec::new();
        let mut time = exponential(generator) / rate;
        while time <= end {
            times.push(time);
            time += exponential(generator) / rate;
        }
        times
    }

    fn share(&self, _: f64, _: f64) {}

    fn outlook(
        (): &(),
        prospects: &Arrivals,
        (horizon, discount_rate): (f64, f64),
        (): &mut (),
    ) -> Outlook {
        let rate = prospects.rate();
        let expected = rate * horizon;
        if discount_rate > 0.0 {
            Outlook {
                expected,
                discounted: -rate * (-discount_rate * horizon).exp_m1() / discount_rate,
                lifetime: rate / discount_rate,
            }
        } else {
            Outlook {
                expected,
                discounted: expected,
                lifetime: f64::INFINITY,
            }
        }
    }
}

impl Prospects for Arrivals {
    fn alive_after(&self, _: f64) -> f64 {
        1.0
    }

    fn expected_between(&self, from: f64, to: f64) -> f64 {
        self.rate() * (to - from)
    }

    /// Of λ as much is known at `from` as now.
    fn any_between(&self, from: f64, to: f64) -> f64 {
        self.any(to - from)
    }

    fn any_ever(&self) -> f64 {
        1.0
    }

    fn time_to_next_purchase(&self, level: f64) -> Option<f64> {
        Some(self.first_quantile(level))
    }

    fn probability_of_count(&self, horizon: f64, purchases: u32) -> f64 {
        if horizon == 0.0 {
            return f64::from(u8::from(purchases == 0));
        }
        self.ln_probability(horizon, f64::from(purchases)).exp()
    }

    fn counts(&self, horizon: f64) -> Vec<f64> {
        if horizon == 0.0 {
            return vec![1.0];
        }
        self.probabilities(horizon)
    }
}
