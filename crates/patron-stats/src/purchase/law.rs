//! What a model of buying and leaving must know, so that everything else follows.

use std::fmt::Debug;

use rand::Rng;

use super::{
    CountDistribution, ForecastError, Forecaster, Outlook, Posterior, SimulatedCustomer, forecaster,
};
use crate::estimate::FitError;
use crate::history::{History, WeightedHistories};

/// Parameters of a model with the rules of buying and leaving.
pub(crate) trait Law: Copy + Debug + Send + Sync + 'static {
    /// What lies before a customer who is still there.
    type Prospects: Prospects;
    /// Work that all customers of a forecast share.
    type Shared: Debug + Send + Sync + 'static;
    /// Work that neighbours in a forecast may share.
    type Spare: Default;

    fn named_parameters(&self) -> Vec<(&'static str, f64)>;

    /// Returns the same rules with other parameters, in the order of `named_parameters`; they are positive and finite.
    /// Nothing where there are more or fewer.
    fn with_parameters(&self, parameters: &[f64]) -> Option<Self>;

    fn ln_likelihood(&self, histories: &WeightedHistories) -> f64;

    /// Returns the derivative of the log-likelihood in every parameter.
    fn score(&self, histories: &WeightedHistories) -> Vec<f64>;

    /// Returns the parameters of the same rules that make histories likeliest.
    fn likeliest(&self, histories: &WeightedHistories) -> Result<Vec<f64>, FitError>;

    fn probability_alive(&self, history: &History) -> f64;

    /// Returns P(alive) of many, to about 1e-12 of its odds and as quickly as that can be; quickest for neighbours in work order.
    fn probabilities_alive(&self, histories: &[History]) -> Vec<f64> {
        let alive = histories.iter();
        alive
            .map(|history| self.probability_alive(history))
            .collect()
    }

    fn prospects(&self, history: &History) -> Self::Prospects;

    /// Returns the c for which outlooks are smooth functions of `ln(1 + T/c)`; nothing where they depend on more than x and T, or
    /// cost too little to be read from a curve.
    fn smooth_from(&self) -> Option<f64> {
        None
    }

    /// Returns whether prospects are more than a function of x and T.
    fn prospects_depend_on_recency(&self) -> bool {
        false
    }

    fn posterior(&self, history: &History) -> Posterior;

    /// Returns the times of repeat purchases of a simulated customer up to `end`, counted from the first purchase.
    fn purchase_times(&self, generator: &mut dyn Rng, end: f64) -> Vec<f64>;

    /// Prepares forecasts over `horizon`, discounted at `discount_rate`.
    fn share(&self, horizon: f64, discount_rate: f64) -> Self::Shared;

    /// Returns the sums of a forecast for a customer who is still there.
    fn outlook(
        shared: &Self::Shared,
        prospects: &Self::Prospects,
        span: (f64, f64),
        spare: &mut Self::Spare,
    ) -> Outlook;

    /// Returns the expected purchases of the same outlook alone, to the bit.
    fn purchases(
        shared: &Self::Shared,
        prospects: &Self::Prospects,
        span: (f64, f64),
        spare: &mut Self::Spare,
    ) -> f64 {
        Self::outlook(shared, prospects, span, spare).expected
    }

    fn alive_after(&self, history: &History, time: f64) -> Result<f64, ForecastError> {
        forecaster::check_horizon(time)?;
        Ok(self.probability_alive(history) * self.prospects(history).alive_after(time))
    }

    fn expected_between(
        &self,
        history: &History,
        from: f64,
        to: f64,
    ) -> Result<f64, ForecastError> {
        forecaster::check_interval(from, to)?;
        Ok(self.probability_alive(history) * self.prospects(history).expected_between(from, to))
    }

    fn any_between(&self, history: &History, from: f64, to: f64) -> Result<f64, ForecastError> {
        forecaster::check_interval(from, to)?;
        Ok(self.probability_alive(history) * self.prospects(history).any_between(from, to))
    }

    fn any_ever(&self, history: &History) -> f64 {
        self.probability_alive(history) * self.prospects(history).any_ever()
    }

    fn probability_of_count(
        &self,
        history: &History,
        horizon: f64,
        purchases: u32,
    ) -> Result<f64, ForecastError> {
        forecaster::check_horizon(horizon)?;
        let alive = self.probability_alive(history);
        let prospects = self.prospects(history);
        let given_alive = alive * prospects.probability_of_count(horizon, purchases);
        Ok(if purchases == 0 {
            1.0 - alive + given_alive
        } else {
            given_alive
        })
    }

    fn count_distribution(
        &self,
        history: &History,
        horizon: f64,
    ) -> Result<CountDistribution, ForecastError> {
        forecaster::check_horizon(horizon)?;
        Ok(CountDistribution::new(
            self.probability_alive(history),
            self.prospects(history).counts(horizon),
        ))
    }

    fn time_to_next_purchase(&self, history: &History, level: f64) -> Option<f64> {
        let alive = self.probability_alive(history);
        if 0.0 <= level && level < alive {
            self.prospects(history).time_to_next_purchase(level / alive)
        } else {
            None
        }
    }

    fn forecaster(&self, horizon: f64, discount_rate: f64) -> Result<Forecaster, ForecastError> {
        Forecaster::new(*self, horizon, discount_rate)
    }

    fn simulate(
        &self,
        generator: &mut dyn Rng,
        age: f64,
        horizon: f64,
    ) -> Result<SimulatedCustomer, ForecastError> {
        forecaster::check_horizon(age)?;
        forecaster::check_horizon(horizon)?;
        let times = self.purchase_times(generator, age + horizon);
        Ok(SimulatedCustomer::new(&times, age))
    }
}

/// What lies before a customer who is still there at T; times count from there.
///
/// A function of x and T, and of the last purchase only where purchases are regular.
pub(crate) trait Prospects: Copy + PartialEq + Debug {
    /// Returns the probability of still being there after `time`.
    fn alive_after(&self, time: f64) -> f64;

    /// Returns the expected purchases in `(from, to]`.
    fn expected_between(&self, from: f64, to: f64) -> f64;

    /// Returns the probability of at least one purchase in `(from, to]`.
    fn any_between(&self, from: f64, to: f64) -> f64;

    /// Returns the probability of any further purchase.
    fn any_ever(&self) -> f64;

    /// Returns the time by which the next purchase has happened with probability `level`; nothing where it never has.
    fn time_to_next_purchase(&self, level: f64) -> Option<f64>;

    /// Returns `P(N = n)` for one n, exact relative to itself however small it is.
    fn probability_of_count(&self, horizon: f64, purchases: u32) -> f64;

    /// Returns `P(N = n)` for every n that matters.
    fn counts(&self, horizon: f64) -> Vec<f64>;
}
